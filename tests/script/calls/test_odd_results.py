"""Whatever a tool returns or raises: the program gets a value or an error, the run goes on."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, ConfigDict

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter.wire.encode import encode
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import programs


class OddError(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


def odd(*_: Any, **__: Any) -> Any:
    raise OddError


ASKED = (
    *("__str__", "__repr__", "__int__", "__index__", "__float__", "__bool__", "__len__"),
    *("__iter__", "__getitem__", "__eq__", "__hash__", "__format__", "__bytes__", "__contains__"),
)


def raising(*bases: type, **more: Any) -> Any:
    """A class whose every method that somebody may call raises."""
    return type("Odd", bases, dict.fromkeys(ASKED, odd) | more)


class LyingInt(int):
    def __int__(self) -> int:
        return 666

    __index__ = __int__

    def __str__(self) -> str:
        return "666"

    __repr__ = __str__


class LyingStr(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "lie"

    def __len__(self) -> int:
        return 10**9


class LyingFloat(float):
    def __float__(self) -> float:
        return 666.0


class Endless(Mapping[str, int]):
    def __iter__(self) -> Iterator[str]:
        n = 0
        while True:
            yield str(n := n + 1)

    def __getitem__(self, key: str) -> int:
        return 1

    def __len__(self) -> int:
        return 1


class EndlessList(Sequence[Any]):
    def __getitem__(self, index: Any) -> Any:
        return None

    def __len__(self) -> int:
        return 1


class RaisingMapping(Mapping[str, Any]):
    __iter__ = __getitem__ = __len__ = odd


class Model(BaseModel):
    def model_dump(self, **_: Any) -> Any:
        raise OddError


class Itself(BaseModel):
    def model_dump(self, **_: Any) -> Any:
        return Itself()


class Wrapped(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    inner: Any

    def model_dump(self, **_: Any) -> Any:
        # pydantic's own tells `sys.unraisablehook` of some kinds, and pytest's cannot write them.
        return {"inner": self.inner}


@dataclasses.dataclass
class Data:
    kept: int = 1

    def __getattribute__(self, name: str) -> Any:
        if name == "kept":
            raise OddError
        return super().__getattribute__(name)


class Properties(enum.Enum):
    ONE = object()


class Raises(enum.Enum):
    ONE = 1

    @property
    def value(self) -> Any:
        raise OddError


class Zone(tzinfo):
    utcoffset = dst = tzname = odd


class Liar:
    @property  # type: ignore[misc]  # that is what is odd
    def __class__(self) -> Any:
        raise OddError


class ListLiar:
    @property  # type: ignore[misc]  # that is what is odd
    def __class__(self) -> Any:
        return list


class Attributes:
    def __getattr__(self, name: str) -> Any:
        raise OddError


def circular() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


KINDS: dict[str, Callable[[], Any]] = {
    "int of 5,000 digits": lambda: 10**5000,
    "minus the same": lambda: -(10**5000),
    "lone surrogate": lambda: "a\ud800b",
    "lone surrogate as a key": lambda: {"\udfff": 1},
    "lone surrogate as a key beside what cannot cross": lambda: {"\udfff": object()},
    "huge int as a key": lambda: {10**5000: 1},
    "int beyond 64 bits as a key": lambda: {2**64: 1},
    "tuple as a key": lambda: {(1, 2): 3},
    "raising text as a key": lambda: {raising(str, __hash__=str.__hash__)("k"): 3},
    "raising int": lambda: raising(int)(5),
    "raising float": lambda: raising(float)(5),
    "raising str": lambda: raising(str)("abc"),
    "raising bytes": lambda: raising(bytes)(b"abc"),
    "raising list": lambda: raising(list)([1]),
    "raising dict": lambda: raising(dict)({"a": 1}),
    "raising tuple": lambda: raising(tuple)((1,)),
    "raising set": lambda: raising(set)({1}),
    "raising object": raising(object),
    "raising class": Liar,
    "class that lies": ListLiar,
    "raising attributes": Attributes,
    "raising mapping": RaisingMapping,
    "endless mapping": Endless,
    "endless sequence": EndlessList,
    "endless range": lambda: range(10**12),
    "endless generator": lambda: iter(int, 1),
    "raising model": Model,
    "model of itself": Itself,
    "raising dataclass": Data,
    "raising enum": lambda: Raises.ONE,
    "enum of an object": lambda: Properties.ONE,
    "raising time zone": lambda: datetime(2026, 1, 1, tzinfo=Zone()),
    "first date": lambda: datetime.min,
    "long time": lambda: timedelta.max,
    "number with no end": lambda: Decimal("sNaN"),
    "huge fraction": lambda: Fraction(10**5000, 7),
    "pattern of Python": lambda: re.compile("(?P<x>a)(?i:b)"),
    "mock": MagicMock,
    "namespace": lambda: SimpleNamespace(a=object()),
    "circle": circular,
    "error": OddError,
    "class": lambda: OddError,
    "function": lambda: odd,
    "lying int": lambda: LyingInt(5),
    "lying str": lambda: LyingStr("true"),
    "lying float": lambda: LyingFloat(5.5),
    "not implemented": lambda: NotImplemented,
    "deep": lambda: __import__("functools").reduce(lambda v, _: [v], range(5000), 1),
}
PLACES: dict[str, Callable[[Any], Any]] = {
    "bare": lambda v: v,
    "in a list": lambda v: [1, v],
    "in a dict": lambda v: {"a": v, "b": 2},
    "in a tuple in a dict": lambda v: {"a": (v,)},
    "in a model": lambda v: Wrapped.model_construct(inner=v),
}
TRUE = {"lying int": 5, "lying str": "true", "lying float": 5.5, "raising int": 5}

SOURCE = """
const told = [];
for (const name of ["give", "hurt"])
    try { const v = await tools[name](); told.push([typeof v, v]) } catch (e) { told.push(e.name) }
const fine = await tools.fine();
console.log(told.map((t) => Array.isArray(t) ? t[0] : t).join());
fine
"""


@dataclasses.dataclass
class Now:
    """What the tools give now: one agent and one graph do for all tests."""

    kind: str = ""
    place: str = ""


NOW = Now()


@tool
def give() -> Any:
    """Gives something odd."""
    return PLACES[NOW.place](KINDS[NOW.kind]())


@tool
def hurt() -> Any:
    """Raises something odd."""
    raise OddError(KINDS[NOW.kind]())


@tool
def fine() -> str:
    """Gives something fine."""
    return "fine"


@functools.cache
def one_agent() -> Any:
    ours = CodeInterpreterMiddleware(ptc=[give, hurt, fine])
    return create_agent(model=programs(SOURCE), middleware=[ours])


@functools.cache
def one_graph() -> Any:
    return create_script_graph([give, hurt, fine])


def told_by_agent(mode: Mode) -> str:
    given: Any = {"messages": [("user", "go")]}
    agent = one_agent()
    state = agent.invoke(given) if mode == "invoke" else asyncio.run(agent.ainvoke(given))
    text = next(m.text for m in state["messages"] if isinstance(m, ToolMessage))
    printed, _, result = text.removeprefix("<stdout>\n").partition("\n</stdout>\n")
    assert result == "<result>fine</result>"
    return printed


def told_by_graph(mode: Mode) -> str:
    given: Any = {"source": SOURCE}
    graph = one_graph()
    state = graph.invoke(given) if mode == "invoke" else asyncio.run(graph.ainvoke(given))
    assert state["outcome"]["value"] == "fine"
    return str(state["outcome"]["console"]).strip()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_tool_gives_leaves_the_run(kind: str, place: str, mode: Mode) -> None:
    # Half of the combinations each way: both ways end in the same place.
    by_agent = (list(KINDS).index(kind) + list(PLACES).index(place)) % 2 == 0
    NOW.kind, NOW.place = kind, place
    told = (told_by_agent if by_agent else told_by_graph)(mode)
    assert re.fullmatch(
        "(TypeError|string|number|bigint|boolean|object|undefined),OddError", told
    ), told


@pytest.mark.parametrize("kind", TRUE)
def test_subclasses_are_what_they_are_not_what_they_say(kind: str) -> None:
    @tool
    def give() -> Any:
        """Gives something odd."""
        return [KINDS[kind]()]

    graph = create_script_graph([give])
    value = graph.invoke({"source": "(await tools.give())[0]"})["outcome"]["value"]
    assert (type(value), value) == (type(TRUE[kind]), TRUE[kind])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_codec_raises_its_own_error_only_and_a_short_one(kind: str, place: str) -> None:
    try:
        encode(PLACES[place](KINDS[kind]()))
    except ValueTransferError as error:
        assert len(str(error)) < 600  # noqa: PT017 - it need not raise


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_is_to_stop_the_process_is_not_held_up(stop: type[BaseException]) -> None:
    class Stops:
        def __getattr__(self, name: str) -> Any:
            raise stop

    with pytest.raises(stop):
        encode([Stops()])


@pytest.mark.parametrize("mode", MODES)
def test_an_int_of_5000_digits_is_a_bigint(mode: Mode) -> None:
    @tool
    def give() -> Any:
        """Gives a number."""
        return {"n": 10**5000}

    graph = create_script_graph([give])
    given: Any = {"source": "(await tools.give()).n === 10n ** 5000n"}
    state = graph.invoke(given) if mode == "invoke" else asyncio.run(graph.ainvoke(given))
    assert state["outcome"]["value"] is True


@pytest.mark.parametrize("mode", MODES)
def test_the_result_of_a_program_may_be_as_large(mode: Mode) -> None:
    ours = CodeInterpreterMiddleware()
    sources = ["10n ** 5000n", "new Map([[10n ** 5000n, { '\\ud800': 10n ** 5000n }]])"]
    for source in sources:
        agent = create_agent(model=programs(source), middleware=[ours])
        given: Any = {"messages": [("user", "go")]}
        state = agent.invoke(given) if mode == "invoke" else asyncio.run(agent.ainvoke(given))
        text = next(m.text for m in state["messages"] if isinstance(m, ToolMessage))
        assert text.startswith("<result>")
    graph = create_script_graph()
    outcome = graph.invoke({"source": sources[1]})["outcome"]
    assert outcome["status"] == "failed"
    assert outcome["error"]["type"] == "ValueTransferError"
