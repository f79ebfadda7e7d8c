"""The ends of calls, as they are stored with `durability="call"` before anybody learns of them.

A script is stored when it has been told what its calls gave. Between a call's end and that, others
may still be running and the script computing; should the process die then, the call has ended all
the same, and is not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypedDict

from langchain_quickjs.errors import ProtocolError, SnapshotError, ValueTransferError
from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.interpreter.codec import encode
from langchain_quickjs.interpreter.decoder import decode
from langchain_quickjs.script.effects import Answer, Blocked
from langchain_quickjs.script.signing import Signer
from langchain_quickjs.script.state import PausedScript, StateUpdate

__all__ = ["CallEnd", "end_of", "ends_of"]

_PURPOSE: Final = "call"
_DAMAGED: Final = (
    "The script does not go on, because the result of a call was damaged where it is stored."
)


class CallEnd(TypedDict):
    """How a call ended.

    Attributes:
        id: Its number in the script.
        reply: What the script gets, packed: `[value]`, or name and message of an error.
        updates: What the agent's state gets.
        signature: Over the call and the reply.
    """

    id: int
    reply: bytes
    updates: list[StateUpdate]
    signature: bytes


def end_of(call_id: int, answer: Answer, script_id: str, signer: Signer) -> CallEnd | None:
    """What is to be stored of a call's end; `None` if it was interrupted, or its tool raised.

    An error that the script does not catch goes to whoever runs the agent, and who then runs it
    again means that call.
    """
    if isinstance(answer.reply, Blocked) or answer.error is not None:
        return None
    reply = _packed(answer.reply, answer.instead)
    signature = signer.sign(_PURPOSE, *_parts(script_id, call_id, reply))
    return {"id": call_id, "reply": reply, "updates": list(answer.updates), "signature": signature}


def ends_of(script: PausedScript, stored: Iterable[CallEnd], signer: Signer) -> dict[int, Answer]:
    """How calls ended that still ran when the script was stored.

    Raises:
        SnapshotError: What is stored of one is damaged, or its signature is wrong.
    """
    running = {call["id"] for call in script["running"]}
    return {
        end["id"]: _answer(end, script["script_id"], signer)
        for end in stored
        if end["id"] in running
    }


def _packed(reply: Returned | Raised, instead: Callable[[], Returned] | None) -> bytes:
    """What the script would be given, with the fallbacks that delivering it has."""
    if isinstance(reply, Raised):
        return encode([reply.name, reply.message])
    try:
        return encode([reply.value])
    except ValueTransferError as error:
        return _packed(instead() if instead else Raised("TypeError", str(error)), None)


def _answer(end: CallEnd, script_id: str, signer: Signer) -> Answer:
    if not signer.accepts(end["signature"], _PURPOSE, *_parts(script_id, end["id"], end["reply"])):
        raise SnapshotError(
            "The script does not go on, because the signature of a call's result is missing or "
            "wrong: it was changed where it is stored, or `snapshot_signing_key` is another."
        )
    try:
        parts = decode(end["reply"], own=True)
    except ProtocolError as error:
        raise SnapshotError(_DAMAGED) from error
    updates = tuple((key, value) for key, value in end["updates"])
    match parts:
        case [value]:
            return Answer(Returned(value), updates)
        case [str(name), str(message)]:
            return Answer(Raised(name, message), updates)
    raise SnapshotError(_DAMAGED)


def _parts(script_id: str, call_id: int, reply: bytes) -> tuple[bytes, ...]:
    return script_id.encode("utf-8"), call_id.to_bytes(8, "big"), reply
