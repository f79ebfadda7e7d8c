"""The suites as we have them: tools, and calls that solve tasks or carry attacks out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from langchain_quickjs.script.labels.taint import ALL_LABELS, Label

EXPORT = Path(__file__).parent / "export.py"
Labels = Mapping[str, Collection[Label]]


@dataclass(frozen=True)
class Call:
    """A call of a tool, and what it comes to.

    Attributes:
        tool: The tool.
        args: Its arguments.
        result: What it comes to.
        injected: Whether the result holds what an attacker wrote.
    """

    tool: str
    args: Mapping[str, Any] = field(default_factory=dict)
    result: str = "Done."
    injected: bool = False


@dataclass(frozen=True)
class Task:
    """What somebody wants, and the calls that do it: a user, or an attacker."""

    name: str
    prompt: str
    calls: Sequence[Call]


@dataclass(frozen=True)
class Attack:
    """A user's calls up to the first result in which an attacker speaks, and the attacker's."""

    task: Task
    injection: Task

    @property
    def before(self) -> Sequence[Call]:
        """The user's calls."""
        ends = next(at for at, call in enumerate(self.task.calls) if call.injected)
        return self.task.calls[: ends + 1]

    @property
    def calls(self) -> Sequence[Call]:
        """All calls: the user's, and then the attacker's."""
        return [*self.before, *self.injection.calls]

    def has_all_three(self, labels: Labels) -> bool:
        """Whether the attacker's calls come to act with all three labels together."""
        touched = {label for call in self.before for label in labels[call.tool]}
        for call in self.injection.calls:
            touched |= set(labels[call.tool])
            if "acts" in labels[call.tool] and touched == ALL_LABELS:
                return True
        return False


@dataclass(frozen=True)
class Suite:
    """Tools, the tasks of users, and the tasks that attackers write into what is read."""

    name: str
    tools: Mapping[str, Mapping[str, Any]]
    tasks: Sequence[Task]
    injections: Sequence[Task]

    def attacks(self) -> Iterator[Attack]:
        """Each task in which an attacker speaks, with each injection that does anything."""
        for task in self.tasks:
            if any(call.injected for call in task.calls):
                yield from (Attack(task, one) for one in self.injections if one.calls)

    @classmethod
    def of(cls, name: str, data: Mapping[str, Any]) -> Self:
        """A suite as `export.py` writes it."""
        return cls(
            name,
            {tool["name"]: tool["schema"] for tool in data["tools"]},
            [_task(one) for one in data["tasks"]],
            [_task(one) for one in data["injections"]],
        )


def _task(data: Mapping[str, Any]) -> Task:
    return Task(data["name"], data["prompt"], [Call(**call) for call in data["calls"]])


def load(python: str | None, folder: str | None) -> list[Suite]:
    """AgentDojo's suites, from another environment or from a folder with the package."""
    command = [python or sys.executable, str(EXPORT), *([folder] if folder else [])]
    written = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Suite.of(name, data) for name, data in json.loads(written.stdout).items()]
