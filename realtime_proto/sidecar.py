"""Audio of a recording in files beside it: what the journal keeps of it, and how it comes back.

A recording whose head says `"audio": "sidecar"` has the audio of both directions in WAV files,
where people can listen to it. In its place the journal has a reference: the file, the offset and
number of the bytes, and the start of their SHA-256. Whoever writes gives a `Store`, which takes
audio and says where it is now; whoever reads gives an `AudioSource`, which gives it back. So this
module opens no file; `realtime_io.sidecar` has both for files.

Only what a WAV file can hold is taken out: PCM16 and G.711. What else looks like audio in a frame,
an image, say, or text in base64, stays in the journal, and so does audio whose base64 could not be
made again to the byte. A reference is trusted in nothing: names lead nowhere but beside the
recording, bytes must have the hash, and no byte of a file is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs
from attrs import frozen

from realtime_proto._elision import (
    AudioPolicy,
    Cut,
    FoundAudio,
    describe_bytes,
    drop,
    keep,
    unpack_frame,
)
from realtime_proto._json import base64_encode, loads
from realtime_proto._portable import MAX_AUDIO_BYTES
from realtime_proto.errors import ConfigurationError
from realtime_proto.formats import AudioFormat
from realtime_proto.redaction import Kept

__all__ = ("AudioDirection", "AudioSource", "Place", "Store")

AudioDirection: TypeAlias = Literal["input", "output"]
"""What the model hears, and what it says."""


@frozen
class Place:
    """Where audio is.

    Args:
        file: The name of a file beside the recording.
        offset: How many bytes of the file are before it.
    """

    file: str
    offset: int


Store: TypeAlias = Callable[[bytes, AudioDirection, AudioFormat], Place]
"""Keeps audio and says where. It must not raise: it is called in the middle of an input."""

AudioSource: TypeAlias = Callable[[str, int, int], bytes]
"""Gives what is in a file at an offset: so many bytes, or fewer where it ends before.

It raises a RecordingError where it cannot.
"""


# --- writing


def audio_out(store: Store | None, capabilities: Any) -> AudioOut:
    """What takes audio out of records for a provider with these capabilities.

    Raises:
        ConfigurationError: There is no store.
    """
    if store is None:
        raise ConfigurationError('audio="sidecar" needs a store that takes the audio')
    formats: dict[AudioDirection, AudioFormat] = {
        "input": capabilities.input_format,
        "output": capabilities.output_format,
    }
    return AudioOut(store, formats)


class AudioOut:
    """Takes audio out of records into a store.

    Args:
        store: Keeps it.
        formats: What audio of each direction is in that does not say so itself.
    """

    def __init__(self, store: Store, formats: Mapping[AudioDirection, AudioFormat]) -> None:
        self._store = store
        self._formats = dict(formats)

    def heed(self, frame: object) -> None:
        """Take note of the formats that a frame of the server says are in use, if it says any."""
        if not isinstance(frame, str) or '"session' not in frame[:_WINDOW]:
            return
        try:
            session = loads(frame).get("session")
        except ValueError:
            return
        if not isinstance(session, dict):
            return
        for direction, default in self._formats.items():
            name, rate = _said_of(session, direction)
            self._formats[direction] = _of_mime(name, rate, default) or default

    def put(self, pcm: bytes, direction: AudioDirection) -> dict[str, Any] | Kept:
        """What is to stand in a command for its audio: a reference."""
        if not pcm:
            return Kept("")
        return self._reference(pcm, direction, self._formats[direction])

    def cut_from(self, direction: AudioDirection) -> Cut:
        """A `Cut` for frames of that direction."""

        def cut(found: FoundAudio) -> Mapping[str, Any] | None:
            audio_format = _format_of(found, self._formats[direction])
            if audio_format is None or not _comes_back(found):
                return None
            return self._reference(found.pcm, direction, audio_format)

        return cut

    def _reference(
        self, pcm: bytes, direction: AudioDirection, audio_format: AudioFormat
    ) -> dict[str, Any]:
        place = self._store(pcm, direction, audio_format)
        return {**describe_bytes(pcm), "file": Kept(place.file), "offset": place.offset}


def cut_for(direction: AudioDirection, audio: AudioPolicy, out: AudioOut | None) -> Cut:
    """What becomes of the audio in frames of a direction.

    Args:
        direction: Of the frames.
        audio: What is kept of it.
        out: Takes it, with "sidecar".
    """
    if out is not None:
        return out.cut_from(direction)
    return drop if audio == "dropped" else keep


def _comes_back(found: FoundAudio) -> bool:
    """Whether its base64 can be made again to the byte."""
    return found.text[found.start : found.end] == base64_encode(found.pcm)


_WINDOW: Final = 512
"""Characters of a frame, at its beginning and around audio, that say what the audio is."""

_MIME: Final = re.compile(r'"mime_?[tT]ype"\s*:\s*"([^";\\]*)(?:;\s*rate=(\d{1,6}))?')


def _format_of(found: FoundAudio, default: AudioFormat) -> AudioFormat | None:
    """The format of what was found in a frame: None where it is no audio, or none for a WAV file.

    A type beside it in the same object decides. Without one, what is audio stands in a frame that
    says so.
    """
    text = found.text
    start, end = max(0, found.start - _WINDOW), found.end + _WINDOW
    opens, closes = text.rfind("{", start, found.start), text.find("}", found.end, end)
    before = text[start if opens < 0 else opens : found.start]
    mime = _MIME.search(before) or _MIME.search(text, found.end, end if closes < 0 else closes)
    if mime is not None:
        return _of_mime(mime.group(1).lower(), mime.group(2), default)
    around = (text[:_WINDOW][: found.start], text[start : found.start], text[found.end : end])
    return default if any("audio" in part for part in around) else None


def _of_mime(mime: str, rate: str | None, default: AudioFormat) -> AudioFormat | None:
    encoding = _ENCODINGS.get(mime)
    if encoding is None or (rate is not None and int(rate) == 0):
        return None
    if encoding != default.encoding:
        default = AudioFormat(encoding, 8_000) if encoding != "pcm16" else AudioFormat()
    return default if rate is None else attrs.evolve(default, rate_hz=int(rate))


def _said_of(session: Mapping[str, Any], direction: AudioDirection) -> tuple[str, str | None]:
    """The name of a session's format and its rate, where it says them, in either of two shapes."""
    audio = session.get("audio")
    side = audio.get(direction) if isinstance(audio, dict) else None
    said = side.get("format") if isinstance(side, dict) else None
    if not isinstance(said, dict):
        return str(session.get(f"{direction}_audio_format")), None
    rate = said.get("rate")
    is_rate = rate.__class__ is int and 0 < rate < 10**6
    return str(said.get("type")), str(rate) if is_rate else None


_ENCODINGS: Final[Mapping[str, Literal["pcm16", "g711_ulaw", "g711_alaw"]]] = {
    "pcm16": "pcm16",
    "g711_ulaw": "g711_ulaw",
    "g711_alaw": "g711_alaw",
    "audio/pcm": "pcm16",
    "audio/pcmu": "g711_ulaw",
    "audio/pcma": "g711_alaw",
}
"""Names of what a WAV file can hold. audio/L16 is not among them: its bytes are swapped.

Source: RFC 3551 and 2586; what the vendors say instead of PCM16; as of 2026-11.
"""


# --- reading


class AudioIn:
    """Puts audio back into records.

    Args:
        source: Gives it.
    """

    def __init__(self, source: AudioSource) -> None:
        self._source = source
        self._ends: dict[str, int] = {}

    def filled(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The record with its audio in it, as if it had always been.

        Raises:
            ValueError: A reference is malformed, or what it leads to is not what it says.
            RecordingError: The source cannot give it.
        """
        if body.get("kind") != "send":
            return self._frame(body)
        command = body.get("command")
        if not isinstance(command, dict):
            return body
        if isinstance(data := command.get("data"), dict):
            return {**body, "command": {**command, "data": base64_encode(self._bytes_of(data))}}
        if isinstance(event := command.get("event"), dict):
            return {**body, "command": {**command, "event": self._frame(event)}}
        return body

    def _frame(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if "audio" not in body:
            return body
        cut = {name: body.get(name) for name in ("frame", "audio")}
        whole = unpack_frame(cut, bytes_of=self._bytes_of)
        kept = (name for name in body if name != "audio")
        return {name: whole if name == "frame" else body[name] for name in kept}

    def _bytes_of(self, reference: Mapping[str, Any]) -> bytes:
        file = reference.get("file")
        if not isinstance(file, str) or not is_beside(file):
            raise ValueError(f"audio is said to be in {file!r:.80}, which is no WAV file beside it")
        offset, n_bytes = (_natural(reference.get(name), name) for name in ("offset", "n_bytes"))
        if n_bytes > MAX_AUDIO_BYTES:
            raise ValueError(f"a piece of audio in {file} is over {MAX_AUDIO_BYTES} bytes")
        if offset < self._ends.get(file, 0):
            raise ValueError(f"audio at byte {offset} of {file} is claimed by an earlier record")
        self._ends[file] = offset + n_bytes
        data = self._source(file, offset, n_bytes)
        if len(data) < n_bytes:
            raise ValueError(
                f"{file} ends before the audio at byte {offset}, {n_bytes} bytes long: it was cut"
            )
        if describe_bytes(data)["sha256"] != reference.get("sha256"):
            raise ValueError(
                f"{file} has other bytes at byte {offset} than were recorded: it is another file, "
                "or was changed since"
            )
        return data


def _natural(value: Any, name: str) -> int:
    if value.__class__ is not int or value < 0:
        raise ValueError(f"{name} of audio in a file is no whole number from 0")
    return int(value)


MAX_NAME_CHARACTERS: Final = 255

_NO_NAME: Final = re.compile(r"[/\\\x00-\x1f]")
"""What separates folders anywhere, and what no name has."""


def is_beside(file: str) -> bool:
    """Whether *file* names a WAV file in the recording's own folder, and nothing else."""
    is_name = 0 < len(file) <= MAX_NAME_CHARACTERS and _NO_NAME.search(file) is None
    return is_name and file.endswith(".wav")


def name_beside(stem: str, direction: AudioDirection, number: int = 1) -> str:
    """The name of a sidecar: of the recording *stem*, the first or a further file of a direction.

    Example:
        >>> name_beside("talk", "output"), name_beside("talk", "output", 2)
        ('talk.output.wav', 'talk.output-2.wav')
    """
    plain = _NO_NAME.sub("_", stem).encode("utf-8", "replace").decode()
    return f"{plain}.{direction}{'' if number == 1 else f'-{number}'}.wav"
