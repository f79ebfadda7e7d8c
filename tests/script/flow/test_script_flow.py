"""The flow decides, and does nothing: here it is driven by hand."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from langchain_core.tools import BaseTool, tool

from langchain_quickjs import Limits, Raised, Returned
from langchain_quickjs.script.arguments.tool_arguments import arguments_of
from langchain_quickjs.script.flow.drivers import Abandon, Collect, Compute
from langchain_quickjs.script.flow.effects import Effect, Ended, KeepVariables, Launch, Present
from langchain_quickjs.script.flow.inputs import Answer, Rules, Started
from langchain_quickjs.script.flow.script_flow import script_flow
from langchain_quickjs.script.telling.endings import outcome_of


@tool
def look_up(key: str) -> str:
    """Looks up."""
    raise AssertionError("a flow runs no tools")


class ByHand:
    """Drives a flow: computes what it wants computed, and records the rest."""

    def __init__(self, source: str, **limits: Any) -> None:
        tools: dict[str, BaseTool] = {"lookUp": look_up}
        rules = Rules("script", tools, Limits(**limits), arguments_of)
        self.flow = script_flow(rules, Started(source, bytes(32)))
        self.launched: list[tuple[str, dict[str, Any]]] = []
        self.computed = 0
        self.ended: Ended | None = None
        self.effect = self._next(None)

    def send(self, value: Any) -> Effect | None:
        self.effect = self._next(value)
        return self.effect

    def answer(self, **answers: Answer) -> Effect | None:
        return self.send({int(key.removeprefix("call")): a for key, a in answers.items()})

    @property
    def outcome(self) -> dict[str, Any]:
        assert self.ended is not None
        return cast("dict[str, Any]", self.ended.outcome)

    def _next(self, value: Any) -> Effect | None:
        send: Any = self.flow.send
        while True:
            try:
                effect = send(value)
            except StopIteration as end:
                self.ended = end.value
                return None
            send, value = self.flow.send, None
            if isinstance(effect, Compute):
                self.computed += 1
                try:
                    value = effect.step()
                except Exception as error:
                    send, value = self.flow.throw, error
            elif isinstance(effect, Launch):
                calls = [launched.call for launched in effect.calls]
                self.launched += [(call["tool_call_id"], call["args"]) for call in calls]
            elif isinstance(effect, Present):
                value = outcome_of(effect.ending)
            elif isinstance(effect, KeepVariables):
                value = ()
            elif isinstance(effect, Collect | Abandon):
                return effect


def test_calls_are_launched_and_collected() -> None:
    by_hand = ByHand(
        "(await Promise.all(['a', 'b'].map((key) => tools.lookUp({ key })))).join('-')"
    )
    (first, second), args = zip(*by_hand.launched, strict=True)
    assert args == ({"key": "a"}, {"key": "b"})
    assert first != second
    assert by_hand.effect == Collect()
    assert by_hand.answer(call2=Answer(Returned("B"))) == Collect()
    assert by_hand.answer(call1=Answer(Returned("A"))) is None
    assert by_hand.outcome["value"] == "A-B"


def test_a_result_goes_back_while_others_run() -> None:
    by_hand = ByHand(
        """
        const first = tools.lookUp({ key: "slow" });
        const second = tools.lookUp({ key: "fast" }).then((key) => tools.lookUp({ key }));
        await Promise.all([first, second])
        """
    )
    by_hand.answer(call2=Answer(Returned("after fast")))
    assert by_hand.launched[-1][1] == {"key": "after fast"}


def test_what_cannot_cross_is_replaced_and_the_rest_arrives() -> None:
    source = """
    const keys = ["fine", "instead", "odd"];
    await Promise.all(keys.map((key) => tools.lookUp({ key }).catch((e) => e.name)))
    """
    by_hand = ByHand(source)
    by_hand.answer(
        call1=Answer(Returned(1)),
        call2=Answer(Returned(object()), instead=lambda: Returned("text")),
        call3=Answer(Returned(object())),
    )
    assert by_hand.outcome["value"] == [1, "text", "TypeError"]


def test_results_too_large_together_arrive_one_by_one() -> None:
    source = """
    const keys = ["a", "b", "c"];
    const got = await Promise.all(keys.map((key) => tools.lookUp({ key }).catch(String)));
    got.map((text) => text.slice(0, 9))
    """
    by_hand = ByHand(source, message_bytes=5000)
    by_hand.answer(
        call1=Answer(Returned("a" * 3000)),
        call2=Answer(Returned("b" * 9000)),
        call3=Answer(Returned("c" * 3000)),
    )
    assert by_hand.outcome["value"] == ["a" * 9, "RangeErro", "c" * 9]


def test_a_failed_script_gives_up_what_has_not_begun_and_waits_for_the_rest() -> None:
    by_hand = ByHand(
        """
        const all = ["a", "b", "c"].map((key) => tools.lookUp({ key }));
        await all[0];
        throw new Error("enough");
        """
    )
    assert by_hand.answer(call1=Answer(Returned(1))) == Abandon()
    assert by_hand.send(frozenset({3})) == Collect()
    update = ("key", "value")
    assert by_hand.answer(call2=Answer(Raised("Error", "late"), updates=(update,))) is None
    assert by_hand.outcome["error"]["message"] == "enough"
    assert by_hand.ended is not None
    assert by_hand.ended.updates == [update]


def test_timers_are_waited_for_within_bounds() -> None:
    by_hand = ByHand("await new Promise((r) => setTimeout(r, 250)); 'woken'")
    assert isinstance(by_hand.effect, Collect)
    assert by_hand.effect.timeout_s == pytest.approx(0.25)

    by_hand = ByHand("await new Promise((r) => setTimeout(r, 1e8))")
    assert by_hand.outcome["error"]["type"] == "WallTimeLimitError"


def until_steps_are_tried() -> None:
    """What was tried in vain before keeps everybody from trying, for a while."""
    for _ in range(200):
        by_hand = ByHand("await tools.lookUp({ key: 'a' })")
        by_hand.answer(call1=Answer(Returned(1)))
        if by_hand.computed == 1:
            return
        time.sleep(0.05)
    raise AssertionError("no step is tried at once")


def test_steps_that_nothing_is_waited_for_between_are_the_drivers() -> None:
    """Else a script whose calls are refused has an event loop stand still until its end."""
    until_steps_are_tried()
    by_hand = ByHand(
        """
        await tools.lookUp({ key: "a" });
        for (let i = 0; i < 5; i++) try { await tools.lookUp({ wrong: i }) } catch {}
        """
    )
    by_hand.answer(call1=Answer(Returned(1)))
    assert by_hand.outcome["status"] == "completed"
    assert by_hand.computed >= 6


def test_scripts_do_not_try_in_vain_one_after_the_other() -> None:
    until_steps_are_tried()
    tried = 0
    for _ in range(5):
        endless = ByHand("await tools.lookUp({ key: 'a' }); for (;;);", step_timeout_s=0.02)
        quick = ByHand("await tools.lookUp({ key: 'a' })")
        for by_hand in (endless, quick):
            by_hand.answer(call1=Answer(Returned(1)))
        assert (endless.outcome["status"], quick.outcome["status"]) == ("failed", "completed")
        tried += quick.computed == 1
    assert tried < 3


def test_a_driver_takes_the_steps_that_are_not_brief() -> None:
    """A script that turns out to be slow is not tried at once again."""
    until_steps_are_tried()
    by_hand = ByHand(
        """
        let n = 0;
        const take = async (much) => {
            for (let i = 0; i < much; i++) n++;
            return tools.lookUp({ key: "a" });
        };
        for (const much of [1, 1, 1, 3e6, 1, 1]) await take(much);
        n
        """
    )
    taken_by_driver = []
    for number in range(1, 7):
        taken_by_driver.append(by_hand.computed)
        by_hand.answer(**{f"call{number}": Answer(Returned(number))})
    slow = taken_by_driver[3]
    assert taken_by_driver[3:] == [slow, slow + 1, slow + 2]
    assert by_hand.outcome["value"] == 3_000_005


def test_printing_ends_at_the_limit() -> None:
    source = "for (let i = 0; i < 9; i++) console.log('x'.repeat(9));"
    by_hand = ByHand(source, console_bytes=30)
    assert by_hand.outcome["console"].startswith("xxxxxxxxx\nxxxxxxxxx\nxxxxxxxxx\n")
    assert len(by_hand.outcome["console"]) < 80
