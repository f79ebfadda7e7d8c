"""Where the paused programs of a thread are stored, opened with the keys that the agent has.

Each is sealed, in the checkpoint of its script graph, which is found by way of the tasks that wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.types import StateSnapshot

from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.drivers import Ask, Asking
from langchain_quickjs.script.langgraph_internals.agent_hooks import tool_calls_of
from langchain_quickjs.script.langgraph_internals.checkpointer import namespace_of_task
from langchain_quickjs.script.state import PausedScript, PausedState

__all__ = ["PausedProgram", "paused_programs"]


class PausedProgram(NamedTuple):
    """A paused program as it is stored.

    Attributes:
        script_id: The id of the model's call that runs it.
        stored: What is stored, sealed.
        sealer: Opens that.
    """

    script_id: str
    stored: PausedState
    sealer: Sealer

    def opened(self) -> PausedScript:
        """Opens it.

        Raises:
            SnapshotError: It is damaged, or its signature is wrong.
        """
        return self.sealer.resume(self.stored)


class _Place(NamedTuple):
    """Where a paused program may be stored.

    Attributes:
        namespace: That of the script graph.
        sealed_for: The place that it is sealed for.
        keys: The keys that its seal is checked with.
    """

    namespace: str
    sealed_for: str
    keys: tuple[bytes, ...]


def paused_programs(
    agent: Any, thread_id: str, snapshot: StateSnapshot
) -> Asking[list[PausedProgram]]:
    """Finds the paused programs of a thread.

    Args:
        agent: The agent, or any compiled graph.
        thread_id: The thread.
        snapshot: Its state, with those of graphs inside.
    """
    saver = getattr(agent, "checkpointer", None)
    found: list[PausedProgram] = []
    if isinstance(saver, BaseCheckpointSaver):
        for place in dict.fromkeys(_places(agent, snapshot, "")):
            address = {"thread_id": thread_id, "checkpoint_ns": place.namespace}
            stored = yield Ask(saver, "get_tuple", ({"configurable": address},))
            found += _stored(stored, place, Signer(place.keys, thread_id), saver)
    return found


def _places(agent: Any, snapshot: StateSnapshot, namespace: str) -> Iterator[_Place]:
    """Where programs may be stored that wait: under each task that waits, of each graph."""
    nodes = getattr(agent, "nodes", {})
    script = getattr(getattr(nodes.get("run"), "bound", None), "source", None)
    if (own := getattr(script, "signing_keys", None)) is not None:
        yield _Place(namespace, "", own)
        return
    tools = tool_calls_of(nodes).tools or {}
    found = [getattr(tool, "signing_keys", None) for tool in tools.values()]
    graphs = dict(agent.get_subgraphs()) if hasattr(agent, "get_subgraphs") else {}
    for task in snapshot.tasks:
        inside = namespace_of_task(namespace, task.name, task.id)
        if isinstance(task.state, StateSnapshot):
            yield from _places(graphs.get(task.name), task.state, inside)
        elif task.interrupts:
            yield from (_Place(inside, inside, keys) for keys in found if keys is not None)


def _stored(
    found: CheckpointTuple | None, place: _Place, signer: Signer, saver: BaseCheckpointSaver[Any]
) -> Iterator[PausedProgram]:
    paused = found.checkpoint["channel_values"].get("paused") if found else None
    script_id = paused.get("script_id") if isinstance(paused, Mapping) else None
    if isinstance(paused, Mapping) and isinstance(script_id, str):
        sealed_for = place.sealed_for or str(paused.get("place", ""))
        sealer = Sealer(signer, saver.serde, script_id, sealed_for)
        yield PausedProgram(script_id, cast("PausedState", paused), sealer)
