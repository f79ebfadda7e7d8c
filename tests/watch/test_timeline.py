"""Timelines of any story: pictures, pages and texts that are well made, bounded and harmless."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs import SetupError, Timeline
from langchain_quickjs.watch.drawing.axis import Axis
from langchain_quickjs.watch.drawing.texts import duration, fitted, one_line, width_of

SVG = "{http://www.w3.org/2000/svg}"
BEGAN = 1_764_120_573.5
DAY = 86_400.0
MOST_SVG = 120_000

times = st.floats(allow_nan=True, allow_infinity=True) | st.floats(BEGAN, BEGAN + 5 * DAY)
texts = st.text(max_size=300) | st.sampled_from(
    [
        "</svg><script>alert(1)</script>",
        "\u202eevil",
        "a\x00b",
        "\ud800",
        '{"a": [1, "<b>"]}',
        "[" * 160,
    ]
)
FATES = ["done", "failed", "rejected by a person", "answered by a person", "result unknown"]
KINDS = ["approve", "edit", "reject", "respond", "expire", "<i>"]
calls = st.fixed_dictionaries(
    {
        "number": st.integers(),
        "tool": texts,
        "args": texts,
        "fate": st.sampled_from([*FATES, "not made", "running", "waiting"]),
        "detail": texts,
        "began_s": times,
    },
    optional={
        "line": st.integers(),
        "ended_s": times,
        "asked_s": times,
        "decided_s": times,
        "decision": st.sampled_from(KINDS),
    },
)
waits = st.fixed_dictionaries({"began_s": times}, optional={"ended_s": times})
stories = st.fixed_dictionaries(
    {
        "began_s": times,
        "status": st.sampled_from(["running", "waiting", "completed", "failed"]),
        "calls": st.lists(calls, max_size=45),
        "omitted": st.integers(),
        "waits": st.lists(waits, max_size=45),
        "console": texts,
    },
    optional={"ended_s": times},
)
anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
fields = ("began_s", "ended_s", "status", "calls", "omitted", "waits", "console")
call_fields = ("number", "tool", "args", "fate", "began_s", "asked_s", "decided_s", "line")
garbage = st.dictionaries(
    st.sampled_from(fields),
    anything | st.lists(st.dictionaries(st.sampled_from(call_fields), anything), max_size=4),
)


def call(number: int, began: float, ended: float | None = None, **more: Any) -> dict[str, Any]:
    given = {"ended_s": BEGAN + ended} if ended is not None else {}
    return {
        "number": number,
        "tool": "pay",
        "args": '{"to": "ann"}',
        "fate": "done",
        "detail": '"paid"',
        "began_s": BEGAN + began,
        **given,
        **more,
    }


def timeline_of(story: Any, seen_s: float = BEGAN + DAY) -> Timeline:
    return Timeline(story, "call-0-0", seen_s)


def drawn(story: Any, seen_s: float = BEGAN + DAY) -> ET.Element:
    return ET.fromstring(timeline_of(story, seen_s).to_svg())


def story_of(*made: Any, **more: Any) -> dict[str, Any]:
    plain = {"began_s": BEGAN, "status": "completed", "omitted": 0, "waits": [], "console": ""}
    return {**plain, "calls": list(made), **more}


def bars(svg: ET.Element, kind: str) -> list[tuple[float, float]]:
    """Where the bars of calls begin and end that are drawn in one way."""
    found = [
        rect
        for group in svg.iter(f"{SVG}g")
        if group.find(f"{SVG}title") is not None
        for rect in group.iter(f"{SVG}rect")
        if rect.get("class") == kind
    ]
    spans = [(float(rect.get("x") or 0), float(rect.get("width") or 0)) for rect in found]
    return [(left, left + width) for left, width in spans]


@given(stories | garbage, times)
def test_any_story_is_drawn_well_and_harmless(story: Any, seen_s: float) -> None:
    made = timeline_of(story, seen_s)
    svg, html, text = made.to_svg(), made.to_html(), str(made)
    tree = ET.fromstring(svg)
    ET.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])
    assert len(svg) < MOST_SVG
    assert len(html) < 3 * MOST_SVG
    assert {element.tag.removeprefix(SVG) for element in tree.iter()} <= {
        *(
            "svg",
            "title",
            "style",
            "defs",
            "pattern",
            "path",
            "rect",
            "circle",
            "g",
            "text",
            "tspan",
        )
    }
    for shown in (svg, html, text):
        shown.encode()
        assert all(one.isprintable() or one == "\n" for one in shown)
        assert "<script" not in shown or shown is text
    assert not re.search(r"nan|inf(?!o)", " ".join(re.findall(r'(?:x|y|width|d)="([^"]*)"', svg)))
    assert repr(made).isprintable()


@given(stories)
def test_what_is_drawn_stays_in_the_picture(story: Any) -> None:
    tree = drawn(story)
    wide, high = float(tree.get("width") or 0), float(tree.get("height") or 0)
    for rect in tree.iter(f"{SVG}rect"):
        left, top = float(rect.get("x") or 0), float(rect.get("y") or 0)
        assert 0 <= left <= left + float(rect.get("width") or 0) <= wide
        assert 0 <= top <= top + float(rect.get("height") or 0) <= high


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 30 * DAY)), min_size=1, max_size=30),
    st.floats(0.001, 100),
)
def test_times_of_waiting_do_not_squeeze_the_work(steps: list[Any], scale: float) -> None:
    times, still, now = [BEGAN], set(), BEGAN
    for work, wait in [(0.5, 0.0), *steps]:
        times.append(now := now + work * scale)
        begin = now
        times.append(now := now + wait)
        still.add((begin, now))
    axis = Axis.over(times, lambda begin, end: (begin, end) in still, 100, 600)
    places = [axis.at(time) for time in sorted(times)]
    assert places == sorted(places)
    assert all(99.9 <= place <= 700.1 for place in places)
    at_work = sum(
        axis.at(end) - axis.at(begin)
        for begin, end in zip(sorted(times), sorted(times)[1:], strict=False)
        if (begin, end) not in still
    )
    work = sum(part for part, _ in [(0.5, 0.0), *steps]) * scale
    uncut = 600 * work / (now - BEGAN)
    assert at_work >= min(uncut, 0.5 * 600) - 0.5


def test_three_days_of_a_person_leave_the_work_its_place() -> None:
    decided = {"decided_s": BEGAN + 3 * DAY, "decision": "approve"}
    asked = call(1, 0.1, 3 * DAY + 0.1, asked_s=BEGAN + 0.1, **decided)
    svg = drawn(story_of(call(0, 0.0, 0.1), asked, ended_s=BEGAN + 3 * DAY + 0.1))
    (first, second), (waited,) = bars(svg, "qjs-run"), bars(svg, "qjs-waits")
    assert first[1] - first[0] > 200
    assert second[1] - second[0] == pytest.approx(first[1] - first[0], abs=2)
    assert waited[1] - waited[0] < 150
    assert waited[0] == pytest.approx(first[1], abs=1)
    assert second[0] == pytest.approx(waited[1], abs=1)
    said = [text.text for text in svg.iter(f"{SVG}text")]
    assert "3 d" in said
    assert 'approved, → "paid"' in said
    (axis,) = [path for path in svg.iter(f"{SVG}path") if path.get("class") == "qjs-axis"]
    assert "l" in (axis.get("d") or "")  # It has a break.


def test_a_short_wait_is_drawn_as_long_as_it_is() -> None:
    asked = call(1, 0.1, 0.3, asked_s=BEGAN + 0.1, decided_s=BEGAN + 0.12, decision="approve")
    svg = drawn(story_of(call(0, 0.0, 0.1), asked, ended_s=BEGAN + 0.3))
    (first, second), (waited,) = bars(svg, "qjs-run"), bars(svg, "qjs-waits")
    per_second = (first[1] - first[0]) / 0.1
    assert (waited[1] - waited[0]) / 0.02 == pytest.approx(per_second, rel=0.02)
    assert (second[1] - second[0]) / 0.18 == pytest.approx(per_second, rel=0.02)


def test_what_a_program_computes_is_not_drawn_as_waiting() -> None:
    svg = drawn(story_of(call(0, 0.3, 0.4), ended_s=BEGAN + 0.4))
    ((left, right),) = bars(svg, "qjs-run")
    assert right - left == pytest.approx((right - 356) / 4, abs=1)
    assert not [rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == "qjs-cut"]


def test_a_process_that_was_away_for_days_leaves_the_work_its_place() -> None:
    svg = drawn(story_of(call(0, 0.0, 0.1), call(1, 3 * DAY, 3 * DAY + 0.1)))
    assert all(right - left > 100 for left, right in bars(svg, "qjs-run"))


@pytest.mark.parametrize("fate", ["rejected by a person", "answered by a person", "not made"])
def test_a_call_that_was_not_made_did_not_run(fate: str) -> None:
    decided = {"asked_s": BEGAN + 0.1, "decided_s": BEGAN + 0.2, "decision": "reject"}
    svg = drawn(story_of(call(0, 0.1, 0.3, fate=fate, **decided)))
    assert len(bars(svg, "qjs-waits")) == 1
    assert bars(svg, "qjs-run") == []


def test_a_program_that_waits_is_drawn_up_to_now() -> None:
    asked = call(1, 0.1, fate="waiting", detail="", asked_s=BEGAN + 0.1)
    story = story_of(call(0, 0.0, 0.1), asked, status="waiting", waits=[{"began_s": BEGAN + 0.1}])
    svg = drawn(story, BEGAN + 2 * DAY)
    assert "waits for a person, 2 d" in [text.text for text in svg.iter(f"{SVG}text")]
    assert len(bars(svg, "qjs-run")) == len(bars(svg, "qjs-waits")) == 1


@pytest.mark.parametrize("fate", ["failed", "result unknown"])
def test_errors_are_marked(fate: str) -> None:
    svg = drawn(story_of(call(0, 0.0, 0.1, fate=fate, detail="TypeError: no")))
    assert len(bars(svg, "qjs-bad")) == 1
    assert bars(svg, "qjs-run") == []


def test_a_picture_tells_itself_and_its_rows_in_words() -> None:
    svg = drawn(story_of(call(0, 0.0, 0.1, line=7), ended_s=BEGAN + 0.1))
    assert svg.get("role") == "img"
    title, row = [one.text for one in svg.iter(f"{SVG}title")]
    assert title == "Program call-0-0: completed. 1 call, 100 ms at work."
    assert row == 'pay(to: "ann"); line 7; ran 100 ms; → "paid"'
    assert svg.get("aria-labelledby") == next(svg.iter(f"{SVG}title")).get("id")


def test_no_more_calls_are_drawn_than_a_person_reads() -> None:
    made = [call(number, 0.0, 0.1) for number in range(100)]
    svg = drawn(story_of(*made, omitted=7))
    assert len(bars(svg, "qjs-run")) == 40
    assert "and 67 more calls" in [text.text for text in svg.iter(f"{SVG}text")]


def test_two_pictures_on_one_page_do_not_share_names() -> None:
    first = timeline_of(story_of(call(0, 0.0, 0.1))).to_svg()
    second = timeline_of(story_of(call(0, 0.0, 0.2))).to_svg()
    names = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (first, second)]
    assert not names[0] & names[1]


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.SVG"])
def test_a_timeline_is_saved(name: str, tmp_path: Path) -> None:
    made = timeline_of(story_of(call(0, 0.0, 0.1)))
    saved = made.save(tmp_path / name)
    text = saved.read_text(encoding="utf-8")
    assert text == (made.to_html() if name.endswith("html") else made.to_svg())


@pytest.mark.parametrize("name", ["a.png", "svg", "a"])
def test_a_timeline_is_saved_as_a_picture_or_a_page(name: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=re.escape(repr(name))):
        timeline_of(story_of()).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_it_without_a_script() -> None:
    bundle = timeline_of(story_of(call(0, 0.0, 0.1)))._repr_mimebundle_()
    assert bundle.keys() == {"text/plain", "text/html", "image/svg+xml"}
    assert "script" not in bundle["text/html"]
    assert bundle["text/plain"].splitlines()[1] == (
        '  after 0 ms: pay(to: "ann"), ran 100 ms: → "paid"'
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((-1, "0 ms"), (0, "0 ms"), (0.0002, "< 1 ms"), (0.0123, "12 ms"), (3.21, "3.2 s")),
        *((59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"), (7260, "2 h 1 min")),
        *((86400, "1 d"), (93600, "1 d 2 h"), (86459, "1 d"), (86399.9, "1 d")),
        *((0.9999, "1.0 s"), (59.9, "1 min"), (3599.9, "1 h"), (85000, "23 h 37 min")),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@given(texts, st.integers(1, 60))
def test_a_line_is_one_line_of_visible_characters(text: str, chars: int) -> None:
    line = one_line(text, chars)
    assert line.isprintable()
    assert len(line) <= chars
    assert width_of(fitted(line, chars)) <= max(chars, 0)


def test_a_picture_says_of_what_was_printed_that_it_is_the_end() -> None:
    assert "It printed:" in timeline_of(story_of(console="1\n2\n3\n4\n")).to_svg()
    assert "It printed at the end:" in timeline_of(story_of(console="1\n2\n3\n4\n5\n")).to_svg()
