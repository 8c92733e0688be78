"""Speech that goes on comes out as it does where every frame is read as an event."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto import (
    PROVIDERS,
    AudioChunk,
    Conversation,
    Interrupt,
    LocalProtocolError,
    RealtimeConfig,
    SendAudio,
    SendText,
    VADMode,
)
from realtime_proto import _connection as connections
from realtime_proto._speech import Speech
from realtime_proto.gemini import GeminiConnection
from realtime_proto.limits import Limits

TEXTS = [base64.b64encode(bytes(n)).decode() for n in (2, 480, 4_800)]

SAID = {
    "openai": [
        '{"type":"session.created","event_id":"e1","session":{"type":"realtime"}}',
        '{"type":"session.updated","event_id":"e2","session":{"type":"realtime"}}',
        '{"type":"response.created","event_id":"e3","response":'
        '{"object":"realtime.response","id":"r","status":"in_progress","output":[]}}',
    ],
    "gemini": ['{"setupComplete":{}}'],
}

OPENAI_DELTA = (
    '{"type":"response.output_audio.delta","event_id":"%d","response_id":"r","item_id":"i",'
    '"output_index":0,"content_index":0,"delta":"%s"}'
)
BLOB = '{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm","data":"%s"}'
GEMINI_DELTA = BLOB + "}]}}}"

FRAMES = {
    "openai": [
        OPENAI_DELTA,
        OPENAI_DELTA.replace('"r"', '"r2"'),
        OPENAI_DELTA.replace('"content_index":0', '"content_index":1'),
        OPENAI_DELTA.replace('"r"', '"r","x":1'),
        OPENAI_DELTA.replace('"r"', "5"),
        '{"type":"response.output_audio.done","event_id":"%d","response_id":"r","item_id":"i",'
        '"output_index":0,"content_index":0}',
        '{"type":"response.done","event_id":"%d","response":'
        '{"object":"realtime.response","id":"r","status":"completed","output":[]}}',
        '{"type":"input_audio_buffer.speech_started","event_id":"%d","audio_start_ms":0,'
        '"item_id":"u"}',
        '{"type":"error","event_id":"%d","error":{"type":"server_error","message":"no"}}',
        '{"type":"response.output_audio.delta","event_id":"%d","delta":"%s"',
    ],
    "gemini": [
        GEMINI_DELTA,
        BLOB + '},"thought":true}]}}}',
        BLOB + '}],"role":"model"}}}',
        BLOB + '}]},"turnComplete":true}}',
        BLOB + '}]},"interrupted":true}}',
        BLOB + '}]},"interactionStatus":"IN_PROGRESS"}}',
        BLOB + '},{"text":"a"}]}}}',
        BLOB.replace("pcm", "pcm;rate=16000") + "}]}}}",
        BLOB.replace("audio", "image") + "}]}}}",
        '{"serverContent":{"modelTurn":{"parts":[]}}}',
        '{"serverContent":{"interrupted":true}}',
        '{"serverContent":{"generationComplete":true}}',
        '{"serverContent":{"turnComplete":true}}',
        '{"setupComplete":{}}',
        '{"goAway":{"timeLeft":"50s"}}',
        '{"voiceActivity":{"type":"ACTIVITY_START"}}',
        '{"error":{"code":8,"message":"full"}}',
        BLOB,
    ],
}

COMMANDS = [Interrupt(), SendText("a"), SendAudio(bytes(320))]


def talking(
    provider: str, *, vad_mode: VADMode = VADMode.SERVER, is_ready: bool = True
) -> Conversation:
    """A conversation that has been set up, if it is to be ready."""
    config = RealtimeConfig(vad_mode=vad_mode)
    conversation = Conversation(PROVIDERS[provider].dialect(), config)
    conversation.open(now=0, unix_time=1_000_000)
    for frame in SAID[provider] if is_ready else ():
        conversation.receive(frame, now=0)
    return conversation


def seen_of(conversation: Conversation, *, now: float) -> Any:
    """All that shows, at some time."""
    wire = conversation.wire
    of_turn = (wire.turn, wire.activity) if isinstance(wire, GeminiConnection) else ()
    return (
        conversation.take_events(),
        conversation.take_frames(),
        conversation.road,
        conversation.next_deadline(),
        conversation.owes_answer,
        conversation.trace.note(),
        conversation.history.save(),
        conversation.played_ms("i", now=now),
        (wire.phase, wire.unexpected, dict(wire.drift), *of_turn),
    )


def tell(conversation: Conversation, step: Any, *, number: int, as_bytes: bool) -> None:
    """A command of the application's; or a frame of the server's, by its number, and the audio."""
    now = number / 10
    if not isinstance(step, tuple):
        with suppress(LocalProtocolError):
            conversation.send(step, now=now)
        return
    frames = FRAMES[conversation.blueprint.provider]
    frame = frames[step[0] % len(frames)].replace("%s", step[1]).replace("%d", str(number))
    conversation.receive(frame.encode() if as_bytes else frame, now=now)


def check_alike(
    provider: str, told: list[Any], *, vad_mode: VADMode, is_ready: bool, as_bytes: bool
) -> None:
    """Tell one conversation that follows speech, and one that reads all, the same."""
    one, other = (talking(provider, vad_mode=vad_mode, is_ready=is_ready) for _ in range(2))
    other._speech = mock.Mock(goes_on=lambda frame: False)
    with mock.patch.object(connections, "SPLICE_FROM", 0):
        for number, step in enumerate(told):
            for conversation in (one, other):
                tell(conversation, step, number=number, as_bytes=as_bytes)
            now = number / 10 + 0.05
            assert seen_of(other, now=now) == seen_of(one, now=now)
    for conversation in (one, other):
        conversation.connection_lost(1011, "no", now=len(told))
    assert seen_of(other, now=len(told)) == seen_of(one, now=len(told))


MORE = (0, TEXTS[1])
MOSTLY_MORE = st.one_of(st.just(MORE), st.just(MORE), st.tuples(st.just(0), st.sampled_from(TEXTS)))
steps = st.one_of(
    MOSTLY_MORE,
    st.tuples(st.integers(0, 17), st.sampled_from([*TEXTS, "", "A"])),
    st.sampled_from(COMMANDS),
)


@pytest.mark.parametrize("provider", FRAMES)
@given(
    told=st.lists(steps, max_size=16),
    vad_mode=st.sampled_from([VADMode.SERVER, VADMode.MANUAL]),
    is_ready=st.sampled_from([True, True, False]),
    as_bytes=st.booleans(),
)
def test_all_that_shows_is_the_same(
    provider: str, told: list[Any], vad_mode: VADMode, is_ready: bool, as_bytes: bool
) -> None:
    """After each frame and each command, whatever comes between the pieces of an answer."""
    check_alike(provider, told, vad_mode=vad_mode, is_ready=is_ready, as_bytes=as_bytes)


@pytest.mark.parametrize("provider", FRAMES)
@pytest.mark.parametrize("is_ready", [True, False])
@pytest.mark.parametrize("between", [*COMMANDS, *((n, TEXTS[1]) for n in range(18))], ids=repr)
@pytest.mark.parametrize("before", [(), ((12, ""), (15, ""))])
def test_whatever_comes_between(
    provider: str, is_ready: bool, between: Any, before: tuple[Any, ...]
) -> None:
    """Each thing between pieces of one answer, and each after it is complete."""
    told = [MORE, MORE, *before, between, MORE, MORE, between, between, (12, "")]
    for n_told in (len(told), len(before) + 4):
        check_alike(
            provider, told[:n_told], vad_mode=VADMode.SERVER, is_ready=is_ready, as_bytes=False
        )


@pytest.mark.parametrize("provider", FRAMES)
def test_no_event_is_made_of_what_goes_on(provider: str) -> None:
    """Its audio goes where that of the first piece went."""
    conversation = talking(provider)
    conversation.take_events()
    with mock.patch.object(connections, "SPLICE_FROM", 0):
        conversation.receive(FRAMES[provider][0].replace("%s", TEXTS[0]), now=1)
        with mock.patch.object(conversation.wire, "receive", side_effect=AssertionError):
            for text in TEXTS[1:]:
                conversation.receive(FRAMES[provider][0].replace("%s", text), now=1)
    chunks = [event for event in conversation.take_events() if isinstance(event, AudioChunk)]
    assert [2, 480, 4_800] == [len(chunk.data) for chunk in chunks]
    assert 1 == len({chunk.item_id for chunk in chunks})


def test_a_dialect_without_a_voice_is_given_the_events() -> None:
    """As one that somebody wrote may be."""
    conversation = talking("gemini")

    class Dialect:
        event = conversation._dialect.event
        is_awaiting = False
        next_deadline_us = conversation._dialect.next_deadline_us

    conversation._dialect = Dialect()  # type: ignore[assignment]  # what is used of it
    conversation._speech = Speech(conversation._desk, conversation._dialect)
    with mock.patch.object(connections, "SPLICE_FROM", 0):
        for text in TEXTS:
            conversation.receive(GEMINI_DELTA % text, now=1)
    assert 3 == sum(isinstance(event, AudioChunk) for event in conversation.take_events())


def test_a_frame_over_the_limit_is_an_error_though_it_is_alike() -> None:
    """As any other."""
    limits = Limits(max_frame_bytes=1_000)
    conversation = Conversation(PROVIDERS["gemini"].dialect(), RealtimeConfig(), limits=limits)
    conversation.open(now=0, unix_time=1_000_000)
    conversation.receive(SAID["gemini"][0], now=0)
    conversation.take_events()
    with mock.patch.object(connections, "SPLICE_FROM", 0):
        for text in (TEXTS[0], TEXTS[1], TEXTS[2], TEXTS[1]):
            conversation.receive(memoryview((GEMINI_DELTA % text).encode()), now=1)
    names = [type(event).__name__ for event in conversation.take_events()]
    assert ["ResponseStarted", "AudioChunk", "AudioChunk", "ErrorReported", "AudioChunk"] == names
