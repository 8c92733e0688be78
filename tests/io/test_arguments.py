"""Arguments of the wrong kind, where they are given."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.certificates import client_context, server_context

from realtime_io import GeminiRealtimeProvider, OpenAIRealtimeProvider, RealtimeVoice
from realtime_io._arguments import check_number
from realtime_io.simulator import Simulator
from realtime_proto.errors import ConfigurationError


@pytest.mark.parametrize("value", [-1, float("inf"), float("nan"), True, "1", None])
def test_a_number_is_finite_and_from_0(value: Any) -> None:
    check_number(pace=0, timeout_s=1.5)
    with pytest.raises(ConfigurationError, match="pace must be a number from 0, not"):
        check_number(timeout_s=0, pace=value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"scenario": "hello"}, "scenario must be a Scenario, not 'hello'"),
        ({"keys": "sk-one"}, "keys are several: give a list"),
        ({"keys": [b"sk-one"]}, "keys are texts"),
        ({"pace": -1}, "pace must be a number from 0, not -1"),
        ({"port": 65_536}, "port must be a whole number from 0 to 65535, not 65536"),
        ({"port": "80"}, "port must be a whole number"),
        ({"ssl_context": client_context()}, "ssl_context is for the other role"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_simulator_says_what_it_cannot_take(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Simulator(with_voice=False, **wrong)


@pytest.mark.parametrize("provider", ["openai", "gemini"])
@pytest.mark.parametrize("base_url", [123, "localhost:8000", "ftp://host", "https://", "ws://a b"])
def test_a_base_url_that_is_none_is_refused_before_anything_is_connected(
    provider: str, base_url: Any
) -> None:
    """By the face and by a provider of its own."""
    direct = {"openai": OpenAIRealtimeProvider, "gemini": GeminiRealtimeProvider}[provider]
    with pytest.raises(ConfigurationError, match="base URL must look like https://"):
        RealtimeVoice(provider, api_key="any", base_url=base_url)
    with pytest.raises(ConfigurationError, match="base URL must look like https://"):
        direct(api_key="any", base_url=base_url)


@pytest.mark.parametrize(
    ("context", "words"),
    [(True, "must be an ssl.SSLContext, not bool"), (server_context(), "for the other role")],
)
def test_a_context_is_looked_at_before_anything_is_connected(context: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        RealtimeVoice("openai", api_key="any", ssl_context=context)
