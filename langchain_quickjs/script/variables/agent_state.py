"""The keys that the state of an agent has for programs. They are no part of what users read."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from langchain.agents.middleware.types import AgentState, PrivateStateAttr

from langchain_quickjs.script.variables.channel import VariablesChannel
from langchain_quickjs.script.variables.labels_channel import LabelsChannel

__all__ = ["InterpreterState", "state_schema"]


class InterpreterState(AgentState[Any]):
    """What the agent's state has beyond that of other agents. It is not part of what users read."""

    _quickjs_heap: NotRequired[Annotated[bytes, VariablesChannel, PrivateStateAttr]]


class _LabelledState(AgentState[Any]):
    """The same of an agent with a rule of two, whose programs leave no variables."""

    _quickjs_labels: NotRequired[Annotated[bytes, LabelsChannel, PrivateStateAttr]]


class _LabelledInterpreterState(InterpreterState, _LabelledState):
    """Both."""


def state_schema(*, has_variables: bool, has_rule: bool) -> type[AgentState[Any]]:
    """The schema of an agent's state.

    Args:
        has_variables: Whether its programs leave variables.
        has_rule: Whether it has a rule of two.
    """
    if has_rule:
        return _LabelledInterpreterState if has_variables else _LabelledState
    return InterpreterState if has_variables else AgentState
