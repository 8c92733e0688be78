"""The benchmark of memory runs. What it measures is nobody's failure."""

from __future__ import annotations

from bench.memory import HOW, LEVELS, measure


def test_both_levels_are_measured() -> None:
    """A few conversations: each level holds something, and a session more than the wire."""
    found = measure(n=5, backend="asyncio")
    assert set(LEVELS) == found.keys()
    assert all(len(HOW) == len(kib) for kib in found.values())
    traced = HOW.index("traced")
    assert found["VoiceSession"][traced] > found["wire level"][traced] > 0
