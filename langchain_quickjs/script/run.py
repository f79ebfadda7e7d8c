"""Runs a script in a task of a LangGraph graph, to its end or to where only people can help."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter.values.weight import is_large
from langchain_quickjs.script.calls.call_ids import begin_key
from langchain_quickjs.script.calls.tool_call import acall_tool, call_tool
from langchain_quickjs.script.durability.call_ends import seal_end
from langchain_quickjs.script.durability.failures import Failures
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.durability.running_script import Record
from langchain_quickjs.script.flow.drivers import acarry_out, adrive, carry_out, drive
from langchain_quickjs.script.flow.effects import (
    Answer,
    Asking,
    Ended,
    Keep,
    Launched,
    Leave,
    Paused,
    Resumed,
    Started,
)
from langchain_quickjs.script.flow.granted import ScriptHost
from langchain_quickjs.script.flow.script_flow import script_flow
from langchain_quickjs.script.langgraph_internals.checkpointer import has_checkpointer
from langchain_quickjs.script.langgraph_internals.task import withdraw_on_error
from langchain_quickjs.script.state import CallEnd

__all__ = ["arun_script", "require_checkpointer", "run_script"]


def run_script(
    host: ScriptHost,
    entry: Started | Resumed,
    config: RunnableConfig,
    namespace: str,
    record: Record | None = None,
) -> Ended | Paused:
    """Runs a script from where it stands.

    Args:
        host: What it is given.
        entry: Where it stands.
        config: The config of the task that it runs in.
        namespace: That of the script graph, in which it goes on after a pause.
        record: Where it is kept while it runs, with `durability="call"`.

    Raises:
        SetupError: It would have nowhere to wait for people.
        SnapshotError: What was stored of it is damaged.
        Exception: What a tool raised, if nothing in the script caught it.
    """
    books = _Books.of(host, config, record)

    def run_call(launched: Launched) -> Answer:
        if not books.keep_of(launched):
            return call_tool(host.path, launched, config, namespace)
        carry_out(books.before(launched))
        answer = call_tool(host.path, launched, config, namespace)
        carry_out(books.after(launched, books.end_of(launched, answer)))
        return answer

    def keep(effect: Keep | Leave) -> None:
        carry_out(books.keep(effect))

    require_checkpointer(config, bool(host.approvals.configs))
    flow, workers = script_flow(host, entry), config.get("max_concurrency")
    with withdraw_on_error(host.path.task):
        result = drive(flow, run_call, keep, max_workers=workers)
        carry_out(books.paused(result))
    require_checkpointer(config, isinstance(result, Paused))
    return result


async def arun_script(
    host: ScriptHost,
    entry: Started | Resumed,
    config: RunnableConfig,
    namespace: str,
    record: Record | None = None,
) -> Ended | Paused:
    """The same for graphs that run asynchronously."""
    books = _Books.of(host, config, record)

    async def run_call(launched: Launched) -> Answer:
        if not books.keep_of(launched):
            return await acall_tool(host.path, launched, config, namespace)
        await acarry_out(books.before(launched))
        answer = await acall_tool(host.path, launched, config, namespace)
        pack = functools.partial(books.end_of, launched, answer)
        end = await asyncio.to_thread(pack) if is_large(answer) else pack()
        await acarry_out(books.after(launched, end))
        return answer

    async def keep(effect: Keep | Leave) -> None:
        await acarry_out(books.keep(effect))

    require_checkpointer(config, bool(host.approvals.configs))
    with withdraw_on_error(host.path.task):
        result = await adrive(script_flow(host, entry), run_call, keep)
        await acarry_out(books.paused(result))
    require_checkpointer(config, isinstance(result, Paused))
    return result


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
    failure: Callable[[Any], Asking[None]]

    @classmethod
    def of(cls, host: ScriptHost, config: RunnableConfig, record: Record | None) -> _Books:
        def failure(told: Any) -> Asking[None]:
            # In a graph of somebody's own there is no model that could be told.
            if host.path.task is not None and told is not None:
                failures = Failures.of(config, host.signer.keys)
                if failures is not None:
                    yield from failures.write(host.script_id, told["text"])

        # Most scripts need no ledger, so it is made when one does.
        return cls(lambda: Ledger.of(config, host.sealer(config)), record, host.raises, failure)

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
            yield from self.failure(result.told)

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
            yield from self.failure(effect.told)


def require_checkpointer(config: RunnableConfig, waits: bool) -> None:
    """Checks that what waits for people can be kept.

    Raises:
        SetupError: It waits, and nothing keeps it.
    """
    if waits and not has_checkpointer(config):
        raise SetupError(
            "`interrupt_on` needs a checkpointer, which keeps what waits for a person. Pass one "
            "where the graph is made, for example "
            "`create_agent(..., checkpointer=InMemorySaver())`, and a `thread_id` in the config."
        )
