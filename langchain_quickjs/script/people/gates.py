"""Whom the agent asks, before it calls its tools: the middleware of the graph around a script.

Calls from scripts are not in the agent's messages, where most of this middleware looks, so what it
asks the model's calls has to be read from it and asked by the script. `HumanInTheLoopMiddleware`
can be read. What else asks people is recognised by its hooks, whose code comes to LangGraph's
`interrupt`; about which calls it asks only it knows, so then users have to say what holds.
"""

from __future__ import annotations

import dis
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final, Protocol, TypeGuard, cast, runtime_checkable

from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    InterruptOnConfig,
)
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import interrupt

from langchain_quickjs.script.langgraph_internals.agent_hooks import (
    handler_reaches,
    held_by,
    hooks_behind,
    middleware_of,
    plain_function,
    shows_that_it_asks_people,
    tool_calls_of,
)
from langchain_quickjs.script.langgraph_internals.graph_around import graph_around

__all__ = ["Agent", "DecidesItself", "agent_of", "config_in", "make_way"]

# What a subclass may have of its own and still ask as the class does.
_HARMLESS: Final = frozenset(
    {
        "__abstractmethods__",
        "__annotations__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__init__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
        "name",
        "state_schema",
    }
)

_TOOL_HOOKS: Final = ("wrap_tool_call", "awrap_tool_call")
_OTHER_HOOKS: Final = tuple(
    f"{prefix}{hook}"
    for hook in ("before_agent", "before_model", "wrap_model_call", "after_model", "after_agent")
    for prefix in ("", "a")
)
_HOOKS: Final = (*_TOOL_HOOKS, *_OTHER_HOOKS)
_OWN_PACKAGE: Final = __name__.partition(".")[0]


@runtime_checkable
class DecidesItself(Protocol):
    """Middleware that decides about some calls itself, whoever else asks about them."""

    def _decides(self, request: ToolCallRequest) -> bool:
        """Whether it will decide about a call that the model has made, when it comes to it."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent that a task belongs to, as far as it can be found out.

    Attributes:
        gates: The middleware by which it asks people, and which says about what.
        callwise: Other middleware that asks people, at the tool calls that pass it.
        strangers: What else asks people, in words for errors.
        tools: Its tools by their names; `None` if they cannot be found.
        hooks: What its tool calls pass, from the outermost on.
        deciding: Middleware that decides about some calls itself.
    """

    gates: tuple[HumanInTheLoopMiddleware[Any, Any, Any], ...] = ()
    callwise: tuple[AgentMiddleware[Any, Any, Any], ...] = ()
    strangers: tuple[str, ...] = ()
    tools: Mapping[str, BaseTool] | None = None
    hooks: Any = None
    deciding: tuple[DecidesItself, ...] = ()

    @property
    def asked(self) -> Set[str]:
        """The tools about whose calls it asks, as far as can be read."""
        return {name for gate in self.gates for name in gate.interrupt_on}

    def bypassed(self, handler: Any) -> list[str]:
        """What asks people about tool calls, but does not see those given to this handler."""
        missed = [asks for asks in self.callwise if not handler_reaches(handler, asks)]
        return [*self.strangers, *(type(asks).__name__ for asks in missed)]

    def behind(self, middleware: AgentMiddleware[Any, Any, Any]) -> Any:
        """What tool calls pass after this middleware; everything, if that cannot be found out."""
        return hooks_behind(self.hooks, middleware)


_NO_AGENT: Final = Agent()
_known: weakref.WeakKeyDictionary[Any, Agent] = weakref.WeakKeyDictionary()


def agent_of(config: RunnableConfig | None = None) -> Agent:
    """The agent that a task belongs to.

    Args:
        config: The config of a task of the agent's graph; that of the current task by default.
    """
    found = graph_around(config)
    if found is None:
        return _NO_AGENT
    channels, nodes = found
    key = next(iter(nodes.values()), None)
    if key is None:
        return Agent(strangers=("something that cannot be found",))
    agent = _known.get(key)
    if agent is None:
        agent = _known[key] = _read(channels, nodes)
    return agent


@dataclass(frozen=True, slots=True)
class _LeavesToOthers:
    """The `when` of a gate, but for calls about which other middleware of its agent decides.

    Attributes:
        when: What it was, if it was anything.
    """

    when: Callable[[ToolCallRequest], bool] | None

    def __call__(self, request: ToolCallRequest) -> bool:
        agent = agent_of(request.runtime.config)
        if any(one._decides(request) for one in agent.deciding):
            return False
        return self.when is None or bool(self.when(request))


def make_way(agent: Agent) -> None:
    """Lets an agent's gates ask nobody about calls about which other middleware decides.

    That a gate has asked cannot be seen where a call is made: others can jump over it, or put
    another call in the place of the one that was approved. So whoever decides there asks there, and
    the question need not be asked twice. In an agent without such middleware nothing changes.
    """
    for gate in agent.gates:
        for name, config in gate.interrupt_on.items():
            if not isinstance(config.get("when"), _LeavesToOthers):
                leaving = _LeavesToOthers(config.get("when"))
                gate.interrupt_on[name] = InterruptOnConfig(**{**config, "when": leaving})


def config_in(gate: HumanInTheLoopMiddleware[Any, Any, Any], name: str) -> InterruptOnConfig | None:
    """What a gate asks about calls of a tool, as it was told; `None` for nothing."""
    config: InterruptOnConfig | None = gate.interrupt_on.get(name)
    if config is None or not isinstance(leaving := config.get("when"), _LeavesToOthers):
        return config
    told: dict[str, Any] = {**config, "when": leaving.when}
    if leaving.when is None:
        del told["when"]
    return cast("InterruptOnConfig", told)


def _read(channels: Iterable[str], nodes: Mapping[str, Any]) -> Agent:
    gates: list[HumanInTheLoopMiddleware[Any, Any, Any]] = []
    callwise: list[AgentMiddleware[Any, Any, Any]] = []
    strangers: list[str] = []
    found = middleware_of(nodes)
    for middleware in found:
        if _is_readable(middleware):
            gates.append(middleware)
        elif _asks_elsewhere(middleware):
            strangers.append(type(middleware).__name__)
        elif isinstance(middleware, HumanInTheLoopMiddleware) or any(
            _asks(hook, middleware, {}) for hook in _attributes(middleware, _TOOL_HOOKS)
        ):
            callwise.append(middleware)
    if shows_that_it_asks_people(channels) and not (gates or callwise or strangers):
        strangers.append("something that cannot be found")
    tools, hooks = tool_calls_of(nodes)
    deciding = tuple(one for one in found if isinstance(one, DecidesItself))
    return Agent(tuple(gates), tuple(callwise), tuple(strangers), tools, hooks, deciding)


def _is_readable(
    middleware: AgentMiddleware[Any, Any, Any],
) -> TypeGuard[HumanInTheLoopMiddleware[Any, Any, Any]]:
    """Whether it asks as LangChain's class does, about what its `interrupt_on` says."""
    known = HumanInTheLoopMiddleware
    if not isinstance(middleware, known) or set(vars(middleware)) & set(dir(known)):
        return False
    bases = type(middleware).__mro__[: type(middleware).__mro__.index(known)]
    return all(set(vars(base)) <= _HARMLESS for base in bases)


def _asks_elsewhere(middleware: AgentMiddleware[Any, Any, Any]) -> bool:
    """Whether it asks people at other places than at the tool calls that pass it."""
    known = HumanInTheLoopMiddleware
    if not isinstance(middleware, known):
        return any(_asks(hook, middleware, {}) for hook in _attributes(middleware, _OTHER_HOOKS))
    # Asking call by call, LangChain's own hook after the model does not ask.
    own = set(_attributes(middleware, _OTHER_HOOKS)) - set(_attributes(known, _OTHER_HOOKS))
    return middleware.interrupt_mode != "per_call" or any(
        _asks(hook, middleware, {}) for hook in own
    )


def _asks(value: Any, owner: Any, seen: dict[int, Any]) -> bool:
    """Whether what a hook uses comes to `interrupt`, as far as its code shows.

    What it holds and has is followed, and the functions of its package; others know no agent.
    """
    if value is interrupt or isinstance(value, HumanInTheLoopMiddleware):
        return True
    if isinstance(value, type) and issubclass(value, HumanInTheLoopMiddleware):
        return True
    if id(value) in seen:
        return False
    seen[id(value)] = value
    if isinstance(value, list | tuple):
        return any(_asks(one, owner, seen) for one in value)
    if isinstance(value, AgentMiddleware) and value is not owner:
        return any(_asks(hook, value, seen) for hook in _attributes(value, _HOOKS))
    function = plain_function(value)
    if function is None or _package(function) == _OWN_PACKAGE:
        return False
    codes = list(_codes(function.__code__))
    names = {name for code in codes for name in code.co_names}
    if "interrupt" in names or any(map(_raises_interrupts, codes)):
        return True
    package = _package(function)
    known = [function.__globals__[name] for name in names if name in function.__globals__]
    used = [
        one
        for one in known
        if one is interrupt
        or plain_function(one) is None
        or _package(plain_function(one)) == package
    ]
    used += [*held_by(function).values(), *_attributes(owner, names)]
    helpers = [one for one in used if _package(one) == package]
    used += [held for helper in helpers for held in _attributes(helper, names | {"__call__"})]
    return any(_asks(one, owner, seen) for one in used)


def _attributes(value: Any, names: Iterable[str]) -> list[Any]:
    """What an object or class has under these names, also what a subclass hides."""
    classes = value.__mro__ if isinstance(value, type) else type(value).__mro__
    places = [*map(vars, classes), getattr(value, "__dict__", {})]
    return [place[name] for place in places for name in names if name in place]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _raises_interrupts(code: CodeType) -> bool:
    """Whether code makes interrupts, and does not only let those of others pass."""
    return "GraphInterrupt" in code.co_names and any(
        step.argval == "GraphInterrupt" and (step.opname == "LOAD_METHOD" or "NULL" in step.argrepr)
        for step in dis.get_instructions(code)
    )


def _package(value: Any) -> str:
    """The package whose function, class or object it is."""
    module = getattr(value, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""
