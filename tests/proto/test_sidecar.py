"""Audio of a recording in files beside it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.talk import PCM, conversation_with, hold
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto._elision import describe_bytes, keep, pack_frame
from realtime_proto.commands import SendAudio, SendImage, SendWire
from realtime_proto.conversion import convert
from realtime_proto.errors import ConfigurationError, RecordingError
from realtime_proto.formats import PCM16_16K, PCM16_24K, AudioFormat
from realtime_proto.importing import FrameLog, LoggedFrame, as_recording
from realtime_proto.openai import InputAudioBufferAppend
from realtime_proto.recording import FORMAT, Journaled, read_journal
from realtime_proto.redaction import Redactor
from realtime_proto.replay import compare_journals, replay, replay_journal
from realtime_proto.sidecar import AudioIn, AudioOut, Place, is_beside, name_beside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_proto.importing import Direction
    from realtime_proto.sidecar import AudioDirection

PROVIDERS = ("openai", "gemini")
FORMATS: dict[AudioDirection, AudioFormat] = {"input": PCM16_16K, "output": PCM16_24K}
HEAD = json.dumps({"format": FORMAT, "version": 1, "provider": "openai", "audio": "sidecar"})


class Shelf:
    """Files in memory: a store, and the source of what was stored."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.formats: dict[str, AudioFormat] = {}

    def put(self, data: bytes, direction: AudioDirection, audio_format: AudioFormat) -> Place:
        numbers = (number for number in range(1, 100))
        name = next(
            name
            for number in numbers
            if self.formats.setdefault(name := name_beside("talk", direction, number), audio_format)
            == audio_format
        )
        before = self.files.get(name, b"header")
        self.files[name] = before + data
        return Place(name, len(before))

    def get(self, file: str, offset: int, n_bytes: int) -> bytes:
        return self.files[file][offset : offset + n_bytes]


def recorded(provider: str, **options: Any) -> list[str]:
    lines: list[str] = []
    hold(Journaled(conversation_with(provider), lines.append, **options), provider)
    return lines


@pytest.mark.parametrize("provider", PROVIDERS)
def test_with_its_files_a_recording_is_what_it_is_inline(provider: str) -> None:
    """Head and records to the byte, and so is what a replay gives."""
    shelf = Shelf()
    inline, lines = recorded(provider), recorded(provider, audio="sidecar", store=shelf.put)
    journal = read_journal(lines, audio_source=shelf.get)
    assert read_journal(inline) == journal
    assert inline[1:] == [json_line(record.body) for record in journal.records]
    report = replay(lines, audio_source=shelf.get)
    assert replay(inline) == report
    assert report.is_exact
    assert 0 == report.n_unchecked
    assert PCM == shelf.files["talk.input.wav"][6:]
    assert PCM == shelf.files["talk.output.wav"][6:]
    assert base64.b64encode(PCM[:48]).decode() not in "".join(lines)


def json_line(body: Any) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def test_formats_are_those_of_the_conversation_unless_audio_says_more() -> None:
    """Gemini hears 16 kHz and speaks in what it says itself."""
    shelf = Shelf()
    recorded("gemini", audio="sidecar", store=shelf.put)
    assert {"talk.input.wav": PCM16_16K, "talk.output.wav": PCM16_24K} == shelf.formats


def test_without_its_files_a_recording_can_be_looked_at_and_not_replayed() -> None:
    """References stay in their place; the error says what to do."""
    lines = recorded("openai", audio="sidecar", store=Shelf().put)
    journal = read_journal(lines)
    assert "sidecar" == journal.head.audio
    commands = [r.body["command"] for r in journal.records if r.kind == "send"]
    data = next(command["data"] for command in commands if command["type"] == "SendAudio")
    assert {**describe_bytes(PCM), "file": "talk.input.wav", "offset": 6} == data
    for use in (replay_journal, lambda given: compare_journals(given, given)):
        with pytest.raises(RecordingError, match=r"read_recording\(path\)"):
            use(journal)


def test_a_sidecar_needs_a_store() -> None:
    """It is asked for before anything is written."""
    lines: list[str] = []
    with pytest.raises(ConfigurationError, match="needs a store"):
        Journaled(conversation_with("openai"), lines.append, audio="sidecar")
    assert [] == lines


def test_a_line_comes_after_the_audio_it_refers_to() -> None:
    """So a recording that ends anywhere has all the audio of its lines."""
    shelf = Shelf()

    def sink(line: str) -> None:
        for file, offset, n_bytes in references(json.loads(line)):
            assert n_bytes == len(shelf.get(file, offset, n_bytes))

    hold(Journaled(conversation_with("openai"), sink, audio="sidecar", store=shelf.put), "openai")
    assert 2 == len(shelf.files)


def references(value: Any) -> Iterable[tuple[str, int, int]]:
    if isinstance(value, dict):
        if "file" in value:
            yield value["file"], value["offset"], value["n_bytes"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_command_with_audio_is_taken_out_and_images_are_not() -> None:
    """Of a provider's own events, too; an empty piece needs no file."""
    shelf = Shelf()
    lines: list[str] = []
    inline: list[str] = []
    patterns = ["wav", r"[0-9a-f]{3}"]  # they find something in names and hashes
    for sink, how in (
        (lines.append, {"audio": "sidecar", "store": shelf.put}),
        (inline.append, {}),
    ):
        options: Any = how
        subject = Journaled(
            conversation_with("openai"), sink, redactor=Redactor(patterns), **options
        )
        subject.open(now=0, unix_time=0)
        subject.send(SendAudio(b""), now=0)
        subject.send(SendAudio(PCM), now=0)
        subject.send(SendImage(data=b"\x89PNG" * 40), now=0)
        subject.send(SendWire(InputAudioBufferAppend(audio=PCM)), now=0)
    assert 2 * PCM == shelf.files["talk.input.wav"][6:]
    assert read_journal(inline) == read_journal(lines, audio_source=shelf.get)


# --- frames

BLOB = base64.b64encode(PCM).decode()
AUDIO_TYPE = {"type": "response.output_audio.delta"}


@pytest.mark.parametrize(
    ("frame", "audio_format"),
    [
        ({**AUDIO_TYPE, "delta": BLOB}, PCM16_24K),
        ({"delta": BLOB, **AUDIO_TYPE}, PCM16_24K),
        ({"id": 600 * "x", **AUDIO_TYPE, "more": 90 * "x", "delta": BLOB}, PCM16_24K),
        ({"data": BLOB, "mimeType": "audio/pcm"}, PCM16_24K),
        ({"mimeType": "audio/pcm;rate=8000", "data": BLOB}, AudioFormat("pcm16", 8_000)),
        ({"mime_type": "audio/pcm; rate=16000", "data": BLOB}, PCM16_16K),
        ({"mimeType": "audio/PCMU", "data": BLOB}, AudioFormat("g711_ulaw", 8_000)),
        ({"mimeType": "audio/pcma;rate=16000", "data": BLOB}, AudioFormat("g711_alaw", 16_000)),
        ([{"mimeType": "image/png"}, {"mimeType": "audio/pcm", "data": BLOB}], PCM16_24K),
        ({"mimeType": "audio/pcm;rate=0", "data": BLOB}, None),
        ({"mimeType": "audio/ogg", "data": BLOB}, None),
        ({"mimeType": "image/jpeg", "data": BLOB}, None),
        ([{"mimeType": "audio/pcm"}, {"data": BLOB, "mimeType": "image/jpeg"}], None),
        ({"type": "response.output_text.delta", "delta": BLOB}, None),
        ({**AUDIO_TYPE, "delta": BLOB[:-1]}, None),
        ({**AUDIO_TYPE, "delta": BLOB[:-2] + "9="}, None),
        ({**AUDIO_TYPE, "delta": base64.urlsafe_b64encode(60 * b"\xff").decode()}, None),
    ],
)
def test_audio_of_a_frame_goes_out_where_a_wav_file_can_hold_it(
    frame: Any, audio_format: AudioFormat | None
) -> None:
    """What says that it is something else stays; so does what would not come back to the byte."""
    shelf = Shelf()
    text = json.dumps(frame)
    body = pack_frame(text, Redactor(), cut=AudioOut(shelf.put, FORMATS).cut_from("output"))
    assert ([] if audio_format is None else [audio_format]) == list(shelf.formats.values())
    assert ("audio" in body) is (audio_format is not None)
    assert {"frame": text} == AudioIn(shelf.get).filled(body)


def test_a_log_may_have_its_audio_in_files() -> None:
    """By who sent it; read with them, it is what it is inline."""
    append = json.dumps({"type": "input_audio_buffer.append", "audio": BLOB})
    delta = json.dumps({**AUDIO_TYPE, "delta": BLOB}).encode()
    frames = (
        LoggedFrame(direction="client", frame=append),
        LoggedFrame(direction="server", frame=delta),
    )
    log = FrameLog(provider="openai", frames=frames)
    shelf = Shelf()
    lines = list(as_recording(log, audio="sidecar", store=shelf.put))
    assert ["talk.input.wav", "talk.output.wav"] == sorted(shelf.files)
    inline = read_journal(as_recording(log))
    assert inline == read_journal(lines, audio_source=shelf.get)
    with pytest.raises(ConfigurationError, match="needs a store"):
        list(as_recording(log, audio="sidecar"))


@pytest.mark.parametrize(
    ("session", "formats"),
    [
        (
            {
                "audio": {
                    "input": {"format": {"type": "audio/pcmu"}},
                    "output": {"format": {"type": "audio/pcm", "rate": 16_000}},
                }
            },
            (AudioFormat("g711_ulaw", 8_000), PCM16_16K),
        ),
        (
            {"input_audio_format": "g711_alaw", "output_audio_format": "pcm16"},
            (AudioFormat("g711_alaw", 8_000), PCM16_24K),
        ),
        ({"audio": {"input": {"format": {"type": "audio/pcm", "rate": 10**9}}}}, None),
        ({"audio": {"input": {"format": {"type": ["audio/pcm"]}}, "output": {}}}, None),
        ({"audio": {"input": 5}}, None),
        ({"input_audio_format": "opus"}, None),
        ({}, None),
        (5, None),
    ],
)
def test_what_a_server_says_of_its_formats_is_heeded(
    session: Any, formats: tuple[AudioFormat, AudioFormat] | None
) -> None:
    """In a conversation, a log and a conversion; what is not understood changes nothing."""
    told = json.dumps({"type": "session.updated", "session": session})
    frames: list[tuple[Direction, str | bytes]] = [
        ("server", b"\xff"),
        ("server", '{"session":'),
        ("server", told),
        ("client", json.dumps({"type": "input_audio_buffer.append", "audio": BLOB})),
        ("server", json.dumps({**AUDIO_TYPE, "delta": BLOB})),
    ]
    logged = tuple(LoggedFrame(direction=who, frame=frame) for who, frame in frames)
    log = FrameLog(provider="openai", frames=logged)
    shelves = Shelf(), Shelf(), Shelf()
    list(as_recording(log, audio="sidecar", store=shelves[0].put))
    list(convert(read_journal(as_recording(log)), audio="sidecar", store=shelves[1].put))
    journaled = Journaled(conversation_with("openai"), str, audio="sidecar", store=shelves[2].put)
    journaled.open(now=0, unix_time=0)
    for who, frame in frames:
        if who == "server":
            journaled.receive(frame, now=0)
    journaled.send(SendAudio(PCM), now=0)
    for shelf in shelves:
        found = tuple(shelf.formats[f"talk.{side}.wav"] for side in ("input", "output"))
        assert (formats or (PCM16_24K, PCM16_24K)) == found


_PIECES = st.binary(min_size=48, max_size=120)
_OBJECTS = st.one_of(
    st.builds(lambda data, key: {key: b64(data)}, _PIECES, st.sampled_from(["delta", "audio"])),
    st.builds(lambda data, mime: {"mimeType": mime, "data": b64(data)}, _PIECES, st.text()),
    st.builds(lambda data: {"mimeType": "audio/pcm;rate=8000", "data": b64(data)}, _PIECES),
    st.builds(lambda text: {"text": text}, st.text()),
)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@given(
    st.lists(
        st.one_of(
            st.text(),
            st.binary(),
            st.lists(_OBJECTS, max_size=4).map(json.dumps),
            st.lists(_OBJECTS, max_size=4).map(lambda value: json.dumps(value).encode()),
        ),
        max_size=4,
    )
)
def test_any_frame_comes_back_to_the_byte(frames: list[str | bytes]) -> None:
    """Out to the files and back is what it is inline."""
    shelf = Shelf()
    out, back = AudioOut(shelf.put, FORMATS), AudioIn(shelf.get)
    for frame in frames:
        body = pack_frame(frame, Redactor(), cut=out.cut_from("output"))
        inline = pack_frame(frame, Redactor(), cut=keep)
        filled = back.filled(json.loads(json.dumps({"kind": "receive", **body})))
        assert {"kind": "receive", **inline} == filled


# --- what leads nowhere


def one(**reference: Any) -> list[str]:
    said = {**describe_bytes(PCM), "file": "talk.input.wav", "offset": 6, **reference}
    command = {"type": "SendAudio", "data": said}
    return [HEAD, json.dumps({"kind": "send", "t_us": 0, "command": command})]


def shelf_with_audio() -> Shelf:
    shelf = Shelf()
    shelf.put(PCM, "input", PCM16_24K)
    return shelf


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"file": "../talk.input.wav"}, "no WAV file beside it"),
        ({"file": "/etc/talk.wav"}, "no WAV file beside it"),
        ({"file": "a\\b.wav"}, "no WAV file beside it"),
        ({"file": ""}, "no WAV file beside it"),
        ({"file": None}, "no WAV file beside it"),
        ({"file": "passwords"}, "no WAV file beside it"),
        ({"file": "\0.wav"}, "no WAV file beside it"),
        ({"file": 300 * "a" + ".wav"}, "no WAV file beside it"),
        ({"offset": -1}, "offset of audio in a file is no whole number"),
        ({"offset": "6"}, "offset of audio in a file is no whole number"),
        ({"n_bytes": True}, "n_bytes of audio in a file is no whole number"),
        ({"n_bytes": 2**30}, "is over 33554432 bytes"),
        ({"offset": 7}, "ends before the audio at byte 7, 5120 bytes long: it was cut"),
        ({"offset": 2**60}, "ends before"),
        ({"offset": 5}, "has other bytes at byte 5"),
        ({"sha256": "0" * 16}, "has other bytes at byte 6"),
        ({"sha256": None}, "has other bytes at byte 6"),
    ],
)
def test_a_reference_that_leads_nowhere_is_one_clear_error(reference: Any, said: str) -> None:
    """By its line; a name that leads elsewhere is never asked for."""
    shelf = shelf_with_audio()
    assert 1 == len(read_journal(one(), audio_source=shelf.get).records)
    with pytest.raises(RecordingError, match=said) as caught:
        read_journal(one(**reference), audio_source=shelf.get)
    assert 2 == caught.value.line


def test_what_a_source_says_is_said_by_its_line() -> None:
    """As what it is, an error of the recording."""

    def source(file: str, offset: int, n_bytes: int) -> bytes:
        raise RecordingError(f"{file} is gone")

    with pytest.raises(RecordingError, match=r"line 2: talk.input.wav is gone") as caught:
        read_journal(one(), audio_source=source)
    assert 2 == caught.value.line


def test_no_byte_is_read_twice() -> None:
    """A short recording cannot ask for more than its files hold."""
    lines = [*one(), one()[1]]
    with pytest.raises(RecordingError, match=r"line 3: .* is claimed by an earlier record"):
        read_journal(lines, audio_source=shelf_with_audio().get)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "receive", "audio": [{"at": 0}], "base64": "AAAA"},
        {"kind": "receive", "audio": 5, "frame": "x"},
        {"kind": "frame", "audio": [{"at": 5, "file": "a.wav"}], "frame": "x"},
        {"kind": "send", "command": {"event": {"frame": "x", "audio": [{"at": 0}]}}},
    ],
)
def test_a_record_whose_audio_has_no_place_is_one_clear_error(body: Any) -> None:
    """By its line."""
    with pytest.raises(RecordingError, match="line 2: "):
        read_journal([HEAD, json.dumps(body)], audio_source=shelf_with_audio().get)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "send", "command": 5},
        {"kind": "send", "command": {"data": 5}},
        {"kind": "receive", "frame": 5},
        {"kind": "frames", "frames": [{"frame": "x", "audio": [{"at": 0, "n_bytes": 1}]}]},
        {"kind": "mood", "audio": 5},
    ],
)
def test_what_refers_to_no_file_is_left_as_it_is(body: Any) -> None:
    """A malformed record, an output, a kind of a later version."""
    journal = read_journal([HEAD, json.dumps(body)], audio_source=shelf_with_audio().get)
    assert body == journal.records[0].body


@given(st.text(), st.sampled_from(["input", "output"]), st.integers(1, 10_000))
def test_a_name_made_for_any_recording_is_one_that_is_read(
    stem: str, direction: AudioDirection, number: int
) -> None:
    """Whatever the recording is called."""
    assert is_beside(name_beside(stem, direction, number))


def test_a_name_that_is_no_text_becomes_one() -> None:
    """As the system may give it."""
    assert "a?_b.input.wav" == name_beside("a\udcff\\b", "input")
