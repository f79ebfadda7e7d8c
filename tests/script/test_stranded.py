"""Threads of releases whose guests are gone, and which kept no transcript: what is left is told.

The releases make the threads themselves, as in `test_upgrades.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langchain_quickjs.interpreter.advice.for_models import GUEST_GONE
from langchain_quickjs.interpreter.builds.releases import RELEASES, Release
from tests.helpers import releases
from tests.helpers.release_worker import Thread

BEGUN = {
    "pause": ["start"],
    "deep": ["start"],
    "signed": ["start", "start"],
    "kept": ["start"],
    "graph": ["start"],
    "asks": ["start", "answer:red"],
    "twice": ["start"],
    "twice, halfway": ["start", "approve,reject"],
    "dies": ["start", "die"],
    "given up": ["start"],
    "deltas": ["start", "start", "start"],
    "memory": ["start", "start"],
    "graph kept": ["start"],
    "asks in a graph": ["start"],
}
GO_ON = {
    "pause": ["void", "approve", "void", "start", "read"],
    "deep": ["approve"],
    "signed": ["void", "approve", "start"],
    "kept": ["approve"],
    "graph": ["void", "approve", "void"],
    "asks": ["void", "answer:big"],
    "twice": ["void", "approve,reject"],
    "twice, halfway": ["reject"],
    "dies": ["invoke"],
    "given up": ["void", "start", "read"],
    "deltas": ["start", "start"],
    "memory": ["deliver:approve", "read"],
    "graph kept": ["deliver:reject"],
    "asks in a graph": ["deliver:red"],
}
LOOKED_UP = 'done: look_up({"key": "x"})\ndone: look_up({"key": "yy"})\n'


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    releases.require(found)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("threads")


@pytest.fixture(scope="module")
def results(
    release: Release, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What each thread has come to without its guest."""
    place = releases.installed(release, tmp_path_factory.mktemp("release"))
    for path in folder.iterdir():
        path.unlink()
    releases.run_worker(place, folder, [*BEGUN.items()])
    bare = releases.without_guests(tmp_path_factory.mktemp("bare"))
    return releases.run_worker(bare, folder, [*GO_ON.items()])


def is_void(told: Any, release: Release, *tools: str) -> bool:
    """Whether people see that these calls cannot be answered any more, and why."""
    return [tool for tool, _ in told] == list(tools) and all(
        release.build in why and release.name in why for _, why in told
    )


@pytest.mark.parametrize("name", ["pause", "deep", "kept", "signed"])
def test_a_program_that_cannot_go_on_ends(name: str, results: dict[str, Any], folder: Path) -> None:
    ended = next(result for result in results[name] if isinstance(result, dict))
    text = ended["texts"][-1]
    assert GUEST_GONE in text
    assert LOOKED_UP in text
    assert 'not made: pay({"to": "Ann", "amount": 3})' in text
    assert Thread(folder, name).shop.counts() == {"look_up x": 1, "look_up yy": 1}


def test_people_see_that_a_question_is_void(results: dict[str, Any], release: Release) -> None:
    assert is_void(results["pause"][0], release, "pay")
    assert is_void(results["signed"][0], release, "pay")
    assert is_void(results["graph"][0], release, "pay")
    assert is_void(results["twice"][0], release, "pay", "pay")
    assert is_void(results["asks"][0], release, "")
    assert results["pause"][2] == results["graph"][2] == []


@pytest.mark.parametrize("name", ["memory", "graph kept", "asks in a graph"])
def test_an_answer_has_nothing_to_answer(
    name: str, results: dict[str, Any], release: Release, folder: Path
) -> None:
    """Whoever delivers it is not told that it counts: nothing comes of it."""
    status, why, went_on = results[name][0]
    assert (status, went_on) == ("void", True)
    assert release.build in why
    assert "did nothing with the answer" in why
    assert not [line for line in Thread(folder, name).shop.counts() if line.startswith("pay")]


def test_the_thread_goes_on(results: dict[str, Any]) -> None:
    *_, later, read = results["pause"]
    assert "raised" not in later
    assert GUEST_GONE in read[0]


def test_a_bare_graph_ends_with_the_error(results: dict[str, Any], release: Release) -> None:
    ended = results["graph"][1]
    assert ended["value"] is None
    assert release.build in ended["error"]


def test_decisions_that_need_no_program_are_told(results: dict[str, Any], folder: Path) -> None:
    (halfway,) = results["twice, halfway"]
    assert 'done: pay({"to": "Ann", "amount": 1})' in halfway["texts"][0]
    for name, call in (("twice", '"Bob", "amount": 2'), ("twice, halfway", '"Cid", "amount": 3')):
        assert f'rejected by a person: pay({{"to": {call}}})' in results[name][-1]["texts"][0]
    assert 'not made: pay({"to": "Ann", "amount": 1})' in results["twice"][1]["texts"][0]
    assert not Thread(folder, "twice").shop.counts()


def test_what_may_have_taken_effect_is_told(results: dict[str, Any]) -> None:
    (ended,) = results["dies"]
    assert 'result unknown: pay({"to": "Ann", "amount": 1})' in ended["texts"][0]
    assert 'result unknown: ask({"about": "size"})' in results["asks"][1]["texts"][0]


def test_something_else_may_be_said_instead(results: dict[str, Any], release: Release) -> None:
    void, _, read = results["given up"]
    assert is_void(void, release, "pay")
    assert "It was given up there" in read[0]


def test_variables_that_are_gone_are_told_once(results: dict[str, Any]) -> None:
    first, second = results["deltas"]
    gone = "The variables of earlier programs are gone: they belong to an earlier version"
    assert first["texts"][-1].startswith(gone)
    assert "count is not defined" in first["texts"][-1]
    assert second["texts"] == first["texts"]  # The model has no more to say, and nothing is raised.
