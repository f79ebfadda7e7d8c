"""Buttons for what waits for a person.

The form is made of the controls that ipywidgets brings along, which JupyterLab, VS Code and Colab
have built in. A widget with JavaScript of its own (anywidget) is fetched from a third party by
two of these, after a setting is changed. Whatever others wrote is shown by `display.html`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from langchain_quickjs.errors import DecisionError, SetupError
from langchain_quickjs.interpreter.display.html import Mark, code, details, dot, escaped, muted
from langchain_quickjs.interpreter.display.texts import count_text, one_line, visible
from langchain_quickjs.interpreter.values.short_json import json_in_short
from langchain_quickjs.notebook.choices import ANSWER, Choices, kinds_for
from langchain_quickjs.watch.drawing.cards import cards_html
from langchain_quickjs.watch.pending import KeepsState, PendingCall, apending, pending

try:
    import ipywidgets
except ImportError as error:
    raise SetupError(
        "The form needs ipywidgets: pip install 'langchain_quickjs[notebook]'."
    ) from error

__all__ = ["ApprovalForm", "aapproval_form", "approval_form"]

_FIELD_CHARS: Final = 20_000
_LINE_CHARS: Final = 200
_WIDE: Final = {"width": "auto", "max_width": "60em"}
_BUTTONS: Final = {
    "approve": ("Approve", "success"),
    "edit": ("Run as edited", "primary"),
    "reject": ("Reject", "danger"),
    "respond": ("Respond", ""),
    ANSWER: ("Answer", "success"),
}
_DONE: Final = {
    "approve": "approved",
    "edit": "edited",
    "reject": "rejected",
    "respond": "answered in its place",
    ANSWER: "answered",
}


def approval_form(agent: KeepsState, config: RunnableConfig) -> ApprovalForm:
    """Makes a form for all that waits for a person in a thread.

    Example:
        ```python
        form = approval_form(agent, config)
        form  # shows the buttons; once they are pressed, in the next cell:
        agent.invoke(form.command, config)
        ```

    Args:
        agent: An agent, or any compiled graph, with a checkpointer.
        config: Names the thread.

    Raises:
        SetupError: The graph has no checkpointer, or the config names no thread.
    """
    return ApprovalForm(pending(agent, config))


async def aapproval_form(agent: KeepsState, config: RunnableConfig) -> ApprovalForm:
    """The same as `approval_form`, for checkpointers that are used asynchronously."""
    return ApprovalForm(await apending(agent, config))


class ApprovalForm:
    """What waits, with buttons for what may be decided about it.

    `await form` waits until everything is decided, and gives the command. The kernel must take
    clicks while a cell runs: JupyterLab 4.4 or later lets it, and elsewhere ipykernel 7.4 or later.

    Args:
        waiting: The calls, as `pending` lists them.
    """

    def __init__(self, waiting: Sequence[PendingCall]) -> None:
        self._choices = Choices(waiting)
        self._decided: Future[Command[Any]] = Future()
        self._cards = [_Card(self, n, call) for n, call in enumerate(self.waiting)]
        self._foot = ipywidgets.HTML()
        self._box = ipywidgets.VBox([*(card.box for card in self._cards), self._foot])
        self._refresh()

    @property
    def waiting(self) -> tuple[PendingCall, ...]:
        """The calls that wait."""
        return self._choices.waiting

    @property
    def done(self) -> bool:
        """Whether everything is decided."""
        return self._choices.done

    @property
    def decisions(self) -> dict[str, Any]:
        """The answers that are complete, by the ids of their interrupts."""
        return self._choices.decisions

    @property
    def command(self) -> Command[Any]:
        """What the agent is invoked with: `agent.invoke(form.command, config)`.

        Raises:
            DecisionError: Nothing is decided yet.
        """
        return self._choices.command

    @property
    def widget(self) -> Any:
        """The form as a widget, to be put into others."""
        return self._box

    def decide(
        self,
        kind: str,
        *,
        call: int | None = None,
        args: Mapping[str, Any] | None = None,
        message: str | None = None,
        value: Any = None,
    ) -> None:
        """Does what a button does.

        Args:
            kind: `"approve"`, `"edit"`, `"reject"` or `"respond"`, or `"answer"` for a question
                that a tool asks by itself.
            call: The place of the call in `waiting`; the first that is not decided when omitted.
            args: The arguments, for an edit.
            message: The reason of a rejection, or a reply.
            value: The answer to a question that a tool asks by itself.

        Raises:
            DecisionError: It cannot be decided so.
        """
        number = self._choices.decide(kind, call=call, args=args, message=message, value=value)
        self._cards[number].refresh(self._choices.of(number))
        self._refresh()
        if self.done and not self._decided.done():
            self._decided.set_result(self.command)

    def __await__(self) -> Generator[Any, None, Command[Any]]:
        if not self.done:
            _check_clicks_arrive()
            # A click may come in another thread; and a cell that is stopped must not end the form.
            yield from asyncio.shield(asyncio.wrap_future(self._decided)).__await__()
        return self.command

    def __repr__(self) -> str:
        lines = [f"<ApprovalForm: {count_text(len(self.waiting), 'call')}, {self._left()}>"]
        for number, call in enumerate(self.waiting):
            lines.append(
                f"  {number}: {_call_text(call)}: {_state(self._choices.of(number), call)}"
            )
        return "\n".join(lines)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Shows the form; where there are no widgets, what waits and how to decide without them."""
        shown: dict[str, Any] = self._box._repr_mimebundle_(**kwargs)
        cards = "".join(one.html(self._choices.of(n)) for n, one in enumerate(self._cards))
        return {**shown, "text/plain": repr(self), "text/html": cards + self._foot.value}

    def _refresh(self) -> None:
        if not self.waiting:
            said = "Nothing waits for a person in this thread."
        elif self.done:
            said = "All decided. Next: <code>agent.invoke(form.command, config)</code>"
        else:
            said = f"{self._left()}, by the buttons or with <code>form.decide(...)</code>"
        self._foot.value = muted(said)

    def _left(self) -> str:
        left = self._choices.left
        return f"{left} of {len(self.waiting)} to decide" if left else "all decided"


class _Card:
    """One call that waits, and its buttons."""

    def __init__(self, form: ApprovalForm, number: int, call: PendingCall) -> None:
        self._form, self._number, self._call = form, number, call
        kinds = kinds_for(call)
        self._args_text = given = _arguments_text(call)
        # What is too long to be shown as a whole cannot be edited here.
        self._edits = "edit" in kinds and len(given) <= _FIELD_CHARS
        kinds = tuple(kind for kind in kinds if kind != "edit" or self._edits)
        self._args = ipywidgets.Textarea(given, rows=min(given.count("\n") + 2, 12), layout=_WIDE)
        self._words = ipywidgets.Text(placeholder=_placeholder(kinds), layout=_WIDE)
        self._text = ipywidgets.HTML()
        self._problem = ipywidgets.HTML()
        buttons = ipywidgets.HBox([self._button(kind) for kind in kinds if kind in _BUTTONS])
        fields = [self._args] if self._edits else []
        fields += [self._words] if {"reject", "respond", ANSWER} & set(kinds) else []
        self.box = ipywidgets.VBox([self._text, *fields, buttons, self._problem])
        self.refresh(None)

    def refresh(self, chosen: Mapping[str, Any] | None) -> None:
        """Shows the call with what is decided about it."""
        self._text.value = self.html(chosen)
        self._problem.value = ""

    def html(self, chosen: Mapping[str, Any] | None) -> str:
        """The call, with what is decided about it."""
        call = self._call
        # Markdown can hold markup, so it is shown as it was written.
        said = details(muted("description"), code(call.description)) if call.description else ""
        state = f"<div>{dot(_mark(chosen))} {escaped(_state(chosen, call))}</div>"
        return f"{cards_html([call])}{said}{state}"

    def _button(self, kind: str) -> Any:
        text, style = _BUTTONS[kind]
        button = ipywidgets.Button(description=text, button_style=style)
        button.on_click(lambda _: self._pressed(kind))
        return button

    def _pressed(self, kind: str) -> None:
        try:
            self._form.decide(kind, call=self._number, **self._fields(kind))
        except DecisionError as error:
            self._problem.value = f"<b>{escaped(str(error))}</b>"

    def _fields(self, kind: str) -> dict[str, Any]:
        words = self._words.value.strip()
        if kind == ANSWER:
            return {"value": _answer(words)}
        if kind == "edit":
            return {"args": _edited(self._args.value)}
        if kind == "approve" and self._args.value != self._args_text:
            raise DecisionError(
                "The arguments were changed. Press “Run as edited”, or put them back as they were."
            )
        if kind == "respond" and not words:
            raise DecisionError("Write the reply into the field above.")
        return {"message": words} if words and kind in ("reject", "respond") else {}


def _arguments_text(call: PendingCall) -> str:
    """Gives the arguments as JSON over several lines; what is not printable is escaped there."""
    # Whoever raised the interrupt need not have put JSON into it.
    text = json.dumps(dict(call.args), indent=2, ensure_ascii=False, default=repr)
    return visible(text, len(text))


def _call_text(call: PendingCall) -> str:
    if not call.tool:
        return f"a question: {json_in_short(call.value, _LINE_CHARS)}"
    return f"{one_line(call.tool, _LINE_CHARS)}({json_in_short(dict(call.args), _LINE_CHARS)})"


def _edited(text: str) -> dict[str, Any]:
    try:
        args = json.loads(text)
    except ValueError as error:
        raise DecisionError(f"The arguments are no JSON: {error}.") from error
    if not isinstance(args, dict):
        raise DecisionError('The arguments must be an object: {"name": value}.')
    return args


def _answer(words: str) -> Any:
    """A value if the words are JSON, or else the words."""
    try:
        return json.loads(words)
    except ValueError:
        return words


def _placeholder(kinds: Sequence[str]) -> str:
    words = {"reject": "The reason, for Reject", "respond": "The reply, for Respond"}
    said = " · ".join(words[kind] for kind in kinds if kind in words)
    return said or "The answer, as text or JSON"


def _state(chosen: Mapping[str, Any] | None, call: PendingCall) -> str:
    if chosen is not None:
        return _DONE.get(chosen["type"], "decided")
    return f"not decided ({', '.join(kinds_for(call)) or 'nothing is allowed'})"


def _mark(chosen: Mapping[str, Any] | None) -> Mark:
    if chosen is None:
        return "waiting"
    return "bad" if chosen["type"] == "reject" else "good"


def _check_clicks_arrive() -> None:
    ipykernel: Any = sys.modules.get("ipykernel")
    if ipykernel is not None and ipykernel.version_info < (7,):
        raise SetupError(
            "This kernel takes no clicks while a cell runs (ipykernel before 7): press the buttons "
            "first, and use `form.command` in the next cell."
        )
