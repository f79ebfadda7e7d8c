"""An instance serves many guests, and none of them learns anything of another."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_quickjs.errors import (
    MemoryLimitError,
    QuickJSError,
    ScriptCancelledError,
    TimeLimitError,
)
from langchain_quickjs.interpreter import Completed, Interpreter, Limits, Returned, Suspended
from langchain_quickjs.interpreter.guest.instance import Instance, load
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.interpreter.guest.reuse.pool import Lease, Pool
from langchain_quickjs.interpreter.guest.ticker import Cancellation
from langchain_quickjs.interpreter.wire.protocol import max_reply_bytes, start_message

LIMITS = Limits()
MARK = b"left by the one before"
QUOTED = f"'{MARK.decode()}'"
SMALL = LIMITS.memory_bytes // 4

reused = pytest.mark.skipif(not load().kernel_tells, reason="no instance serves twice here")


class Tenant:
    """Has an instance, and is as willing to give it up as it is told."""

    def __init__(self, pool: Pool, memory_bytes: int = LIMITS.memory_bytes) -> None:
        self.pool = pool
        self.willing = True
        self.cancellation = Cancellation()
        self.lease: Lease | None = pool.lend(self, load(), memory_bytes, self.cancellation)

    @property
    def instance(self) -> Instance:
        assert self.lease is not None
        return self.lease.instance

    def give_up(self) -> bool:
        lease = self.lease
        if lease is None or not self.willing:
            return False
        self.lease = None
        self.pool.take_back(lease)
        return True

    def run(self, source: str, timeout_s: float = 5.0, seed: bytes | None = bytes(32)) -> bytes:
        message = start_message(source, (), (), now_s=0.0, seed=seed, limits=LIMITS)
        return self.instance.step(message, timeout_s, max_reply_bytes(LIMITS))


def memory_of(instance: Instance) -> bytes:
    """The whole linear memory, with its stack and its mailbox."""
    return b"".join(page for _, page in instance.pages())


FRESH = memory_of(Instance(load(), LIMITS.memory_bytes))

# What leaves something behind, together in every part of the memory.
PROGRAMS = {
    "many objects": f"globalThis.kept = Array.from({{ length: 5000 }}, (_, n) => {QUOTED} + n); 1",
    "bytes": f"new Uint8Array(200_000).fill(0xa5).length + {QUOTED}.length",
    "the stack": f"function deep(n) {{ return n ? deep(n - 1) + {QUOTED} : '' }} deep(900).length",
    "the console": f"console.log({QUOTED}.repeat(5000))",
    "an error": f"throw new Error({QUOTED}.repeat(500))",
    "a long result": f"{QUOTED}.repeat(100_000)",
    "randomness": f"[Math.random(), Date.now(), {QUOTED}]",
    "a regular expression": f"/a+b/.exec('a'.repeat(3000) + 'b' + {QUOTED})[0].length",
    "JSON": f"JSON.stringify(Array(3000).fill([{QUOTED}])).length",
    "a timer": f"await new Promise((done) => setTimeout(done, 10, {QUOTED}))",
    "locales": "new Date(0).toLocaleString('de-DE', { timeZone: 'Asia/Tokyo' })",
    "a large message": f"// {'x' * 30_000}\n{QUOTED}.length",
    "a memory that grows": f"globalThis.big = new Uint8Array(20_000_000).fill(0xa5); {QUOTED}",
    "an endless loop": f"globalThis.a = {QUOTED}; for (;;) {{}}",
    "too much memory": f"globalThis.a = {QUOTED}; 'x'.repeat(2 ** 28).split('')",
    "endless recursion": f"globalThis.a = {QUOTED}; function f() {{ return f() + 1 }} f()",
}
LIVES = st.lists(
    st.lists(st.sampled_from(sorted(PROGRAMS)), min_size=1, max_size=3), min_size=1, max_size=3
)


@settings(max_examples=40)
@given(LIVES)
def test_the_next_guest_finds_the_boot_image_and_nothing_else(lives: list[list[str]]) -> None:
    pool = Pool()
    for names in lives:
        tenant = Tenant(pool)
        for number, name in enumerate(names):
            try:
                tenant.run(PROGRAMS[name], 0.05, None if number else bytes(32))
            except QuickJSError:
                assert tenant.lease is not None
                pool.forget(tenant.lease)
                break
            assert memory_of(tenant.instance) != FRESH
        del tenant
    following = Tenant(pool)
    assert memory_of(following.instance) == FRESH
    assert following.run("1 + Math.random()") == Tenant(Pool()).run("1 + Math.random()")


@reused
def test_one_instance_serves_one_guest_after_another() -> None:
    pool = Pool()
    tenant = Tenant(pool)
    tenant.run(f"globalThis.kept = {QUOTED}; 1")
    instance = tenant.instance
    assert MARK in memory_of(instance)
    del tenant
    assert memory_of(instance) == FRESH
    assert Tenant(pool).instance is instance


@reused
def test_an_instance_of_what_was_in_a_cycle_serves_again() -> None:
    pool = Pool()
    tenant = Tenant(pool)
    instance, cycle = tenant.instance, list[object]()
    cycle += [cycle, tenant]
    del tenant, cycle
    gc.collect()
    assert Tenant(pool).instance is instance


@pytest.mark.parametrize(
    "source",
    [
        "globalThis.big = new Uint8Array(20_000_000); 1",
        "for (;;) {}",
        "JSON.parse('['.repeat(1e6))",
        "const deep = (n) => n ? `(${deep(n - 1)})` : '1'; eval('('.repeat(1e5))",
    ],
)
def test_an_instance_that_trapped_or_grew_serves_nobody_again(source: str) -> None:
    pool = Pool()
    tenant = Tenant(pool)
    size = tenant.instance.size_bytes
    try:
        tenant.run(source, 0.1)
    except QuickJSError:
        pass
    else:
        if tenant.instance.size_bytes == size:
            pytest.skip("this guest neither traps nor grows then")
    instance = tenant.instance
    del tenant
    assert Tenant(pool).instance is not instance


def test_a_cancelled_step_takes_its_instance_with_it_and_cancels_no_other() -> None:
    pool = Pool()
    tenant = Tenant(pool)
    instance = tenant.instance
    tenant.cancellation.wanted = True
    with pytest.raises(ScriptCancelledError):
        tenant.run("for (;;) {}")
    del tenant
    following = Tenant(pool)
    assert following.instance is not instance
    with pytest.raises(TimeLimitError):
        following.run("for (;;) {}", 0.05)


@reused
def test_who_had_an_instance_before_cannot_cancel_who_has_it_now() -> None:
    pool = Pool()
    tenant = Tenant(pool)
    instance, cancellation = tenant.instance, tenant.cancellation
    del tenant
    following = Tenant(pool)
    assert following.instance is instance
    cancellation.wanted = True
    with pytest.raises(TimeLimitError):
        following.run("for (;;) {}", 0.05)


@reused
@pytest.mark.parametrize(("first", "second"), [(SMALL, 4 * SMALL), (4 * SMALL, SMALL)])
def test_each_guest_has_its_own_limit_of_memory(first: int, second: int) -> None:
    pool, sizes = Pool(), []
    fill = "let n = 0; const all = []; try { for (;;) { all.push(new Uint8Array(2 ** 20)); n++ } }"
    for memory_bytes in (first, second):
        tenant = Tenant(pool, memory_bytes)
        instance = tenant.instance
        tenant.run("1")
        del tenant
        tenant = Tenant(pool, memory_bytes)
        assert tenant.instance is instance
        tenant.run(fill + " catch { 0 }")
        sizes.append(tenant.instance.size_bytes)
        assert sizes[-1] <= memory_bytes < sizes[-1] + 2**22
        tenant.lease = None
    pool_of_one = Pool()
    before = Tenant(pool_of_one, first)
    instance = before.instance
    del before
    after = Tenant(pool_of_one, second)
    assert after.instance is instance
    after.run(fill + " catch { 0 }")
    assert after.instance.size_bytes == sizes[1]


def test_who_has_not_been_at_work_for_longest_gives_up_first() -> None:
    pool = Pool(3)
    first, second, third = (Tenant(pool) for _ in range(3))
    assert first.lease is not None
    pool.used(first.lease)
    fourth = Tenant(pool)
    assert [bool(tenant.lease) for tenant in (first, second, third, fourth)] == [1, 0, 1, 1]
    third.willing = False
    Tenant(pool)
    assert [bool(tenant.lease) for tenant in (first, second, third, fourth)] == [0, 0, 1, 1]


def test_nobody_waits_where_nobody_gives_up() -> None:
    pool = Pool(2)
    tenants = [Tenant(pool) for _ in range(2)]
    for tenant in tenants:
        tenant.willing = False
    assert Tenant(pool).run("1")


SCRIPT = """
let sum = 0;
for (let i = 0; i < 4; i++) sum += await tools.f(i) + Math.round(Math.random());
sum
"""


@settings(max_examples=20)
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 3))
def test_giving_up_changes_nothing(order: list[int], most_live: int) -> None:
    """Six interpreters that take steps in any order, with fewer instances than that."""
    pool = Pool(most_live)
    steady, sharing = (
        [Interpreter(seed=bytes([n]) * 32, clock=lambda: 1e9) for n in range(6)] for _ in range(2)
    )
    for interpreter in sharing:
        interpreter._machine = Machine(load(), LIMITS.memory_bytes, pool=pool)
    for n in [*order, *range(6)]:
        outcomes = []
        for interpreter in (steady[n], sharing[n]):
            if interpreter.running:
                (call,) = interpreter.open_calls
                outcomes.append(interpreter.resume({call.id: Returned(n)}))
            else:
                outcomes.append(interpreter.start(SCRIPT, tools=["f"]))
        assert outcomes[0] == outcomes[1]
    for one, other in zip(steady, sharing, strict=True):
        assert one.open_calls == other.open_calls
        assert one.memory_bytes == other.memory_bytes


def test_many_threads_share_few_instances() -> None:
    pool = Pool(3)
    barrier = threading.Barrier(8)

    def work(n: int) -> list[int]:
        barrier.wait()
        mine = [Interpreter(seed=bytes(32)) for _ in range(6)]
        for interpreter in mine:
            interpreter._machine = Machine(load(), LIMITS.memory_bytes, pool=pool)
            interpreter.start("let sum = 0; for (;;) sum += await tools.f(sum)", tools=["f"])
        for _ in range(5):
            for interpreter in mine:
                (call,) = interpreter.open_calls
                assert isinstance(interpreter.resume({call.id: Returned(n)}), Suspended)
        return [interpreter.open_calls[0].args[0] for interpreter in mine]

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(work, range(8)))
    assert results == [[5 * n] * 6 for n in range(8)]


def test_what_fails_while_it_is_made_again_never_happened() -> None:
    """An image that does not fit, as of a snapshot of larger limits."""
    large = Interpreter()
    large.start("globalThis.a = new Uint8Array(3e7).fill(1); await tools.f(1)", tools=["f"])
    with pytest.raises((MemoryLimitError, QuickJSError)):
        Interpreter.restore(large.snapshot(), limits=Limits(memory_bytes=SMALL))
    (call,) = large.open_calls
    assert large.resume({call.id: Returned(2)}) == Completed(2)
