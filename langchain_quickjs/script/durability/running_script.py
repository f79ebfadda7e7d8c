"""What LangGraph stores of the graphs that a script runs in, and what is stored beside it.

One of the places where this package relies on LangGraph's inner workings.
"""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import (
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_DURABILITY,
    NS_SEP,
    NULL_TASK_ID,
    RESUME,
)
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.types import Durability

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.flow.drivers import Ask, Asking, Await, Work
from langchain_quickjs.script.langgraph_internals.resume import started_before
from langchain_quickjs.script.sealing import Sealer
from langchain_quickjs.script.state import CallEnd, PausedScript

__all__ = [
    "Kept",
    "Record",
    "graph_durability",
    "has_checkpointer",
    "is_newest",
    "retire_answer",
]

# Where a running script is kept. Checkpointers want the ids of tasks to look like this one.
_RECORD_ID: Final = uuid.UUID("00000000-0000-0000-0000-71756963006a")

# How long, and how often, to look whether a graph has stored its step.
_STORED_WAIT_S: Final = 0.005
_STORED_WAITS: Final = 2000


def has_checkpointer(config: RunnableConfig) -> bool:
    """Whether the graph whose task has this config can be interrupted and resumed."""
    return config.get("configurable", {}).get(CONFIG_KEY_CHECKPOINTER) is not None


def graph_durability(config: RunnableConfig, keeps: bool = False) -> Durability | None:
    """How a script graph inside a task of another graph is to store its steps.

    Once, when the script pauses: a script that runs to its end needs nothing stored of its own.
    Where the outer graph stores each step before the next, so does the script graph. When it is
    resumed, it does so in any case: that an answer was taken has to be known before anything is
    done with it.

    Args:
        config: The config of the task.
        keeps: Whether the script is to be stored whenever a call has ended.
    """
    if not has_checkpointer(config):
        return None
    each = config["configurable"].get(CONFIG_KEY_DURABILITY) == "sync"
    return "sync" if each or keeps or started_before(config) else "exit"


def retire_answer(config: RunnableConfig) -> Asking[None]:
    """Makes LangGraph forget the answer that has just resumed this thread.

    LangGraph keeps the value of `Command(resume=...)` with the outermost graph's checkpoint. While
    that checkpoint stands, it would give the same value to the next question of a graph inside,
    if somebody then invoked the thread without an answer. An old decision must not decide a new
    question, so it has to be gone before the new question is stored.
    """
    saver = config["configurable"].get(CONFIG_KEY_CHECKPOINTER)
    if saver is not None:
        writes = (_address(config, ""), [(RESUME, None)], NULL_TASK_ID)
        yield Ask(saver, "put_writes", writes)


def is_newest(config: RunnableConfig) -> Asking[bool]:
    """Whether the graph whose task has this config still stands where this run has found it."""
    configurable = config["configurable"]
    saver = configurable.get(CONFIG_KEY_CHECKPOINTER)
    if saver is None:
        return True
    own = configurable[CONFIG_KEY_CHECKPOINT_NS].rpartition(NS_SEP)[0]
    here = _address(config, own)
    newest = {key: here["configurable"][key] for key in ("thread_id", "checkpoint_ns")}
    found = yield Ask(saver, "get_tuple", ({"configurable": newest},))
    return found is None or found.checkpoint["id"] == here["configurable"]["checkpoint_id"]


def _address(config: RunnableConfig, graph: str) -> RunnableConfig:
    """Where a graph that the task is in has its checkpoint."""
    configurable = config["configurable"]
    return {
        "configurable": {
            "thread_id": str(configurable["thread_id"]),
            "checkpoint_ns": graph,
            "checkpoint_id": configurable[CONFIG_KEY_CHECKPOINT_MAP][graph],
        }
    }


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
        configurable = config.get("configurable", {})
        self._stored = outer.get("configurable", {}).get(CONFIG_KEY_DURABILITY) != "exit"
        self._saver: BaseCheckpointSaver[Any] | None = configurable.get(CONFIG_KEY_CHECKPOINTER)
        self._above: list[RunnableConfig] = []
        self._places: dict[str, int] = {}  # of the ends of calls, by the calls' names
        self._lock = threading.Lock()
        if self._saver is not None:
            graphs = configurable[CONFIG_KEY_CHECKPOINT_MAP]
            self._above = [_address(config, graph) for graph in graphs]
            own = configurable[CONFIG_KEY_CHECKPOINT_NS].rpartition(NS_SEP)[0]
            self._address = _address(config, own)

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
            writes = (self._address, [(RESUME, sealed)], _task_id(0))
            yield Ask(self._saver, "put_writes", writes)
            self._clear_places(script)

    def write_end(self, end: CallEnd) -> Asking[None]:
        """Adds the end of a call. Thread-safe."""
        if self._saver is not None:
            writes = (self._address, [(RESUME, end)], self._place_of(end))
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
