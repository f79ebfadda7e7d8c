"""The messages to the guest and its replies; wasm/README.md has them byte by byte."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from langchain_quickjs.errors import (
    CallLimitError,
    CallsInFlightLimitError,
    LimitError,
    ProtocolError,
    ScriptError,
    SetupError,
    ToolNameError,
    ValueTransferError,
)
from langchain_quickjs.interpreter.advice.limit_errors import (
    console_too_long,
    results_too_large,
    source_too_long,
)
from langchain_quickjs.interpreter.console import with_cut_noted
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.outcomes import (
    SCRIPT_NAME,
    Call,
    CallResult,
    Completed,
    Failed,
    Outcome,
    Raised,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.values.js_values import UNDEFINED, Shown
from langchain_quickjs.interpreter.wire.decode import decode
from langchain_quickjs.interpreter.wire.encode import encode_message, find_fault, pack_plain
from langchain_quickjs.interpreter.wire.tree_checks import is_place
from langchain_quickjs.quoting import key_text, type_name, value_text

__all__ = [
    "GuestMemoryError",
    "GuestRefusalError",
    "GuestResultError",
    "abort_message",
    "checked_seed",
    "explain_refusal",
    "max_reply_bytes",
    "read_reply",
    "resume_message",
    "start_message",
]

_MAX_DATE_MS: Final = 8.64e15

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_POSITION = re.compile(re.escape(SCRIPT_NAME) + r":(\d{1,9})(?::(\d{1,9}))?", re.ASCII)
_START, _DELIVER, _ABORT = range(3)
_COMPLETED, _FAILED, _SUSPENDED, _IDLE, _NO_MEMORY, _REFUSED, _TOO_LARGE, _SHOWN = range(8)
# Limits that a script can catch as errors of these names (wasm/src/calls.c).
_LIMIT_ERRORS: dict[str, type[ScriptError]] = {
    "PTCCallBudgetExceeded": CallLimitError,
    "TooManyCallsInFlight": CallsInFlightLimitError,
}
_HEAD_BYTES = 4096  # of a reply, beside console, calls and value


class GuestRefusalError(ProtocolError):
    """The guest did not understand the message; the host made a mistake."""


class GuestResultError(Exception):
    """The script's result is larger than it may be; the step is to be undone."""


class GuestMemoryError(Exception):
    """The guest could not allocate; the step is to be undone."""


def checked_seed(seed: bytes | None) -> bytes | None:
    """The same, if it is randomness for a message.

    Raises:
        SetupError: It is not.
    """
    if seed is not None and (not isinstance(seed, bytes) or len(seed) != 32):
        found = f"{len(seed)} bytes" if isinstance(seed, bytes) else type_name(seed)
        raise SetupError(f"Randomness must be 32 bytes; it is {found}.")  # It may be secret.
    return seed


def start_message(
    source: str,
    tools: Sequence[str],
    functions: Sequence[str],
    located: Collection[str] = (),
    *,
    now_s: float,
    seed: bytes | None,
    limits: Limits,
) -> bytes:
    """The message that starts a script.

    Raises:
        SetupError: If the names are no lists, a located one is not granted, or the time is none.
        SourceLimitError: If the source is longer than `limits.source_bytes`.
        ToolNameError: If a granted name is no JavaScript identifier.
    """
    if tools.__class__ is str or functions.__class__ is str:
        raise SetupError("Granted names must be lists of text.")
    encoded = source.encode("utf-8", "surrogatepass")
    if len(encoded) > limits.source_bytes:
        raise source_too_long(len(encoded), limits)
    if tools or functions or located:
        _check_names(tools, functions, located)
    calls, message_bytes, result_bytes = limits.calls, limits.message_bytes, limits.result_bytes
    told = [
        2**32 - 1 if calls is None else calls,
        limits.calls_in_flight,
        limits.open_bytes,
        limits.console_bytes,
        message_bytes,
        result_bytes if result_bytes < message_bytes else message_bytes,
    ]
    names = [*tools], [*functions], [*located]
    parts = [_START, _milliseconds(now_s), seed, told, *names, SCRIPT_NAME, source]
    return pack_plain(parts, len(encoded))


def _check_names(
    tools: Collection[str], functions: Collection[str], located: Collection[str]
) -> None:
    for name in (*tools, *functions):
        if not _NAME.fullmatch(name):
            raise ToolNameError(f"{name!r} cannot be granted: it is no JavaScript identifier")
    if located and (others := set(located).difference(tools, functions)):
        raise SetupError(f"{min(others)!r} cannot be located, because it is not granted.")


def resume_message(
    results: Mapping[int, CallResult],
    *,
    now_s: float,
    limits: Limits,
    entropy: bytes | None = None,
) -> bytes:
    """The message that delivers results of calls, in the order of their ids.

    Raises:
        SetupError: If a result is neither `Returned` nor `Raised`.
        ValueTransferError: If a result cannot become a JavaScript value.
        MessageLimitError: If they are larger than `limits.message_bytes` together.
    """
    now_ms = _milliseconds(now_s)
    ids = sorted(results)
    answers: list[Any] = []
    for call_id in ids:
        answer = results[call_id]
        if isinstance(answer, Returned):
            answers += (call_id, 0, answer.value)
        elif isinstance(answer, Raised):
            answers += (call_id, 1, [str(answer.name), str(answer.message)])
        else:
            said = f"`Returned(value)` or `Raised(name, message)`; it is {value_text(answer)}"
            raise SetupError(f"The result of call {call_id} must be {said}.")
    message_bytes = encode_message(
        answers,
        lambda values: [_DELIVER, now_ms, entropy, values],
        lambda index: f"the result of call {ids[index // 3]}",
    )
    if len(message_bytes) > limits.message_bytes:
        raise results_too_large(len(message_bytes), limits)
    return message_bytes


def explain_refusal(results: Mapping[int, CallResult]) -> None:
    """Looks for what made the guest refuse these results.

    Raises:
        ValueTransferError: If one of them holds what cannot become a JavaScript value.
    """
    for call_id, result in results.items():
        if isinstance(result, Returned):
            fault = find_fault(result.value, f"the result of call {call_id}")
            if fault:
                path, reason = fault
                raise ValueTransferError(f"{path} cannot become a JavaScript value: {reason}")
    ids = [call_id for call_id, result in results.items() if isinstance(result, Returned)]
    if ids:  # for example a regular expression with what only Python knows
        raise ValueTransferError(
            f"the result of call {min(ids)} cannot become a JavaScript value: the engine refuses it"
        )


def abort_message(*, now_s: float) -> bytes:
    """The message that makes the guest forget the script that it runs."""
    return pack_plain([_ABORT, _milliseconds(now_s)], 0)


def _milliseconds(now_s: float) -> float:
    """The time for a message.

    Raises:
        SetupError: It is none that a Date can have (ECMA-262, 21.4.1.1).
    """
    now_ms = now_s * 1000.0
    if not abs(now_ms) <= _MAX_DATE_MS:
        raise SetupError(f"The clock gave {now_s!r} s, which is no time that a Date can have.")
    return now_ms


def _calls(posted: list[Any], next_id: int, granted: AbstractSet[str]) -> tuple[Call, ...]:
    if len(posted) % 3:
        raise ProtocolError("the guest sent a malformed call")
    calls = []
    for head, name, args in zip(posted[::3], posted[1::3], posted[2::3], strict=True):
        number, line, column = head, None, None
        if type(head) is list:
            number, line, column = _located(head)
        if type(number) is not int or number != next_id:
            raise ProtocolError(f"the guest sent another call id than {next_id}")
        if type(name) is not str or name not in granted:
            raise ProtocolError(
                f"the program called {key_text(name)!r}, which it was not granted; it may stand in "
                "a variable of an earlier program, which was"
            )
        if type(args) is not list:
            raise ProtocolError("the guest sent a call without arguments")
        calls.append(Call(number, name, tuple(args), line, column))
        next_id += 1
    return tuple(calls)


def _located(head: list[Any]) -> list[Any]:
    """The number, line and column of a call whose place the guest was asked for."""
    if len(head) != 3 or not all(map(is_place, head[1:])):
        raise ProtocolError("the guest sent a malformed place of a call")
    return head


def _script_error(parts: Any, limits: Limits) -> ScriptError:
    match parts:
        case [str(name), str(message), str(stack)]:
            position = _POSITION.search(stack)
        case _:
            raise ProtocolError("the guest sent a malformed error")
    numbers = position.groups() if position else (None, None)
    line, column = (None if number is None else int(number) for number in numbers)
    error = _LIMIT_ERRORS.get(name, ScriptError)(name, message, stack, line, column)
    if isinstance(error, LimitError):
        error.value = getattr(limits, error.limit)
    return error


def _rejected(call_id: Any, next_id: int) -> int | None:
    if call_id is not None and (type(call_id) is not int or not 0 < call_id < next_id):
        raise ProtocolError("the guest sent a malformed call of an error")
    return call_id


def _wake_after_s(wake: Any) -> float | None:
    if wake is None:
        return None
    if type(wake) not in (int, float) or not 0 <= wake < math.inf:
        raise ProtocolError("the guest sent a malformed time to wake it")
    return float(wake) / 1000.0


def _console(parts: Any, dropped: Any, limits: Limits) -> str:
    if not isinstance(parts, str) or not isinstance(dropped, int) or isinstance(dropped, bool):
        raise ProtocolError("the guest sent a malformed console")
    text = parts.encode("utf-8", "surrogatepass")
    if len(text) > limits.console_bytes + 1 or not 0 <= dropped < 2**53:
        raise ProtocolError("the guest printed more than it may")
    # Half a surrogate pair has no UTF-8; what is printed must fit into any log or database.
    shown = text.decode("utf-8", "replace")
    if dropped and not limits.console_cut:
        raise console_too_long(len(text) + dropped, limits)
    return with_cut_noted(shown, dropped)


def _short_reply(parts: Any) -> Exception:
    """What a reply means that has no outcome in it."""
    if parts == [_NO_MEMORY]:
        return GuestMemoryError()
    if parts == [_TOO_LARGE]:
        return GuestResultError()
    if parts == [_REFUSED]:
        return GuestRefusalError("the guest refused a message")
    return ProtocolError("the guest's reply has a wrong shape")


def read_reply(
    reply: bytes, next_id: int, open_calls: int, granted: AbstractSet[str], limits: Limits
) -> Outcome:
    """Reads and checks a reply.

    Args:
        reply: What the guest wrote; untrusted.
        next_id: The id that the next call must have.
        open_calls: How many earlier calls are open still.
        granted: The names that may be called.
        limits: What the guest was told.

    Returns:
        The outcome. After an abort it is `Completed`, with `UNDEFINED`.

    Raises:
        ProtocolError: If the reply is not one that the guest can give here.
        GuestMemoryError: If the step ran out of memory.
        GuestResultError: If the script completed with more than it may.
    """
    parts = decode(reply)
    if type(parts) is not list or len(parts) != 6 or type(parts[3]) is not list:
        raise _short_reply(parts)
    status, printed, dropped, posted, value, last = parts
    console = "" if printed == "" and dropped == 0 else _console(printed, dropped, limits)
    calls = _calls(posted, next_id, granted) if posted else ()
    if type(status) is not int or (status != _SUSPENDED and calls):
        raise ProtocolError("the guest's reply contradicts itself")
    if status == _SUSPENDED:
        if open_calls + len(calls) > limits.calls_in_flight:
            raise ProtocolError("the guest has more calls in flight than it may")
        return Suspended(calls, console, _wake_after_s(last))
    if status == _FAILED:
        error = _script_error(value, limits)
        return Failed(error, console, _rejected(last, next_id))
    if last is not None:
        raise ProtocolError("the guest's reply contradicts itself")
    if open_calls:
        raise ProtocolError("the guest completed while calls are open")
    if status == _SHOWN and type(value) is list and [*map(type, value)] == [str, str]:
        return Completed(Shown(*value), console)
    if status == _COMPLETED:
        return Completed(value, console)
    if status == _IDLE:
        return Completed(UNDEFINED, console)
    raise ProtocolError("the guest's reply has a wrong status")


def max_reply_bytes(limits: Limits) -> int:
    """The longest reply that the guest may give."""
    return limits.message_bytes + limits.console_bytes + _HEAD_BYTES
