"""A chat model that says what it was given, the same on every side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult


class Scripted(BaseChatModel):
    """Answers the n-th time in a turn with the n-th message; it keeps no state of its own."""

    turn: list[AIMessage]

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any], **kwargs: Any
    ) -> Any:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        said = 0
        for message in reversed(messages):
            if isinstance(message, HumanMessage):
                break
            said += isinstance(message, AIMessage)
        # A copy without an id: LangGraph would take the same object twice for one message.
        answer = self.turn[said].model_copy(update={"id": None}, deep=True)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    @property
    def _llm_type(self) -> str:
        return "scripted"


def one_call(name: str, args: dict[str, Any]) -> Scripted:
    """A turn that calls one tool and then ends."""
    call = {"name": name, "args": args, "id": "call_1", "type": "tool_call"}
    return Scripted(turn=[AIMessage("", tool_calls=[call]), AIMessage("done")])
