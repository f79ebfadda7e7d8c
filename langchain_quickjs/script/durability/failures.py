"""What a program had done whose end nobody was told, because a tool's exception left the agent.

The agent's thread then has a call of the tool that runs programs, and no answer to it. If the user
says something new instead of running it again, the model must not take the program for one that has
done nothing. So what it would have been told is kept beside the thread's checkpoints, under the id
of the call, and shown to the model in place of the answer that is missing.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter.storage.packed import packed, unpacked
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.flow.drivers import Ask, Asking
from langchain_quickjs.script.labels.taint import CLEAN, UNKNOWN, Taint
from langchain_quickjs.script.langgraph_internals.checkpointer import checkpointer_of
from langchain_quickjs.script.model_texts import UNKNOWN_END

__all__ = ["Failures", "Told", "unanswered", "with_answers"]

logger = logging.getLogger(__name__)

_NAMESPACE: Final = "quickjs_failures"
_TOLD: Final = "told"
_PURPOSE: Final = "failure"
_TWO_PARTS: Final = b"\x92"
_MOST: Final = 8  # For each, somebody looks into the database.


class Told(NamedTuple):
    """What was kept of one program.

    Attributes:
        text: What the model is told.
        touched: What the program had touched.
    """

    text: str
    touched: Taint


@dataclass(frozen=True, slots=True)
class Failures:
    """What is kept of failed programs in one thread.

    Attributes:
        saver: The checkpointer.
        signer: Signs for the thread.
    """

    saver: BaseCheckpointSaver[Any]
    signer: Signer

    @classmethod
    def of(cls, config: RunnableConfig, keys: tuple[bytes, ...]) -> Failures | None:
        """The failures of the thread of a task with this config; `None` without a checkpointer."""
        saver = checkpointer_of(config)
        return None if saver is None else cls(saver, Signer.of(keys, config))

    def write(self, script_id: str, text: str, touched: Taint = CLEAN) -> Asking[None]:
        """Keeps what the model would have been told of a program, and what that had touched."""
        told = packed([text.encode("utf-8", "replace"), touched.pack()])
        sealed = self.signer.seal(told, _PURPOSE, script_id.encode("utf-8"))
        versions, place = {_TOLD: self.saver.get_next_version(None, None)}, _place(script_id)
        checkpoint = {
            **empty_checkpoint(),
            "id": place,
            "channel_values": {_TOLD: sealed},
            "channel_versions": versions,
        }
        metadata = {"source": "update", "step": -1, "parents": {}}
        address = self._address(place)
        del address["configurable"]["checkpoint_id"]
        yield Ask(self.saver, "put", (address, checkpoint, metadata, versions))

    def read(self, script_ids: Sequence[str]) -> Asking[dict[str, Told]]:
        """What was kept of these programs, by their ids; what is damaged is not believed."""
        told: dict[str, Told] = {}
        for script_id in script_ids:
            found = None
            for earlier in (False, True):
                if found is None:
                    address = self._address(_place(script_id), earlier)
                    found = yield Ask(self.saver, "get_tuple", (address,))
            if found is not None:
                sealed = found.checkpoint["channel_values"].get(_TOLD)
                what, about = "What is known of a failed program", script_id.encode("utf-8")
                try:
                    told[script_id] = _told(self.signer.unseal(sealed, what, _PURPOSE, about))
                except SnapshotError as error:
                    logger.warning("Thread %s: %s", self.signer.thread_id, error)
                    told[script_id] = Told(UNKNOWN_END.format(error=error), UNKNOWN)
        return told

    def _address(self, place: str, earlier: bool = False) -> RunnableConfig:
        """Where something is kept: in a namespace of its own, because a prune keeps one of each.

        Earlier versions had one namespace for all.
        """
        namespace = _NAMESPACE if earlier else f"{_NAMESPACE}/{place}"
        address = {"thread_id": self.signer.thread_id, "checkpoint_ns": namespace}
        return {"configurable": {**address, "checkpoint_id": place}}


def unanswered(
    messages: Sequence[AnyMessage], tool_name: str, is_ours: Callable[[str], bool]
) -> list[str]:
    """The ids of the last programs in messages that nobody has answered truly.

    Args:
        messages: The agent's messages.
        tool_name: The name of the tool that runs programs.
        is_ours: Whether a text is one of this package's answers. An error that is not was made up
            by somebody who found no answer.
    """
    answered = {
        message.tool_call_id
        for message in messages
        if isinstance(message, ToolMessage) and (message.status != "error" or is_ours(message.text))
    }
    programs = [
        call["id"]
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["name"] == tool_name and call["id"] is not None
    ]
    return [script_id for script_id in programs if script_id not in answered][-_MOST:]


def with_answers(
    messages: Sequence[AnyMessage], told: Mapping[str, Told], tool_name: str
) -> list[AnyMessage]:
    """Messages in which these programs have answers, instead of any that somebody made up."""
    result: list[AnyMessage] = []
    for message in messages:
        if isinstance(message, ToolMessage) and message.tool_call_id in told:
            continue
        result.append(message)
        if isinstance(message, AIMessage):
            result += [
                ToolMessage(
                    told[str(call["id"])].text,
                    name=tool_name,
                    tool_call_id=call["id"],
                    status="error",
                )
                for call in message.tool_calls
                if call["id"] in told
            ]
    return result


def _told(stored: bytes) -> Told:
    """Reads what was kept; releases before labels kept the text alone, which never begins so."""
    with contextlib.suppress(ValueError):
        if stored[:1] != _TWO_PARTS:
            return Told(stored.decode("utf-8"), UNKNOWN)
        match unpacked(stored):
            case [bytes(text), bytes(touched)]:
                return Told(text.decode("utf-8", "replace"), Taint.unpack(touched))
    raise SnapshotError("What is known of a failed program is not used: it cannot be read.")


def _place(script_id: str) -> str:
    return str(uuid.UUID(hex=digest(_PURPOSE, script_id)))
