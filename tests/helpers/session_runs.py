"""Runs scripted sessions in real agents, and notes what happens in them, branch by branch."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, Labelled, RuleOfTwo
from tests.helpers.conversations import Mode
from tests.helpers.nurseries import Children
from tests.helpers.scripted_sessions import Say, Script, places_in
from tests.helpers.session_oracle import Branch, Happened
from tests.helpers.sessions import THREAD
from tests.helpers.written_sessions import Written

__all__ = ["PLAIN", "Run", "live", "run", "run_killed"]


class Scribe(BaseChatModel):
    """Says what was written for it; notes what it has read."""

    written: Any
    turns: Any
    log: Path

    @property
    def _llm_type(self) -> str:
        return "scribe"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Scribe:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        turn = sum(isinstance(message, AIMessage) for message in messages)
        names, task = self.turns, None
        if names is None:  # It is a subagent, whose task begins with its name.
            task = next(m.text for m in messages if m.type == "human").split(" ")[0]
            names = self.written.inner[task]
        read = [m for m in messages if m.type in ("human", "tool")]
        said = [m for m in messages if isinstance(m, AIMessage) and m.tool_calls]
        text = " ".join(m.text for m in (*read, *said))
        if turn >= len(names) or names[turn] is None:
            told = "done " + "".join(f"#{one};" for one in places_in([text]))
            if task is not None:
                note(self.log, "made", task, text, told)
            return ChatResult(generations=[ChatGeneration(message=AIMessage(told))])
        ended = [getattr(m, "tool_call_id", "") for m in read if "<error" not in m.text]
        content: list[Any] = []
        for place in self.written.found[names[turn]]:
            note(self.log, "made", place, "", f"#{place};")
            content += [{"type": "web_search_call"}, {"type": "text", "text": f"#{place};"}]
            text += f"#{place};"
        note(self.log, "read", names[turn], text, ended)
        calls = [
            {"name": name, "args": args, "id": place}
            for name, args, place in self.written.says[names[turn]]
        ]
        answer = AIMessage(content, tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=answer)])


def _number(config: Any) -> str:
    return str(config["configurable"]["checkpoint_id"]) if config else ""


def note(log: Path, *what: Any) -> None:
    with log.open("a") as file:
        file.write(json.dumps(what) + "\n")


@dataclass
class Run:
    """Runs a script; each message to it opens the database and builds the agent anew.

    Attributes:
        branches: What happened, for each branch that the session has been on, with its calls.
        dies_at: The call at which the process is killed, once; negative for the write after which
            it is.
    """

    script: Script
    rule: RuleOfTwo
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    mode: Mode = "invoke"
    deep: bool = False
    dies_at: int | None = None
    happened: Happened = field(default_factory=Happened)
    branches: list[Branch] = field(default_factory=list)
    turns: list[str | None] = field(default_factory=list)
    seen_lines: int = 0
    writes: int = 0

    def __post_init__(self) -> None:
        self.written = Written(self.options.get("mode", "thread") == "thread")
        self.log = self.folder / "log"
        self.log.touch()

    def run(self) -> None:
        """Runs all of it."""
        for number, say in enumerate(self.script.says):
            self._say(number, say)
        self.keep_branch()

    def begin(self) -> Any:
        """Writes what a model says to the first message, and gives that."""
        self.turns = [*self.written.turns("0", self.script.says[0].turns, frozenset()), None]
        return {"messages": [("user", "go")]}

    def _say(self, number: int, say: Say) -> None:
        message: Any = {"messages": [("user", "go")]}
        config: Any = THREAD
        if number:
            config, message = self._go_on(say, message)
        past = frozenset[str]().union(
            *(self.written.within(name) for name in self.turns if name is not None)
        )
        self.turns += [*self.written.turns(str(number), say.turns, past), None]
        self.proceed(message, config, leaves=say.leaves)

    def _go_on(self, say: Say, message: Any) -> tuple[Any, Any]:
        """Goes on from where it is; or from an earlier checkpoint, on whose branch less is."""
        with SqliteSaver.from_conn_string(str(self.folder / "db")) as saver:
            agent = self.agent(saver)
            history = {_number(one.config): one for one in agent.get_state_history(THREAD)}
            found = next(iter(history.values()))
            for _ in range(say.back or 0):
                found = history.get(_number(found.parent_config), found)
            said = [m for m in found.values.get("messages", ()) if isinstance(m, AIMessage)]
            config = THREAD if say.back is None else found.config
            if say.back and say.how == "update" and found.next == ("model",):
                config = agent.update_state(config, {"messages": [("user", "well")]})
                message = None
            elif say.back and say.how == "again" and found.next in (("model",), ("tools",)):
                message = None
        if say.back is not None:
            self.keep_branch()
            self._cut(said[:-1] if found.next == ("tools",) else said, said)
        self.turns = self.turns[: len(said)]
        return config, message

    def _cut(self, over: Sequence[Any], said: Sequence[Any]) -> None:
        """Forgets what is not on the branch: calls, but for those of turns that are over."""

        def within(turns: Sequence[Any]) -> frozenset[str]:
            names = [name for name in self.turns[: len(turns)] if name is not None]
            return frozenset[str]().union(*map(self.written.within, names))

        old = self.happened
        kept, still = within(over), within(said)
        made = {place: one for place, one in old.made.items() if place in kept}
        self.happened = Happened(made, old.asked & still, dict(old.read), dict(old.ended))

    def keep_branch(self) -> None:
        self._take_up()
        calls = {
            place: self.written.calls[place]
            for name in self.turns
            if name is not None
            for place in self.written.within(name)
            if place in self.written.calls
        }
        self.branches.append(Branch(self.script, self.written, calls, self.happened))

    def _take_up(self) -> None:
        lines = self.log.read_text().splitlines()
        for line in lines[self.seen_lines :]:
            self.happened.take(line)
        self.seen_lines = len(lines)

    def proceed(self, message: Any, config: Any = THREAD, *, leaves: bool = False) -> None:
        """Sends a message, and answers what is asked, to the end."""
        for _ in range(100):
            state = self._send(message, config)
            questions = state.get("__interrupt__", ())
            answers = {}
            for one in questions:
                places = [request["args"] for request in one.value["action_requests"]]
                named = [args.get("to") or args["description"].split(" ")[0] for args in places]
                for place in named:
                    note(self.log, "asked", place)
                answers[one.id] = {"decisions": [self._decision(place) for place in named]}
            if not questions or leaves:
                return
            message, config = Command(resume=answers), THREAD
        raise AssertionError("It does not end.")

    def _decision(self, place: str) -> dict[str, str]:
        return {"type": "approve" if self.written.calls[place].call.approved else "reject"}

    def _send(self, message: Any, config: Any) -> Any:
        database = str(self.folder / "db")

        async def asynchronous() -> Any:
            async with AsyncSqliteSaver.from_conn_string(database) as saver:
                self._let_die(saver, ("aput", "aput_writes"))
                return await self.agent(saver).ainvoke(message, config, durability="sync")

        if self.mode == "ainvoke":
            return asyncio.run(asynchronous())
        with SqliteSaver.from_conn_string(database) as saver:
            self._let_die(saver, ("put", "put_writes"))
            return self.agent(saver).invoke(message, config, durability="sync")

    def _let_die(self, saver: Any, names: Iterable[str]) -> None:
        """Lets the process die after a write."""
        for write, name in [(getattr(saver, name), name) for name in names]:

            def writes(*args: Any, write: Any = write, **kwargs: Any) -> Any:
                written = write(*args, **kwargs)
                return (
                    self._waits(written) if asyncio.iscoroutine(written) else self._wrote(written)
                )

            setattr(saver, name, writes)

    async def _waits(self, written: Any) -> Any:
        return self._wrote(await written)

    def _wrote(self, written: Any) -> Any:
        self.writes += 1
        self._die_at(-self.writes)
        return written

    def _die_at(self, number: int) -> None:
        dead = self.folder / "dead"
        if number == self.dies_at and not dead.exists():
            dead.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def agent(self, saver: Any) -> Any:
        """The agent, with what is written for it so far."""
        tools = self.tools()

        def ours() -> CodeInterpreterMiddleware:
            return CodeInterpreterMiddleware(
                ptc=[tool.name for tool in tools], rule_of_two=self.rule, **self.options
            )

        def scribe(turns: Any) -> Scribe:
            return Scribe(written=self.written, turns=turns, log=self.log)

        if not self.deep:
            return create_agent(
                scribe(self.turns), tools=tools, middleware=[ours()], checkpointer=saver
            )
        worker: Any = {
            "name": "worker",
            "description": "Works.",
            "system_prompt": "Work.",
            "model": scribe(None),
            "tools": tools,
            "middleware": [ours()],
        }
        return create_deep_agent(
            model=scribe(self.turns),
            tools=tools,
            subagents=[worker],
            middleware=[ours()],
            checkpointer=saver,
        )

    def tools(self) -> list[BaseTool]:
        """All tools. Each gives its tag, and what it was given."""

        def named(name: str) -> BaseTool:
            def run(to: str, text: str = "") -> str:
                result = f"#{to};{text}"
                note(self.log, "made", to, text, result)
                self._die_at(self._counts())
                return Labelled(result, self.written.calls[to].call.adds)  # type: ignore[arg-type]

            return StructuredTool.from_function(run, name=name, description="Does something.")

        return [named(name) for name in self.script.tools]

    def _counts(self) -> int:
        return sum(line.startswith('["made"') for line in self.log.read_text().splitlines())


PLAIN: Final[Any] = {"durability": "pause", "ask": "each", "mode": "thread"}
"""Options of programs."""


def run(
    script: Script, precision: Any, options: Any = PLAIN, mode: Mode = "invoke", deep: bool = False
) -> Run:
    """Runs a session from its beginning to its end."""
    labels: Any = {**script.labels, **({"task": frozenset()} if deep else {})}
    rule = RuleOfTwo(labels, precision=precision, **script.rule)
    with tempfile.TemporaryDirectory() as folder:
        made = Run(script, rule, Path(folder), options, mode, deep)
        made.run()
    return made


def run_killed(
    children: Children, script: Script, precision: Any, options: Any, mode: Mode, *more: Any
) -> Run:
    """The same in a process that dies, and in another one that goes on with it.

    Args:
        children: The processes, which `live`.
        script: The session, with one message of a person.
        precision: That of the rule.
        options: Options of programs.
        mode: How the agent is run.
        more: The call at which the process dies, and what else the processes are given.
    """
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "script").write_bytes(pickle.dumps((script, precision, options)))
        if children.live(name, mode, *more) is None:
            assert (Path(name) / "dead").exists()
            assert children.live(name, mode, *more) == "ended"
        run = _in_folder(Path(name), mode)
        run.begin()
        run.keep_branch()
    return run


def live(folder: str, mode: Mode, number: int) -> str:
    """Goes on with a session to its end, or until the process is killed."""
    run = _in_folder(Path(folder), mode, number)
    message = run.begin()
    run.proceed(None if (run.folder / "dead").exists() else message)
    return "ended"


def _in_folder(folder: Path, mode: Mode, dies_at: int | None = None) -> Run:
    script, precision, options = pickle.loads((folder / "script").read_bytes())
    rule = RuleOfTwo(script.labels, precision=precision, **script.rule)
    return Run(script, rule, folder, options, mode, dies_at=dies_at)
