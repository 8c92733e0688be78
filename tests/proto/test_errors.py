"""Whose fault it is."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from realtime_proto import errors
from realtime_proto.errors import (
    ConfigurationError,
    ConnectionLost,
    ConnectTimeout,
    HandshakeRejected,
    ProviderError,
    RealtimeConnectionError,
    RealtimeError,
    RemoteProtocolError,
    SlowConsumer,
)

MADE: list[RealtimeError] = [
    RealtimeError("what"),
    RealtimeError("what", code="why"),
    ConfigurationError("what", code="why"),
    RemoteProtocolError("what", paths=["$.a"], excerpt="{", tag="t", events=[1]),
    ProviderError("what", code="c", param="p", event_id="e", retryable=True),
    HandshakeRejected("what", status=401, headers={"a": "b"}, body=b"c"),
    ConnectionLost("what", received=1011, sent=1000, phase="open", retryable=True, hint="h"),
    ConnectionLost("what"),
]


@pytest.mark.parametrize("error", MADE)
def test_an_error_survives_a_pickle(error: RealtimeError) -> None:
    """With everything it says: a worker process can raise it."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(error) is type(again)
    assert (str(error), error.args, vars(error)) == (str(again), again.args, vars(again))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MADE[0], "what"),
        (MADE[1], "[why] what"),
        (HandshakeRejected("what", status=401), "[401] what"),
        (ConnectionLost("what", received=1011), "[1011] what"),
        (ConnectionLost("what", sent=1000), "what"),
    ],
)
def test_its_text_begins_with_the_code_where_there_is_one(error: RealtimeError, text: str) -> None:
    """And its message stays without."""
    assert text == str(error)
    assert "what" == error.message


@pytest.mark.parametrize("name", errors.__all__)
def test_one_except_takes_them_all(name: str) -> None:
    """But the warning, which is one."""
    kind: Any = getattr(errors, name)
    base = UserWarning if name == "ConfigurationWarning" else RealtimeError
    assert issubclass(kind, base)


def test_the_road_has_one_base_and_bad_configuration_is_a_value_error() -> None:
    """What the caller of connect() catches."""
    for kind in (ConnectTimeout, HandshakeRejected, ConnectionLost, SlowConsumer):
        assert issubclass(kind, RealtimeConnectionError)
    assert issubclass(ConfigurationError, ValueError)
