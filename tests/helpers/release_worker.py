"""What a release of the package does with threads, in a process of its own.

    python -P -m tests.helpers.release_worker FOLDER < PLAN > RESULTS

Whichever release `PYTHONPATH` gives, this only uses what all of them have: so one release begins a
thread, and another one goes on with it. A plan is a list of cases, each with its steps, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.messages import BaseMessage, ToolMessage
from langchain_core.outputs import ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command, interrupt
from pydantic import Field

import langchain_quickjs
from langchain_quickjs import (
    CodeInterpreterMiddleware,
    Completed,
    Interpreter,
    Returned,
    create_script_graph,
)
from langchain_quickjs.interpreter import fold, pack_record
from tests.helpers.models import ScriptedModel
from tests.helpers.shop import Shop

MEMORY = """
const seen = new Map([["a", { price: 1 }]]);
class Item {
  #price;
  constructor(price) { this.#price = price; }
  get twice() { return 2 * this.#price; }
}
let kept = new Item(21), count = (() => { let n = 0; return () => ++n; })();
count()
"""
PAUSE = """
const found = await Promise.all(["x", "yy"].map((key) => tools.lookUp({ key })));
let said = "nothing", at = new Date(2026, 0, 31), re = /(?<word>p\\w+)/g;
function* numbers() { let n = 10; while (true) yield n++; }
const numbered = numbers(); numbered.next();
try {
  said = await tools.pay({ to: "Ann", amount: found[0].price + found[1].price });
} catch (error) {
  said = `caught ${error.message}`;
}
const more = await tools.lookUp({ key: "zzz" });
const word = said.match(re)?.[0] ?? null;
[said, numbered.next().value, at.getFullYear(), word, more.price, REST].join(" | ")
"""
PAUSED = PAUSE.replace("REST", "typeof count")
PAUSED_ON_MEMORY = PAUSE.replace("REST", "count(), kept.twice, seen.get('a').price")
ASKS = """
const one = await tools.ask({ about: "colour" });
`${one} and ${await tools.ask({ about: "size" })}`
"""
TWICE = """
const pairs = [["Ann", 1], ["Bob", 2]].map(([to, amount]) => tools.pay({ to, amount }));
const both = await Promise.allSettled(pairs);
const last = await tools.pay({ to: "Cid", amount: 3 });
both.map((one) => one.value ?? one.reason.message).concat(last).join(" | ")
"""
# Too large to stand in the state.
LARGE = """
const held = Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 1_000_003);
held[5] = await tools.pay({ to: "Ann", amount: 1 });
const last = await tools.pay({ to: "Bob", amount: held[7] % 5 });
[held[5], last, held.length, held[299_999], REST].join(" | ")
"""
# What it was told is too much for a transcript.
UNTOLD = """
const pages = [];
for (let n = 0; n < 4; n++) pages.push(await tools.page({ n }));
await tools.pay({ to: "Ann", amount: 1 }) + ` ${pages.join("").length}`
"""


@dataclass
class Case:
    """A thread and how it is run.

    Attributes:
        sources: The programs of the agent, a turn each; of a bare graph, one.
        kind: What runs them.
        options: Of the middleware or of the graph.
    """

    sources: list[str]
    kind: str = "agent"
    options: dict[str, Any] = field(default_factory=dict)


INTERPRETERS = "interpreters"
"""The case that needs neither agent nor database."""
LATER = "[count(), kept.twice, seen.get('a').price, typeof more].join(' | ')"
KEY = {"snapshot_signing_key": "a secret of the tests"}
CASES = {
    "pause": Case([PAUSED]),
    "deep": Case([PAUSED], "deep"),
    "signed": Case([MEMORY, PAUSED_ON_MEMORY, LATER], options=KEY),
    "memory": Case([MEMORY, PAUSED_ON_MEMORY, LATER]),
    "deltas": Case([MEMORY, "seen.set('b', count())", "seen.set('c', count()); seen.size", LATER]),
    "turns": Case([MEMORY, LATER], options={"mode": "turn"}),
    "kept": Case([PAUSED], options={"durability": "call"}),
    "graph": Case([PAUSED], "graph"),
    "graph kept": Case([PAUSED], "graph", {"durability": "call", **KEY}),
    "asks": Case([ASKS]),
    "asks in a graph": Case([ASKS], "graph"),
    "twice": Case([TWICE]),
    "twice, halfway": Case([TWICE]),
    "given up": Case([PAUSED]),
    # Early guests had no `Intl`.
    "differs": Case(["await tools.pay({ to: typeof Intl, amount: 1 }) + typeof Intl", "1 + 1"]),
    "branches": Case([MEMORY, PAUSED_ON_MEMORY, LATER]),
    "dies": Case(["await tools.pay({ to: 'Ann', amount: 1 })"]),
    "large": Case([MEMORY, LARGE.replace("REST", "count()"), "held[7]++ + count()"]),
    "large in a graph": Case([LARGE.replace("REST", "1")], "graph"),
    "large, kept": Case([LARGE.replace("REST", "1")], options={"durability": "call", **KEY}),
    "large, alone": Case([LARGE.replace("REST", "1")], options={"mode": "call"}),
    "untold": Case([UNTOLD]),
    "untold in a graph": Case([UNTOLD], "graph"),
    "shown": Case(["await tools.pay({ to: 'Ann', amount: 1 }); () => 1"]),
}


class Model(ScriptedModel):
    """A model that knows what it has read last of what programs did."""

    read: list[str] = Field(default_factory=list)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.read = [message.text for message in messages if isinstance(message, ToolMessage)]
        return super()._generate(messages)


class Thread:
    """A thread in a database that any release may open.

    Args:
        folder: Where database and notes are.
        name: The name of the case, and of the thread.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.case = CASES[name]
        self.folder = folder
        self.config: Any = {"configurable": {"thread_id": name}}
        self.shop = Shop(folder / f"{name}.log")
        # After a program, the model ends its turn.
        turns = [[("eval", {"code": code})] for code in self.case.sources]
        self.model = Model(turns=[turn for each in turns for turn in (each, [])])

    def tools(self) -> list[Any]:
        @tool
        def ask(about: str) -> str:
            """Asks a person by itself."""
            self.shop.note(f"asked {about}")
            return f"{about} {interrupt({'about': about})}"

        @tool
        def page(n: int) -> str:
            """Reads a page, of 400,000 letters."""
            return random.Random(n).randbytes(200_000).hex()

        return [*self.shop.tools(), ask, page]

    def graph(self, saver: Any) -> Any:
        case, options = self.case, {"interrupt_on": {"pay": True}, **self.case.options}
        if case.kind == "graph":
            return create_script_graph(self.tools(), checkpointer=saver, **options)
        middleware = [CodeInterpreterMiddleware(ptc=self.tools(), **options)]
        create: Any = create_deep_agent if case.kind == "deep" else create_agent
        return create(model=self.model, middleware=middleware, checkpointer=saver)

    def take(self, step: str) -> Any:
        """Does a step with the database opened anew, as a process of its own would."""
        with SqliteSaver.from_conn_string(str(self.folder / "threads.db")) as saver:
            try:
                return self._take(step, self.graph(saver))
            except Exception as error:  # whatever a release raises, it is what there is to see
                return {"raised": type(error).__name__, "message": str(error)}

    def _take(self, step: str, graph: Any) -> Any:
        """Does a step.

        `start` says something new, `at:N` and `first at:N` go back to where there were N
        messages, `invoke` goes on, `die` approves in a process that dies in the call, `asked`,
        `void` and `read` look; the others answer: `answer:WORDS`, `deliver:ANSWER`, and decisions
        with commas between them, `approve` or `reject`.
        """
        what, _, words = step.partition(":")
        match what:
            case "start" if self.case.kind == "graph":
                given: Any = {"source": self.case.sources[0]}
            case "start":
                given = {"messages": [("user", "go")]}
            case "invoke":
                given = None
            case "die":
                return self.die()
            case "answer":
                given = Command(resume=words)
            case "at" | "first at":
                self.config = self.states(graph, int(words))[0 if what == "at" else -1].config
                return self.config["configurable"]["checkpoint_id"]
            case "asked":
                return [item.value for item in graph.get_state(self.config).interrupts]
            case "void":  # early releases have no `pending`
                found = langchain_quickjs.pending(graph, self.config)
                return [(call.tool, call.void) for call in found]
            case "read":
                return self.model.read
            case "deliver":  # nor `deliver`
                question = graph.get_state(self.config).interrupts[0].id
                answer = words if self.case.sources == [ASKS] else decided(words)
                done = langchain_quickjs.deliver(graph, self.config, question, answer)
                return [done.status, done.why, done.went_on]
            case _:
                given = Command(resume=decided(step))
        return told(graph.invoke(given, self.config))

    def die(self) -> dict[str, Any]:
        """Approves in a process of its own, which dies when the call has been made."""
        if (process := os.fork()) == 0:
            note = self.shop.note
            self.shop.note = lambda line: (note(line), os._exit(9))  # type: ignore[assignment]
            self.take("approve")
            os._exit(0)
        return {"died": os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}

    def states(self, graph: Any, messages: int) -> list[Any]:
        """The states of the thread with so many messages, the newest first."""
        thread = {"configurable": {"thread_id": self.config["configurable"]["thread_id"]}}
        history = graph.get_state_history(thread)
        return [s for s in history if len(s.values.get("messages", ())) == messages]


def decided(words: str) -> dict[str, Any]:
    """The answer with these decisions."""
    return {"decisions": [{"type": one} for one in words.split(",")]}


def told(result: dict[str, Any]) -> dict[str, Any]:
    """What a run of the graph has come to, in short."""
    if interrupts := result.get("__interrupt__"):
        values = [item.value for item in interrupts]
        actions = [a for v in values for a in v.get("action_requests", [v])]
        return {"asked": [a.get("args", a) for a in actions], "ids": [i.id for i in interrupts]}
    if "outcome" in result:
        outcome = result["outcome"]
        return {"value": outcome.get("value"), "error": (outcome.get("error") or {}).get("message")}
    texts = [message.text for message in result["messages"] if isinstance(message, ToolMessage)]
    return {"texts": texts}


def store_interpreters(folder: Path) -> str:
    """Stores interpreters by themselves: snapshots, and a heap as a chain of records.

    Returns:
        What the paused one completes with.
    """
    one = Interpreter(seed=bytes(32), clock=lambda: 1000.0)
    one.eval(MEMORY)
    full = pack_record(one.heap())
    base = fold(None, full, memory_bytes=2**26)
    one.eval("seen.set('b', count())")
    (folder / "full.record").write_bytes(full)
    (folder / "delta.record").write_bytes(pack_record(one.heap(), base))
    (folder / "idle.snapshot").write_bytes(one.snapshot())
    one.start(
        "const told = await ask('what'); `${told} ${count()} ${Math.random()}`", functions=["ask"]
    )
    (folder / "paused.snapshot").write_bytes(one.snapshot())
    fork = Interpreter.restore(one.snapshot())  # Early releases have no other way.
    fork.resume({})
    (folder / "forked.snapshot").write_bytes(fork.snapshot())
    completed = one.resume({1: Returned("this")})
    assert isinstance(completed, Completed)
    return str(completed.value)


def main(folder: Path, plan: list[tuple[str, list[str]]]) -> None:
    results: list[Any] = [str(Path(langchain_quickjs.__file__).parent)]
    for name, steps in plan:
        if name == INTERPRETERS:
            results.append(store_interpreters(folder))
            continue
        thread = Thread(folder, name)
        results.append([thread.take(step) for step in steps])
    print(json.dumps(results, default=str))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.load(sys.stdin))
