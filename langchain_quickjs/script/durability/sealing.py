"""What is stored of one script, sealed for it.

Values are encoded by the checkpointer's own serializer, so whatever a user's checkpointer can store
or encrypt goes through here too, and the seal covers the encoded bytes: nothing is decoded before
its signature is known to be right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import call
from typing import Any, Final, get_args

import zstandard
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter.storage.compression import unpack_at_most
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.langgraph_internals.checkpointer import checkpointer_of
from langchain_quickjs.script.state import Fate, PausedScript, PausedState, StoredStory

__all__ = ["Sealer"]

# What is large is large because of arguments and texts, which compress well: it is stored, signed
# and copied several times.
_LARGE_BYTES: Final = 4 * 1024
_MOST_BYTES: Final = 2**30
_COMPRESSED: Final = "zstd+"
_LEVEL: Final = 1
_PLAIN: Final = JsonPlusSerializer()
_LATEST_S: Final = 1e11  # No year of five digits: times are counted in milliseconds, and written.
_RANKS: Final = 4
_FATES: Final = frozenset(get_args(Fate))
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")
_PAUSED: Final = "The paused script"
# What a paused script need not have.
_LEFT_OUT: Final = {*StoredStory.__annotations__, "labels", "timers"}
_ANSWERS: Final = "What people answered to the paused script"


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and unseals what is stored of one script.

    Attributes:
        signer: Signs for the thread.
        serde: Encodes values.
        script_id: The script.
        place: What tells it from scripts with the same id elsewhere in the thread.
    """

    signer: Signer
    serde: SerializerProtocol
    script_id: str
    place: str

    @classmethod
    def of(cls, signer: Signer, config: RunnableConfig, script_id: str, place: str) -> Sealer:
        """The sealer of a script in a task with this config."""
        saver = checkpointer_of(config)
        return cls(signer, _PLAIN if saver is None else saver.serde, script_id, place)

    def seal(self, value: Any, purpose: str, *parts: str) -> bytes:
        """A value as sealed bytes, good for this purpose and these parts only."""
        kind, encoded = self.serde.dumps_typed(value)
        if len(encoded) > _LARGE_BYTES:
            kind, encoded = f"{_COMPRESSED}{kind}", zstandard.compress(encoded, _LEVEL)
        payload = kind.encode("utf-8") + b"\0" + encoded
        return self.signer.seal(payload, purpose, *self._parts(parts))

    def unseal(self, sealed: object, what: str, purpose: str, *parts: str) -> Any:
        """The value of what `seal` made.

        Raises:
            SnapshotError: It is damaged, or its signature is missing or wrong.
        """
        payload = self.signer.unseal(sealed, what, purpose, *self._parts(parts))
        head, _, encoded = payload.partition(b"\0")
        try:
            kind = head.decode("utf-8")
            if kind.startswith(_COMPRESSED):
                kind, encoded = kind.removeprefix(_COMPRESSED), unpack_at_most(encoded, _MOST_BYTES)
            return self.serde.loads_typed((kind, encoded))
        except Exception as error:  # whatever a serializer raises at bytes that it did not write
            raise SnapshotError(f"{what} is not used, because it cannot be read: {error}") from None

    def pause(self, script: PausedScript) -> PausedState:
        """A paused script as it is stored."""
        sealed = self.seal(script, "script")
        return {"script_id": self.script_id, "sealed": sealed, "place": self.place}

    def resume(self, stored: PausedState) -> PausedScript:
        """The paused script that `pause` stored.

        Raises:
            SnapshotError: It is something else.
        """
        sealed = stored.get("sealed") if isinstance(stored, Mapping) else None
        script = self.unseal(sealed, _PAUSED, "script")
        known = PausedScript.__annotations__.keys()
        if not isinstance(script, dict) or script.keys() | _LEFT_OUT != known:
            raise SnapshotError(f"{_PAUSED} is not used, because its fields are not known.")
        if not _is_told_soundly(script):
            raise SnapshotError(f"{_PAUSED} is not used, because what it tells of itself is wrong.")
        return script  # type: ignore[return-value]  # its fields have just been looked at

    def vouch_for(self, text: str, purpose: str, *parts: str) -> str:
        """A signature of a text that others keep in the open; empty without a key."""
        return self.signer.sign(purpose, *self._parts((*parts, text))).hex()

    def vouched_for(self, signature: str, text: str, purpose: str, *parts: str) -> bool:
        """Whether `vouch_for` made the signature for this text, purpose and parts."""
        known = bytes.fromhex(signature) if _HEX.fullmatch(signature) else b""
        return self.signer.accepts(known, purpose, *self._parts((*parts, text)))

    def seal_answers(self, answers: Any, paused: PausedState) -> bytes:
        """What people answered, good for this pause only."""
        return self.seal(answers, "answers", digest(paused["sealed"]))

    def unseal_answers(self, sealed: bytes, paused: PausedState) -> Any:
        """What `seal_answers` sealed.

        Raises:
            SnapshotError: It is something else, or what was sealed for another pause.
        """
        return self.unseal(sealed, _ANSWERS, "answers", digest(paused["sealed"]))

    def _parts(self, parts: tuple[str, ...]) -> tuple[bytes, ...]:
        return tuple(map(str.encode, (self.place, self.script_id, *parts)))


def _is_told_soundly(script: Mapping[str, Any]) -> bool:
    """Whether the times, places and texts that stories are made of are such.

    Without a key anybody may have written them, and they are used when calls have been made.
    """
    try:
        waits, source = script.get("waits", ()), script.get("source", "")
        times = [script.get("began_s", 0.0), *chain.from_iterable(waits), *_times_of(script)]
        return (
            _is_text(source)
            and all(map(_is_time, times))
            and all(isinstance(wait, list | tuple) and 1 <= len(wait) <= 2 for wait in waits)
            and all(_is_made(one.get("made", {})) for one in _calls_of(script))
            and all(map(_is_entry, script["report"]["kept"]))
        )
    except (AttributeError, KeyError, TypeError):
        return False


def _times_of(script: Mapping[str, Any]) -> Iterator[Any]:
    """The times of questions."""
    for question in script["questions"]:
        yield question.get("asked_s", 0.0)
        yield from (one.get("expires_s", 0.0) for one in question["calls"])


def _calls_of(script: Mapping[str, Any]) -> Iterator[Any]:
    """The calls that have not ended."""
    asked = chain.from_iterable(question["calls"] for question in script["questions"])
    return chain(asked, script["awaiting"], script["blocked"], script["running"])


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= _LATEST_S


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_fate(value: Any) -> bool:
    return _is_text(value) and value in _FATES


def _is_number(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_made(made: Mapping[str, Any]) -> bool:
    """Whether it says how a call came about."""
    return all(_MADE.get(key, _is_time)(value) for key, value in made.items())


_MADE: Final = {"line": _is_number, "column": _is_number, "decision": _is_text}


# What a report keeps of a call; before there were stories, nothing came after the detail.
_ENTRY: Final = (_is_number, _is_number, _is_fate, *[_is_text] * 4, _is_made, _is_time)
_LEAST_ENTRY: Final = 6


def _is_entry(entry: Sequence[Any]) -> bool:
    fits = all(map(call, _ENTRY, entry))
    return fits and _LEAST_ENTRY <= len(entry) <= len(_ENTRY) and entry[0] < _RANKS
