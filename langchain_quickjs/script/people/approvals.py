"""Which calls people decide about, as `interrupt_on` and the agent's own middleware say.

Configs mean what they mean to LangChain's `HumanInTheLoopMiddleware`, which reads them here too.
What answers mean stands in `flow/decisions.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, NotRequired, cast

from langchain.agents.middleware.human_in_the_loop import (
    ActionRequest,
    DecisionType,
    HumanInTheLoopMiddleware,
    InterruptOnConfig,
    ReviewConfig,
)
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.runtime import get_runtime
from typing_extensions import TypedDict

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter.advice.near_names import nearest
from langchain_quickjs.quoting import value_text
from langchain_quickjs.script.flow.decisions import KINDS
from langchain_quickjs.script.flow.inputs import Manner, Reviewed
from langchain_quickjs.script.langgraph_internals.checkpointer import agent_inside
from langchain_quickjs.script.people.gates import config_in
from langchain_quickjs.script.people.short_args import args_text
from langchain_quickjs.script.telling.descriptions import agent_text

__all__ = [
    "Approvals",
    "CallReview",
    "InterruptOn",
    "require_known",
]

_MOST_SECONDS: Final = 100 * 365 * 24 * 3600


class CallReview(TypedDict):
    """How a person decides about calls of a tool: LangChain's `InterruptOnConfig`, and until when.

    It has the fields of that without deriving from it: a type checker takes a union of both for the
    more general one, which knows of no time.

    Attributes:
        allowed_decisions: What the person may decide.
        description: What the person reads about a call, or what makes it of the call, the state and
            the runtime.
        args_schema: Taken because LangChain takes it, and not used.
        when: Whether people are asked about a call at all.
        expires_after_s: After how many seconds a call counts as rejected unless somebody has
            answered. It is then rejected at the next run of the thread, whatever was answered.
    """

    allowed_decisions: Sequence[DecisionType]
    description: NotRequired[str | Callable[..., str]]
    args_schema: NotRequired[dict[str, Any]]
    when: NotRequired[Callable[[ToolCallRequest], bool]]
    expires_after_s: NotRequired[float]


InterruptOn = Mapping[str, bool | InterruptOnConfig | CallReview]
"""Tool names (as the tools have them), and whether or how a person decides about their calls."""

# What a config may have, and of what kind it is.
_CONFIG: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "allowed_decisions": (
        f"a non-empty list of decisions, which are {sorted(KINDS)}",
        lambda value: (
            isinstance(value, list | tuple)
            and bool(value)
            and all(isinstance(one, str) and one in KINDS for one in value)
        ),
    ),
    "description": ("text or a function", lambda value: isinstance(value, str) or callable(value)),
    "args_schema": ("a mapping", lambda value: isinstance(value, Mapping)),
    "when": ("a function", callable),
    "expires_after_s": (
        "a number of seconds, more than 0 and at most a hundred years",
        lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and 0 < value <= _MOST_SECONDS
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Approvals:
    """The calls that wait for a person.

    Attributes:
        configs: Whether and how people decide about calls, by the names of the tools.
        description_prefix: What the description of a call begins with.
        manner: How people are asked.
        prefaces: What descriptions begin with where an agent's own gate says so.
    """

    configs: Mapping[str, InterruptOnConfig | CallReview]
    description_prefix: str
    manner: Manner
    prefaces: Mapping[str, str] = field(default_factory=dict)

    @property
    def decided(self) -> dict[str, list[DecisionType]]:
        """The tools in it, with the decisions that are allowed about their calls."""
        return {name: list(config["allowed_decisions"]) for name, config in self.configs.items()}

    @property
    def expiries(self) -> dict[str, float]:
        """The tools in it whose questions expire, and after how many seconds."""
        found = {name: config.get("expires_after_s") for name, config in self.configs.items()}
        return {name: cast("float", after) for name, after in found.items() if after is not None}

    @classmethod
    def of(
        cls,
        interrupt_on: InterruptOn | None,
        granted: Sequence[str] | None = None,
        *,
        manner: Manner | None = None,
    ) -> Approvals:
        """Reads `interrupt_on` as LangChain reads it.

        Args:
            interrupt_on: What was given.
            granted: The names of all that scripts can call, if that is known. Other names are
                refused: a misspelt gate would be no gate.
            manner: How people are asked; the default one if it is left out.

        Raises:
            SetupError: A name is none of those, or a config is wrong.
        """
        given = dict(interrupt_on or {})
        if granted is not None:
            require_known(given, granted)
        for name, asked in given.items():
            if not isinstance(asked, bool):
                _check_config(name, asked)
        langchain = HumanInTheLoopMiddleware(cast("dict[str, Any]", given))
        configs, prefix = MappingProxyType(langchain.interrupt_on), langchain.description_prefix
        return cls(configs, prefix, manner or Manner())

    def adopting(self, gates: Iterable[HumanInTheLoopMiddleware], names: Set[str]) -> Approvals:
        """These approvals, and what an agent asks people about when its model calls the same tools.

        Args:
            gates: The agent's middleware that asks.
            names: The tools for which the middleware counts.

        Raises:
            SetupError: Two of the agent's gates are about one tool, or the time that people have
                for an answer is none.
        """
        configs, prefaces = dict(self.configs), dict(self.prefaces)
        for gate in gates:
            for name in names & gate.interrupt_on.keys():
                if name in configs:
                    raise SetupError(
                        f"The agent has two ways of asking people about calls of {name!r}. Say in "
                        "`interrupt_on` of CodeInterpreterMiddleware what holds in programs: "
                        "`True`, `False` or an `InterruptOnConfig`."
                    )
                config = cast("InterruptOnConfig", config_in(gate, name))
                _check_key(name, config, "expires_after_s")
                configs[name] = config
                if gate.description_prefix != self.description_prefix:
                    prefaces[name] = gate.description_prefix
        return replace(self, configs=MappingProxyType(configs), prefaces=prefaces)

    def because(self, name: str, reason: str) -> Approvals:
        """These, with a reason why a person is asked about calls of a tool in any case."""
        config: dict[str, Any] = {"allowed_decisions": list(KINDS), **self.configs.get(name, {})}
        config.pop("when", None)
        prefaces, told = dict(self.prefaces), config.get("description")
        if told is None:
            prefaces[name] = f"{reason}\n\n{prefaces.get(name) or self.description_prefix}"
        elif callable(told):
            config["description"] = lambda *given: f"{reason}\n\n{told(*given)}"
        else:
            config["description"] = f"{reason}\n\n{told}"
        configs = {**self.configs, name: cast("CallReview", config)}
        return replace(self, configs=MappingProxyType(configs), prefaces=prefaces)

    def review(self, request: ToolCallRequest) -> Reviewed | None:
        """What a person is asked about a call of a tool in `configs`; `None` if nobody is asked."""
        call = request.tool_call
        config = self.configs[call["name"]]
        when = config.get("when")
        if when is not None and not when(request):
            return None
        action = ActionRequest(name=call["name"], args=call["args"])
        review = ReviewConfig(
            action_name=call["name"], allowed_decisions=list(config["allowed_decisions"])
        )
        description = config.get("description")
        if description is None:
            return action, review, self.prefaces.get(call["name"], "")
        if callable(description):
            description = description(call, request.state, get_runtime())
        return ActionRequest(**{**action, "description": description}), review, None

    def review_of_model(
        self, request: ToolCallRequest
    ) -> tuple[ActionRequest, ReviewConfig] | None:
        """What a person is asked about a call of the model itself, in LangChain's words."""
        reviewed = self.review(request)
        if reviewed is None:
            return None
        action, review, preface = reviewed
        if preface is None:
            return action, review
        prefix, args = preface or self.description_prefix, args_text(action["args"])
        agent = agent_inside(request.runtime.config)
        asks = f"Agent: {agent_text(agent)}\n" if agent else ""
        description = f"{prefix}\n\n{asks}Tool: {action['name']}\nArgs: {args}"
        return ActionRequest(**{**action, "description": description}), review


def _check_config(name: str, config: Mapping[str, Any]) -> None:
    """Refuses a config that LangChain would misread, or at which it would fail too late."""
    if unknown := [key for key in config if key not in _CONFIG]:
        raise SetupError(
            f"`interrupt_on` for tool {name!r} has {unknown}, but may have only {list(_CONFIG)}."
        )
    for key in ("allowed_decisions", *config):
        _check_key(name, config, key)


def _check_key(name: str, config: Mapping[str, Any], key: str) -> None:
    what, fits = _CONFIG[key]
    if (key in config or key == "allowed_decisions") and not fits(config.get(key)):
        raise SetupError(
            f"`{key}` in `interrupt_on` for tool {name!r} must be {what}; "
            f"it is {value_text(config.get(key))}."
        )


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
