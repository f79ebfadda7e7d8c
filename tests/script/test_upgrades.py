"""Threads of earlier releases go on in today's package: paused programs, variables and forks.

Each release makes its threads itself, in a process of its own, with its own code and guest. In the
other way its guest is gone: today's code makes the threads on it, and goes on by transcript without
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from langchain_quickjs.interpreter.advice.for_models import GUEST_GONE
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
    "differs": ["start"],
    "dies": ["start", "die"],
    "large": ["start", "start", "approve"],
    "large in a graph": ["start", "approve"],
    "large, kept": ["start", "approve"],
    "large, alone": ["start"],
    "untold": ["start"],
    "untold in a graph": ["start"],
}


# How each thread goes on.
GO_ON = {
    "pause": ["asked", "approve", "asked"],
    "deep": ["asked", "approve", "asked"],
    "kept": ["asked", "approve", "asked"],
    "graph": ["approve"],
    "graph kept": ["approve"],
    "asks": ["answer:big"],
    "asks in a graph": ["answer:big"],
    "twice": ["approve,reject", "approve"],
    "twice, halfway": ["approve"],
    "shown": ["approve"],
    "memory": ["approve", "start"],
    "signed": ["approve", "start"],
    "deltas": ["start", "at:8", "start", "at:4", "start"],
    "turns": ["start"],
    "branches": ["first at:6", "reject", "at:6", "approve"],
    "given up": ["start", "read"],
    "differs": ["asked", "approve", "start"],
    "dies": ["invoke", "reject"],
    "large": ["void", "approve", "start"],
    "large in a graph": ["void", "approve"],
    "large, kept": ["void", "approve"],
    "large, alone": ["void", "approve", "approve"],
    "untold": ["void", "approve"],
    "untold in a graph": ["void", "approve"],
}


@dataclass(frozen=True)
class Threads:
    """What came of all threads.

    Attributes:
        by_transcript: Whether the guest that they were made on is gone.
        folder: Where they are.
        results: What each step has come to, by thread.
    """

    by_transcript: bool
    folder: Path
    results: dict[str, Any]

    def done(self, name: str) -> dict[str, int]:
        """How often each thing was done in a thread, in both releases together."""
        return dict(Thread(self.folder, name).shop.counts())


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    releases.require(found)
    return found


@pytest.fixture(scope="module", params=["by its own guest", "by transcript"])
def threads(
    request: pytest.FixtureRequest, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Threads:
    by_transcript, folder = request.param == "by transcript", tmp_path_factory.mktemp("threads")
    place, bare = tmp_path_factory.mktemp("release"), tmp_path_factory.mktemp("bare")
    before = releases.on_guest_of if by_transcript else releases.installed
    begun = releases.run_worker(before(release, place), folder, [*BEGUN.items()])
    assert not [step for steps in begun.values() for step in steps if "raised" in step]
    after = releases.without_guests(bare) if by_transcript else releases.ROOT
    return Threads(by_transcript, folder, releases.run_worker(after, folder, [*GO_ON.items()]))


@pytest.mark.parametrize("name", ["pause", "deep", "kept"])
def test_a_paused_program_goes_on(name: str, threads: Threads) -> None:
    asked, ended, over = threads.results[name]
    assert [each["args"] for each in asked[0]["action_requests"]] == [{"to": "Ann", "amount": 3}]
    assert ended == {"texts": [f"<result>{PAID}undefined</result>"]}
    assert over == []
    assert threads.done(name) == DONE_ONCE


@pytest.mark.parametrize("name", ["graph", "graph kept"])
def test_a_paused_script_of_a_bare_graph_goes_on(name: str, threads: Threads) -> None:
    assert threads.results[name] == [{"value": f"{PAID}undefined", "error": None}]
    assert threads.done(name) == DONE_ONCE


def test_a_tool_that_asks_by_itself_goes_on(threads: Threads) -> None:
    text = "colour red and size big"
    assert threads.results["asks"] == [{"texts": [f"<result>{text}</result>"]}]
    assert threads.results["asks in a graph"] == [{"value": text, "error": None}]


def test_a_program_is_asked_about_again_in_the_new_release(threads: Threads) -> None:
    asked, ended = threads.results["twice"]
    assert asked["asked"] == [{"to": "Cid", "amount": 3}]
    (text,) = ended["texts"]
    assert text.startswith(f"<result>paid 1 to Ann | {REJECTED}")
    assert text.endswith("| paid 3 to Cid</result>")
    assert threads.done("twice") == {"pay Ann 1": 1, "pay Cid 3": 1}


def test_a_program_that_was_answered_before_goes_on(threads: Threads) -> None:
    (ended,) = threads.results["twice, halfway"]
    assert ended["texts"][0].count(REJECTED) == 1
    assert threads.done("twice, halfway") == {"pay Ann 1": 1, "pay Cid 3": 1}


def test_a_result_that_cannot_leave(threads: Threads) -> None:
    (ended,) = threads.results["shown"]
    assert "result is a function, which cannot leave the script" in ended["texts"][0]
    assert ("only shown" in ended["texts"][0]) == threads.by_transcript  # as today's guest does


@pytest.mark.parametrize("name", ["memory", "signed"])
def test_variables_of_a_thread_live_on(name: str, threads: Threads) -> None:
    ended, later = threads.results[name]
    assert ended["texts"][1:] == [ON_MEMORY]
    assert later["texts"][2:] == ["<result>3 | 42 | 1 | object</result>"]
    assert threads.done(name) == DONE_ONCE


def test_variables_that_were_to_live_for_a_turn_do_not(threads: Threads) -> None:
    (later,) = threads.results["turns"]
    assert "count is not defined" in later["texts"][1]


def test_variables_as_they_were_at_any_checkpoint(threads: Threads) -> None:
    newest, _, fork, _, older = threads.results["deltas"]
    assert newest["texts"][-1] == "<result>4 | 42 | 1 | undefined</result>"
    assert fork["texts"][-1] == "<result>3</result>"
    assert older["texts"][-1] == '<result>Map(2) {"a" => {price: 1}, "b" => 2}</result>'


def test_a_fork_of_a_paused_program_is_answered_in_its_own_way(threads: Threads) -> None:
    _, rejected, _, approved = threads.results["branches"]
    assert f"caught {REJECTED}" in rejected["texts"][1]
    assert approved["texts"][1:] == [ON_MEMORY]
    assert threads.done("branches")["pay Ann 3"] == 1


def test_what_a_program_had_done_that_is_given_up_is_told(threads: Threads) -> None:
    _, read = threads.results["given up"]
    assert "It was given up there" in read[0]
    assert "done: look_up" in read[0]


def test_an_approved_call_that_was_cut_off_is_asked_about_again(threads: Threads) -> None:
    assert threads.done("dies") == {"pay Ann 1": 1}
    again, ended = threads.results["dies"]
    assert again["asked"] == [{"to": "Ann", "amount": 1}]
    assert "had begun in a process that died" in ended["texts"][0]
    assert threads.done("dies") == {"pay Ann 1": 1}


def test_a_program_that_holds_much_goes_on(threads: Threads) -> None:
    """What it stands in is stored beside its state, with what it was told."""
    held = f"paid 1 to Ann | paid 3 to Bob | 300000 | {299_999 * 7919 % 1_000_003} | "
    void, ended, later = threads.results["large"]
    assert void == threads.results["large, alone"][0] == [["pay", ""]]
    assert ended["texts"][1:] == [f"<result>{held}2</result>"]
    assert later["texts"][2:] == [f"<result>{7 * 7919 + 3}</result>"]
    assert threads.results["large in a graph"][1:] == [{"value": f"{held}1", "error": None}]
    for name in ("large, kept", "large, alone"):
        assert threads.results[name][-1] == {"texts": [f"<result>{held}1</result>"]}
    for name in (name for name in BEGUN if name.startswith("large")):
        assert threads.done(name) == {"pay Ann 1": 1, "pay Bob 3": 1}


def test_a_program_that_was_told_too_much_for_a_transcript(
    threads: Threads, release: Release
) -> None:
    (void, ended), (void_too, too) = (
        threads.results[name] for name in ("untold", "untold in a graph")
    )
    if not threads.by_transcript:
        assert void == void_too == [["pay", ""]]
        assert ended == {"texts": ["<result>paid 1 to Ann 1600000</result>"]}
        assert too == {"value": "paid 1 to Ann 1600000", "error": None}
        return
    for ((tool, why),) in (void, void_too):
        assert tool == "pay"
        assert release.build in why
    assert GUEST_GONE in ended["texts"][0]
    assert release.build in too["error"]
    assert not threads.done("untold")


def test_a_program_that_comes_out_differently_is_not_run_again(threads: Threads) -> None:
    asked, ended, later = threads.results["differs"]
    (action,) = asked[0]["action_requests"]
    assert action["args"] == {"to": "undefined", "amount": 1}
    if not threads.by_transcript:
        assert ended["texts"] == ["<result>paid 1 to undefinedundefined</result>"]
        return
    assert GUEST_GONE in ended["texts"][0]
    assert 'not made: pay({"to": "undefined", "amount": 1})' in ended["texts"][0]
    assert later["texts"][1:] == ["<result>2</result>"]
    assert not threads.done("differs")
