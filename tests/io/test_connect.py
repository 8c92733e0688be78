"""What a conversation is opened with, checked before anything is started."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_io import ConfigurationError, RealtimeVoice


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"history": "text"}, r"History\.load\(\) reads a saved one"),
        ({"resume": "text"}, r"ResumeState\.from_json\(\) reads a saved one"),
    ],
)
async def test_what_a_session_goes_on_from_is_checked(options: Any, said: str) -> None:
    """A saved text is no history yet: the error says how it is read."""
    voice = RealtimeVoice("openai", api_key="k", base_url="http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=said):
        async with voice.connect(**options):
            pytest.fail("connected")


def test_an_empty_key_is_called_empty() -> None:
    """It is text, after all."""
    with pytest.raises(ConfigurationError, match=r"not empty text$"):
        RealtimeVoice("openai", api_key=" ")
