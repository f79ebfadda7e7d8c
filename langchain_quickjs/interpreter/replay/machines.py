"""Machines that note what their guest is told, and those of earlier guests.

Both do something about every message, which most machines have no need of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from langchain_quickjs.interpreter.builds.releases import PROTOCOL
from langchain_quickjs.interpreter.guest.image import BOOT, Image
from langchain_quickjs.interpreter.guest.instance import Module
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.interpreter.storage.transcript import Transcript
from langchain_quickjs.interpreter.wire.dialects import as_heard, as_said

__all__ = ["forked", "machine_of", "new_machine", "transcript_of"]

_T = TypeVar("_T")


class _NotingMachine(Machine):
    """A machine that speaks as today's guest does, whatever its own one speaks."""

    transcript: Transcript | None = None

    def step(
        self,
        message: bytes,
        timeout_s: float | None,
        max_reply_bytes: int,
        read: Callable[[bytes], _T],
        memory_bytes: int | None = None,
    ) -> tuple[_T, bytes, float]:
        protocol = self.module.protocol
        heard = as_heard(message, protocol)
        outcome: Any
        outcome, reply, took_s = super().step(
            heard,
            timeout_s,
            max_reply_bytes,
            lambda reply: read(as_said(reply, protocol)),
            memory_bytes,
        )
        if self.transcript is not None:
            # A step that is only repeated beside another one gives no outcome: nobody stores it.
            noted = not isinstance(outcome, bytes)
            self.transcript = self.transcript.with_step(message, outcome) if noted else None
        return outcome, as_said(reply, protocol), took_s


def machine_of(
    module: Module, memory_bytes: int, image: Image = BOOT, transcript: Transcript | None = None
) -> Machine:
    """Makes a machine.

    Args:
        module: The guest, of any build.
        memory_bytes: How large its linear memory may become.
        image: The state to begin with.
        transcript: What the guest was told until it stood there; `None` to note nothing.
    """
    if transcript is None and module.protocol == PROTOCOL:
        return Machine(module, memory_bytes, image)
    machine = _NotingMachine(module, memory_bytes, image)
    machine.transcript = transcript
    return machine


def new_machine(module: Module, memory_bytes: int) -> Machine:
    """Makes a machine that has been told nothing, and notes what it is told."""
    return machine_of(module, memory_bytes, transcript=Transcript())


def forked(machine: Machine, memory_bytes: int) -> Machine:
    """Makes a machine that stands where another one stands."""
    return machine_of(machine.module, memory_bytes, machine.image(), transcript_of(machine))


def transcript_of(machine: Machine) -> Transcript | None:
    """Gives what a machine has noted; `None` if it notes nothing, or there is too much of it."""
    return machine.transcript if isinstance(machine, _NotingMachine) else None
