"""WAV files as bytes: PCM16 mono, written and read without a file."""

from __future__ import annotations

import io
import wave

from realtime_proto.errors import LocalProtocolError
from realtime_proto.formats import AudioFormat

__all__ = ("read_wav", "write_wav")


def write_wav(pcm: bytes, audio_format: AudioFormat) -> bytes:
    """The bytes of a WAV file that holds *pcm*: PCM16 mono, whole samples.

    Raises:
        LocalProtocolError: The format is not PCM16, or the last sample is cut.
    """
    if audio_format.encoding != "pcm16" or len(pcm) % 2:
        raise LocalProtocolError("a WAV file takes whole samples of PCM16")
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(audio_format.rate_hz)
        wav.writeframes(pcm)
    return out.getvalue()


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
