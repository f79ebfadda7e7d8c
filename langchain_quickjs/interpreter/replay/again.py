"""Runs what is in a transcript again, and refuses if it comes out differently."""

from __future__ import annotations

import time
from collections.abc import Set
from typing import Any

import msgpack

from langchain_quickjs.errors import QuickJSError, SnapshotError
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.script_state import ScriptState
from langchain_quickjs.interpreter.steps import take_step
from langchain_quickjs.interpreter.storage.transcript import Transcript, mark_of

__all__ = ["run_again"]


def run_again(transcript: Transcript, machine: Machine, limits: Limits) -> ScriptState:
    """Brings a fresh guest to where the one stood that the transcript was kept of.

    No call is made: what was called is known, and its result is among the messages.

    Args:
        transcript: What that guest was told.
        machine: The fresh one.
        limits: What each script may use up.

    Returns:
        What the host knows of the script.

    Raises:
        SnapshotError: If a step comes out differently, the transcript contradicts itself, or all of
            it takes longer than one script may.
    """
    state, began_s, most_s = ScriptState(), time.monotonic(), limits.wall_timeout_s
    for number, step in enumerate(transcript.steps, 1):
        if most_s is not None and time.monotonic() - began_s > most_s:
            raise SnapshotError(f"it takes more than {most_s:g} s (limits.wall_timeout_s)")
        try:
            told = _told(step.message, state)
            outcome, state, _ = take_step(machine, state, step.message, limits, **told)
        except QuickJSError as error:
            raise SnapshotError(f"step {number} cannot be taken again ({error})") from error
        if mark_of(outcome) != step.mark:
            raise SnapshotError(f"step {number} makes other calls when it is taken again")
    return state


def _told(message: bytes, state: ScriptState) -> dict[str, Any]:
    """Gives what `take_step` has to know of a message.

    Raises:
        SnapshotError: It cannot follow here.
    """
    try:
        parts = msgpack.unpackb(message, unicode_errors="surrogatepass", strict_map_key=False)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise SnapshotError(f"it is malformed: {error}") from error
    match parts:
        case [0, float(), _, _, [*tools], [*functions], _, str(), str()] if not state.running:
            return {"begins_with": frozenset(map(str, (*tools, *functions)))}
        case [1, float(), _, [*results]] if state.running:
            answered: Set[Any] = set(map(_number, results[::3]))
            if answered <= state.open_calls.keys():
                return {"answered": answered}
        case [2, float()] if state.running:
            return {"answered": state.open_calls.keys(), "gives_up": True}
    raise SnapshotError("it does not follow the one before")


def _number(value: Any) -> int:
    return value if type(value) is int else -1
