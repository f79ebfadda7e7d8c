"""Which machines have an instance now, and what becomes of it afterwards.

An instance takes a tenth of a megabyte at least, four gigabytes of addresses and some of the
mappings that a process may have, and is only a cache of its machine's image. So there are at most
`MOST_LIVE` of them: for another one, the machine that has not taken a step for longest gives up its
own. So it is where the system has no memory for another instance.

An instance comes back when its machine gives it up, or is gone; it is made a fresh one again, and
kept for the next. One that trapped, or whose step was undone, does not come back.
"""

from __future__ import annotations

import contextlib
import time
import weakref
from typing import Final, Protocol

from langchain_quickjs.errors import HostMemoryError
from langchain_quickjs.interpreter.guest.instance import Instance, Module
from langchain_quickjs.interpreter.guest.ticker import Cancellation

__all__ = ["MOST_LIVE", "Lease", "Pool"]

MOST_LIVE: Final = 512
"""How many machines of a process have an instance at a time."""

_MOST_IDLE: Final = 8
_WAIT_S: Final = 2.0
_LOOK_S: Final = 0.005


class Tenant(Protocol):
    """What has an instance."""

    def give_up(self) -> bool:
        """Gives its instance up, and tells whether it did: not while it takes a step."""


class Lease(weakref.ref["Tenant"]):
    """An instance that a machine has."""

    __slots__ = ("instance",)
    instance: Instance


class Pool:
    """The instances that machines have.

    There are no locks in it, because a machine can be gone at any moment, also in the middle of a
    method here: each change is one operation on a dict, which is atomic.

    Args:
        most_live: How many instances there may be at a time, more or less: threads that need one at
            the same moment each get one.
    """

    def __init__(self, most_live: int = MOST_LIVE) -> None:
        self._most_live = most_live
        self._leases: dict[Lease, bool] = {}  # that of the least recently used first
        self._idle: list[Instance] = []

    def lend(
        self,
        tenant: Tenant,
        module: Module,
        memory_bytes: int,
        cancellation: Cancellation,
        *,
        waits: bool = True,
    ) -> Lease:
        """Gives a machine an instance that has booted and run nothing.

        Args:
            tenant: The machine.
            module: The guest.
            memory_bytes: How large its memory may become.
            cancellation: That of the machine.
            waits: Whether to have others give theirs up where the system has no memory.

        Raises:
            HostMemoryError: The system has no memory for it, and nobody could give one up.
        """
        while len(self._leases) >= self._most_live and self._has_one_given_up():
            pass
        patience_s = time.monotonic() + _WAIT_S
        while (instance := self._taken_from_idle(module)) is None:
            try:
                instance = Instance(module, memory_bytes, cancellation)
                break
            except HostMemoryError:
                if not waits:
                    raise
                if not self._has_one_given_up():
                    if time.monotonic() > patience_s:
                        raise
                    time.sleep(_LOOK_S)  # Others may be taking steps, which end.
        instance.begin_again(memory_bytes, cancellation)
        lease = Lease(tenant, self.take_back)
        lease.instance = instance
        self._leases[lease] = True
        return lease

    @property
    def has_room(self) -> bool:
        """Whether nobody has to give an instance up for another one, which may take long."""
        return len(self._leases) < self._most_live

    def used(self, lease: Lease) -> None:
        """Notes that a machine takes a step."""
        if self._leases.pop(lease, False):
            self._leases[lease] = True

    def take_back(self, lease: Lease) -> None:
        """Takes an instance back whose machine has given it up, or is gone."""
        if not self._leases.pop(lease, False):
            return
        module = lease.instance.module
        if sum(idle.module is module for idle in tuple(self._idle)) >= _MOST_IDLE:
            return  # Of many at once, most need not be made fresh.
        if lease.instance.is_fresh_again():
            self._idle.append(lease.instance)
            del self._idle[:-_MOST_IDLE]  # perhaps of a module that nobody uses any more

    def forget(self, lease: Lease) -> None:
        """Forgets an instance that nobody may use again."""
        self._leases.pop(lease, False)

    def _taken_from_idle(self, module: Module) -> Instance | None:
        for instance in reversed(tuple(self._idle)):  # the last is still in the processor's cache
            if instance.module is module:
                with contextlib.suppress(ValueError):  # another thread has taken it
                    self._idle.remove(instance)
                    return instance
        return None

    def _has_one_given_up(self) -> bool:
        """Has whoever can do so first give an instance up, and tells whether one did."""
        if len(self._leases) < self._most_live and self._idle:
            self._idle.clear()  # of other modules, in the way where the system has no memory
            return True
        for lease in tuple(self._leases):
            tenant = lease()
            if tenant is not None and tenant.give_up():
                return True
        return False
