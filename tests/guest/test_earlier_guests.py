"""How the guests of earlier releases come into the package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from langchain_quickjs.interpreter.builds.difference import build_of, unpack
from langchain_quickjs.interpreter.builds.places import installed_guest, kept_guest
from langchain_quickjs.interpreter.builds.releases import RELEASES, Release
from tests.helpers import releases

sys.path.insert(0, str(releases.ROOT / "wasm"))

import earlier_guests


@pytest.fixture(autouse=True)
def _made() -> None:
    for release in RELEASES:
        releases.require(release)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where guests are kept that have been built: all of them."""
    folder = tmp_path / "built"
    folder.mkdir()
    for release in RELEASES:
        guest = kept_guest(bytes.fromhex(release.build))
        (folder / f"{release.build}.wasm").write_bytes(guest)
    monkeypatch.setattr(earlier_guests, "BUILT", folder)
    return folder


def carried(folder: Path) -> list[str]:
    return list(earlier_guests.carry(folder, installed_guest()))


def test_each_is_carried_as_its_difference_to_the_next(built: Path, tmp_path: Path) -> None:
    lines = carried(tmp_path / "guests")
    assert [line.split(":")[0] for line in lines] == [r.name for r in reversed(RELEASES)]
    base = installed_guest()
    for release in reversed(RELEASES):
        packed = (tmp_path / "guests" / f"{release.build}.diff").read_bytes()
        assert len(packed) < 200_000
        base = unpack(packed, base)
        assert build_of(base).hex() == release.build


def test_nothing_is_made_twice_and_nothing_is_left_over(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "guests"
    carried(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    (folder / "of-an-older-table.diff").write_bytes(b"")
    for path in built.iterdir():
        path.unlink()
    carried(folder)  # What is there is taken, and only that.
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times


def test_without_the_history_they_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier_guests, "BUILT", tmp_path / "none")
    monkeypatch.setattr(earlier_guests, "ROOT", tmp_path)
    lines = carried(tmp_path / "guests")
    assert len(lines) == len(RELEASES)
    assert all("is left out: there is no commit" in line for line in lines)
    assert not list(tmp_path.glob("guests/*"))


def test_what_comes_out_differently_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def source(release: Any, folder: Path) -> Path:
        (folder / "build.py").write_text(
            "import pathlib, sys; pathlib.Path(sys.argv[1]).write_bytes(b'another guest')"
        )
        return folder

    monkeypatch.setattr(earlier_guests, "BUILT", tmp_path / "none")
    monkeypatch.setattr(earlier_guests, "source", source)
    with pytest.raises(SystemExit, match="came out as"):
        earlier_guests.built(Release("0.0.1", "abc", "00" * 16, 1))
    assert not (tmp_path / "none").exists()
