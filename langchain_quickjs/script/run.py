"""Runs a script in a task of a LangGraph graph, to its end or to where only people can help.

Its flow decides what happens. Here that goes to the room that does it, and what came of it back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import BuildGoneError, SetupError
from langchain_quickjs.interpreter import UNDEFINED, Completed
from langchain_quickjs.interpreter.values.weight import is_large
from langchain_quickjs.script.calls.announcements import Announcer
from langchain_quickjs.script.calls.tool_call import call_tool, tool_call_of
from langchain_quickjs.script.durability.call_ends import seal_end
from langchain_quickjs.script.durability.durability_call import Record
from langchain_quickjs.script.durability.failures import Failures
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.flow.call_ids import begin_key
from langchain_quickjs.script.flow.drivers import Abandon, Asking, Collect, Compute, Spawn, Work
from langchain_quickjs.script.flow.effects import (
    Effect,
    Ended,
    FindLabels,
    FindMemory,
    FindVariables,
    Flow,
    Keep,
    KeepLabels,
    KeepMemory,
    KeepVariables,
    Launch,
    Leave,
    MarkVariables,
    Paused,
    Present,
    Printed,
    RestoreVariables,
    Review,
    Withdraw,
    Write,
)
from langchain_quickjs.script.flow.inputs import Answer, Launched, Resumed, Started
from langchain_quickjs.script.flow.script_flow import script_flow
from langchain_quickjs.script.granted import Granted
from langchain_quickjs.script.labels.taint import Taint
from langchain_quickjs.script.langgraph_internals.checkpointer import has_checkpointer
from langchain_quickjs.script.langgraph_internals.task import withdraw_on_error
from langchain_quickjs.script.memory.paused_memory import PausedMemory
from langchain_quickjs.script.state import CallEnd, OpenCall
from langchain_quickjs.script.telling.endings import Ending
from langchain_quickjs.script.telling.receipts import note_void

__all__ = ["memory_of", "require_checkpointer", "run_script"]


def memory_of(granted: Granted, config: RunnableConfig, namespace: str) -> PausedMemory:
    """What stores the memory of a script; the arguments are those of `run_script`."""
    thread_id, limits = granted.signer.thread_id, granted.rules.limits
    return PausedMemory(config, thread_id, namespace, limits, granted.variables)


def run_script(
    granted: Granted,
    entry: Started | Resumed,
    config: RunnableConfig,
    namespace: str,
    record: Record | None = None,
) -> Work[Ended | Paused]:
    """Runs a script from where it stands.

    Args:
        granted: What it is given.
        entry: Where it stands.
        config: The config of the task that it runs in.
        namespace: That of the script graph, in which it goes on after a pause.
        record: Where it is kept while it runs, with `durability="call"`.

    Raises:
        SetupError: It would have nowhere to wait for people.
        SnapshotError: What was stored of it is damaged.
        Exception: What a tool raised, if nothing in the script caught it.
    """
    books = _Books.of(granted, config, record)
    require_checkpointer(config, granted.may_ask)
    with withdraw_on_error(granted.path.task):
        flow = script_flow(granted.rules, entry)
        announcer = None if granted.events is None else Announcer(granted.events)
        memory = memory_of(granted, config, namespace)
        answered = entry.answers if isinstance(entry, Resumed) else ()
        hands = _Hands(granted, books, memory, config, namespace, announcer, answered)
        if announcer is not None:
            announcer.taken_up(entry)
        result = yield from hands.carry_out(flow)
        if announcer is not None and isinstance(result, Paused):
            announcer.paused(result.script)
        yield from books.paused(result)
    require_checkpointer(config, isinstance(result, Paused))
    return result


@dataclass(frozen=True, slots=True)
class _Hands:
    """Does what the flow of a script decides, each in the room that knows how.

    Attributes:
        granted: What the script is given.
        books: What is stored of it while it runs.
        memory: Stores what it stands in.
        config: The config of the task that it runs in.
        namespace: That of the script graph.
        announcer: Tells whoever watches how its calls get on; `None` if nobody does.
        answered: The interrupts whose answers it goes on with, by their ids.
    """

    granted: Granted
    books: _Books
    memory: PausedMemory
    config: RunnableConfig
    namespace: str
    announcer: Announcer | None
    answered: Iterable[str] = ()

    def carry_out(self, flow: Flow[Ended | Paused]) -> Work[Ended | Paused]:
        """Does all that a flow yields, and gives what it returns."""
        advance: Callable[[Any], Effect] = flow.send
        result: Any = None
        try:
            while True:
                try:
                    effect = advance(result)
                except StopIteration as end:
                    return cast("Ended | Paused", end.value)
                advance, result = flow.send, None  # It may be large: nothing else is to hold it.
                try:
                    if isinstance(effect, Compute | Collect | Abandon):
                        result = yield effect
                    else:
                        result = yield from self._done(effect)
                except Exception as error:  # the flow decides about it
                    advance, result = flow.throw, error
                del effect
        finally:
            flow.close()

    def _done(self, effect: Effect) -> Work[Any]:
        """Does one effect that is not for a driver, and gives what came of it."""
        task = self.granted.path.task
        match effect:
            case Launch(calls):
                works = {launched.id: self._call(launched) for launched in calls}
                yield Spawn(works, self.config.get("max_concurrency"))
            case Review(calls):
                reviewed = list(map(self._review, calls))
                if self.announcer is not None:
                    self.announcer.reviewed(calls, reviewed)
                return reviewed
            case Printed(console) if self.announcer is not None:
                self.announcer.prints(console)
            case Write(updates) if task is not None:
                task.write(updates)
            case Withdraw() if task is not None:
                task.withdraw()
            case Keep() | Leave():
                yield from self.books.keep(effect)
            case Present(ending):
                present = functools.partial(self.granted.present, ending)
                return present() if _is_brief(ending) else (yield Compute(present))
            case FindVariables() | MarkVariables() | RestoreVariables() | KeepVariables():
                return (yield from self._with_variables(effect))
            case KeepMemory() | FindMemory():
                return (yield from self._with_memory(effect))
            case FindLabels() if self.granted.labels is not None:
                return self.granted.labels.found()
            case KeepLabels(left) if self.granted.labels is not None:
                return self.granted.labels.keep(left)
        return None

    def _call(self, launched: Launched) -> Work[Answer]:
        """Makes a call, and stores what has to be stored of it."""
        keeps, announcer = self.books.keep_of(launched), self.announcer
        call = call_tool(self.granted.path, launched, self.config, self.namespace)
        if keeps:
            yield from self.books.before(launched)
        if announcer is not None:
            began_s = announcer.begins(launched)
        answer = yield from call
        if keeps:
            pack = functools.partial(self.books.end_of, launched, answer)
            end = (yield Compute(pack)) if is_large(answer) else pack()
            yield from self.books.after(launched, end)
        if announcer is not None:
            announcer.ends(launched, answer, began_s)
        return answer

    def _review(self, call: OpenCall) -> Any:
        """What people are asked about a call; `None` if it needs nobody."""
        tool = self.granted.rules.named(call["name"])
        request = self.granted.path.vary(tool_call_of(call), tool)
        return self.granted.approvals.review(request)

    def _with_memory(self, effect: KeepMemory | FindMemory) -> Work[Any]:
        try:
            return (yield from self.memory.done(effect))
        except BuildGoneError as gone:  # The program ends here, whatever was answered.
            note_void(self.answered, str(gone))
            raise

    def _with_variables(self, effect: Effect) -> Work[Any]:
        order, variables = self.granted.order, self.granted.variables
        match effect:
            case FindVariables():
                yield from order.wait_to_begin()
                return None if variables is None else (yield from variables.load())
            case MarkVariables(waits):
                if waits:
                    order.pause()
                return b"" if variables is None else variables.pack_reference()
            case RestoreVariables(mark):
                order.go_on()
                if variables is not None:
                    variables.resume(mark)
            case KeepVariables(interpreter, raises):
                if variables is not None and interpreter is not None:
                    yield from variables.store(interpreter)
                if not raises:  # Else the next one begins once the agent has made something of it.
                    order.end()
                return () if variables is None else variables.notes
        return None


@dataclass(frozen=True, slots=True)
class _Books:
    """What is stored of one script while it runs.

    Attributes:
        ledger: What is done once; gives `None` where there is no checkpointer.
        record: The script as it stands, with `durability="call"`.
        raises: Whether a tool's exception that the script does not catch leaves the graph.
        failure: Keeps what the model would have been told, for the case that it is asked first.
    """

    ledger: Callable[[], Ledger | None]
    record: Record | None
    raises: bool
    failure: Callable[[Any, Taint], Asking[None]]

    @classmethod
    def of(cls, granted: Granted, config: RunnableConfig, record: Record | None) -> _Books:
        def failure(told: Any, touched: Taint) -> Asking[None]:
            # In a graph of somebody's own there is no model that could be told.
            if granted.path.task is not None and told is not None:
                failures = Failures.of(config, granted.signer.keys)
                if failures is not None:
                    yield from failures.write(granted.rules.script_id, told["text"], touched)

        # Most scripts need no ledger, so it is made when one does.
        ledger = functools.partial(Ledger.of, config, granted.sealer(config))
        return cls(ledger, record, granted.rules.raises, failure)

    def _is_end(self, answer: Answer) -> bool:
        """Whether a call has ended with this.

        A call that raised has not, if the error may go to whoever runs the agent: running it again
        means that call. But a person said yes once, so an approved call has ended in any case.
        """
        return answer.error is None or not self.raises

    def keep_of(self, launched: Launched) -> bool:
        """Whether anything is stored of a call; nothing is of most."""
        return launched.call["approved"] or self.record is not None

    def before(self, launched: Launched) -> Asking[None]:
        """A call is about to be made.

        Raises:
            AlreadyAnsweredError: A person said yes to it once, and somebody else makes it.
        """
        ledger = self.ledger() if launched.call["approved"] else None
        if ledger is not None:
            yield from ledger.begin_call(begin_key(launched.call), launched.call["name"])

    def end_of(self, launched: Launched, answer: Answer) -> CallEnd | None:
        """What is to be stored at once of a call that has ended, or was interrupted."""
        ledger = self.ledger()
        if ledger is None or not (launched.call["approved"] or self._is_end(answer)):
            return None
        return seal_end(launched.call["tool_call_id"], answer, ledger.sealer)

    def after(self, launched: Launched, end: CallEnd | None) -> Asking[None]:
        """A call has ended; `end` is what `end_of` gave."""
        if end is None:
            return
        if self.record is not None and not launched.call["approved"]:
            yield from self.record.write_end(end)
        elif (ledger := self.ledger()) is not None:
            yield from ledger.end_calls([end])

    def paused(self, result: Ended | Paused) -> Asking[None]:
        """A script may have paused; it is not known whether anybody will answer."""
        if isinstance(result, Paused):
            yield from self.failure(result.told, result.touched)

    def keep(self, effect: Keep | Leave) -> Asking[None]:
        """The script is to be stored as it stands, or how its calls have ended."""
        if isinstance(effect, Keep):
            if self.record is not None:
                yield from self.record.write(effect.script)
        elif self.record is None and (ledger := self.ledger()) is not None:
            ended = effect.ended.items()
            ends = [seal_end(name, end, ledger.sealer) for name, end in ended if self._is_end(end)]
            yield from ledger.end_failed_script(
                [end for end in ends if end is not None], effect.seed
            )
        if isinstance(effect, Leave):
            yield from self.failure(effect.told, effect.touched)


def require_checkpointer(config: RunnableConfig, waits: bool) -> None:
    """Checks that what waits for people can be kept.

    Raises:
        SetupError: It waits, and nothing keeps it.
    """
    if waits and not has_checkpointer(config):
        raise SetupError(
            "Asking people (`interrupt_on`, `rule_of_two`) needs a checkpointer, which keeps what "
            "waits for a person. Pass one where the graph is made, for example "
            "`create_agent(..., checkpointer=InMemorySaver())`, and a `thread_id` in the config."
        )


def _is_brief(ending: Ending) -> bool:
    """Whether little is to be written of an end."""
    if not isinstance(ending.outcome, Completed):
        return True
    value = ending.outcome.value
    return value is UNDEFINED or value is None or isinstance(value, bool | int | float)
