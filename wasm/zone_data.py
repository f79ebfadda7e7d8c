"""Time zones for the guest: all names of the package `tzdata`, from 1970 on.

A record is a text of three parts between `;`. First the kinds of time, each its offset in seconds
and `s` (standard) or `d` (daylight), between `,`. Then one piece for each change: half minutes
since the one before (the first: since 1970) in base 36, and a capital letter for the kind after it;
the very first letter, without a number, is the kind at 1970. Last the rule that holds from then on:
empty, or letters of the two kinds and when each begins, as in `AB3.2.0/7200,11.1.0/7200`.
"""

from __future__ import annotations

import importlib.resources
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = struct.Struct(">4sc15x6l")
_RULE = re.compile(
    r"(?P<std><[^>]+>|[A-Za-z]+)(?P<std_offset>[-+\d:]+)"
    r"(?:(?P<dst><[^>]+>|[A-Za-z]+)(?P<dst_offset>[-+\d:]*),M(?P<begin>[^,]+),M(?P<end>[^,]+))?"
)
_UNIT = 30  # seconds; Liberia's last local mean time was not a whole minute
_YEAR = 366 * 86400


@dataclass(frozen=True)
class Kind:
    """One kind of time.

    Attributes:
        offset: Seconds east of Greenwich.
        daylight: Whether it is called daylight or summer time.
    """

    offset: int
    daylight: bool

    def __str__(self) -> str:
        return f"{self.offset}{'d' if self.daylight else 's'}"


def zone_names() -> list[str]:
    """The names of all zones and links."""
    text = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return sorted(name for name in text.split() if name != "Factory")


def zone_records() -> dict[str, str]:
    """The record of each zone, by its name."""
    folder = importlib.resources.files("tzdata").joinpath("zoneinfo")
    return {name: record_of(folder.joinpath(name).read_bytes()) for name in zone_names()}


def record_of(data: bytes) -> str:
    """The record for the content of a TZif file (RFC 9636)."""
    changes, footer = _read(data)
    rule = _read_rule(footer)
    goes_on = bool(rule.changes)
    first, later = _since_1970(_with_names_of_summer(changes, goes_on=goes_on))
    kinds = list(dict.fromkeys([first, *(kind for _, kind in later), *rule.kinds]))
    letters = {kind: chr(ord("A") + index) for index, kind in enumerate(kinds)}
    pieces, last = [letters[first]], 0
    for time, kind in later:
        assert (time - last) % _UNIT == 0
        pieces.append(_base36((time - last) // _UNIT) + letters[kind])
        last = time
    tail = ""
    if goes_on:
        tail = "".join(letters[kind] for kind in rule.kinds) + ",".join(rule.changes)
    else:  # what holds now must be what the last change has brought
        assert (later[-1][1] if later else first).offset == rule.kinds[0].offset
    return f"{','.join(map(str, kinds))};{''.join(pieces)};{tail}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def _read(data: bytes) -> tuple[list[tuple[int, Kind]], str]:
    """The changes of a file's second block, from the beginning of time on, and its footer."""
    at, size = 0, 4
    for size in (4, 8):
        magic, _, utc, standard, leaps, times, types, letters = _HEADER.unpack_from(data, at)
        assert magic == b"TZif"
        at += _HEADER.size
        begin = at
        at += times * (size + 1) + types * 6 + letters + leaps * (size + 4) + standard + utc
    instants = struct.unpack_from(f">{times}q", data, begin)
    indices = data[begin + 8 * times : begin + 9 * times]
    table = [struct.unpack_from(">lBB", data, begin + 9 * times + 6 * i) for i in range(types)]
    kinds = [Kind(offset, bool(daylight)) for offset, daylight, _ in table]
    changes = [(-(1 << 62), kinds[0])]
    changes += [(time, kinds[i]) for time, i in zip(instants, indices, strict=True)]
    return changes, data[at:].strip().decode()


def _with_names_of_summer(
    changes: Sequence[tuple[int, Kind]], *, goes_on: bool
) -> list[tuple[int, Kind]]:
    """The same, where Ireland, Morocco and others have their "negative daylight saving" in winter.

    CLDR has names as if those zones saved daylight in summer.
    """
    out: list[tuple[int, Kind]] = []
    for index, (time, kind) in enumerate(changes):
        before = changes[index - 1][1] if index else kind
        is_last = index + 1 == len(changes)
        after = (time + (0 if goes_on else _YEAR), kind) if is_last else changes[index + 1]
        is_season = after[0] - time < _YEAR
        daylight = kind.daylight
        if kind.daylight and not before.daylight and before.offset > kind.offset:
            daylight = False
        elif not kind.daylight and any(
            other.daylight and other.offset < kind.offset for other in (before, after[1])
        ):
            daylight = is_season
        out.append((time, Kind(kind.offset, daylight)))
    return out


def _since_1970(changes: Sequence[tuple[int, Kind]]) -> tuple[Kind, list[tuple[int, Kind]]]:
    """The kind of time at 1970, and what changes it afterwards."""
    first = [kind for time, kind in changes if time <= 0][-1]
    later, last = [], first
    for time, kind in changes:
        # The last one counts even if it changes nothing: a rule holds from then on only.
        if time > 0 and (kind != last or time == changes[-1][0]):
            later.append((time, kind))
            last = kind
    return first, later


@dataclass(frozen=True)
class _Rule:
    kinds: Sequence[Kind]  # standard and daylight, or one that holds for ever
    changes: Sequence[str]  # when each of the two begins: daylight first


def _read_rule(footer: str) -> _Rule:
    """The footer of a file: a `TZ` of POSIX, with signs the other way around."""
    match = _RULE.fullmatch(footer)
    assert match, footer
    standard = -_seconds(match["std_offset"])
    if not match["dst"]:
        return _Rule([Kind(standard, daylight=False)], [])
    daylight = -_seconds(match["dst_offset"]) if match["dst_offset"] else standard + 3600
    changes = [_begin(match["begin"]), _begin(match["end"])]
    if daylight > standard:
        return _Rule([Kind(standard, daylight=False), Kind(daylight, daylight=True)], changes)
    return _Rule([Kind(daylight, daylight=False), Kind(standard, daylight=True)], changes[::-1])


def _begin(text: str) -> str:
    day, _, time = text.partition("/")
    return f"{day}/{_seconds(time or '2')}"


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = (*map(int, text.lstrip("+-").split(":")), 0, 0)[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)
