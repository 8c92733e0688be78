"""The benchmark of stalls runs. What it measures is nobody's failure."""

from __future__ import annotations

import pytest

from bench.stalls import measure


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_peer_of_a_socket_and_one_of_a_session_are_measured(backend: str) -> None:
    """Somebody waits for something, and not for longer than the peer is given."""
    names = ["100 KB of headers", "JSON nested 100,000 deep, to a session"]
    found = measure(rounds=1, backend=backend, names=names)
    assert names == list(found)
    assert all(ms is not None and 0 < ms < 30_000 for ms in found.values())
