"""What stands at the top of a test, in the few forms of YAML that test262 uses."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Final

__all__ = ["Metadata", "read_metadata"]

_HEADER: Final = re.compile(r"/\*---(.*?)---\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a test says of itself.

    Attributes:
        flags: How it is to be run, such as `noStrict` or `async`.
        features: What it needs of the engine.
        includes: Files of `harness/` that it uses.
        phase: When it must fail, if it must: `parse`, `resolution` or `runtime`.
        error: The constructor of what it then throws.
    """

    flags: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()
    includes: tuple[str, ...] = ()
    phase: str | None = None
    error: str | None = None


def read_metadata(source: str) -> Metadata:
    """Reads the header of a test; without one it says nothing of itself."""
    found = _HEADER.search(source)
    header = textwrap.dedent(re.sub(r"\r\n?", "\n", found[1])) if found else ""
    negative = _block(header, "negative")
    return Metadata(
        frozenset(_items(header, "flags")),
        frozenset(_items(header, "features")),
        tuple(_items(header, "includes")),
        _word(negative, "phase"),
        _word(negative, "type"),
    )


def _block(header: str, key: str) -> str:
    """What stands behind a key, up to the next one."""
    found = re.search(rf"^{key}:(.*(?:\n(?:[ -].*)?)*)", header, re.MULTILINE)
    return found[1] if found else ""


def _items(header: str, key: str) -> list[str]:
    """A list: `[a, b]`, over one or more lines, or a line `- a` for each."""
    block = re.sub(r"(^|\s)#.*", "", _block(header, key))
    return re.findall(r"[^\s,\[\]]+", re.sub(r"^\s*-\s", "", block, flags=re.MULTILINE))


def _word(block: str, key: str) -> str | None:
    found = re.search(rf"\b{key}:\s*(\w+)", block)
    return found[1] if found else None
