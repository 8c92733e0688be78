"""Writes the recording of a conversation to a file, while the conversation goes on.

The file is made for this recording alone (an existing one is never touched) and for its owner's
eyes alone. A line is handed to the system as soon as there is one, so that a process that is killed
leaves everything up to its last whole line. Audio may go to WAV files beside it, each piece before
the line that refers to it. When writing fails, the disk is full, say, the recording ends and the
conversation does not: the error is kept and told once.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from realtime_io._files import NewFile
from realtime_io.sidecar import SUFFIX, SidecarWriter
from realtime_proto.errors import ConfigurationError, RecordingError
from realtime_proto.recording import Journaled
from realtime_proto.redaction import Redactor
from realtime_proto.sidecar import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from realtime_proto.conversation import Conversation
    from realtime_proto.formats import AudioFormat
    from realtime_proto.recording import AudioPolicy
    from realtime_proto.sidecar import AudioDirection

__all__ = ("Recorder",)

MAX_NUMBER: Final = 99_999
"""Recordings in one folder that are named by number."""


class Recorder:
    """Records one conversation. Hand it to `connect(record=...)`, which enters it as a context.

    Args:
        path: The file to make; or a folder that exists, where the file is called
            "conversation-1.rtc.jsonl" and so on.
        audio: "inline" keeps the audio, "sidecar" keeps it in WAV files beside the file, "dropped"
            keeps its length and hash.
        redact: Regular expressions of what to take out beside what looks like a credential.

    Raises:
        ConfigurationError: A value is not what it must be. Nothing was made.

    Attributes:
        path: The file; of a folder, once the recording has begun.
        failure: Why the recording ended before the conversation, None where it did not.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        audio: AudioPolicy = "inline",
        redact: Iterable[str] = (),
    ) -> None:
        try:
            self.path: str = os.fspath(path)
        except TypeError:
            raise ConfigurationError(
                f"record is a path or a Recorder, not {type(path).__name__}"
            ) from None
        if audio not in ("inline", "sidecar", "dropped"):
            raise ConfigurationError(
                f'audio is "inline", "sidecar" or "dropped", not {audio!r:.40}'
            )
        self.failure: RecordingError | None = None
        self._n_closed = 0
        self._audio: AudioPolicy = audio
        self._redactor = Redactor(redact)
        self._file: NewFile | None = None
        self._sidecar: SidecarWriter | None = None
        self._has_begun = False
        self._on_failure: Callable[[RecordingError], None] | None = None

    def __enter__(self) -> Self:
        """Make the file.

        Raises:
            RecordingError: There is one already, or this recorder was used before. Where the file
                cannot be made for another reason, that is the recording's `failure`.
        """
        if self._has_begun:
            raise RecordingError("a Recorder records one conversation: make another one")
        self._has_begun = True
        try:
            self._file = self._make()
        except FileExistsError:
            self._has_begun = False
            raise RecordingError(f"{self.path} exists already: it is not overwritten") from None
        except (OSError, ValueError) as exc:  # a path with a null character is a ValueError
            self._fail(exc)
        if self._audio == "sidecar" and self._file is not None:
            self._sidecar = SidecarWriter(self.path)
        return self

    def __exit__(self, *_: object) -> None:
        had_file, was_used = self._file is not None, self._on_failure is not None
        self._close()
        if had_file and not was_used:  # no connection came about: the name is free again
            with suppress(OSError):
                os.unlink(self.path)

    def attach(
        self, conversation: Conversation, on_failure: Callable[[RecordingError], None]
    ) -> Journaled[Conversation]:
        """Take the journal of *conversation*.

        Args:
            conversation: Fresh.
            on_failure: Called at most once, with what ended the recording.
        """
        self._on_failure = on_failure
        if self.failure is not None:
            on_failure(self.failure)
        return Journaled(
            conversation,
            self._write,
            audio=self._audio,
            redactor=self._redactor,
            store=self._store,
        )

    @property
    def n_bytes(self) -> int:
        """How much was written, with the WAV files."""
        return self._n_closed + sum(
            part.n_bytes for part in (self._file, self._sidecar) if part is not None
        )

    def _make(self) -> NewFile:
        if not os.path.isdir(self.path):
            return NewFile(self.path)
        folder = self.path
        for number in range(1, MAX_NUMBER + 1):
            self.path = os.path.join(folder, f"conversation-{number}{SUFFIX}")
            try:
                return NewFile(self.path)
            except FileExistsError:
                continue
        raise OSError(f"{MAX_NUMBER} recordings are in {folder} already")

    def _write(self, line: str) -> None:
        if self._file is None:
            return
        try:
            self._file.append(f"{line}\n".encode())
        except OSError as exc:
            self._fail(exc)
            self._close()

    def _store(self, data: bytes, direction: AudioDirection, audio_format: AudioFormat) -> Place:
        if self._sidecar is None:
            return _NOWHERE
        try:
            return self._sidecar(data, direction, audio_format)
        except OSError as exc:
            self._fail(exc, f"the audio of the {direction}: ")
            self._close()
            return _NOWHERE

    def _close(self) -> None:
        for part in (self._sidecar, self._file):
            if part is None:
                continue
            try:
                part.close()
            except OSError as exc:
                self._fail(exc)
            self._n_closed += part.n_bytes
        self._sidecar = self._file = None

    def _fail(self, exc: OSError | ValueError, what: str = "") -> None:
        if self.failure is None:
            reason = getattr(exc, "strerror", None) or str(exc)
            self.failure = RecordingError(f"the recording {self.path} ended: {what}{reason}")
            if self._on_failure is not None:
                self._on_failure(self.failure)


_NOWHERE: Final = Place(file="", offset=0)
"""Where audio is once the recording has ended: nothing refers to it any more."""
