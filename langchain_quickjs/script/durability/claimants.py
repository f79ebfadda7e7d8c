"""Whether whoever made a claim is still at work, as far as that can be told.

An answer is claimed once. If the process that claimed it has died, whoever comes next goes on with
that answer; if it is alive, nobody else may. Between machines there is only time to go by.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import threading
import time
import weakref
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

__all__ = [
    "alone_in",
    "begin_work",
    "end_all_work",
    "end_work",
    "is_alone_in",
    "is_at_work_here",
    "may_be_at_work",
    "name_of_this_process",
]

# How long a claim counts as being worked on where its owner cannot be seen. Whoever comes later
# takes it over, and people are asked once more about calls that have begun meanwhile.
_FRESH_S: Final = 30.0

_lock: Final = threading.Lock()
# By weak references: a run that nobody has any more is not at work.
_working: Final[dict[str, weakref.ref[Any]]] = {}
# The runs that have worked on something, by their identities.
_known: Final[dict[int, weakref.ref[Any]]] = {}
# The threads of LangGraph that nobody else runs meanwhile, because whoever runs them holds a lock.
_alone: Final[ContextVar[frozenset[str]]] = ContextVar(
    "langchain_quickjs_alone", default=frozenset()
)


class _Unknown:
    """Stands for runs that LangGraph does not tell apart."""


_UNKNOWN: Final = _Unknown()


def name_of_this_process() -> str:
    """A name for this process; no other one has ever had it on this machine."""
    return _named(os.getpid())


@contextlib.contextmanager
def alone_in(thread_id: str) -> Iterator[None]:
    """Lets runs of a thread know that no other process is at work on it."""
    token = _alone.set(_alone.get() | {thread_id})
    try:
        yield
    finally:
        _alone.reset(token)


def is_alone_in(thread_id: str) -> bool:
    """Whether no other process is at work on a thread, so that it need not be waited for."""
    return thread_id in _alone.get()


def begin_work(nonce: str, run: Any) -> bool:
    """Notes that a run in this process works on what was claimed under this number.

    Returns:
        Whether it is the first that this run works on: when it ends, somebody has to say so.
    """
    found = _UNKNOWN if run is None else run
    with _lock:
        _working[nonce] = weakref.ref(found, lambda _: _working.pop(nonce, None))
        if (key := id(found)) in _known:
            return False
        _known[key] = weakref.ref(found, lambda _: _known.pop(key, None))
        return True


def is_at_work_here(nonce: str, run: object) -> bool:
    """Whether this run works on what was claimed under this number."""
    with _lock:
        return nonce in _working and _working[nonce]() is (_UNKNOWN if run is None else run)


def end_work(nonce: str) -> None:
    """Notes that nobody in this process works any longer on what was claimed under this number."""
    with _lock:
        _working.pop(nonce, None)


def end_all_work(run: object) -> None:
    """Notes that a run in this process has ended, however it did."""
    with _lock:
        for nonce in [nonce for nonce, working in list(_working.items()) if working() is run]:
            del _working[nonce]


def may_be_at_work(owner: str, nonce: str, taken_s: float) -> bool:
    """Whether a process that claimed something may still be working on it.

    Args:
        owner: The process, by its name.
        nonce: The number under which it made the claim.
        taken_s: When it did, in seconds since the epoch.
    """
    if owner == name_of_this_process():
        with _lock:
            return nonce in _working
    if not _may_live(owner):
        return False
    return abs(time.time() - taken_s) < _FRESH_S


@functools.lru_cache(maxsize=8)
def _named(pid: int) -> str:
    return "|".join((*_machine(), str(pid), _start_of(pid) or ""))


@functools.cache
def _machine() -> tuple[str, str]:
    """This machine since it was started, and the namespace that its process ids belong to."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return boot, os.readlink("/proc/self/ns/pid")
    except OSError:
        return socket.gethostname(), ""


def _start_of(pid: int) -> str | None:
    """When a process was started, as the kernel counts; `None` if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]


def _may_live(owner: str) -> bool:
    *machine, pid, start = owner.split("|")
    if tuple(machine) != _machine() or not start or not pid.isdecimal():
        return True  # It cannot be seen from here.
    return _start_of(int(pid)) == start


# Looked up before there is an event loop, in which servers refuse whatever might block.
name_of_this_process()
