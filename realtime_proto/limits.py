"""What one conversation may hold at most, and how long it waits."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen, validators

__all__ = ("DEFAULT_LIMITS", "Limits")


def _positive(default: float) -> float:
    return field(default=default, validator=validators.gt(0))


def _at_least(low: int, default: int) -> int:
    return field(default=default, validator=validators.ge(low))


@frozen(kw_only=True)
class Limits:
    """Bounds of one conversation.

    Args:
        max_frame_bytes: One WebSocket message, either way.
        setup_s: From an open connection to a session that is ready.
        hearing_s: How long the server may take, once the user's audio has ended, to show that it
            heard speech; then it heard none.
        tool_s: How long a tool call may stay unanswered where the tool itself does not say; then
            the model is told that it timed out.
        created_s: From asking for a response to its beginning; then the slot is free again.
        cancelled_s: From cancelling a response to its end; then the slot is free again.
        silence_s: How long the server may say nothing at all while it owes an answer; then the
            connection counts as lost. Models that think before they speak need most of it.
        warning_s: How long before a session's end SessionExpiring comes, and renewal may begin.
        margin_s: How long before a session's end it is renewed even in the middle of something.
        held_audio_ms: Audio held before the session is ready.
        held_commands: Other commands held before the session is ready.
        pending_calls: Tool calls the model may have open at once.
        queued_responses: Responses asked for while another one is under way.
        caused_errors: Client events remembered, to tell which one an error is about.
        transcript_bytes: One item's transcript; what goes beyond is not kept for the final text.
        history_items: Items of the conversation kept.
        history_bytes: UTF-8 bytes of text they may have together.
        redials: Attempts to open a new road over the whole conversation. How many in a row, and how
            far apart, says `Backoff`.
    """

    max_frame_bytes: int = _at_least(1, 16 * 2**20)
    setup_s: float = _positive(10.0)
    hearing_s: float = _positive(3.0)
    tool_s: float = _positive(30.0)
    created_s: float = _positive(10.0)
    cancelled_s: float = _positive(5.0)
    silence_s: float = _positive(60.0)
    warning_s: float = _positive(60.0)
    margin_s: float = _positive(5.0)
    held_audio_ms: int = _at_least(0, 10_000)
    held_commands: int = _at_least(0, 64)
    pending_calls: int = _at_least(1, 64)
    queued_responses: int = _at_least(1, 8)
    caused_errors: int = _at_least(1, 256)
    transcript_bytes: int = _at_least(1, 2**20)
    history_items: int = _at_least(1, 1_000)
    history_bytes: int = _at_least(1, 4 * 2**20)
    redials: int = _at_least(0, 64)


DEFAULT_LIMITS: Final = Limits()
