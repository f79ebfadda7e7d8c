"""Digests of arguments."""

from __future__ import annotations

import hashlib
from typing import Any

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter.codec import encode

__all__ = ["arguments_digest"]


def arguments_digest(args: Any) -> str:
    """What stands for a call's arguments: the same for equal ones, whatever the order of names.

    Args:
        args: JSON values. What is no such value counts as what a script would get for it.
    """
    try:
        packed = encode(_ordered(args))
    except ValueTransferError as error:  # Only a person's edit could have put it there.
        packed = str(error).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(packed, digest_size=16).hexdigest()


def _ordered(value: Any) -> Any:
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(item) for item in value] if type(value) is list else value
