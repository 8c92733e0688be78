"""The dialects: read alike, said each in its own way; and what a server leaves out is a row."""

from __future__ import annotations

import json
from typing import Any, get_args

import attrs
import pytest
from helpers.golden import golden
from helpers.openai import let_in, read, unknown_objects

from realtime_proto.errors import LocalProtocolError, RemoteProtocolError
from realtime_proto.openai import (
    DIALECTS,
    ClientEvent,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemDone,
    ConversationItemTruncate,
    Message,
    NamedVoice,
    OpenAIConnection,
    OpenAIServerConnection,
    OutputAudio,
    OutputText,
    PcmaFormat,
    PcmFormat,
    PcmuFormat,
    RateLimitsUpdated,
    RealtimeSession,
    Response,
    ResponseCreate,
    ResponseCreateParams,
    ResponseDone,
    ResponseOutputAudioDelta,
    ServerEvent,
    ServerVad,
    SessionAudio,
    SessionAudioInput,
    SessionAudioOutput,
    SessionUpdate,
    SessionUpdated,
    TranscriptionSession,
)
from realtime_proto.openai._shapes import SHAPES, TAGS
from realtime_proto.wire import UNSET, UnknownEvent, UnknownObject

FILES = [
    ("beta", "client"),
    ("beta", "server"),
    ("azure", "server"),
    ("azure-voice-live", "client"),
    ("azure-voice-live", "server"),
    ("xai", "client"),
    ("xai", "server"),
]

OPEN = {"azure_semantic_vad", "pcm16-8000hz"}
"""Objects in the golden frames of a type that GA does not have: they pass as they are."""

FRAMES = [
    pytest.param(dialect, side, frame, id=f"{dialect}-{side}-{number}-{frame['type']}")
    for dialect, side in FILES
    for number, frame in enumerate(golden(f"openai/{dialect}-{side}"), start=1)
]


@pytest.mark.parametrize(("dialect", "side", "frame"), FRAMES)
def test_a_golden_frame_is_understood_and_said_again(dialect, side, frame) -> None:
    """As an event of GA, with nothing unknown in it; and out comes what came in."""
    speaker, hearer = let_in(side, dialect)
    (event,) = hearer.receive(json.dumps(frame))
    assert event.type == TAGS.get(frame["type"], frame["type"])
    assert hearer.drift == {}
    assert {found.tag for found in unknown_objects(event)} <= OPEN
    assert frame == json.loads(speaker.send(event))


def test_every_event_of_the_beta_dialect_has_a_golden_frame() -> None:
    """What GA has and it has not is what the table says it lacks."""
    for side, union in (("client", ClientEvent), ("server", ServerEvent)):
        own = {TAGS.get(frame["type"], frame["type"]) for frame in golden(f"openai/beta-{side}")}
        assert own == {cls.type for cls in get_args(union)} - SHAPES["beta"].lacks


# --- what comes in


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_flat_session_is_understood_in_every_dialect(dialect) -> None:
    """A frame means the same wherever it comes from."""
    session = {
        "modalities": ["text", "audio"],
        "voice": "alloy",
        "speed": 1.5,
        "input_audio_format": "pcm16",
        "output_audio_format": "g711_alaw",
        "input_audio_noise_reduction": None,
        "turn_detection": {"type": "server_vad"},
        "max_response_output_tokens": "inf",
        "temperature": 0.8,
    }
    expected = SessionUpdated(
        event_id="e",
        session=RealtimeSession(
            output_modalities=("text", "audio"),
            audio=SessionAudio(
                input=SessionAudioInput(
                    format=PcmFormat(), noise_reduction=None, turn_detection=ServerVad()
                ),
                output=SessionAudioOutput(voice="alloy", speed=1.5, format=PcmaFormat()),
            ),
            max_output_tokens="inf",
            temperature=0.8,
        ),
    )
    assert expected == read(
        dialect, {"type": "session.updated", "event_id": "e", "session": session}
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_event_by_its_beta_name_is_understood_in_every_dialect(dialect) -> None:
    """It is the same class."""
    frame = {
        "type": "response.audio.delta",
        "event_id": "e",
        "response_id": "r",
        "item_id": "i",
        "output_index": 0,
        "content_index": 0,
        "delta": "AAEC",
    }
    assert read(dialect, frame) == ResponseOutputAudioDelta(
        event_id="e",
        response_id="r",
        item_id="i",
        output_index=0,
        content_index=0,
        delta=b"\0\1\2",
    )


def test_a_flat_name_whose_place_is_taken_stays_and_is_counted() -> None:
    """Such a server says the same twice; the place GA knows wins, and both go out again."""
    frame = {
        "type": "session.updated",
        "event_id": "e",
        "session": {
            "input_audio_format": "not specified",
            "voice": "ara",
            "audio": {"input": {"format": {"type": "audio/pcmu"}}, "output": 5},
        },
    }
    connection = OpenAIConnection(dialect="xai")
    with pytest.raises(RemoteProtocolError) as caught:
        connection.receive(json.dumps(frame))
    assert caught.value.paths == ("$.session.audio.output",)
    frame["session"]["audio"]["output"] = {}  # type: ignore[index]
    del frame["session"]["voice"]  # type: ignore[attr-defined]
    (event,) = connection.receive(json.dumps(frame))
    assert event.session.audio.input.format == PcmuFormat()  # type: ignore[union-attr]
    assert connection.drift == {"realtime.input_audio_format": 1}
    assert frame == json.loads(OpenAIServerConnection(dialect="xai").send(event))


def test_a_rate_without_a_format_stays_where_it_is() -> None:
    """It says nothing by itself."""
    frame = {"type": "session.updated", "session": {"input_audio_sampling_rate": 8000}}
    speaker, hearer = let_in("server", "azure-voice-live")
    (event,) = hearer.receive(json.dumps(frame))
    assert hearer.drift == {"realtime.input_audio_sampling_rate": 1}
    assert event == SessionUpdated(session=RealtimeSession())
    assert frame == json.loads(speaker.send(event))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "frame",
    [
        {"type": "response.create", "response": None},
        {"type": "response.create", "response": {"input": None, "audio": None}},
        {"type": "session.update", "session": {"type": "x"}},
        {"type": "session.update", "session": {"type": "x", "audio": 5, "voice": 5}},
        {"type": "session.update", "session": {"type": "x", "voice": "alloy", "speed": 1.5}},
    ],
)
def test_nulls_and_sessions_nobody_knows_pass_in_every_dialect(dialect, frame) -> None:
    """Where a shape would move things, there may be nothing, or something else."""
    speaker, hearer = let_in("client", dialect)
    (event,) = hearer.receive(json.dumps(frame))
    assert frame == json.loads(speaker.send(event))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_session_nobody_knows_is_said_as_it_is(dialect) -> None:
    """Even one without a type: there is nothing to move in it."""
    raw = {"voice": "alloy"}
    update = SessionUpdate(session=UnknownObject(tag="x", raw=raw))
    assert said(dialect, update)["session"] == raw


def test_an_error_names_the_place_in_the_frame() -> None:
    """Not where GA has it."""
    frame = {
        "type": "transcription_session.updated",
        "session": {
            "turn_detection": {"type": "server_vad", "threshold": "loud"},
            "input_audio_format": 5,
            "modalities": ["text", 7],
            "audio": {"input": {"transcription": 1}},
        },
    }
    with pytest.raises(RemoteProtocolError) as caught:
        OpenAIConnection().receive(json.dumps(frame))
    assert sorted(caught.value.paths) == [
        "$.session.audio.input.transcription",
        "$.session.input_audio_format",
        "$.session.modalities[1]",
        "$.session.turn_detection.threshold",
    ]
    assert caught.value.tag == "transcription_session.updated"


def test_an_event_of_the_other_role_is_unknown_and_untouched() -> None:
    """Also by its beta name, and also with a flat session in it."""
    frame = {"type": "transcription_session.created", "session": {"voice": "alloy"}}
    (event,) = OpenAIServerConnection().receive(json.dumps(frame))
    assert event == UnknownEvent(tag="transcription_session.created", raw=frame)


def test_a_relay_translates_between_dialects() -> None:
    """What an old client says to it flat goes on in GA's shape, and the answer comes back flat."""
    flat = {"type": "session.update", "event_id": "e", "session": {"voice": "alloy"}}
    ga = {
        "type": "session.update",
        "event_id": "e",
        "session": {"type": "realtime", "audio": {"output": {"voice": "alloy"}}},
    }
    (update,) = let_in("client", "beta")[1].receive(json.dumps(flat))
    assert ga == json.loads(let_in("client", "ga")[0].send(update))
    (updated,) = let_in("server", "ga")[1].receive(json.dumps({**ga, "type": "session.updated"}))
    said = json.loads(let_in("server", "beta")[0].send(updated))
    assert {**flat, "type": "session.updated"} == said


# --- what goes out


def said(dialect: str, event: Any) -> Any:
    """*event* as a client of *dialect* says it."""
    return json.loads(let_in("client", dialect)[0].send(event))


MESSAGE = Message(role="user", content=())

UPDATE = SessionUpdate(
    event_id="e",
    session=RealtimeSession(
        output_modalities=("audio", "text"),
        audio=SessionAudio(
            input=SessionAudioInput(format=PcmFormat(rate=24_000), turn_detection=None),
            output=SessionAudioOutput(voice="alloy", format=PcmuFormat()),
        ),
        max_output_tokens=100,
    ),
)


@pytest.mark.parametrize(
    ("dialect", "session"),
    [
        (
            "ga",
            {
                "type": "realtime",
                "output_modalities": ["audio", "text"],
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24_000},
                        "turn_detection": None,
                    },
                    "output": {"voice": "alloy", "format": {"type": "audio/pcmu"}},
                },
                "max_output_tokens": 100,
            },
        ),
        (
            "beta",
            {
                "modalities": ["audio", "text"],
                "input_audio_format": "pcm16",
                "turn_detection": None,
                "voice": "alloy",
                "output_audio_format": "g711_ulaw",
                "max_response_output_tokens": 100,
            },
        ),
        (
            "azure-voice-live",
            {
                "modalities": ["audio", "text"],
                "input_audio_format": "pcm16",
                "input_audio_sampling_rate": 24_000,
                "turn_detection": None,
                "voice": "alloy",
                "output_audio_format": "g711_ulaw",
                "max_response_output_tokens": 100,
            },
        ),
        (
            "xai",
            {
                "modalities": ["audio", "text"],
                "turn_detection": None,
                "voice": "alloy",
                "audio": {
                    "input": {"format": {"type": "audio/pcm", "rate": 24_000}},
                    "output": {"format": {"type": "audio/pcmu"}},
                },
                "max_response_output_tokens": 100,
            },
        ),
    ],
)
def test_a_session_is_said_in_the_shape_of_the_dialect(dialect, session) -> None:
    """The same event, whatever the server."""
    expected = {"type": "session.update", "event_id": "e", "session": session}
    assert expected == said(dialect, UPDATE)


def test_azure_is_spoken_to_as_ga() -> None:
    """It has no name of its own for anything."""
    assert said("azure", UPDATE) == said("ga", UPDATE)


def test_a_transcription_session_has_an_event_of_its_own_in_beta() -> None:
    """In GA its type tells."""
    update = SessionUpdate(event_id="e", session=TranscriptionSession(include=()))
    assert said("beta", update) == {
        "type": "transcription_session.update",
        "event_id": "e",
        "session": {"include": []},
    }
    assert said("ga", update)["session"]["type"] == "transcription"
    assert said("xai", update)["type"] == "session.update"


def test_parts_of_an_assistant_have_their_old_names_in_beta() -> None:
    """In items a client makes, in the input of a response, and in what a server reports."""
    message = Message(role="assistant", content=(OutputText(text="a"), OutputAudio(transcript="b")))
    create = ConversationItemCreate(item=message)
    kinds = [part["type"] for part in said("beta", create)["item"]["content"]]
    assert kinds == ["text", "audio"]
    assert said("azure-voice-live", create)["item"]["content"][0]["type"] == "output_text"
    asked = said("beta", ResponseCreate(response=ResponseCreateParams(input=(message,))))
    assert asked["response"]["input"][0]["content"][1]["type"] == "audio"
    done = ResponseDone(response=Response(id="r", status="completed", output=(message,)))
    heard = json.loads(let_in("server", "beta")[0].send(done))
    assert heard["response"]["output"][0]["content"][0]["type"] == "text"


@pytest.mark.parametrize("content", [5, "x", [1, None, {"type": 3}, {"type": "output_text"}]])
def test_an_item_nobody_knows_may_hold_anything(content) -> None:
    """It goes out as it is, but for the names of parts."""
    item = UnknownObject(tag="x", raw={"type": "x", "content": content})
    out = said("beta", ConversationItemCreate(item=item))["item"]["content"]
    assert out == (content if content.__class__ is not list else [*content[:3], {"type": "text"}])


@pytest.mark.parametrize(
    ("dialect", "output", "path"),
    [
        ("beta", PcmFormat(rate=16_000), "format.rate: the dialect knows this format at 24000"),
        ("azure-voice-live", PcmFormat(rate=8_000), "format.rate: the dialect knows this"),
        (
            "beta",
            UnknownObject(tag="x", raw={"type": "x", "depth": 3}),
            "format: the dialect has but a name",
        ),
        ("beta", UnknownObject(tag="x", raw={}), "format: the dialect has but a name"),
        ("beta", UnknownObject(tag="x", raw={"type": 5}), "format: the dialect has but a name"),
    ],
)
def test_what_a_dialect_cannot_say_is_refused_and_changes_nothing(dialect, output, path) -> None:
    """By its place in the event; no id is used up."""
    speaker = OpenAIConnection(dialect=dialect)
    speaker.receive('{"type":"session.created","session":{}}')
    audio = SessionAudio(output=SessionAudioOutput(format=output))
    with pytest.raises(LocalProtocolError, match=rf"\$\.session\.audio\.output\.{path}"):
        speaker.send(SessionUpdate(session=RealtimeSession(audio=audio)))
    assert json.loads(speaker.send(ResponseCreate()))["event_id"] == "evt_1"


def test_a_format_nobody_knows_is_a_name_in_the_beta_dialect() -> None:
    """And comes in as one."""
    odd = UnknownObject(tag="opus", raw={"type": "opus"})
    audio = SessionAudio(output=SessionAudioOutput(format=odd))
    update = SessionUpdate(event_id="e", session=RealtimeSession(audio=audio))
    frame = said("beta", update)
    assert frame["session"] == {"output_audio_format": "opus"}
    assert let_in("client", "beta")[1].receive(json.dumps(frame)) == [update]


@pytest.mark.parametrize(
    ("role", "dialect", "event"),
    [
        ("client", "xai", ConversationItemTruncate(item_id="i", content_index=0, audio_end_ms=1)),
        ("server", "beta", ConversationItemAdded(item=MESSAGE)),
        ("server", "azure", RateLimitsUpdated(rate_limits=())),
        ("server", "azure-voice-live", ConversationItemAdded(item=MESSAGE)),
        ("server", "xai", ConversationItemDone(item=MESSAGE)),
    ],
)
def test_an_event_the_dialect_lacks_is_refused(role, dialect, event) -> None:
    """Before anything is changed; and one can ask."""
    speaker, _ = let_in(role, dialect)
    assert not speaker.has(type(event))
    with pytest.raises(LocalProtocolError, match=f"the dialect '{dialect}' has no"):
        speaker.send(event)
    assert let_in(role, "ga")[0].has(type(event))
    assert speaker.has(UnknownEvent)
    assert speaker.dialect == dialect


def test_an_event_the_dialect_lacks_is_read_all_the_same() -> None:
    """Strict out, lenient in."""
    (event,) = let_in("server", "azure")[1].receive(
        '{"type":"rate_limits.updated","rate_limits":[]}'
    )
    assert event == RateLimitsUpdated(rate_limits=())


def test_a_format_that_is_null_is_none() -> None:
    """Azure Voice Live says so before it was told one: it is not the default."""
    frame = {"type": "session.created", "session": {"output_audio_format": None, "voice": "x"}}
    assert read("azure-voice-live", frame).session.audio.output.format is None


def test_a_voice_may_have_a_maker() -> None:
    """A name and a type, as Azure Voice Live has it; what else it says is kept."""
    voice = {"type": "azure-standard", "name": "en-US-Ava", "temperature": 0.5}
    frame = {"type": "session.updated", "event_id": "e", "session": {"voice": voice}}
    (event,) = let_in("server", "azure-voice-live")[1].receive(json.dumps(frame))
    heard = event.session.audio.output.voice
    assert heard == NamedVoice(type="azure-standard", name="en-US-Ava")
    assert frame == json.loads(let_in("server", "azure-voice-live")[0].send(event))
    assert attrs.evolve(heard, name="x").name == "x"
    assert event.session.audio.input is UNSET
