"""The agent that all workers build: it refunds broken orders, after a person has said yes.

A real model is named by the environment: `WORKERS_MODEL=anthropic:claude-sonnet-4-5`. `agent` and
`checkpointer` are for `langgraph dev`, which `langgraph.json` tells of them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import psycopg
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from langchain_quickjs import CodeInterpreterMiddleware

# What tools do. A call that is made again, because nobody knows whether it was made, has the same
# id; a payment provider would take it as its idempotency key.
EFFECTS = """
    CREATE TABLE IF NOT EXISTS effects (call_id text PRIMARY KEY, thread text, tool text,
                                        times int NOT NULL DEFAULT 1);
"""
EFFECT = """
    INSERT INTO effects (call_id, thread, tool) VALUES (%s, %s, %s)
    ON CONFLICT (call_id) DO UPDATE SET times = effects.times + 1
"""

# What the scripted model writes, a program a turn; a real model writes its own.
PROGRAMS = (
    """\
const order = await tools.lookUp({ order_id: "A-1001" });
const refund = await tools.refund({ order_id: order.id, amount: order.price });
await tools.writeToCustomer({ order_id: order.id, text: refund });
refund
""",
    'await tools.closeCase({ order_id: "A-1001" })',
)


def dsn() -> str:
    """The database of threads, jobs and effects."""
    return os.environ["WORKERS_DSN"]


def note(name: str, call_id: str, config: RunnableConfig) -> None:
    """Notes in the database that a tool has taken effect."""
    with psycopg.connect(dsn(), autocommit=True) as database:
        database.execute(EFFECT, (call_id, config.get("configurable", {})["thread_id"], name))


@tool
def look_up(
    order_id: str, config: RunnableConfig, call_id: Annotated[str, InjectedToolCallId]
) -> dict[str, Any]:
    """Looks an order up: its price, and how it arrived."""
    note("look_up", call_id, config)
    return {"id": order_id, "price": 10.0 * int(order_id[-2:]), "arrived": "broken"}


@tool
def refund(
    order_id: str,
    amount: float,
    config: RunnableConfig,
    call_id: Annotated[str, InjectedToolCallId],
) -> str:
    """Pays money back for an order."""
    note("refund", call_id, config)
    return f"{order_id}: {amount:.2f} refunded"


@tool
def write_to_customer(
    order_id: str,
    text: str,
    config: RunnableConfig,
    call_id: Annotated[str, InjectedToolCallId],
) -> str:
    """Writes to the customer who has ordered."""
    note("write_to_customer", call_id, config)
    return f"written about {order_id}: {text}"


@tool
def close_case(
    order_id: str, config: RunnableConfig, call_id: Annotated[str, InjectedToolCallId]
) -> str:
    """Closes the case of an order."""
    note("close_case", call_id, config)
    return f"{order_id} is closed"


class ScriptedModel(BaseChatModel):
    """Stands in for a model: writes the programs above, one after the other."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, *_: Any, **__: Any) -> ScriptedModel:
        """Has no need to know the tools."""
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        turn = sum(isinstance(message, AIMessage) for message in messages)
        answer = AIMessage("The case is closed.")
        if turn < len(PROGRAMS):
            # As with a real model, a message that is made again has other ids.
            call = {"name": "eval", "args": {"code": PROGRAMS[turn]}, "id": uuid.uuid4().hex}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def build(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Any:
    """The agent, with a worker's checkpointer; a LangGraph server gives it one itself."""
    named = os.environ.get("WORKERS_MODEL")
    tools = [look_up, refund, write_to_customer, close_case]
    middleware = CodeInterpreterMiddleware(
        ptc=tools,
        interrupt_on={"refund": True},
        durability="call" if os.environ.get("WORKERS_DURABILITY") == "call" else "pause",
    )
    return create_agent(
        model=init_chat_model(named) if named else ScriptedModel(),
        middleware=[middleware],
        checkpointer=checkpointer,
    )


@asynccontextmanager
async def checkpointer() -> AsyncIterator[AsyncPostgresSaver]:
    """Where a LangGraph server keeps its threads: in the workers' database."""
    async with await psycopg.AsyncConnection.connect(dsn(), autocommit=True) as database:
        await database.execute(EFFECTS)  # No worker may have been here yet.
    async with AsyncPostgresSaver.from_conn_string(dsn()) as saver:
        await saver.setup()
        yield saver


agent = build()
