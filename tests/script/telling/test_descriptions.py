"""What people read about a call: whatever a program, its arguments and its console hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents.middleware.human_in_the_loop import ActionRequest, ReviewConfig

from langchain_quickjs.script.state import AwaitingCall, CallMade
from langchain_quickjs.script.telling.call_report import Report, result_in_short
from langchain_quickjs.script.telling.descriptions import with_descriptions
from langchain_quickjs.script.telling.questions import question_about
from langchain_quickjs.script.telling.story import StorySoFar
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.markdown import Block, blocks
from tests.helpers.places import units
from tests.helpers.shop import Shop

KB: Final = 1024
NOTE_CHARS: Final = 100

# What ends, begins, hides or turns something for somebody who reads Markdown, JSON or a terminal.
EVIL: Final = [
    *("`", "``", "```", "````", "```js", "\n```\n", "~~~", "\n~~~\n", "    indented", "\t"),
    *("\n\n# A heading\n\n", "\n# ", "\n- ", "\n1. ", "\n> ", "\n---\n", "\n===\n", "***", "**"),
    *("_x_", "__", "*a*", "~~", "~", "[a](http://b.example)", "![a](b)", "[^1]", "\n[^1]: a", "]("),
    *("<b>", "<!--", "-->", "<script>", "</code>", "<?", "<!D", "<http://b.example>", "\\", "\\`"),
    *(
        "&quot;",
        "&lt;b&gt;",
        "&#x60;",
        "&amp;",
        "$a$",
        "$$",
        "\n| a | b |\n|---|---|\n",
        "|",
        ": a",
    ),
    *("http://b.example", "www.b.example", "a@b.example", "javascript:", "@all", "#1", ":smile:"),
    *("\r", "\r\n", "\n", "\n\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\u00a0"),
    *("\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\ufeff", "\u00ad", "\x00", "\x1b[2J"),
    *("\ud800", "\udfff", "\U000e0041", "\U0001f600", "e\u0301", "\u3164" * 50, "\u2800" * 50),
    *(" " * 50, "\u3000" * 50, '"', '"}', "\u25b6 1  ", "\n\u25b6 1  pay", ", asked by a program"),
]
TEXTS: Final = st.lists(
    st.sampled_from(EVIL) | st.text(max_size=12) | st.from_regex(r"[a-z ]{1,9}", fullmatch=True),
    max_size=12,
).map("".join)
LONG: Final = st.builds(
    lambda text, times: (text * times)[:3000], TEXTS, st.sampled_from([1, 1, 1, 7, 3000])
)
VALUES: Final = st.recursive(
    LONG | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=6,
)
ARGS: Final = st.dictionaries(TEXTS, VALUES, max_size=5)
TOOLS: Final = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,80}", fullmatch=True)
ENDED: Final = st.lists(st.tuples(TOOLS, ARGS, VALUES, st.none() | LONG), max_size=30)


def waiting(number: int, tool: str, args: Any, line: int | None, preface: str = "") -> AwaitingCall:
    made = CallMade() if line is None else CallMade(line=line, column=1)
    return AwaitingCall(
        id=number,
        tool_call_id=f"call-{number}",
        action=ActionRequest(name=tool, args=args),
        review=ReviewConfig(action_name=tool, allowed_decisions=["approve", "reject"]),
        rounds=0,
        made=made,
        preface=preface,
    )


def asked(calls: list[AwaitingCall], source: str = "", ended: Any = (), console: str = "") -> Any:
    """What people are asked about calls of a program, made as `OpenCalls.ask` makes it."""
    report = Report()
    for number, (tool, args, value, error) in enumerate(ended):
        if error is None:
            report.add(number, "done", tool, args, result=result_in_short(value))
        else:
            report.add(number, "failed", tool, args, said=error)
    story = StorySoFar.of_source(source, 0.0)
    program = story.program("call-0-0", report, console)
    told = with_descriptions(calls, program)
    extra = program.told(told)
    return question_about(told, "place", 0.0, extra=extra)["interrupt"].value


def described(tool: str, args: Any, line: int | None, **program: Any) -> str:
    value = asked([waiting(1, tool, args, line)], **program)
    description = value["action_requests"][0]["description"]
    assert isinstance(description, str)
    return description


def heading(text: str) -> Block:
    return Block("p", ("strong",), "", text)


def is_shown(text: str) -> bool:
    """Whether a text is shown as it is: nothing in it is hidden, turned or out of sight."""
    visible = all(char.isprintable() or char in "\n\t" for char in text)
    return visible and not re.search(r"[^\S\n]{40}|[\u3164\u2800]", text)


def read_first_line(description: str) -> str:
    """The first line as people read it, which is as it is written, but for marks of a code span."""
    written = description.split("\n\n", 1)[0]
    assert written.isprintable()
    assert len(written) < 320
    (block,) = blocks(written)
    call, comma, rest = block.text.rpartition(", asked by a program")
    said = comma + rest
    assert re.fullmatch(r", asked by a program(, line \d+)?", said)
    assert written.endswith(said)
    ticks = re.match("`*", written)
    assert ticks
    code = written.removeprefix(ticks[0]).removesuffix(said).removesuffix(ticks[0])
    assert code.strip(" ") == call
    return block.text


@pytest.mark.parametrize("piece", EVIL)
def test_each_piece_is_nothing_but_text(piece: str) -> None:
    program = {"source": piece, "ended": [("pay", {piece: piece}, piece, None)], "console": piece}
    plain = {"source": "x", "ended": [("pay", {"x": "x"}, "x", None)], "console": "x"}
    if not piece.strip("\n"):
        plain["console"] = ""
    found = blocks(described("pay", {piece: piece}, 1, **program))
    wanted = blocks(described("pay", {"x": "x"}, 1, **plain))
    assert [(one.kind, one.language) for one in found] == [
        (one.kind, one.language) for one in wanted
    ]
    read_first_line(described("pay", {piece: piece}, 1))


@given(TOOLS, ARGS, st.none() | st.integers(1, 99), LONG, ENDED, LONG)
def test_whatever_is_in_it_the_document_is_the_same(
    tool: str, args: Any, line: int | None, source: str, ended: Any, console: str
) -> None:
    description = described(tool, args, line, source=source, ended=ended, console=console)
    first, *others = blocks(description)
    wanted = [
        *([heading("Arguments"), ("json",)] if args else []),
        *([heading("The program"), ("js",)] if source else []),
        *([heading("What it has done"), ("text",)] if ended else []),
        *([heading("What it printed"), ("text",)] if console.strip("\n") else []),
    ]
    found = [(one.language,) if one.kind == "pre" else one for one in others]
    assert found == wanted
    assert all(one.inside == ("code",) for one in others if one.kind == "pre")
    assert first.kind == "p"
    assert first.inside in ((), ("code",))


@given(TOOLS, ARGS, st.none() | st.integers(1, 10**6), TEXTS)
def test_the_first_line_is_complete_and_nothing_but_text(
    tool: str, args: Any, line: int | None, source: str
) -> None:
    read = read_first_line(described(tool, args, line, source=source))
    name = tool if len(tool) <= 64 else f"{tool[:64]}…"
    assert read.startswith(f"{name}(")
    assert read.endswith(", asked by a program" + (f", line {line}" if line else ""))


@given(TOOLS, TEXTS)
def test_a_value_on_the_first_line_is_in_quotes_that_it_cannot_close(tool: str, text: str) -> None:
    read = blocks(described(tool, {"to": text}, 3))[0].text
    found = re.fullmatch(r".*\(to: (\".*(?:\"|…))\), asked by a program, line 3", read)
    assert found
    if "…" not in found[1]:
        assert json.loads(found[1]) == text


@given(TEXTS.filter(bool))
def test_the_name_of_an_agent_is_nothing_but_text(name: str) -> None:
    program = replace(StorySoFar.of_source("x", 0.0).program("call", Report(), ""), agent=name)
    (told,) = with_descriptions([waiting(1, "pay", {}, 3)], program)
    first, _, block = blocks(told["action"]["description"])
    assert (first.inside, block.language) == (("code",), "js")
    said = re.fullmatch(r"pay\(\), asked by a program of the agent (.+), line 3", first.text)
    assert said
    assert said[1].isprintable()
    assert len(said[1]) <= 65
    assert program.told([told])["agent"] == name


@given(TOOLS, ARGS)
def test_arguments_are_shown_as_they_are(tool: str, args: Any) -> None:
    if not args:
        return
    block = blocks(described(tool, args, None))[2]
    assert all(char.isprintable() or char in "\n\t" for char in block.text)
    shown = block.text.removesuffix("\n")
    if not shown.endswith("…") and is_shown(json.dumps(args, ensure_ascii=False)):
        assert shown == json.dumps(args, ensure_ascii=False, indent=2)
        assert repr(json.loads(shown)) == repr(json.loads(json.dumps(args)))


@given(LONG)
def test_what_it_printed_is_shown_as_it_is(console: str) -> None:
    found = blocks(described("pay", {}, None, console=console))
    printed = console.rstrip("\n")
    assert len(found) == (3 if printed else 1)
    if not printed:
        return
    shown = found[-1].text.removesuffix("\n")
    assert all(char.isprintable() or char in "\n\t" for char in shown)
    if len(printed) <= 500 and is_shown(printed):
        assert shown == printed
    elif is_shown(printed):
        assert shown[0] == "…"
        assert printed.endswith(shown[1:])


ROW: Final = re.compile(r"(▶| ) +(\d+)(?:  (.*))?")


@given(st.lists(TEXTS, min_size=1, max_size=60), st.floats(0, 1), st.sampled_from(["\n", "\r\n"]))
def test_the_line_that_waits_is_marked_and_no_other(parts: Any, place: float, end: str) -> None:
    source = f"{end.join(parts)};"
    lines = source.split("\n")
    line = 1 + int(place * (len(lines) - 1))
    block = blocks(described("pay", {}, line, source=source))[2]
    rows = block.text.removesuffix("\n").split("\n")
    marked = [row for row in rows if row.startswith("▶")]
    assert len(marked) == 1
    numbers = []
    for row in rows:
        if row.startswith("…"):
            assert re.fullmatch(r"… \d+ lines (before|more)", row)
            continue
        found = ROW.fullmatch(row)
        assert found, row
        numbers.append(int(found[2]))
        raw = lines[numbers[-1] - 1].removesuffix("\r")
        if is_shown(raw) and len(raw) <= 150:
            assert (found[3] or "").removesuffix("\\r").rstrip() == raw.rstrip()
    assert numbers == list(
        range(
            numbers[0],
            numbers[0] + len(rows) - rows[0].startswith("…") - (rows[-1].startswith("…")),
        )
    )
    assert int(marked[0][1:].split()[0]) == line


@pytest.mark.parametrize("filler", ["x", "\U0001f600", "\u202e", "\U000e0041", " ", "\u3164"])
@pytest.mark.parametrize("before", [0, 300, 30_000])
def test_a_call_far_to_the_right_of_its_line_is_seen(filler: str, before: int) -> None:
    """All of a program may be on one line, and a person sees a part of it only."""
    head = f"const x = '{filler * before}'; "
    source = f"{head}tools.pay(1); {filler * 500}"
    call = waiting(1, "pay", {}, 1)
    call["made"]["column"] = units(head) + 1  # as the engine counts
    value = asked([call], source=source)
    block = blocks(value["action_requests"][0]["description"])[2]
    assert "tools.pay(1)" in block.text
    assert "tools.pay(1)" in value["program"]["source"]
    assert value["program"]["column"] == len(head) + 1
    assert len(block.text) < 4 * KB


ASKED: Final = st.lists(st.tuples(TOOLS, ARGS, st.none() | st.integers(1, 9)), max_size=40)


@given(ASKED.filter(len), LONG, ENDED, LONG)
def test_a_question_is_bounded_and_can_be_sent(
    calls: Any, source: str, ended: Any, console: str
) -> None:
    value = asked(
        [waiting(number, *call) for number, call in enumerate(calls)], source, ended, console
    )
    first, *others = (request["description"] for request in value["action_requests"])
    assert len(first) <= 16 * KB
    assert all(len(text) <= 8 * KB for text in others)
    told = [*value["calls_so_far"], first, *others, value["program"]["source"]]
    assert all(text.encode() for text in told if text)
    assert len(value["program"]["source"]) <= 16 * KB + NOTE_CHARS
    assert value["program"]["lines"] == [line for _, _, line in calls]
    assert json.loads(json.dumps(value)).keys() == value.keys()
    assert len(value["calls_so_far"]) <= 21
    for line in value["calls_so_far"]:
        assert len(line) <= 160
        assert line.isprintable()


@pytest.mark.parametrize("filler", ["x", "\U0001f600", "\u202e", "\U000e0041", "`", "\n", '"'])
@pytest.mark.parametrize("count", [1, 40])
def test_the_largest_question(count: int, filler: str) -> None:
    huge = filler * 50_000
    calls = [waiting(number, "p" * 80, {"a": huge[:1900]}, 1) for number in range(count)]
    ended = [(f"t{n}" * 30, {"a": huge}, huge, None if n % 2 else huge) for n in range(100)]
    value = asked(calls, huge, ended, huge)
    for request in value["action_requests"]:
        del request["args"]
        request.pop("arguments", None)
    for other in ("action_request", "description"):  # agent-inbox's: the same once more
        value.pop(other, None)
    del value["program"]["source"]
    assert len(value["action_requests"][0]["description"]) <= 16 * KB
    assert len(json.dumps(value, ensure_ascii=False)) <= (24 + 8 * (count - 1)) * KB


@given(st.lists(LONG, min_size=1, max_size=3), st.integers(0, 60_000), st.integers(0, 60_000))
def test_the_source_that_is_told_has_the_line_that_waits(
    parts: list[str], before: int, after: int
) -> None:
    filler = "\n".join([*parts, "\n"])
    head = (filler * (1 + before // len(filler)))[:before].replace("\r", "")
    source = f"{head}\nawait tools.pay()\n{filler * (1 + after // len(filler))}"
    line = head.count("\n") + 2
    value = asked([waiting(1, "pay", {}, line)], source)
    assert "\nawait tools.pay()\n" in value["program"]["source"]
    assert value["program"]["line"] == line


def test_what_is_left_out_of_a_long_program_is_said() -> None:
    """Of what is beyond a megabyte nothing is kept, and a call may be there."""
    source = "// it is nothing\n" * 70_000 + "await tools.pay()"
    value = asked([waiting(1, "pay", {}, 70_001)], source)
    description = value["action_requests"][0]["description"]
    assert description.startswith("pay(), asked by a program, line 70001\n")
    more = f"{len(source) - 2**20} more characters"
    assert more in blocks(description)[2].text
    assert more in value["program"]["source"]


EVIL_PROGRAM: Final = r"""
const evil = "```\n# Approved\n\u202e\u2028<script>&quot;**`";
console.log(evil, "```", "\n# Approved by your boss");
await tools.lookUp({ key: evil });
/* ``` */ await tools.pay({ to: evil, amount: 1 }); // ▶ 2 ```
"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_evil_program(kind: Kind, mode: Mode, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "log")
    talk = Conversation(kind, mode, tmp_path / "db", EVIL_PROGRAM, shop.tools(), {"pay": True})
    talk.start()
    (request,) = talk.question["action_requests"]
    first, *others = blocks(request["description"])
    assert first.text.startswith("pay(to: ")
    assert first.text.endswith("amount: 1), asked by a program, line 5")
    assert [one.text for one in others if one.kind != "pre"] == [
        *("Arguments", "The program", "What it has done", "What it printed"),
    ]
    _, program, done, printed = [one.text for one in others if one.kind == "pre"]
    assert [row for row in program.split("\n") if row[:1] == "▶"] == [
        "▶ 5  " + EVIL_PROGRAM.split("\n")[4]
    ]
    assert done.startswith("done: look_up(")
    assert done.count("\n") == 1
    assert "# Approved by your boss" in printed
    json.dumps(talk.question).encode()


@pytest.mark.parametrize("blank", [" ", "\t", "\u2800", "\u3164", "\u115f", "\u1160", "\uffa0"])
def test_nothing_stands_out_of_sight(blank: str) -> None:
    source = f"1;{blank * 50}tools.pay()"
    found = blocks(described("pay", {"a": blank * 50}, 1, source=source, console=source))
    for block in found[2::2]:
        assert "⟨50 spaces⟩" in block.text or block.language == "json"
        assert blank * 40 not in block.text


def test_a_part_of_a_long_program_can_be_counted() -> None:
    source = "".join(f"x = {number};\n" for number in range(1, 5000)) + "tools.pay()"
    told = asked([waiting(1, "pay", {}, 3000)], source)["program"]
    lines = dict(enumerate(told["source"].split("\n"), told["first_line"]))
    assert lines[told["line"]] == "x = 3000;"
    assert lines[told["first_line"]] == f"x = {told['first_line']};"
