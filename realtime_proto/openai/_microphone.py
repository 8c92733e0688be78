"""The input buffer of an OpenAI Realtime session: what was sent, what is committed, how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_proto.audio.pcm import silence
from realtime_proto.config import VADMode
from realtime_proto.errors import LocalProtocolError
from realtime_proto.formats import PCM16_24K
from realtime_proto.openai import events as wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_proto.dialect import Effects
    from realtime_proto.openai._responses import Responses

__all__ = ("Microphone",)

MIN_COMMIT_MS: Final = 100
"""The server refuses to commit less audio than this."""

SILENCE_DURATION_MS: Final = 500
"""The longest of the models' defaults for the silence that ends a turn."""

SEMANTIC_END_MS: Final = 4_000
"""How long semantic detection at its default eagerness waits at most."""

SILENCE_MARGIN_MS: Final = 300
"""Silence beyond that, so that the end is found inside of it."""


class Microphone:
    """What was sent of the user's voice on one connection.

    Args:
        say: Sends a client event under an id, which it gives.
        responses: A committed turn is to be answered.
    """

    __slots__ = ("_responses", "_say", "_uncommitted_bytes")

    def __init__(self, say: Callable[[Any, Effects], str], responses: Responses) -> None:
        self._say = say
        self._responses = responses
        self._uncommitted_bytes = 0

    @property
    def uncommitted_ms(self) -> int:
        """How much audio is no turn yet."""
        return PCM16_24K.duration_ms(self._uncommitted_bytes)

    def append(self, data: bytes, fx: Effects) -> None:
        """More audio. It is sent under no id of ours: hundreds would drive out what matters."""
        fx.transmit(wire.InputAudioBufferAppend(audio=data))
        self._uncommitted_bytes += len(data)

    def clear(self, fx: Effects) -> None:
        """What was not committed is not wanted."""
        self._say(wire.InputAudioBufferClear(), fx)
        self._uncommitted_bytes = 0

    def commit(self, fx: Effects) -> None:
        """The user's turn is over, and is to be answered.

        Raises:
            LocalProtocolError: The server ends the turns, or there is too little audio.
        """
        if fx.config.vad_mode is not VADMode.MANUAL:
            raise LocalProtocolError(
                "the server ends the user's turn by itself; commit_audio() is for VADMode.MANUAL"
            )
        ms = self.uncommitted_ms
        if ms < MIN_COMMIT_MS:
            raise LocalProtocolError(
                f"only {ms} ms of audio to commit; the server needs {MIN_COMMIT_MS} ms"
            )
        self._say(wire.InputAudioBufferCommit(), fx)
        self._uncommitted_bytes = 0
        self._responses.want(fx)

    def end(self, fx: Effects) -> None:
        """The microphone is off."""
        if fx.config.vad_mode is VADMode.MANUAL:
            if self.uncommitted_ms >= MIN_COMMIT_MS:
                self.commit(fx)
            return
        # This wire cannot say that the microphone is off: the server finds the end of speech in the
        # silence after it, and reckons in audio, not in time.
        silence_ms = SEMANTIC_END_MS
        if fx.config.vad_mode is VADMode.SERVER:
            silence_ms = fx.config.vad_silence_duration_ms or SILENCE_DURATION_MS
        data = silence(silence_ms + SILENCE_MARGIN_MS, PCM16_24K)
        fx.transmit(wire.InputAudioBufferAppend(audio=data))
