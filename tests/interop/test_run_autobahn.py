"""What the Autobahn runner does where the suite cannot be installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RUNNER = Path(__file__).with_name("run_autobahn.py")


def test_without_python_2_it_says_so_and_exits_with_2(tmp_path: Path) -> None:
    """Nothing is run, and that is no verdict."""
    environment = {name: value for name, value in os.environ.items() if name != "AUTOBAHN_PYTHON"}
    done = subprocess.run(
        [sys.executable, str(RUNNER), "--quick"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            **environment,
            "PATH": str(tmp_path),
            "AUTOBAHN_HOME": str(tmp_path / "suite"),
            "PYTHONPATH": str(RUNNER.parents[2]),
        },
    )
    assert 2 == done.returncode, done.stderr
    assert "there is no CPython 2.7" in done.stdout
    assert not (tmp_path / "suite").exists()
