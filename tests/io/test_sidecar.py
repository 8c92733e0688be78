"""The WAV files beside a recording."""

from __future__ import annotations

import json
import os
import wave
from typing import TYPE_CHECKING, Any

import pytest
from helpers.talk import PCM, conversation_with, hold

from realtime_io import read_recording, sidecar
from realtime_io.recorder import Recorder
from realtime_io.sidecar import SidecarReader, SidecarWriter
from realtime_proto.audio.wav import wav_header
from realtime_proto.errors import RecordingError
from realtime_proto.formats import PCM16_16K, PCM16_24K, AudioFormat
from realtime_proto.recording import Journaled, read_journal
from realtime_proto.sidecar import Place

if TYPE_CHECKING:
    from pathlib import Path

PROVIDERS = ("openai", "gemini")
ULAW = AudioFormat("g711_ulaw", 8_000)


def recorded(path: Path, provider: str = "openai") -> Path:
    with Recorder(path, audio="sidecar") as recorder:
        hold(recorder.attach(conversation_with(provider), lambda error: None), provider)
    assert None is recorder.failure
    return path


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_recording_with_its_files_is_what_it_is_inline(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a path with a folder or without one; moved, with its files; with odd text in the name."""
    lines: list[str] = []
    hold(Journaled(conversation_with(provider), lines.append), provider)
    path = recorded(tmp_path / "12:30 \\ <b>.rtc.jsonl", provider)
    assert read_journal(lines) == read_recording(path)
    (tmp_path / "moved").mkdir()
    for file in list(tmp_path.glob("12*")):
        file.rename(tmp_path / "moved" / file.name)
    monkeypatch.chdir(tmp_path / "moved")
    os.rename(path.name, "renamed")
    assert read_journal(lines) == read_recording("renamed")


def test_a_file_plays_while_it_is_written_and_is_whole_when_closed(tmp_path: Path) -> None:
    """The standard library's reader takes what there is."""
    writer = SidecarWriter(str(tmp_path / "a.rtc.jsonl"))
    path = tmp_path / "a.output.wav"
    for n in (1, 2):
        assert Place("a.output.wav", 44 + 4 * (n - 1)) == writer(b"abcd", "output", PCM16_24K)
        with wave.open(str(path), "rb") as wav:
            assert (24_000, n * b"abcd") == (wav.getframerate(), wav.readframes(100))
    assert writer.n_bytes == path.stat().st_size
    writer.close()
    assert wav_header(PCM16_24K, 8) + b"abcdabcd" == path.read_bytes()
    assert 52 == writer.n_bytes
    writer.close()


def test_every_format_has_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each direction; a name that exists is passed over, and so is a file that is full."""
    (tmp_path / "a.input-2.wav").write_text("mine")
    writer = SidecarWriter(str(tmp_path / "a"))
    monkeypatch.setattr(sidecar, "MAX_WAV_BYTES", 52)
    pieces: list[tuple[bytes, Any, AudioFormat]] = [
        (b"abcd", "input", PCM16_16K),
        (b"x", "input", ULAW),
        (b"efgh", "input", PCM16_16K),
        (b"ij", "output", PCM16_24K),
        (b"klmnop", "input", PCM16_16K),
    ]
    assert [
        Place("a.input.wav", 44),
        Place("a.input-3.wav", 58),
        Place("a.input.wav", 48),
        Place("a.output.wav", 44),
        Place("a.input-4.wav", 44),
    ] == [writer(*piece) for piece in pieces]
    writer.close()
    assert "mine" == (tmp_path / "a.input-2.wav").read_text()
    assert wav_header(ULAW, 1) + b"x\0" == (tmp_path / "a.input-3.wav").read_bytes()
    assert 64 == len(wav_header(ULAW, None)) + 6


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their number, and in the names that are tried."""
    writer = SidecarWriter(str(tmp_path / "a"))
    monkeypatch.setattr(sidecar, "MAX_FILES", 1)
    writer(b"ab", "input", PCM16_24K)
    with pytest.raises(OSError, match="1 files are beside it already"):
        writer(b"ab", "output", PCM16_24K)
    monkeypatch.setattr(sidecar, "MAX_NUMBER", 1)
    with pytest.raises(OSError, match=r"1 files named like a\.input\.wav are there already"):
        SidecarWriter(str(tmp_path / "a"))(b"ab", "input", PCM16_24K)
    writer(b"cd", "input", PCM16_24K)
    writer.close()
    with SidecarReader(str(tmp_path)) as reader:
        assert b"abcd" == reader("a.input.wav", 44, 100)
        with pytest.raises(RecordingError, match="at most 1 of them"):
            reader("b.input.wav", 0, 1)


def test_all_files_are_closed_where_one_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the error is told; for a recorder it is the recording's failure."""
    recorder = Recorder(tmp_path / "a", audio="sidecar")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    closed: list[int] = []
    real = os.close
    with recorder:
        hold(recorder.attach(conversation_with("openai"), lambda error: None), "openai")
        monkeypatch.setattr(os, "pwrite", refuse)
        monkeypatch.setattr(os, "close", lambda file: closed.append(file) or real(file))
    assert 3 == len(closed)
    assert "No space left" in str(recorder.failure)
    assert 3 == len(read_recording(tmp_path / "a").head.ids)


def test_a_recorder_that_ended_takes_no_more_audio(tmp_path: Path) -> None:
    """The conversation goes on, and nothing is made."""
    (tmp_path / "a").mkdir(mode=0o700)
    with Recorder(tmp_path / "a" / "no" / "b", audio="sidecar") as recorder:
        hold(recorder.attach(conversation_with("openai"), lambda error: None), "openai")
    assert "No such file" in str(recorder.failure)
    assert [] == list((tmp_path / "a").iterdir())


# --- from anybody


def _elsewhere(path: Path) -> None:
    path.with_name("other").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to("other")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
        (_elsewhere, "cannot be read: Too many levels of symbolic links"),
        (_pipe, "cannot be read: it is no file"),
        (_folder, "cannot be read: it is no file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "5120 bytes long: it was cut"),
        (lambda path: path.write_bytes(bytes(50_000)), "it is another file, or was changed since"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_one_clear_error(
    change: Any, said: str, tmp_path: Path
) -> None:
    """Missing, a link, no file, short, another one: by the line and the name. Nothing blocks."""
    path = recorded(tmp_path / "a.rtc.jsonl")
    change(tmp_path / "a.input.wav")
    with pytest.raises(RecordingError, match=r"line \d+: .*a\.input\.wav.*" + said):
        read_recording(path)


@pytest.mark.parametrize("file", ["../b.wav", "{}/b.wav", "/etc/passwd", "b.txt", "folder/b.wav"])
def test_nothing_outside_the_folder_is_opened(file: str, tmp_path: Path) -> None:
    """Whatever a recording says, and whoever asks."""
    folder = tmp_path / "recordings"
    (folder / "folder").mkdir(parents=True)
    for path in (tmp_path / "b.wav", folder / "b.txt", folder / "folder" / "b.wav"):
        path.write_bytes(wav_header(PCM16_24K, len(PCM)) + PCM)
    file = file.format(tmp_path)
    path = recorded(folder / "a.rtc.jsonl")
    path.write_text(path.read_text().replace('"file":"a.input.wav"', f'"file":{json.dumps(file)}'))
    with pytest.raises(RecordingError, match="no WAV file beside it"):
        read_recording(path)
    with SidecarReader(str(folder)) as reader, pytest.raises(RecordingError, match="no WAV file"):
        reader(file, 44, 10)


def test_an_offset_beyond_every_file_is_one_clear_error(tmp_path: Path) -> None:
    """Beyond what the system can count, too."""
    path = recorded(tmp_path / "a.rtc.jsonl")
    text = path.read_text()
    for offset, said in ((2**40, "it was cut"), (2**63, "cannot be read: ")):
        path.write_text(text.replace('"offset":44', f'"offset":{offset}'))
        with pytest.raises(RecordingError, match=said):
            read_recording(path)


@pytest.mark.parametrize(("path", "said"), [("no", "No such file"), ("a\0b", "null")])
def test_a_recording_that_cannot_be_opened_is_one_clear_error(path: str, said: str) -> None:
    """By its path."""
    with pytest.raises(RecordingError, match=f"cannot read .*{said}"):
        read_recording(path)


def test_what_is_no_path_is_one_clear_error() -> None:
    """It says what was given."""
    path: Any = 5
    with pytest.raises(RecordingError, match="read from a path, not 5"):
        read_recording(path)
