"""What a command must be, checked when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_proto import (
    Failure,
    LocalProtocolError,
    Played,
    RealtimeError,
    SendAudio,
    SendImage,
    SendText,
    ToolResult,
    UpdateSession,
)
from realtime_proto.commands import MAX_AUDIO_BYTES, MAX_TEXT_BYTES
from realtime_proto.errors import ConnectionLost, ConnectTimeout, ProviderError, RemoteProtocolError
from realtime_proto.events import ErrorReported

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: SendText(5), "SendText.text must be text, not int"),  # type: ignore[arg-type]
        (lambda: SendText(" "), "must not be empty"),
        (lambda: SendText("\ud800"), "lone surrogates"),
        (lambda: SendText("x" * (MAX_TEXT_BYTES + 1)), "is over"),
        (lambda: SendAudio("x"), "must be bytes, not str"),  # type: ignore[arg-type]
        (lambda: SendAudio(bytes(MAX_AUDIO_BYTES + 1)), "send it in pieces"),
        (lambda: Played(item_id="a", ms=-1), "whole number from 0"),
        (lambda: Played(item_id="a", ms=True), "whole number from 0"),
        (lambda: ToolResult(call_id="", output=1), "must not be empty"),
        (lambda: ToolResult(call_id="c", output={1}), "cannot be sent as JSON"),
        (lambda: ToolResult(call_id="c", scheduling="now"), "scheduling must be"),  # type: ignore[arg-type]
        (lambda: SendImage(data=b"", mime_type="image/png"), "must not be empty"),
        (lambda: SendImage(data=b"x", mime_type="text/plain"), "mime_type must be one of"),
        (lambda: UpdateSession({}), "must be a RealtimeConfig"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_command_is_refused_when_it_is_made(
    make: Callable[[], Any], complaint: str
) -> None:
    """With the name of the field, and what is wrong with it."""
    with pytest.raises(LocalProtocolError, match=complaint):
        make()


@pytest.mark.parametrize("n_more", [0, -1])
def test_a_text_may_be_as_long_as_it_says(n_more: int) -> None:
    """And audio too."""
    assert len(SendText("x" * (MAX_TEXT_BYTES + n_more)).text) == MAX_TEXT_BYTES + n_more
    assert len(SendAudio(bytes(MAX_AUDIO_BYTES + n_more)).data) == MAX_AUDIO_BYTES + n_more


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_are_audio(kind: Any) -> None:
    """And stay as they were."""
    assert b"ab" == SendAudio(kind(b"ab")).data
    assert "ab" not in repr(SendImage(data=kind(b"ab"), mime_type="image/webp"))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("provider", ProviderError),
        ("remote", RemoteProtocolError),
        ("local", LocalProtocolError),
        ("timeout", ConnectTimeout),
        ("lost", ConnectionLost),
    ],
)
def test_a_failure_is_an_error_to_raise(kind: Any, error: type[RealtimeError]) -> None:
    """Of the class that says whose fault it was."""
    failure = Failure(kind=kind, message="so")
    assert type(failure.to_exception()) is error
    assert type(ErrorReported(failure=failure).to_exception()) is error
    assert "so" == failure.to_exception().message
