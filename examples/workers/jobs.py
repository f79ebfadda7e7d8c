"""A queue in PostgreSQL: jobs that are taken for a while, and come back unless they are done.

A worker takes a job with a lease. If it says `done` before the lease is over, that was it; if it
dies, or takes too long, another worker gets the job. So a job may be run more than once, and even
by two workers at once: what runs it has to stand that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

MOST_TRIES = 50

TABLES = """
    CREATE TABLE IF NOT EXISTS jobs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, thread text NOT NULL,
        kind text NOT NULL, body jsonb NOT NULL, tries int NOT NULL DEFAULT 0,
        visible_at timestamptz NOT NULL DEFAULT now(), done_at timestamptz, error text);
    CREATE INDEX IF NOT EXISTS jobs_to_do ON jobs (visible_at) WHERE done_at IS NULL;
    CREATE TABLE IF NOT EXISTS questions (
        id text PRIMARY KEY, thread text NOT NULL, value jsonb NOT NULL,
        answered boolean NOT NULL DEFAULT false);
"""

PUT = "INSERT INTO jobs (thread, kind, body) VALUES (%s, %s, %s)"
TAKE = """
    UPDATE jobs SET tries = tries + 1, visible_at = now() + make_interval(secs => %s)
    WHERE id = (SELECT id FROM jobs WHERE done_at IS NULL AND visible_at <= now() AND tries < %s
                ORDER BY visible_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, thread, kind, body
"""
DONE = "UPDATE jobs SET done_at = now() WHERE id = %s"
LATER = "UPDATE jobs SET visible_at = now() + make_interval(secs => %s), error = %s WHERE id = %s"
ASK = "INSERT INTO questions (id, thread, value) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


@dataclass(frozen=True)
class Job:
    """Something to do in a thread: to start it, or to deliver an answer."""

    id: int
    thread: str
    kind: Literal["start", "answer"]
    body: dict[str, Any]


@dataclass(frozen=True)
class Jobs:
    """The queue, on a connection that stores each statement at once."""

    database: psycopg.Connection
    lease_s: float = 60.0

    def put(self, thread: str, kind: Literal["start", "answer"], body: Mapping[str, Any]) -> None:
        """Adds a job."""
        self.database.execute(PUT, (thread, kind, Jsonb(body)))

    def take(self) -> Job | None:
        """Takes the oldest job that nobody has; `None` if there is none."""
        row = self.database.execute(TAKE, (self.lease_s, MOST_TRIES)).fetchone()
        return None if row is None else Job(*row)

    def done(self, job: Job) -> None:
        """Says that a job is done and need not come again."""
        self.database.execute(DONE, (job.id,))

    def later(self, job: Job, delay_s: float, why: str = "") -> None:
        """Puts a job back, to be taken again after a while."""
        self.database.execute(LATER, (delay_s, why, job.id))

    def ask(self, thread: str, question: str, value: Any) -> None:
        """Puts a question where people see it, once."""
        self.database.execute(ASK, (question, thread, Jsonb(value)))
