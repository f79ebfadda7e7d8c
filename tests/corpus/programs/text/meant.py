from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "base64_utf8": Meant(
        by="claude", result={"b64": "R3LDvMOfZSDwn5GL", "length": 12, "back": "Grüße 👋"}
    ),
    "config_json": Meant(by="llama", console="Service: shop low: 10 high: 20 timeout: 30"),
    "csv_quoted": Meant(
        by="claude",
        result=[
            {"region": "North", "product": "Keyboard", "units": "12", "price": "49.90"},
            {"region": "North", "product": 'Monitor, 27"', "units": "4", "price": "249.00"},
        ],
    ),
    "csv_split": Meant(by="gpt", result={"North": 1594.8, "South": 848, "East": 139.65}),
    "extract_ids_and_phone": Meant(
        by="gpt",
        result={
            "orderIds": ["A-1005", "A-1010"],
            "refunds": [
                {"id": "A-1005", "amount": 129.99, "cur": "USD"},
                {"id": "A-1010", "amount": 15, "cur": "USD"},
            ],
            "phone": "6175550134",
        },
    ),
    "html_strip_and_decode": Meant(
        by="gpt",
        result=[
            {"text": "Keyboard", "href": "https://shop.example/kb?ref=1&x=2"},
            {"text": "Help", "href": "/help"},
        ],
        console="Prices & stock",
    ),
    "html_table": Meant(
        by="gemini", result=[{"sku": "KB-1", "price": 49.9}, {"sku": "MN-9", "price": 249}]
    ),
    "invoice_amounts": Meant(
        by="claude",
        result=[
            {"subject": "Invoice 2024-017", "currency": "EUR", "amount": 1250, "due": "2024-03-06"},
            {
                "subject": "Invoice 2024-031",
                "currency": "EUR",
                "amount": 980.5,
                "due": "2024-04-06",
            },
        ],
    ),
    "levenshtein": Meant(by="gpt", console="3 3 2"),
    "log_levels_matchall": Meant(by="gpt", console="{ INFO: 3, ERROR: 2, WARN: 1 }"),
    "log_named_groups": Meant(
        by="claude", result=["db: connection lost (code=E_CONN)", "mail: timeout (code=E_TIME)"]
    ),
    "lookbehind_codes": Meant(
        by="claude", result={"codes": ["E_CONN", "E_TIME"], "slow": [1500, 48]}
    ),
    "markdown_todo": Meant(
        by="claude", result={"Today": ["refund A-1005"], "Later": ["order cables", "plan Q3"]}
    ),
    "ndjson_bad_line": Meant(
        by="deepseek", result={"events": 3, "bad": [{"line": 3, "error": True}], "avgMs": 185}
    ),
    "query_string": Meant(
        by="gpt",
        result={
            "tags": ["a", "b"],
            "entries": {"tag": "b", "page": "2"},
            "href": "https://shop.example/search?tag=a&tag=b&page=2#top",
            "path": "/search",
        },
    ),
    "replace_all_and_split": Meant(
        by="gpt", result={"name": "Ada", "age": "36", "city": "London", "title": "Mrs. Lovelace"}
    ),
    "slugify": Meant(by="gpt", result=["creme-brulee-a-la-carte", "stra-e-gro-e", "angstrom-2-0"]),
    "sort_locale": Meant(by="claude", result=["Adam", "ärger", "Émile", "eve", "zebra", "Zoë"]),
    "table_padded": Meant(
        by="llama", console="Keyboard..   49.90\nMouse.....   19.95\nMonitor...  249.00"
    ),
    "tagged_template": Meant(
        by="claude",
        result={"text": "SELECT * FROM orders WHERE status = $1 LIMIT $2", "values": ["late", 10]},
    ),
    "template_fill": Meant(by="mistral", result="Hello Ada, your order A-1 costs 12.5."),
    "unicode_length": Meant(
        by="claude",
        result={
            "units": 11,
            "points": 9,
            "upper": "👩\u200d💻 NAÏVE",
            "nfd": 2,
            "hasEmoji": True,
            "code": "1f469",
        },
    ),
    "word_frequency": Meant(by="qwen", result=[["the", 3], ["quick", 2], ["brown", 1]]),
}
