from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "array_copies": Meant(
        by="gpt",
        result={
            "xs": [5, 3, 9, 1],
            "a": [1, 3, 5, 9],
            "b": [1, 9, 3, 5],
            "c": [5, 30, 9, 1],
            "d": [5, "x", 1],
            "last": 1,
            "found": 9,
            "index": 2,
        },
    ),
    "bigint_factorial": Meant(by="gpt", result="15511210043330985984000000"),
    "bigint_value": Meant(by="claude", result={"equal": True, "mod": 424, "typed": "bigint"}),
    "crc32": Meant(by="deepseek", result="414fa339"),
    "deep_diff": Meant(
        by="claude",
        result=[
            {"path": "b.c", "from": 2, "to": 3},
            {"path": "b.d.1", "from": 2, "to": 5},
            {"path": "e", "from": None, "to": True},
        ],
    ),
    "dijkstra": Meant(by="gpt", result={"A": 0, "B": 4, "C": 3, "D": 6}),
    "fibonacci_memo": Meant(by="llama", console="fib(50) = 12586269025"),
    "flat_tree": Meant(by="claude", result="root\n  a\n    a1\n    a2\n  b"),
    "fnv_hash": Meant(by="gpt", result=["4f9f2cab", "37a3e893", "811c9dc5"]),
    "json_edge_cases": Meant(
        by="gpt", result='{"c":null,"d":"1970-01-01T00:00:00.000Z","e":[null,null],"f":"custom"}'
    ),
    "json_reviver": Meant(
        by="claude", result={"year": 2024, "month": 2, "back": '{"at":"2024-02-01T00:00:00.000Z"}'}
    ),
    "map_group_by": Meant(by="claude", result={"other": [1, 2, 4, 5], "fizz": [3, 6]}),
    "matrix_multiply": Meant(by="gpt", result=[[5, 11, 17], [11, 25, 39], [17, 39, 61]]),
    "object_group_by": Meant(
        by="claude",
        result=[
            {"status": "paid", "n": 4},
            {"status": "late", "n": 3},
            {"status": "open", "n": 2},
            {"status": "cancelled", "n": 1},
        ],
    ),
    "permutations": Meant(by="qwen", result="abc acb bac bca cab cba"),
    "pivot": Meant(
        by="gemini",
        result={
            "2024-01": {"paid": 1, "late": 1},
            "2024-02": {"open": 1, "paid": 1, "late": 1},
            "2024-03": {"paid": 1, "cancelled": 1, "late": 1},
            "2024-04": {"open": 1, "paid": 1},
        },
    ),
    "primes_sieve": Meant(by="qwen", result={"count": 9592, "last": 99991}),
    "set_algebra": Meant(
        by="claude",
        result={
            "both": ["C-3"],
            "either": ["C-1", "C-2", "C-3", "C-4"],
            "onlyGold": ["C-1"],
            "subset": True,
        },
    ),
    "sku_revenue": Meant(
        by="gpt", result={"MN-9": 249, "KB-1": 149.7, "MS-2": 59.85, "CB-3": 22.5}
    ),
    "statistics": Meant(
        by="gemini", console="{ mean: 8.875, median: 8.5, stdDev: '3.441', mode: 7 }"
    ),
    "structured_clone": Meant(
        by="claude", result={"before": [1, 2], "after": [1, 2, 3], "size": 3, "sameDate": True}
    ),
    "typed_arrays": Meant(by="claude", result="be ef 00 00 00 00 c0 3f"),
    "weak_map_private": Meant(by="mistral", result=["denied", "gold"]),
}
