"""Hands what a conversation sends to the socket of the current road, no sooner than it can go out.

What the socket has cannot be overtaken any more. So it is given a batch when it has sent what it
had, and everything else waits where it is kept in order (_outgoing). There is a task for that only
while something waits. Between two roads frames are dropped, for the conversation says again what
must be said; what a microphone gives is kept, 2 s of it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from realtime_io._outgoing import MAX_BYTES, Outgoing
from realtime_proto.commands import (
    ClearAudio,
    CommitAudio,
    EndAudio,
    SendAudio,
    SendWire,
    VoiceCommand,
)
from realtime_proto.errors import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from anyio.abc import TaskGroup

    from realtime_io._websocket import WebSocket
    from realtime_proto.formats import AudioFormat

__all__ = ("BEHIND_AUDIO", "Sender")

BEHIND_AUDIO: Final = (CommitAudio, EndAudio, ClearAudio, SendWire)
"""What is about the audio before it, or may be: it must not go first."""


class Sender:
    """The way from a conversation to its socket.

    Args:
        audio_format: Of the samples that a microphone gives.
        speak: Called with samples when a frame made of them can go out.
        changed: Called when there is room again.
    """

    def __init__(
        self,
        audio_format: AudioFormat,
        *,
        speak: Callable[[bytes], object],
        changed: Callable[[], object],
    ) -> None:
        self._outgoing = Outgoing(audio_format)
        self._speak = speak
        self._changed = changed
        self._socket: WebSocket | None = None
        self._tasks: TaskGroup | None = None
        self._is_catching_up = False

    @property
    def dropped_ms(self) -> int:
        """How much of what the microphone gave was dropped."""
        return self._outgoing.dropped_ms

    def has_room(self, *, for_audio: bool) -> bool:
        """Whether a producer that can wait need not."""
        return self._outgoing.has_room(for_audio=for_audio)

    def take_road(self, socket: WebSocket, tasks: TaskGroup) -> None:
        """From here on, this is where things go.

        Args:
            socket: Open.
            tasks: Where to have what waits handed on.
        """
        self._socket = socket
        self._tasks = tasks
        if self._outgoing.is_waiting:
            self._need_to_catch_up()

    def lose_road(self) -> None:
        """Forget what was for the road that is gone."""
        self._socket = None
        self._outgoing.drop()

    def send(self, frames: list[str], command: VoiceCommand | None) -> None:
        """Send frames, or queue them.

        Args:
            frames: In order.
            command: What they are the frames of; None: of something that overtakes audio.
        """
        if self._socket is None:
            return
        if isinstance(command, SendAudio):
            self._outgoing.put_audio(frames, n_pcm_bytes=len(command.data))
        elif isinstance(command, BEHIND_AUDIO):
            self._outgoing.put_behind_audio(frames)
        else:
            self._outgoing.put(frames)
        if self._socket.is_idle:
            self._post(self._outgoing.take())
        if not self._outgoing.is_empty:
            self._need_to_catch_up()

    def hear(self, samples: bytes) -> None:
        """Send what a microphone gave, or keep it, as long as it is of use."""
        self._outgoing.hear(samples)
        if self._socket is None:
            return
        if self._outgoing.is_empty and self._socket.is_idle:
            self.speak()
        else:
            self._need_to_catch_up()

    def speak(self) -> None:
        """Make what the microphone gave into a frame."""
        samples = self._outgoing.take_samples()
        if samples:
            self._speak(samples)

    def flush(self) -> None:
        """Hand on all that waits, before the goodbye."""
        self._post(self._outgoing.take(max_bytes=MAX_BYTES))

    def _post(self, frames: Iterable[str]) -> None:
        if self._socket is not None:
            with suppress(ConnectionLost):  # the reader is about to say why
                self._socket.post_now(*frames)

    def _need_to_catch_up(self) -> None:
        if self._tasks is not None and not self._is_catching_up:
            self._is_catching_up = True
            self._tasks.start_soon(self._catch_up, name="realtime_io sender")

    async def _catch_up(self) -> None:
        while self._outgoing.is_waiting and self._socket is not None:
            socket = self._socket
            try:
                await socket.idle()
            except ConnectionLost:
                if socket is self._socket:
                    break  # the reader is about to notice
                continue
            if self._outgoing.is_empty:
                self.speak()
            self._post(self._outgoing.take())
            self._changed()
        self._is_catching_up = False
