"""What the server serves: an agent that refunds broken orders, after a person has said yes.

`langgraph.json` names `agent` and `checkpointer`. Start the server with `langgraph dev` in this
folder, or let `client.py` do it.
"""

from __future__ import annotations

import os
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from deepagents import create_deep_agent
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from langchain_quickjs import CodeInterpreterMiddleware

HERE = Path(__file__).parent
LOG = HERE / "log.txt"

# What the scripted model writes; a real model writes its own.
PROGRAM = """\
const order = await tools.lookupOrder({ order_id: "ORDER" });
let answer = `${order.id} arrived whole.`;
if (order.arrived === "broken") {
  try {
    answer = await tools.issueRefund({ order_id: order.id, amount: order.price });
  } catch (error) {
    answer = `${order.id} not refunded: ${error.message}`;
  }
}
answer
"""


def note(line: str) -> None:
    """Writes to the log on disk what is done; a line is written at once."""
    with LOG.open("a") as file:
        file.write(line + "\n")


@tool
def lookup_order(order_id: str) -> dict[str, Any]:
    """Looks up an order: its price, and how it arrived."""
    note(f"looked up {order_id}")
    return {"id": order_id, "price": 10.0 * int(order_id[-2:]), "arrived": "broken"}


@tool
def issue_refund(order_id: str, amount: float) -> str:
    """Pays money back for an order."""
    note(f"refunded {amount:.2f} for {order_id}")
    return f"{order_id}: {amount:.2f} refunded"


class ScriptedModel(BaseChatModel):
    """Stands in for a model: writes the program above, then reports what came of it."""

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
            (order,) = re.findall(r"A-\d+", messages[-1].text)
            program = PROGRAM.replace("ORDER", order)
            call = {"name": "eval", "args": {"code": program}, "id": f"program-{len(messages)}"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def checkpointer() -> AbstractAsyncContextManager[AsyncSqliteSaver]:
    """Where the server keeps its threads, so that they outlive it however it ends.

    Without this, `langgraph dev` keeps them in memory and writes them to files every ten seconds
    and when it ends. A server that is killed would forget that a refund was approved and paid.
    """
    return AsyncSqliteSaver.from_conn_string(str(HERE / "refunds.sqlite"))


NAMED = os.environ.get("REFUNDS_MODEL")
MODEL: BaseChatModel = init_chat_model(NAMED) if NAMED else ScriptedModel()

# It has no checkpointer of its own here: the server gives it the one above.
agent = create_deep_agent(
    model=MODEL,
    tools=[lookup_order, issue_refund],
    interrupt_on={"issue_refund": {"allowed_decisions": ["approve", "edit", "reject"]}},
    middleware=[CodeInterpreterMiddleware(ptc=["lookup_order", "issue_refund"])],
)
