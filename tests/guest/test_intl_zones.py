"""Time zones are those of Python's `zoneinfo`: both read the package `tzdata`."""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.scripts import value_of

NAMES = [name for name in (files("tzdata") / "zones").read_text().split() if name != "Factory"]
TEXTS = """
const options = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: %s };
const { format } = new Intl.DateTimeFormat('en-GB', options);
%s.map((seconds) => format(seconds * 1000))
"""
LAST = int(datetime(2500, 1, 1, tzinfo=UTC).timestamp())


def zone(name: str) -> ZoneInfo:
    """The zone as the package has it, whatever this machine has."""
    with (files("tzdata") / "zoneinfo" / name).open("rb") as file:
        return ZoneInfo.from_file(file, name)


def expected(name: str, instants: Sequence[int]) -> list[str]:
    begin, where = datetime(1970, 1, 1, tzinfo=UTC), zone(name)
    times = [(begin + timedelta(seconds=seconds)).astimezone(where) for seconds in instants]
    return [f"{time:%d/%m/%Y, %H:%M:%S}" for time in times]


def shown(name: str, instants: Sequence[int]) -> list[str]:
    return list(value_of(TEXTS % (json.dumps(name), json.dumps(list(instants)))))


@given(st.sampled_from(NAMES), st.lists(st.integers(0, LAST), min_size=1, max_size=50))
@settings(max_examples=60, deadline=None)
def test_any_zone_at_any_time_since_1970(name: str, instants: list[int]) -> None:
    assert shown(name, instants) == expected(name, instants)


@pytest.mark.parametrize("first", "ABCDEFGHIJKLMNPRSTUWZ")
def test_every_zone(first: str) -> None:
    """At the beginning of each half year until 2037, and twice much later."""
    instants = [*range(0, 2_145_916_800, 15_778_463), 4_000_000_000, 15_000_000_000]
    for name in NAMES[:: 1 if first != "A" else 2]:
        if name.startswith(first):
            assert shown(name, instants) == expected(name, instants), name


@pytest.mark.parametrize(
    ("name", "change"),
    [("Europe/Stockholm", 1_711_846_800), ("America/New_York", 1_730_613_600),
     ("Australia/Lord_Howe", 1_712_415_600), ("Europe/Dublin", 1_711_846_800),
     ("America/Santiago", 1_712_458_800), ("Asia/Kathmandu", 504_901_800)],
)  # fmt: skip
def test_the_second_at_which_a_clock_changes(name: str, change: int) -> None:
    around = [change + step for step in (-3601, -1, 0, 1, 3600)]
    assert shown(name, around) == expected(name, around)
    before, after = (
        zone(name).utcoffset(datetime.fromtimestamp(at, zone(name))) for at in around[1:3]
    )
    assert before != after


def test_before_1970_a_zone_is_as_at_its_beginning() -> None:
    source = (
        "new Date('1900-01-01T00:00:00Z').toLocaleString('en-GB', { timeZone: 'Europe/Stockholm' })"
    )
    assert value_of(source) == "01/01/1900, 01:00:00"


def test_names_are_found_whatever_their_capitals() -> None:
    source = """
['america/new_york', 'ASIA/KOLKATA', 'Asia/Calcutta', 'gmt', 'Etc/UTC', 'US/Pacific', '+0530', '-00:00']
  .map((timeZone) => new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone)
"""
    assert value_of(source) == [
        "America/New_York", "Asia/Kolkata", "Asia/Calcutta", "UTC", "UTC", "US/Pacific", "+05:30", "+00:00",
    ]  # fmt: skip


def test_summer_has_the_name_of_summer_also_where_the_data_has_it_the_other_way() -> None:
    source = """
['2024-01-05', '2024-07-05'].flatMap((day) => ['Europe/Dublin', 'Europe/London', 'Africa/Windhoek'].map((timeZone) =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hour: 'numeric', timeZoneName: 'long' }).format(new Date(day))))
"""
    assert value_of(source) == [
        "00 Greenwich Mean Time", "00 Greenwich Mean Time", "02 Central Africa Time",
        "01 Irish Standard Time", "01 British Summer Time", "02 Central Africa Time",
    ]  # fmt: skip
