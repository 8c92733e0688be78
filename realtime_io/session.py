"""One live conversation: what `voice.connect()` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import attrs

from realtime_io._turns import Turn, TurnBuilder
from realtime_proto.commands import (
    ClearAudio,
    CommitAudio,
    EndAudio,
    Interrupt,
    Played,
    SendImage,
    SendText,
    SendWire,
    UpdateSession,
    VoiceCommand,
)
from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_io._driver import Driver
    from realtime_proto.config import RealtimeConfig
    from realtime_proto.events import VoiceEvent
    from realtime_proto.formats import AudioFormat
    from realtime_proto.history import History
    from realtime_proto.resume import ResumeState
    from realtime_proto.usage import TurnMetrics, Usage

__all__ = ("VoiceSession",)


class VoiceSession:
    """A conversation that is set up and can be spoken to. Made by `RealtimeVoice.connect()`.

    Iterating over it gives every event, speech included, until the session ends; `turns()` gives
    whole exchanges instead. Events are kept for iteration from its first use on; one task iterates,
    in one of the two ways.

    Every `send_*` waits while the connection is behind, so a fast producer is slowed down rather
    than buffered. Each raises ConnectionLost once the session is over and LocalProtocolError where
    the protocol forbids it now; a send that raises or is cancelled has sent nothing.
    """

    def __init__(self, driver: Driver, *, owner: object = None) -> None:
        self._driver = driver
        self._owner = owner  # kept alive for as long as the session is in use

    @property
    def is_active(self) -> bool:
        """Whether the session can still be spoken to. While it reconnects, it can."""
        return self._driver.is_active

    @property
    def session_id(self) -> str | None:
        """The server's id of the session, where it gives one."""
        return self._driver.session_id

    @property
    def model(self) -> str | None:
        """The model that answers."""
        return None if self._driver.ready is None else self._driver.ready.model

    @property
    def config(self) -> RealtimeConfig:
        """The settings in force."""
        return self._driver.conversation.config

    @property
    def input_format(self) -> AudioFormat:
        """How the audio given to `send_audio` must look."""
        return self._driver.conversation.capabilities.input_format

    @property
    def output_format(self) -> AudioFormat:
        """How the audio given to `on_audio` looks."""
        return self._driver.conversation.capabilities.output_format

    @property
    def history(self) -> History:
        """Who said what so far, in order, without audio. It changes while the session goes on;
        `history.save()` keeps it, and `connect(history=...)` begins another session with it.
        """
        return self._driver.conversation.history

    @property
    def usage(self) -> Usage:
        """What was used so far, by modality, over all connections."""
        return self._driver.conversation.usage

    @property
    def metrics(self) -> TurnMetrics | None:
        """How long the user waited for the last answer; None before the first."""
        return self._driver.metrics

    @property
    def resume_state(self) -> ResumeState:
        """Where the conversation stands, for `connect(resume=...)`, in another process too."""
        return self._driver.conversation.resume_state

    @property
    def dropped_audio_ms(self) -> int:
        """How much audio of `push_audio` was never sent, because the connection was behind."""
        return self._driver.dropped_audio_ms

    # --- to the model

    async def send_audio(
        self, data: bytes | bytearray | memoryview, *, rate_hz: int | None = None
    ) -> None:
        """Send a piece of the user's voice, all of it; waits while 2 s of audio are not sent yet.

        It goes out in frames of 100 to 200 ms; what is less waits 100 ms at most for the rest.

        Args:
            data: PCM16 little-endian mono, split anywhere; 20 to 200 ms is a good size.
            rate_hz: Its sample rate; None: `RealtimeConfig.input_rate_hz`, or `input_format`. Where
                the server takes another, it is resampled, for which the extra `audio` is needed.

        Raises:
            ConfigurationError: It cannot be resampled. Nothing was sent.
        """
        await self._driver.send_audio(data, rate_hz=rate_hz)

    def push_audio(
        self, data: bytes | bytearray | memoryview, *, rate_hz: int | None = None
    ) -> None:
        """Send a piece of what a microphone hears now. Does not wait, and may be called anywhere,
        as in the thread in which a library for microphones calls back.

        When the connection is behind, at most 2 s are kept: the oldest is dropped, and counted in
        `dropped_audio_ms`, so that what is heard after a stall is what is said then. For audio that
        must arrive whole, such as a file, take `send_audio`.

        Args:
            data: As for `send_audio`.
            rate_hz: As for `send_audio`.

        Raises:
            ConnectionLost: The session is over.
            LocalProtocolError: It is not bytes, or over 8 MiB.
            ConfigurationError: It cannot be resampled.
        """
        self._driver.hear(data, rate_hz=rate_hz)

    async def send_text(self, text: str) -> None:
        """Say something as the user, in writing; the model answers it."""
        await self._driver.send(SendText(text))

    async def send_image(
        self, data: bytes | bytearray | memoryview, mime_type: str = "image/jpeg"
    ) -> None:
        """Show the model a picture. It is not answered by itself: say something about it.

        Args:
            data: The file's bytes.
            mime_type: "image/jpeg", "image/png", or, where the provider takes it, "image/webp".
        """
        await self._driver.send(SendImage(data=data, mime_type=mime_type))

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

    async def update(self, **changes: Any) -> None:
        """Change settings while the session goes on: `await session.update(instructions="...")`.

        Args:
            changes: Fields of RealtimeConfig and their new values; the others stay.

        Raises:
            ConfigurationError: There is no such field, a value is not what it must be, or the
                provider cannot change it in a running session. Nothing was changed.
        """
        try:
            config = attrs.evolve(self.config, **changes)
        except TypeError:
            names = {attribute.name for attribute in attrs.fields(type(self.config))}
            unknown = ", ".join(sorted(changes.keys() - names))
            raise ConfigurationError(f"RealtimeConfig has no field {unknown}") from None
        await self._driver.send(UpdateSession(config))

    async def send(self, command: VoiceCommand | Any) -> None:
        """Send a command of `realtime_proto.commands`, or one of the provider's own client events.

        With it everything that the wire has is within reach.
        """
        is_command = isinstance(command, VoiceCommand)
        await self._driver.send(command if is_command else SendWire(command))

    async def aclose(self) -> None:
        """Hang up now. Iteration ends, and nothing can be sent any more."""
        await self._driver.aclose()

    # --- from the model

    def turns(self) -> AsyncIterator[Turn]:
        """Whole exchanges from now on, each when its answer is complete, until the session ends.

        It takes the events that iteration would give; who wants both looks at the events.
        """
        return _Turns(self)

    def __aiter__(self) -> VoiceSession:
        self._driver.iterate()
        return self

    async def __anext__(self) -> VoiceEvent:
        event = await self._driver.iterate().take()
        if event is None:
            raise StopAsyncIteration
        self._driver.delivered(event)
        return event


class _Turns:
    """No asynchronous generator: one left in the middle has to be closed by hand on trio."""

    def __init__(self, session: VoiceSession) -> None:
        self._events = aiter(session)
        self._builder = TurnBuilder(session.history)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Turn:
        while True:
            turn = self._builder.add(await anext(self._events))
            if turn is not None:
                return turn
