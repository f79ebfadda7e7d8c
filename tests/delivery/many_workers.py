"""Every answer of many threads, delivered three times by four workers at once, on PostgreSQL.

Each thread has a program with a call that a person decides about, and then another program with a
call that nobody is asked about. What calls do are rows of a table.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Final

import psycopg
from langchain.agents import create_agent
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolCallId, tool
from langgraph.checkpoint.base import BaseCheckpointSaver

from langchain_quickjs import CodeInterpreterMiddleware, PostgresLock, deliver, pending
from tests.helpers.databases import opened
from tests.helpers.models import programs
from tests.helpers.nurseries import Nursery
from tests.helpers.stories import APPROVE

WORKERS: Final = 4
TIMES: Final = 3
HEAD: Final = (
    f"{'':14}{'threads':>8}{'deliveries':>12}{'won':>7}{'late':>7}"
    f"{'approved twice':>16}{'others twice':>14}{'lost':>6}{'s':>8}"
)
_TABLE: Final = "create table effects (thread text, tool text, call_id text, worker int)"
_PROGRAMS: Final = (
    'await tools.pay({ to: "ann" })',
    'await tools.write({ to: "ann" })',
)


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        locked: Whether each thread had a lock.
        threads: How many threads there were.
        statuses: What deliveries came to.
        effects: How often each tool has taken effect, by thread and tool.
        ended: How many threads have come to their end.
        seconds: How long it took.
    """

    locked: bool
    threads: int
    statuses: Counter[str]
    effects: Counter[tuple[str, str]]
    ended: int
    seconds: float

    def twice(self, name: str) -> int:
        """In how many threads a tool has taken effect more than once."""
        return sum(times > 1 for (_, tool_name), times in self.effects.items() if tool_name == name)

    @property
    def lost(self) -> int:
        """How many effects there are not; or threads without an end."""
        return max(2 * self.threads - len(self.effects), self.threads - self.ended)

    @property
    def row(self) -> str:
        """A row of the table."""
        name = "with a lock" if self.locked else "without"
        return (
            f"{name:14}{self.threads:8}{TIMES * self.threads:12}"
            f"{self.statuses['won']:7}{self.statuses['late']:7}"
            f"{self.twice('pay'):16}{self.twice('write'):14}{self.lost:6}{self.seconds:8.1f}"
        )


def delivered_by_many(
    nursery: Nursery, database: str, threads: int, *, locked: bool, slow_s: float
) -> Outcome:
    """Has it done in an empty database."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(_TABLE.encode())
    names = [f"thread {number}" for number in range(threads)]
    with opened(database) as saver:
        agent = _agent(saver, database, 0, 0.0)
        for name in names:
            agent.invoke({"messages": [("user", "go")]}, _config(name))
        asked = [(name, pending(agent, _config(name))[0].interrupt_id) for name in names]
    # Copies of one delivery are with different workers, at about the same time.
    queues: list[list[tuple[str, str]]] = [[] for _ in range(WORKERS)]
    for number, one in enumerate(asked):
        for copy in range(TIMES):
            queues[(number + copy) % WORKERS].append(one)
    began = time.perf_counter()
    orders = [[database, locked, slow_s, number, queue] for number, queue in enumerate(queues)]
    said = nursery.of(work).live_at_once(orders, kill_after_s=1800.0)
    seconds = time.perf_counter() - began
    with opened(database) as saver:
        agent = _agent(saver, database, 0, 0.0)
        ended = sum(not agent.get_state(_config(name)).next for name in names)
    statuses = sum(map(Counter, said), Counter[str]())
    return Outcome(locked, threads, statuses, _effects(database), ended, seconds)


def work(
    database: str, locked: bool, slow_s: float, worker: int, queue: list[list[str]]
) -> Counter[str]:
    """A worker: delivers what is in its queue."""
    statuses: Counter[str] = Counter()
    with opened(database) as saver:
        agent = _agent(saver, database, worker, slow_s)
        lock = PostgresLock(saver) if locked else None
        for thread, interrupt_id in queue:
            answer = {"decisions": [APPROVE]}
            done = deliver(agent, _config(thread), interrupt_id, answer, lock=lock)
            statuses[done.status] += 1
    return statuses


def _agent(saver: BaseCheckpointSaver[Any], database: str, worker: int, slow_s: float) -> Any:
    middleware = CodeInterpreterMiddleware(
        ptc=_tools(database, worker, slow_s), interrupt_on={"pay": True}
    )
    return create_agent(programs(*_PROGRAMS), middleware=[middleware], checkpointer=saver)


def _tools(database: str, worker: int, slow_s: float) -> list[BaseTool]:
    def note(name: str, config: RunnableConfig, call_id: str) -> str:
        thread = config["configurable"]["thread_id"]
        with psycopg.connect(database, autocommit=True) as connection:
            values = (thread, name, call_id, worker)
            connection.execute("insert into effects values (%s, %s, %s, %s)", values)
        time.sleep(slow_s)
        return name

    @tool
    def pay(to: str, config: RunnableConfig, call_id: Annotated[str, InjectedToolCallId]) -> str:
        """Pays somebody."""
        return note("pay", config, call_id)

    @tool
    def write(to: str, config: RunnableConfig, call_id: Annotated[str, InjectedToolCallId]) -> str:
        """Writes to somebody."""
        return note("write", config, call_id)

    return [pay, write]


def _effects(database: str) -> Counter[tuple[str, str]]:
    with psycopg.connect(database) as connection:
        rows = connection.execute("select thread, tool from effects").fetchall()
    return Counter((str(thread), str(name)) for thread, name in rows)


def _config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}
