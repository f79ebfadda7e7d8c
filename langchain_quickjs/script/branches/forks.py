"""Where a run of the script graph finds itself in a fork: what it goes on from there.

LangGraph forks a thread at its outermost graph. If that is the script's own, its state is at the
pause, and only the branch is another one. Else the script's graph begins anew in a task with
another id, and takes over what the one before had stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.script.branches.branch import in_branch, is_other_source
from langchain_quickjs.script.branches.earlier import earlier_pause
from langchain_quickjs.script.durability.failures import Failures
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.flow.drivers import Asking, Work
from langchain_quickjs.script.langgraph_internals.checkpointer import (
    checkpointer_of,
    namespace_of_graph,
)
from langchain_quickjs.script.langgraph_internals.superstep import forked_at
from langchain_quickjs.script.state import PausedScript, PausedState

__all__ = ["paused_before", "paused_here", "stored_in_branch"]


def stored_in_branch(script: PausedScript, sealer: Sealer, config: RunnableConfig) -> PausedState:
    """A script that has paused, as it is stored; in another branch if its graph was forked."""
    branch = _branch(config)
    return _moved(script, sealer, branch) if branch else sealer.pause(script)


def paused_here(stored: PausedState, sealer: Sealer, config: RunnableConfig) -> PausedState:
    """A paused script in the branch in which its graph asks people.

    Args:
        stored: The script as it is stored.
        sealer: What it was sealed with.
        config: The config of the task that asks.

    Raises:
        SnapshotError: What is stored of it is damaged.
    """
    branch = _branch(config)
    if not branch or stored.get("place") == branch:
        return stored
    return _moved(sealer.resume(stored), sealer, branch)


def paused_before(
    sealer: Sealer,
    source: Callable[[], str],
    brought_along: Callable[[bytes], Work[bytes]],
    config: RunnableConfig,
) -> Work[tuple[PausedState | None, bool]]:
    """A script whose graph begins because a graph around it was forked at one of its pauses.

    Args:
        sealer: What a script would be sealed with that begins here.
        source: Tells the source of that script.
        brought_along: Stores its memory where it runs from here on.
        config: The config of the task that begins.

    Returns:
        The script, or `None` if there was no such fork; and whether its question may be answered
        already.

    Raises:
        SnapshotError: What is stored of that pause is damaged or gone.
    """
    earlier = yield from earlier_pause(config)
    if earlier is None:
        return None, False
    if earlier.paused is None:
        yield from _require_new(sealer, config)
        return None, False
    stored = cast("PausedState", earlier.paused)
    if sealer.place and stored["script_id"] != sealer.script_id:
        return None, False
    # An earlier version did not say what it was sealed for.
    place = stored.get("place", earlier.namespace if sealer.place else "")
    before = replace(sealer, script_id=stored["script_id"], place=place)
    script = before.resume(stored)
    if is_other_source(script, source()):
        return None, False
    branch = sealer.place or namespace_of_graph(config)
    if place == branch:  # Another run has begun here: what it has asked is what is answered.
        return stored, earlier.here
    script = {**script, "snapshot": (yield from brought_along(script["snapshot"]))}
    return _moved(script, before, branch, asks_anew=not earlier.here), earlier.here


def _require_new(sealer: Sealer, config: RunnableConfig) -> Asking[None]:
    """Sees to it that a script may begin in a fork, of which nobody knows what it was made of.

    Of a program that has paused it is kept what it had done: that would be done again.
    """
    saver = checkpointer_of(config)
    if saver is not None and (yield from Failures(saver, sealer.signer).read([sealer.script_id])):
        raise SnapshotError(
            "The program does not go on: the thread was forked at one of its pauses, and that is "
            "gone, as after a prune. It is not begun again, because it had made calls. If the "
            "thread is told something new, the model learns what they were."
        )


def _moved(
    script: PausedScript, sealer: Sealer, branch: str, *, asks_anew: bool = True
) -> PausedState:
    moved = in_branch(script, branch, asks_anew=asks_anew)
    return replace(sealer, place=branch).pause(moved)


def _branch(config: RunnableConfig) -> str:
    """What the branch is known by, if the script's graph is the outermost and was forked here."""
    return "" if namespace_of_graph(config) else forked_at(config)
