"""Writes the recording of a conversation to a file, while the conversation goes on.

The file is made for this recording alone (an existing one is never touched) and for its owner's
eyes alone. A line is handed to the system as soon as there is one, so that a process that is killed
leaves everything up to its last whole line. When writing fails, the disk is full, say, the
recording ends and the conversation does not: the error is kept and told once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

from realtime_proto.errors import ConfigurationError, RecordingError
from realtime_proto.recording import Journaled
from realtime_proto.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from realtime_proto.conversation import Conversation
    from realtime_proto.recording import AudioPolicy

__all__ = ("SUFFIX", "Recorder", "make_file")

SUFFIX: Final = ".rtc.jsonl"

MAX_NUMBER: Final = 99_999
"""Recordings in one folder that are named by number."""


class Recorder:
    """Records one conversation. Hand it to `connect(record=...)`, which enters it as a context.

    Args:
        path: The file to make; or a folder that exists, where the file is called
            "conversation-1.rtc.jsonl" and so on.
        audio: "inline" keeps the audio, "dropped" its length and hash.
        redact: Regular expressions of what to take out beside what looks like a credential.

    Raises:
        ConfigurationError: A value is not what it must be. Nothing was made.

    Attributes:
        path: The file; of a folder, once the recording has begun.
        failure: Why the recording ended before the conversation, None where it did not.
        n_bytes: How much was written.
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
        if audio not in ("inline", "dropped"):
            raise ConfigurationError(f'audio is "inline" or "dropped", not {audio!r:.40}')
        self.failure: RecordingError | None = None
        self.n_bytes: int = 0
        self._audio: AudioPolicy = audio
        self._redactor = Redactor(redact)
        self._file: int | None = None
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
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

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
        return Journaled(conversation, self._write, audio=self._audio, redactor=self._redactor)

    def _make(self) -> int:
        if not os.path.isdir(self.path):
            return make_file(self.path)
        folder = self.path
        for number in range(1, MAX_NUMBER + 1):
            self.path = os.path.join(folder, f"conversation-{number}{SUFFIX}")
            try:
                return make_file(self.path)
            except FileExistsError:
                continue
        raise OSError(f"{MAX_NUMBER} recordings are in {folder} already")

    def _write(self, line: str) -> None:
        if self._file is None:
            return
        data = memoryview(f"{line}\n".encode())
        try:
            while data:
                n_written = os.write(self._file, data)
                self.n_bytes += n_written
                data = data[n_written:]
        except OSError as exc:
            self._fail(exc)
            self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                os.close(file)
            except OSError as exc:  # a network file system may say only here that it is full
                self._fail(exc)

    def _fail(self, exc: OSError | ValueError) -> None:
        if self.failure is None:
            reason = getattr(exc, "strerror", None) or str(exc)
            self.failure = RecordingError(f"the recording {self.path} ended: {reason}")
            if self._on_failure is not None:
                self._on_failure(self.failure)


def make_file(path: str) -> int:
    """A new file for its owner alone, open for writing. Raises OSError; FileExistsError if there
    is one.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
