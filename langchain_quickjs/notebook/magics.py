"""The commands of IPython: `%%js` cells and `%js` lines."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

from langchain_quickjs.errors import ScriptError, SetupError, ValueTransferError
from langchain_quickjs.interpreter import UNDEFINED, Interpreter, Limits
from langchain_quickjs.interpreter.display.texts import visible
from langchain_quickjs.notebook.cell_program import as_tool, pass_in, run_program
from langchain_quickjs.script.calls.js_names import js_names

__all__ = ["load_ipython_extension"]

_DEFAULT: Final = "default"
_LIMITS: Final = Limits()
_CONSOLE_CHARS: Final = 10**7  # the limits of the interpreter are the ones that cut
_END_OF_OPTIONS: Final = "--"


def load_ipython_extension(ipython: Any) -> None:
    """Gives IPython `%%js` and `%js`, in place of its own `%%js` (`%%javascript` stays).

    Args:
        ipython: The `InteractiveShell`, whose own types do not let functions be registered.
    """
    cells = _Cells(ipython)

    @no_var_expand
    def js(line: str, cell: str | None = None) -> Any:
        return cells.run(line, cell)

    js.__doc__ = _parser().format_help()
    ipython.register_magic_function(js, "line", "js")
    ipython.register_magic_function(js, "cell", "js")


class _Cells:
    """The interpreters of a notebook, and how one of its cells runs.

    Args:
        ipython: Where variables are.
    """

    def __init__(self, ipython: Any) -> None:
        self._ipython = ipython
        self._interpreters: dict[str, Interpreter] = {}
        self._parser = _parser()

    def run(self, line: str, cell: str | None) -> Any:
        """Runs a cell, or a line, and gives its result."""
        if cell is None:
            line, cell = _split(line)
        try:
            options = self._parser.parse_args(shlex.split(line))
        except ValueError as error:  # a quote is open
            raise UsageError(str(error)) from error
        names = _names(options.tools)
        try:
            tools = js_names([as_tool(name, self._variable(name)) for name in names])
            interpreter = self._interpreter(options.name, options.timeout, options.reset)
        except SetupError as error:
            raise UsageError(str(error)) from error
        for name in _names(options.input):
            _pass(interpreter, name, self._variable(name))
        value = run_program(interpreter, cell, tools, _write) if cell.strip() else UNDEFINED
        value = None if value is UNDEFINED else value
        if options.output is None:
            return value
        self._ipython.push({options.output: value})
        return None

    def _interpreter(self, name: str, timeout_s: float | None, reset: bool) -> Interpreter:
        known = None if reset else self._interpreters.get(name)
        limits = _LIMITS if timeout_s is None else replace(_LIMITS, step_timeout_s=timeout_s)
        if known is None:
            interpreter = Interpreter(limits=limits)
        elif known.limits == limits:
            interpreter = known
        else:
            interpreter = Interpreter.with_heap(known.heap(), limits=limits)
        self._interpreters[name] = interpreter
        return interpreter

    def _variable(self, name: str) -> object:
        try:
            return self._ipython.user_ns[name]
        except KeyError:
            raise UsageError(f"there is no Python variable {name!r}") from None


def _pass(interpreter: Interpreter, name: str, value: object) -> None:
    try:
        pass_in(interpreter, name, value)
    except ScriptError:
        raise UsageError(f"{name!r} cannot be the name of a variable in JavaScript") from None
    except ValueTransferError as error:
        raise UsageError(f"the variable {name!r} cannot be passed in: {error}") from error


def _split(line: str) -> tuple[str, str]:
    """Splits a line into its options, which end with `--`, and its program."""
    if not line.lstrip().startswith("-"):
        return "", line
    options, _, program = f"{line} ".partition(f" {_END_OF_OPTIONS} ")
    return options, program


def _names(lists: Iterable[str] | None) -> list[str]:
    return [name.strip() for names in lists or () for name in names.split(",") if name.strip()]


def _write(text: str) -> None:
    sys.stdout.write(visible(text, _CONSOLE_CHARS))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def _parser() -> _Parser:
    parser = _Parser(
        prog="%%js",
        add_help=False,
        description=(
            "Runs JavaScript in a sandbox of langchain_quickjs. What it declares stays for the "
            "next cells; its last expression is the result. A line, `%js 1 + 1`, has options only "
            "if it begins with one, and they end with ` -- `: `%js -i xs -- xs.length`."
        ),
    )
    parser.add_argument(
        "-i",
        "--input",
        action="append",
        metavar="NAMES",
        help="Python variables, copied in: -i a,b",
    )
    parser.add_argument(
        "-o", "--output", metavar="NAME", help="Python variable for the result, not shown then"
    )
    parser.add_argument(
        "-t",
        "--tools",
        action="append",
        metavar="NAMES",
        help="Python functions that the program may call: -t fetch_order for tools.fetchOrder({})",
    )
    parser.add_argument(
        "-n", "--name", default=_DEFAULT, help="which interpreter; each has its own variables"
    )
    parser.add_argument("--reset", action="store_true", help="begin with a new interpreter")
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="how long the program may compute"
    )
    return parser
