"""A chunk that is made by the short way is one that the constructor makes."""

from __future__ import annotations

import pickle
import weakref
from unittest import mock

import attrs
import pytest

from realtime_proto import _chunk
from realtime_proto._chunk import chunk_of
from realtime_proto.events import AudioChunk
from realtime_proto.formats import PCM16_16K


@pytest.mark.parametrize("has_twin", [True, False])
def test_a_chunk_is_as_the_constructor_makes_it(has_twin: bool) -> None:
    """Equal and frozen, with or without a twin; weak references and pickles work."""
    twin = _chunk._TWIN if has_twin else None
    assert _chunk._TWIN is not None
    with mock.patch.object(_chunk, "_TWIN", twin):
        chunk = chunk_of(bytes(321), PCM16_16K, item_id="i", response_id="r")
    made = AudioChunk(
        data=bytes(321), duration_ms=10, item_id="i", response_id="r", format=PCM16_16K
    )
    assert type(chunk) is AudioChunk
    assert (made, hash(made), repr(made)) == (chunk, hash(chunk), repr(chunk))
    assert attrs.asdict(made) == attrs.asdict(chunk)
    assert made == pickle.loads(pickle.dumps(chunk))  # noqa: S301 - our own
    assert weakref.ref(chunk)() is chunk
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        chunk.data = b""  # type: ignore[misc]
