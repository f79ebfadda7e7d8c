"""Where the stories of a thread's programs are: in what is stored of paused ones, or in the state.

A paused program's story is sealed with the program (`paused.py`). The story of one that has ended
is beside its answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import NoStoryError
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.telling.story import story_of
from langchain_quickjs.script.telling.story_types import Story, unpack_story
from langchain_quickjs.watch.paused import paused_programs
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


def find_story(agent: KeepsState, config: RunnableConfig, wanted: str | None) -> Asking[Told]:
    """The story of a program of a thread: the one that is named, or the newest.

    Raises:
        NoStoryError: There is no such program, or nothing is kept of it.
        SetupError: The graph has no checkpointer, or the config names no thread.
        SnapshotError: What is stored of a paused program is damaged, or its signature is wrong.
    """
    snapshot = yield from state_of(agent, config, subgraphs=True)
    programs = yield from paused_programs(agent, thread_of(config), snapshot)
    stories = [
        (program.script_id, story_of(program.opened()))
        for program in programs
        if wanted in (None, program.script_id)
    ]
    paused = [Told(script_id, story) for script_id, story in stories if story is not None]
    ended = [told for told in _ended(snapshot.values) if wanted in (None, told.script_id)]
    if paused:
        return max(paused, key=lambda told: told.story["began_s"])
    if ended:
        return ended[-1]
    which = "no program" if wanted is None else f"no program of the tool call {wanted!r}"
    raise NoStoryError(
        f"The thread {thread_of(config)!r} has {which} that a timeline can be drawn of. It must "
        "wait for people, or have ended after it had made calls. Give the thread in which it ran, "
        "and the agent that ran it."
    )


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
