"""MessagePack from Python values to the guest; the other end of wasm/src/codec/unpack.c.

`wasm/README.md` has the table of the extension types; `decode.py` reads what the guest sends. What
knows Python's richer types is imported when the first value of one comes.
"""

from __future__ import annotations

import gc
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import Any, Final

import msgpack

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter.values.js_values import JSMap, JSSet
from langchain_quickjs.interpreter.values.kinds import KINDS, Ext
from langchain_quickjs.interpreter.wire.payloads import FLATTEN, MAX_DEPTH, WRITE
from langchain_quickjs.quoting import a_type, error_text, key_text, shortened, type_name

__all__ = ["encode", "encode_message", "find_fault", "pack_plain"]

_CONTAINERS = (dict, list, tuple, set, frozenset, JSMap, JSSet)
_CONTAINER_TYPES = frozenset(_CONTAINERS)
_IS_CONTAINER = _CONTAINER_TYPES.__contains__
_NATIVE = frozenset(kind.python for kind in KINDS if kind.ext is None)

_MOST_LOOKED_AT: Final = 2**20
_MOST_STEPS: Final = 30
_MOST_FORMS: Final = 20


# Making a packer takes longer than packing a short message. It keeps room for what it has packed.
_SHORT_BYTES: Final = 16 * 1024
_pack_short: Final = msgpack.Packer(unicode_errors="surrogatepass").pack


def pack_plain(parts: list[Any], text_bytes: int) -> bytes:
    """Packs what has nothing of other people's in it but text, of so many bytes."""
    if text_bytes < _SHORT_BYTES:  # no code runs on the way that could pack something else
        packed: bytes = _pack_short(parts)
    else:
        packed = msgpack.packb(parts, unicode_errors="surrogatepass")
    return packed


class _UnfitError(TypeError):
    """A value cannot cross; the text says why."""


def _pack(value: Any) -> bytes:
    packed: bytes
    try:
        packed = msgpack.packb(value, default=_packable, strict_types=True)
    except UnicodeEncodeError:  # half a surrogate pair; allowing for them takes twice as long
        packed = msgpack.packb(
            value, default=_packable, strict_types=True, unicode_errors="surrogatepass"
        )
    return packed


def _packable(value: Any, forms: int = 0) -> Any:
    """Gives the form of a value for which MessagePack has no format; the packer asks for each such.

    Raises:
        _UnfitError: There is nothing like it in JavaScript, or its own code raised something.
    """
    try:
        return _packable_form(value, forms)
    except _UnfitError:
        raise
    except Exception as error:
        what = f"reading {a_type(value)} raised {type_name(error)}: {error_text(error)}"
        raise _UnfitError(what) from error


def _known_class(kind: type) -> type:
    """The type whose form a value of this type has: the type itself, or what it inherits from."""
    if kind in WRITE or kind in FLATTEN:
        return kind
    from langchain_quickjs.interpreter.values.tables import is_missing  # noqa: PLC0415 - see above

    if is_missing(kind):
        return kind
    # An `IntEnum` is no BigInt: its own class says what it becomes.
    bases = (base for base in kind.__mro__ if base is not int)
    return next((base for base in bases if base in WRITE or base in FLATTEN), kind)


def _packable_form(value: Any, forms: int) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if (known := _known_class(type(value))) in WRITE:
        code, write = WRITE[known]
        return msgpack.ExtType(code, write(value))
    if known in FLATTEN:
        code, flatten = FLATTEN[known]
        return msgpack.ExtType(code, _pack(flatten(value)))
    from langchain_quickjs.interpreter.values.coerce import (  # noqa: PLC0415 - see above
        advice,
        coerce,
    )

    simpler = coerce(value)
    if simpler is NotImplemented:
        what = f"{a_type(value)} has no counterpart in JavaScript{advice(value)}"
        raise _UnfitError(what)
    if type(simpler) in _NATIVE:
        return simpler
    if forms == _MOST_FORMS:  # A mock turns into another mock for ever, ever more slowly.
        raise _UnfitError(f"{a_type(value)} turns into another object again and again")
    # The packer asks only once for each value.
    return _packable(simpler, forms + 1)


def _is_graph(value: Any) -> bool:
    """Whether some container in `value` can be reached in two ways.

    Level by level, with the garbage collector's own view of what a container refers to: all but the
    loop over the levels runs in C, which matters for a megabyte of records.
    """
    level = [value]
    seen = {id(value)}
    count = 1
    while level:
        parts = gc.get_referents(*level)
        if _CONTAINER_TYPES.isdisjoint(map(type, parts)):
            break
        level = list(compress(parts, map(_IS_CONTAINER, map(type, parts))))
        count += len(level)
        seen.update(map(id, level))
        if len(seen) != count:
            return True
    return False


class _Graph:
    """Packs containers as the numbered nodes of an `Ext.GRAPH`."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.nodes: list[Any] = []

    def reference(self, value: Any) -> Any:
        if not isinstance(value, _CONTAINERS):
            return value
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.nodes)
            self.nodes.append(value)
        return msgpack.ExtType(Ext.REF, struct.pack(">I", number))

    def node(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.reference(item) for key, item in value.items()}
        if isinstance(value, JSMap):
            return JSMap([(self.reference(k), self.reference(v)) for k, v in value.entries])
        if isinstance(value, list | tuple):
            return [self.reference(item) for item in value]
        return JSSet([self.reference(item) for item in value])

    @classmethod
    def of(cls, root: Any) -> Any:
        """The value in the form in which it is packed: as a graph only where it is one."""
        if not isinstance(root, _CONTAINERS) or not _is_graph(root):
            return root
        graph = cls()
        graph.reference(root)
        packed: list[bytes] = []
        while len(packed) < len(graph.nodes):
            packed.append(_pack(graph.node(graph.nodes[len(packed)])))
        return msgpack.ExtType(Ext.GRAPH, _pack(packed))


def encode(value: Any, root: str = "value") -> bytes:
    """Packs a value for the guest.

    Args:
        value: The value. Containers that are shared or contain themselves stay so.
        root: What to call it in an error message.

    Returns:
        Its MessagePack.

    Raises:
        ValueTransferError: If some part of it cannot cross; the message has the path to it.
    """
    return encode_message([value], lambda values: values[0], lambda _: root)


def encode_message(
    values: list[Any], build: Callable[[list[Any]], Any], name: Callable[[int], str]
) -> bytes:
    """Packs a message with values in it, all in one go.

    Args:
        values: The values.
        build: Makes the message of the values, each in the form in which it is packed.
        name: What to call a value in an error message, by its index.

    Raises:
        ValueTransferError: If some part of one cannot cross; the message has the path to it.
    """
    try:
        packed = [_Graph.of(value) for value in values] if _is_graph(values) else values
        return _pack(build(packed))
    except Exception as error:  # of the code of values too
        faults = (find_fault(value, name(index)) for index, value in enumerate(values))
        path, reason = next(filter(None, faults), ("the message", error_text(error)))
        raise ValueTransferError(f"{path} cannot become a JavaScript value: {reason}") from error


def find_fault(value: Any, root: str) -> tuple[str, str] | None:
    """The path to a part of `value` that cannot cross, and why; `None` if all of it can.

    Slow: for error messages, after the fact. Of a huge value it looks at the first million parts.
    """
    above: list[Iterator[tuple[str, Any, Any]]] = []  # parts to come, of each container around
    path: list[tuple[str, Any]] = []
    seen: dict[int, Any] = {}  # What was made for the occasion has to live, or ids would repeat.
    step: tuple[str, Any, Any] | None = ("", None, value)
    for _ in range(_MOST_LOOKED_AT):
        if step is None:
            break
        kind, key, part = step
        part, reason = _packed_and_fault(part, len(above))
        if reason is not None:
            return _path(root, [*path, (kind, key)]), reason
        if _is_container(part) and id(part) not in seen:
            seen[id(part)] = part
            above.append(_steps(part))
            path.append((kind, key))
        while above and (step := next(above[-1], None)) is None:
            above.pop()
            path.pop()
        step = step if above else None
    return None


def _is_container(part: Any) -> bool:
    return type(part) in _CONTAINER_TYPES  # `isinstance` would ask the part itself


def _packed_and_fault(part: Any, depth: int) -> tuple[Any, str | None]:
    """A part in the form in which it is packed, and why it cannot be; its own parts come later."""
    try:
        while type(part) not in _NATIVE and not _is_container(part):
            packed = _packable(part)
            if isinstance(packed, msgpack.ExtType):
                return packed, None
            part = packed
        if depth >= MAX_DEPTH and _is_container(part):
            return part, f"it is nested more than {MAX_DEPTH} levels deep"
        for key in part if type(part) is dict else ():
            if not _is_key(key):
                return part, f"its key {_key_words(key)} is neither text nor an integer"
    except Exception as error:
        return part, error_text(error)
    return part, None


def _is_key(key: Any) -> bool:
    if type(key) not in _NATIVE:
        key = _packable(key)
    return type(key) is str or (type(key) is int and -(2**63) <= key < 2**64)


def _key_words(key: Any) -> str:
    return repr(key) if key is None or type(key) in (bool, float) else f"of type {type_name(key)}"


def _path(root: str, path: Sequence[tuple[str, Any]]) -> str:
    """A path as text, made of its ends alone if it is long."""
    ends = path if len(path) <= 2 * _MOST_STEPS else [*path[:_MOST_STEPS], *path[-_MOST_STEPS:]]
    return shortened(root + "".join(kind.format(key_text(key)) for kind, key in ends), 120)


def _steps(value: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of a container, each with how one gets there."""
    if type(value) is dict:
        return ((".{}", key, item) for key, item in value.items())
    parts = FLATTEN[JSMap][1](value) if type(value) is JSMap else value
    return (("[{}]", index, item) for index, item in enumerate(parts))
