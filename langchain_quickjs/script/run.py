"""Runs a script in a task of a LangGraph graph, to its end or to where only people can help."""

from __future__ import annotations

import asyncio
import functools

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.calls import acall_tool, call_tool
from langchain_quickjs.script.drivers import adrive, drive
from langchain_quickjs.script.effects import Answer, Ended, Launched, Paused, Resumed, Started
from langchain_quickjs.script.ends import CallEnd, end_of
from langchain_quickjs.script.flow import script_flow
from langchain_quickjs.script.host import ScriptHost
from langchain_quickjs.script.outer import all_or_nothing
from langchain_quickjs.script.state import PausedScript
from langchain_quickjs.script.stored import Record, has_checkpointer
from langchain_quickjs.script.weight import is_large

__all__ = ["arun_script", "run_script"]


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

    def run_call(launched: Launched) -> Answer:
        answer = call_tool(host.path, launched, config, namespace)
        if record is not None and (end := _end(host, launched, answer)):
            record.write_end(end)
        return answer

    def keep(script: PausedScript) -> None:
        if record is not None:
            record.write(script)

    _require_checkpointer(config, bool(host.approvals.configs))
    flow, workers = script_flow(host, entry), config.get("max_concurrency")
    with all_or_nothing(host.path.task):
        result = drive(flow, run_call, keep, max_workers=workers)
    _require_checkpointer(config, isinstance(result, Paused))
    return result


async def arun_script(
    host: ScriptHost,
    entry: Started | Resumed,
    config: RunnableConfig,
    namespace: str,
    record: Record | None = None,
) -> Ended | Paused:
    """The same for graphs that run asynchronously."""

    async def run_call(launched: Launched) -> Answer:
        answer = await acall_tool(host.path, launched, config, namespace)
        if record is not None:
            pack = functools.partial(_end, host, launched, answer)
            end = await asyncio.to_thread(pack) if is_large(answer) else pack()
            if end is not None:
                await record.awrite_end(end)
        return answer

    async def keep(script: PausedScript) -> None:
        if record is not None:
            await record.awrite(script)

    _require_checkpointer(config, bool(host.approvals.configs))
    with all_or_nothing(host.path.task):
        result = await adrive(script_flow(host, entry), run_call, keep)
    _require_checkpointer(config, isinstance(result, Paused))
    return result


def _end(host: ScriptHost, launched: Launched, answer: Answer) -> CallEnd | None:
    return end_of(launched.id, answer, host.script_id, host.signer)


def _require_checkpointer(config: RunnableConfig, waits: bool) -> None:
    if waits and not has_checkpointer(config):
        raise SetupError(
            "`interrupt_on` needs a checkpointer, which keeps the script while it waits for a "
            "person. Pass one where the graph is made, for example "
            "`create_agent(..., checkpointer=InMemorySaver())`, and a `thread_id` in the config."
        )
