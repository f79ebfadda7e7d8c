"""What the model is told of programs that were not run, were given up, or lost something.

And what a caller is told, program or model, whose call people did not let happen.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "GIVEN_UP_AT_PAUSE",
    "NOT_RUN_AFTER_PAUSE",
    "UNKNOWN_END",
    "VARIABLES_GONE",
    "VARIABLES_TOO_LARGE",
    "expiry_text",
    "rejection_text",
]

GIVEN_UP_AT_PAUSE: Final = (
    "This program was waiting for a person when something else was said instead of an answer. It "
    "was given up there, and does not go on."
)

NOT_RUN_AFTER_PAUSE: Final = (
    "This program was not run, because an earlier one of the same message has to wait for a "
    "person. Nothing in it has happened. Run it again if it is still needed."
)

UNKNOWN_END: Final = "It is not known what this program has done: {error}"

VARIABLES_GONE: Final = (
    "The variables of earlier programs are gone: {error}. This program began without them."
)

VARIABLES_TOO_LARGE: Final = (
    "The variables were not kept: to store them takes {size} bytes, more than the {limit} allowed "
    "(`max_snapshot_bytes`). The next program begins without them; keep less in variables."
)


def rejection_text(name: str, words: str | None, *, had_begun: bool) -> str:
    """What the caller is told when a person rejected its call.

    Args:
        name: The tool's own name.
        words: What the person said.
        had_begun: Whether the call had begun in a process that died.
    """
    if had_begun:
        said = f": {words}" if words else "."
        return (
            f"This call of `{name}` had begun in a process that died, and may have taken effect. A "
            f"person decided not to make it again{said}"
        )
    if words:
        return f"A person rejected this call of `{name}`, which was not run: {words}"
    return (
        f"A person rejected this call of `{name}`, which was not run. Do not try it again unless "
        "the user asks for it."
    )


def expiry_text(name: str, until: str, *, had_begun: bool) -> str:
    """What the caller is told when nobody answered in time whether to make its call.

    Args:
        name: The tool's own name.
        until: When the time was over.
        had_begun: Whether the call had begun in a process that died.
    """
    if had_begun:
        return (
            f"This call of `{name}` had begun in a process that died, and may have taken effect. "
            f"Nobody decided by {until} whether to make it again, so it was not made again."
        )
    return (
        f"Nobody decided by {until} about this call of `{name}`, so it counts as rejected, and was "
        "not run."
    )
