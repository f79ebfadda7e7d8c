"""What the guest knows of each locale about dates: names, patterns and the names of time zones.

`locale_data.py` says what a record is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from babel import core

import zone_data

WIDTHS = ("wide", "abbreviated", "narrow")
# Facts of CLDR that babel does not keep. First, how a time follows a date of style full and long.
_AT = {
    "en": "{1} 'at' {0}", "sv": "{1} 'kl'. {0}", "de": "{1} 'um' {0}", "fr": "{1} 'à' {0}",
    "es": "{1}, {0}\t{1} 'a' 'las' {0}", "it": "{1} 'alle' 'ore' {0}", "pt": "{1} 'às' {0}",
    "nl": "{1} 'om' {0}", "da": "{1} 'kl'. {0}", "nb": "{1} 'kl'. {0}", "fi": "{1} 'klo' {0}",
    "pl": "{1} {0}", "ja": "{1} {0}", "zh": "{1} {0}", "ko": "{1} {0}",
}  # fmt: skip
_JOINED = {
    "da": "{1}, {0}",
    "pt": "{1}, {0}",
    "fi": "{1} 'klo' {0}",
}  # the same for medium and short
_SKELETONS = {  # babel has kept a variant of these
    "en-CA": {
        "Md": "MM-dd", "MMdd": "MM-dd", "MEd": "E, MM-dd", "yMd": "y-MM-dd", "yMEd": "E, y-MM-dd",
    },
}  # fmt: skip
_WIDE_HALVES = ("ko", "ko-KR")  # AM and PM are written as words
_NO_SHORT_ZONES = ("fr", "fr-FR")  # what babel has are Canada's
_DAY = {
    "en": "day", "sv": "dag", "de": "Tag", "fr": "jour", "es": "día", "it": "giorno", "pt": "dia",
    "nl": "dag", "da": "dag", "nb": "dag", "fi": "päivä", "pl": "dzień", "ja": "日", "zh": "日",
    "ko": "일",
}  # fmt: skip
_MINUS_OF_OFFSETS = {"sv": "−", "fr": "−"}
_COLON_OF_OFFSETS = {"da": ".", "fi": "."}
_NO_NAME = "∅∅∅"  # CLDR says that there is none
_NARROW_SPACE = "\u202f"  # engines of browsers write a plain space in dates and times instead


def date_records(tag: str, data: Any) -> Iterator[tuple[str, str]]:
    """Names of months, days, eras and halves of a day, and patterns."""
    for what, first, last in (("months", 1, 12), ("days", 0, 6)):
        lines = [
            "\t".join(data[what][use][width][i] for i in _in_order(what, first, last))
            for use in ("format", "stand-alone")
            for width in WIDTHS
        ]
        yield what, "\n".join(lines)
    yield "eras", "\n".join("\t".join(data["eras"][width][i] for i in (0, 1)) for width in WIDTHS)
    yield from _day_period_records(tag, data)
    styles: list[list[str]] = [
        [data["date_formats"][style].pattern for style in ("full", "long", "medium", "short")],
        [data["time_formats"][style].pattern for style in ("full", "long", "medium", "short")],
        [data["datetime_formats"][style] for style in ("full", "long", "medium", "short")],
    ]
    full, _, long = _AT[tag.split("-", maxsplit=1)[0]].partition("\t")
    styles[2][:2] = [full, long or full]
    if joined := _JOINED.get(tag.split("-", maxsplit=1)[0]):
        styles[2][2:] = [joined, joined]
    yield "styles", _plain("\n".join("\t".join(line) for line in styles))
    skeletons = {str(name): pattern.pattern for name, pattern in data["datetime_skeletons"].items()}
    skeletons |= _SKELETONS.get(tag, {})
    left_out = re.compile("[QwWUru]")
    yield (
        "skeletons",
        _plain(
            "\n".join(
                f"{name}\t{skeletons[name]}"
                for name in sorted(skeletons)
                if not left_out.search(name)
            )
        ),
    )
    yield "day", _DAY[tag.split("-", maxsplit=1)[0]]


def _in_order(what: str, first: int, last: int) -> Iterable[int]:
    """Months from January, days from Sunday, which is 6 to babel."""
    return range(first, last + 1) if what == "months" else (6, 0, 1, 2, 3, 4, 5)


def _day_period_records(tag: str, data: Any) -> Iterator[tuple[str, str]]:
    """For each width what am and pm are; then the spans of a day and their names."""
    lines = []
    for width in WIDTHS:
        names = data["day_periods"]["format"][width]
        usual = data["day_periods"]["format"]["wide" if tag in _WIDE_HALVES else "abbreviated"]
        names = usual if tag in _WIDE_HALVES else names
        lines.append(
            "\t".join(names.get(half, usual.get(half, half.upper())) for half in ("am", "pm"))
        )
    yield "halves", _plain("\n".join(lines))
    spans = []
    for period, rules in sorted(data["day_period_rules"][None].items()):
        if period == "midnight":
            continue  # engines of browsers never say it
        names = [
            data["day_periods"]["format"][width].get(period)
            or data["day_periods"]["format"]["abbreviated"].get(period, "")
            for width in WIDTHS
        ]
        for rule in rules:
            begin = rule.get("at", rule.get("from")) // 60
            end = begin + 1 if "at" in rule else rule["before"] // 60
            kind = "at" if "at" in rule else "from"
            spans.append("\t".join([kind, str(begin), str(end), *names]))
    yield "periods", _plain("\n".join(sorted(spans)))


def _plain(text: str) -> str:
    return text.replace(_NARROW_SPACE, " ")


def zone_records(tag: str, data: Any) -> Iterator[tuple[str, str]]:
    """Names of time zones, and how offsets are written."""
    language = tag.split("-", maxsplit=1)[0]
    prefix = data["zone_formats"]["gmt"].replace("%s", "")
    minus, colon = _MINUS_OF_OFFSETS.get(language, "-"), _COLON_OF_OFFSETS.get(language, ":")
    yield "offsets", f"{prefix}\t{minus}\t{colon}"
    used = set(core.get_global("meta_zones").values())
    for meta in sorted(used):
        if meta in data["meta_zones"]:
            yield f"meta/{meta}", _zone_names(tag, data["meta_zones"][meta])
    known = {name.lower(): name for name in zone_data.zone_names()}
    for name, texts in data["time_zones"].items():
        if name.lower() in known and ("long" in texts or "short" in texts):
            yield f"city/{known[name.lower()]}", _zone_names(tag, texts)


def _zone_names(tag: str, texts: Any) -> str:
    """Long and short, each standard and daylight."""
    if tag in _NO_SHORT_ZONES:
        texts = {"long": texts.get("long", {}), "short": {}}
    return "\t".join(
        texts.get(length, {}).get(kind, "").replace(_NO_NAME, "")
        for length in ("long", "short")
        for kind in ("standard", "daylight")
    )
