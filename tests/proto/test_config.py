"""Settings are checked where they are made."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_proto import BargeIn, ConfigurationError, RealtimeConfig, VADMode


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"model": " "}, "model must be text"),
        ({"voice": 5}, "voice must be text"),
        ({"vad_threshold": 1.1}, "a number from 0 to 1"),
        ({"temperature": True}, "a number from 0 to 2"),
        ({"max_tokens": 0}, "a whole number from 1"),
        ({"max_tokens": 1.0}, "a whole number"),
        ({"barge_in_ms": None}, "barge_in_ms must be a whole number"),
        ({"barge_in_ms": 0}, "a whole number from 1 to 10000"),
        ({"barge_in": "off"}, "a BargeIn"),
        ({"vad_mode": "server"}, "a VADMode"),
        ({"strict": 1}, "True or False"),
        ({"profile": {}}, "a ModelProfile"),
        ({"mcp_servers": [5]}, "McpServer"),
        ({"tools": "look"}, "must be a list"),
        ({"tools": 5}, "must be a list"),
        ({"tools": [5]}, "must be a function"),
    ],
)
def test_what_is_no_setting_is_refused(settings: dict[str, Any], complaint: str) -> None:
    """With its name, and what it must be."""
    with pytest.raises(ConfigurationError, match=complaint):
        RealtimeConfig(**settings)


def test_two_tools_of_one_name_are_refused() -> None:
    """The model could not tell them apart."""

    def look() -> str:
        """Look."""
        return "it"

    with pytest.raises(ConfigurationError, match="two tools are called 'look'"):
        RealtimeConfig(tools=[look, look])  # type: ignore[arg-type]


def test_what_is_left_out_is_the_providers_to_decide() -> None:
    """But for what this library decides itself."""
    config = RealtimeConfig()
    assert (None, None, ()) == (config.model, config.temperature, config.tools)
    assert (VADMode.SERVER, BargeIn.IMMEDIATE) == (config.vad_mode, config.barge_in)
