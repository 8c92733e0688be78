"""Values of the library as JSON and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_proto._portable import MAX_AUDIO_BYTES, from_json, to_json
from realtime_proto.commands import (
    AudioDelivered,
    ClearAudio,
    CommitAudio,
    Interrupt,
    Played,
    SendAudio,
    SendText,
    ToolResult,
    VoiceCommand,
)
from realtime_proto.config import RealtimeConfig, VADMode
from realtime_proto.dialect import Endpoint
from realtime_proto.events import AudioChunk, Failure
from realtime_proto.limits import Limits
from realtime_proto.secret import Secret
from realtime_proto.tools import ToolDefinition

COMMANDS = (
    SendAudio(b"\x00\x01\xff"),
    SendText("Grüße \U0001f600"),
    CommitAudio(),
    ClearAudio(),
    Interrupt(),
    ToolResult(call_id="c", output={"type": "SendText", "text": [1, None]}, is_error=True),
    ToolResult(call_id="c", output="x"),
    Played(item_id="i", ms=5),
    AudioDelivered(item_id="i", n_bytes=7),
)


def weather(city: str) -> str:
    """Get the weather."""
    return city


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_command_comes_back(command: VoiceCommand) -> None:
    """By its name, from text."""
    text = json.dumps(to_json(command))
    assert command == from_json(json.loads(text), VoiceCommand)


@pytest.mark.parametrize(
    "config",
    [
        RealtimeConfig(),
        RealtimeConfig(
            model="m",
            vad_mode=VADMode.MANUAL,
            vad_threshold=0.5,
            temperature=1,
            max_tokens=5,
            tools=[weather, ToolDefinition(name="b", parameters={"type": "object"})],
            output_transcription=False,
        ),
    ],
)
def test_settings_come_back_without_their_functions(config: RealtimeConfig) -> None:
    """A file holds what the model sees of a tool."""
    again = from_json(json.loads(json.dumps(to_json(config))), RealtimeConfig)
    assert config == again
    assert all(tool.function is None for tool in again.tools)


def test_limits_come_back() -> None:
    """Only what is not the default is written."""
    limits = Limits(setup_s=3)
    assert {"type": "Limits", "setup_s": 3} == to_json(limits)
    assert limits == from_json(to_json(limits), Limits)


def test_a_secret_is_not_written() -> None:
    """Only that there is one."""
    endpoint = Endpoint(url="ws://h/", headers=(("Authorization", Secret("sk-1")),))
    assert {"type": "Endpoint", "url": "ws://h/", "headers": [["Authorization", "***"]]} == to_json(
        endpoint
    )


def test_bytes_are_written_as_the_caller_wants() -> None:
    """And what is no value of ours by its repr."""
    chunk = AudioChunk(data=b"abcd", item_id="i")
    written = to_json(chunk, bytes_as=len)
    assert {"type": "AudioChunk", "data": 4, "item_id": "i"} == written
    assert repr(1j) == to_json(1j)


def test_dropped_bytes_come_back_as_silence() -> None:
    """As many."""
    value = {"type": "SendAudio", "data": {"n_bytes": 4, "sha256": "0"}}
    assert SendAudio(bytes(4)) == from_json(value, VoiceCommand)


def test_an_event_with_a_nested_value_comes_back() -> None:
    """Tuples and literals, too."""
    failure = Failure(kind="lost", message="m", received=1011, paths=("$.a",))
    assert failure == from_json(to_json(failure), Failure)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, VoiceCommand),
        (5, VoiceCommand),
        ({}, VoiceCommand),
        ({"type": ["SendText"]}, VoiceCommand),
        ({"type": "Nothing"}, VoiceCommand),
        ({"type": "SendText"}, VoiceCommand),
        ({"type": "SendText", "text": ""}, VoiceCommand),
        ({"type": "SendText", "text": 5}, VoiceCommand),
        ({"type": "SendAudio", "data": "*"}, VoiceCommand),
        ({"type": "SendAudio", "data": 5}, VoiceCommand),
        ({"type": "SendAudio", "data": {}}, VoiceCommand),
        ({"type": "SendAudio", "data": {"n_bytes": MAX_AUDIO_BYTES + 1}}, VoiceCommand),
        ({"type": "Played", "item_id": "i", "ms": "5"}, VoiceCommand),
        ({"type": "Played", "item_id": "i", "ms": True}, VoiceCommand),
        ([], RealtimeConfig),
        ({"temperature": "hot"}, RealtimeConfig),
        ({"vad_mode": "sometimes"}, RealtimeConfig),
        ({"vad_threshold": 7}, RealtimeConfig),
        ({"tools": [{"name": "a", "function": "os.system"}]}, RealtimeConfig),
    ],
)
def test_what_is_no_such_value_is_a_value_error(value: Any, kind: Any) -> None:
    """Whatever is wrong with it, and nothing in it is looked up or called."""
    with pytest.raises(ValueError, match="not a "):
        from_json(value, kind)


def test_what_is_no_part_of_a_comparison_is_not_written() -> None:
    """How a frame began that could not be read: a recording has the frame itself."""
    failure = Failure(kind="remote", message="no", paths=("$.a",), excerpt="{")
    assert {"type": "Failure", "kind": "remote", "message": "no", "paths": ["$.a"]} == (
        to_json(failure)
    )
    assert Failure(kind="remote", message="no", paths=("$.a",)) == failure
