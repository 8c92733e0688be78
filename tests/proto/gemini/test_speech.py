"""Which messages are speech and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_proto.gemini import Blob, Content, Part, ServerContent, ToolCall
from realtime_proto.gemini._speech import says_speech_alone

SPEECH = Part(inline_data=Blob(mime_type="audio/pcm;rate=24000", data=bytes(2)))


@pytest.mark.parametrize("role", [None, "model"])
def test_one_piece_of_speech_is_speech_alone(role: Any) -> None:
    """Whoever is said to say it."""
    content = Content(parts=(SPEECH,)) if role is None else Content(role=role, parts=(SPEECH,))
    assert says_speech_alone(ServerContent(model_turn=content))


@pytest.mark.parametrize(
    "event",
    [
        ToolCall(),
        ServerContent(),
        ServerContent(model_turn=Content()),
        ServerContent(model_turn=Content(parts=(Part(text="a"),))),
        ServerContent(model_turn=Content(parts=(SPEECH, SPEECH))),
        ServerContent(model_turn=Content(parts=(SPEECH,)), turn_complete=True),
        ServerContent(model_turn=Content(parts=(Part(inline_data=Blob(mime_type="image/png")),))),
        ServerContent(
            model_turn=Content(parts=(Part(inline_data=Blob(mime_type="audio/pcm;rate=16000")),))
        ),
    ],
)
def test_anything_else_is_not(event: Any) -> None:
    """Other messages, other media, a rate that is not played, and more than speech."""
    assert not says_speech_alone(event)
