"""An agent with a thousand tools: a program finds one, and another one calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, tool

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.script.settings import Defaults
from tests.helpers.conversations import MODES, Conversation, Kind, Mode
from tests.helpers.many_tools import many_tools
from tests.helpers.models import programs
from tests.helpers.nurseries import Nursery
from tests.helpers.stories import APPROVE

KINDS: list[Kind] = ["create_agent", "create_deep_agent"]
FINDS = 'await tools.$search("pay money back to a customer")'
CALLS = """\
const docs = await tools.$describe("refundInvoice");
const refund = await tools.refundInvoice({ invoice: "I-7", euros: 12.5 });
const later = await tools.$describe("refund_invoice");
({ same: docs === later, refund, docs })
"""


@tool
def refund_invoice(invoice: str, euros: float) -> dict[str, Any]:
    """Pays money back to the customer of an invoice.

    Args:
        invoice: Its number.
        euros: How much.
    """
    return {"invoice": invoice, "paid": euros}


def thousand_tools() -> list[BaseTool]:
    tools = many_tools(999)
    tools.insert(900, refund_invoice)
    return tools


def live(folder: str, kind: Kind, mode: Mode) -> Any:
    """A process of its own, which goes on where the one before it was killed."""
    tools = thousand_tools()
    ours = CodeInterpreterMiddleware(ptc=tools, interrupt_on={"refund_invoice": True})
    talk = Conversation(kind, mode, Path(folder) / "db", "", tools)
    talk.agent_options = {"middleware": [ours]}
    talk.model = programs(FINDS, CALLS)
    if not talk.values():
        talk.start()
        return {"asked": talk.question["action_requests"], "prompts": talk.model.seen}
    talk.decide(APPROVE)
    told = [m.text for m in talk.last["messages"] if isinstance(m, ToolMessage)]
    return {"told": told, "prompts": talk.model.seen}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_one_program_finds_a_tool_and_the_next_one_calls_it(
    kind: Kind, mode: Mode, nursery: Nursery, tmp_path: Path
) -> None:
    children = nursery.of(live)
    before = children.live(str(tmp_path), kind, mode)
    (asked,) = before["asked"]
    assert (asked["name"], asked["args"]) == ("refund_invoice", {"invoice": "I-7", "euros": 12.5})
    after = children.live(str(tmp_path), kind, mode)
    found, called = after["told"]
    assert found.startswith("<result>// 20 of ")
    head, best = found.split("tools.")[:2]
    assert best.startswith("refundInvoice(args: {\n  invoice: string; // Its number.\n")
    assert head.endswith(
        "// A person has to approve its calls.\n// Pays money back to the customer of an invoice.\n"
    )
    assert called.startswith('<result>{same: true, refund: {invoice: "I-7", paid: 12.5}, docs: ')
    (prompt,) = set(before["prompts"] + after["prompts"])
    assert "There are 1000 tools;" in prompt
    assert "A person has to approve: `tools.refundInvoice`." in prompt
    ours = prompt[prompt.index("## `eval`") :]
    assert len(ours) < 4 * Defaults.docs_tokens + 2500
