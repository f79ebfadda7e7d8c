"""What stands in an agent's history: with each result, the labels that it has brought.

So who puts older labels back into the database has to put the older history back as well. And a
label that a tool is given later counts for what was read of it before.

    message.response_metadata["quickjs_touched"] = {"made": True, "session": ["untrusted"]}

It is not signed, since messages are not: who can change it can leave the message out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command

from langchain_quickjs.script.labels.messages.provider_tools import provider_tools_in
from langchain_quickjs.script.labels.taint import ALL_LABELS, Label, Rule, are_labels, given_later

__all__ = ["TOUCHED_KEY", "labels_told", "record_forms", "record_of", "with_record"]

TOUCHED_KEY: Final = "quickjs_touched"

_NONE: Final[frozenset[Label]] = frozenset()

_Result = TypeVar("_Result")
Labels = frozenset[Label]


def record_of(
    session: Collection[Label],
    variables: Collection[Label] = (),
    *,
    made: bool = True,
    called: Mapping[str, Collection[Label]] = MappingProxyType({}),
    shown: bool = True,
) -> dict[str, Any]:
    """What stands with a result.

    Args:
        session: What the conversation has touched by the call.
        variables: What was touched by a program that left variables.
        made: Whether the call was made at all.
        called: The tools that a program has called, with the labels that they had.
        shown: Whether the conversation knows of what these gave; else only variables may.
    """
    record: dict[str, Any] = {"made": made, "session": sorted(session)}
    if variables:
        record["variables"] = sorted(variables)
    if called:
        record["called" if shown else "kept"] = {name: sorted(own) for name, own in called.items()}
    return record


def with_record(result: _Result, call_id: object, record: Mapping[str, Any]) -> _Result:
    """The result of a call, with what stands with it."""

    def noted(message: Any) -> Any:
        if not isinstance(message, ToolMessage) or message.tool_call_id != call_id:
            return message
        metadata = {**message.response_metadata, TOUCHED_KEY: dict(record)}
        return message.model_copy(update={"response_metadata": metadata})

    return cast("_Result", changed_messages(result, noted))


def record_forms(messages: Iterable[Any]) -> None:
    """Notes of what gives an agent's answer its form that it was no call.

    Args:
        messages: What came of a call of the model.
    """
    for message in messages:
        if isinstance(message, ToolMessage):
            message.response_metadata[TOUCHED_KEY] = record_of((), made=False)


def changed_messages(result: Any, change: Callable[[Any], Any]) -> Any:
    """The result of a call with each message in it changed."""
    if isinstance(result, list):
        return [changed_messages(one, change) for one in result]
    update = result.update if isinstance(result, Command) else None
    if isinstance(update, dict) and isinstance(update.get("messages"), list):
        return replace(result, update={**update, "messages": [*map(change, update["messages"])]})
    return change(result)


def labels_told(
    messages: Sequence[Any], rule: Rule, tool_name: str, tools: Collection[str] | None
) -> tuple[Labels, Labels]:
    """What was touched by what messages hold: by the session, and left in variables.

    Args:
        messages: The messages of an agent.
        rule: The rule.
        tool_name: The tool that runs programs.
        tools: The agent's tools; `None` if they cannot be found.
    """
    session, variables = _NONE, _NONE
    calls = dict[str, str]()
    for message in messages:
        if isinstance(message, AIMessage):
            calls.update((str(call["id"]), call["name"]) for call in message.tool_calls)
            for tool in provider_tools_in(message):
                session |= rule.labels_of_provider_tool(tool, tools or ())
        elif isinstance(message, ToolMessage):
            name = message.name or calls.get(message.tool_call_id)
            record = message.response_metadata.get(TOUCHED_KEY)
            if record is not None:
                told, left = _recorded(record, rule)
                is_call = record_is_made(record) and name != tool_name
                is_named = name is not None and is_call and rule.names(name)
                session |= told | (rule.labels_of(str(name)) if is_named else _NONE)
                variables |= left
            elif name == tool_name:
                # An error that is not a program's was made up by somebody who found no answer.
                session |= _NONE if message.status == "error" else ALL_LABELS
            else:
                session |= ALL_LABELS if name is None else rule.labels_of(name)
        if session == variables == ALL_LABELS:
            break
    return session, variables


def record_is_made(record: Any) -> bool:
    """Whether a call was made, by what stands with its result."""
    return not isinstance(record, dict) or record.get("made") is not False


def _recorded(record: Any, rule: Rule) -> tuple[Labels, Labels]:
    """What a record says; all labels if it says nothing that is known."""
    match record:
        case {"made": bool(), "session": [*session]}:
            variables, called = record.get("variables", []), record.get("called", {})
            kept = record.get("kept", {})
            if all(map(are_labels, (session, variables))) and all(map(_are_called, (called, kept))):
                shown = given_later(_with_sets(called), rule)
                hidden = given_later(_with_sets(kept), rule)
                return frozenset(session) | shown, frozenset(variables) | shown | hidden
    return ALL_LABELS, ALL_LABELS


def _are_called(values: Any) -> bool:
    return isinstance(values, dict) and all(map(are_labels, values.values()))


def _with_sets(called: Mapping[str, Sequence[Label]]) -> dict[str, Labels]:
    return {name: frozenset(labels) for name, labels in called.items()}
