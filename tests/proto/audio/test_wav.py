"""WAV files as bytes."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.audio.wav import read_wav, wav_header, write_wav
from realtime_proto.errors import LocalProtocolError
from realtime_proto.formats import PCM16_24K, AudioFormat


@given(st.binary(max_size=50), st.integers(1, 192_000))
def test_what_was_written_is_read(data: bytes, rate_hz: int) -> None:
    """Samples and rate."""
    audio_format = AudioFormat("pcm16", rate_hz)
    pcm = data[: len(data) // 2 * 2]
    assert (pcm, audio_format) == read_wav(write_wav(pcm, audio_format))


@pytest.mark.parametrize(
    ("pcm", "audio_format"), [(b"abc", PCM16_24K), (b"ab", AudioFormat("g711_ulaw", 8_000))]
)
def test_only_whole_samples_of_pcm16_are_written(pcm: bytes, audio_format: AudioFormat) -> None:
    """Anything else is the caller's error."""
    with pytest.raises(LocalProtocolError, match="whole samples of PCM16"):
        write_wav(pcm, audio_format)


@pytest.mark.parametrize(
    ("audio_format", "n_header"),
    [(PCM16_24K, 44), (AudioFormat("g711_ulaw", 8_000), 58), (AudioFormat("g711_alaw", 8_000), 58)],
)
def test_a_header_says_how_long_the_audio_is_or_that_nobody_knows(
    audio_format: AudioFormat, n_header: int
) -> None:
    """In the two lengths of a WAV file, and the number of samples where it is not PCM."""
    for n_bytes in (0, 7, 8, None):
        header = wav_header(audio_format, n_bytes)
        unknown = 2**32 - 1
        padded = 0 if n_bytes is None else n_bytes + n_bytes % 2
        whole = unknown if n_bytes is None else n_header - 8 + padded
        assert n_header == len(header)
        assert whole == int.from_bytes(header[4:8], "little")
        assert (unknown if n_bytes is None else n_bytes) == int.from_bytes(header[-4:], "little")
        assert b"RIFF" + header[4:8] + b"WAVEfmt " == header[:16]
    assert {"pcm16": 1, "g711_alaw": 6, "g711_ulaw": 7}[audio_format.encoding] == header[20]


def test_a_wav_file_is_that_of_the_standard_library() -> None:
    """To the byte."""
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(24_000)
        wav.writeframes(b"abcd")
    assert out.getvalue() == write_wav(b"abcd", PCM16_24K)


def wav_file(*, channels: int, width: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(8_000)
        wav.writeframes(bytes(channels * width))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a WAV file"),
        (b"RIFF", "not a WAV file"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "not a WAV file"),
        (write_wav(b"ab", PCM16_24K)[:20], "not a WAV file"),
        (wav_file(channels=2, width=2), "2 channels of 16 bits"),
        (wav_file(channels=1, width=1), "1 channels of 8 bits"),
    ],
)
def test_another_file_is_refused(data: bytes, said: str) -> None:
    """The error says what it is."""
    with pytest.raises(LocalProtocolError, match=said):
        read_wav(data)
