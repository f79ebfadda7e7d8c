"""Seals: what is stored as one piece of bytes, for databases that others can write to.

    sealed    = magic, signature, payload
    signature = HMAC-SHA256(key, purpose, thread, parts..., payload), each with its length before it

Everything that is stored of a script goes through here whole, never field by field: a signature
over chosen fields let a rejected call run. The purpose, the thread and the script are part of what
is signed, so what was sealed for one is worth nothing for another.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SetupError, SnapshotError

__all__ = ["UNSIGNED", "Signer", "SigningKeys", "signing_keys"]

SigningKeys = str | bytes | Sequence[str | bytes]
"""A secret, or several: the first one signs, each of them verifies."""

_MAGIC: Final = b"QJSW\x01"
_DIGEST_BYTES: Final = 32
_LEAST_BYTES: Final = 16
_CONTEXT: Final = b"langchain_quickjs, what is stored, 2"


def signing_keys(given: SigningKeys | None) -> tuple[bytes, ...]:
    """Keys as users give them, in bytes.

    Raises:
        SetupError: There is an empty list, a key that is empty or neither text nor bytes, or the
            one that signs is too short.
    """
    if given is None:
        return ()
    keys = (given,) if isinstance(given, str | bytes) else given
    if not isinstance(keys, list | tuple) or not keys:
        found = "an empty list" if isinstance(keys, list | tuple) else type(given).__name__
        raise SetupError(
            "`snapshot_signing_key` must be a key or a list of keys: text or bytes, not "
            f"{found}. The first one signs, all of them verify."
        )
    for number, key in enumerate(keys, 1):
        if not isinstance(key, str | bytes) or not key:
            found = "empty" if isinstance(key, str | bytes) else type(key).__name__
            raise SetupError(
                f"`snapshot_signing_key` must be text or bytes, and not empty; key {number} is "
                f"{found}."
            )
    secrets = tuple(key.encode("utf-8") if isinstance(key, str) else bytes(key) for key in keys)
    if len(secrets[0]) < _LEAST_BYTES:
        raise SetupError(
            f"`snapshot_signing_key` must have {_LEAST_BYTES} bytes or more: the first one has "
            f"{len(secrets[0])}, and whoever can read the database could guess it. Take "
            "`secrets.token_bytes(32)`. To go on with what the short one has signed, give both: "
            "[new, short]."
        )
    return secrets


class Signer:
    """Signs what is stored for one thread, and checks it.

    It is no dataclass: an API server that writes what it streams as JSON looks into those.

    Attributes:
        keys: The secrets. The first one signs, each of them verifies. Without any, nothing is
            signed and everything is believed.
        thread_id: The thread.
    """

    __slots__ = ("keys", "thread_id")

    def __init__(self, keys: tuple[bytes, ...], thread_id: str) -> None:
        self.keys: Final = keys
        self.thread_id: Final = thread_id

    @classmethod
    def of(cls, keys: tuple[bytes, ...], config: RunnableConfig) -> Signer:
        """The signer for the thread of a task with this config."""
        return cls(keys, str(config.get("configurable", {}).get("thread_id", "")))

    def sign(self, purpose: str, *parts: bytes) -> bytes:
        """The signature; empty without a key."""
        return self._signature(self.keys[0], purpose, parts) if self.keys else b""

    def accepts(self, signature: object, purpose: str, *parts: bytes) -> bool:
        """Whether what has this signature was stored by somebody who knows a key."""
        if not self.keys:
            return True
        known = signature if isinstance(signature, bytes) else b""
        found = [
            hmac.compare_digest(self._signature(key, purpose, parts), known) for key in self.keys
        ]
        return any(found)

    def seal(self, payload: bytes, purpose: str, *parts: bytes) -> bytes:
        """The payload with its signature.

        Args:
            payload: What is to be stored.
            purpose: What it is.
            parts: What it belongs to.
        """
        signature = self.sign(purpose, *parts, payload) or bytes(_DIGEST_BYTES)
        return _MAGIC + signature + payload

    def unseal(self, sealed: object, what: str, purpose: str, *parts: bytes) -> bytes:
        """The payload of what `seal` made for the same purpose and parts.

        Args:
            sealed: What was stored.
            what: What to call it in an error message.
            purpose: What it is.
            parts: What it belongs to.

        Raises:
            SnapshotError: It is damaged, or its signature is missing or wrong.
        """
        head = len(_MAGIC) + _DIGEST_BYTES
        if not isinstance(sealed, bytes) or len(sealed) < head or not sealed.startswith(_MAGIC):
            raise SnapshotError(
                f"{what} is not used, because it is damaged where it is stored, or was stored by "
                "another version of this package."
            )
        payload = sealed[head:]
        if not self.accepts(sealed[len(_MAGIC) : head], purpose, *parts, payload):
            raise SnapshotError(
                f"{what} is not used, because its signature is missing or wrong: it was changed "
                "where it is stored, or `snapshot_signing_key` is another."
            )
        return payload

    def _signature(self, key: bytes, purpose: str, parts: Sequence[bytes]) -> bytes:
        signed = hmac.new(key, _CONTEXT, hashlib.sha256)
        for part in (purpose.encode("utf-8"), self.thread_id.encode("utf-8"), *parts):
            signed.update(len(part).to_bytes(8, "little"))
            signed.update(part)
        return signed.digest()


UNSIGNED: Final = Signer((), "")
"""Signs nothing, and believes everything."""
