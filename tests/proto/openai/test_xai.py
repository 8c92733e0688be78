"""Where xAI is reached."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.secrets import CANARY, assert_hidden

from realtime_proto.errors import ConfigurationError
from realtime_proto.openai import xai
from realtime_proto.secret import Secret

KEY = Secret(CANARY)
BEARER = ("Authorization", Secret(f"Bearer {CANARY}"))


def test_a_voice_session_is_reached_by_its_model() -> None:
    """With the key as a bearer."""
    place = xai.endpoint("grok-voice-think-fast-1.0", key=KEY)
    assert "wss://api.x.ai/v1/realtime?model=grok-voice-think-fast-1.0" == place.url
    assert (BEARER,) == place.headers
    assert_hidden(place)


def test_a_token_is_asked_for_without_a_session() -> None:
    """This server takes neither a session nor an anchor for the time."""
    request = xai.token_request(key=KEY, seconds=60, base_url="http://127.0.0.1:1/v1")
    assert "http://127.0.0.1:1/v1/realtime/client_secrets" == request.url
    assert '{"expires_after":{"seconds":60}}' == request.body
    assert BEARER in request.headers


@pytest.mark.parametrize("seconds", [0, -1, 1.5, True, "60"])
def test_a_time_that_is_none_is_refused(seconds: Any) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="whole seconds"):
        xai.token_request(key=KEY, seconds=seconds)
