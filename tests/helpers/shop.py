"""Tools that note on disk what they do, so that nothing done twice can hide."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, tool


class Shop:
    """A shop with a log."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def note(self, line: str) -> None:
        with self.log.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def counts(self) -> Counter[str]:
        """How often each thing was done."""
        return Counter(self.log.read_text().splitlines() if self.log.exists() else ())

    def tools(self) -> list[BaseTool]:
        """`look_up`, which everyone may call, and `pay`, which the tests put under approval."""

        @tool
        def look_up(key: str, delay_s: float = 0.0) -> dict[str, Any]:
            """Looks something up."""
            time.sleep(delay_s)
            self.note(f"look_up {key}")
            return {"key": key, "price": len(key)}

        @tool
        def pay(to: str, amount: float) -> str:
            """Pays somebody."""
            self.note(f"pay {to} {amount:g}")
            return f"paid {amount:g} to {to}"

        return [look_up, pay]
