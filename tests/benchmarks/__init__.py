"""Benchmarks beside the public package of the same import name: `python -m tests.benchmarks`."""
