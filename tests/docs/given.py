"""What blocks of the documentation use without making it, such as `model`.

A chat model stands in for a real one: it writes the program below that belongs to what it was
asked. Each block finds these names afresh. It imports nothing of this repository, so that it can be
put beside a block anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

PROGRAMS: Final = {
    "Refund what arrived broken.": """\
const ids = ["A-1001", "A-1002", "A-1003"];
const orders = await Promise.all(ids.map((id) => tools.lookupOrder({ order_id: id })));
const broken = orders.filter((order) => order.arrived === "broken");
const refunds = [];
for (const order of broken) {
  refunds.push(await tools.issueRefund({ order_id: order.id, amount: order.price }));
}
({ checked: orders.length, refunds })
""",
    "Refund A-1001 and A-1002.": """\
await Promise.all([
  tools.issueRefund({ order_id: "A-1001", amount: 35 }),
  tools.issueRefund({ order_id: "A-1002", amount: 80 }),
])
""",
    "Look A-1001 up.": """\
console.log("One order only.");
await tools.lookupOrder({ order_id: "A-1001" })
""",
    "Remember seven.": "const seven = 7;",
    "What was it?": "seven",
    "Which tool pays money back?": 'await tools.$search("pay money back")',
    "Ask two subagents.": """\
await Promise.all([
  task({ description: "Say hello.", label: "first" }),
  task({ description: "Say goodbye.", label: "second" }),
])
""",
}


class Model(BaseChatModel):
    """Writes the program that it is asked for, and then tells what came of it."""

    @property
    def _llm_type(self) -> str:
        return "given"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Model:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        last = messages[-1]
        answer = AIMessage(last.text)
        if last.type == "human" and last.text in PROGRAMS:
            call = {"code": PROGRAMS[last.text]}
            identifier = f"program-{len(messages)}"
            answer = AIMessage("", tool_calls=[{"name": "eval", "args": call, "id": identifier}])
        return ChatResult(generations=[ChatGeneration(message=answer)])


@tool
def lookup_order(order_id: str) -> dict[str, Any]:
    """Looks an order up: what it cost, and how it arrived."""
    price, arrived = {"A-1002": (80, "broken")}.get(order_id, (35, "whole"))
    return {"id": order_id, "price": price, "arrived": arrived}


@tool
def issue_refund(order_id: str, amount: float) -> str:
    """Pays money back for an order."""
    return f"{order_id}: {amount:g} refunded"


def decide(action: dict[str, Any]) -> dict[str, Any]:
    """A person, who says yes to everything."""
    return {"type": "approve"} if action["name"] else {}


model: BaseChatModel = Model()
checkpointer = InMemorySaver()
config: RunnableConfig = {"configurable": {"thread_id": "refunds"}}
ask_person: Callable[[dict[str, Any]], dict[str, Any]] = decide
