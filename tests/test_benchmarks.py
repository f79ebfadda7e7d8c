"""The benchmark command works; what it measures is not tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import prompts
from tests.benchmarks.rows import Unit, ratio_of, write_figure, write_ratio


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1.234, "time", "1.23 s"),
        (0.0456, "time", "45.6 ms"),
        (0.000789, "time", "789 us"),
        (0.0000002, "time", "0.20 us"),
        (-0.003, "time", "-3.00 ms"),
        (0.0, "time", "0.00 us"),
        (1310772, "size", "1.31 MB"),
        (4096, "size", "4.10 KB"),
        (69, "number", "69"),
    ],
)
def test_figures(value: float, unit: Unit, expected: str) -> None:
    assert write_figure(value, unit) == expected


def test_ratios() -> None:
    assert write_ratio(ratio_of(3.0, 2.0)) == "1.50x"
    assert ratio_of(None, 2.0) is ratio_of(1.0, None) is ratio_of(1.0, -1.0) is None
    assert write_ratio(None) == ""


def test_the_command_prints_a_table() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--only", "small_eval"]
    root = Path(__file__).resolve().parents[1]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    row = next(line for line in ended.stdout.splitlines() if line.startswith("1 + 1"))
    assert row.endswith(("us", "ms")), ended.stdout + ended.stderr


def test_the_sizes_of_prompts(capsys: pytest.CaptureFixture[str]) -> None:
    prompts.main([0, 10])
    head, none, ten = capsys.readouterr().out.splitlines()
    assert len({len(line) for line in (head, none, ten)}) == 1
    assert ten.split()[3] == "whole"
