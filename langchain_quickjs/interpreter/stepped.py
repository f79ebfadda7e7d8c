"""The interpreter of programs in graphs: its steps can be brief, and forks can take them too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_quickjs.interpreter.interpreter import Interpreter
from langchain_quickjs.interpreter.outcomes import CallResult, Outcome
from langchain_quickjs.interpreter.steps import Taken, repeat_step, taken

__all__ = ["SteppedInterpreter"]


class SteppedInterpreter(Interpreter):
    """An interpreter whose single steps matter to whoever runs its script."""

    def resume(
        self,
        results: Mapping[int, CallResult],
        *,
        entropy: bytes | None = None,
        steps: list[Taken] | None = None,
        brief: bool = False,
    ) -> Outcome:
        """Delivers results of calls to the running script and lets it go on.

        Args:
            results: As in `Interpreter.resume`.
            entropy: As there.
            steps: Is given what the step was, for forks that are to `repeat` it.
            brief: Whether it is only to go on if it does so for no more than some milliseconds.

        Returns:
            As there.

        Raises:
            NotBriefError: If it was to be brief and was not. It then waits as it did before.
            QuickJSError: As there.
        """
        outcome, (message, reply, after, now_s) = self._resumed(results, entropy, brief)
        if steps is not None:
            steps.append(taken((message, reply, after, {*results}, now_s, entropy)))
        return outcome

    def repeat(
        self, step: Taken, results: Mapping[int, CallResult] | None, timeout_s: float
    ) -> tuple[Outcome, Outcome] | None:
        """Takes a step that another interpreter has taken, of which this one is a fork.

        Args:
            step: The step, as `resume` gave it.
            results: What calls have come to in this one, if that is not the same.
            timeout_s: How long it may compute, if that is less than the limits say.

        Returns:
            What came of it there, and here; `None` if that is the same.
        """
        with self._one_thread:
            how: Any = {"limits": self._limits, "timeout_s": timeout_s}
            differs, self._state = repeat_step(self._machine, self._state, step, results, **how)
            return differs
