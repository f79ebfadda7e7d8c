"""The earlier releases: from which source each guest is built, and what it speaks.

A guest that has been released stays in this table for ever, because memory that it made may be
stored somewhere. The wheel carries the last ones; others can be kept by whoever needs them
(`places.py`).

To add a release, build its guest (`python wasm/build.py OUT.wasm` says the SHA-256), and put a line
at the end. A change of messages or replies takes a new protocol number here, and a line in
`wire/dialects.py`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["IN_THE_WHEEL", "PROTOCOL", "RELEASES", "Release", "protocol_of", "release_of"]

PROTOCOL: Final = 3
"""What the guest of this source speaks."""

IN_THE_WHEEL: Final = 4
"""How many of the last releases have their guests in the wheel, some 100 KB each."""


class Release(NamedTuple):
    """A release.

    Attributes:
        name: The version.
        commit: The commit of this repository, or a tag, with the source of its guest in `wasm/`.
        build: The first 16 bytes of the guest's SHA-256, as hexadecimal digits.
        protocol: What the guest speaks.
    """

    name: str
    commit: str
    build: str
    protocol: int


RELEASES: Final = (
    Release("0.1.0a1", "6c004a5", "86d83e73b387741237d45ab8b4067640", 1),
    Release("0.1.0a2", "d8be2e2", "77c9d467532b07e95789af746d928f87", 2),
)
"""All of them, the oldest first."""


def release_of(build: bytes) -> Release | None:
    """Gives the release that a build belongs to, if there was one."""
    return next((one for one in RELEASES if one.build == build[:16].hex()), None)


def protocol_of(build: bytes) -> int:
    """Gives what a guest speaks; one that was never released is taken for one of today's."""
    release = release_of(build)
    return PROTOCOL if release is None else release.protocol
