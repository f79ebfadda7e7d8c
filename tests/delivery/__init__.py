"""Answers from queues: `python -m tests.delivery` delivers each one several times at once."""
