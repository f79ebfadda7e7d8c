"""What three user interfaces of LangChain make of interrupts, and what they send back.

Each is restated here as rules, from its source as it was on a day:

- agent-inbox (langchain-ai/agent-inbox, f38301b, 5 August 2026)
- agent-chat-ui (langchain-ai/agent-chat-ui, fdc87e6, 25 July 2026, on langgraph-sdk 1.8.10)
- Deep Agents UI (langchain-ai/deep-agents-ui, f6a4f34, 14 May 2026, on langgraph-sdk 1.0.3)

All three resume without an interrupt's id, and all three send one decision, whatever they show.
They read what LangGraph's server gives them: plain JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langgraph.types import Interrupt

UNREADABLE: Final = "improper_schema"


@dataclass(frozen=True)
class Card:
    """What a person sees, and can press.

    Attributes:
        title: What it is about.
        args: The arguments that are shown.
        text: The description that is shown.
        buttons: For each thing that the person can do, what is sent. What is typed is the argument:
            text, or for `edit` the text of each argument's field that was changed.
    """

    title: str
    args: Mapping[str, Any]
    text: str
    buttons: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


class UserInterface(Protocol):
    """Shows what waits of a thread."""

    def shows(
        self, interrupts: Sequence[Interrupt], messages: Sequence[BaseMessage], *, live: bool
    ) -> Card | None:
        """What the person sees; `None` for nothing.

        Args:
            interrupts: What one task of the thread waits for.
            messages: The messages of the thread.
            live: Whether it was there when the thread paused, or has read the thread's state since.
        """
        ...


def served(interrupts: Sequence[Interrupt]) -> list[dict[str, Any]]:
    """Interrupts as LangGraph's server sends them."""
    plain = [{"id": one.id, "value": one.value} for one in interrupts]
    found: list[dict[str, Any]] = json.loads(json.dumps(plain))
    return found


class AgentInbox:
    """Lists threads that wait. It looks at the first interrupt of a task.

    Rules: a value with `action_requests` is LangChain's, of which the first request counts. Its
    arguments are looked for under `arguments`; `approve` allows "accept", `edit` "edit", and
    `reject` a response in words; "ignore" is there in any case. Any other value has to have
    `action_request` and `config`, alone or as the first of a list, or be JSON text of it.
    """

    def shows(
        self,
        interrupts: Sequence[Interrupt],
        messages: Sequence[BaseMessage],
        *,
        live: bool,
    ) -> Card | None:
        if not interrupts:
            return None
        return self._card(self.read(served(interrupts)[0]["value"]))

    @staticmethod
    def read(value: Any) -> dict[str, Any]:
        """A value as the interface's own kind of interrupt."""
        if isinstance(value, dict) and value.get("action_requests"):
            (first, *_), reviews = value["action_requests"], value.get("review_configs") or [{}]
            allowed = reviews[0].get("allowed_decisions") or []
            return {
                "action_request": {
                    "action": first.get("name", ""),
                    "args": first.get("arguments", {}),
                },
                "config": {
                    "allow_accept": "approve" in allowed,
                    "allow_edit": "edit" in allowed,
                    "allow_respond": "reject" in allowed,
                },
                "description": first.get("description"),
            }
        return AgentInbox.read_before_langchains(value)

    @staticmethod
    def read_before_langchains(value: Any) -> dict[str, Any]:
        """The same by its rules of before January 2026, which knew its own kind only."""
        if isinstance(value, str) and value[:1] in ("[", "{"):
            value = json.loads(value)
        found = value[0] if isinstance(value, list) and value else value
        if isinstance(found, dict) and {"action_request", "config"} <= found.keys():
            return found
        return {"action_request": {"action": UNREADABLE, "args": {}}, "config": {}}

    @staticmethod
    def _card(read: Mapping[str, Any]) -> Card:
        request, config = read["action_request"], read["config"]
        buttons: dict[str, Callable[[Any], Any]] = {
            "ignore": lambda _: [{"type": "ignore", "args": None}]
        }
        if config.get("allow_accept"):
            # Where edits are allowed, an accepted request comes as an edit without changes.
            sent = request if config.get("allow_edit") else None
            buttons["accept"] = lambda _: [{"type": "accept", "args": sent}]
        if config.get("allow_edit"):
            buttons["edit"] = lambda changed: [
                {"type": "edit", "args": {**request, "args": {**request["args"], **changed}}}
            ]
        if config.get("allow_respond"):
            buttons["response"] = lambda words: [{"type": "response", "args": words}]
        return Card(request["action"], request["args"], read.get("description") or "", buttons)


def of_the_sdk(interrupts: Sequence[Interrupt], *, live: bool) -> Any:
    """What the SDK's `useStream` gives as `interrupt`.

    Rule: as long as it is streamed to, one interrupt as it is, and of several their list; read
    from the thread's state, the last interrupt of the last task.
    """
    found = served(interrupts)
    if not found:
        return None
    return found if live and len(found) > 1 else found[-1]


class AgentChat:
    """A chat, with the first request of an interrupt under the last message.

    Rules: each request needs `name` and `args`, each review `action_name` and `allowed_decisions`,
    else the value is shown as it is and cannot be answered. Of several interrupts one can be
    chosen, but the answer does not say which it was. A rejection needs words.
    """

    def shows(
        self,
        interrupts: Sequence[Interrupt],
        messages: Sequence[BaseMessage],
        *,
        live: bool,
    ) -> Card | None:
        found = of_the_sdk(interrupts, live=live)
        active = found[0] if isinstance(found, list) else found
        if active is None:
            return None
        value = active["value"]
        if not self._is_a_request(value):
            return Card("", {}, json.dumps(value))
        first = value["action_requests"][0]
        same = [one for one in value["review_configs"] if one["action_name"] == first["name"]]
        allowed = (same or value["review_configs"])[0]["allowed_decisions"]
        buttons: dict[str, Callable[[Any], Any]] = {}
        if "approve" in allowed:
            buttons["approve"] = lambda _: {"decisions": [{"type": "approve"}]}
        if "edit" in allowed:
            buttons["edit"] = lambda changed: _edited(first, changed)
        if "reject" in allowed:
            buttons["reject"] = lambda words: {
                "decisions": [{"type": "reject", "message": words.strip()}]
            }
        return Card(first["name"], first["args"], first.get("description", ""), buttons)

    @staticmethod
    def _is_a_request(value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        requests, reviews = value.get("action_requests"), value.get("review_configs")
        if not isinstance(requests, list) or not isinstance(reviews, list) or not reviews:
            return False
        fit = [isinstance(r.get("name"), str) and isinstance(r.get("args"), dict) for r in requests]
        known = [isinstance(r.get("allowed_decisions"), list) for r in reviews]
        return bool(fit) and all(fit) and all(known)


class DeepAgents:
    """A chat with the tool calls of each message, and at those of the last one, what waits.

    Rules: a request is shown at a tool call of its name, in the last message of a person or the
    model. Calls of `task` are shown otherwise, and have none. Of several requests with one name
    the last one counts. What is allowed is read from `actionName` and `allowedDecisions`, and is
    to approve, reject and edit if these are not there. Of several interrupts it shows nothing.
    """

    def shows(
        self, interrupts: Sequence[Interrupt], messages: Sequence[BaseMessage], *, live: bool
    ) -> Card | None:
        found = of_the_sdk(interrupts, live=live)
        value = found.get("value") if isinstance(found, dict) else None
        if not isinstance(value, dict):
            return None
        requests = {request["name"]: request for request in value.get("action_requests") or ()}
        reviews = {one.get("actionName"): one for one in value.get("review_configs") or ()}
        said = [one for one in messages if isinstance(one, HumanMessage | AIMessage)]
        calls = said[-1].tool_calls if said and isinstance(said[-1], AIMessage) else []
        for call in calls:
            if call["name"] != "task" and (request := requests.get(call["name"])):
                return self._card(request, reviews.get(call["name"]))
        return None

    @staticmethod
    def _card(request: Mapping[str, Any], review: Mapping[str, Any] | None) -> Card:
        default = ["approve", "reject", "edit"]
        allowed = default if review is None else review.get("allowedDecisions", default)
        all_buttons: dict[str, Callable[[Any], Any]] = {
            "approve": lambda _: {"decisions": [{"type": "approve"}]},
            "reject": lambda words: {"decisions": [{"type": "reject", "message": words.strip()}]},
            "edit": lambda changed: _edited(request, changed),
        }
        buttons = {name: button for name, button in all_buttons.items() if name in allowed}
        return Card(request["name"], request["args"], request.get("description") or "", buttons)


def _edited(request: Mapping[str, Any], changed: Mapping[str, str]) -> dict[str, Any]:
    """An edit: a field that was changed is text; the other arguments are as they were."""
    action = {"name": request["name"], "args": {**request["args"], **changed}}
    return {"decisions": [{"type": "edit", "edited_action": action}]}
