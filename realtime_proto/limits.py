"""What one conversation may hold at most, and how long it waits."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen, validators

__all__ = ("DEFAULT_LIMITS", "Limits")


def _positive(default: float) -> float:
    return field(default=default, validator=validators.gt(0))


@frozen(kw_only=True)
class Limits:
    """Bounds of one conversation.

    Args:
        max_frame_bytes: One WebSocket message, either way.
        setup_s: From an open connection to a session that is ready.
        hearing_s: How long the server may take, once the user's audio has ended, to show that it
            heard speech; then it heard none.
        tool_s: How long a tool call may stay unanswered; then the model is told that it timed out.
        held_audio_ms: Audio held before the session is ready.
        held_commands: Other commands held before the session is ready.
        pending_calls: Tool calls the model may have open at once.
        queued_responses: Responses asked for while another one is under way.
        transcript_bytes: One item's transcript; what goes beyond is not kept for the final text.
    """

    max_frame_bytes: int = field(default=16 * 2**20, validator=validators.gt(0))
    setup_s: float = _positive(10.0)
    hearing_s: float = _positive(3.0)
    tool_s: float = _positive(30.0)
    held_audio_ms: int = field(default=10_000, validator=validators.ge(0))
    held_commands: int = field(default=64, validator=validators.ge(0))
    pending_calls: int = field(default=64, validator=validators.gt(0))
    queued_responses: int = field(default=8, validator=validators.gt(0))
    transcript_bytes: int = field(default=2**20, validator=validators.gt(0))


DEFAULT_LIMITS: Final = Limits()
