"""What is stored beside LangGraph's checkpoints of a script that runs, and of its answers."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.flow.drivers import Ask, Asking, Await, Work
from langchain_quickjs.script.langgraph_internals.checkpointer import (
    OVERWRITTEN,
    address_of_graph,
    addresses_of_graphs_above,
    checkpointer_of,
    stores_when_it_ends_only,
    writes_that_forget_the_answer,
)
from langchain_quickjs.script.langgraph_internals.resume import may_keep_plain_answer
from langchain_quickjs.script.state import CallEnd, PausedScript

__all__ = [
    "Kept",
    "Record",
    "is_newest",
    "retire_answer",
]

# Where a running script is kept. Checkpointers want the ids of tasks to look like this one.
_RECORD_ID: Final = uuid.UUID("00000000-0000-0000-0000-71756963006a")

# How long, and how often, to look whether a graph has stored its step.
_STORED_WAIT_S: Final = 0.005
_STORED_WAITS: Final = 2000


def retire_answer(config: RunnableConfig) -> Asking[None]:
    """Makes LangGraph forget the answer that has just resumed this thread.

    An old decision must not decide a new question, so it has to be gone before the new question is
    stored.
    """
    saver = checkpointer_of(config)
    if saver is not None and may_keep_plain_answer(config):
        yield Ask(saver, "put_writes", writes_that_forget_the_answer(config))


def is_newest(config: RunnableConfig) -> Asking[bool]:
    """Whether the graph whose task has this config still stands where this run has found it."""
    saver = checkpointer_of(config)
    if saver is None:
        return True
    here = address_of_graph(config)
    newest = {key: here["configurable"][key] for key in ("thread_id", "checkpoint_ns")}
    found = yield Ask(saver, "get_tuple", ({"configurable": newest},))
    return found is None or found.checkpoint["id"] == here["configurable"]["checkpoint_id"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of a script.

    Attributes:
        script: The script as it stood.
        ends: How calls have ended since; some may be of earlier calls.
    """

    script: PausedScript
    ends: tuple[CallEnd, ...]


class Record:
    """A script as it stands in the middle of its graph's step, kept beside the step's checkpoint.

    It stands under a task id of its own and in a channel that every checkpointer overwrites, so
    there is one. Beside it stand the ends of calls that it does not know of yet, each under a task
    id that is used again once the script knows.
    """

    def __init__(self, config: RunnableConfig, outer: RunnableConfig, sealer: Sealer) -> None:
        """Makes the record of a task.

        Args:
            config: The config of the script graph's task.
            outer: That of the task that the script graph runs in.
            sealer: Seals the script.
        """
        self._sealer = sealer
        self._stored = not stores_when_it_ends_only(outer)
        self._saver = checkpointer_of(config)
        self._above: list[RunnableConfig] = []
        self._places: dict[str, int] = {}  # of the ends of calls, by the calls' names
        self._lock = threading.Lock()
        if self._saver is not None:
            self._above = addresses_of_graphs_above(config)
            self._address = address_of_graph(config)

    def read(self) -> Work[Kept | None]:
        """What was written last, if this step has been tried before.

        It returns when everything is stored that leads here, however the graphs store it.

        Raises:
            SetupError: The graphs do not store it.
            SnapshotError: What was written is damaged, or its signature is wrong.
        """
        if self._saver is None or not self._stored:
            raise _nothing_stored()
        for address in self._above:
            waits_s = _waits_s()
            while (yield Ask(self._saver, "get_tuple", (address,))) is None:
                yield Await(Future(), next(waits_s))
        return self._kept((yield Ask(self._saver, "get_tuple", (self._address,))))

    def write(self, script: PausedScript) -> Asking[None]:
        """Replaces what was written last."""
        if self._saver is not None:
            sealed = self._sealer.pause(script)
            writes = (self._address, [(OVERWRITTEN, sealed)], _task_id(0))
            yield Ask(self._saver, "put_writes", writes)
            self._clear_places(script)

    def write_end(self, end: CallEnd) -> Asking[None]:
        """Adds the end of a call. Thread-safe."""
        if self._saver is not None:
            writes = (self._address, [(OVERWRITTEN, end)], self._place_of(end))
            yield Ask(self._saver, "put_writes", writes)

    def _place_of(self, end: CallEnd) -> str:
        with self._lock:
            taken = set(self._places.values())
            place = next(number for number in itertools.count(1) if number not in taken)
            self._places[end["tool_call_id"]] = place
        return _task_id(place)

    def _clear_places(self, script: PausedScript) -> None:
        """What the script knows of, or never will, need not be kept any longer."""
        running = {call["tool_call_id"] for call in script["running"]}
        with self._lock:
            self._places = {n: place for n, place in self._places.items() if n in running}

    def _kept(self, stored: CheckpointTuple | None) -> Kept | None:
        writes = (stored.pending_writes or ()) if stored else ()
        ours = {task: value for task, _, value in writes if _is_ours(task)}
        script = ours.pop(_task_id(0), None)
        return None if script is None else Kept(self._sealer.resume(script), tuple(ours.values()))


def _waits_s() -> Iterator[float]:
    yield from itertools.repeat(_STORED_WAIT_S, _STORED_WAITS)
    raise _nothing_stored()


def _nothing_stored() -> SetupError:
    return SetupError(
        '`durability="call"` needs a checkpointer, and graphs that store each step: pass one where '
        'the graph is made, and do not invoke it with `durability="exit"`.'
    )


def _task_id(place: int) -> str:
    return str(uuid.UUID(int=_RECORD_ID.int + (place << 48)))


def _is_ours(task: str) -> bool:
    first, rest = _task_id(0)[:9], _task_id(0)[24:]
    return task.startswith(first) and task.endswith(rest)
