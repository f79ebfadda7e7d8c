"""Interpreters of earlier releases go on in today's package, on the guests of their own build."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from langchain_quickjs import (
    BuildGoneError,
    Completed,
    Failed,
    Interpreter,
    Limits,
    Returned,
    SnapshotError,
    Suspended,
)
from langchain_quickjs.interpreter import StoredHeap, fold, pack_record, record_id, unfold
from langchain_quickjs.interpreter.builds.places import FOLDERS_VARIABLE, kept_guest
from langchain_quickjs.interpreter.builds.releases import RELEASES, Release
from langchain_quickjs.interpreter.guest.instance import load
from tests.helpers import releases
from tests.helpers.release_worker import INTERPRETERS

MEMORY_BYTES = Limits().memory_bytes
Stored = tuple[Path, str]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    releases.require(found)
    return found


@pytest.fixture(scope="module")
def stored(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """What the release itself stored, and what it said that comes of it."""
    folder = tmp_path_factory.mktemp("stored")
    package = releases.installed(release, tmp_path_factory.mktemp("release"))
    return folder, releases.run_worker(package, folder, [(INTERPRETERS, [])])[INTERPRETERS]


@pytest.fixture
def old(release: Release, stored: Stored) -> Interpreter:
    """An idle interpreter of the release, with variables."""
    return Interpreter.restore((stored[0] / "idle.snapshot").read_bytes())


@pytest.mark.parametrize("name", ["paused", "forked"])
def test_a_snapshot_of_a_release_goes_on(name: str, stored: Stored) -> None:
    folder, completes_with = stored
    later = Interpreter.restore((folder / f"{name}.snapshot").read_bytes())
    assert [(call.name, call.args) for call in later.open_calls] == [("ask", ("what",))]
    assert later.resume({1: Returned("this")}) == Completed(completes_with, "")


def test_what_it_is_stored_as_then_is_of_the_same_build(release: Release, stored: Stored) -> None:
    folder, completes_with = stored
    paused = (folder / "paused.snapshot").read_bytes()
    again = Interpreter.restore(paused).snapshot()
    forked = Interpreter.restore(paused).fork().snapshot()
    for snapshot in (paused, again, forked):
        assert releases.build_of(release) in snapshot[:64]
        outcome = Interpreter.restore(snapshot).resume({1: Returned("this")})
        assert outcome == Completed(completes_with, "")


def records(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "full.record").read_bytes(), (folder / "delta.record").read_bytes()


def test_the_heap_of_a_release_is_used_and_stored_on(release: Release, stored: Stored) -> None:
    chain = {record_id(record): record for record in records(stored[0])}
    *_, newest = chain
    heap = unfold(chain, newest, memory_bytes=MEMORY_BYTES)
    assert heap.heap.build == releases.build_of(release)
    one = Interpreter.with_heap(heap.heap)
    assert one.eval("[kept.twice, count(), [...seen.keys()].join()]") == [42, 3, "a,b"]
    delta = pack_record(one.heap(), heap)
    chain[record_id(delta)] = delta
    last = unfold(chain, record_id(delta), memory_bytes=MEMORY_BYTES)
    assert Interpreter.with_heap(last.heap).eval("count()") == 4


def test_a_delta_over_two_builds_is_refused(stored: Stored) -> None:
    full, delta = records(stored[0])
    before = fold(None, full, memory_bytes=MEMORY_BYTES)
    today = Interpreter()
    today.eval("let a = 1")
    with pytest.raises(SnapshotError, match="builds on"):
        pack_record(today.heap(), before)
    forged = StoredHeap(before.id, today.heap())
    with pytest.raises(SnapshotError, match="of engine build"):
        fold(forged, delta, memory_bytes=MEMORY_BYTES)
    of_today = pack_record(today.heap())
    mixed = of_today[:21] + before.id + of_today[53:]
    chain = {record_id(record): record for record in (full, mixed)}
    with pytest.raises(SnapshotError, match="of engine build"):
        unfold(chain, record_id(mixed), memory_bytes=MEMORY_BYTES)


def test_a_new_program_on_an_old_guest(old: Interpreter) -> None:
    outcome = old.start(
        "console.log('hm', '\\ud800'); const got = await tools.pay({ to: 'Ann' }); got + count()",
        tools=["pay"],
        located=["pay"],
    )
    assert isinstance(outcome, Suspended)
    assert [call.args for call in outcome.calls] == [({"to": "Ann"},)]
    assert outcome.console.startswith("hm")
    assert old.resume({1: Returned(5)}) == Completed(8, "")
    assert old.eval("'\ud83d' + '\ude00' === '\U0001f600'") is True


def test_a_result_that_cannot_leave_an_old_guest(old: Interpreter) -> None:
    outcome = old.start("let made = 5; () => 1")
    assert isinstance(outcome, Failed)
    assert "function" in outcome.error.message
    assert old.eval("made") == 5


def test_a_step_that_is_undone_on_an_old_guest(old: Interpreter) -> None:
    limited = Interpreter.with_heap(old.heap(), limits=Limits(step_timeout_s=0.05))
    with pytest.raises(Exception, match="step_timeout_s"):
        limited.eval("count(); while (true);")
    assert limited.eval("count()") == 3
    limited.start("await tools.wait()", tools=["wait"])
    limited.abort()
    assert limited.eval("count()") == 4


def test_each_build_is_loaded_once(release: Release) -> None:
    build = releases.build_of(release)
    assert load(build) is load(build) is not load()
    assert load(load().build) is load()
    assert load(build).protocol == release.protocol


GO_ON = """
import sys
from pathlib import Path
from langchain_quickjs import BuildGoneError, Interpreter, Returned
from langchain_quickjs.interpreter import fold
folder = Path(sys.argv[1])
try:
    later = Interpreter.restore((folder / "paused.snapshot").read_bytes())
    print(later.resume({1: Returned("this")}))
except BuildGoneError as error:
    print("gone", error.build, error.release, error)
try:
    print(fold(None, (folder / "full.record").read_bytes(), memory_bytes=2**26).heap.next_id)
except BuildGoneError as error:
    print("gone", error.build, error.release)
print(Interpreter().eval("1 + 1"))
"""


def go_on(package: Path, folder: Path, guests: str = "") -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(package), FOLDERS_VARIABLE: guests}
    command = [sys.executable, "-P", "-c", GO_ON, str(folder)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return found.stdout.splitlines()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return releases.without_guests(tmp_path_factory.mktemp("bare"))


def test_without_its_guest(release: Release, stored: Stored, bare: Path) -> None:
    snapshot, heap, today = go_on(bare, stored[0])
    assert snapshot.startswith(f"gone {release.build} {release.name} ")
    assert FOLDERS_VARIABLE in snapshot
    assert heap == f"gone {release.build} {release.name}"
    assert today == "2"


def test_a_guest_that_the_user_has_kept(
    release: Release, stored: Stored, bare: Path, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "wrong", tmp_path / "right"
    for folder in (wrong, right):
        folder.mkdir()
        (folder / "folder.wasm").mkdir()
        (folder / "a.wasm").write_bytes(b"something else")
    (right / "of any name.wasm").write_bytes(kept_guest(releases.build_of(release)))
    assert go_on(bare, stored[0], str(wrong))[0].startswith("gone")
    snapshot, heap, today = go_on(bare, stored[0], f"{tmp_path / 'none'}{os.pathsep}{right}")
    assert stored[1] in snapshot
    assert (heap, today) == ("1", "2")


def damage(of_which: str) -> Callable[[bytes], bytes]:
    return {
        "empty": lambda _: b"",
        "cut short": lambda packed: packed[: len(packed) // 2],
        "of another base": lambda packed: packed[:4] + bytes(16) + packed[20:],
        "changed": lambda packed: packed[:-9] + bytes([packed[-9] ^ 1]) + packed[-8:],
        "of itself": lambda packed: packed,
    }[of_which]


@pytest.mark.parametrize("how", ["empty", "cut short", "of another base", "changed"])
def test_a_damaged_guest_is_none(
    how: str, release: Release, stored: Stored, tmp_path: Path
) -> None:
    package = releases.without_guests(tmp_path)
    guests = package / "langchain_quickjs" / "guests"
    guests.mkdir()
    carried = releases.ROOT / "langchain_quickjs" / "guests"
    for path in carried.glob("*.diff"):
        content = path.read_bytes()
        changes = path.stem == release.build
        (guests / path.name).write_bytes(damage(how)(content) if changes else content)
    assert go_on(package, stored[0])[0].startswith("gone")


def test_a_build_that_never_was() -> None:
    snapshot = Interpreter().snapshot()
    with pytest.raises(BuildGoneError, match="0" * 32) as raised:
        Interpreter.restore(snapshot[:5] + bytes(16) + snapshot[21:])
    assert (raised.value.build, raised.value.release) == ("0" * 32, "")
    heap = dataclasses.replace(Interpreter().heap(), build=bytes(16))
    with pytest.raises(BuildGoneError):
        Interpreter.with_heap(heap)
