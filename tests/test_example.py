"""The example does what it says, in processes of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOOK_UPS = [f"looked up A-100{n}" for n in (1, 2, 3)]


def run(folder: Path, *arguments: str, typed: str = "") -> str:
    script = ROOT / "examples" / "approve_refunds.py"
    command = [sys.executable, "-W", "error", str(script), "--directory", str(folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command,
        capture_output=True,
        check=False,
        text=True,
        input=typed,
        timeout=120,
        env=environment,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def log(folder: Path) -> list[str]:
    return (folder / "log.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the agent waits for a decision, and what it said there."""
    folder = tmp_path_factory.mktemp("example") / "refunds"
    return folder, run(folder)


@pytest.fixture
def folder(waiting: tuple[Path, str], tmp_path: Path) -> Path:
    return Path(shutil.copytree(waiting[0], tmp_path / "refunds"))


def test_it_says_what_it_waits_for(waiting: tuple[Path, str]) -> None:
    folder, said = waiting
    assert "wants to call issue_refund with {'order_id': 'A-1002', 'amount': 80}" in said
    assert "Run this again to decide" in said
    assert sorted(log(folder)) == LOOK_UPS


def test_it_asks(folder: Path) -> None:
    said = run(folder, typed="edit:60\n")
    assert "approve, edit:AMOUNT or reject:WORDS?" in said
    assert "A-1002: 60.00 refunded" in said
    assert "Every line is there once." in said
    assert sorted(log(folder)) == [*LOOK_UPS, "refunded 60.00 for A-1002"]


def test_approve(folder: Path) -> None:
    assert "A-1002: 80.00 refunded" in run(folder, "--decision", "approve")
    assert sorted(log(folder)) == [*LOOK_UPS, "refunded 80.00 for A-1002"]


def test_reject(folder: Path) -> None:
    said = run(folder, "--decision", "reject:Ask the carrier first.")
    assert "A-1002 not refunded: A person rejected this call" in said
    assert "Ask the carrier first." in said
    assert sorted(log(folder)) == LOOK_UPS
