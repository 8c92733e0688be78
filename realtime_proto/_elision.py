"""Frames as they are kept in a recording: to the byte, but for credentials and, if asked, audio.

Audio makes up nearly all of a conversation's bytes. It is the long base64 string under one of three
names, whatever the provider; where it is cut out, the frame keeps its text around it, and in its
place stand its length and the hash of its bytes, and perhaps where they are. Read back, those bytes
are put where they were; or silence of that length, so that durations, and all that is reckoned from
them, stay what they were.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from attrs import frozen

from realtime_proto._json import base64_decode, base64_encode
from realtime_proto._portable import silence_for
from realtime_proto.redaction import Kept, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = (
    "AudioPolicy",
    "Cut",
    "FoundAudio",
    "cut_more",
    "describe_bytes",
    "drop",
    "keep",
    "pack_frame",
    "unpack_frame",
)

AudioPolicy: TypeAlias = Literal["inline", "sidecar", "dropped"]

_AUDIO: Final = re.compile(r'"(?:delta|audio|data)"\s*:\s*"([A-Za-z0-9+/_-]{64,}={0,2})"')
_STANDARD_ALPHABET: Final = str.maketrans("-_", "+/")
_HASH_CHARACTERS: Final = 16


@frozen
class FoundAudio:
    """Audio where it was found.

    Args:
        pcm: Its bytes.
        text: The frame.
        start: Where its base64 begins in the frame.
        end: Where that ends.
    """

    pcm: bytes
    text: str
    start: int
    end: int


Cut: TypeAlias = Callable[[FoundAudio], Mapping[str, Any] | None]
"""What is to stand for audio that was found; None where it is to stay."""


def keep(_: FoundAudio) -> None:
    """A `Cut` that leaves audio where it is."""


def drop(found: FoundAudio) -> dict[str, Any]:
    """A `Cut` that leaves its length and hash."""
    return describe_bytes(found.pcm)


def describe_bytes(data: bytes) -> dict[str, Any]:
    """What is kept of bytes that are not: their number, and the start of their SHA-256."""
    digest = hashlib.sha256(data).hexdigest()[:_HASH_CHARACTERS]
    return {"n_bytes": len(data), "sha256": Kept(digest)}


def pack_frame(
    frame: str | bytes | memoryview, redactor: Redactor, *, cut: Cut = keep
) -> dict[str, Any]:
    """A frame as members of a record: "frame", its text; "audio", what was cut out of it; "opcode",
    where it was binary. What is no text at all is kept as "base64".
    """
    opcode = {} if isinstance(frame, str) else {"opcode": "binary"}
    try:
        text = frame if isinstance(frame, str) else str(bytes(frame), "utf-8")
        text.encode()
    except UnicodeError:  # no provider sends this, but what came is kept
        data = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else bytes(frame)
        return {**opcode, "base64": base64_encode(data)}
    packing = _Packing(cut, redactor)
    packing.take(text)
    return {**opcode, **packing.members()}


def cut_more(body: Mapping[str, Any], cut: Cut) -> dict[str, Any]:
    """The members of a record, with its audio cut out. Of what was cut out before, the length and
    hash are kept.

    Raises:
        ValueError: The record holds no frame.
    """
    if isinstance(body.get("base64"), str):
        return dict(body)
    packing = _Packing(cut, Redactor(is_on=False))
    for text, description in _passages(body):
        packing.take(text)
        if description is not None:
            packing.add_cut({name: description.get(name) for name in ("n_bytes", "sha256")})
    rest = {name: body[name] for name in body if name not in ("frame", "audio")}
    return {**rest, **packing.members()}


class _Packing:
    """A frame that is being packed, passage by passage."""

    def __init__(self, cut: Cut, redactor: Redactor) -> None:
        self._cut = cut
        self._redactor = redactor
        self._kept: list[str] = []
        self._n_kept = 0
        self._cuts: list[dict[str, Any]] = []

    def take(self, text: str) -> None:
        """Keep *text*, but for the audio in it."""
        end = 0
        for found in _AUDIO.finditer(text):
            pcm = _decoded(found.group(1))
            if pcm is None:
                continue
            self._keep(self._redactor.clean(text[end : found.start(1)]))
            end = found.end(1)
            description = self._cut(FoundAudio(pcm, text, found.start(1), end))
            if description is None:
                self._keep(found.group(1))
            else:
                self.add_cut(description)
        self._keep(self._redactor.clean(text[end:]))

    def add_cut(self, description: Mapping[str, Any]) -> None:
        """Note audio that is not kept here."""
        self._cuts.append({"at": self._n_kept, **description})

    def _keep(self, text: str) -> None:
        self._kept.append(text)
        self._n_kept += len(text)

    def members(self) -> dict[str, Any]:
        """What a record holds of it."""
        audio = {"audio": self._cuts} if self._cuts else {}
        return {"frame": "".join(self._kept), **audio}


def unpack_frame(
    body: Mapping[str, Any], *, bytes_of: Callable[[Mapping[str, Any]], bytes] = silence_for
) -> str | bytes:
    """The frame of a record.

    Args:
        body: The record.
        bytes_of: Gives the audio that was cut out, by its description; the default gives silence.

    Raises:
        ValueError: The record holds no frame.
    """
    is_binary = body.get("opcode") == "binary"
    if isinstance(body.get("base64"), str):
        data = base64_decode(body["base64"])
        return data if is_binary else data.decode("utf-8", "surrogatepass")
    pieces: list[str] = []
    for text, description in _passages(body):
        pieces.append(text)
        if description is not None:
            pieces.append(base64_encode(bytes_of(description)))
    whole = "".join(pieces)
    return whole.encode() if is_binary else whole


def _passages(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """The text of a frame from cut to cut, each with what was cut out behind it."""
    text, cuts = body.get("frame"), body.get("audio", [])
    if not isinstance(text, str) or not isinstance(cuts, list):
        raise ValueError("there is no frame in it")
    end = 0
    for cut in cuts:
        at = cut.get("at") if isinstance(cut, dict) else None
        if at.__class__ is not int or not end <= at <= len(text):
            raise ValueError("audio that was cut out has no place in the frame")
        yield text[end:at], cut
        end = at
    yield text[end:], None


def _decoded(audio: str) -> bytes | None:
    if "-" in audio or "_" in audio:
        audio = audio.translate(_STANDARD_ALPHABET)
    try:
        return base64_decode(audio)
    except ValueError:
        return None
