"""Turns of Gemini Live, which have no names on the wire: numbered here, the model's and the user's.

A turn of the model is one response and one item; see `_dialect` for what opens and closes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_proto.events import AudioChunk, ResponseDone, ResponseStarted
from realtime_proto.history import HistoryItem

if TYPE_CHECKING:
    from realtime_proto.dialect import Effects

__all__ = ("Turns",)


class Turns:
    """The turns of one conversation, over all its connections.

    Attributes:
        turn_id: The model's open turn. None: none is open.
        last_id: The model's open turn, or the last one: what counts come for.
        is_generating: The open turn has more to come.
        has_audio_in: The user's audio was sent since the last turn opened.
    """

    def __init__(self) -> None:
        self.turn_id: str | None = None
        self.last_id = "turn_0"
        self.is_generating = False
        self.has_audio_in = False
        self._n_turns = 0
        self._n_user = 0
        self._user_id: str | None = None
        self._user_has_words = False
        self._user_is_late = False
        self._has_user = False  # the next turn answers words that came
        self._turn_lacks_user = False
        self._drops_audio = False
        self._was_interrupted = False
        self._has_audio = False
        self._text_is_open = False
        self._is_spoken = True

    @property
    def is_user_open(self) -> bool:
        """Whether words of the user came that are not answered yet."""
        return self._user_has_words

    # --- the user

    def user_id(self, fx: Effects) -> str:
        """The id of what the user says now."""
        if self._user_id is None:
            self._n_user += 1
            while f"user_{self._n_user}" in fx.history:
                self._n_user += 1
            self._user_id = f"user_{self._n_user}"
        return self._user_id

    def heard(self, text: str, fx: Effects, *, is_finished: bool) -> None:
        """Words of the user were understood."""
        if text:
            item_id = self.user_id(fx)
            if not self._user_has_words:
                self._place_user(item_id, fx)
            self._user_has_words = True
            fx.say(text, item_id=item_id, speaker="user")
        if is_finished:
            self.finish_user(fx)

    def _place_user(self, item_id: str, fx: Effects) -> None:
        # Late words: of what is being answered, or was just answered, without them.
        is_late = self._turn_lacks_user and not self._was_interrupted
        item = HistoryItem(item_id=item_id, status="in_progress", is_spoken=True)
        fx.history.insert(item, before=self.last_id if is_late else None)
        self._user_is_late = is_late
        if is_late:
            self._turn_lacks_user = False

    def user_wrote(self, text: str, fx: Effects) -> None:
        """The user sent a text."""
        self.finish_user(fx)
        fx.history.insert(HistoryItem(item_id=self.user_id(fx), text=text))
        self._user_id = None
        self._turn_lacks_user = False
        self._has_user = True

    def finish_user(self, fx: Effects) -> None:
        """What the user said is complete."""
        if self._user_has_words and self._user_id is not None:
            fx.finish(None, item_id=self._user_id, speaker="user")
            self._has_user = self._has_user or not self._user_is_late
            self._user_id = None
            self._user_has_words = False

    # --- the model

    def open(self, fx: Effects) -> str:
        """The model begins, or goes on. Gives the turn's id."""
        if self.turn_id is None:
            self.finish_user(fx)
            self._n_turns += 1
            while f"turn_{self._n_turns}" in fx.history:
                self._n_turns += 1
            self.turn_id = self.last_id = f"turn_{self._n_turns}"
            self._turn_lacks_user = self.has_audio_in and not self._has_user
            self.has_audio_in = self._has_user = False
            self.is_generating = True
            self._drops_audio = self._was_interrupted = self._has_audio = False
            self._text_is_open = False
            fx.emit(ResponseStarted(response_id=self.turn_id))
        return self.turn_id

    def speak(self, data: bytes, fx: Effects) -> None:
        """A piece of the model's voice."""
        turn_id = self.turn_id or self.open(fx)
        if not self._drops_audio:
            self._has_audio = True
            fx.emit_audio(data, item_id=turn_id, response_id=turn_id)

    def transcribe(self, text: str, fx: Effects, *, is_spoken: bool = True) -> None:
        """More of the model's words."""
        turn_id = self.open(fx)
        if not self._text_is_open:
            item = HistoryItem(
                item_id=turn_id, role="assistant", status="in_progress", is_spoken=is_spoken
            )
            fx.history.insert(item)
        self._text_is_open = True
        self._is_spoken = is_spoken
        fx.say(
            text,
            item_id=turn_id,
            speaker="assistant",
            response_id=turn_id,
            is_spoken=is_spoken,
        )

    def interrupted(self, fx: Effects) -> None:
        """The model was cut off: by the server, or by us."""
        if self.turn_id is not None:
            self._drops_audio = self._was_interrupted = True
            self.is_generating = False
        fx.interrupt_playback()
        self._finish_text(fx)

    def generated(self, fx: Effects) -> None:
        """All there is to say was said."""
        if self.is_generating and self._has_audio and not self._drops_audio:
            turn_id = self.turn_id
            fx.emit(AudioChunk(data=b"", is_final=True, item_id=turn_id, response_id=turn_id))
        self.is_generating = False
        self._finish_text(fx)

    def complete(self, reason: str | None, fx: Effects) -> None:
        """The turn is over."""
        self.finish_user(fx)
        if self.turn_id is None:
            return
        self.generated(fx)
        status = "cancelled" if self._was_interrupted else "completed"
        reason = reason or ("interrupted" if self._was_interrupted else None)
        self._done(self.turn_id, status, reason, fx)

    def break_off(self, fx: Effects) -> None:
        """The connection is gone in the middle of it."""
        self.finish_user(fx)
        self._user_id = None
        if self.turn_id is not None:
            self.is_generating = False
            self._finish_text(fx)
            self._done(self.turn_id, "incomplete", "connection_lost", fx)

    def _done(self, turn_id: str, status: str, reason: str | None, fx: Effects) -> None:
        fx.emit(ResponseDone(response_id=turn_id, status=status, reason=reason))
        self.turn_id = None

    def _finish_text(self, fx: Effects) -> None:
        if self._text_is_open and self.turn_id is not None:
            self._text_is_open = False
            fx.finish(None, item_id=self.turn_id, speaker="assistant", is_spoken=self._is_spoken)
