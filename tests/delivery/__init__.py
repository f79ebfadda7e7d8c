"""Answers from queues: `python -m tests.delivery` has every answer delivered by all workers at once."""
