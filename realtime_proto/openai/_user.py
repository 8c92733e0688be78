"""The user's side of an OpenAI Realtime session: speech, turns, transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from realtime_proto.config import BargeIn
from realtime_proto.events import SpeechStarted, SpeechStopped
from realtime_proto.openai._mirror import transcription_usage

if TYPE_CHECKING:
    from realtime_proto.dialect import Effects
    from realtime_proto.openai._responses import Responses
    from realtime_proto.openai.events import ConversationItemInputAudioTranscriptionCompleted

__all__ = ("User",)


class User:
    """What the server heard of the user on one connection.

    Args:
        responses: What is said to him meanwhile.

    Attributes:
        is_speaking: Between the beginning of speech and its end.
        is_turn_taken: The server's detection found a turn, and answers it by itself.
    """

    __slots__ = ("_responses", "_was_turn", "is_speaking", "is_turn_taken")

    def __init__(self, responses: Responses) -> None:
        self.is_speaking = False
        self.is_turn_taken = False
        self._responses = responses
        self._was_turn = False

    def started(self, item_id: str | None, at_ms: int | None, fx: Effects) -> None:
        """Speech begins."""
        self.is_speaking = True
        fx.emit(SpeechStarted(item_id=item_id, at_ms=at_ms))
        if fx.user_began(is_answering=not self._responses.arbiter.is_idle):
            self._responses.cut(fx)

    def stopped(self, item_id: str | None, at_ms: int | None, fx: Effects) -> None:
        """Speech ends."""
        self.is_speaking = False
        self.is_turn_taken = self._was_turn = fx.user_stopped()
        fx.emit(SpeechStopped(item_id=item_id, at_ms=at_ms))

    def committed(self, fx: Effects) -> None:
        """The audio became an item."""
        if fx.config.barge_in is BargeIn.TENTATIVE and self._was_turn:
            # The server was told not to answer by itself.
            self._was_turn = self.is_turn_taken = False
            self._responses.want(fx)

    def answered(self) -> None:
        """A response began."""
        self.is_turn_taken = False

    def heard(self, text: str, item_id: str, fx: Effects) -> None:
        """More words of an item."""
        fx.say(text, item_id=item_id, speaker="user")
        if fx.user_said(text):
            self._responses.cancel(fx)
            self._responses.cut(fx)

    def transcribed(
        self, event: ConversationItemInputAudioTranscriptionCompleted, fx: Effects
    ) -> None:
        """All words of an item."""
        if event.status == "in_progress":
            return  # the server repeats the whole of what it has understood so far
        fx.finish(event.transcript.strip(), item_id=event.item_id, speaker="user")
        if event.usage is not None:
            raw = attrs.asdict(event.usage)
            fx.used(event.item_id, transcription_usage(event.usage, raw))
