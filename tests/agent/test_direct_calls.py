"""The model's own calls of a tool that needs a person are asked about, like its programs' calls."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import AgentMiddleware, HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from langchain_quickjs import CodeInterpreterMiddleware, DecisionError, SetupError
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.models import CallSpec, ScriptedModel
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

README = Path(__file__).parent.parent.parent / "README.md"
BY_HAND = "Refund it yourself."


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


class Refunder(ScriptedModel):
    """Refunds an order directly, in a program, and through a subagent, whose model it is too."""

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        first = next(message.text for message in messages if message.type == "human")
        turn = sum(isinstance(message, AIMessage) for message in messages)
        if first != BY_HAND:
            answer = self._answer(turn)
        elif turn:
            answer = AIMessage("done")
        else:
            call = {"name": "issue_refund", "args": {"order_id": "subagent"}, "id": "by-hand"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def refunder() -> Refunder:
    program = "await tools.issueRefund({ order_id: 'program' })"
    worker = {"description": BY_HAND, "subagent_type": "general-purpose"}
    return Refunder(
        turns=[
            [("issue_refund", {"order_id": "direct"})],
            [("eval", {"code": program})],
            [("task", worker)],
        ]
    )


def refund_tools(shop: Shop) -> dict[str, Any]:
    @tool
    def lookup_order(order_id: str) -> str:
        """Looks an order up."""
        return order_id

    @tool
    def issue_refund(order_id: str) -> str:
        """Pays money back for an order."""
        shop.note(f"refund {order_id}")
        return f"refunded {order_id}"

    return {"lookup_order": lookup_order, "issue_refund": issue_refund}


class Readme:
    """README's section about approvals, run block by block."""

    def __init__(self, mode: Mode, names: dict[str, Any]) -> None:
        section = README.read_text().partition("## A person decides")[2].partition("\n## ")[0]
        blocks = [part.partition("```")[0] for part in section.split("```python\n")[1:]]
        self.start, self.go_on = (self._in_mode(block, mode) for block in blocks)
        self.names = names

    def run(self, block: str) -> None:
        code = compile(block, str(README), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(code, self.names)
        if inspect.iscoroutine(running):
            asyncio.run(running)

    @staticmethod
    def _in_mode(block: str, mode: Mode) -> str:
        if mode == "invoke":
            return block
        for name in ("invoke", "get_state"):
            block = block.replace(f"agent.{name}(", f"(await agent.a{name}(")
        return block.replace(", config)", ", config))").replace("(config)", "(config))")


@pytest.mark.parametrize("mode", MODES)
def test_readmes_refunds_are_asked_about_at_every_door(mode: Mode, shop: Shop) -> None:
    asked: list[dict[str, Any]] = []

    def decide(action: dict[str, Any]) -> dict[str, Any]:
        asked.append(action)
        return APPROVE

    readme = Readme(
        mode,
        {
            **refund_tools(shop),
            "model": refunder(),
            "checkpointer": InMemorySaver(),
            "config": {"configurable": {"thread_id": "1"}},
            "decide": decide,
        },
    )
    readme.run(readme.start)
    doors = ["direct", "program", "subagent"]
    for number in range(len(doors)):
        done = {f"refund {door}": 1 for door in doors[:number]}
        assert shop.counts() == done
        readme.run(readme.go_on)
        assert [action["args"]["order_id"] for action in asked] == doors[: number + 1]
    assert shop.counts() == {f"refund {door}": 1 for door in doors}
    state = readme.names["agent"].get_state(readme.names["config"])
    assert not state.interrupts
    assert state.values["messages"][-1].text == "done"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("subagent_asks", [False, True])
def test_the_middlewares_gate_ends_where_a_subagent_begins(
    mode: Mode, subagent_asks: bool, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    tools = list(refund_tools(shop).values())
    worker: dict[str, Any] = {
        "name": "general-purpose",
        "description": "Works.",
        "system_prompt": "Work.",
        "model": refunder(),
        "tools": tools,
    }
    if subagent_asks:
        worker["interrupt_on"] = {"issue_refund": True}
    ours = CodeInterpreterMiddleware(ptc=["issue_refund"], interrupt_on={"issue_refund": True})
    talk = conversation(
        shop, mode, [ours], kind="create_deep_agent", tools=tools, subagents=[worker]
    )
    talk.model = refunder()
    talk.start()
    doors = ["direct", "program", *(["subagent"] if subagent_asks else [])]
    for door in doors:
        assert talk.question["action_requests"][0]["args"] == {"order_id": door}
        assert not shop.counts()[f"refund {door}"]
        (pending,) = talk.last["__interrupt__"]
        talk.answer({pending.id: {"decisions": [APPROVE]}})
    assert not talk.waits
    assert shop.counts() == {f"refund {door}": 1 for door in ("direct", "program", "subagent")}
    assert "does not reach inside of subagents, which may have ['issue_refund']" in caplog.text


def conversation(
    shop: Shop,
    mode: Mode,
    middleware: Sequence[Any],
    *calls: CallSpec,
    kind: Any = "create_agent",
    **options: Any,
) -> Conversation:
    talk = Conversation(kind, mode, shop.log.with_name("db"), "", ())
    talk.model = ScriptedModel(turns=[list(calls)])
    talk.agent_options = {"tools": shop.tools(), **options, "middleware": list(middleware)}
    return talk


def pay(amount: int, to: str = "a") -> CallSpec:
    return ("pay", {"to": to, "amount": amount})


def ours(asked: Any = True, **options: Any) -> CodeInterpreterMiddleware:
    return CodeInterpreterMiddleware(ptc=["look_up", "pay"], interrupt_on={"pay": asked}, **options)


def answers(talk: Conversation) -> list[ToolMessage]:
    return [m for m in talk.last["messages"] if isinstance(m, ToolMessage)]


EDITED = {"name": "pay", "args": {"to": "b", "amount": 2}}
OTHER = {"name": "look_up", "args": {"key": "k"}}
DECISIONS: dict[str, tuple[dict[str, Any], dict[str, int], str, str]] = {
    "approve": (APPROVE, {"pay a 1": 1}, "paid 1 to a", "success"),
    "edit": (
        {"type": "edit", "edited_action": EDITED},
        {"pay b 2": 1},
        "A person replaced the call pay({.*) by pay({.*paid 2 to b",
        "success",
    ),
    "edit to another tool": (
        {"type": "edit", "edited_action": OTHER},
        {"look_up k": 1},
        "by look_up({.*price",
        "success",
    ),
    "reject": (
        {"type": "reject", "message": "Ask first."},
        {},
        "A person rejected this call of `pay`, which was not run: Ask first.",
        "error",
    ),
    "respond": ({"type": "respond", "message": "in cash"}, {}, "in cash", "success"),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", DECISIONS)
def test_each_decision_means_what_it_means_to_langchain(kind: str, mode: Mode, shop: Shop) -> None:
    decision, done, said, status = DECISIONS[kind]
    talk = conversation(shop, mode, [ours()], pay(1))
    talk.start()
    ours_too = {"asked_at", "action_request", "config", "description"}
    assert {key: value for key, value in talk.question.items() if key not in ours_too} == {
        "action_requests": [
            {
                "name": "pay",
                "args": {"to": "a", "amount": 1},
                "arguments": {"to": "a", "amount": 1},
                "description": (
                    "Tool execution requires approval\n\nTool: pay\nArgs: {'to': 'a', 'amount': 1}"
                ),
            }
        ],
        "review_configs": [
            {
                "action_name": "pay",
                "allowed_decisions": ["approve", "edit", "reject", "respond"],
            }
        ],
    }
    talk.decide(decision)
    assert not talk.waits
    assert shop.counts() == done
    (answer,) = answers(talk)
    parts = said.split(".*")
    assert all(part in answer.text for part in parts), answer.text
    assert (answer.status, answer.tool_call_id) == (status, "call-0-0")


UNFIT = {
    "no decisions": {},
    "too many": {"decisions": [APPROVE, APPROVE]},
    "not allowed": {"decisions": [{"type": "respond", "message": "no"}]},
    "an unknown tool": {
        "decisions": [{"type": "edit", "edited_action": {"name": "eval2", "args": {}}}]
    },
    "wrong arguments": {
        "decisions": [{"type": "edit", "edited_action": {"name": "pay", "args": {"to": 1}}}]
    },
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("unfit", UNFIT)
@pytest.mark.parametrize("by_id", [True, False])
def test_an_answer_that_does_not_fit_can_be_given_again(
    by_id: bool, unfit: str, mode: Mode, shop: Shop
) -> None:
    gate = {"allowed_decisions": ["approve", "edit"]}
    talk = conversation(shop, mode, [ours(gate)], pay(1))
    (asked,) = talk.start()["__interrupt__"]
    answer = {asked.id: UNFIT[unfit]} if by_id else UNFIT[unfit]
    if answer:  # LangGraph takes an empty mapping for no answer at all.
        talk.refuse(answer, "must|number|names")
        talk.send(None)
        assert "refused" in talk.question
    raising = [ours(gate, on_unfit_answer="raise")]
    talk.agent_options = {**talk.agent_options, "middleware": raising}
    with pytest.raises(DecisionError) if answer else contextlib.nullcontext():
        talk.answer(answer)
    assert not shop.counts()
    talk.answer({asked.id: {"decisions": [APPROVE]}})
    assert shop.counts() == {"pay a 1": 1}


@pytest.mark.parametrize("mode", MODES)
def test_calls_of_one_message_are_answered_one_by_one(mode: Mode, shop: Shop) -> None:
    calls = [pay(1, "a"), ("look_up", {"key": "k"}), pay(2, "b"), pay(3, "c")]
    talk = conversation(shop, mode, [ours()], *calls)
    asked = {
        i.value["action_requests"][0]["args"]["to"]: i.id for i in talk.start()["__interrupt__"]
    }
    assert sorted(asked) == ["a", "b", "c"]
    assert shop.counts() == {"look_up k": 1}
    talk.answer({asked["b"]: {"decisions": [APPROVE]}})
    assert shop.counts() == {"look_up k": 1, "pay b 2": 1}
    talk.answer(
        {asked["a"]: {"decisions": [{"type": "reject"}]}, asked["c"]: {"decisions": [APPROVE]}}
    )
    assert not talk.waits
    assert shop.counts() == {"look_up k": 1, "pay b 2": 1, "pay c 3": 1}
    assert [m.status for m in answers(talk)] == ["error", "success", "success", "success"]


@pytest.mark.parametrize("mode", MODES)
def test_what_needs_nobody_is_not_asked_about(mode: Mode, shop: Shop) -> None:
    large = {"allowed_decisions": ["approve"], "when": lambda r: r.tool_call["args"]["amount"] > 1}
    talk = conversation(shop, mode, [ours(large)], pay(1), pay(2))
    assert [
        a["args"]["amount"] for a in talk.start()["__interrupt__"][0].value["action_requests"]
    ] == [2]
    assert shop.counts() == {"pay a 1": 1}
    talk.decide(APPROVE)
    assert shop.counts() == {"pay a 1": 1, "pay a 2": 1}
    never = conversation(shop, mode, [ours(False)], pay(3))
    never.thread = "never"
    assert "__interrupt__" not in never.start()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("asking", ["batched", "per_call"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("theirs_asks", [True, False])
def test_two_gates_ask_once(
    asking: Any, first: bool, theirs_asks: bool, mode: Mode, shop: Shop
) -> None:
    gate: Any = {
        "allowed_decisions": ["approve", "edit"],
        "when": lambda request: theirs_asks and request.tool_call["args"]["to"] == "a",
    }
    theirs = HumanInTheLoopMiddleware({"pay": gate}, interrupt_mode=asking)
    middleware = [ours(), theirs] if first else [theirs, ours()]
    talk = conversation(shop, mode, middleware, pay(1))
    talk.start()
    assert len(talk.last["__interrupt__"]) == 1
    assert not shop.counts()
    native = theirs_asks and asking == "per_call"
    assert (talk.question.get("type") == "tool_approval") == native
    # The person's own call needs no second person, also where `when` would not ask about it.
    edit = {"type": "edit", "edited_action": EDITED}
    talk.answer(edit if native else {"decisions": [edit]})
    assert not talk.waits
    assert shop.counts() == {"pay b 2": 1}


def test_a_gate_needs_a_checkpointer(shop: Shop) -> None:
    talk = conversation(shop, "invoke", [ours()], pay(1))
    talk.database = talk.memory = None
    with pytest.raises(SetupError, match="needs a checkpointer"):
        talk.start()
    assert not shop.counts()


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_asks_by_itself_is_asked_about_first(mode: Mode, shop: Shop) -> None:
    @tool
    def confirm(what: str) -> str:
        """Asks by itself."""
        answer = interrupt({"sure": what})
        shop.note(f"confirm {what} {answer}")
        return str(answer)

    gated = CodeInterpreterMiddleware(ptc=["confirm"], interrupt_on={"confirm": True})
    talk = conversation(shop, mode, [gated], ("confirm", {"what": "x"}), tools=[confirm])
    talk.start()
    talk.decide(APPROVE)
    assert talk.question == {"sure": "x"}
    assert not shop.counts()
    talk.answer("yes")
    assert not talk.waits
    assert shop.counts() == {"confirm x yes": 1}


@pytest.mark.parametrize("mode", MODES)
def test_hooks_behind_see_what_was_decided(mode: Mode, shop: Shop) -> None:
    class Noting(AgentMiddleware[Any, Any, Any]):
        """Notes what comes to it."""

        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            shop.note(f"hook {request.tool_call['args']['to']}")
            return handler(request)

        async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
            shop.note(f"hook {request.tool_call['args']['to']}")
            return await handler(request)

    talk = conversation(shop, mode, [ours(), Noting()], pay(1))
    talk.start()
    assert not shop.counts()
    talk.send(Command(resume={"decisions": [{"type": "edit", "edited_action": EDITED}]}))
    assert shop.counts() == {"hook b": 1, "pay b 2": 1}
