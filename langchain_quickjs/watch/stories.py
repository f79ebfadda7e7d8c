"""Where the stories of a thread's programs are: in what is stored of paused ones, or in the state.

A paused program's story is sealed with the program. It is in the checkpoint of the script graph,
which is found by way of the tasks that wait, and opened with the keys that the agent has. The story
of one that has ended is beside its answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.types import StateSnapshot

from langchain_quickjs.errors import NoStoryError
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.drivers import Ask, Asking
from langchain_quickjs.script.langgraph_internals.agent_hooks import tool_calls_of
from langchain_quickjs.script.langgraph_internals.checkpointer import namespace_of_task
from langchain_quickjs.script.state import PausedState
from langchain_quickjs.script.telling.story import story_of
from langchain_quickjs.script.telling.story_types import Story, unpack_story
from langchain_quickjs.watch.pending import KeepsState, state_of, thread_of

__all__ = ["Told", "find_story"]


@dataclass(frozen=True, slots=True)
class Told:
    """The story of one program.

    Attributes:
        script_id: The program: the id of the model's call that runs it; empty where it has ended
            in a graph of its own, which does not keep it.
        story: Its story.
    """

    script_id: str
    story: Story


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


def find_story(agent: KeepsState, config: RunnableConfig, wanted: str | None) -> Asking[Told]:
    """The story of a program of a thread: the one that is named, or the newest.

    Raises:
        NoStoryError: There is no such program, or nothing is kept of it.
        SetupError: The graph has no checkpointer, or the config names no thread.
        SnapshotError: What is stored of a paused program is damaged, or its signature is wrong.
    """
    snapshot = yield from state_of(agent, config, subgraphs=True)
    saver = getattr(agent, "checkpointer", None)
    paused: list[Told] = []
    if isinstance(saver, BaseCheckpointSaver):
        for place in dict.fromkeys(_places(agent, snapshot, "")):
            address = {"thread_id": thread_of(config), "checkpoint_ns": place.namespace}
            stored = yield Ask(saver, "get_tuple", ({"configurable": address},))
            paused += _paused(stored, place, wanted, Signer(place.keys, thread_of(config)), saver)
    ended = [told for told in _ended(snapshot.values) if wanted in (None, told.script_id)]
    if paused:
        return max(paused, key=lambda told: _began(told.story))
    if ended:
        return ended[-1]
    which = "no program" if wanted is None else f"no program of the tool call {wanted!r}"
    raise NoStoryError(
        f"The thread {thread_of(config)!r} has {which} that a timeline can be drawn of. It must "
        "wait for people, or have ended after it had made calls. Give the thread in which it ran, "
        "and the agent that ran it."
    )


def _places(agent: Any, snapshot: StateSnapshot, namespace: str) -> Iterator[_Place]:
    """Where programs may be stored that wait: under each task that waits, of each graph."""
    nodes = getattr(agent, "nodes", {})
    script = getattr(getattr(nodes.get("run"), "bound", None), "source", None)
    if (own := getattr(script, "keys", None)) is not None:
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


def _paused(
    stored: CheckpointTuple | None,
    place: _Place,
    wanted: str | None,
    signer: Signer,
    saver: BaseCheckpointSaver[Any],
) -> Iterator[Told]:
    paused = stored.checkpoint["channel_values"].get("paused") if stored else None
    script_id = paused.get("script_id") if isinstance(paused, Mapping) else None
    if not isinstance(script_id, str) or wanted not in (None, script_id):
        return
    sealed_for = place.sealed_for or str(cast("PausedState", paused).get("place", ""))
    sealer = Sealer(signer, saver.serde, script_id, sealed_for)
    story = story_of(sealer.resume(cast("PausedState", paused)))
    if story is not None:
        yield Told(script_id, story)


def _ended(values: Any) -> Iterator[Told]:
    """Stories in a state, the oldest first."""
    if not isinstance(values, Mapping):
        return
    outcome, messages = values.get("outcome"), values.get("messages")
    found = [("", outcome)]
    if isinstance(messages, list):
        answers = (message for message in messages if isinstance(message, ToolMessage))
        found += [(answer.tool_call_id, answer.artifact) for answer in answers]
    for script_id, beside in found:
        story = unpack_story(beside.get("story")) if isinstance(beside, Mapping) else None
        if story is not None:
            yield Told(script_id, story)


def _began(story: Mapping[str, Any]) -> float:
    began = story.get("began_s")
    return float(began) if isinstance(began, int | float) else 0.0
