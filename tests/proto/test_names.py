"""What `realtime_proto` offers is loaded when it is asked for."""

from __future__ import annotations

import pytest

import realtime_proto


def test_every_name_is_found_and_listed() -> None:
    """Whether or not its module was loaded before."""
    assert set(realtime_proto.__all__) <= set(dir(realtime_proto))
    assert all(getattr(realtime_proto, name) is not None for name in realtime_proto.__all__)


def test_a_name_that_is_none_of_its_own_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="'realtime_proto' has no attribute 'nothing'"):
        realtime_proto.nothing  # type: ignore[attr-defined]  # noqa: B018 - that it fails is the point
