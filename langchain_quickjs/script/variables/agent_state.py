"""The keys that the state of an agent has for programs. They are no part of what users read."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from langchain.agents.middleware.types import AgentState, PrivateStateAttr

from langchain_quickjs.script.variables.channel import VariablesChannel
from langchain_quickjs.script.variables.labels_channel import LabelsChannel

__all__ = ["state_schema"]


class _VariablesState(AgentState[Any]):
    """The state of an agent whose programs leave variables."""

    _quickjs_heap: NotRequired[Annotated[bytes, VariablesChannel, PrivateStateAttr]]


class _LabelledState(AgentState[Any]):
    """The state of an agent with a rule of two."""

    _quickjs_labels: NotRequired[Annotated[bytes, LabelsChannel, PrivateStateAttr]]


class _LabelledVariablesState(_VariablesState, _LabelledState):
    """Both."""


def state_schema(*, has_variables: bool, has_rule: bool) -> type[AgentState[Any]]:
    """The schema of an agent's state.

    Args:
        has_variables: Whether its programs leave variables.
        has_rule: Whether it has a rule of two.
    """
    if has_rule:
        return _LabelledVariablesState if has_variables else _LabelledState
    return _VariablesState if has_variables else AgentState
