"""What the application says while there is nobody to say it to: kept in order, bounded.

Before a first session is ready, too much is the caller's mistake and refused. While a lost
connection is sought again, the microphone runs on and cannot be asked to wait: then the oldest
audio goes, and is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_proto._checks import check_command
from realtime_proto.commands import SendAudio
from realtime_proto.errors import LocalProtocolError

if TYPE_CHECKING:
    from realtime_proto.commands import VoiceCommand
    from realtime_proto.formats import AudioFormat
    from realtime_proto.limits import Limits

__all__ = ("HeldCommands",)


class HeldCommands:
    """Commands that wait for a session.

    Attributes:
        commands: What waits, in order.
        dropped_bytes: Audio that went because there was too much.
    """

    __slots__ = ("_audio_bytes", "_format", "_limits", "commands", "dropped_bytes")

    def __init__(self, audio_format: AudioFormat, limits: Limits) -> None:
        self._format = audio_format
        self._limits = limits
        self.commands: list[VoiceCommand] = []
        self._audio_bytes = 0
        self.dropped_bytes = 0

    def add(self, command: VoiceCommand, *, drops_oldest: bool) -> None:
        """Keep a command.

        Raises:
            LocalProtocolError: There are too many, or it is none; it was not kept.
        """
        check_command(command)
        limits = self._limits
        if isinstance(command, SendAudio):
            n_bytes = self._audio_bytes + len(command.data)
            if self._format.duration_ms(n_bytes) > limits.held_audio_ms:
                if not drops_oldest:
                    raise LocalProtocolError(
                        f"more than {limits.held_audio_ms} ms of audio before the session is ready"
                    )
                self._drop(self._format.bytes_for_ms(limits.held_audio_ms) - len(command.data))
            self._audio_bytes += len(command.data)
        elif sum(not isinstance(c, SendAudio) for c in self.commands) >= limits.held_commands:
            raise LocalProtocolError("too many commands before the session is ready")
        self.commands.append(command)

    def take(self) -> list[VoiceCommand]:
        """All of them, in order. None is left."""
        commands, self.commands = self.commands, []
        self._audio_bytes = 0
        return commands

    def _drop(self, left_bytes: int) -> None:
        kept: list[VoiceCommand] = []
        for command in self.commands:
            if isinstance(command, SendAudio) and self._audio_bytes > left_bytes:
                self._audio_bytes -= len(command.data)
                self.dropped_bytes += len(command.data)
            else:
                kept.append(command)
        self.commands = kept
