"""Machine code is only run if this user has written it and nobody else can have changed it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from langchain_quickjs.interpreter.guest import instance
from langchain_quickjs.interpreter.guest.native.machine_code import (
    cache_dir,
    read_code,
    write_code,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX owners and modes")

CODE = bytes(range(256)) * 100


def link_to_itself(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def swap(path: Path) -> None:
    """Another file, with other code under the digest of this one."""
    head = path.read_bytes()[:40]
    path.unlink()
    path.write_bytes(head + CODE[::-1])


def damaged_at(at: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)

    return damage


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "cut to its head": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "another magic": damaged_at(0),
    "another digest": damaged_at(8),
    "other code": damaged_at(-1),
    "swapped": swap,
    "a symlink": link_to_itself,
    "a pipe": pipe,
    "a folder": folder,
    "writable by the group": lambda path: path.chmod(0o620),
    "writable by all": lambda path: path.chmod(0o602),
    "in a folder that the group can write": lambda path: path.parent.chmod(0o770),
    "in a folder that all can write": lambda path: path.parent.chmod(0o1777),
    "below a folder that all can write": lambda path: path.parent.parent.chmod(0o777),
    "below a folder that the group can write": lambda path: path.parent.parent.chmod(0o770),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "above" / "cache"
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "above").chmod(0o700)
    return folder / "code"


@pytest.mark.parametrize("change", CHANGES)
def test_code_that_somebody_may_have_changed_is_not_taken(change: str, place: Path) -> None:
    write_code(CODE, place)
    assert read_code(place) == CODE
    CHANGES[change](place)
    assert read_code(place) is None


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root gives away")
@pytest.mark.parametrize("up", [0, 1, 2])
def test_code_of_somebody_else_is_not_taken(up: int, place: Path) -> None:
    write_code(CODE, place)
    os.chown((place, *place.parents)[up], 12345, 12345)
    assert read_code(place) is None


def test_in_a_sticky_folder_others_cannot_replace_it(place: Path) -> None:
    write_code(CODE, place)
    place.parent.parent.chmod(0o1777)
    assert read_code(place) == CODE


def test_a_link_to_the_cache_is_as_good_as_the_cache(place: Path, tmp_path: Path) -> None:
    write_code(CODE, place)
    link = tmp_path / "link"
    link.symlink_to(place.parent)
    assert read_code(link / "code") == CODE


def test_code_is_not_kept_where_others_can_write(place: Path) -> None:
    place.parent.chmod(0o777)
    write_code(CODE, place)
    assert list(place.parent.iterdir()) == []


def test_the_engine_is_compiled_again_when_its_code_is_damaged(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGCHAIN_QUICKJS_CACHE_DIR", str(place.parent))
    monkeypatch.setattr(instance, "shipped_code", lambda _folder: None)
    assert cache_dir() == place.parent
    instance._load.cache_clear()
    first = instance.load()
    (file,) = place.parent.iterdir()
    kept = file.read_bytes()
    file.write_bytes(kept[:1000])
    instance._load.cache_clear()
    assert list(instance.load().boot) == list(first.boot)
    assert file.read_bytes()[:8] == kept[:8]
    assert len(file.read_bytes()) == len(kept)
