"""Where the labels of a thread stand: a private channel of the agent's state.

They are part of each checkpoint, so they survive processes, are forked with the thread, and going
back to before a page was read is clean again. Whatever cannot be read, or is missing where there is
a history, counts as all of them.

Beside it counts what stands in the history (`labels/messages`), so neither can be put back alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter.storage.packed import packed, unpacked
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.labels.messages.history import labels_told, record_of
from langchain_quickjs.script.labels.results import around
from langchain_quickjs.script.labels.taint import CLEAN, Left, Rule, Taint, brought_by
from langchain_quickjs.script.langgraph_internals.agent_hooks import tool_calls_of
from langchain_quickjs.script.langgraph_internals.checkpointer import EMPTY_CHANNEL
from langchain_quickjs.script.langgraph_internals.graph_around import channels_of, graph_around
from langchain_quickjs.script.langgraph_internals.superstep import Superstep
from langchain_quickjs.script.langgraph_internals.task import OuterTask
from langchain_quickjs.script.variables.labels_channel import (
    ALL_UNKNOWN,
    LABELS_KEY,
    LabelsChannel,
    Touched,
    entries_of,
)

__all__ = ["ProgramSession", "SessionLabels"]

_PURPOSE: Final = "labels"


@dataclass(frozen=True, slots=True)
class SessionLabels:
    """The labels of the thread that a tool call belongs to.

    Attributes:
        rule: The rule.
        task: The task of the call, which takes what is written.
        step: Its superstep.
        config: Its config.
        signer: Signs what is written, and checks what is read.
        messages: The messages of the agent, which tell what its history holds.
        tool_name: The tool that runs programs.
        told: What the history has touched, by what stands in it.
    """

    rule: Rule
    task: OuterTask
    step: Superstep
    config: RunnableConfig
    signer: Signer
    messages: Sequence[Any]
    tool_name: str
    told: Touched = field(default_factory=Touched)

    @classmethod
    def of(
        cls,
        rule: Rule,
        config: RunnableConfig,
        state: Any,
        signer: Signer,
        tool_name: str,
        *,
        task: OuterTask | None = None,
    ) -> SessionLabels:
        """Those of a tool call with this config and this state of its agent.

        Args:
            rule: The rule.
            config: The config.
            state: The state of the agent.
            signer: Signs what is written, and checks what is read.
            tool_name: The tool that runs programs.
            task: What takes back all writes if the call fails, where there is such a thing.
        """
        messages = state.get("messages", ()) if isinstance(state, Mapping) else ()
        task, step = task or OuterTask(config), Superstep(config)
        tools = tool_calls_of(getattr(graph_around(config), "nodes", {})).tools
        session, variables = labels_told(messages, rule, tool_name, tools)
        told = Touched(Taint(session), Taint(variables))
        return cls(rule, task, step, config, signer, messages, tool_name, told)

    def read(self) -> Touched:
        """What had been touched before the call."""
        touched = self._stored(has_history=self._has_history())
        call = around()
        if call is None:
            return touched
        return Touched(touched.session.join(call.before), touched.variables)

    def beside(self, call_id: str, now_s: float) -> Taint:
        """What is touched by the calls that the model makes together with one.

        Where several have its id, nobody knows which of them it is, so all of them count.

        Args:
            call_id: The call.
            now_s: The time, in seconds since the epoch.
        """
        made = self._made()
        calls = made.tool_calls if made is not None else []
        own = call_id if sum(one["id"] == call_id for one in calls) == 1 else None
        return CLEAN.join(
            *(
                brought_by(one["name"], one["args"], labels, now_s, delivered=False)
                for one in calls
                if (own is None or one["id"] != own) and one["name"] != self.tool_name
                for labels in [self.rule.labels_of(one["name"], one["args"])]
            )
        )

    def write(self, before: Touched, session: Taint, variables: Taint = CLEAN) -> None:
        """Writes what the call has added.

        Args:
            before: What `read` has given.
            session: What the conversation has touched by it.
            variables: What was touched by a program that left variables.
        """
        now = before.join(Touched(session, variables))
        if (call := around()) is not None:
            call.add(now.session)
        self.task.withdraw(self.step.written(LABELS_KEY, [self.step.task_id]))
        self.step.hide_from_streams(LABELS_KEY)
        self.task.write([(LABELS_KEY, self._packed(now))])

    def keep_told(self) -> None:
        """Writes what stands in the history, and nowhere else: messages may be taken out of it.

        Other middleware can have answered in the place of a tool, so nothing was written of that.
        """
        if self._has_history() and not self._in_channel().covers(self.told):
            self.write(self.read(), CLEAN)

    def is_told(self, touched: Taint) -> None:
        """Writes what is touched by what the model is about to be told of earlier programs."""
        before = self.read()
        if not touched.labels <= before.session.labels:
            self.write(before, touched)

    def of_program(
        self, call_id: str, clock: Callable[[], float], *, has_variables: bool
    ) -> ProgramSession:
        """What the program finds and leaves that a call runs."""
        return ProgramSession(self, call_id, clock, has_variables)

    def beside_program(self, mine: Taint) -> Taint:
        """What the programs of this run have touched, also those that have not ended.

        Args:
            mine: What one of them has.
        """
        return self._channel().shared.joined(mine)

    def _channel(self) -> LabelsChannel:
        channel = channels_of(self.config).get(LABELS_KEY)
        if not isinstance(channel, LabelsChannel):
            raise SetupError(
                f"The agent's state has no key {LABELS_KEY!r}. A middleware after "
                "CodeInterpreterMiddleware has replaced it; let it keep the key."
            )
        return channel

    def _stored(self, *, has_history: bool) -> Touched:
        if self._channel().value is EMPTY_CHANNEL and has_history:
            return ALL_UNKNOWN
        earlier = self.step.written(LABELS_KEY, self.step.earlier_tasks(self.tool_name))
        touched = self._in_channel().join(self.told)
        for _, value in earlier:
            touched = touched.join(self._unpacked(value))
        return touched

    def _in_channel(self) -> Touched:
        touched = Touched()
        for value in entries_of(self._channel().value):
            touched = touched.join(self._unpacked(value))
        return touched

    def _made(self) -> AIMessage | None:
        """The message that makes the call."""
        return next((m for m in reversed(self.messages) if isinstance(m, AIMessage)), None)

    def _has_history(self) -> bool:
        """Whether results of calls were delivered before the message that makes the call."""
        return any(isinstance(message, ToolMessage) for message in self.messages)

    def _packed(self, touched: Touched) -> bytes:
        parts = (touched.session.pack(), touched.variables.pack())
        return packed([*parts, self.signer.sign(_PURPOSE, *parts)])

    def _unpacked(self, value: object) -> Touched:
        match unpacked(value):
            case [bytes(session), bytes(variables), bytes(signature)] if self.signer.accepts(
                signature, _PURPOSE, session, variables
            ):
                with contextlib.suppress(ValueError):
                    return Touched(Taint.unpack(session), Taint.unpack(variables))
        return ALL_UNKNOWN


@dataclass(slots=True)
class ProgramSession:
    """What one program finds of what its session has touched, and adds to it.

    Attributes:
        labels: Those of its session.
        call_id: The call that runs it.
        clock: Gives the time, in seconds since the epoch.
        has_variables: Whether it finds variables and leaves them.
    """

    labels: SessionLabels
    call_id: str
    clock: Callable[[], float]
    has_variables: bool

    def found(self) -> Taint:
        """What its session had touched, and programs that left it variables."""
        touched = self.labels.read()
        beside = self.labels.beside(self.call_id, self.clock())
        left = touched.variables if self.has_variables else CLEAN
        return touched.session.join(left, beside)

    def keep(self, left: Left) -> dict[str, Any]:
        """Keeps what it has touched.

        Returns:
            What of it is to stand with the program's result.
        """
        counts = left.shown or self.labels.rule.precision == "session"
        session = left.passed.join(left.told) if counts else left.passed
        variables = left.taint if self.has_variables else CLEAN
        self.labels.write(self.labels.read(), session, variables)
        called = left.called if counts or self.has_variables else {}
        return record_of(session.labels, variables.labels, called=called, shown=counts)
