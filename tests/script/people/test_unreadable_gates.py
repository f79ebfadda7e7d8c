"""Where the agent asks people in a way that cannot be read, programs do not call unasked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import langgraph.types
import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    after_model,
    wrap_tool_call,
)
from langgraph.errors import GraphInterrupt
from langgraph.types import interrupt
from langgraph.types import interrupt as ask_somebody

from langchain_quickjs import CodeInterpreterMiddleware, SetupError
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.models import ScriptedModel, programs
from tests.helpers.shop import Shop

LOOK = "await tools.lookUp({ key: 'x' })"
Middleware = AgentMiddleware[Any, Any, Any]
Gate = HumanInTheLoopMiddleware[Any, Any, Any]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def helper(state: Any) -> None:
    interrupt(state)


class Plain(Middleware):
    """Asks in its own hook."""

    def after_model(self, state: Any, runtime: Any) -> None:
        interrupt("sure?")


class Renamed(Middleware):
    """Knows the function under another name."""

    def after_model(self, state: Any, runtime: Any) -> None:
        """Asks nobody."""

    async def aafter_model(self, state: Any, runtime: Any) -> None:
        ask_somebody("sure?")


class Qualified(Middleware):
    """Knows the function through its module."""

    def before_model(self, state: Any, runtime: Any) -> None:
        if not state["messages"]:
            langgraph.types.interrupt("sure?")


class Local(Middleware):
    """Imports the function where it is used."""

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        from langgraph.types import interrupt as local  # noqa: PLC0415 - the case

        if not request.messages:
            local("sure?")
        return handler(request)

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        return await handler(request)


class ThroughMethod(Middleware):
    """Asks in a method of its own."""

    def after_agent(self, state: Any, runtime: Any) -> None:
        self._ask(state)

    def _ask(self, state: Any) -> None:
        interrupt("sure?")


class ThroughFunction(Middleware):
    """Asks in a function beside it."""

    def after_model(self, state: Any, runtime: Any) -> None:
        helper(state)


class Inherited(Plain):
    """Asks as its base class does."""

    def after_model(self, state: Any, runtime: Any) -> None:
        return super().after_model(state, runtime)


class Nested(Middleware):
    """Asks in a function inside of its hook."""

    def after_model(self, state: Any, runtime: Any) -> None:
        [interrupt(message) for message in state["messages"] if message is None]


class Raising(Middleware):
    """Raises what `interrupt` raises."""

    def after_model(self, state: Any, runtime: Any) -> None:
        raise GraphInterrupt(())


class Keeping(Middleware):
    """Keeps LangChain's middleware to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = HumanInTheLoopMiddleware[Any, Any, Any]({"look_up": True})

    def after_model(self, state: Any, runtime: Any) -> Any:
        return self.inner.after_model(state, runtime)


class Making(Middleware):
    """Makes LangChain's middleware when it needs it."""

    def after_model(self, state: Any, runtime: Any) -> Any:
        return HumanInTheLoopMiddleware[Any, Any, Any]({}).after_model(state, runtime)


class Asker:
    """Asks for somebody else."""

    def ask(self) -> None:
        interrupt("sure?")


class ThroughObject(Middleware):
    """Has somebody else ask."""

    asker = Asker()

    def after_model(self, state: Any, runtime: Any) -> None:
        self.asker.ask()


class Partial(Middleware):
    """Asks through a function that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = functools.partial(helper, "sure?")

    def after_model(self, state: Any, runtime: Any) -> None:
        self.ask()


@after_model
def decorated(state: Any, runtime: Any) -> None:
    """Asks without a class."""
    interrupt("sure?")


class OtherGate(Gate):
    """Decides for itself when to ask."""

    def _should_interrupt(self, *args: Any) -> bool:
        return True


class Overriding(Gate):
    """Has a hook of its own."""

    def after_model(self, state: Any, runtime: Any) -> Any:
        return super().after_model(state, runtime)


class Changing(Gate):
    """Says something else each time."""

    @property
    def interrupt_on(self) -> Any:
        return {}

    @interrupt_on.setter
    def interrupt_on(self, value: Any) -> None:
        """Forgets it."""


def patched() -> Gate:
    gate = HumanInTheLoopMiddleware[Any, Any, Any]({"look_up": True})
    vars(gate)["after_model"] = lambda state, runtime: None
    return gate


ELSEWHERE: dict[str, Callable[[], Middleware]] = {
    kind.__name__: kind
    for kind in (
        *(Plain, Renamed, Qualified, Local, ThroughMethod, ThroughFunction, Inherited, Nested),
        *(Raising, Keeping, Making, ThroughObject, Partial),
    )
} | {
    "decorated": lambda: decorated,
    "patched": patched,
    **{
        kind.__name__: functools.partial(kind, {"look_up": True})
        for kind in (OtherGate, Overriding, Changing)
    },
}


class Callwise(Middleware):
    """Asks about each call that passes it."""

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        if request.tool_call["name"] == "look_up":
            interrupt("sure?")
        return handler(request)

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        if request.tool_call["name"] == "look_up":
            interrupt("sure?")
        return await handler(request)


class CallwiseGate(Gate):
    """Asks about each call that passes it, in its own way."""

    def _tool_approval_request(self, request: Any, config: Any) -> Any:
        return super()._tool_approval_request(request, config)


CALLWISE: dict[str, Callable[[], Middleware]] = {
    "Callwise": Callwise,
    "CallwiseGate": lambda: CallwiseGate({"look_up": True}, interrupt_mode="per_call"),
}


class Innocent(Middleware):
    """Lets the interrupts of others pass, and speaks of interrupts."""

    interrupts = ("interrupt",)

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        try:
            return handler(request)
        except GraphInterrupt:
            raise
        except Exception as error:
            if isinstance(error, GraphInterrupt):
                raise
            raise

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        return await handler(request)

    def after_model(self, state: Any, runtime: Any) -> None:
        assert "interrupt" not in state


class Renaming(Gate):
    """Is LangChain's in all that matters."""

    name = "Approvals"

    def __init__(self) -> None:
        super().__init__({"look_up": True})


class Readable(Gate):
    """Has another name."""


def conversation(shop: Shop, mode: Mode, *middleware: Any, model: Any = None) -> Conversation:
    talk = Conversation("create_agent", mode, shop.log.with_name("db"), "", ())
    talk.model = model or programs(LOOK)
    talk.agent_options = {"tools": shop.tools(), "middleware": middleware}
    return talk


def ours(**told: Any) -> CodeInterpreterMiddleware:
    return CodeInterpreterMiddleware(
        ptc=["look_up", "pay"], interrupt_on=told or None, subagents=False
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ELSEWHERE)
@pytest.mark.parametrize("beside", [False, True])
def test_what_asks_elsewhere_is_refused_at_the_first_model_call(
    kind: str, beside: bool, mode: Mode, shop: Shop
) -> None:
    readable = [Readable({"pay": True})] if beside else []
    model = ScriptedModel(turns=[])
    talk = conversation(shop, mode, ours(), ELSEWHERE[kind](), *readable, model=model)
    untold = r"\['look_up'\]" if beside else r"\['look_up', 'pay'\]"
    with pytest.raises(SetupError, match=f"what holds for {untold} in programs"):
        talk.start()
    assert not model.seen
    told = conversation(shop, mode, ours(look_up=False, pay=True), ELSEWHERE[kind](), model=model)
    told.thread = "told"
    told.start()
    assert model.seen


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", CALLWISE)
@pytest.mark.parametrize("beside", [False, True])
def test_what_asks_call_by_call_has_to_see_programs_calls(
    kind: str, beside: bool, mode: Mode, shop: Shop
) -> None:
    readable = [Readable({"pay": True})] if beside else []
    model = ScriptedModel(turns=[])
    before = conversation(shop, mode, CALLWISE[kind](), ours(), *readable, model=model)
    untold = r"\['look_up'\]" if beside else r"\['look_up', 'pay'\]"
    with pytest.raises(SetupError, match=f"through {kind}.*what holds for {untold} in programs"):
        before.start()
    assert not model.seen
    behind = conversation(shop, mode, *readable, ours(), CALLWISE[kind]())
    behind.thread = "behind"
    behind.start()
    assert behind.waits
    assert not shop.counts()
    behind.answer({"type": "approve"})
    assert shop.counts() == {"look_up x": 1}


@pytest.mark.parametrize("mode", MODES)
def test_what_asks_nobody_is_left_alone(mode: Mode, shop: Shop) -> None:
    talk = conversation(shop, mode, Innocent(), ours())
    talk.start()
    assert shop.counts() == {"look_up x": 1}


@pytest.mark.parametrize("mode", MODES)
def test_a_subclass_that_changes_nothing_is_read(mode: Mode, shop: Shop) -> None:
    talk = conversation(shop, mode, ours(), Renaming())
    talk.start()
    assert talk.question["action_requests"][0]["name"] == "look_up"
    assert not shop.counts()


def test_a_decorated_tool_hook_is_seen(shop: Shop) -> None:
    @wrap_tool_call
    def asking(request: Any, handler: Any) -> Any:
        interrupt("sure?")
        return handler(request)

    with pytest.raises(SetupError, match="through asking"):
        conversation(shop, "invoke", asking, ours(), model=ScriptedModel(turns=[])).start()
