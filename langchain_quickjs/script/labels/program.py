"""What one program has touched, and which of its calls that makes a person's business."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgpack

from langchain_quickjs.interpreter import (
    Call,
    CallResult,
    Limits,
    Outcome,
    Raised,
)
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.script.labels.redaction import redacted
from langchain_quickjs.script.labels.shadow import NOT_KNOWN, WHOLE, Delivered, Shadow
from langchain_quickjs.script.labels.taint import (
    ALL_LABELS,
    CLEAN,
    LAUNCHED,
    UNKNOWN,
    Label,
    Left,
    Reviewed,
    Rule,
    Taint,
    asked_because,
    brought_by,
    error_about,
    given_later,
    why,
)

__all__ = ["ProgramLabels"]


@dataclass(slots=True)
class ProgramLabels:
    """What one program has touched so far, and what of it depends on strangers.

    Attributes:
        rule: The rule; without one nothing is noted.
        limits: What the program may use up.
        declared: Tells which fields a tool declares for what it returns.
        own_name: Tells the own name of a tool that the program calls by another one.
        beside: Is told what the program has touched, and tells what those beside it have, where
            whatever was delivered counts for all.
        reads_state: Tells whether a tool may read the agent's state.
        taint: All that was touched, with what its session had touched before.
        clear: The same without what strangers' text has reached the program. A call that comes out
            the same without that text is judged by it.
        passed: What is known where calls have taken it: acts, and writes to the agent's state.
        shadow: Finds out what does; `None` where the rule does not want to know.
        delivered: What is known of results that the program is to be given.
        waiting: What calls would touch about which people are asked. They may run at any moment.
        noted: The labels of calls of which enough has been noted that brought the same.
        called: The tools that were called, with the labels that they had.
    """

    rule: Rule | None = None
    limits: Limits = field(default_factory=Limits)
    declared: Callable[[str], frozenset[str]] = lambda _: frozenset()
    own_name: Callable[[str], str] = str
    beside: Callable[[Taint], Taint] = lambda mine: mine
    reads_state: Callable[[str], bool] = lambda _: True
    taint: Taint = CLEAN
    clear: Taint = CLEAN
    passed: Taint = CLEAN
    shadow: Shadow | None = None
    delivered: dict[int, Delivered] = field(default_factory=dict)
    waiting: dict[int, Taint] = field(default_factory=dict)
    noted: set[frozenset[Label]] = field(default_factory=set)
    called: dict[str, frozenset[Label]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Makes the shadow of a program that has seen nothing yet."""
        if self.rule is not None and self.rule.precision == "value" and self.shadow is None:
            self.shadow = Shadow(self.limits, self._redact, self.reads_state)

    @property
    def known(self) -> Taint | None:
        """All that was touched; `None` without a rule."""
        return None if self.rule is None else self.taint

    def found(self, taint: Taint) -> None:
        """Begins with what the session had touched."""
        self.taint = self.clear = taint

    def pack(self) -> bytes:
        """What is stored of it with a paused program; `catch_up` comes before."""
        shadow, depends = None, {}
        if self.shadow is not None:
            shadow = self.shadow.pack()
            depends = {number: list(names) for number, names in self.shadow.depends.items()}
        taints = [self.taint.pack(), self.clear.pack(), self.passed.pack()]
        waiting = {number: taint.pack() for number, taint in self.waiting.items()}
        called = {name: sorted(own) for name, own in self.called.items()}
        return bytes(msgpack.packb([*taints, depends, self.delivered, waiting, shadow, called]))

    def restore(self, packed: object) -> None:
        """Takes up what a paused program had touched; what cannot be read counts as all of it."""
        depends: dict[int, tuple[str, ...]] = {}
        try:
            found: Any = msgpack.unpackb(cast("bytes", packed), strict_map_key=False)
            taint, clear, passed, open_, delivered, waiting, shadow, called = found
            self.taint, self.clear = Taint.unpack(taint), Taint.unpack(clear)
            self.passed = Taint.unpack(passed)
            depends = {int(n): tuple(map(str, names)) for n, names in open_.items()}
            self.delivered = {
                int(n): Delivered(str(tool), bool(strange))
                for n, (tool, strange) in delivered.items()
            }
            self.waiting = {int(n): Taint.unpack(one) for n, one in waiting.items()}
            self.called = {str(name): frozenset(own) for name, own in called.items()}
            if self.rule is not None and (later := given_later(self.called, self.rule)):
                now = Taint(later)
                self.taint, self.clear = self.taint.join(now), self.clear.join(now)
                self.passed = self.passed.join(now)
        except (AttributeError, TypeError, ValueError, msgpack.exceptions.UnpackException):
            self.taint = self.clear = self.passed = UNKNOWN
            shadow = None
        if self.shadow is None:  # Another precision may have stored it: this one finds nothing out.
            self.clear = self.taint
        else:
            self.shadow = Shadow.unpack(shadow, self.limits, self._redact, self.reads_state)
            self.shadow.depends = depends

    def resume(
        self,
        program: SteppedInterpreter,
        results: Mapping[int, CallResult],
        entropy: bytes | None,
        *,
        brief: bool = False,
    ) -> Outcome:
        """Lets a program do a step, and its shadow too, which begins before it is needed first.

        Args:
            program: The program.
            results: What its calls came to.
            entropy: What its randomness depends on from there on.
            brief: Whether it is only to do so if that is brief, which a shadow is not.
        """
        if self.shadow is None:
            outcome = program.resume(results, entropy=entropy, brief=brief)
        else:
            known = {number: self.delivered.get(number, NOT_KNOWN) for number in results}
            outcome = self.shadow.resume(program, results, entropy, known, self._may_ask)
        for number in results:
            self.delivered.pop(number, None)
            self.waiting.pop(number, None)
        return outcome

    def _may_ask(self, calls: Sequence[Call]) -> bool:
        """Whether a person may have to be asked about calls that the program makes together."""
        rule = cast("Rule", self.rule)
        own = [rule.labels_of(self.own_name(call.name)) for call in calls]
        meet = self.taint.labels.union(*own) == ALL_LABELS
        return meet and any(rule.applies(UNKNOWN, one) for one in own)

    @property
    def lags(self) -> bool:
        """Whether a shadow runs, which may have to catch up."""
        return self.shadow is not None

    def catch_up(self, program: SteppedInterpreter) -> None:
        """Finds out what depends on strangers of all that the program has done."""
        if self.shadow is not None:
            self.shadow.catch_up(program)

    def _redact(self, result: CallResult, tool: str) -> CallResult:
        return redacted(result, self.declared(tool))

    def cancel(self) -> None:
        """Stops what the shadow does in another thread."""
        if self.shadow is not None:
            self.shadow.cancel()

    def left(self, *, shown: bool, failed: bool) -> Left:
        """What the program leaves at its end.

        Args:
            shown: Whether the model is shown anything of it.
            failed: Whether it failed: then the model is shown what its calls gave.
        """
        shadow = self.shadow
        clear = shadow is not None and not shadow.any_depends and not failed
        passed = self.taint if shadow is not None and shadow.behind else self.passed
        return Left(self.clear if clear else self.taint, passed, self.taint, shown, self.called)

    def reviewed(
        self, number: int, name: str, args: dict[str, Any], asked: Reviewed | None, now_s: float
    ) -> Reviewed | Raised | None:
        """What a person is asked about a call, because of the rule too.

        Args:
            number: The call.
            name: The tool.
            args: The arguments.
            asked: What the person is asked in any case; `None` for nothing.
            now_s: The time, in seconds since the epoch.

        Returns:
            What the person is asked; an error if the rule refuses the call; `None` if it runs.
        """
        if self.rule is None:
            return asked
        self._share()
        rule, waiting, own = self.rule, self.waiting.values(), self.rule.labels_of(name, args)
        touched = self.taint.join(*waiting) if waiting else self.taint
        if not rule.applies(touched, own):
            return asked
        if not (depends := self._depends(number)):
            touched = self.clear.join(*waiting)
            if not rule.applies(touched, own):
                return asked
        if rule.on_three == "refuse":
            return Raised("RuleOfTwoError", error_about(name, touched, own))
        self.waiting[number] = brought_by(name, args, own, now_s, delivered=False)
        reason = why(touched, own, depends, all_of_it=WHOLE in depends)
        return asked_because(reason, name, args, asked)

    def begins(self, number: int, name: str, args: Any, now_s: float) -> None:
        """Notes that a call begins. What acts may pass on what the program knows."""
        if self.rule is None:
            return
        self.waiting.pop(number, None)
        own = self.called[name] = self.rule.labels_of(name, args)
        if own not in self.noted:
            begun = own & LAUNCHED
            if self.taint.keeps_none_of(begun, now_s) and self.clear.keeps_none_of(begun, now_s):
                self.noted.add(own)
            else:
                brought = brought_by(name, args, own, now_s, delivered=False)
                self.taint, self.clear = self.taint.join(brought), self.clear.join(brought)
                self._share()
        if "acts" in own:
            self.passes_on(number)

    def _share(self) -> None:
        if self.rule is not None and self.rule.precision == "session":
            self.taint = self.clear = self.beside(self.taint)

    def writes(self, number: int) -> None:
        """Notes that a call that has ended has written to the agent's state."""
        self.passes_on(number)
        if (shadow := self.shadow) is None:
            return
        strange = self.delivered.get(number, NOT_KNOWN).strange

        def note() -> None:
            shadow.stands = shadow.stands or strange or bool(self._depends(number))

        shadow.once_known(note)

    def passes_on(self, number: int) -> None:
        """Notes that a call takes what the program knows to where others find it."""
        strange = self.delivered.get(number, NOT_KNOWN).strange
        clear, taint = self.taint if strange else self.clear, self.taint

        def pass_on() -> None:
            self.passed = self.passed.join(taint if self._depends(number) else clear)

        if self.shadow is None:
            pass_on()
        else:
            self.shadow.once_known(pass_on)

    def _depends(self, number: int) -> tuple[str, ...]:
        """Which arguments of an open call depend on strangers."""
        return () if self.shadow is None else self.shadow.depends_of(number)

    def delivers(
        self, number: int, name: str, args: Any, now_s: float, added: Taint = CLEAN
    ) -> None:
        """Notes that the program is given what a call came to.

        Args:
            number: The call.
            name: The tool.
            args: Its arguments.
            now_s: The time, in seconds since the epoch.
            added: What was touched inside of it.
        """
        if self.rule is None:
            return
        own = self.called[name] = self.rule.labels_of(name, args)
        if "untrusted" in own:
            added = brought_by(name, args, own, now_s, delivered=True).join(added)
        self.brings(number, name, added)

    def brings(self, number: int, name: str, brought: Taint) -> None:
        """Notes what comes to a program with a call's result, or what was touched for it so far."""
        if self.rule is None:
            return
        if self.shadow is not None:
            before = self.delivered.get(number, NOT_KNOWN).strange
            self.delivered[number] = Delivered(name, before or "untrusted" in brought.labels)
        if not brought.labels:
            return
        self.taint = self.taint.join(brought)
        if self.shadow is None:
            self.clear = self.taint
            self._share()
            return
        kept = [one for one in brought.sources if "untrusted" not in one.labels]
        self.clear = self.clear.join(Taint(brought.labels - {"untrusted"}, tuple(kept)))
