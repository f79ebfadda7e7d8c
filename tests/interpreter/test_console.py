"""What a script prints is cut at one limit, counted in bytes, over all its steps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs import Limits, create_script_graph
from langchain_quickjs.interpreter.console import with_printed

NOTE = "… [more printed]\n"


@given(st.lists(st.text(max_size=12), max_size=8), st.integers(0, 40))
def test_the_console_holds_as_many_bytes_as_the_limit_says(steps: list[str], limit: int) -> None:
    console = ""
    for printed in steps:
        console = with_printed(console, printed, Limits(console_bytes=limit))
    whole = "".join(steps)
    if len(whole.encode()) <= limit:
        assert console == whole
        return
    # A limit of no bytes leaves no room for the note, and one that is just used up has none yet.
    kept = console.removesuffix(NOTE)
    assert whole.startswith(kept)
    assert limit - 3 <= len(kept.encode()) <= limit
    assert console.endswith(NOTE) or len(kept.encode()) == limit


def test_letters_of_two_bytes_count_as_two_in_all_steps() -> None:
    graph = create_script_graph(limits=Limits(console_bytes=20))
    source = "for (let i = 0; i < 4; i++) { console.log('ééé'); await 1; await sleep(); }"
    source = "const sleep = () => new Promise((go) => setTimeout(go, 1));" + source
    outcome = graph.invoke({"source": source})["outcome"]
    assert outcome["console"] == "ééé\nééé\nééé" + NOTE
