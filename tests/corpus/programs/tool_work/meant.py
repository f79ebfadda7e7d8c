from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "all_settled": Meant(
        by="claude", result={"found": ["A-1001", "A-1002"], "missing": ["A-9999", "nope"]}
    ),
    "available_tools": Meant(by="gpt", result=True),
    "batches_with_slice": Meant(
        by="deepseek",
        result="1640.23",
        console="Batch 1: 361.30\nBatch 2: 257.24\nBatch 3: 757.69\nBatch 4: 264.00",
    ),
    "dedupe_urls": Meant(
        by="claude",
        result={
            "hosts": ["blog.example", "docs.example"],
            "clean": [
                "https://blog.example/wasm",
                "https://docs.example/quickjs",
                "https://blog.example/agents",
            ],
        },
    ),
    "destructured_params": Meant(
        by="claude",
        result={
            "id": "A-1010",
            "total": 264,
            "first": "1x MN-9",
            "more": 1,
            "keys": ["customer_id", "status", "placed_at"],
        },
    ),
    "forecast_average": Meant(by="gemini", console="Average high: 17.6\nWarmest day: 2024-04-13"),
    "group_by_status": Meant(
        by="gpt",
        result={
            "paid": ["A-1001", "A-1004", "A-1006", "A-1010"],
            "late": ["A-1002", "A-1005", "A-1008"],
            "open": ["A-1003", "A-1009"],
            "cancelled": ["A-1007"],
        },
    ),
    "iife_async": Meant(by="gpt", result="Madrid: 17°C"),
    "iife_awaited": Meant(by="llama", result={"order": "A-1004", "name": "Chloé Martin"}),
    "join_customers": Meant(
        by="claude",
        result=[
            {"order": "A-1010", "customer": "Dan O'Neill", "total": 264},
            {"order": "A-1002", "customer": "Bruno Keller", "total": 249},
            {"order": "A-1008", "customer": "Chloé Martin", "total": 179.89},
        ],
    ),
    "late_total": Meant(by="gpt", result={"count": 3, "total": 558.88}),
    "log_json": Meant(
        by="qwen",
        console={
            "id": "A-1003",
            "customer_id": "C-1",
            "status": "open",
            "placed_at": "2024-02-02T08:00:00Z",
            "items": [{"sku": "CB-3", "qty": 3, "unit_price": 7.5}],
            "total": 22.5,
        },
    ),
    "main_awaited": Meant(
        by="gpt", result=["Where is my order A-1003?", "Re: Livraison retardée", "Invoice 2024-031"]
    ),
    "main_not_awaited": Meant(by="gemini", result={"id": "A-1001", "lines": 2}),
    "main_then_log": Meant(by="llama", console="Total mails: 5\nUnread: 3\nDone"),
    "map_of_customers": Meant(by="gemini", result="C-5 spent 498.00 in 1 orders"),
    "markdown_report": Meant(
        by="claude",
        console="| Order | Total |\n|---|---:|\n| A-1001 | 89.80 |\n"
        "| A-1004 | 107.30 |\n| A-1006 | 19.95 |\n| A-1010 | 264.00 |",
    ),
    "nested_await_args": Meant(by="qwen", result={"Berlin": 39.2, "Tokyo": 51.8}),
    "optional_chaining": Meant(
        by="claude", result=["Göteborg", "unknown", "Lyon", "Boston", "Tokyo"]
    ),
    "paginate_do_while": Meant(by="gemini", result='{"paid":4,"late":3}'),
    "paginate_while": Meant(
        by="claude",
        result=[
            "A-1001",
            "A-1002",
            "A-1003",
            "A-1004",
            "A-1005",
            "A-1006",
            "A-1007",
            "A-1008",
            "A-1009",
            "A-1010",
        ],
        console="Fetched 10 orders",
    ),
    "pool_of_two": Meant(by="claude", result={"results": [4, -2, 17, 11, 6], "maxActive": 2}),
    "promise_race_first": Meant(by="gpt", result="rain"),
    "reduce_promises": Meant(by="gpt", result={"Berlin": 4, "Madrid": 17}),
    "reuse_helper_object": Meant(by="mistral", result={"same": True, "cached": ["A-1001"]}),
    "send_to_late_customers": Meant(
        by="claude",
        result=[{"to": "bruno@example.de", "size": 40}, {"to": "chloe@example.fr", "size": 40}],
    ),
    "string_result_parsed": Meant(
        by="gpt",
        result=[{"month": "2024-01", "revenue": 338.8}, {"month": "2024-02", "revenue": 259.79}],
    ),
    "tool_alias": Meant(by="llama", console="Bruno Keller ordered MS-2"),
    "top_level_for_await_calls": Meant(by="qwen", result="SE=1, DE=1, FR=1, US=1, JP=1"),
    "top_level_return": Meant(by="claude", result="freezing"),
}
