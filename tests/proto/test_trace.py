"""What was said last on the wire, as an error tells it."""

from __future__ import annotations

import pytest
from helpers.chat import BOTH, Chat

from realtime_proto import SendText, gemini, openai
from realtime_proto.trace import MAX_NAME, MAX_RUNS, Trace
from realtime_proto.wire import UnknownEvent


def lines(trace: Trace) -> list[str]:
    return [line.strip() for line in trace.note().splitlines()[1:]]


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (openai.InputAudioBufferCleared(), "input_audio_buffer.cleared"),
        (gemini.SetupComplete(), "setupComplete"),
        (gemini.VoiceActivity(type="ACTIVITY_START"), "ACTIVITY_START"),
        (gemini.VoiceActivity(), "VoiceActivity"),
        (UnknownEvent(tag="no.such", raw={}), "no.such"),
        (UnknownEvent(tag="a\x1b[2J\n", raw={}), "a?[2J?"),
        (UnknownEvent(tag="x" * 200, raw={}), "x" * MAX_NAME),
    ],
)
def test_an_event_has_its_name_on_the_wire(event: object, name: str) -> None:
    """Or as near as there is one; a peer's own is short and can be shown."""
    trace = Trace()
    trace.received([event], 10)
    assert [f"< {name}: 10 characters"] == lines(trace)


def test_events_of_one_name_in_a_row_are_one_line() -> None:
    """With all their characters; what several events of one frame took is told once."""
    trace = Trace()
    cleared, done = openai.InputAudioBufferCleared(), openai.InputAudioBufferClear()
    trace.received([cleared], 30)
    trace.received([cleared], 12)
    trace.sent(done, 5)
    trace.received([cleared, cleared], 20)
    trace.received([], 7)
    assert [
        "< input_audio_buffer.cleared: 2 times, 42 characters",
        "> input_audio_buffer.clear: 5 characters",
        "< input_audio_buffer.cleared: 2 times, 20 characters",
        "< (nothing that can be read): 7 characters",
    ] == lines(trace)
    assert "input_audio_buffer.clear" == trace.last_sent


def test_only_the_last_are_kept() -> None:
    """However many there were."""
    trace = Trace()
    for n in range(100):
        trace.received([UnknownEvent(tag=f"event {n}", raw={})], 1)
    assert [f"< event {n}: 1 characters" for n in range(100 - MAX_RUNS, 100)] == lines(trace)


@pytest.mark.parametrize("provider", BOTH)
def test_a_conversation_keeps_one_over_all_its_connections(provider: str) -> None:
    """What was said, both ways, but not a word of it."""
    chat = Chat(provider)
    chat.do(SendText("a secret"))
    chat.begin_answer()
    chat.speak()
    chat.speak()
    chat.say("{")
    said, spoke, n_spoken = {
        "openai": ("response.create", "response.output_audio.delta", 2),
        "gemini": ("clientContent", "serverContent", 3),
    }[provider]
    trace = chat.talk.trace
    assert said == trace.last_sent
    assert "secret" not in trace.note()
    assert any(line.startswith(f"> {said}: ") for line in lines(trace))
    assert any(line.startswith(f"< {spoke}: {n_spoken} times, ") for line in lines(trace))
    last = lines(trace)[-1]
    assert "< (nothing that can be read): 1 characters" == last
    chat.lose()
    chat.dial()
    assert last in lines(trace)
