from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "after_an_error": Meant(by="claude", result=24),
    "class_kept": Meant(by="gpt", result=4),
    "class_redefined": Meant(by="gemini", result=["a", "b", "c"]),
    "closure_kept": Meant(by="claude", result={"name": "Chloé Martin", "size": 2}),
    "destructured_kept": Meant(by="qwen", result="Ada Lindqvist (Göteborg) and 3 others"),
    "generator_kept": Meant(by="gpt", result="late"),
    "global_this": Meant(by="gpt", result=2),
    "map_kept": Meant(by="mistral", result=["A-1001@2024-01-15", "A-1002@2024-01-20"]),
    "redeclared_const": Meant(by="claude", result=17),
    "redeclared_let_and_function": Meant(by="llama", result=9),
    "three_steps": Meant(
        by="claude", result={"/data/sales.csv": 6, "/data/config.json": 1, "/data/events.ndjson": 4}
    ),
    "two_programs_share": Meant(by="gpt", result=["A-1002", "A-1005", "A-1008"]),
}
