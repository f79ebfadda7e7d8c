"""What the model is told of programs that were not run, were given up, or lost something."""

from __future__ import annotations

from typing import Final

__all__ = [
    "GIVEN_UP_AT_PAUSE",
    "NOT_RUN_AFTER_PAUSE",
    "UNKNOWN_END",
    "VARIABLES_GONE",
    "VARIABLES_TOO_LARGE",
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
