"""Where what scripts print is cut, and how that is said. The unit is bytes of UTF-8.

The guest keeps what one step prints within `Limits.console_bytes`, and counts what it drops; the
same limit holds for what is kept of all steps of a script. What the model is shown of it is cut
again with everything else that it is shown, in characters (`agent/rendering.py`).
"""

from __future__ import annotations

from langchain_quickjs.interpreter.limits import Limits

__all__ = ["with_cut_noted", "with_printed"]


def with_cut_noted(printed: str, dropped_bytes: int) -> str:
    """Gives what a step printed, with a note of how much the guest has dropped of it, if any."""
    return f"{printed}… [{dropped_bytes} more bytes printed]\n" if dropped_bytes else printed


def with_printed(console: str, printed: str, limits: Limits) -> str:
    """Gives the console of a script once a step of it has printed something more.

    Args:
        console: What earlier steps have printed, as this function gave it.
        printed: What the step has printed.
        limits: What a script may use up.

    Returns:
        Both, cut after `limits.console_bytes`. A console that has been cut takes nothing more.
    """
    if not printed:
        return console
    room = limits.console_bytes - _utf8_length(console)
    if room <= 0:
        return console
    if _utf8_length(printed) <= room:
        return console + printed
    # What is left of a character that is cut in two goes.
    kept = printed.encode("utf-8")[:room].decode("utf-8", "ignore")
    return f"{console}{kept}… [more printed]\n"


def _utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8"))
