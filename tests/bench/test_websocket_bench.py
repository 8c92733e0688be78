"""The WebSocket benchmark still runs: a few messages of each kind, no figures looked at."""

from __future__ import annotations

from bench import end_to_end
from bench.websocket import OURS, WAYS, compare, report


def test_every_way_is_measured() -> None:
    """On both event loops, received and sent; the table names them all."""
    found = compare(tls=False, rounds=1, scale=0.001, names=OURS, sizes=[300])
    assert {(how, 300) for how in WAYS} == set(found)
    for figures in found.values():
        assert set(OURS) == set(figures)
        assert all(value is not None and value > 0 for value in figures.values())
    shown = report(found, [300])
    assert all(title in shown for title in (*WAYS.values(), *OURS))
    assert "failed" not in shown


def test_a_spoken_answer_is_measured() -> None:
    """Both providers, and a whole session, on both event loops and over TLS."""
    names = [name for name in end_to_end.CLIENTS if name.startswith("realtime_io")]
    found = end_to_end.compare(tls=True, rounds=1, n=20, names=names)
    assert 8 == len(found)
    assert all(value is not None and value > 0 for value in found.values())
