"""The one stand-in of the test suite: a chat model that writes given programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from tests.helpers.shop import Shop

CallSpec = tuple[str, dict[str, Any]]


class ScriptedModel(BaseChatModel):
    """Makes the tool calls of one turn after the other, then says `done`.

    It keeps nothing: which turn it is follows from the conversation, so any process can go on.

    Attributes:
        turns: For each turn, its tool calls by name and arguments.
        seen: The system prompts that it was given.
    """

    turns: list[list[CallSpec]]
    seen: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> ScriptedModel:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.extend(m.text for m in messages if isinstance(m, SystemMessage))
        turn = sum(isinstance(message, AIMessage) for message in messages)
        return ChatResult(generations=[ChatGeneration(message=self._answer(turn))])

    def _answer(self, turn: int) -> AIMessage:
        if turn >= len(self.turns):
            return AIMessage("done")
        calls = [
            {"name": name, "args": args, "id": f"call-{turn}-{number}"}
            for number, (name, args) in enumerate(self.turns[turn])
        ]
        return AIMessage("", tool_calls=calls)


class Worker(ScriptedModel):
    """Does a task in turns; notes each of its calls on disk.

    In arguments, `TASK` stands for the task, which is the first message of a person.

    Attributes:
        log: The file of a `Shop`.
    """

    log: Path

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        task = next(message.text for message in messages if message.type == "human")
        turn = sum(isinstance(message, AIMessage) for message in messages)
        Shop(self.log).note(f"model {task} {turn}")
        answer = self._answer(turn)
        for call in answer.tool_calls:
            call["id"] = f"{task}-{call['id']}"
            call["args"] = {k: task if v == "TASK" else v for k, v in call["args"].items()}
        if not answer.tool_calls:
            answer = AIMessage(f"{task} {messages[-1].text}")
        return ChatResult(generations=[ChatGeneration(message=answer)])


class EchoModel(BaseChatModel):
    """Says what it was asked; notes each call."""

    calls: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "echo"

    def bind_tools(self, tools: Any, **kwargs: Any) -> EchoModel:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        asked = messages[-1].text
        self.calls.append(asked)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(f"echo {asked}"))])


def programs(*sources: str) -> ScriptedModel:
    """A model that runs one program a turn."""
    return ScriptedModel(turns=[[("eval", {"code": source})] for source in sources])


def parallel_programs(sources: Sequence[str]) -> ScriptedModel:
    """A model that runs several programs in one turn."""
    return ScriptedModel(turns=[[("eval", {"code": source}) for source in sources]])
