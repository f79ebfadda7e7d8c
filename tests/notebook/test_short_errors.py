"""What IPython prints of our errors: what was wrong and the user's own lines."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from langchain_quickjs import DecisionError, QuickJSError, ScriptError
from tests.helpers.shells import Shell

AGENT = """
import warnings
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from langchain_quickjs import CodeInterpreterMiddleware, DecisionError, Interpreter, Limits
from tests.helpers.models import programs

def pay(amount: int) -> str:
    "Pays."
    return f"paid {amount}"

middleware = CodeInterpreterMiddleware(ptc=[pay], interrupt_on={"pay": True}EXTRA)
agent = create_agent(
    programs("await tools.pay({amount: 3})"), [], middleware=[middleware],
    checkpointer=InMemorySaver(),
)
config = {"configurable": {"thread_id": "1"}}
paused = agent.invoke({"messages": [("user", "pay")]}, config)
"""
UNFIT = 'agent.invoke(Command(resume={"decisions": [{"type": "maybe"}]}), config)'


@pytest.fixture
def asking(shell: Shell) -> Shell:
    """A shell with an agent that waits, and raises where an answer does not fit."""
    # Where the parameter exists, its default asks again.
    assert shell.run(AGENT.replace("EXTRA", ", on_unfit_answer='raise'")) == ""
    return shell


def test_an_unfit_answer_is_told_in_some_lines(asking: Shell) -> None:
    printed = asking.run(f"def answer():\n    {UNFIT}\n\nanswer()")
    lines = printed.splitlines()
    assert lines[0].startswith("DecisionError: Decision 1 (for pay) must have a type out of")
    assert lines[2:] == [
        "Cell In[3], line 4",
        "----> 4 answer()",
        "",
        "Cell In[3], line 2",
        f"----> 2 {UNFIT}",
        "",
        lines[-1],
    ]
    assert lines[-1].endswith("frames of libraries are left out: %tb Verbose shows all.)")


def test_the_whole_traceback_is_there_to_be_seen(asking: Shell) -> None:
    asking.run(UNFIT)
    assert len(asking.run("%tb Verbose").splitlines()) > 200
    assert len(asking.run("%tb").splitlines()) < 10
    assert len(asking.run("%tb Minimal").splitlines()) == 1
    assert len(traceback.format_exception(sys.last_value)) > 20


def test_a_mistake_loses_nothing(asking: Shell) -> None:
    asking.run(UNFIT)
    printed = asking.run(
        'agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), config)'
        '["messages"][-2].text'
    )
    assert "paid 3" in printed


def test_errors_of_awaited_cells_are_short_too(asking: Shell) -> None:
    printed = asking.run(f"await {UNFIT.replace('invoke', 'ainvoke')}")
    assert printed.startswith("DecisionError: ")
    assert len(printed.splitlines()) < 10


def test_a_script_error_shows_the_line_of_the_program(shell: Shell) -> None:
    shell.run("from langchain_quickjs import Interpreter")
    printed = shell.run("Interpreter().eval('''const order = null;\norder.price''')")
    assert printed.splitlines()[:6] == [
        "ScriptError: TypeError: cannot read property 'price' of null (line 2, column 7)",
        "",
        "    order.price",
        "          ^",
        "",
        "Cell In[3], line 1",
    ]


def test_values_are_shown_as_text_in_a_terminal(shell: Shell) -> None:
    shell.run("from langchain_quickjs import Interpreter")
    assert shell.run("Interpreter().start('6 * 7')") == "Out[3]: Completed: 42\n"
    assert shell.run("Interpreter()").startswith("Out[4]: <Interpreter idle, ")


def test_causes_and_notes_are_told(shell: Shell) -> None:
    shell.run(
        "from langchain_quickjs import SetupError\n"
        "try:\n    {}['key']\nexcept KeyError as error:\n    wrong = SetupError('no \\u202e')\n"
        "    wrong.add_note('a note')\n    wrong.add_note('During task with name x')\n"
        "    wrong.__cause__ = error"
    )
    printed = shell.run("raise wrong")
    assert printed.splitlines() == [
        "SetupError: no \\u202e",
        "a note",
        "",
        "Cell In[3], line 1",
        "----> 1 raise wrong",
        "",
        "Caused by KeyError: 'key'",
        "",
        "Cell In[2], line 3",
        "----> 3 {}['key']",
        "",
        printed.splitlines()[-1],
    ]


def test_elsewhere_nothing_changes(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from langchain_quickjs import Interpreter\nInterpreter().eval('null.x')\n")
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        check=False,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ended.stderr.startswith("Traceback (most recent call last):")
    assert "in eval" in ended.stderr
    assert "IPython" not in ended.stderr


def test_our_errors_alone_are_short() -> None:
    assert hasattr(DecisionError("x"), "_render_traceback_")
    assert not hasattr(ValueError("x"), "_render_traceback_")


def test_without_ipython_the_lines_can_be_had() -> None:
    code = (
        "import sys; from langchain_quickjs import ScriptError\n"
        "assert 'IPython' not in sys.modules\n"
        "print(ScriptError('Error', 'no')._render_traceback_())\n"
        "assert 'IPython' not in sys.modules"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ended.stdout == "['ScriptError: Error: no']\n"


def test_an_error_that_cannot_say_anything_is_shown_all_the_same() -> None:
    class WordlessError(QuickJSError):
        def __str__(self) -> str:
            raise RuntimeError

    assert WordlessError()._render_traceback_() == [
        "WordlessError: (a WordlessError without a text)"
    ]
    assert ScriptError("E", "x" * 10**6)._render_traceback_()[0].count("x") < 3000
