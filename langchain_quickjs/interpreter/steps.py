"""One step of a script: a message goes in, and a reply that is checked comes out.

    take_step(machine, state, message) -> (outcome, state', reply)

A step is a transaction: everything is as the reply says, or an error is raised and nothing has
changed.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Set
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from langchain_quickjs.errors import (
    MemoryLimitError,
    ProtocolError,
    QuickJSError,
    ScriptCancelledError,
    StackLimitError,
    TimeLimitError,
)
from langchain_quickjs.interpreter.advice.excerpts import with_place
from langchain_quickjs.interpreter.advice.limit_errors import (
    out_of_memory,
    out_of_stack,
    out_of_time,
    result_too_large,
)
from langchain_quickjs.interpreter.advice.near_names import with_suggestion
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.outcomes import (
    Call,
    CallResult,
    Completed,
    Failed,
    Outcome,
    Raised,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.script_state import ScriptState
from langchain_quickjs.interpreter.wire.decode import decode
from langchain_quickjs.interpreter.wire.open_bytes import most_open_bytes, sizes_of
from langchain_quickjs.interpreter.wire.protocol import (
    GuestMemoryError,
    GuestResultError,
    abort_message,
    max_reply_bytes,
    read_reply,
    resume_message,
)

__all__ = [
    "SMALL_MEMORY_BYTES",
    "NotBriefError",
    "Taken",
    "give_up",
    "repeat_step",
    "take_step",
    "taken",
]

SMALL_MEMORY_BYTES: Final = 8 * 1024 * 1024
"""How large a memory may become in a brief step: nothing stops what the engine does to all of it in
a single instruction."""

_NONE: Final[Mapping[int, Any]] = MappingProxyType({})
# What is over sooner, and says less, takes less time than to hand it to another thread and back.
# The clock looks every ten milliseconds.
_BRIEF_S: Final = 0.002
_BRIEF_BYTES: Final = 16 * 1024
# Of a named tuple's own constructor, most is the sorting of its arguments.
_state: Final = tuple.__new__


class NotBriefError(Exception):
    """A step was to be brief, and is not; it never happened."""


class Taken(NamedTuple):
    """A step that an interpreter has taken, and its forks can take too.

    Attributes:
        message: What the guest was given.
        reply: What it replied.
        after: What is known of the script since.
        answered: The calls that were answered.
        now_s: What time the script was told.
        entropy: What its randomness depends on from there on, if that was given.
    """

    message: bytes
    reply: bytes
    after: ScriptState
    answered: Set[int]
    now_s: float
    entropy: bytes | None

    def results(self) -> dict[int, CallResult]:
        """What the calls came to, read from the message: nobody has changed it since."""
        _, _, _, parts = decode(self.message, own=True)
        triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        return {n: Raised(*value) if failed else Returned(value) for n, failed, value in triples}


def taken(fields: tuple[Any, ...]) -> Taken:
    """A step of these fields."""
    return tuple.__new__(Taken, fields)


def take_step(
    machine: Machine,
    state: ScriptState,
    message: bytes,
    limits: Limits,
    answered: Set[int] = frozenset(),
    *,
    begins_with: frozenset[str] | None = None,
    gives_up: bool = False,
    source: str | None = None,
    brief: bool = False,
    memory_bytes: int | None = None,
) -> tuple[Outcome, ScriptState, bytes]:
    """Lets the guest handle a message.

    Args:
        machine: The guest.
        state: What is known of the script, or of the last one if the step begins another.
        message: What the guest gets.
        limits: What the script may use up.
        answered: The open calls that the message answers.
        begins_with: The names that the script may call, if the step begins one.
        gives_up: Whether the message gives the script up.
        source: The script, if it is at hand: an error shows where it was stopped.
        brief: Whether the step is only to happen if it is over at once, and says little.
        memory_bytes: How large the memory may become in this step, if not as large as ever.

    Returns:
        What came of it, what is known of the script from now on, and the guest's reply.

    Raises:
        LimitError: The script reached a limit.
        ProtocolError: The guest's reply is not one that it can give here.
        NotBriefError: It was to be brief and was not, or one of these errors came of it.
    """
    if brief:
        return _take_brief_step(machine, state, message, limits, answered=answered, source=source)
    next_id, _, open_calls, open_sizes, granted, spent_s, calls_made = state
    if begins_with is not None:
        granted, spent_s, calls_made = begins_with, 0.0, 0
    still_open: dict[int, Call] = {}
    sizes: dict[int, int] = {}
    if len(answered) < len(open_calls):
        still_open = {n: call for n, call in open_calls.items() if n not in answered}
        sizes = {n: size for n, size in open_sizes.items() if n not in answered}

    def read(reply: bytes) -> Outcome:
        outcome = read_reply(reply, next_id, len(still_open), granted, limits)
        if not isinstance(outcome, Suspended):
            if len(reply) > limits.result_bytes:
                _check_result_size(outcome, len(reply), limits)
            return outcome
        if gives_up:
            raise ProtocolError("the guest did not give the script up")
        if limits.calls is not None and calls_made + len(outcome.calls) > limits.calls:
            raise ProtocolError("the guest made more calls than it may")
        sizes.update(sizes_of(outcome.calls, len(reply)))
        if sizes and sum(sizes.values()) > most_open_bytes(limits):
            raise ProtocolError("the guest has more in open calls than it may")
        return outcome

    timeout_s, most_bytes = _time_left_s(limits, spent_s), max_reply_bytes(limits)
    try:
        outcome, reply, took_s = machine.step(message, timeout_s, most_bytes, read, memory_bytes)
    except TimeLimitError as error:
        place = None if error.line is None else (error.line, error.column or 1)
        raise with_place(out_of_time(limits, spent_s, place), source) from None
    except GuestResultError:
        raise result_too_large(limits) from None
    except (GuestMemoryError, MemoryLimitError):
        raise out_of_memory(limits) from None
    except StackLimitError:
        raise out_of_stack() from None
    spent_s += took_s
    if isinstance(outcome, Suspended):
        calls = outcome.calls
        for call in calls:
            still_open[call.id] = call
        next_id, calls_made = next_id + len(calls), calls_made + len(calls)
        known = (next_id, True, still_open, sizes, granted, spent_s, calls_made)
        return outcome, _state(ScriptState, known), reply
    after = _state(ScriptState, (next_id, False, _NONE, _NONE, granted, spent_s, calls_made))
    return _explained(outcome, after) if isinstance(outcome, Failed) else outcome, after, reply


def _take_brief_step(
    machine: Machine, state: ScriptState, message: bytes, limits: Limits, **options: Any
) -> tuple[Outcome, ScriptState, bytes]:
    if not machine.is_at_hand:
        raise NotBriefError
    try:
        most = min(limits.memory_bytes, SMALL_MEMORY_BYTES)
        return take_step(machine, state, message, _brief(limits), memory_bytes=most, **options)
    except ScriptCancelledError:
        raise
    except QuickJSError:
        raise NotBriefError from None


@functools.lru_cache(maxsize=16)
def _brief(limits: Limits) -> Limits:
    step_s, most_bytes = limits.step_timeout_s, min(limits.message_bytes, _BRIEF_BYTES)
    timeout_s = _BRIEF_S if step_s is None else min(step_s, _BRIEF_S)
    return replace(limits, step_timeout_s=timeout_s, message_bytes=most_bytes)


def repeat_step(
    machine: Machine,
    state: ScriptState,
    step: Taken,
    results: Mapping[int, CallResult] | None,
    *,
    limits: Limits,
    timeout_s: float,
) -> tuple[tuple[Outcome, Outcome] | None, ScriptState]:
    """Takes a step that another interpreter has taken, which stood where this one stands.

    Args:
        machine: The guest.
        state: What is known of the script.
        step: The step.
        results: What calls came to in this one, if not to the same.
        limits: What the script may use up.
        timeout_s: How long the step may compute, if that is less than the limits say.

    Returns:
        What came of it there and here, `None` if the same; and what is known of the script then,
        if it has made the same calls.

    Raises:
        LimitError: The script reached a limit here.
        ProtocolError: The guest's reply is not one that it can give.
    """
    message, left_s = step.message, _time_left_s(limits, state.spent_s)
    if results is not None:
        message = resume_message(results, now_s=step.now_s, limits=limits, entropy=step.entropy)
    if left_s is not None:
        timeout_s = min(left_s, timeout_s)
    reply, _, took_s = machine.step(message, timeout_s, max_reply_bytes(limits), bytes)
    next_id, running, open_calls, sizes, granted, _, calls_made = step.after
    known = (next_id, running, open_calls, sizes, granted, state.spent_s + took_s, calls_made)
    after = _state(ScriptState, known)
    if reply == step.reply:
        return None, after
    still_open = len(state.open_calls.keys() - step.answered)

    def read(one: bytes) -> Outcome:
        return read_reply(one, state.next_id, still_open, granted, limits)

    try:
        return (read(step.reply), read(reply)), after
    except (GuestMemoryError, GuestResultError):
        raise out_of_memory(limits) from None


def give_up(machine: Machine, state: ScriptState, now_s: float, limits: Limits) -> ScriptState:
    """Lets the guest give a script up, also one that has used up its time and its calls."""
    message = abort_message(now_s=now_s)
    state = state._replace(spent_s=0.0, calls_made=0)
    answered = state.open_calls.keys()
    return take_step(machine, state, message, limits, answered, gives_up=True)[1]


def _time_left_s(limits: Limits, spent_s: float) -> float | None:
    """Gives how long the next step of a script may compute, which has computed for `spent_s`."""
    step_s, script_s = limits.step_timeout_s, limits.script_timeout_s
    if script_s is None:
        return step_s
    left_s = max(script_s - spent_s, 0.0)
    return left_s if step_s is None else min(step_s, left_s)


def _check_result_size(outcome: Outcome, reply_bytes: int, limits: Limits) -> None:
    """Checks whether a reply of so many bytes has a result that is larger than it may be.

    The guest was told.

    Raises:
        ResultLimitError: Its result is larger than it may be.
    """
    if isinstance(outcome, Completed):
        size = reply_bytes - len(outcome.console.encode("utf-8"))
        if size > limits.result_bytes:
            raise result_too_large(limits)


def _explained(outcome: Failed, state: ScriptState) -> Failed:
    """Gives a failure as it is told.

    A script may have kept the error of an earlier script's call, which is none of its own calls.
    """
    call_id, first_id = outcome.call_id, state.next_id - state.calls_made
    if call_id is not None and call_id < first_id:
        call_id = None
    error = with_suggestion(outcome.error, state.granted)
    return replace(outcome, error=error, call_id=call_id)
