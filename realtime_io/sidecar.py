"""The WAV files beside a recording: written while a conversation goes on, and read again.

`talk.rtc.jsonl` has its audio in `talk.input.wav` and `talk.output.wav`, what the model heard and
what it said, each made when there is something to put in. A file has one format, so audio in
another one, or beyond what a WAV file can hold, goes to `talk.input-2.wav` and so on; a name that
exists is passed over. A file's header says that its length is unknown until it is closed: after a
crash it still plays, to its end.

What a reader is told by a recording may come from anybody. It opens files of the recording's own
folder alone, no links, nothing but files, and it believes no header.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, Self

from attrs import define

from realtime_io._files import NewFile
from realtime_proto.audio.wav import MAX_WAV_BYTES, wav_header
from realtime_proto.errors import RecordingError
from realtime_proto.formats import AudioFormat
from realtime_proto.recording import read_journal
from realtime_proto.sidecar import Place, is_beside, name_beside

if TYPE_CHECKING:
    from realtime_proto.recording import Journal
    from realtime_proto.sidecar import AudioDirection

__all__ = ("SUFFIX", "SidecarReader", "SidecarWriter", "read_recording")

SUFFIX: Final = ".rtc.jsonl"

MAX_FILES: Final = 64
"""Sidecars of one recording: two for a conversation, and some for what changes in between."""

MAX_NUMBER: Final = 999
"""Names that are tried for one."""


def read_recording(path: str | os.PathLike[str]) -> Journal:
    """Read a recording, and its audio where that is in files beside it.

    Args:
        path: The file.

    Returns:
        The journal, ready for `replay_journal`. Where audio was in files, it is what it would be
        had the audio been inline.

    Raises:
        RecordingError: It cannot be read; or a file beside it is missing, cut, or another one.
    """
    try:
        folder = os.path.dirname(os.fspath(path))
    except TypeError:
        raise RecordingError(f"a recording is read from a path, not {path!r:.60}") from None
    try:
        with open(path, "rb") as file, SidecarReader(folder) as reader:
            return read_journal(file, audio_source=reader)
    except RecordingError as exc:
        raise RecordingError(f"{os.fspath(path)}: {exc.message}", line=exc.line) from None
    except (OSError, ValueError) as exc:  # a path with a null character is a ValueError
        reason = getattr(exc, "strerror", None) or str(exc)
        raise RecordingError(f"cannot read {os.fspath(path)}: {reason}") from None


class SidecarReader:
    """Reads the files beside a recording. A context: it closes them.

    Args:
        folder: The recording's own.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._files: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._files:
            os.close(self._files.popitem()[1])

    def __call__(self, file: str, offset: int, n_bytes: int) -> bytes:
        """What is in *file* at *offset*: *n_bytes*, or fewer where it ends before.

        Raises:
            RecordingError: There is no such file, or it cannot be read.
        """
        try:
            if file not in self._files:
                self._files[file] = self._open(file)
            return os.pread(self._files[file], n_bytes, offset)
        except (OSError, OverflowError) as exc:  # an offset beyond what the system can say
            reason = getattr(exc, "strerror", None) or str(exc)
            raise RecordingError(
                f"its audio is in {file}, which must be beside the recording and cannot be read: "
                f"{reason}"
            ) from None

    def _open(self, file: str) -> int:
        if not is_beside(file):
            raise OSError("it is no WAV file beside it")
        if len(self._files) >= MAX_FILES:
            raise OSError(f"a recording has at most {MAX_FILES} of them")
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        opened = os.open(os.path.join(self._folder, file), flags)
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            os.close(opened)
            raise OSError("it is no file")
        return opened


@define
class _Sidecar:
    """One file under way.

    Args:
        file: Open.
        name: Its name.
        audio_format: What is in it.
        n_bytes: Up to where it is whole: the header, and pieces of audio.
    """

    file: NewFile
    name: str
    audio_format: AudioFormat
    n_bytes: int


class SidecarWriter:
    """Writes the files beside a recording. A `Store` that may raise, and that must be closed.

    Args:
        path: The recording.

    """

    def __init__(self, path: str) -> None:
        self._n_closed = 0
        self._folder, name = os.path.split(path)
        self._stem = name.removesuffix(SUFFIX)
        self._current: dict[tuple[AudioDirection, AudioFormat], _Sidecar] = {}
        self._all: list[_Sidecar] = []

    def __call__(self, data: bytes, direction: AudioDirection, audio_format: AudioFormat) -> Place:
        """Write audio behind what there is of its direction and format.

        Raises:
            OSError: It cannot be written. Nothing refers to what was written of it.
        """
        sidecar = self._current.get((direction, audio_format))
        if sidecar is None or sidecar.n_bytes + len(data) > MAX_WAV_BYTES:
            sidecar = self._begin(direction, audio_format)
            self._current[direction, audio_format] = sidecar
        place = Place(file=sidecar.name, offset=sidecar.n_bytes)
        sidecar.file.append(data)
        sidecar.n_bytes += len(data)
        return place

    @property
    def n_bytes(self) -> int:
        """How much was written."""
        return self._n_closed + sum(sidecar.file.n_bytes for sidecar in self._all)

    def _begin(self, direction: AudioDirection, audio_format: AudioFormat) -> _Sidecar:
        if len(self._all) >= MAX_FILES:
            raise OSError(f"{MAX_FILES} files are beside it already")
        for number in range(1, MAX_NUMBER + 1):
            name = name_beside(self._stem, direction, number)
            try:
                file = NewFile(os.path.join(self._folder, name))
            except FileExistsError:
                continue
            header = wav_header(audio_format, None)
            sidecar = _Sidecar(file, name, audio_format, len(header))
            self._all.append(sidecar)
            file.append(header)
            return sidecar
        name = name_beside(self._stem, direction)
        raise OSError(f"{MAX_NUMBER} files named like {name} are there already")

    def close(self) -> None:
        """Close the files; their headers say how long they are.

        Raises:
            OSError: One could not be finished. All are closed.
        """
        failure: OSError | None = None
        self._current.clear()
        while self._all:
            try:
                self._finish(self._all.pop())
            except OSError as exc:
                failure = exc
        if failure is not None:
            raise failure

    def _finish(self, sidecar: _Sidecar) -> None:
        file, n_header = sidecar.file, len(wav_header(sidecar.audio_format, 0))
        n_audio = sidecar.n_bytes - n_header
        try:
            file.cut(sidecar.n_bytes)  # a piece that was not written whole is no audio
            file.append(b"\0" * (n_audio % 2))
            file.begin_with(wav_header(sidecar.audio_format, n_audio))
        finally:
            self._n_closed += file.n_bytes
            file.close()
