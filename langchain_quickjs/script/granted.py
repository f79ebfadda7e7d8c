"""What one script is given by the world around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from langchain.tools import ToolRuntime
from langchain_core.runnables import RunnableConfig

from langchain_quickjs.script.calls.tool_path import ToolPath
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import UNSIGNED, Signer
from langchain_quickjs.script.flow.inputs import Rules
from langchain_quickjs.script.labels.taint import Left, Taint
from langchain_quickjs.script.langgraph_internals.call_place import custom_stream_of
from langchain_quickjs.script.people.approvals import Approvals
from langchain_quickjs.script.telling.endings import Ending, outcome_of
from langchain_quickjs.script.telling.program_events import ProgramEvents
from langchain_quickjs.script.variables.order import AT_ONCE, AtOnce
from langchain_quickjs.script.variables.session import Variables

__all__ = ["Granted", "events_of"]


class SessionOfProgram(Protocol):
    """What a program finds of what its session has touched, and adds to it."""

    def found(self) -> Taint:
        """What had been touched before."""

    def keep(self, left: Left) -> dict[str, Any]:
        """Keeps what the program has touched, and tells what is to stand with its result."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Granted:
    """What one script is given. Each part is used by the room that it comes from, and by no other.

    Attributes:
        rules: What it may do; for its flow.
        path: The way that its calls take.
        approvals: About which calls people are asked.
        order: When it may begin, where a message of the model has several.
        variables: What it finds of earlier scripts and leaves to later ones; `None` for nothing.
        signer: Signs it where it is stored.
        present: Makes of the script's end what the graph's state keeps.
        events: Tells whoever watches how its calls get on; `None` if nobody does.
        labels: What its session has touched; `None` without a rule about that.
    """

    rules: Rules
    path: ToolPath
    approvals: Approvals
    order: AtOnce = AT_ONCE
    variables: Variables | None = None
    signer: Signer = UNSIGNED
    present: Callable[[Ending], Any] = outcome_of
    events: ProgramEvents | None = None
    labels: SessionOfProgram | None = None

    @property
    def may_ask(self) -> bool:
        """Whether people may be asked about its calls."""
        rule = self.rules.rule
        return bool(self.approvals.configs) or (rule is not None and rule.on_three == "ask")

    def sealer(self, config: RunnableConfig) -> Sealer:
        """What seals the script in a task with this config."""
        return Sealer.of(self.signer, config, self.rules.script_id, self.rules.place)


def events_of(runtime: ToolRuntime, script_id: str) -> ProgramEvents | None:
    """What tells whoever watches of a script's calls; `None` if nobody does.

    Args:
        runtime: That of the tool call that runs the script.
        script_id: The script.
    """
    write = custom_stream_of(runtime)
    return None if write is None else ProgramEvents(script_id, write)
