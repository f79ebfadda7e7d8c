"""What a program of the kind that models write must give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Program:
    """A script, the tools that it may call, and what it must do with them."""

    name: str
    source: str
    value: Any
    tools: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    console: str | None = None
    calls: list[str] | None = None
