"""`%%js` cells and `%js` lines, in IPython's real shell."""

from __future__ import annotations

import pytest

from tests.helpers.shells import Shell


def test_what_a_cell_declares_stays_and_its_last_expression_is_the_result(shell: Shell) -> None:
    assert shell.run("%%js\nconst xs = [1, 2, 3];\nxs.length") == "Out[2]: 3\n"
    assert shell.run("_ + 1") == "Out[3]: 4\n"
    assert shell.run("%%js\nxs.map(x => x * x)") == "Out[4]: [1, 4, 9]\n"


def test_a_line_is_an_expression(shell: Shell) -> None:
    shell.run("total = %js [1, 2, 3].reduce((a, b) => a + b)")
    assert shell.value("total") == 6
    assert shell.run("%js ({a: `${1 + 1}`})") == "Out[3]: {'a': '2'}\n"


def test_variables_go_in_by_name_as_copies(shell: Shell) -> None:
    shell.run("orders = [{'price': 35.5}, {'price': 80}]; rate = 2")
    printed = shell.run("%%js -i orders,rate\norders[0].price = 0; orders[1].price * rate")
    assert printed == "Out[3]: 160\n"
    assert shell.value("orders")[0] == {"price": 35.5}
    assert shell.run("%js -i orders -- orders.length") == "Out[4]: 2\n"
    assert shell.run("%js orders[0].price") == "Out[5]: 35.5\n"


def test_a_name_goes_in_again_over_a_constant(shell: Shell) -> None:
    shell.run("%%js\nconst xs = 1")
    shell.run("xs = [2]")
    assert shell.run("%%js -i xs\nxs[0]") == "Out[4]: 2\n"


def test_a_result_comes_back_by_name_and_is_not_shown(shell: Shell) -> None:
    assert shell.run("%%js -o found\n({ids: new Set([1, 2])})") == ""
    assert shell.run("sorted(found['ids'])").endswith("[1, 2]\n")


@pytest.mark.parametrize("program", ["const x = 1", "undefined", "null", " "])
def test_nothing_is_shown_where_there_is_no_result(shell: Shell, program: str) -> None:
    assert shell.run(f"%%js\n{program}\n") == ""


def test_the_console_is_output(shell: Shell) -> None:
    printed = shell.run(
        "%%js\nconsole.log('one', {a: 1});\nawait null;\nconsole.log('\\x1b[31mtwo')"
    )
    assert printed.splitlines() == ["one { a: 1 }", "\\u001b[31mtwo"]


def test_interpreters_have_names(shell: Shell) -> None:
    shell.run("%%js\nvar x = 1")
    shell.run("%%js --name other\nvar x = 2")
    assert shell.run("%js x") == "Out[4]: 1\n"
    assert shell.run("%js -n other -- x") == "Out[5]: 2\n"


def test_reset_begins_anew(shell: Shell) -> None:
    shell.run("%%js\nvar x = 1")
    assert shell.run("%%js --reset\ntypeof x") == "Out[3]: 'undefined'\n"
    shell.run("%%js\nvar x = 1")
    assert shell.run("%js --reset") == ""
    assert shell.run("%js typeof x") == "Out[6]: 'undefined'\n"


FUNCTIONS = '''
import asyncio, threading
ran = []

def fetch_order(order_id: str, *, fast: bool = False) -> dict:
    """Fetches an order."""
    ran.append((order_id, threading.current_thread() is threading.main_thread()))
    if order_id == "gone":
        raise LookupError("no such order")
    return {"id": order_id, "price": 80}

reached = asyncio.Event()

async def arrive():
    reached.set()
    return "first"

async def wait_for_it():
    await reached.wait()
    return "second"

async def hang():
    await asyncio.sleep(3600)
'''


def test_functions_are_called_as_in_agents(shell: Shell) -> None:
    shell.run(FUNCTIONS)
    printed = shell.run("%%js -t fetch_order\n(await tools.fetchOrder({order_id: 'A-1'})).price")
    assert printed == "Out[3]: 80\n"
    assert shell.value("ran") == [("A-1", True)]


def test_arguments_are_those_that_annotations_take(shell: Shell) -> None:
    shell.run(FUNCTIONS)
    printed = shell.run("%%js -t fetch_order\nawait tools.fetchOrder({order_id: 1})")
    assert "fetchOrder" in printed
    assert "order_id" in printed
    printed = shell.run("%%js -t fetch_order\nawait tools.fetchOrder('A-1')")
    assert "takes one object with named arguments" in printed
    assert shell.value("ran") == []


def test_asynchronous_functions_run_at_the_same_time(shell: Shell) -> None:
    shell.run(FUNCTIONS)
    program = "await Promise.all([tools.waitForIt(), tools.arrive()])"
    assert shell.run(f"%%js -t wait_for_it,arrive\n{program}") == "Out[3]: ['second', 'first']\n"


def test_timers_go_on_while_calls_run(shell: Shell) -> None:
    shell.run(FUNCTIONS)
    program = "await Promise.race([tools.hang(), new Promise(r => setTimeout(r, 5, 'late'))]); 'on'"
    # A program ends when its calls have: this one fails instead, and its call is cancelled.
    printed = shell.run(f"%%js -t hang\n{program.replace(chr(39) + 'on' + chr(39), 'null.x')}")
    assert "cannot read property 'x' of null" in printed
    assert shell.run("%js await new Promise(r => setTimeout(r, 5, 'woken'))") == "Out[4]: 'woken'\n"


def test_a_program_catches_what_a_function_raises(shell: Shell) -> None:
    shell.run(FUNCTIONS)
    program = "try { await tools.fetchOrder({order_id: 'gone'}) } catch (e) { e.message }"
    assert shell.run(f"%%js -t fetch_order\n{program}") == "Out[3]: 'no such order'\n"


def test_what_a_function_raises_is_shown_with_its_line_and_no_more(shell: Shell) -> None:
    shell.run(FUNCTIONS)
    program = "const id = 'gone';\nawait tools.fetchOrder({order_id: id})"
    printed = shell.run(f"%%js -t fetch_order\n{program}")
    assert printed.startswith("ScriptError: LookupError: no such order (line 2, column ")
    assert "\n    await tools.fetchOrder({order_id: id})\n     " in printed
    assert "Caused by LookupError: no such order" in printed
    assert printed.endswith('Cell In[2], line 8\n----> 8 raise LookupError("no such order")\n')
    assert len(printed.splitlines()) == 9


def test_a_result_of_a_function_that_cannot_cross_is_an_error_of_the_call(shell: Shell) -> None:
    shell.run("def odd(): return lambda: 0")
    program = "try { await tools.odd() } catch (e) { e.name }"
    assert shell.run(f"%%js -t odd\n{program}") == "Out[3]: 'ValueTransferError'\n"


def test_tools_of_langchain_are_functions_too(shell: Shell) -> None:
    shell.run(
        "from langchain_core.tools import tool\n@tool\ndef add_up(xs: list[int]) -> int:\n"
        "    'Adds.'\n    return sum(xs)"
    )
    assert shell.run("%%js -t add_up\nawait tools.addUp({xs: [1, 2]})") == "Out[3]: 3\n"


def test_the_time_to_compute_can_be_set_for_a_cell(shell: Shell) -> None:
    shell.run("%%js\nvar kept = 7")
    printed = shell.run("%%js --timeout 0.05\n1;\nwhile (true) Math.sin(1)")
    assert printed.startswith("TimeLimitError: the script computed for more than 0.05 s")
    assert "while (true) Math.sin(1)" in printed
    assert shell.run("%js kept") == "Out[4]: 7\n"


def test_a_stopped_cell_leaves_the_interpreter_usable(shell: Shell) -> None:
    shell.run("def stop(): raise KeyboardInterrupt")
    printed = shell.run("%%js -t stop\nvar before = 1;\nawait tools.stop()")
    assert "KeyboardInterrupt" in printed
    assert shell.run("%js before") == "Out[4]: 1\n"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%js -i nope\n1", "there is no Python variable 'nope'"),
        ("%%js -t nope\n1", "there is no Python variable 'nope'"),
        ("new = 1\n%js -i new -- 1", "'new' cannot be the name of a variable in JavaScript"),
        ("f = lambda: 0\n%js -i f -- 1", "a function has no counterpart in JavaScript"),
        ("x = 1\n%js -t x -- 1", "`x` is no function: it is int"),
        ("a_b = aB = print\n%js -t a_b,aB -- 1", "would both be `tools.aB`"),
        ("%%js --bad\n1", "unrecognized arguments: --bad"),
        ("%%js -i 'x\n1", "No closing quotation"),
        ("%%js --timeout -1\n1", "`step_timeout_s` must be a number of seconds above 0"),
        ("%%js --timeout soon\n1", "invalid float value"),
    ],
)
def test_mistakes_are_told_in_one_line(
    shell: Shell, capsys: pytest.CaptureFixture[str], cell: str, said: str
) -> None:
    printed = shell.run(cell) + capsys.readouterr().err
    assert printed.startswith("UsageError: ")
    assert said in printed
    assert len(printed.splitlines()) == 1


def test_help_says_what_there_is(shell: Shell) -> None:
    documented = shell.ipython.find_magic("js", "cell").__doc__
    assert all(option in documented for option in ("--input", "--output", "--tools", "--reset"))
