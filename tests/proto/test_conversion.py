"""A recording with its audio kept in another way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.talk import PCM, conversation_with, hold

from realtime_proto._elision import describe_bytes
from realtime_proto.commands import SendImage, SendWire
from realtime_proto.conversion import convert
from realtime_proto.errors import ConfigurationError, RecordingError
from realtime_proto.openai import InputAudioBufferAppend
from realtime_proto.recording import FORMAT, Journaled, read_journal
from realtime_proto.replay import replay
from realtime_proto.sidecar import Place

if TYPE_CHECKING:
    from realtime_proto.formats import AudioFormat
    from realtime_proto.sidecar import AudioDirection

PROVIDERS = ("openai", "gemini", "openai-own")
HEAD = {"format": FORMAT, "version": 1, "provider": "openai"}


class Shelf:
    """One file in memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def put(self, data: bytes, direction: AudioDirection, audio_format: AudioFormat) -> Place:
        self.data += data
        return Place("a.wav", len(self.data) - len(data))

    def get(self, file: str, offset: int, n_bytes: int) -> bytes:
        return bytes(self.data[offset : offset + n_bytes])


def recorded(provider: str, **options: Any) -> list[str]:
    """The scripted conversation; or one with an image, and with audio in an event of its own."""
    lines: list[str] = []
    subject = Journaled(conversation_with(provider.removesuffix("-own")), lines.append, **options)
    if not provider.endswith("-own"):
        hold(subject, provider)
        return lines
    subject.open(now=99, unix_time=0)
    subject.send(SendImage(data=bytes(100)), now=99)
    subject.send(SendWire(InputAudioBufferAppend(audio=PCM)), now=99)
    return lines


@pytest.mark.parametrize("provider", PROVIDERS)
def test_audio_goes_to_files_and_comes_back_to_the_byte(provider: str) -> None:
    """And what is between is what is recorded that way."""
    inline, shelf, other = recorded(provider), Shelf(), Shelf()
    aside = list(convert(read_journal(inline), audio="sidecar", store=shelf.put))
    assert recorded(provider, audio="sidecar", store=other.put) == aside
    assert shelf.data == other.data
    assert len(shelf.data) > 0
    again = read_journal(aside, audio_source=shelf.get)
    assert inline == list(convert(again, audio="inline"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_audio_is_dropped_wherever_it_is(provider: str) -> None:
    """Of files, without them; what comes is what is recorded that way, and stays it."""
    dropped = recorded(provider, audio="dropped")
    aside = recorded(provider, audio="sidecar", store=Shelf().put)
    for lines in (recorded(provider), aside, dropped):
        assert dropped == list(convert(read_journal(lines), audio="dropped"))
    assert replay(dropped).is_exact


def test_the_frames_of_a_log_go_by_who_sent_them() -> None:
    """What is no text, and what a later version wrote, stays as it is."""
    audio = json.dumps({"type": "response.audio.delta", "delta": 80 * "A"})
    bodies: list[dict[str, Any]] = [
        {"kind": "frame", "from": "client", "frame": audio},
        {"kind": "frame", "from": "server", "opcode": "binary", "frame": audio, "t_us": 5},
        {"kind": "frame", "from": "server", "base64": "/w=="},
        {"kind": "mood", "value": "good"},
        {"kind": "send", "t_us": 6, "command": None},
        {"kind": "send", "t_us": 6, "command": {"type": "SendText", "text": "data"}},
    ]
    lines = [json.dumps(body) for body in ({**HEAD, "origin": "frames"}, *bodies)]
    said: list[AudioDirection] = []
    shelf = Shelf()

    def put(data: bytes, direction: AudioDirection, audio_format: AudioFormat) -> Place:
        said.append(direction)
        return shelf.put(data, direction, audio_format)

    aside = list(convert(read_journal(lines), audio="sidecar", store=put))
    assert ["input", "output"] == said
    assert {**describe_bytes(bytes(60)), "at": 43, "file": "a.wav", "offset": 0} == json.loads(
        aside[1]
    )["audio"][0]
    assert bodies[2:] == [json.loads(line) for line in aside[3:]]
    again = read_journal(aside, audio_source=shelf.get)
    assert bodies == [record.body for record in again.records]


@pytest.mark.parametrize(
    ("head", "audio", "said"),
    [
        ({"audio": "dropped"}, "inline", "was dropped"),
        ({"audio": "dropped"}, "sidecar", "was dropped"),
        ({"audio": "sidecar"}, "inline", "is in files beside it, which were not read"),
        ({"provider": "nobody"}, "sidecar", "the provider 'nobody' is unknown"),
    ],
)
def test_what_is_not_there_cannot_be_kept(head: Any, audio: Any, said: str) -> None:
    """It is an error before there is a line."""
    journal = read_journal([json.dumps({**HEAD, **head})])
    with pytest.raises(RecordingError, match=said):
        next(convert(journal, audio=audio, store=Shelf().put))


def test_files_need_a_store() -> None:
    """As when they are recorded."""
    with pytest.raises(ConfigurationError, match="needs a store"):
        next(convert(read_journal([json.dumps(HEAD)]), audio="sidecar"))


@pytest.mark.parametrize("audio", ["sidecar", "dropped"])
@pytest.mark.parametrize(
    "body",
    [
        {"kind": "receive"},
        {"kind": "send", "command": {"type": "SendAudio", "data": 5}},
        {"kind": "send", "command": {"type": "SendAudio", "data": "*"}},
        {"kind": "send", "command": {"event": {}}},
    ],
)
def test_a_malformed_record_is_named_by_its_line(body: Any, audio: Any) -> None:
    """What is before it was given."""
    lines = convert(
        read_journal([json.dumps(HEAD), json.dumps(body)]), audio=audio, store=Shelf().put
    )
    assert FORMAT in next(lines)
    with pytest.raises(RecordingError, match="line 2: "):
        next(lines)
