from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "async_map_unawaited": Meant(by="gpt", result=["Ada Lindqvist", "Bruno Keller"]),
    "await_in_plain_callback": Meant(by="gpt", console="A-1001\nA-1002"),
    "export_braces": Meant(by="qwen", result=3),
    "export_const": Meant(by="gpt", result="119.00"),
    "export_default_await": Meant(by="claude", result={"city": "Tokyo", "temp": 11}),
    "export_default_function": Meant(by="gemini", result="rain"),
    "export_default_value": Meant(by="claude", result=["A-1003", "A-1009"]),
    "fenced_bare": Meant(by="llama", console="11"),
    "fenced_js": Meant(by="gpt", result=2),
    "fenced_js_blank_lines": Meant(by="gemini", result="1² 2² 3²"),
    "fenced_ts": Meant(by="claude", result=3),
    "forgotten_await_last": Meant(
        by="gpt",
        result={
            "id": "A-1001",
            "customer_id": "C-1",
            "status": "paid",
            "placed_at": "2024-01-15T09:30:00Z",
            "items": [
                {"sku": "KB-1", "qty": 1, "unit_price": 49.9},
                {"sku": "MS-2", "qty": 2, "unit_price": 19.95},
            ],
            "total": 89.8,
        },
    ),
    "html_entities_logged": Meant(by="claude", result="<html><body> & co"),
    "main_called_with_dot_catch": Meant(
        by="llama",
        result=["/data/sales.csv", "/data/config.json", "/data/events.ndjson"],
        console="3 files",
    ),
    "only_object": Meant(by="llama", result={"a": 1, "b": [1, 2]}),
    "promise_all_not_awaited": Meant(by="llama", result=[89.8, 249]),
    "semicolonless": Meant(by="gpt", result="umbrella"),
    "trailing_object": Meant(by="claude", result={"name": "Ada Lindqvist", "tier": "gold"}),
    "trailing_object_after_function": Meant(by="gpt", result={"net": 100, "vat": 19, "gross": 119}),
    "trailing_object_comment": Meant(by="claude", result={"ids": ["A-1003", "A-1009"], "n": 2}),
    "trailing_object_multiline": Meant(
        by="claude",
        result={"count": 4, "max": 264, "ids": ["A-1001", "A-1004", "A-1006", "A-1010"]},
    ),
    "trailing_object_nested": Meant(
        by="gemini",
        result={
            "summary": {"count": 3, "ids": ["A-1002", "A-1005", "A-1008"]},
            "text": "late: 3",
            "first order": "A-1002",
        },
    ),
    "trailing_object_one": Meant(by="qwen", result={"count": 3}),
    "trailing_object_semicolon": Meant(by="gemini", result={"city": "Madrid", "hot": True}),
    "trailing_object_strings": Meant(by="mistral", result={"answer": 4, "ok": True}),
    "trailing_shorthand": Meant(by="gpt", result={"sum": "1640.23", "n": 10}),
    "trailing_shorthand_one": Meant(by="gpt", result={"unread": 3}),
    "trailing_spread": Meant(by="gpt", result={"a": 1, "b": 2}),
    "typographic_fence_and_object": Meant(
        by="claude", result={"ids": ["A-1002", "A-1005", "A-1008"], "count": 3}
    ),
    "use_strict": Meant(by="gpt", result=5),
    "var_without_keyword": Meant(by="llama", result="112.3"),
    "words_around_fence": Meant(by="llama", result=3),
}
