from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "await_in_text": Meant(by="llama", result=1),
    "block_last": Meant(by="claude", console="2,4,6"),
    "colons_everywhere": Meant(by="deepseek", console="middle 3 [ 1 ]"),
    "comparisons_like_generics": Meant(by="claude", result=[True, True]),
    "export_in_text": Meant(by="gpt", result=2),
    "fence_in_template": Meant(by="claude", result=["js", "python"]),
    "labelled_block": Meant(by="gpt", console="Take an umbrella"),
    "names_of_the_world": Meant(by="qwen", result="3/4/3"),
    "regex_and_division": Meant(by="gpt", result=[5, "y", 2]),
    "return_object": Meant(by="claude", result={"sum": 102.3, "n": 2}),
    "then_log": Meant(by="llama", console="Order total: 19.95"),
    "words_of_typescript": Meant(
        by="gpt", result={"type": "late", "set": 3, "static": 3, "readonly": 22}
    ),
}
