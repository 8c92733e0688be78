"""Profiles of models, found by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.models import ModelProfile, profile_for

ROWS = (
    ModelProfile(prefix="a-1", temperature="refused"),
    ModelProfile(prefix="a-1.5"),
    ModelProfile(prefix="a"),
    ModelProfile(prefix="a", semantic_vad="refused"),
)


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("a-1.5-live", ROWS[1]),
        ("a-1", ROWS[0]),
        ("a-2", ROWS[2]),
        ("models/a-1.5", ROWS[1]),
        ("projects/p/locations/a-1/publishers/x/models/a-2", ROWS[2]),
    ],
)
def test_the_longest_prefix_counts(model: str, row: ModelProfile) -> None:
    """Of equal ones the first, so that one's own rows go in front."""
    assert row is profile_for(model, ROWS)


@given(st.text())
def test_a_model_nobody_knows_is_refused_nothing(model: str) -> None:
    """Names are free; a catalogue grows old."""
    assert ModelProfile() == profile_for(f"z{model}".replace("/", ""), ROWS)
