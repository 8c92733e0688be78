"""Messages to events and back: order, names, presence, refusals, and staying usable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.gemini import MANUAL, pair

from realtime_proto.errors import LocalProtocolError, RemoteProtocolError
from realtime_proto.gemini import (
    ActivityStart,
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    Blob,
    ClientContent,
    Content,
    ContextUpdate,
    ContextUpdateTools,
    FunctionCall,
    FunctionDeclaration,
    FunctionResponse,
    GeminiConnection,
    GeminiServerConnection,
    GoAway,
    GoogleSearch,
    GroundingMetadata,
    InteractionStatusChanged,
    Part,
    Phase,
    RealtimeInput,
    RealtimeInputConfig,
    Schema,
    ServerContent,
    ServerError,
    SessionResumptionUpdate,
    Setup,
    SetupComplete,
    Tool,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
    Transcription,
    UnknownEvent,
    UsageMetadata,
    VoiceActivity,
)


@pytest.fixture
def client() -> GeminiConnection:
    """A client whose session stands."""
    return pair()[0]


@pytest.fixture
def server() -> GeminiServerConnection:
    """A server whose session stands."""
    return pair()[1]


def test_phases() -> None:
    """The phases follow what is said, alike on both sides."""
    client, server = GeminiConnection(), GeminiServerConnection()
    assert (client.phase, server.phase) == (Phase.OPENING, Phase.OPENING)
    server.receive(client.send(Setup(model="models/m")))
    assert (client.phase, server.phase) == (Phase.SETTING_UP, Phase.SETTING_UP)
    client.receive(server.send(SetupComplete(session_id="s")))
    assert (client.phase, server.phase) == (Phase.READY, Phase.READY)
    client.receive(server.send(GoAway(time_left="50s")))
    assert (client.phase, server.phase) == (Phase.GOING_AWAY, Phase.GOING_AWAY)
    server.receive(client.send(ClientContent(turn_complete=True)))
    assert (client.phase, server.phase) == (Phase.GOING_AWAY, Phase.GOING_AWAY)
    client.connection_lost(1000, "")
    client.connection_lost(1000, "")
    assert client.phase is Phase.CLOSED


# --- what is written


def test_a_message_is_its_member(client: GeminiConnection) -> None:
    """An event is written under its member's name, which is not repeated inside."""
    turn = Content(role="user", parts=(Part(text="Hi"),))
    frame = client.send(ClientContent(turns=(turn,), turn_complete=True))
    assert json.loads(frame) == {
        "clientContent": {
            "turns": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "turnComplete": True,
        }
    }


def test_empty_messages_are_there() -> None:
    """A message whose presence is what it says is written as {}."""
    client, _ = pair(setup=MANUAL)
    frame = client.send(RealtimeInput(activity_start=ActivityStart()))
    assert frame == '{"realtimeInput":{"activityStart":{}}}'
    assert client.send(ClientContent()) == '{"clientContent":{}}'
    clear = ContextUpdate(tools=ContextUpdateTools())
    assert client.send(clear) == '{"contextUpdate":{"tools":{}}}'


def test_setup_says_only_what_was_asked() -> None:
    """Defaults are left to the server; a False that was asked for is written."""
    setup = Setup(
        model="models/m",
        input_audio_transcription=AudioTranscriptionConfig(),
        realtime_input_config=RealtimeInputConfig(
            automatic_activity_detection=AutomaticActivityDetection(disabled=True)
        ),
        tools=(
            Tool(
                function_declarations=(FunctionDeclaration(name="f"),), google_search=GoogleSearch()
            ),
        ),
    )
    assert json.loads(GeminiConnection().send(setup))["setup"] == {
        "model": "models/m",
        "inputAudioTranscription": {},
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
        "tools": [{"functionDeclarations": [{"name": "f"}], "googleSearch": {}}],
    }


def test_arguments_are_always_written() -> None:
    """Clients expect `args` and `response` to be objects, even empty ones."""
    client, server = pair()
    call = ToolCall(function_calls=(FunctionCall(id="1", name="f"),))
    assert json.loads(server.send(call)) == {
        "toolCall": {"functionCalls": [{"id": "1", "name": "f", "args": {}}]}
    }
    answer = ToolResponse(function_responses=(FunctionResponse(id="1", name="f"),))
    assert json.loads(client.send(answer))["toolResponse"]["functionResponses"][0]["response"] == {}


def test_64_bit_integers_are_text(server: GeminiServerConnection) -> None:
    """proto3 JSON writes a 64-bit integer as text."""
    frame = server.send(SessionResumptionUpdate(last_consumed_client_message_index=2**62))
    assert json.loads(frame) == {
        "sessionResumptionUpdate": {"lastConsumedClientMessageIndex": str(2**62)}
    }


def test_a_bare_status(server: GeminiServerConnection) -> None:
    """The body of a top-level interaction status is the text itself."""
    assert server.send(InteractionStatusChanged(status="IDLE")) == '{"interactionStatus":"IDLE"}'
    assert server.send(InteractionStatusChanged()) == '{"interactionStatus":""}'


# --- what is read


def test_every_member_of_a_message_is_an_event(client: GeminiConnection) -> None:
    """One message gives all its events, in the documented order, unknown members last."""
    message = {
        "future": [1],
        "goAway": {"timeLeft": "10s"},
        "usageMetadata": {"totalTokenCount": 3},
        "interactionStatus": "IN_PROGRESS",
        "error": {"message": "m"},
        "toolCallCancellation": {"ids": ["0"]},
        "toolCall": {"functionCalls": [{"id": "1", "name": "f"}]},
        "serverContent": {"interrupted": True, "turnComplete": True},
        "voiceActivity": {"type": "ACTIVITY_START"},
        "later": None,
    }
    assert client.receive(json.dumps(message)) == [
        VoiceActivity(type="ACTIVITY_START"),
        ServerContent(interrupted=True, turn_complete=True),
        ToolCall(function_calls=(FunctionCall(id="1", name="f"),)),
        ToolCallCancellation(ids=("0",)),
        InteractionStatusChanged(status="IN_PROGRESS"),
        UsageMetadata(total_token_count=3),
        GoAway(time_left="10s"),
        ServerError(message="m"),
        UnknownEvent(tag="future", raw=[1]),
        UnknownEvent(tag="later", raw=None),
    ]
    assert client.phase is Phase.GOING_AWAY
    assert client.unexpected == 0


@pytest.mark.parametrize("frame", ["{}", b"{}", b" {\n} ", memoryview(b"{}")])
def test_an_empty_message_is_nothing(
    client: GeminiConnection, server: GeminiServerConnection, frame: str | bytes | memoryview
) -> None:
    """A message may hold nothing at all, as text or as bytes."""
    assert client.receive(frame) == []
    assert server.receive(frame) == []


def test_a_null_member_is_not_there(client: GeminiConnection) -> None:
    """proto3 JSON reads null as absent."""
    assert client.receive('{"serverContent":null,"toolCall":null}') == []


def test_both_names_of_a_member(server: GeminiServerConnection) -> None:
    """Members and fields are read in camelCase and snake_case, mixed in one message."""
    frame = (
        '{"client_content":{"turns":[{"parts":[{"inline_data":{"mime_type":"a/b"}}]}],"%s":true}}'
    )
    expected = ClientContent(
        turns=(Content(parts=(Part(inline_data=Blob(mime_type="a/b")),)),), turn_complete=True
    )
    assert server.receive(frame % "turnComplete") == [expected]
    assert server.receive(frame % "turn_complete") == [expected]
    assert server.drift == {}


@pytest.mark.parametrize(
    "frame",
    [
        '{"toolCall":{"functionCalls":[]},"tool_call":{"functionCalls":[{}]}}',
        '{"tool_call":{"functionCalls":[{}]},"toolCall":{"functionCalls":[]}}',
        '{"toolCall":null,"tool_call":{}}',
    ],
)
def test_camel_case_wins(client: GeminiConnection, frame: str) -> None:
    """A member given by both names is one event, and the camelCase name wins."""
    assert client.receive(frame) == [ToolCall()]


def test_the_other_sides_members_are_unknown(client: GeminiConnection) -> None:
    """What only the other role says is not an event of this one."""
    assert client.receive('{"setup":{"model":"m"}}') == [
        UnknownEvent(tag="setup", raw={"model": "m"})
    ]


def test_unknown_fields_are_counted(client: GeminiConnection) -> None:
    """A field nobody knows is left out and counted under the name of its message."""
    frame = '{"serverContent":{"new":1,"type":2,"outputTranscription":{"mood":3}},"goAway":{"x":0}}'
    client.receive(frame)
    client.receive('{"serverContent":{"new":1}}')
    client.receive('{"voiceActivity":{"type":"ACTIVITY_END","volume":1}}')
    assert client.drift == {
        "serverContent.new": 2,
        "serverContent.type": 1,
        "Transcription.mood": 1,
        "goAway.x": 1,
        "VoiceActivity.volume": 1,
    }


def test_empty_messages_are_read_as_there(client: GeminiConnection) -> None:
    """{} and absence are different things."""
    (content,) = client.receive(
        '{"serverContent":{"outputTranscription":{},"groundingMetadata":{}}}'
    )
    assert isinstance(content, ServerContent)
    assert content.output_transcription == Transcription()
    assert content.input_transcription is None
    assert content.grounding_metadata == GroundingMetadata()


@pytest.mark.parametrize("text", ["-_8=", "+/8="])
def test_both_alphabets_of_base64(client: GeminiConnection, text: str) -> None:
    """Media may come in the standard and in the URL-safe alphabet."""
    part = {"inlineData": {"mimeType": "audio/pcm", "data": text}}
    (content,) = client.receive(json.dumps({"serverContent": {"modelTurn": {"parts": [part]}}}))
    assert isinstance(content, ServerContent)
    assert content.model_turn == Content(
        parts=(Part(inline_data=Blob(mime_type="audio/pcm", data=b"\xfb\xff")),)
    )


@pytest.mark.parametrize("index", [123, "123"])
def test_64_bit_integers_either_way(client: GeminiConnection, index: int | str) -> None:
    """A 64-bit integer may come as text or as a number."""
    frame = json.dumps({"sessionResumptionUpdate": {"lastConsumedClientMessageIndex": index}})
    assert client.receive(frame) == [
        SessionResumptionUpdate(last_consumed_client_message_index=123)
    ]


@pytest.mark.parametrize("code", [400, "invalid"])
def test_an_errors_code(client: GeminiConnection, code: int | str) -> None:
    """An error's code is read as a number and as a name."""
    assert client.receive(json.dumps({"error": {"code": code}})) == [ServerError(code=code)]


# --- out of turn


def test_out_of_turn_is_delivered_and_counted() -> None:
    """What the peer says at an odd time is delivered, counted, and moves nothing."""
    client = GeminiConnection()
    assert client.receive('{"setupComplete":{}}') == [SetupComplete()]
    assert (client.phase, client.unexpected) == (Phase.OPENING, 1)
    server = GeminiServerConnection()
    server.receive('{"setup":{"model":"m"}}')
    server.receive('{"realtimeInput":{"text":"too soon"}}')
    assert server.receive('{"setup":{"model":"n"}}') == [Setup(model="n")]
    assert (server.phase, server.unexpected) == (Phase.SETTING_UP, 2)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Setup(model="m"), "may not be sent while the connection is ready"),
        (SetupComplete(), "a client does not send SetupComplete"),
        (object(), "a client does not send object"),
        (UnknownEvent(tag="setup", raw={"model": "m"}), "has a class of its own"),
        (UnknownEvent(tag="x", raw={1, 2}), "not JSON"),
        (UnknownEvent(tag="\ud800", raw=1), "surrogates"),
        (UnknownEvent(tag=["x"], raw=1), "expected a string, got list"),  # type: ignore[arg-type]
        (RealtimeInput(text=5), "text"),  # type: ignore[arg-type]
        (RealtimeInput(audio=Blob(data="x")), "audio.data"),  # type: ignore[arg-type]
        (RealtimeInput(audio=b"x"), "audio"),  # type: ignore[arg-type]
        (RealtimeInput(text="x" * 1000), "does not fit"),
    ],
)
def test_refusals_change_nothing(event: Any, reason: str) -> None:
    """What may not be said is refused before anything changes."""
    client = GeminiConnection(max_frame_bytes=500)
    client.send(Setup(model="m"))
    client.receive('{"setupComplete":{}}')
    with pytest.raises(LocalProtocolError, match=reason):
        client.send(event)
    assert (client.phase, client.unexpected, client.drift) == (Phase.READY, 0, {})
    assert client.send(RealtimeInput(text="x"))


def test_unknown_events_can_be_sent_on(
    client: GeminiConnection, server: GeminiServerConnection
) -> None:
    """A relay can pass on what it does not know."""
    event = UnknownEvent(tag="futureMember", raw=[None, {"a": 1}])
    assert client.receive(server.send(event)) == [event]
    assert server.receive(client.send(event)) == [event]


def test_a_relay_may_say_what_its_other_side_cannot(server: GeminiServerConnection) -> None:
    """A tag is refused only where its own role has a class for it."""
    assert server.send(UnknownEvent(tag="setup", raw=1)) == '{"setup":1}'


# --- malformed


@pytest.mark.parametrize(
    ("message", "tag", "paths"),
    [
        ({"serverContent": []}, "serverContent", ("$.serverContent",)),
        ({"serverContent": True}, "serverContent", ("$.serverContent",)),
        (
            {"serverContent": {"turnComplete": "true", "interrupted": 1}},
            "serverContent",
            ("$.serverContent.interrupted", "$.serverContent.turnComplete"),
        ),
        (
            {"serverContent": {"modelTurn": {"parts": [{}, {"inlineData": {"data": "-+=="}}]}}},
            "serverContent",
            ("$.serverContent.modelTurn.parts[1].inlineData.data",),
        ),
        ({"tool_call": {"function_calls": {}}}, "toolCall", ("$.toolCall.functionCalls",)),
        ({"interactionStatus": {}}, "interactionStatus", ("$.interactionStatus",)),
        ({"goAway": {"timeLeft": 50}}, "goAway", ("$.goAway.timeLeft",)),
    ],
)
def test_malformed_members(
    client: GeminiConnection, message: dict[str, Any], tag: str, paths: tuple[str, ...]
) -> None:
    """A member of the wrong shape is the peer's error, named by every path at fault."""
    with pytest.raises(RemoteProtocolError, match=f"malformed {tag}") as caught:
        client.receive(json.dumps(message))
    assert (caught.value.tag, caught.value.paths) == (tag, paths)
    assert client.receive('{"serverContent":{}}') == [ServerContent()]


def test_what_came_before_the_fault_is_kept(client: GeminiConnection) -> None:
    """The events read before a malformed member are on the error, and count."""
    frame = '{"error":[],"goAway":{"timeLeft":"1s"},"toolCall":{}}'
    with pytest.raises(RemoteProtocolError) as caught:
        client.receive(frame)
    assert caught.value.events == (ToolCall(), GoAway(time_left="1s"))
    assert client.phase is Phase.GOING_AWAY


def test_setup_needs_a_model() -> None:
    """A set-up without a model is malformed."""
    server = GeminiServerConnection()
    with pytest.raises(RemoteProtocolError) as caught:
        server.receive('{"setup":{}}')
    assert caught.value.paths == ("$.setup.model",)
    assert server.phase is Phase.OPENING


def test_a_schema_too_deep_for_any_stack_is_refused() -> None:
    """A class that holds itself can be nested without end; nothing is sent, nothing changed."""
    schema = Schema(type="OBJECT")
    for _ in range(3_000):
        schema = Schema(type="ARRAY", items=schema)
    call = FunctionDeclaration(name="f", parameters=schema)
    client = GeminiConnection()
    with pytest.raises(LocalProtocolError, match="nests more than 64 deep"):
        client.send(Setup(model="models/m", tools=(Tool(function_declarations=(call,)),)))
    assert client.phase is Phase.OPENING
