"""What people read where a program or its arguments are long: what waits is never out of sight."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import create_script_graph

CALL = 'await tools.pay({ to: "mallory", amount: 9 })'


def pay(to: str, amount: int) -> str:
    """Pays."""
    return f"paid {amount} to {to}"


def asked(source: str) -> Any:
    graph = create_script_graph([pay], interrupt_on={"pay": True}, checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    graph.invoke({"source": source}, config)
    (interrupt,) = graph.get_state(config).interrupts
    return interrupt.value


@pytest.mark.parametrize(
    "source",
    [
        f"const a = '{'a' * 100_000}'; {CALL}; const b = '{'b' * 100_000}'",
        "const a = '" + "\x07" * 400 + f"'; {CALL}",
        f"const a = 1;{' ' * 30_000}{CALL}",
        "// harmless\n" * 50_000 + f"{CALL}\n" + "// harmless\n" * 9,
        f"'{'x' * 300_000}';\n'{'y' * 300_000}'; {CALL}",
    ],
)
def test_the_call_that_waits_is_shown(source: str) -> None:
    value = asked(source)
    description = value["action_requests"][0]["description"]
    (marked,) = [one for one in description.splitlines() if one.startswith("▶")]
    assert marked.split()[1] == str(value["program"]["line"])
    assert CALL.removesuffix(" })") in marked
    assert CALL in value["program"]["source"]
    assert len(value["program"]["source"]) < 17_000
    assert len(description) < 5_000


@pytest.mark.parametrize("to", ["x" * 3_000, "x" * 300_000, "\\n" * 3_000])
def test_a_long_argument_hides_no_other(to: str) -> None:
    value = asked(f'await tools.pay({{ to: "{to}", amount: 5000000 }})')
    description = value["action_requests"][0]["description"]
    arguments = description.split("**Arguments**")[1].split("**The program**")[0]
    assert '"amount": 5000000' in arguments
    assert len(description) < 5_000
