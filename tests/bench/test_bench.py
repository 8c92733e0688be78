"""The benchmarks run. What they measure is nobody's failure."""

from __future__ import annotations

import pytest

from bench.__main__ import BENCHMARKS


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With one round, and it prints a table with our line and the goals it has."""
    goals = BENCHMARKS[name](n_rounds=1)
    printed = capsys.readouterr().out
    assert "| realtime-io" in printed
    for goal in goals:
        assert goal.ratio > 0
        assert f"| {goal.what} |" in printed
