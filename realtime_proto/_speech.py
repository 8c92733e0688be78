"""Speech that goes on: what is the same in frame after frame of an answer is understood once.

The wire level knows of a frame that it is like an event it gave before, but for its audio
(`Connection.like`). What becomes of audio that comes so, a dialect says once, as a function (its
`voice`); from then on there is only the audio to hand over. The event, of four objects inside each
other on some wires, is never made, and its fields are not looked at again.

What comes of it is what `Dialect.event` would have made of the event. A dialect without a `voice`,
or that has none for such events, is given the events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_proto._desk import Desk
    from realtime_proto.dialect import Dialect, Effects

__all__ = ("Speech", "Voice")

Voice: TypeAlias = "Callable[[bytes, Effects], None]"
"""What becomes of the audio of events that are alike."""


class Speech:
    """Follows the speech of one conversation."""

    __slots__ = ("_desk", "_like", "_voice", "_voice_of")

    def __init__(self, desk: Desk, dialect: Dialect) -> None:
        self._desk = desk
        self._voice_of: Callable[[Any], Voice | None] = getattr(dialect, "voice", _no_voice)
        self._like: Any = None
        self._voice: Voice | None = None

    def goes_on(self, frame: str | bytes | memoryview) -> bool:
        """Whether *frame* was more of the same speech, and is done with; else nothing was done."""
        desk = self._desk
        wire = desk.wire
        like = wire.like
        if like is not self._like:
            self._like = like
            self._voice = None if like is None else self._voice_of(like)
        if self._voice is None:
            return False
        data = wire.audio_in(frame)
        if data is None:
            return False
        desk.trace.received((like,), len(frame))
        self._voice(data, desk)
        return True


def _no_voice(event: Any) -> None:
    return None
