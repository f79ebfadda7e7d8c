"""The agent of the example, whose programs wait: it may ask for refunds and orders."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, cast

from deepagents import create_deep_agent
from langchain.agents.middleware import InterruptOnConfig
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.base import BaseCheckpointSaver

from langchain_quickjs import AskMode, CallReview, CodeInterpreterMiddleware

ORDERS = {
    "A-1001": {"item": "teapot", "price": 35.0, "arrived": "whole"},
    "A-1002": {"item": "mirror", "price": 80.0, "arrived": "broken"},
    "A-1003": {"item": "blanket", "price": 50.0, "arrived": "whole"},
    "A-1004": {"item": "vase", "price": 45.5, "arrived": "broken"},
}
# What is not decided in this time counts as rejected.
DECIDED_IN_S = 8 * 3600.0
QUOTES = {"Clearwater": 31.0, "Glassworks": 26.5, "Northern Mirrors": 29.9}

REFUNDS = (
    "Customers complained about the orders A-1001 to A-1004. Look all of them up in one program, "
    "and refund the full price of those that arrived broken."
)
RESTOCK = (
    "We are out of mirrors. Ask Clearwater, Glassworks and Northern Mirrors for a price, order 40 "
    "from the cheapest, and ask a colleague when they may deliver."
)

# What the scripted model writes; a real model writes its own.
PROGRAMS = {
    REFUNDS: """\
const ids = ["A-1001", "A-1002", "A-1003", "A-1004"];
const orders = await Promise.all(ids.map((id) => tools.lookupOrder({ order_id: id })));
const broken = orders.filter((order) => order.arrived === "broken");
console.log(`${broken.length} of ${orders.length} arrived broken`);
const refunds = await Promise.allSettled(
  broken.map((order) => tools.issueRefund({ order_id: order.id, amount: order.price }))
);
({ checked: orders.length, refunds: refunds.map((one) => one.value ?? one.reason.message) })
""",
    RESTOCK: """\
const suppliers = ["Clearwater", "Glassworks", "Northern Mirrors"];
const quotes = await Promise.all(
  suppliers.map((supplier) => tools.getQuote({ supplier, item: "mirror" }))
);
const [best] = quotes.sort((a, b) => a.price - b.price);
console.log(`${best.supplier} is the cheapest: ${best.price} each`);
const order = await tools.placeOrder({
  supplier: best.supplier, item: "mirror", count: 40, total: 40 * best.price,
});
const delivery = await tools.askColleague({ question: `When may ${best.supplier} deliver?` });
({ order, delivery })
""",
}


def shop_tools(log: Path) -> list[BaseTool]:
    """The shop's tools, which write what they do to a log on disk."""

    def note(line: str) -> None:
        with log.open("a") as file:
            file.write(line + "\n")

    @tool
    def lookup_order(order_id: str) -> dict[str, Any]:
        """Looks up an order: what it was, its price, and how it arrived."""
        note(f"looked up {order_id}")
        return {"id": order_id, **ORDERS[order_id]}

    @tool
    def issue_refund(order_id: str, amount: float) -> str:
        """Pays money back for an order."""
        note(f"refunded {amount:.2f} for {order_id}")
        return f"{order_id}: {amount:.2f} refunded"

    @tool
    def get_quote(supplier: str, item: str) -> dict[str, Any]:
        """Asks a supplier what an item costs."""
        note(f"asked {supplier} for {item}")
        return {"supplier": supplier, "price": QUOTES[supplier]}

    @tool
    def place_order(supplier: str, item: str, count: int, total: float) -> str:
        """Orders from a supplier."""
        note(f"ordered {count} {item} from {supplier} for {total:.2f}")
        return f"{count} {item} ordered from {supplier} for {total:.2f}"

    @tool
    def ask_colleague(question: str) -> str:
        """Asks a colleague, who answers in words."""
        raise NotImplementedError(f"A person answers {question!r} in place of this tool.")

    return [lookup_order, issue_refund, get_quote, place_order, ask_colleague]


class ScriptedModel(BaseChatModel):
    """Stands in for a model: writes one of the programs above, then reports what came of it."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, *_: Any, **__: Any) -> ScriptedModel:
        """Has no need to know the tools."""
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        if isinstance(messages[-1], ToolMessage):
            answer = AIMessage(f"The program is through: {messages[-1].text}")
        else:
            code = PROGRAMS[messages[-1].text]
            call = {"name": "eval", "args": {"code": code}, "id": "program-1"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def shop_agent(
    model: BaseChatModel,
    log: Path,
    checkpointer: BaseCheckpointSaver[Any],
    ask: AskMode = "together",
) -> Any:
    """The agent. It may ask for refunds and orders, and people decide."""
    tools = shop_tools(log)
    decided: InterruptOnConfig = {"allowed_decisions": ["approve", "edit", "reject"]}
    soon: CallReview = {
        "allowed_decisions": decided["allowed_decisions"],
        "expires_after_s": DECIDED_IN_S,
    }
    return create_deep_agent(
        model=model,
        tools=tools,
        interrupt_on={
            "issue_refund": decided,
            "place_order": cast("InterruptOnConfig", soon),  # LangChain's has no time.
            "ask_colleague": {"allowed_decisions": ["respond", "reject"]},
        },
        middleware=[CodeInterpreterMiddleware(ptc=[one.name for one in tools], ask=ask)],
        checkpointer=checkpointer,
    )


def make_programs_wait(agent: Any) -> None:
    """Lets the agent begin two tasks, both of which come to a question."""
    for name, request in (("refunds", REFUNDS), ("restock", RESTOCK)):
        thread_id = f"{name}-{secrets.token_hex(2)}"
        config = {"configurable": {"thread_id": thread_id}}
        agent.invoke({"messages": [("user", request)]}, config)
