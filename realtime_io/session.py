"""One live conversation: what `voice.connect()` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_proto.commands import (
    ClearAudio,
    CommitAudio,
    EndAudio,
    Interrupt,
    Played,
    SendAudio,
    SendText,
)

if TYPE_CHECKING:
    from realtime_io._driver import Driver
    from realtime_proto.events import VoiceEvent
    from realtime_proto.formats import AudioFormat

__all__ = ("VoiceSession",)


class VoiceSession:
    """A conversation that is set up and can be spoken to. Made by `RealtimeVoice.connect()`.

    Iterating over it gives every event, speech included, until the session ends. Events are kept
    for iteration from its first use on; one task iterates.

    Every `send_*` waits while the connection is behind, so a fast producer is slowed down rather
    than buffered. Each raises ConnectionLost once the session is over and LocalProtocolError where
    the protocol forbids it now; a send that raises or is cancelled has sent nothing.
    """

    def __init__(self, driver: Driver, *, owner: object = None) -> None:
        self._driver = driver
        self._owner = owner  # kept alive for as long as the session is in use

    @property
    def is_active(self) -> bool:
        """Whether the session can still be spoken to."""
        return self._driver.is_active

    @property
    def session_id(self) -> str | None:
        """The server's id of the session, where it gives one."""
        return None if self._driver.ready is None else self._driver.ready.session_id

    @property
    def model(self) -> str | None:
        """The model that answers."""
        return None if self._driver.ready is None else self._driver.ready.model

    @property
    def input_format(self) -> AudioFormat:
        """How the audio given to `send_audio` must look."""
        return self._driver.conversation.capabilities.input_format

    @property
    def output_format(self) -> AudioFormat:
        """How the audio given to `on_audio` looks."""
        return self._driver.conversation.capabilities.output_format

    @property
    def dropped_audio_ms(self) -> int:
        """How much audio of `push_audio` was never sent, because the connection was behind."""
        return self._driver.dropped_audio_ms

    async def send_audio(self, data: bytes) -> None:
        """Send a piece of the user's voice, all of it; waits while 2 s of audio are not sent yet.

        Args:
            data: PCM16 little-endian mono at `input_format.rate_hz`, split anywhere; 20 to 200 ms
                is a good size.
        """
        await self._driver.send(SendAudio(data))

    def push_audio(self, data: bytes) -> None:
        """Send a piece of what a microphone hears now. Does not wait, and may be called anywhere.

        When the connection is behind, at most 2 s are kept: the oldest is dropped, and counted in
        `dropped_audio_ms`, so that what is heard after a stall is what is said then. For audio that
        must arrive whole, such as a file, take `send_audio`.

        Args:
            data: As for `send_audio`.

        Raises:
            ConnectionLost: The session is over.
            LocalProtocolError: It is not bytes, or over 8 MiB.
        """
        self._driver.hear(data)

    async def send_text(self, text: str) -> None:
        """Say something as the user, in writing; the model answers it."""
        await self._driver.send(SendText(text))

    async def commit_audio(self) -> None:
        """End the user's turn and have it answered. Only with `VADMode.MANUAL`."""
        await self._driver.send(CommitAudio())

    async def end_audio(self) -> None:
        """Say that the microphone is off: what was said until here is a whole turn."""
        await self._driver.send(EndAudio())

    async def clear_audio(self) -> None:
        """Forget the audio sent since the last turn. Only where the provider can."""
        await self._driver.send(ClearAudio())

    async def interrupt(self) -> None:
        """Stop the assistant: what was not heard yet is cut off."""
        await self._driver.send(Interrupt())

    async def played(self, item_id: str, ms: int) -> None:
        """Say how much of an item has come out of the loudspeaker, for exact interruptions.

        Args:
            item_id: As in `AudioChunk.item_id`.
            ms: Milliseconds since the item's beginning.
        """
        await self._driver.send(Played(item_id=item_id, ms=ms))

    async def aclose(self) -> None:
        """Hang up now. Iteration ends, and nothing can be sent any more."""
        await self._driver.aclose()

    def __aiter__(self) -> VoiceSession:
        self._driver.iterate()
        return self

    async def __anext__(self) -> VoiceEvent:
        event = await self._driver.iterate().take()
        if event is None:
            raise StopAsyncIteration
        self._driver.delivered(event)
        return event
