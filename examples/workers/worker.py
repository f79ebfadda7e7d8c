"""A worker: takes jobs, starts threads, delivers answers, and may be killed at any moment.

    python -m examples.workers.worker

Its database is the one in `WORKERS_DSN`. Start as many as you like, on as many machines.
"""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Any

import psycopg
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres import PostgresSaver

from langchain_quickjs import PostgresLock, ThreadLockError, deliver

from .agent import EFFECTS, build, dsn
from .jobs import TABLES, Job, Jobs


def set_up() -> None:
    """Makes the tables that are not there yet."""
    with psycopg.connect(dsn(), autocommit=True) as database:
        database.execute(f"{TABLES}{EFFECTS}".encode())
    with PostgresSaver.from_conn_string(dsn()) as saver:
        saver.setup()


def run(agent: Any, lock: PostgresLock, job: Job) -> bool:
    """Runs a job, once or again; says whether it is done."""
    config: RunnableConfig = {"configurable": {"thread_id": job.thread}}
    if job.kind == "answer":
        answer = job.body["answer"]
        # By the question's id: delivered again, it does nothing, or goes on where a worker died.
        return not deliver(agent, config, job.body["question"], answer, lock=lock).again
    with lock(job.thread):  # Whatever runs a thread holds its lock.
        found = agent.get_state(config)
        if not found.created_at:
            agent.invoke(job.body, config, durability="sync")
        elif any(not task.interrupts for task in found.tasks):  # A worker died here.
            agent.invoke(None, config, durability="sync")
    return True


def work(lease_s: float = 60.0) -> None:
    """Works until the process is told to end, and then ends after the job at hand."""
    stop: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        stop.append(number)

    signal.signal(signal.SIGTERM, end)
    with (
        psycopg.connect(dsn(), autocommit=True) as database,
        PostgresSaver.from_conn_string(dsn()) as saver,
    ):
        jobs, agent, lock = Jobs(database, lease_s), build(saver), PostgresLock(dsn(), timeout_s=1)
        while not stop:
            if (job := jobs.take()) is None:
                time.sleep(0.05)
                continue
            try:
                is_done = run(agent, lock, job)
                state = agent.get_state({"configurable": {"thread_id": job.thread}})
                for question in state.interrupts:
                    jobs.ask(job.thread, question.id, question.value)
            except ThreadLockError:  # Another worker runs the thread.
                jobs.later(job, delay_s=0.5)
            except Exception as error:
                jobs.later(job, delay_s=1.0, why=repr(error))
            else:
                if is_done:
                    jobs.done(job)
                else:
                    jobs.later(job, delay_s=1.0)


if __name__ == "__main__":
    set_up()
    work()
