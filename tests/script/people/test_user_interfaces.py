"""What LangChain's three user interfaces show of a program's approvals, and what their answers do.

The interfaces are restated in `tests/helpers/user_interfaces.py`. The README's table is `TABLE`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Literal

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.types import interrupt

from langchain_quickjs import CodeInterpreterMiddleware
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.models import ScriptedModel, parallel_programs
from tests.helpers.shop import Shop
from tests.helpers.user_interfaces import (
    AgentChat,
    AgentInbox,
    Card,
    DeepAgents,
    UserInterface,
)

Ask = Literal["together", "each", "one_by_one"]
ASKS: list[Ask] = ["together", "each", "one_by_one"]

# What becomes of a thread whose person presses yes wherever the interface has it.
DONE = "done"  # All is answered.
HIDDEN = "hidden"  # Nothing is shown.
STUCK = "stuck"  # What is shown cannot be answered.
REFUSED = "refused"  # The answer does not fit, and the interface shows why.
UNTOLD = (
    "untold"  # The answer does not fit, and the interface does not show the request that says so.
)
NO_ID = "no id"  # LangGraph takes no answer without an id, where several questions wait.

PROGRAMS = {
    "single": "await tools.pay({ to: 'a', amount: 1 })",
    "several": """
        const pay = (to) => tools.pay({ to, amount: 1 });
        (await Promise.all([pay("a"), pay("b"), pay("c")])).join()
    """,
    "mixed": """
        const pay = () => tools.pay({ to: "a", amount: 1 });
        (await Promise.all([tools.paint({ what: "hat" }), pay()])).join()
    """,
    "expired": "await tools.pay({ to: 'a', amount: 1 }).catch((error) => String(error))",
}

INTERFACES: dict[str, tuple[UserInterface, dict[str, Any]]] = {
    "agent-inbox": (AgentInbox(), {}),
    "agent-chat-ui": (AgentChat(), {}),
    "Deep Agents UI": (DeepAgents(), {}),
    'Deep Agents UI, request_name="program"': (DeepAgents(), {"request_name": "program"}),
}

# For each interface and program, what happens in each way of asking; where it is not the same, to a
# person who was there when the thread paused / to one who comes later.
TABLE: dict[str, dict[str, tuple[str, str, str]]] = {
    "agent-inbox": {
        "single": (DONE, DONE, DONE),
        "several": (REFUSED, NO_ID, DONE),
        "mixed": (NO_ID, NO_ID, DONE),
        "expired": (DONE, DONE, DONE),
    },
    "agent-chat-ui": {
        "single": (DONE, DONE, DONE),
        "several": (REFUSED, NO_ID, DONE),
        # What a tool asks by itself it shows as it is.
        "mixed": (f"{NO_ID}/{STUCK}", f"{NO_ID}/{STUCK}", STUCK),
        "expired": (DONE, DONE, DONE),
    },
    # No tool call of the last message has the name of a tool that a program calls.
    "Deep Agents UI": dict.fromkeys(PROGRAMS, (HIDDEN, HIDDEN, HIDDEN)),
    'Deep Agents UI, request_name="program"': {
        "single": (DONE, DONE, DONE),
        "several": (UNTOLD, f"{HIDDEN}/{NO_ID}", DONE),
        "mixed": (HIDDEN, HIDDEN, HIDDEN),
        "expired": (DONE, DONE, DONE),
    },
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def talk_with(shop: Shop, program: str, mode: Mode = "invoke", **options: Any) -> Conversation:
    @tool
    def paint(what: str) -> str:
        """Paints something, once it has asked for the color in the words of agent-inbox."""
        config = {"allow_respond": True, "allow_edit": False, "allow_accept": False}
        request = {"action": "paint", "args": {"what": what}}
        (answer,) = interrupt([{"action_request": request, "config": config}])
        shop.note(f"paint {what} {answer['args']}")
        return str(answer["args"])

    gate: Any = {"allowed_decisions": ["approve", "edit", "reject", "respond"]}
    if program == "expired":
        gate["expires_after_s"] = 0.01
    tools = [*shop.tools(), paint]
    source = PROGRAMS.get(program, program)
    database = shop.log.with_name("db")
    return Conversation("create_agent", mode, database, source, tools, {"pay": gate}, options)


def shown(talk: Conversation, interface: UserInterface, *, live: bool) -> Card | None:
    interrupts = talk.last["__interrupt__"] if live else talk.pending()
    return interface.shows(interrupts, talk.values()["messages"], live=live)


def pressed_yes(talk: Conversation, interface: UserInterface, *, live: bool) -> str:
    """What becomes of a thread whose person presses yes until nothing changes."""
    for _ in range(8):
        if not talk.waits:
            return DONE
        if (card := shown(talk, interface, live=live)) is None:
            return HIDDEN
        if any("refused" in item.value for item in talk.last["__interrupt__"]):
            return REFUSED if "The last answer was not used." in card.text else UNTOLD
        yes = next((name for name in ("accept", "approve", "response") if name in card.buttons), "")
        if not yes:
            return STUCK
        if len(talk.last["__interrupt__"]) > 1:
            with pytest.raises(RuntimeError, match="specify the interrupt id"):
                talk.answer(card.buttons[yes]("red"))
            return NO_ID
        talk.answer(card.buttons[yes]("red"))
    raise AssertionError(talk.last)


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("name", INTERFACES)
def test_what_is_shown_and_what_answers(name: str, program: str, ask: Ask, shop: Shop) -> None:
    interface, options = INTERFACES[name]
    found = []
    for live in (True, False):
        talk = talk_with(shop, program, ask=ask, **options)
        talk.thread = f"live: {live}"
        talk.start()
        if program == "expired":
            time.sleep(0.02)
        end = pressed_yes(talk, interface, live=live)
        found.append(end)
        if program == "expired" and end == DONE:
            assert "Nobody decided by" in talk.text
            assert not shop.counts()
    assert "/".join(dict.fromkeys(found)) == TABLE[name][program][ASKS.index(ask)]
    done = found.count(DONE) if program != "expired" else 0
    assert shop.counts()["pay b 1"] == (done if program == "several" else 0)
    assert shop.counts()["paint hat red"] == (done if program == "mixed" else 0)


def test_the_table_has_it_all() -> None:
    assert TABLE.keys() == INTERFACES.keys()
    assert all(rows.keys() == PROGRAMS.keys() for rows in TABLE.values())


# For each interface, how each thing that a person can do is said there.
PRESSED: dict[str, list[tuple[str, Any, dict[str, int], str]]] = {
    "agent-inbox": [
        ("accept", None, {"pay a 1": 1}, "paid 1 to a"),
        ("edit", {"amount": "2.5"}, {"pay a 2.5": 1}, "paid 2.5 to a"),
        ("edit", {"to": "7"}, {"pay 7 1": 1}, "paid 1 to 7"),
        ("response", "Too dear.", {}, "A person rejected this call of `pay`, .* Too dear."),
        ("ignore", None, {}, "A person rejected this call of `pay`"),
    ],
    "agent-chat-ui": [
        ("approve", None, {"pay a 1": 1}, "paid 1 to a"),
        ("edit", {"amount": "2.5"}, {"pay a 2.5": 1}, "paid 2.5 to a"),
        ("reject", "Too dear.", {}, "A person rejected this call of `pay`, .* Too dear."),
    ],
    'Deep Agents UI, request_name="program"': [
        ("approve", None, {"pay a 1": 1}, "paid 1 to a"),
        ("edit", {"amount": "2.5"}, {"pay a 2.5": 1}, "paid 2.5 to a"),
        ("reject", "", {}, "A person rejected this call of `pay`"),
    ],
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "button", "typed", "done", "told"),
    [(name, *row) for name, rows in PRESSED.items() for row in rows],
)
def test_every_button(
    name: str, button: str, typed: Any, done: dict[str, int], told: str, mode: Mode, shop: Shop
) -> None:
    interface, options = INTERFACES[name]
    program = "try { await tools.pay({ to: 'a', amount: 1 }) } catch (e) { e.message }"
    talk = talk_with(shop, program, mode, ask="one_by_one", **options)
    talk.start()
    card = shown(talk, interface, live=True)
    assert card is not None
    assert card.args == {"to": "a", "amount": 1}
    assert "pay" in card.text
    talk.answer(card.buttons[button](typed))
    assert not talk.waits
    assert shop.counts() == done
    first, _, last = told.partition(".*")
    assert first in talk.text
    assert last in talk.text


def test_agent_inbox_as_it_was_before_it_knew_langchains_form(shop: Shop) -> None:
    talk = talk_with(shop, "single")
    talk.start()
    now = AgentInbox.read(talk.question)
    before = AgentInbox.read_before_langchains(talk.question)
    assert before["action_request"] == now["action_request"]
    assert before["description"] == now["description"]
    assert before["config"] == {**now["config"], "allow_ignore": True}


def test_large_arguments_are_not_stored_for_agent_inbox_too(shop: Shop) -> None:
    talk = talk_with(shop, "await tools.pay({ to: 'x'.repeat(100_000), amount: 1 })")
    talk.start()
    card = shown(talk, AgentInbox(), live=True)
    assert card is not None
    assert (card.title, card.args) == ("pay", {})
    talk.answer(card.buttons["accept"](None))
    assert not talk.waits


def test_what_is_not_allowed_is_not_meant(shop: Shop) -> None:
    talk = talk_with(shop, "single")
    talk.interrupt_on = {"pay": {"allowed_decisions": ["reject"]}}
    talk.start()
    inbox = [{"type": "accept", "args": None}], {"type": "accept"}, {"type": "approve"}
    for answer in inbox:
        talk.refuse(answer, r"must have a type out of \['reject'\]")
    talk.refuse([{"type": "response", "args": None}, {"type": "ignore", "args": None}], "number")
    card = shown(talk, AgentInbox(), live=True)
    assert card is not None
    assert set(card.buttons) == {"response", "ignore"}
    talk.answer(card.buttons["ignore"](None))
    assert "A person rejected this call" in talk.text
    assert not shop.counts()


def test_words_answer_in_the_tools_place_where_nothing_can_be_rejected(shop: Shop) -> None:
    talk = talk_with(shop, "single")
    talk.interrupt_on = {"pay": {"allowed_decisions": ["respond"]}}
    talk.start()
    talk.answer([{"type": "response", "args": "in cash"}])
    assert "in cash" in talk.text
    assert not shop.counts()


def test_a_request_with_another_name_tells_its_tool(shop: Shop) -> None:
    talk = talk_with(shop, "several", request_name="program", tool_name="js")
    talk.model = ScriptedModel(turns=[[("js", {"code": PROGRAMS["several"]})]])
    talk.start()
    requests, reviews = talk.question["action_requests"], talk.question["review_configs"]
    assert [(one["name"], one["tool"]) for one in requests] == [("js", "pay")] * 3
    assert {one["action_name"] for one in reviews} == {one["actionName"] for one in reviews}
    assert all(one["allowedDecisions"] == one["allowed_decisions"] for one in reviews)
    yes = {"type": "approve"}
    own = {"type": "edit", "edited_action": {"name": "pay", "args": {"to": "d", "amount": 2}}}
    shown = {"type": "edit", "edited_action": {"name": "js", "args": {"to": "e", "amount": "3"}}}
    talk.decide(yes, own, shown)
    assert shop.counts() == {"pay a 1": 1, "pay d 2": 1, "pay e 3": 1}


def test_what_the_model_calls_itself_the_deep_agents_ui_finds(shop: Shop) -> None:
    talk = talk_with(shop, "single", ask="one_by_one", request_name="program")
    ours = CodeInterpreterMiddleware(interrupt_on={"pay": True}, request_name="program")
    talk.agent_options = {"tools": shop.tools(), "middleware": [ours]}
    talk.model = ScriptedModel(turns=[[("pay", {"to": "a", "amount": 1})]])
    talk.start()
    assert pressed_yes(talk, DeepAgents(), live=True) == DONE
    assert shop.counts() == {"pay a 1": 1}


def test_nothing_here_makes_the_deep_agents_ui_look_elsewhere(shop: Shop) -> None:
    """It knows of the messages, the value and `ui`; of these only the value is ours at a pause.

    What a paused task has written to the state, `messages` and `ui` among it, is not there, and
    `ui` names a component that the server of the project has to have.
    """
    talk = talk_with(shop, "single")
    talk.start()
    values = talk.values()
    assert "ui" not in values
    (message,) = (m for m in values["messages"] if isinstance(m, AIMessage))
    assert [call["name"] for call in message.tool_calls] == ["eval"]
    assert talk.question["action_requests"][0]["name"] == "pay"


@pytest.mark.parametrize("mode", MODES)
def test_programs_side_by_side_need_answers_with_ids(mode: Mode, shop: Shop) -> None:
    """A program cannot know of others, so each asks; no interface here answers more than one."""
    talk = talk_with(shop, "", mode)
    talk.options = {"ask": "one_by_one", "mode": "call"}
    talk.model = parallel_programs([PROGRAMS["single"], PROGRAMS["single"]])
    talk.start()
    first, second = talk.last["__interrupt__"]
    with pytest.raises(RuntimeError, match="specify the interrupt id"):
        talk.answer({"decisions": [{"type": "approve"}]})
    for item in (second, first):
        talk.answer({item.id: [{"type": "accept", "args": None}]})
    assert shop.counts() == {"pay a 1": 2}
