"""The soak, short: that it runs, measures both sides and finds nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).with_name("soak.py")


@pytest.mark.parametrize("options", [["--backend", "asyncio", "--tls"], ["--backend", "trio"]])
def test_a_short_soak_leaves_nothing_behind(options: list[str]) -> None:
    """Five conversations and ten connects: every turn is answered, and every descriptor is gone."""
    few = ["--conversations", "5", "--seconds", "1", "--connects", "10"]
    done = subprocess.run(
        [sys.executable, str(SOAK), *few, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "0 failures" == lines[-1]
    turns = next(line for line in lines if " turns, " in line)
    assert int(turns.split()[0]) >= 10
    assert 8 == sum(" MiB" in line and " fds" in line for line in lines)
