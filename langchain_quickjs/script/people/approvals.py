"""Which calls a person decides about, how they are asked, and what their answer means.

The formats are those of LangChain's `HumanInTheLoopMiddleware` (batched mode), imported from there
where they are public, so an approval UI that works for an agent works for its scripts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, get_args

from langchain.agents.middleware.human_in_the_loop import (
    Action,
    ActionRequest,
    Decision,
    DecisionType,
    HITLRequest,
    HumanInTheLoopMiddleware,
    InterruptOnConfig,
    ReviewConfig,
)
from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.runtime import get_runtime
from langgraph.types import Interrupt

from langchain_quickjs.errors import DecisionError, SetupError, ValueTransferError
from langchain_quickjs.interpreter.advice.near_names import nearest
from langchain_quickjs.script.call_report import in_short
from langchain_quickjs.script.flow.messages import Takes
from langchain_quickjs.script.people.short_args import args_text
from langchain_quickjs.script.settings import shown
from langchain_quickjs.script.state import AwaitingCall, Question

__all__ = [
    "Approvals",
    "InterruptOn",
    "checked_decisions",
    "edit_note",
    "question",
    "rejection",
    "require_known",
]

InterruptOn = Mapping[str, bool | InterruptOnConfig]
"""Tool names (as the tools have them), and whether or how a person decides about their calls."""

_MESSAGE_CHARS: Final = 65_536
_DECISION_TYPES: Final = frozenset(get_args(DecisionType))
_NOTE_ARGS_CHARS: Final = 400

# What a config may have, and of what kind it is.
_CONFIG: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "allowed_decisions": (
        f"a non-empty list of decisions, which are {sorted(_DECISION_TYPES)}",
        lambda value: (
            isinstance(value, list | tuple)
            and bool(value)
            and all(isinstance(one, str) and one in _DECISION_TYPES for one in value)
        ),
    ),
    "description": ("text or a function", lambda value: isinstance(value, str) or callable(value)),
    "args_schema": ("a mapping", lambda value: isinstance(value, Mapping)),
    "when": ("a function", callable),
}


@dataclass(frozen=True, slots=True)
class Approvals:
    """The calls that wait for a person."""

    configs: Mapping[str, InterruptOnConfig]
    description_prefix: str

    @property
    def decided(self) -> dict[str, list[DecisionType]]:
        """The tools in it, with the decisions that are allowed about their calls."""
        return {name: config["allowed_decisions"] for name, config in self.configs.items()}

    @classmethod
    def of(
        cls, interrupt_on: InterruptOn | None, granted: Sequence[str] | None = None
    ) -> Approvals:
        """Reads `interrupt_on` as LangChain reads it.

        Args:
            interrupt_on: What was given.
            granted: The names of all that scripts can call, if that is known. Another name is
                refused: a misspelt gate would be no gate.

        Raises:
            SetupError: A name is none of those, or a config is wrong.
        """
        given = dict(interrupt_on or {})
        if granted is not None:
            require_known(given, granted)
        for name, asked in given.items():
            if not isinstance(asked, bool):
                _check_config(name, asked)
        langchain = HumanInTheLoopMiddleware(given)
        return cls(MappingProxyType(langchain.interrupt_on), langchain.description_prefix)

    def adopting(self, gates: Iterable[HumanInTheLoopMiddleware], names: Set[str]) -> Approvals:
        """These, and what an agent asks people about when its model calls the same tools.

        Args:
            gates: The agent's middleware that asks.
            names: The tools for which it counts.

        Raises:
            SetupError: Two of the agent's gates are about one tool.
        """
        configs = dict(self.configs)
        for gate in gates:
            for name in names & gate.interrupt_on.keys():
                if name in configs:
                    raise SetupError(
                        f"The agent has two ways of asking people about calls of {name!r}. Say in "
                        "`interrupt_on` of CodeInterpreterMiddleware what holds in programs: "
                        "`True`, `False` or an `InterruptOnConfig`."
                    )
                configs[name] = _with_prefix(gate.interrupt_on[name], gate.description_prefix)
        return Approvals(MappingProxyType(configs), self.description_prefix)

    def review(self, request: ToolCallRequest) -> tuple[ActionRequest, ReviewConfig] | None:
        """What a person is asked about a call in `configs`; `None` if this one needs nobody."""
        call = request.tool_call
        config = self.configs[call["name"]]
        when = config.get("when")
        if when is not None and not when(request):
            return None
        description = config.get("description")
        if description is None:
            description = _description(self.description_prefix, call)
        elif callable(description):
            description = description(call, request.state, get_runtime())
        return (
            ActionRequest(name=call["name"], args=call["args"], description=description),
            ReviewConfig(action_name=call["name"], allowed_decisions=config["allowed_decisions"]),
        )


def _description(prefix: str, call: ToolCall) -> str:
    return f"{prefix}\n\nTool: {call['name']}\nArgs: {args_text(call['args'])}"


def _with_prefix(config: InterruptOnConfig, prefix: str) -> InterruptOnConfig:
    """The config with the description that it has in an agent with this prefix."""
    if config.get("description") is not None:
        return config

    def describe(tool_call: ToolCall, state: Any, runtime: Any) -> str:  # noqa: ARG001 - as LangChain calls it
        return _description(prefix, tool_call)

    return {**config, "description": describe}


def question(calls: Sequence[AwaitingCall], place: str) -> Question:
    """The question whether to make these calls.

    Args:
        calls: The calls.
        place: What tells the calls from those of other scripts.
    """
    count = len(calls)
    decisions = {"type": "array", "items": {"type": "object"}, "minItems": count, "maxItems": count}
    schema = {"type": "object", "properties": {"decisions": decisions}, "required": ["decisions"]}
    request = HITLRequest(
        action_requests=[call["action"] for call in calls],
        review_configs=[call["review"] for call in calls],
    )
    # LangGraph takes no other ids for those of interrupts.
    number = hashlib.sha256(f"{place}|{calls[0]['id']}".encode()).hexdigest()[:32]
    return Question(interrupt=Interrupt(request, number, response_schema=schema), calls=list(calls))


def _check_config(name: str, config: Mapping[str, Any]) -> None:
    """Refuses a config that LangChain would read as another one, or fail on when it is too late."""
    if unknown := [key for key in config if key not in _CONFIG]:
        raise SetupError(
            f"`interrupt_on` for tool {name!r} has {unknown}, but may have only {list(_CONFIG)}."
        )
    for key, (what, fits) in _CONFIG.items():
        if (key in config or key == "allowed_decisions") and not fits(config.get(key)):
            raise SetupError(
                f"`{key}` in `interrupt_on` for tool {name!r} must be {what}; "
                f"it is {shown(config.get(key))}."
            )


def checked_decisions(
    answer: object,
    awaiting: Sequence[AwaitingCall],
    tools: Mapping[str, BaseTool],
    takes: Callable[[BaseTool], Takes],
) -> list[Decision]:
    """The decisions in an answer, one for each awaiting call.

    Args:
        answer: What the graph was resumed with.
        awaiting: The calls that were asked about.
        tools: The tools that an edited call may name, by their names.
        takes: What one of them takes.

    Raises:
        DecisionError: The answer does not fit; the message says where and why.
    """
    decisions = answer.get("decisions") if isinstance(answer, Mapping) else None
    if not isinstance(decisions, list | tuple):
        raise DecisionError(
            'The answer must be {"decisions": [...]} with one decision for each action request, '
            f"got {shown(answer)}."
        )
    if len(decisions) != len(awaiting):
        names = ", ".join(call["action"]["name"] for call in awaiting)
        raise DecisionError(
            f"The number of decisions ({len(decisions)}) is not the number of action requests "
            f"({len(awaiting)}): one is needed for each of {names}, in this order."
        )
    return [
        _checked(decision, call, f"Decision {number} (for {call['action']['name']})", tools, takes)
        for number, (decision, call) in enumerate(zip(decisions, awaiting, strict=True), 1)
    ]


def require_known(interrupt_on: Iterable[str], known: Collection[str]) -> None:
    """Refuses gates for tools that are not there.

    Raises:
        SetupError: There is such a name.
    """
    if unknown := [name for name in interrupt_on if name not in known]:
        meant = [near for name in unknown if (near := nearest(name, known)) is not None]
        hint = f" Did you mean {meant}?" if meant else ""
        raise SetupError(
            f"`interrupt_on` names {unknown}, and there is no such tool.{hint} There are "
            f"{sorted(known)}. Use the tools' own names."
        )


def rejection(tool_name: str, words: str | None, *, begun: bool = False) -> str:
    """What a script is told when a person rejected its call.

    Args:
        tool_name: The tool's own name.
        words: What the person said.
        begun: Whether the call had begun before, in a process that died.
    """
    if begun:
        said = f": {words}" if words else "."
        return (
            f"This call of `{tool_name}` had begun in a process that died, and may have taken "
            f"effect. A person decided not to make it again{said}"
        )
    if words:
        return f"A person rejected this call of `{tool_name}`, which was not run: {words}"
    return (
        f"A person rejected this call of `{tool_name}`, which was not run. Do not try it again "
        "unless the user asks for it."
    )


def edit_note(asked: ActionRequest, run: Action) -> str:
    """What the model is told when a person changed a call, so that it does not repeat its own."""
    return (
        f"A person replaced the call {_call(asked['name'], asked['args'])} by "
        f"{_call(run['name'], run['args'])}, which is what was run. This was intended."
    )


def _call(name: str, args: Mapping[str, Any]) -> str:
    return f"{name}({in_short(args, _NOTE_ARGS_CHARS)})"


def _checked(
    decision: object,
    call: AwaitingCall,
    what: str,
    tools: Mapping[str, BaseTool],
    takes: Callable[[BaseTool], Takes],
) -> Decision:
    fields: Mapping[str, Any] = decision if isinstance(decision, Mapping) else {}
    kind = fields.get("type")
    allowed = call["review"]["allowed_decisions"]
    if kind not in allowed:
        raise DecisionError(f"{what} must have a type out of {allowed}, got {shown(decision)}.")
    if kind == "approve":
        return {"type": "approve"}
    if kind == "edit":
        edited = _edited(fields.get("edited_action"), what, tools, takes)
        return {"type": "edit", "edited_action": edited}
    message = fields.get("message")
    if kind == "respond":
        if not isinstance(message, str):
            raise DecisionError(f"{what} must have a message, the text that the script gets.")
        return {"type": "respond", "message": message}
    if message is not None and not isinstance(message, str):
        raise DecisionError(f"{what} has a message that is no text: {shown(message)}.")
    if message is not None and len(message) > _MESSAGE_CHARS:
        raise DecisionError(
            f"{what} has a message of {len(message)} characters; it may have {_MESSAGE_CHARS}."
        )
    return {"type": "reject", "message": message} if message else {"type": "reject"}


def _edited(
    action: object,
    what: str,
    tools: Mapping[str, BaseTool],
    takes: Callable[[BaseTool], Takes],
) -> Any:
    name = action.get("name") if isinstance(action, Mapping) else None
    args = action.get("args") if isinstance(action, Mapping) else None
    if not isinstance(name, str) or not isinstance(args, Mapping):
        raise DecisionError(
            f'{what} must have an edited_action of the form {{"name": ..., "args": {{...}}}}, '
            f"got {shown(action)}."
        )
    if name not in tools:
        raise DecisionError(
            f"{what} names the tool {name!r}, which this script cannot call; it can call "
            f"{sorted(tools)}."
        )
    try:
        return {"name": name, "args": takes(tools[name]).value(dict(args), name)}
    except ValueTransferError as error:
        raise DecisionError(f"{what} has arguments that do not fit: {error}.") from None
