"""`EndAudio`, and when nothing is owed to the user any more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_proto import (
    PROVIDERS,
    Conversation,
    EndAudio,
    RealtimeConfig,
    SendAudio,
    SendText,
    ToolResult,
    VADMode,
)

PROVIDER_NAMES = ("openai", "gemini")

RESPONSE: dict[str, Any] = {"object": "realtime.response", "id": "r1", "output": []}
SPEECH = {
    "openai": [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "i1"},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "i1"},
    ],
    "gemini": [
        {"voiceActivity": {"type": "ACTIVITY_START", "audioOffset": "0s"}},
        {"voiceActivity": {"type": "ACTIVITY_END", "audioOffset": "0.9s"}},
    ],
}
BEGIN = {
    "openai": {
        "type": "response.created",
        "response": RESPONSE | {"status": "in_progress"},
    },
    "gemini": {"serverContent": {"outputTranscription": {"text": "Well"}}},
}
CALL = {
    "openai": {
        "type": "response.output_item.done",
        "response_id": "r1",
        "output_index": 0,
        "item": {
            "type": "function_call",
            "id": "f1",
            "call_id": "c1",
            "name": "look",
            "arguments": "{}",
            "status": "completed",
        },
    },
    "gemini": {"toolCall": {"functionCalls": [{"id": "c1", "name": "look", "args": {}}]}},
}
DONE = {
    "openai": {
        "type": "response.done",
        "response": RESPONSE | {"status": "completed"},
    },
    "gemini": {"serverContent": {"turnComplete": True}},
}


class Talk:
    """A conversation that is set up, at second 0."""

    def __init__(self, provider: str, **settings: Any) -> None:
        self.conversation = Conversation(PROVIDERS[provider].dialect(), RealtimeConfig(**settings))
        self.conversation.open(now=0, unix_time=0)
        if provider == "gemini":
            self.say({"setupComplete": {}})
        else:
            session = {"type": "realtime", "id": "s1", "object": "realtime.session"}
            self.say({"type": "session.created", "session": session})
            self.say({"type": "session.updated", "session": session})
        assert self.conversation.is_ready
        self.frames()

    def say(self, frame: dict[str, Any], *, now: float = 0) -> None:
        self.conversation.receive(json.dumps(frame), now=now)

    def frames(self) -> list[Any]:
        return [json.loads(frame) for frame in self.conversation.take_frames()]


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_nothing_is_owed_before_anything_was_said(provider: str) -> None:
    """A fresh conversation, and one that is not ready, owe nothing."""
    assert not Talk(provider).conversation.owes_answer
    assert not Conversation(PROVIDERS[provider].dialect(), RealtimeConfig()).owes_answer


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_a_text_is_owed_an_answer_until_it_is_complete(provider: str) -> None:
    """From the text to the end of the response."""
    talk = Talk(provider)
    talk.conversation.send(SendText("hello"), now=1)
    assert talk.conversation.owes_answer
    talk.say(BEGIN[provider], now=2)
    assert talk.conversation.owes_answer
    talk.say(DONE[provider], now=3)
    assert not talk.conversation.owes_answer


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_speech_is_owed_an_answer_from_its_first_sound(provider: str) -> None:
    """While the user speaks, after that, and while the model answers."""
    talk = Talk(provider)
    for frame in (*SPEECH[provider], BEGIN[provider]):
        talk.say(frame, now=1)
        assert talk.conversation.owes_answer
    talk.say(DONE[provider], now=2)
    assert not talk.conversation.owes_answer


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_a_tool_call_is_part_of_the_answer(provider: str) -> None:
    """The answer is not complete before the model has spoken about the result."""
    talk = Talk(provider)
    talk.conversation.send(SendText("look"), now=1)
    talk.say(BEGIN[provider], now=2)
    talk.say(CALL[provider], now=2)
    talk.say(DONE[provider], now=2)
    assert talk.conversation.owes_answer
    talk.conversation.send(ToolResult(call_id="c1", output="a tree"), now=3)
    assert talk.conversation.owes_answer
    if provider == "openai":
        created: Any = BEGIN["openai"]
        talk.say(created | {"response": created["response"] | {"id": "r2"}}, now=4)
        done: Any = DONE["openai"]
        talk.say(done | {"response": done["response"] | {"id": "r2"}}, now=5)
    else:
        talk.say(BEGIN["gemini"], now=4)
        talk.say(DONE["gemini"], now=5)
    assert not talk.conversation.owes_answer


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_after_the_audio_the_server_has_time_to_show_that_it_heard_speech(provider: str) -> None:
    """EndAudio is owed an answer until speech is heard, or until `hearing_s` have passed."""
    talk = Talk(provider)
    talk.conversation.send(SendAudio(bytes(640)), now=1)
    assert not talk.conversation.owes_answer
    talk.conversation.send(EndAudio(), now=1)
    assert talk.conversation.owes_answer
    deadline = talk.conversation.next_deadline()
    assert deadline == 4
    talk.conversation.tick(now=deadline)
    assert not talk.conversation.owes_answer
    assert talk.conversation.next_deadline() is None


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_speech_heard_at_the_end_of_the_audio_is_answered(provider: str) -> None:
    """Once the server has heard speech, no time-out ends the wait for the answer."""
    talk = Talk(provider)
    talk.conversation.send(EndAudio(), now=1)
    for frame in SPEECH[provider]:
        talk.say(frame, now=2)
    assert talk.conversation.next_deadline() is None
    talk.conversation.tick(now=60)
    assert talk.conversation.owes_answer


def test_openai_finds_the_end_of_speech_in_silence() -> None:
    """This wire has no word for "the microphone is off": silence is appended."""
    talk = Talk("openai", vad_silence_duration_ms=700)
    talk.conversation.send(EndAudio(), now=1)
    (frame,) = talk.frames()
    assert "input_audio_buffer.append" == frame["type"]
    n_bytes = len(frame["audio"]) * 3 // 4
    assert 24_000 * 2 * (700 + 300) // 1_000 == n_bytes
    talk = Talk("openai", vad_mode=VADMode.SEMANTIC)
    talk.conversation.send(EndAudio(), now=1)
    (frame,) = talk.frames()
    assert 24_000 * 2 * 4 < len(frame["audio"]) * 3 // 4


def test_gemini_is_told_that_the_audio_stream_has_ended() -> None:
    """The wire has a word for it."""
    talk = Talk("gemini")
    talk.conversation.send(EndAudio(), now=1)
    assert [{"realtimeInput": {"audioStreamEnd": True}}] == talk.frames()


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_in_manual_mode_the_end_of_the_audio_is_a_commit(provider: str) -> None:
    """Where there is audio to commit; nothing is sent where there is none."""
    talk = Talk(provider, vad_mode=VADMode.MANUAL)
    talk.conversation.send(EndAudio(), now=1)
    assert [] == talk.frames()
    assert not talk.conversation.owes_answer
    talk.conversation.send(SendAudio(bytes(48_000)), now=1)
    talk.conversation.send(EndAudio(), now=2)
    last = talk.frames()[-1]
    expected: dict[str, Any] = {"realtimeInput": {"activityEnd": {}}}
    if provider == "openai":
        assert "response.create" == last["type"]
    else:
        assert expected == last
    assert talk.conversation.owes_answer
