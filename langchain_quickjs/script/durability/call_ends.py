"""The ends of calls, as they are stored before anybody learns of them.

Between a call's end and the next time that the script is stored, other calls may still be running
and the script computing. Should the process die then, the call has ended all the same, and is not
made again.
"""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict

from langchain_quickjs.errors import ProtocolError, SnapshotError, ValueTransferError
from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.interpreter.wire.decode import decode
from langchain_quickjs.interpreter.wire.encode import encode
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.flow.inputs import Answer, Blocked, Instead
from langchain_quickjs.script.labels.taint import CLEAN, Taint
from langchain_quickjs.script.state import CallEnd, StateUpdate

__all__ = ["seal_end", "unseal_end"]

_PURPOSE: Final = "end"
_END: Final = "The result of a call"
_DAMAGED: Final = "The result of a call is not used, because it was damaged where it is stored."


class _End(TypedDict):
    """How a call ended.

    Attributes:
        reply: What the script gets, packed: `[value]`, or name and message of an error.
        updates: What the agent's state gets.
        touched: What was touched inside of the call; left out for nothing.
    """

    reply: bytes
    updates: list[StateUpdate]
    touched: NotRequired[bytes]


def seal_end(tool_call_id: str, answer: Answer, sealer: Sealer) -> CallEnd | None:
    """What is to be stored of a call's end; `None` if it was interrupted."""
    if isinstance(answer.reply, Blocked):
        return None
    reply = _packed(answer.reply, answer.instead)
    end: _End = {"reply": reply, "updates": list(answer.updates)}
    if answer.touched != CLEAN:
        end["touched"] = answer.touched.pack()
    sealed = sealer.seal(end, _PURPOSE, tool_call_id)
    return {"tool_call_id": tool_call_id, "sealed": sealed}


def unseal_end(end: CallEnd, sealer: Sealer) -> Answer:
    """How a call ended.

    Raises:
        SnapshotError: What is stored of it is damaged, or its signature is wrong.
    """
    stored: Any = sealer.unseal(end["sealed"], _END, _PURPOSE, end["tool_call_id"])
    match stored:
        case {"reply": bytes(reply), "updates": [*updates]}:
            known = tuple((key, value) for key, value in updates)
            return Answer(_reply(reply), known, touched=_touched(stored.get("touched")))
    raise SnapshotError(_DAMAGED)


def _touched(packed: object) -> Taint:
    try:
        return CLEAN if packed is None else Taint.unpack(packed)
    except ValueError:
        raise SnapshotError(_DAMAGED) from None


def _packed(reply: Returned | Raised, instead: Instead | None) -> bytes:
    """What the script would be given, with the fallbacks that delivering it has."""
    if isinstance(reply, Raised):
        return encode([reply.name, reply.message])
    try:
        return encode([reply.value])
    except ValueTransferError as error:
        other = instead and instead()
        return _packed(other or Raised("TypeError", str(error)), None)


def _reply(packed: bytes) -> Returned | Raised:
    try:
        parts = decode(packed, own=True)
    except ProtocolError as error:
        raise SnapshotError(_DAMAGED) from error
    match parts:
        case [value]:
            return Returned(value)
        case [str(name), str(message)]:
            return Raised(name, message)
    raise SnapshotError(_DAMAGED)
