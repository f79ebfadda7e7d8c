"""Signatures of what is stored, for checkpointers that others can write to.

    signature = HMAC-SHA256(key, purpose, thread id, parts...), each with its length before it

The purpose and the thread are part of what is signed: what was signed for one is worth nothing for
another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from dataclasses import dataclass, field
from typing import Final

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.state import PausedScript

__all__ = ["UNSIGNED", "Signer", "is_signed", "sign", "signing_key"]

_PURPOSES = b"langchain_quickjs, what is stored, 1"


def signing_key(key: str | bytes | None) -> bytes | None:
    """A key as users give it, in bytes.

    Raises:
        SetupError: The key is empty, or neither text nor bytes.
    """
    if key is None:
        return None
    if not isinstance(key, str | bytes) or not key:
        raise SetupError("`snapshot_signing_key` must be text or bytes, and not empty.")
    return key.encode("utf-8") if isinstance(key, str) else bytes(key)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what is stored for one thread, and checks it.

    Attributes:
        key: The secret; `None`: nothing is signed, and everything is believed.
        thread_id: The thread.
    """

    key: bytes | None = field(repr=False)
    thread_id: str

    @classmethod
    def of(cls, key: bytes | None, config: RunnableConfig) -> Signer:
        """The signer for the thread of a task with this config."""
        return cls(key, str(config.get("configurable", {}).get("thread_id", "")))

    def sign(self, purpose: str, *parts: bytes) -> bytes:
        """The signature; empty without a key."""
        if self.key is None:
            return b""
        signed = hmac.new(self.key, _PURPOSES, hashlib.sha256)
        for part in (purpose.encode("utf-8"), self.thread_id.encode("utf-8"), *parts):
            signed.update(struct.pack("<Q", len(part)) + part)
        return signed.digest()

    def accepts(self, signature: object, purpose: str, *parts: bytes) -> bool:
        """Whether what has this signature was stored by somebody who knows the key."""
        if self.key is None:
            return True
        expected = self.sign(purpose, *parts)
        return isinstance(signature, bytes) and hmac.compare_digest(expected, signature)


UNSIGNED: Final = Signer(None, "")
"""Signs nothing, and believes everything."""


def sign(signer: Signer, script: PausedScript) -> bytes:
    """The signature of a script that is stored: over its memory, and over what it is to call."""
    return b"" if signer.key is None else signer.sign("script", *_parts(script))


def is_signed(signer: Signer, script: PausedScript) -> bool:
    """Whether a stored script is as it was when it was signed."""
    return signer.key is None or signer.accepts(script.get("signature"), "script", *_parts(script))


def _parts(script: PausedScript) -> tuple[bytes, ...]:
    questions = [call for question in script["questions"] for call in question["calls"]]
    asked = [*script["awaiting"], *questions]
    made = [*script["blocked"], *script["running"]]
    calls = [
        *([call["id"], call["action"]["name"], call["action"]["args"]] for call in asked),
        *([call["id"], call["name"], call["args"]] for call in made),
    ]
    # Whatever is no JSON looks the same before it is stored and after.
    as_text = json.dumps(calls, sort_keys=True, default=repr).encode("utf-8", "surrogatepass")
    return script["script_id"].encode("utf-8"), script["snapshot"], script["heap"], as_text
