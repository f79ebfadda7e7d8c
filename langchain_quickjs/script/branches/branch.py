"""A paused script in another branch of its thread.

A fork goes on from the memory that a script had at a pause, and nothing else is shared: a yes in
one branch is none in the other. So what names something once has another name in each branch: the
ledger, by the place that a script is sealed for; calls, so that a key of idempotency is not used
up; and questions, so that an answer that is delivered late is for the branch that asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from langgraph.types import Interrupt

from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.state import PausedScript, Question
from langchain_quickjs.script.telling.story import StorySoFar

__all__ = ["in_branch", "is_other_source"]

_Call = TypeVar("_Call", bound=Mapping[str, Any])


def in_branch(script: PausedScript, branch: str, *, asks_anew: bool = True) -> PausedScript:
    """A paused script as it stands in another branch.

    Args:
        script: The script, as it stood in its own.
        branch: What the branch is known by.
        asks_anew: Whether its questions get other ids, because people are asked again.
    """

    def renamed(call: _Call) -> _Call:
        name = str(call["tool_call_id"])
        own = f"{name.rpartition(':')[0]}:{digest(name, branch)[:20]}"
        return cast("_Call", {**call, "tool_call_id": own})

    def asked(question: Question) -> Question:
        before = question["interrupt"]
        own_id = digest("question", before.id, branch) if asks_anew else before.id
        again = Interrupt(before.value, own_id, response_schema=before.response_schema)
        calls = [renamed(call) for call in question["calls"]]
        return {**question, "interrupt": again, "calls": calls}

    return {
        **script,
        "awaiting": [renamed(call) for call in script["awaiting"]],
        "questions": [asked(question) for question in script["questions"]],
        "blocked": [renamed(call) for call in script["blocked"]],
    }


def is_other_source(script: PausedScript, source: str) -> bool:
    """Whether a paused script was another one: what the model wrote may have been edited."""
    known = script.get("source", "")
    return bool(known) and known != StorySoFar.of_source(source, 0.0).source
