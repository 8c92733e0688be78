"""Frames as they are kept in a recording: to the byte, but for credentials and, if asked, audio.

Audio makes up nearly all of a conversation's bytes. It is the long base64 string under one of three
names, whatever the provider; where it is dropped, the frame keeps its text around it, and in its
place stand its length and the hash of its bytes. Read back, silence of that length stands there, so
that durations, and all that is reckoned from them, stay what they were.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_proto._json import base64_decode, base64_encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_proto.redaction import Redactor

__all__ = ("AudioPolicy", "describe_bytes", "pack_frame", "unpack_frame")

AudioPolicy: TypeAlias = Literal["inline", "dropped"]

MAX_AUDIO_BYTES: Final = 32 * 2**20
"""Dropped audio of one frame; no frame could hold as much."""

_AUDIO: Final = re.compile(r'"(?:delta|audio|data)"\s*:\s*"([A-Za-z0-9+/_-]{64,}={0,2})"')
_STANDARD_ALPHABET: Final = str.maketrans("-_", "+/")
_HASH_CHARACTERS: Final = 16


def pack_frame(
    frame: str | bytes | memoryview, redactor: Redactor, *, audio: AudioPolicy
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
    kept: list[str] = []
    cut: list[dict[str, Any]] = []
    end = n_kept = 0
    for found in _AUDIO.finditer(text):
        pcm = _decoded(found.group(1))
        if pcm is None:
            continue
        kept.append(redactor.clean(text[end : found.start(1)]))
        n_kept += len(kept[-1])
        if audio == "inline":
            kept.append(found.group(1))
        else:
            cut.append({"at": n_kept, **describe_bytes(pcm)})
        end = found.end(1)
    kept.append(redactor.clean(text[end:]))
    return {**opcode, "frame": "".join(kept), **({"audio": cut} if cut else {})}


def unpack_frame(body: Mapping[str, Any]) -> str | bytes:
    """The frame of a record, with silence where audio was dropped.

    Raises:
        ValueError: The record holds no frame.
    """
    is_binary = body.get("opcode") == "binary"
    if isinstance(body.get("base64"), str):
        data = base64_decode(body["base64"])
        return data if is_binary else data.decode("utf-8", "surrogatepass")
    text, dropped = body.get("frame"), body.get("audio", [])
    if not isinstance(text, str) or not isinstance(dropped, list):
        raise ValueError("there is no frame in it")
    pieces: list[str] = []
    end = 0
    for cut in dropped:
        at, n_bytes = _number(cut, "at"), _number(cut, "n_bytes")
        if not end <= at <= len(text) or n_bytes > MAX_AUDIO_BYTES:
            raise ValueError("dropped audio has no place in the frame")
        pieces += (text[end:at], base64_encode(bytes(n_bytes)))
        end = at
    pieces.append(text[end:])
    whole = "".join(pieces)
    return whole.encode() if is_binary else whole


def describe_bytes(data: bytes) -> dict[str, Any]:
    """What is kept of bytes that are not: their number, and the start of their SHA-256."""
    return {"n_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()[:_HASH_CHARACTERS]}


def _decoded(audio: str) -> bytes | None:
    try:
        return base64_decode(audio.translate(_STANDARD_ALPHABET))
    except ValueError:
        return None


def _number(body: object, name: str) -> int:
    value = body.get(name) if isinstance(body, dict) else None
    if value.__class__ is not int or value < 0:
        raise ValueError(f"{name} of dropped audio is no whole number")
    return int(value)
