"""WAV files as bytes: mono, written and read without a file."""

from __future__ import annotations

import io
import struct
import wave
from typing import Final

from realtime_proto.errors import LocalProtocolError
from realtime_proto.formats import AudioFormat

__all__ = ("MAX_WAV_BYTES", "read_wav", "wav_header", "write_wav")

MAX_WAV_BYTES: Final = 2**32 - 256
"""Audio of one file: its length is a number of 32 bits, and the header counts in."""

_UNKNOWN: Final = 2**32 - 1
_TAGS: Final = {"pcm16": 1, "g711_alaw": 6, "g711_ulaw": 7}
"""Numbers of encodings in a WAV file. Source: RFC 2361, the registered ones; as of 2026-11."""


def write_wav(pcm: bytes, audio_format: AudioFormat) -> bytes:
    """The bytes of a WAV file that holds *pcm*: PCM16 mono, whole samples.

    Raises:
        LocalProtocolError: The format is not PCM16, or the last sample is cut.
    """
    if audio_format.encoding != "pcm16" or len(pcm) % 2:
        raise LocalProtocolError("a WAV file takes whole samples of PCM16")
    return wav_header(audio_format, len(pcm)) + pcm


def wav_header(audio_format: AudioFormat, n_bytes: int | None) -> bytes:
    """What is before the audio in a WAV file: 44 bytes for PCM16, 58 for G.711.

    Args:
        audio_format: Mono.
        n_bytes: The length of the audio, up to MAX_WAV_BYTES. Behind an odd one a byte must follow
            that does not count. None where it is not known yet: the header then says as much as the
            numbers can hold, and readers take what there is.
    """
    width = audio_format.bytes_per_sample
    tag, rate = _TAGS[audio_format.encoding], audio_format.rate_hz
    described = struct.pack("<HHIIHH", tag, 1, rate, rate * width, width, 8 * width)
    fact = b""
    if audio_format.encoding != "pcm16":
        described += struct.pack("<H", 0)
        n_samples = _UNKNOWN if n_bytes is None else n_bytes // width
        fact = b"fact" + struct.pack("<II", 4, n_samples)
    rest = b"WAVEfmt " + struct.pack("<I", len(described)) + described + fact + b"data"
    if n_bytes is None:
        return b"RIFF" + struct.pack("<I", _UNKNOWN) + rest + struct.pack("<I", _UNKNOWN)
    whole = len(rest) + 4 + n_bytes + n_bytes % 2
    return b"RIFF" + struct.pack("<I", whole) + rest + struct.pack("<I", n_bytes)


def read_wav(data: bytes) -> tuple[bytes, AudioFormat]:
    """The samples of a PCM16 mono WAV file and their format.

    Raises:
        LocalProtocolError: It is not such a file.
    """
    try:
        with wave.open(io.BytesIO(data), "rb") as wav:
            channels, width, rate = wav.getnchannels(), wav.getsampwidth(), wav.getframerate()
            pcm = wav.readframes(wav.getnframes())
    except (wave.Error, EOFError) as exc:
        raise LocalProtocolError(f"not a WAV file of PCM: {exc}") from None
    if (channels, width) != (1, 2):
        raise LocalProtocolError(
            f"the WAV file has {channels} channels of {8 * width} bits; mono PCM16 is needed"
        )
    return pcm[: len(pcm) // 2 * 2], AudioFormat("pcm16", rate)
