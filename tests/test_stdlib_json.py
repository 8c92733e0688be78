"""The core passes its tests with the standard library's JSON and base64 as well."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent


def test_the_core_passes_its_tests_without_the_speedups() -> None:
    """All of tests/proto and tests/properties, in an interpreter that cannot import orjson or
    pybase64.

    What needs recordings is run once only, by the usual run: there the two differ in nothing but
    the parser, which `proto/test_json` and `proto/test_hostile` hold against each other.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--no-cov",
            "--tb=short",
            "-p",
            "no:cacheprovider",
            "-m",
            "not wire",
            str(TESTS / "proto"),
            str(TESTS / "properties"),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        cwd=TESTS.parent,
        env={**os.environ, "REALTIME_TEST_JSON": "stdlib", "HYPOTHESIS_PROFILE": "again"},
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", done.stdout.splitlines()[-1])}
    assert counts["passed"] > 1_000
    assert "failed" not in counts


def test_the_speedups_are_really_gone_there() -> None:
    """Else the run above would show nothing."""
    code = (
        "import conftest, realtime_proto._json as j;"
        "print(j._parse is j._loads_stdlib, j._decode is j._decode_stdlib)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=TESTS,
        env={
            **os.environ,
            "REALTIME_TEST_JSON": "stdlib",
            "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
        },
    )
    assert "True True\n" == done.stdout, done.stderr
