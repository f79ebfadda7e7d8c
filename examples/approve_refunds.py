"""A Deep Agent writes one program that looks up orders and refunds one. The refund needs a person.

    python examples/approve_refunds.py    # says what the agent wants to do, and exits
    python examples/approve_refunds.py    # asks you, goes on in the middle of the program, finishes

Between the two runs nothing is alive: no process, no interpreter, no thread. The program waits as a
few kilobytes in a SQLite file. Read the log at the end: no order was looked up twice.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from deepagents import create_deep_agent
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command, Interrupt

from langchain_quickjs import CodeInterpreterMiddleware

ORDERS = {
    "A-1001": {"item": "teapot", "price": 35.0, "arrived": "whole"},
    "A-1002": {"item": "mirror", "price": 80.0, "arrived": "broken"},
    "A-1003": {"item": "blanket", "price": 50.0, "arrived": "whole"},
}

REQUEST = (
    "Customers complained about the orders A-1001, A-1002 and A-1003. Look all of them up in one "
    "program, and refund the full price of those that arrived broken."
)

# What the scripted model writes; a real model writes its own.
PROGRAM = """\
const ids = ["A-1001", "A-1002", "A-1003"];
const orders = await Promise.all(ids.map((id) => tools.lookupOrder({ order_id: id })));
const broken = orders.filter((order) => order.arrived === "broken");
const refunds = [];
for (const order of broken) {
  try {
    refunds.push(await tools.issueRefund({ order_id: order.id, amount: order.price }));
  } catch (error) {
    refunds.push(`${order.id} not refunded: ${error.message}`);
  }
}
({ checked: orders.length, refunds })
"""


def order_tools(log: Path) -> tuple[BaseTool, BaseTool]:
    """The shop's two tools. Both write what they do to a log on disk."""

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

    return lookup_order, issue_refund


class ScriptedModel(BaseChatModel):
    """Stands in for a model: writes the program above, then reports what came of it."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, *_: Any, **__: Any) -> ScriptedModel:
        """Has no need to know the tools."""
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        call = {"name": "eval", "args": {"code": PROGRAM}, "id": "program-1"}
        answer = AIMessage("", tool_calls=[call])
        if isinstance(messages[-1], ToolMessage):
            answer = AIMessage(f"The program is through: {messages[-1].text}")
        return ChatResult(generations=[ChatGeneration(message=answer)])


def refund_agent(model: BaseChatModel, log: Path, checkpointer: SqliteSaver) -> Any:
    """The agent: it may look orders up; a refund it may only ask for, however it makes the call."""
    lookup_order, issue_refund = order_tools(log)
    return create_deep_agent(
        model=model,
        tools=[lookup_order, issue_refund],
        interrupt_on={"issue_refund": {"allowed_decisions": ["approve", "edit", "reject"]}},
        middleware=[CodeInterpreterMiddleware(ptc=["lookup_order", "issue_refund"])],
        checkpointer=checkpointer,
    )


def ask() -> str:
    """Asks a person at the terminal, who may come back later."""
    try:
        return input("approve, edit:AMOUNT or reject:WORDS? ")
    except (EOFError, KeyboardInterrupt):
        raise SystemExit("\nNothing was decided; the program still waits.") from None


def decide(action: dict[str, Any], answer: str | None) -> dict[str, Any]:
    """Turns a person's answer into a decision; asks until there is one."""
    while True:
        said = ask() if answer is None else answer
        kind, _, detail = said.strip().partition(":")
        if kind == "approve":
            return {"type": "approve"}
        if kind == "reject":
            return {"type": "reject", "message": detail.strip() or "No."}
        if kind == "edit" and detail.strip().replace(".", "", 1).isdecimal():
            edited = {"name": action["name"], "args": {**action["args"], "amount": float(detail)}}
            return {"type": "edit", "edited_action": edited}
        problem = f"{said!r} is no decision: approve, edit:AMOUNT or reject:WORDS"
        if answer is not None:
            raise SystemExit(problem)
        print(problem)


def answer(asked: Interrupt, given: str | None) -> list[dict[str, Any]]:
    """One decision for each thing that was asked about."""
    decisions: list[dict[str, Any]] = []
    for action in asked.value["action_requests"]:
        show(action)
        decisions.append(decide(action, given))
    return decisions


def show(action: dict[str, Any]) -> None:
    """Prints one thing that the agent wants to do."""
    print(f"The agent wants to call {action['name']} with {action['args']}.")


def report(log: Path) -> None:
    """Prints the log, and whether anything was done twice."""
    lines = log.read_text().splitlines()
    twice = [line for line, times in Counter(lines).items() if times > 1]
    print("The log:", *lines, sep="\n  ")
    print(f"Done twice: {', '.join(twice)}" if twice else "Every line is there once.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", help="a real model, as provider:name")
    parser.add_argument("--directory", type=Path, default=Path("refunds"), help="database and log")
    parser.add_argument("--decision", help="approve, edit:AMOUNT or reject:WORDS, without asking")
    options = parser.parse_args()

    options.directory.mkdir(parents=True, exist_ok=True)
    log = options.directory / "log.txt"
    name: str | None = options.model
    model: BaseChatModel = init_chat_model(name) if name else ScriptedModel()
    thread = {"configurable": {"thread_id": "refunds"}}

    with SqliteSaver.from_conn_string(str(options.directory / "agent.sqlite")) as checkpointer:
        agent = refund_agent(model, log, checkpointer)
        waiting = agent.get_state(thread).interrupts
        if not waiting:
            log.unlink(missing_ok=True)
            agent.invoke({"messages": [("user", REQUEST)]}, thread)
        else:
            # By id: the same answer, delivered twice, must not decide what is asked next.
            answers = {
                asked.id: {"decisions": answer(asked, options.decision)} for asked in waiting
            }
            agent.invoke(Command(resume=answers), thread)

        state = agent.get_state(thread)
        if state.interrupts:
            for asked in state.interrupts:
                for action in asked.value["action_requests"]:
                    show(action)
            print("It waits in the middle of its program. Run this again to decide.")
        else:
            print(state.values["messages"][-1].text)
            report(log)


if __name__ == "__main__":
    main()
