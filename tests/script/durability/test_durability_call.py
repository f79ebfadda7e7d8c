"""`durability="call"`: processes are killed at any moment, and no call that ended is made again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast

import pytest
from langchain.tools import InjectedToolCallId
from langchain_core.tools import BaseTool, tool

from langchain_quickjs import CodeInterpreterMiddleware, SetupError, create_script_graph
from langchain_quickjs.script.state import CallEnd
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import Database, Server, named, opened
from tests.helpers.models import Worker
from tests.helpers.nurseries import Children, Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE
from tests.helpers.tables import table

# 20 calls, 3 of them with approval: one after the other, in chains side by side, at once.
STORY = """
let total = 0;
for (let i = 0; i < 5; i++) total += await tools.work({ key: `s${i}` });
total += await tools.pay({ key: "first" });
const chains = [0, 1, 2, 3, 4, 5].map(async (i) => {
  const one = await tools.work({ key: `p${i}`, delay_s: 0.002 * ((i * 5) % 7) });
  return one + await tools.work({ key: `q${i}` });
});
for (const n of await Promise.all(chains)) total += n;
const two = await Promise.all(["second", "third"].map((key) => tools.pay({ key })));
JSON.stringify({ total: total + two[0] + two[1], random: Math.random() < 1 })
"""
KEYS = ["first", "second", "third", *(f"s{i}" for i in range(5))]
KEYS += [f"{name}{i}" for name in "pq" for i in range(6)]
RESULT = {"total": sum(len(key) for key in KEYS), "random": True}


def durable_tools(folder: Path) -> list[BaseTool]:
    """Tools that note when they begin and end, and have their effect once for a call's id."""

    def note(what: str, number: str, key: str) -> None:
        # What a process has written outlives it; only a machine needs more.
        line = json.dumps([what, number, key, os.getpid(), time.monotonic()])
        with (folder / "log").open("a") as file:
            file.write(line + "\n")

    def once(number: str, key: str, delay_s: float) -> int:
        note("begin", number, key)
        time.sleep(delay_s)
        with contextlib.suppress(FileExistsError):
            # That the file is there is the effect: it is made once for an id, or not at all.
            (folder / f"effect {number} {key}").touch(exist_ok=False)
        note("end", number, key)
        return len(key)

    @tool
    def work(key: str, number: Annotated[str, InjectedToolCallId], delay_s: float = 0.002) -> int:
        """Works."""
        return once(number, key, delay_s)

    @tool
    def pay(key: str, number: Annotated[str, InjectedToolCallId]) -> int:
        """Pays."""
        return once(number, key, 0.002)

    return [work, pay]


def conversation(
    folder: Path, kind: Kind, mode: Mode, database: Database | None = None
) -> Conversation:
    gates, options = {"pay": True}, {"durability": "call"}
    tools = durable_tools(folder)
    return Conversation(kind, mode, database or folder / "db", STORY, tools, gates, options)


def live(folder: str, kind: Kind, mode: Mode, database: str = "") -> Any:
    """A process of its own: takes the conversation up, and approves whatever it asks."""
    talk = conversation(Path(folder), kind, mode, named(database) if database else None)
    for number in stored_ends(talk):
        with (Path(folder) / "log").open("a") as file:
            line = json.dumps(["stored", number, "", os.getpid(), time.monotonic()])
            file.write(line + "\n")
    if not talk.values():
        talk.start()
    elif pending := talk.pending():
        talk.answer({item.id: {"decisions": _approvals(item)} for item in pending})
    else:
        talk.send(None)
    while asked := talk.last.get("__interrupt__"):
        talk.answer({item.id: {"decisions": _approvals(item)} for item in asked})
    return talk.value


def stored_ends(talk: Conversation) -> Iterator[str]:
    """The calls whose ends the database knows."""
    assert talk.database is not None
    with opened(talk.database) as saver:
        for found in saver.list(talk.config):
            for _, channel, value in found.pending_writes or ():
                if isinstance(value, dict) and value.keys() == CallEnd.__annotations__.keys():
                    yield value["tool_call_id"]
                elif channel == "end":
                    yield value[0]


def _approvals(item: Any) -> list[Any]:
    return [APPROVE] * len(item.value["action_requests"])


@dataclass
class Tally:
    """What the conversations of one kind and mode came to."""

    conversations: int = 0
    kills: int = 0
    calls: int = 0
    twice: int = 0
    again: int = 0
    stored: int = 0
    after_stored: int = 0
    after_end: int = 0
    longest_ms: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def take(self, folder: Path, deaths: Sequence[float]) -> None:
        """Counts a finished conversation."""
        events = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
        ids: dict[str, set[str]] = {}
        for what, number, key, _, _ in events:
            if what != "stored":
                ids.setdefault(key, set()).add(number)
        self.conversations += 1
        self.calls += len(ids)
        self._expect(sorted(ids) == sorted(KEYS), f"calls {sorted(ids)}")
        self._expect(all(len(found) == 1 for found in ids.values()), f"ids {ids}")
        effects = Counter(path.name.split()[-1] for path in folder.glob("effect *"))
        self._expect(set(effects) == set(KEYS), f"effects {effects}")
        self.twice += effects.total() - len(effects)
        begun: set[str] = set()
        stored: set[str] = set()
        ended: dict[str, tuple[int, float]] = {}
        for what, number, key, pid, when in events:
            if what == "stored":
                self.stored += number not in stored
                stored.add(number)
            elif what == "begin":
                self.after_stored += number in stored
                self.again += key in begun
                begun.add(key)
                if key in ended:
                    died = min(death for death in deaths if death >= ended[key][1])
                    self.after_end += 1
                    self.longest_ms = max(self.longest_ms, (died - ended[key][1]) * 1000)
                self._in_order(key, begun)
            elif what == "end":
                ended[key] = (pid, when)

    def _in_order(self, key: str, begun: set[str]) -> None:
        """A call whose result the script has used is never made again."""
        users = {f"s{i}": {f"s{i + 1}"} for i in range(4)} | {f"p{i}": {f"q{i}"} for i in range(6)}
        users |= {"s4": {"first"}, "first": {f"p{i}" for i in range(6)}}
        users |= {f"q{i}": {"second", "third"} for i in range(6)}
        used = users.get(key, set()) & begun
        self._expect(not used, f"{key} was made again after {used}")

    def _expect(self, holds: bool, problem: str) -> None:
        if not holds:
            self.wrong.append(problem)


@pytest.fixture
def children(nursery: Nursery) -> Children:
    return nursery.of(live)


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> list[str]:
    head = (
        f"{'':35} conversations  kills  calls  effects twice  seen stored  made again after that  "
        "made again else, of these after the tool's end  (at most so long before the kill was seen)"
    )
    return table(request.config, 'durability="call": killed at random moments', head)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("saver", ["sqlite", "postgres"])
def test_killed_at_any_moment(
    saver: str,
    kind: Kind,
    mode: Mode,
    children: Children,
    lines: list[str],
    full: bool,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Must show 4 of issue C."""
    server: Server | None = request.getfixturevalue("postgres") if saver == "postgres" else None
    wanted = 100 if full else 5
    rng = random.Random(f"{kind} {mode}")
    tally = Tally()
    (tmp_path / "whole").mkdir()
    database = server.database() if server else ""
    began = time.monotonic()
    assert children.live(str(tmp_path / "whole"), kind, mode, database) == RESULT
    whole_s = time.monotonic() - began
    while tally.kills < wanted:
        folder = tmp_path / str(tally.conversations)
        folder.mkdir()
        database = server.database() if server else ""
        deaths: list[float] = []
        result = None
        while result is None:
            kill_after_s = rng.uniform(0, whole_s) if tally.kills < wanted else 60.0
            result = children.live(str(folder), kind, mode, database, kill_after_s=kill_after_s)
            deaths.append(time.monotonic())
            tally.kills += result is None
        assert result == RESULT
        tally.take(folder, deaths)
    lines.append(
        f"{saver:8} {kind:18} {mode:7} {tally.conversations:13} {tally.kills:6} {tally.calls:6} "
        f"{tally.twice:14} {tally.stored:12} {tally.after_stored:22} {tally.again:16} "
        f"{tally.after_end:30}  {tally.longest_ms:.1f} ms"
    )
    assert not tally.wrong
    assert not tally.twice
    assert not tally.after_stored


def crew(folder: Path, mode: Mode, durability: str) -> Conversation:
    """A subagent that works in two turns; its process dies in the second one, the first time."""
    shop = Shop(folder / "log")

    @tool
    def die(key: str) -> str:
        """Takes the process along the first time."""
        shop.note(f"die {key}")
        if shop.counts()[f"die {key}"] == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return key

    worker = {
        "name": "worker",
        "description": "Works.",
        "model": Worker(
            turns=[[("look_up", {"key": "TASK"})], [("die", {"key": "TASK"})]], log=shop.log
        ),
        "tools": [shop.tools()[0], die],
    }
    source = """
    const found = await tools.lookUp({ key: "before" });
    found.price + (await task({ description: "job", subagentType: "worker" })).length
    """
    ours = CodeInterpreterMiddleware(ptc=shop.tools()[:1], durability=cast("Any", durability))
    talk = Conversation("create_deep_agent", mode, folder / "db", source, [])
    talk.agent_options = {"subagents": [worker], "middleware": [ours]}
    talk.run_options = {"durability": "sync"}  # What is done is stored when the process dies.
    return talk


def live_in_crew(folder: str, mode: Mode, durability: str) -> str:
    talk = crew(Path(folder), mode, durability)
    talk.send(None) if talk.values() else talk.start()
    return talk.text


@pytest.fixture
def crew_of_children(nursery: Nursery) -> Children:
    return nursery.of(live_in_crew)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("durability", ["pause", "call"])
def test_a_subagent_goes_on_at_its_own_step(
    mode: Mode, durability: str, crew_of_children: Children, tmp_path: Path
) -> None:
    folder = str(tmp_path)
    crew_of_children.live(folder, mode, durability, kill_after_s=0.0)  # before anything
    assert crew_of_children.live(folder, mode, durability) is None
    assert "<result>" in crew_of_children.live(folder, mode, durability)
    counts = Shop(tmp_path / "log").counts()
    # By default the script's own calls are made again; the subagent's steps are its own.
    assert counts.pop("look_up before") == (1 if durability == "call" else 2)
    assert counts == {
        **{f"model job {turn}": 1 for turn in range(3)},
        "look_up job": 1,
        "die job": 2,
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_fails_is_the_only_one_made_again(
    kind: Kind, mode: Mode, tmp_path: Path
) -> None:
    shop = Shop(tmp_path / "log")

    @tool
    def deliver(to: str) -> str:
        """Delivers, but not at first."""
        shop.note(f"deliver {to}")
        if shop.counts()[f"deliver {to}"] == 1:
            raise ConnectionError("the road is closed")
        return f"delivered to {to}"

    source = """
    const at = new Map();
    for (const key of ["a", "bb"]) at.set(key, (await tools.lookUp({ key })).price);
    const paid = await Promise.allSettled(
      ["ann", "bob"].map((to) => tools.pay({ to, amount: at.get("bb") })));
    JSON.stringify([...at, paid.map((p) => p.value ?? p.reason.name),
                    await tools.deliver({ to: "ann" })])
    """
    tools = [*shop.tools(), deliver]
    options = {"durability": "call"}
    database = tmp_path / "db"
    talk = Conversation(kind, mode, database, source, tools, {"pay": True}, options)
    talk.start()
    with pytest.raises(ConnectionError, match="the road is closed"):
        talk.decide(APPROVE, {"type": "reject"})
    talk.send(None)
    expected = [["a", 1], ["bb", 2], ["paid 2 to ann", "RejectedError"], "delivered to ann"]
    assert talk.value == expected
    once = {"look_up a": 1, "look_up bb": 1, "pay ann 2": 1}
    assert shop.counts() == {**once, "deliver ann": 2}


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    tools = durable_tools(tmp_path)
    with pytest.raises(SetupError, match="it is 'each'"):
        create_script_graph(tools, durability=cast("Any", "each"))
    talk = conversation(tmp_path, "create_agent", "invoke")
    talk.interrupt_on = None
    talk.run_options = {"durability": "exit"}
    with pytest.raises(SetupError, match='do not invoke it with `durability="exit"`'):
        talk.start()
    talk.run_options, talk.database, talk.memory = {}, None, None
    with pytest.raises(SetupError, match='`durability="call"` needs a checkpointer'):
        talk.start()
    assert not (tmp_path / "log").exists()
