"""The benchmark of recordings still runs: few, no figures looked at."""

from __future__ import annotations

from bench import recordings


def test_replay_is_measured() -> None:
    """Every made-up minute replays exactly and is played, in processes of their own; memory is
    taken twice.
    """
    found = recordings.compare_replay(n=4, processes=2, rounds=1, n_files=2)
    assert {"replay", "play", "parse", "MiB of 1", "MiB of 4", "bytes"} == found.keys()
    assert all(value > 0 for value in found.values())
    shown = recordings.replay_table(found)
    assert "| replay | " in shown
    assert "| play | " in shown
    assert "MiB of 4 recordings" in shown


def test_recording_is_measured() -> None:
    """With and without a recorder; what is not kept is not written."""
    found = recordings.compare_recording(rounds=1)
    assert ["off", *recordings.POLICIES] == list(found)
    sizes = [n_bytes for _, _, n_bytes in found.values()]
    assert 0 == sizes[0] < sizes[3] < sizes[2] < sizes[1]
    assert "| sidecar | " in recordings.recording_table(found)
