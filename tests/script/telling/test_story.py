"""The stories of programs: what is kept of them, and what real programs tell."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import ToolMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import TypeAdapter

from langchain_quickjs import NoStoryError, SnapshotError, atimeline, timeline
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.telling.call_report import Report
from langchain_quickjs.script.telling.story import StorySoFar
from langchain_quickjs.script.telling.story_types import Story, pack_story, unpack_story
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import aopened, opened, rewrite, tampering
from tests.helpers.nurseries import Nursery
from tests.helpers.reports import shop_tools
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

NOW_S: Final = 1_764_120_573.1234
KB: Final = 1024

# --- packed and unpacked -----------------------------------------------------------------------

FATES: Final = ["done", "failed", "rejected by a person", "answered by a person", "result unknown"]
# A program waits for years at most.
TIMES: Final = st.floats(0, 3e8).map(lambda after_s: NOW_S + after_s)
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CALLS: Final = st.fixed_dictionaries(
    {
        "number": st.integers(0, 2**31),
        "tool": TEXTS,
        "args": TEXTS,
        "fate": st.sampled_from([*FATES, "not made", "running", "waiting"]),
        "detail": TEXTS,
        "began_s": TIMES,
    },
    optional={
        "line": st.integers(1, 10**6),
        "ended_s": TIMES,
        "asked_s": TIMES,
        "decided_s": TIMES,
        "decision": TEXTS,
    },
)
STORIES: Final = st.fixed_dictionaries(
    {
        "began_s": st.just(NOW_S),
        "status": st.sampled_from(["running", "waiting", "completed", "failed"]),
        "calls": st.lists(CALLS, max_size=40),
        "omitted": st.integers(0, 2**31),
        "waits": st.lists(
            st.fixed_dictionaries({"began_s": TIMES}, optional={"ended_s": TIMES}), max_size=40
        ),
        "console": TEXTS,
    },
    optional={"ended_s": TIMES},
)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
PACKED: Final = STORIES.map(pack_story)  # type: ignore[arg-type]  # it is one


def is_a_story(value: Any) -> bool:
    TypeAdapter(Story).validate_python(value, strict=True)
    return True


def to_milliseconds(value: Any) -> Any:
    """A story whose times are rounded, for comparison."""
    if isinstance(value, dict):
        return {
            key: pytest.approx(part, abs=0.0012) if key.endswith("_s") else to_milliseconds(part)
            for key, part in value.items()
        }
    return [to_milliseconds(part) for part in value] if isinstance(value, list) else value


@given(STORIES)
def test_a_story_is_the_same_to_the_millisecond_when_it_was_packed(story: Any) -> None:
    packed = json.loads(json.dumps(pack_story(story)))
    unpacked = unpack_story(packed)
    assert unpacked == to_milliseconds(story)
    assert is_a_story(unpacked)
    assert unpacked is not None
    assert unpack_story(pack_story(unpacked)) == to_milliseconds(story)


@given(JSON)
def test_of_what_is_no_story_there_is_none(packed: Any) -> None:
    unpacked = unpack_story(packed)
    assert unpacked is None or is_a_story(unpacked)


@given(PACKED, st.lists(st.tuples(st.integers(0, 1000), JSON), min_size=1, max_size=3))
def test_a_packed_story_that_was_changed_is_one_or_none(packed: Any, changes: Any) -> None:
    changed = contents(packed)
    for place, value in changes:
        above, key = list(parts(changed))[place % len(list(parts(changed)))]
        above[key] = value
    unpacked = unpack_story(closed(json.dumps(changed)))
    assert unpacked is None or is_a_story(unpacked)


def contents(packed: str) -> dict[str, Any]:
    """What a packed story holds."""
    plain: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return plain


def closed(text: str) -> str:
    """A text in the place of what a packed story holds."""
    return base64.b64encode(zlib.compress(text.encode())).decode()


def parts(value: Any) -> Any:
    """Each part of plain data: what holds it, and under which key."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from parts(value[key])


@pytest.mark.parametrize("number", [1e400, -1e400, 10**400, "9" * 5000, float("nan")])
@pytest.mark.parametrize("key", ["began_s", "ms", "omitted"])
def test_numbers_that_are_none_make_no_story(key: str, number: Any) -> None:
    plain = contents(pack_story(BARE))
    assert unpack_story(closed(json.dumps(plain))) is not None
    unpacked = unpack_story(closed(json.dumps({**plain, key: number})))
    assert unpacked is None or is_a_story(unpacked)


def test_lists_in_lists_make_no_story() -> None:
    text = json.dumps({**contents(pack_story(BARE)), "console": "DEEP"})
    deep = "[" * 20_000 + "]" * 20_000
    assert unpack_story(closed(text.replace('"DEEP"', deep))) is None


def test_a_story_that_grows_without_end_is_none() -> None:
    text = json.dumps({**contents(pack_story(BARE)), "console": "x" * 50_000_000})
    assert unpack_story(closed(text)) is None


BARE: Final[Story] = {
    "began_s": NOW_S,
    "status": "failed",
    "calls": [],
    "omitted": 0,
    "waits": [],
    "console": "",
}


@pytest.mark.parametrize("count", [1, 20, 45, 256, 10_000])
@pytest.mark.parametrize("decided", [False, True])
def test_a_packed_story_is_short(count: int, decided: bool) -> None:
    report = Report()
    for number in range(count):
        made: Any = {"began_s": NOW_S + number, "line": number + 1, "column": 9}
        if decided:
            made |= {"asked_s": NOW_S + number, "decided_s": NOW_S + 1e6, "decision": "approve"}
        report.add(
            *(number, "done", "issue_refund", {"order_id": "A" * 5000, "lines": [1] * 999}),
            decided=decided,
            result="x" * 60,
            made=made,
            ended_s=NOW_S + 1e6,
        )
    waits = [[NOW_S + wait, NOW_S + wait + 0.5] for wait in range(3)]
    packed = StorySoFar("x" * 65_536, NOW_S, waits).ended("failed", report, "c" * 9999, NOW_S + 2e6)
    assert packed is not None
    assert len(json.dumps(packed)) <= 4 * KB
    story = unpack_story(packed)
    assert story is not None
    assert len(story["calls"]) + story["omitted"] == count


# --- told by programs --------------------------------------------------------------------------


def seen(talk: Conversation, **named: Any) -> Story:
    """The story, read as another process would."""

    async def asynchronously() -> Story:
        async with aopened(talk.database) as saver:  # type: ignore[arg-type]  # it has one
            return (await atimeline(talk.build(saver), talk.config, **named)).story

    if talk.mode == "ainvoke":
        return asyncio.run(asynchronously())
    with opened(talk.database) as saver:  # type: ignore[arg-type]  # it has one
        return timeline(talk.build(saver), talk.config, **named).story


def assert_in_order(story: Story) -> None:
    """Nothing happens before what it is an answer to."""
    assert is_a_story(story)
    end = story.get("ended_s", time.time())
    assert [call["number"] for call in story["calls"]] == sorted(
        call["number"] for call in story["calls"]
    )
    for call in story["calls"]:
        told_of: Any = call
        moments = [told_of.get(key) for key in ("began_s", "asked_s", "decided_s", "ended_s")]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known), call
        assert story["began_s"] <= known[0] <= known[-1] <= end, call
    waits = [moment for wait in story["waits"] for moment in (wait["began_s"], wait.get("ended_s"))]
    known = [moment for moment in waits if moment is not None]
    assert known == sorted(known)
    assert all(story["began_s"] <= moment <= end for moment in known)


def told(story: Story) -> list[tuple[Any, ...]]:
    return [
        (call["tool"], call["fate"], call.get("decision"), call.get("line"))
        for call in story["calls"]
    ]


def talk_of(folder: Path, kind: Kind, mode: Mode, source: str, **options: Any) -> Conversation:
    shop, gate = Shop(folder / "log"), options.pop("gate", True)
    database = folder / "db"
    return Conversation(kind, mode, database, source, shop_tools(shop), {"pay": gate}, options)


MANY: Final = """const found = await tools.lookUp({ key: "abc" });
const pay = (to) => tools.pay({ to, amount: 1 });
const ends = await Promise.allSettled([
  pay("ann"),
  pay("bob"),
  pay("cid"), pay("dan"),
  tools.order({ what: "hat" }),
  tools.boom({ what: "x" }),
]);
console.log(ends.map((end) => end.status).join());
throw new Error("over");"""

DECISIONS: Final = [
    APPROVE,
    {"type": "reject", "message": "no"},
    {"type": "edit", "edited_action": {"name": "pay", "args": {"to": "eve", "amount": 2}}},
    {"type": "respond", "message": "paid already"},
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_way_in_which_a_call_can_end(kind: Kind, mode: Mode, tmp_path: Path) -> None:
    every: Any = {"allowed_decisions": ["approve", "edit", "reject", "respond"]}
    talk = talk_of(tmp_path, kind, mode, MANY, gate=every)
    talk.start()
    story = seen(talk)
    assert_in_order(story)
    assert story["status"] == "waiting"
    assert told(story) == [
        ("look_up", "done", None, None),
        *[("pay", "waiting", None, 2)] * 4,
        ("order", "waiting", None, None),
        ("boom", "failed", None, None),
    ]
    assert all("asked_s" in call for call in story["calls"][1:5])
    assert [wait.keys() for wait in story["waits"]] == [{"began_s"}]
    for item in talk.pending():
        mine = isinstance(item.value, dict)
        talk.answer({item.id: {"decisions": DECISIONS} if mine else "red"})
    assert not talk.waits
    story = seen(talk)
    assert_in_order(story)
    assert story["status"] == "failed"
    assert story["omitted"] == 0
    assert story["console"] == "fulfilled,rejected,fulfilled,fulfilled,fulfilled,rejected\n"
    assert told(story) == [
        ("look_up", "done", None, None),
        ("pay", "done", "approve", 2),
        ("pay", "rejected by a person", "reject", 2),
        ("pay", "done", "edit", 2),
        ("pay", "answered by a person", "respond", 2),
        ("order", "done", None, None),
        ("boom", "failed", None, None),
    ]
    details = [call["detail"] for call in story["calls"]]
    assert details[1] == '"paid 1 to ann"'
    assert details[2] == '"no"'
    assert details[3] == '"paid 2 to eve"'
    assert "paid already" in details[4]
    assert [wait.keys() for wait in story["waits"]] == [{"began_s", "ended_s"}] * 2


@pytest.mark.parametrize("mode", MODES)
def test_a_call_that_has_expired(mode: Mode, tmp_path: Path) -> None:
    gate: Any = {"allowed_decisions": ["approve", "reject"], "expires_after_s": 0.01}
    talk = talk_of(tmp_path, "create_agent", mode, "await tools.pay({to: 'ann', amount: 1})")
    talk.interrupt_on = {"pay": gate}
    talk.start()
    time.sleep(0.02)
    talk.decide(APPROVE)
    story = seen(talk)
    assert_in_order(story)
    ((tool, fate, *decided),) = told(story)
    assert (tool, *decided) == ("pay", "expire", 1)
    assert fate == "not made"


@pytest.mark.parametrize("ending", ["0", "throw new Error('no')"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_calls(kind: Kind, mode: Mode, ending: str, tmp_path: Path) -> None:
    source = f"""for (let i = 0; i < 99; i++) await tools.lookUp({{ key: `k${{i}}` }});
    await tools.pay({{ to: "ann", amount: 1 }});
    {ending}"""
    talk = talk_of(tmp_path, kind, mode, source)
    talk.start()
    for status in ("waiting", "completed" if ending == "0" else "failed"):
        story = seen(talk)
        assert_in_order(story)
        assert story["status"] == status
        assert len(story["calls"]) <= 40
        assert len(story["calls"]) + story["omitted"] == 100
        assert story["calls"][-1]["tool"] == "pay"
        if status == "waiting":
            assert len(talk.question["calls_so_far"]) <= 21
            assert talk.question["calls_so_far"][0] == "89 more calls, not listed"
            talk.decide(APPROVE)


def test_a_program_without_calls_has_no_story(tmp_path: Path) -> None:
    talk = talk_of(tmp_path, "create_agent", "invoke", "1 + 1")
    talk.start()
    (message,) = [one for one in talk.last["messages"] if isinstance(one, ToolMessage)]
    assert message.artifact is None
    with pytest.raises(NoStoryError):
        seen(talk)


THREE: Final = """await tools.lookUp({ key: "abc" });
await tools.pay({ to: "ann", amount: 1 });

await tools.pay({ to: "bob", amount: 2 });
await tools.lookUp({ key: "d" });"""


def in_a_process(folder: str, kind: Kind, mode: Mode, decided: bool) -> Any:
    """Starts the program or says yes, with nothing but what is on disk."""
    talk = talk_of(Path(folder), kind, mode, THREE)
    if decided:
        talk.decide(APPROVE)
    else:
        talk.start()
    return [seen(talk), talk.question.get("calls_so_far") if talk.waits else None]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_three_processes_tell_one_story(
    kind: Kind, mode: Mode, nursery: Nursery, tmp_path: Path
) -> None:
    lives = nursery.of(in_a_process)
    (first, so_far), (second, then), (last, over) = [
        lives.live(str(tmp_path), kind, mode, decided) for decided in (False, True, True)
    ]
    for story in (first, second, last):
        assert_in_order(story)
    assert so_far == ['done: look_up({"key": "abc"}) -> {"key": "abc", "price": 3}']
    assert then == [*so_far, 'done: pay({"to": "ann", "amount": 1}) -> "paid 1 to ann"']
    assert over is None
    assert [call.get("line") for call in last["calls"]] == [None, 2, 4, None]
    assert [call["fate"] for call in last["calls"]] == ["done"] * 4
    assert [call.get("decision") for call in last["calls"]] == [None, "approve", "approve", None]
    # What was told once is told for ever.
    assert to_milliseconds(second["calls"])[0] == first["calls"][0]
    assert to_milliseconds(second["calls"])[:2] == last["calls"][:2]
    assert last["began_s"] == pytest.approx(first["began_s"], abs=0.001)
    assert len(last["waits"]) == 2


# --- as others have stored it ------------------------------------------------------------------

SERDE: Final = JsonPlusSerializer()


def change_script(talk: Conversation, change: Callable[[Any], None]) -> None:
    """Changes what is stored of the paused script, which nobody has signed."""
    assert isinstance(talk.database, Path)
    namespace = "script:%" if talk.kind == "graph" else "tools:%"
    with tampering(talk.database) as connection:
        ((place,),) = connection.execute(
            "select distinct checkpoint_ns from checkpoints where checkpoint_ns like ?",
            (namespace,),
        )

    def changed(values: dict[str, Any]) -> None:
        stored = values["paused"]
        sealed_for = "" if talk.kind == "graph" else place
        sealer = Sealer(Signer((), talk.thread), SERDE, stored["script_id"], sealed_for)
        script = sealer.resume(stored)
        change(script)
        values["paused"] = sealer.pause(script)
        values.pop("pause", None)

    rewrite(talk.database, changed, namespace)


def as_before(script: Any) -> None:
    """As the version before stories has stored it."""
    for key in ("began_s", "source", "waits"):
        script.pop(key)
    for question in script["questions"]:
        question.pop("asked_s")
    for call in all_calls(script):
        call.pop("made", None)
        call.pop("preface", None)
    script["report"]["kept"] = [entry[:6] for entry in script["report"]["kept"]]


def all_calls(script: Any) -> Any:
    for question in script["questions"]:
        yield from question["calls"]
    for key in ("awaiting", "blocked", "running"):
        yield from script[key]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_script_of_the_version_before_goes_on_without_a_story(
    kind: Kind, mode: Mode, tmp_path: Path
) -> None:
    talk = talk_of(tmp_path, kind, mode, THREE)
    talk.start()
    change_script(talk, as_before)
    for _ in range(2):
        with pytest.raises(NoStoryError):
            seen(talk)
        talk.decide(APPROVE)
    assert not talk.waits
    with pytest.raises(NoStoryError):
        seen(talk)
    once = dict.fromkeys(("look_up abc", "pay ann 1", "pay bob 2", "look_up d"), 1)
    assert Shop(tmp_path / "log").counts() == once


WRONG: Final[list[Any]] = [
    "x",
    None,
    [],
    {},
    [[1, 2, 3]],
    [["x"]],
    -1,
    1e300,
    float("nan"),
    b"x",
    True,
    [5],
]
MADE: Final = ["line", "column", "began_s", "asked_s", "decided_s", "decision"]
CALL: Final = ("questions", 0, "calls", 0)
PLACES: Final[list[tuple[Any, ...]]] = [
    *((key,) for key in ("began_s", "source", "waits")),
    ("questions", 0, "asked_s"),
    (*CALL, "expires_s"),
    (*CALL, "made"),
    *((*CALL, "made", key) for key in MADE),
    ("report", "kept", 0),
    *(("report", "kept", 0, part) for part in range(9)),
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: "/".join(map(str, place)))
def test_what_is_wrong_in_a_database_is_refused_or_does_no_harm(place: Any, tmp_path: Path) -> None:
    """Without a key anybody may have written what is stored."""
    (tmp_path / "first").mkdir()
    talk_of(tmp_path / "first", "create_agent", "invoke", THREE).start()
    refused = 0
    for number, wrong in enumerate(WRONG):

        def change(script: Any, wrong: Any = wrong) -> None:
            for key in place[:-1]:
                script = script[key]
            script[place[-1]] = wrong

        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "first", folder)
        talk = talk_of(folder, "create_agent", "invoke", THREE)
        change_script(talk, change)
        try:
            assert is_a_story(seen(talk))
        except SnapshotError as error:
            refused += 1
            with pytest.raises(SnapshotError, match=re.escape(str(error))):
                talk.decide(APPROVE)
            continue
        talk.decide(APPROVE)
        json.dumps(talk.question)
        talk.decide(APPROVE)
        assert is_a_story(seen(talk))
    assert refused >= 8


@pytest.mark.parametrize("ends", [False, True])
def test_that_more_was_printed_is_shown(ends: bool, tmp_path: Path) -> None:
    source = (
        "for (let i = 100; i < 300; i++) console.log(i)\nawait tools.pay({ to: 'a', amount: 1 })"
    )
    shop = Shop(tmp_path / "log")
    gates: dict[str, Any] = {} if ends else {"pay": True}
    talk = Conversation("graph", "invoke", tmp_path / "db", source, shop.tools(), gates)
    talk.start()
    console = seen(talk)["console"]
    assert console.startswith("…")
    assert console.endswith("298\n299\n")
    assert len(console) == 500
