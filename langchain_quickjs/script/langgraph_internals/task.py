"""The graph task that a script runs in: the state that its tools see and write.

LangGraph hands a task its state through two entries of the config. Tools that return a `Command`
have their updates applied by the tool node; Deep Agents' file tools use the two entries directly.
For a tool called from a script both must reach the task of the agent's graph, not the task of the
script's graph inside it, must be seen by the script's next call, and must not be lost when the
task is interrupted, which drops what it wrote. So every update goes to the agent's task at once,
is kept with the script, and is written again after a pause.

The other way round, what a node returns and is given is shown to whoever watches the graph. What is
not to be shown, the script graph's nodes read and write themselves. It is stored like all else.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import CONFIG_KEY_READ, CONFIG_KEY_SEND
from langgraph.channels import LastValue

from langchain_quickjs.script.langgraph_internals.graph_around import channels_of
from langchain_quickjs.script.state import StateUpdate

__all__ = ["OuterTask", "read_unseen", "withdraw_on_error", "write_unseen"]


class OuterTask:
    """The task of the agent's graph that called `eval`."""

    def __init__(self, config: RunnableConfig) -> None:
        configurable = config["configurable"]
        self._read = configurable[CONFIG_KEY_READ]
        self._send = configurable[CONFIG_KEY_SEND]
        self._channels = channels_of(config)
        self._writes = self._read.args[3].writes
        self._made: list[StateUpdate] = []
        self._lock = threading.Lock()

    @property
    def has_made_any(self) -> bool:
        """Whether updates were applied and not taken back."""
        return bool(self._made)

    def made_besides(self, updates: Iterable[StateUpdate]) -> list[StateUpdate]:
        """The updates that were applied and not taken back, but for these."""
        told = set(map(id, updates))
        with self._lock:
            return [update for update in self._made if id(update) not in told]

    def write(self, updates: Iterable[StateUpdate]) -> None:
        """Applies updates to the agent's state, visible from now on.

        A key without a reducer takes one value a step, so a later value replaces an earlier one.
        """
        with self._lock:
            for update in updates:
                if isinstance(self._channels.get(update[0]), LastValue):
                    self._withdraw([made for made in self._made if made[0] == update[0]])
                self._send([update])
                self._made.append(update)

    def withdraw(self, updates: Sequence[StateUpdate] | None = None) -> None:
        """Takes updates back; all of them when the task is about to be interrupted.

        What an interrupted task has written is dropped today, and may be kept by a later LangGraph.
        Nothing may depend on that: the script writes its updates again when it is resumed.
        """
        with self._lock:
            self._withdraw(self._made if updates is None else updates)

    def state(self, before: Any) -> Any:
        """The agent's state as it is now, given what it was when `eval` was called."""
        with self._lock:
            return self._read(list(self._channels), True) if self._made else before

    def _withdraw(self, updates: Sequence[StateUpdate]) -> None:
        # By identity: values need not be comparable.
        gone = {id(update) for update in updates}
        kept = [write for write in self._writes if id(write) not in gone]
        self._writes.clear()
        self._writes.extend(kept)
        self._made = [update for update in self._made if id(update) not in gone]


@contextlib.contextmanager
def withdraw_on_error(task: OuterTask | None) -> Iterator[None]:
    """Takes back what was written to a task if an error leaves it.

    What a failed task has written would be stored with its error, and the task be taken for one
    that has finished when the graph is resumed.
    """
    try:
        yield
    except BaseException:
        if task is not None:
            task.withdraw()
        raise


def read_unseen(config: RunnableConfig, keys: Iterable[str]) -> dict[str, Any]:
    """What stands in these keys of the state of the graph whose task has this config."""
    channels = channels_of(config)
    return {key: channels[key].get() for key in keys if channels[key].is_available()}


def write_unseen(config: RunnableConfig, update: Mapping[str, Any]) -> None:
    """Writes to the state as a node's return value does, which callbacks and traces show."""
    config["configurable"][CONFIG_KEY_SEND](list(update.items()))
