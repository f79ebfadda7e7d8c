"""Nothing that is raised while a guest runs, by handlers of signals or on a tick, is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from langchain_quickjs import Interpreter

# In a process of its own: without a shield, most of these interrupts end it.
INTERRUPTED = """
import os, signal, sys, threading
from langchain_quickjs import Interpreter

class Told(Exception): ...

def handle(number, frame):
    raise Told

number = getattr(signal, sys.argv[1])
handler = signal.default_int_handler if number == signal.SIGINT else handle
signal.signal(number, handler)
interpreter = Interpreter()
interpreter.eval("let n = 1; const deep = (k, f) => k ? deep(k - 1, f) : f()")
for k in range(20):
    try:
        threading.Timer(0.03, os.kill, (os.getpid(), number)).start()
        interpreter.eval(f"n = 2; deep({k}, () => {{ for (;;) {{}} }})")
    except (KeyboardInterrupt, Told) as error:
        print(type(error).__name__)
assert signal.getsignal(number) is handler
print(interpreter.eval("n"))
"""

# As near to the end of Python's stack as it begins, and nearer.
DEEP = """
import ctypes, sys
from langchain_quickjs import Interpreter

def deep(calls, run):
    return deep(calls - 1, run) if calls else run()

interpreter, came = Interpreter(), []
for calls in range(sys.getrecursionlimit() - 60, sys.getrecursionlimit()):
    try:
        came.append(deep(calls, lambda: interpreter.eval("for (let i = 0; i < 3e5; i++); 1")))
    except (RecursionError, ctypes.ArgumentError):  # made of one
        came.append(0)
print(came == sorted(came, reverse=True), set(came))
"""


# Each of three signals comes, and is handled, in one tick; and so again until one reaches us.
AT_ONCE = """
import os, signal, threading, time
from langchain_quickjs import Interpreter

class Told(Exception): ...

def handle(number, frame):
    raise Told

NUMBERS = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM]
for number in NUMBERS:
    signal.signal(number, handle)
interpreter, came = Interpreter(), 0

def send():
    time.sleep(0.03)
    for number in NUMBERS:
        os.kill(os.getpid(), number)

for _ in range(20):
    sender = threading.Thread(target=send)
    try:
        sender.start()
        interpreter.eval("for (;;) {}")
    except Told:
        came += 1
    while sender.is_alive():
        try:
            time.sleep(0.01)
        except Told:
            pass
print(came, interpreter.eval("1"))
"""


def ended(program: str, *arguments: str) -> list[str]:
    """What a process of its own has printed."""
    command = [sys.executable, "-c", program, *arguments]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout.split()


def test_a_guest_that_begins_at_the_end_of_the_stack() -> None:
    assert ended(DEEP) == ["True", "{0,", "1}"]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there are no such signals")
@pytest.mark.parametrize(
    ("name", "raised"), [("SIGINT", "KeyboardInterrupt"), ("SIGTERM", "Told"), ("SIGUSR1", "Told")]
)
def test_what_a_handler_raises_stops_the_guest_and_reaches_whoever_runs_it(
    name: str, raised: str
) -> None:
    assert ended(INTERRUPTED, name) == [raised] * 20 + ["1"]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there are no such signals")
def test_handlers_of_several_signals_may_raise_at_once() -> None:
    assert ended(AT_ONCE) == ["20", "1"]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there are no such signals")
def test_a_handler_that_raises_nothing_stops_nothing() -> None:
    handled = threading.Event()

    def handle(number: int, frame: Any) -> None:
        handled.set()

    interpreter, before = Interpreter(), signal.signal(signal.SIGUSR1, handle)
    try:
        threading.Timer(0.03, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        looped = interpreter.eval("let n = 0; for (let i = 0; i < 3e6; i++) n++; n")
        assert looped == 3e6
        while not handled.is_set():
            handled.wait(0.01)
        assert signal.getsignal(signal.SIGUSR1) is handle
    finally:
        signal.signal(signal.SIGUSR1, before)
