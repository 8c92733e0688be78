"""What comes out of a conversation, described for comparison; and errors that go in."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_proto import Endpoint, Keep, Redial
from realtime_proto._outputs import describe_error, describe_road, pack_error, unpack_error
from realtime_proto.errors import (
    ConnectionLost,
    ConnectTimeout,
    HandshakeRejected,
    LocalProtocolError,
    RealtimeConnectionError,
    SlowConsumer,
)
from realtime_proto.redaction import Redactor
from realtime_proto.secret import Secret


def test_a_road_has_its_time_in_microseconds_and_no_secret() -> None:
    """Since the first input, as everything has."""
    key = Secret("sk-0123456789")
    endpoint = Endpoint(url="wss://h/?key=abcdef", headers=(("a", key),))
    assert describe_road(Redial(endpoint, 12.5), Redactor(), epoch=10.0) == {
        "kind": "road",
        "road": {
            "type": "Redial",
            "endpoint": {
                "type": "Endpoint",
                "url": "wss://h/?key=<redacted:query>",
                "headers": [["a", "***"]],
            },
            "not_before": 2_500_000,
        },
    }
    assert {"type": "Keep"} == describe_road(Keep(), Redactor(), epoch=10.0)["road"]


def test_what_was_raised_is_named_and_clean() -> None:
    """By its class; its message without credentials."""
    error = LocalProtocolError("no sk-0123456789", code="c")
    assert {
        "kind": "raised",
        "error": "LocalProtocolError",
        "message": "no <redacted:openai-key>",
    } == describe_error(error, Redactor())


@pytest.mark.parametrize(
    "error",
    [
        RealtimeConnectionError("m"),
        ConnectTimeout("m"),
        HandshakeRejected("m", status=429, headers={"retry-after": "3"}),
        ConnectionLost("m", received=1011, phase="set-up", retryable=True, hint="h"),
    ],
)
def test_why_a_road_could_not_be_opened_comes_back(error: RealtimeConnectionError) -> None:
    """With all that a verdict depends on."""
    again = unpack_error(pack_error(error))
    assert type(error) is type(again)
    assert vars(error) == vars(again)


def test_an_error_without_a_name_of_its_own_is_one_of_the_road() -> None:
    """And the body of a refusal is not kept."""
    assert "RealtimeConnectionError" == pack_error(SlowConsumer("m"))["type"]
    assert "body" not in pack_error(HandshakeRejected("m", status=500, body=b"x"))
    assert unpack_error(None) is None


@pytest.mark.parametrize(
    "value",
    [
        5,
        "x",
        [],
        {},
        {"type": "KeyError", "message": "m"},
        {"type": "ConnectTimeout"},
        {"type": "ConnectTimeout", "message": "m", "other": 1},
    ],
)
def test_what_is_no_such_error_is_a_value_error(value: Any) -> None:
    """Nothing but the errors of the road can be named."""
    with pytest.raises(ValueError, match="malformed"):
        unpack_error(value)
