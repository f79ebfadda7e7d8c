from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "bytes_result": Meant(by="qwen", result=[104, 105, 33]),
    "circular": Meant(by="claude", console="root", shows=("name", "root")),
    "class_as_result": Meant(by="llama", shows=("Greeter",)),
    "class_instance": Meant(by="claude", result={"x": 3, "y": 4}),
    "console_group_time": Meant(by="gpt", shows=("Orders", "A-1001", "end")),
    "console_kinds": Meant(
        by="llama", result="ok", console="info line\nwarn line\nerror line\ndebug line"
    ),
    "console_table": Meant(by="gemini", shows=("id", "total", "A-1002", "249", "A-1005", "129.99")),
    "date_result": Meant(by="gpt", result="2024-01-15T09:30:00.000Z"),
    "dates_in_object": Meant(
        by="claude",
        result=[
            {"id": "A-1001", "at": "2024-01-15T09:30:00.000Z"},
            {"id": "A-1002", "at": "2024-01-20T14:05:00.000Z"},
        ],
    ),
    "error_as_result": Meant(by="claude", shows=("No order with id A-1", "A-1001")),
    "function_declared_last": Meant(by="gpt", shows=("Function",)),
    "function_in_result": Meant(by="gpt", shows=("tax", "0.19", "gross")),
    "instances_logged": Meant(by="gpt", shows=("2024-017", "1250", "amount")),
    "map_logged": Meant(
        by="llama",
        console="Map(2) { 'KB-1' => { qty: 4 }, 'MS-2' => { qty: 0 } }\nSet(3) { 'a', 1, null }",
    ),
    "map_result": Meant(by="gemini", result={"paid": 4, "late": 3, "open": 2, "cancelled": 1}),
    "methods_and_data": Meant(by="claude", shows=("items", "push", "size")),
    "nested_logged": Meant(
        by="gpt", console='nested {"a":{"b":{"c":{"d":1}}},"list":[[1,[2,[3]]]]}\ncart has 3 items'
    ),
    "null_proto": Meant(by="mistral", result={"a": 1, "b": "two"}),
    "set_result": Meant(by="claude", result=["KB-1", "MS-2", "MN-9", "CB-3", "HD-5"]),
    "sparse_and_undefined": Meant(
        by="gpt", result=["undefined", "null", "NaN", "-0", "Infinity"], console="3 false"
    ),
    "symbol_in_result": Meant(by="gpt", shows=("id", "7", "Symbol(order)")),
}
