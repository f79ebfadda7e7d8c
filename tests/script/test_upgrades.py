"""Threads of earlier releases go on in today's package: paused programs, variables and forks.

Each release makes its threads itself, in a process of its own, with its own code and guest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langchain_quickjs.interpreter.builds.releases import RELEASES, Release
from tests.helpers import releases
from tests.helpers.release_worker import Thread

PAID = "paid 3 to Ann | 11 | 2026 | paid | 3 | "
ON_MEMORY = f"<result>{PAID}2 | 42 | 1</result>"
DONE_ONCE = {"look_up x": 1, "look_up yy": 1, "pay Ann 3": 1, "look_up zzz": 1}
REJECTED = "A person rejected this call of `pay`"

# How each thread is begun.
BEGUN = {
    "pause": ["start"],
    "deep": ["start"],
    "kept": ["start"],
    "graph": ["start"],
    "graph kept": ["start"],
    "asks": ["start", "answer:red"],
    "asks in a graph": ["start", "answer:red"],
    "twice": ["start"],
    "twice, halfway": ["start", "approve,reject"],
    "shown": ["start"],
    "memory": ["start", "start"],
    "signed": ["start", "start"],
    "deltas": ["start", "start", "start"],
    "turns": ["start"],
    "branches": ["start", "start", "at:4", "start"],
    "given up": ["start"],
    "dies": ["start", "die"],
}


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    releases.require(found)
    return found


@pytest.fixture(scope="module")
def folder(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the release has begun all threads."""
    folder = tmp_path_factory.mktemp("threads")
    package = releases.installed(release, tmp_path_factory.mktemp("release"))
    begun = releases.run_worker(package, folder, [*BEGUN.items()])
    raised = {n: r for n, each in begun.items() for r in each if "raised" in r}
    assert not raised
    return folder


def go_on(folder: Path, name: str, *steps: str) -> list[Any]:
    """Goes on with a thread, in today's package."""
    thread = Thread(folder, name)
    return [thread.take(step) for step in steps]


def done(folder: Path, name: str) -> dict[str, int]:
    return dict(Thread(folder, name).shop.counts())


@pytest.mark.parametrize("name", ["pause", "deep", "kept"])
def test_a_paused_program_goes_on(name: str, folder: Path) -> None:
    asked, ended, over = go_on(folder, name, "asked", "approve", "asked")
    assert [each["args"] for each in asked[0]["action_requests"]] == [{"to": "Ann", "amount": 3}]
    assert ended == {"texts": [f"<result>{PAID}undefined</result>"]}
    assert over == []
    assert done(folder, name) == DONE_ONCE


@pytest.mark.parametrize("name", ["graph", "graph kept"])
def test_a_paused_script_of_a_bare_graph_goes_on(name: str, folder: Path) -> None:
    assert go_on(folder, name, "approve") == [{"value": f"{PAID}undefined", "error": None}]
    assert done(folder, name) == DONE_ONCE


def test_a_tool_that_asks_by_itself_goes_on(folder: Path) -> None:
    text = "colour red and size big"
    assert go_on(folder, "asks", "answer:big") == [{"texts": [f"<result>{text}</result>"]}]
    assert go_on(folder, "asks in a graph", "answer:big") == [{"value": text, "error": None}]


def test_a_program_is_asked_about_again_in_the_new_release(folder: Path) -> None:
    asked, ended = go_on(folder, "twice", "approve,reject", "approve")
    assert asked["asked"] == [{"to": "Cid", "amount": 3}]
    (text,) = ended["texts"]
    assert text.startswith(f"<result>paid 1 to Ann | {REJECTED}")
    assert text.endswith("| paid 3 to Cid</result>")
    assert done(folder, "twice") == {"pay Ann 1": 1, "pay Cid 3": 1}


def test_a_program_that_was_answered_before_goes_on(folder: Path) -> None:
    (ended,) = go_on(folder, "twice, halfway", "approve")
    assert ended["texts"][0].count(REJECTED) == 1
    assert done(folder, "twice, halfway") == {"pay Ann 1": 1, "pay Cid 3": 1}


def test_a_result_that_cannot_leave(folder: Path) -> None:
    (ended,) = go_on(folder, "shown", "approve")
    assert "result is a function, which cannot leave the script" in ended["texts"][0]


@pytest.mark.parametrize("name", ["memory", "signed"])
def test_variables_of_a_thread_live_on(name: str, folder: Path) -> None:
    ended, later = go_on(folder, name, "approve", "start")
    assert ended["texts"][1:] == [ON_MEMORY]
    assert later["texts"][2:] == ["<result>3 | 42 | 1 | object</result>"]
    assert done(folder, name) == DONE_ONCE


def test_variables_that_were_to_live_for_a_turn_do_not(folder: Path) -> None:
    (later,) = go_on(folder, "turns", "start")
    assert "count is not defined" in later["texts"][1]


def test_variables_as_they_were_at_any_checkpoint(folder: Path) -> None:
    newest, _, fork, _, older = go_on(folder, "deltas", "start", "at:8", "start", "at:4", "start")
    assert newest["texts"][-1] == "<result>4 | 42 | 1 | undefined</result>"
    assert fork["texts"][-1] == "<result>3</result>"
    assert older["texts"][-1] == '<result>Map(2) {"a" => {price: 1}, "b" => 2}</result>'


def test_a_fork_of_a_paused_program_is_answered_in_its_own_way(folder: Path) -> None:
    _, rejected, _, approved = go_on(folder, "branches", "first at:6", "reject", "at:6", "approve")
    assert f"caught {REJECTED}" in rejected["texts"][1]
    assert approved["texts"][1:] == [ON_MEMORY]
    assert done(folder, "branches")["pay Ann 3"] == 1


def test_what_a_program_had_done_that_is_given_up_is_told(folder: Path) -> None:
    _, read = go_on(folder, "given up", "start", "read")
    assert "It was given up there" in read[0]
    assert "done: look_up" in read[0]


def test_an_approved_call_that_was_cut_off_is_asked_about_again(folder: Path) -> None:
    assert done(folder, "dies") == {"pay Ann 1": 1}
    again, ended = go_on(folder, "dies", "invoke", "reject")
    assert again["asked"] == [{"to": "Ann", "amount": 1}]
    assert "had begun in a process that died" in ended["texts"][0]
    assert done(folder, "dies") == {"pay Ann 1": 1}
