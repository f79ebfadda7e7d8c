"""What handlers of signals raise while a guest runs.

Python runs them in its main thread, between two steps of its own: while a guest runs there, in what
wasmtime calls on a tick. Nothing can be raised through wasmtime. Python would print it, and ctypes
give wasmtime whatever lies on the stack, which is then taken for an error, and freed.

So for as long as a guest runs in that thread, another handler stands in for each. It calls the one
that was there, and keeps what that raises until the guest has stopped. And there has to be room on
Python's stack, in any thread: a tick would raise a `RecursionError` otherwise.
"""

from __future__ import annotations

# What `signal` is made of, which takes ten times as long: it tries to make an enum of each handler.
import _signal  # type: ignore[import-not-found]
import signal
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from langchain_quickjs.interpreter.guest.ticker import Watch

__all__ = ["shielded"]

_T = TypeVar("_T")
_NAMES: Final = ["INT", "TERM", "HUP", "QUIT", "ALRM", "USR1", "USR2", "BREAK"]
# Which there are is not the same on each system.
_SIGNALS: Final = [
    int(getattr(signal, f"SIG{name}")) for name in _NAMES if hasattr(signal, f"SIG{name}")
]
_TICK_CALLS: Final = 10  # More than there are inside each other on a tick.


def shielded(run: Callable[[], _T], watch: Watch) -> _T:
    """Runs a guest.

    Args:
        run: Runs it.
        watch: What it looks at on every tick.

    Raises:
        BaseException: What the handler of a signal has raised meanwhile.
        RecursionError: There is no room on Python's stack.
    """
    _require_room(_TICK_CALLS)
    if threading.get_ident() != threading.main_thread().ident:
        return run()
    stood: list[tuple[int, Any]] = []
    watch.shielded = True
    try:
        for number in _SIGNALS:
            handler = _signal.getsignal(number)
            if callable(handler):
                stood.append((number, handler))
                _signal.signal(number, _in_place_of(handler, watch))
        return run()
    finally:
        for number, handler in stood:
            _signal.signal(number, handler)
        watch.shielded = False
        raised, watch.raised = watch.raised, None
        if raised is not None:
            raise raised from None  # Whatever being stopped has come to is its doing.


def _require_room(calls: int) -> None:
    if calls:
        _require_room(calls - 1)


def _in_place_of(handler: Callable[[int, Any], object], watch: Watch) -> Callable[[int, Any], None]:
    def handle(number: int, frame: Any) -> None:
        try:
            handler(number, frame)
        except BaseException as error:
            # It stands there still if another one raised while they were put back.
            if not watch.shielded:
                raise
            watch.raised = error

    return handle
