"""The program of a cell, run to its end: its calls are made here, and its output is shown.

A call is what it is in an agent: `tools.fetchOrder({ order_id: "A-1" })`, with arguments that the
function's annotations take. So what runs in a cell runs in an agent as it is.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Final

from langchain_core.tools import BaseTool, StructuredTool

from langchain_quickjs.errors import SetupError, ValueTransferError
from langchain_quickjs.interpreter import (
    Call,
    CallResult,
    Completed,
    Failed,
    Interpreter,
    Outcome,
    Raised,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.advice.limit_errors import out_of_wall_time
from langchain_quickjs.quoting import error_text
from langchain_quickjs.script.arguments.tool_arguments import arguments_of

__all__ = ["as_tool", "pass_in", "run_program"]

_FROM_PYTHON: Final = "pythonValue"


def as_tool(name: str, function: object) -> BaseTool:
    """Makes a tool of a Python function; one of LangChain's tools is one already.

    Raises:
        SetupError: It cannot be called by programs.
    """
    if isinstance(function, BaseTool):
        return function
    if not callable(function):
        raise SetupError(f"`{name}` is no function: it is {type(function).__name__}.")
    is_async = inspect.iscoroutinefunction(function)
    try:
        return StructuredTool.from_function(
            func=None if is_async else function,
            coroutine=function if is_async else None,
            name=name,
            description=inspect.getdoc(function) or name,
        )
    except (TypeError, ValueError, NameError) as error:
        raise SetupError(
            f"`{name}` cannot be called by programs ({error_text(error)}); give it named "
            "parameters with annotations, or wrap it in a function that has them."
        ) from error


def pass_in(interpreter: Interpreter, name: str, value: object) -> None:
    """Gives the programs of an interpreter a variable with a copy of a Python value.

    Raises:
        ScriptError: JavaScript has no variables of this name.
        ValueTransferError: The value cannot cross.
    """
    try:
        outcome = interpreter.start(
            f"var {name}; {name} = await {_FROM_PYTHON}(); void 0", functions=[_FROM_PYTHON]
        )
        if isinstance(outcome, Suspended):
            outcome = interpreter.resume({outcome.calls[0].id: Returned(value)})
        if isinstance(outcome, Failed):
            raise outcome.error
    finally:
        _give_up(interpreter)


def run_program(
    interpreter: Interpreter,
    source: str,
    tools: Mapping[str, BaseTool],
    write: Callable[[str], object],
) -> Any:
    """Runs a program, makes its calls, and waits for its timers.

    Functions run here, one after the other; asynchronous ones run at the same time, on an event
    loop that all cells share, in a thread of its own: the loop of the notebook waits for this cell.

    Args:
        interpreter: Where it runs.
        source: The program.
        tools: What it may call, by the names that it uses.
        write: Shows what it prints.

    Returns:
        Its result.

    Raises:
        ScriptError: It threw; the cause is the exception of the function that failed, if that was
            why.
        LimitError: It reached a limit.
    """
    running = _Running(interpreter, tools)
    try:
        outcome = interpreter.start(source, tools=list(tools))
        while True:
            write(outcome.console)
            if isinstance(outcome, Completed):
                return outcome.value
            if isinstance(outcome, Failed):
                raise outcome.error from running.raised.get(outcome.call_id)
            outcome = running.next_outcome(outcome)
    finally:
        running.stop()
        _give_up(interpreter)


class _Running:
    """The calls of a program that runs."""

    def __init__(self, interpreter: Interpreter, tools: Mapping[str, BaseTool]) -> None:
        self._interpreter = interpreter
        self._tools = tools
        self._open: dict[int, Future[Any]] = {}
        self._waited_s = 0.0
        self.raised: dict[int | None, BaseException] = {}

    def next_outcome(self, outcome: Suspended) -> Outcome:
        """Makes the calls that a step has made, and waits for the end of one, or for a timer."""
        for call in outcome.calls:
            self._open[call.id] = self._begun(call)
        if not self._open:
            self._sleep(outcome.wake_after_s or 0.0)
            return self._interpreter.resume({})
        wait(self._open.values(), outcome.wake_after_s, FIRST_COMPLETED)
        ended = next((number for number, call in self._open.items() if call.done()), None)
        if ended is None:
            return self._interpreter.resume({})
        try:
            return self._interpreter.resume({ended: self._result(ended)})
        except ValueTransferError as error:
            self.raised[ended] = error
            return self._interpreter.resume({ended: Raised.of(error)})

    def stop(self) -> None:
        """Cancels the calls that nobody waits for any more."""
        for call in self._open.values():
            call.cancel()

    def _begun(self, call: Call) -> Future[Any]:
        tool = self._tools[call.name]
        args = arguments_of(tool).of_call(call)
        if isinstance(args, Raised):
            return _ended(lambda: args)
        if getattr(tool, "coroutine", None) is not None:
            return asyncio.run_coroutine_threadsafe(tool.ainvoke(args), _loop())
        return _ended(lambda: tool.invoke(args))

    def _result(self, number: int) -> CallResult:
        future = self._open.pop(number)
        error = future.exception()
        if error is not None:
            self.raised[number] = error
            return Raised.of(error)
        value = future.result()
        return value if isinstance(value, Raised) else Returned(value)

    def _sleep(self, seconds: float) -> None:
        self._waited_s += seconds
        limits = self._interpreter.limits
        spent_s = self._waited_s + self._interpreter.spent_s
        if limits.wall_timeout_s is not None and spent_s > limits.wall_timeout_s:
            raise out_of_wall_time(limits)
        time.sleep(seconds)


def _ended(run: Callable[[], Any]) -> Future[Any]:
    """Runs a function here. What is no mistake of its own, like Ctrl-C, ends the cell."""
    future: Future[Any] = Future()
    try:
        future.set_result(run())
    except Exception as error:
        future.set_exception(error)
    return future


def _give_up(interpreter: Interpreter) -> None:
    if interpreter.running:
        interpreter.abort()


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="quickjs-cells", daemon=True).start()
    return loop
