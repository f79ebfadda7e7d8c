"""Digests of arguments."""

from __future__ import annotations

import hashlib
import json
from typing import Any

__all__ = ["arguments_digest"]


def arguments_digest(args: Any) -> str:
    """What stands for a call's arguments: the same for equal ones, whatever the order of names.

    Args:
        args: JSON values. What is no such value counts by its text.
    """
    text = json.dumps(args, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
