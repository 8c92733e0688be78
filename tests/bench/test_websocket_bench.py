"""The WebSocket benchmark still runs: a few messages of each kind, no figures looked at."""

from __future__ import annotations

import pytest

from bench.websocket import OURS, WAYS, compare, report


@pytest.mark.parametrize("tls", [False, True])
def test_every_way_is_measured(tls: bool) -> None:
    """On both event loops, received and sent, plain and over TLS; the table names them all."""
    found = compare(tls=tls, rounds=1, scale=0.001, names=OURS, sizes=[300])
    assert {(how, 300) for how in WAYS} == set(found)
    for figures in found.values():
        assert set(OURS) == set(figures)
        assert all(value is not None and value > 0 for value in figures.values())
    shown = report(found, [300])
    assert all(title in shown for title in (*WAYS.values(), *OURS))
    assert "failed" not in shown
