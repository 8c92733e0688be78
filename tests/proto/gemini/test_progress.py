"""What a connection makes of what both sides say: turns, activity, history, calls, resumption."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.gemini import MANUAL, SEEDED, pair, standing

from realtime_proto.errors import LocalProtocolError
from realtime_proto.gemini import (
    ActivityEnd,
    ActivityStart,
    ActivityState,
    AutomaticActivityDetection,
    Blob,
    CallState,
    ClientContent,
    Content,
    FunctionCall,
    FunctionResponse,
    GeminiConnection,
    GeminiServerConnection,
    GoAway,
    HistoryConfig,
    HistoryState,
    Part,
    RealtimeInput,
    RealtimeInputConfig,
    ResumptionState,
    ServerContent,
    SessionResumptionUpdate,
    Setup,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
    Transcription,
    TurnState,
    UnknownEvent,
    UsageMetadata,
    VoiceActivity,
)
from realtime_proto.gemini._progress import CALL_LIMIT

SPEECH = Content(parts=(Part(inline_data=Blob(data=b"\0\0")),))
START = RealtimeInput(activity_start=ActivityStart())
END = RealtimeInput(activity_end=ActivityEnd())
STREAM_END = RealtimeInput(audio_stream_end=True)
AUDIO = RealtimeInput(audio=Blob(mime_type="audio/pcm;rate=16000", data=b"\0\0"))


def call(*ids: str) -> ToolCall:
    """Calls of a function."""
    return ToolCall(function_calls=tuple(FunctionCall(id=i, name="f") for i in ids))


def answer(*ids: str, will_continue: bool = False) -> ToolResponse:
    """Answers to calls."""
    answers = (FunctionResponse(id=i, name="f", will_continue=will_continue) for i in ids)
    return ToolResponse(function_responses=tuple(answers))


def refused(sender: GeminiConnection, event: Any, reason: str) -> None:
    """*event* is refused for *reason*, and nothing has changed."""
    before = standing(sender)
    with pytest.raises(LocalProtocolError, match=reason):
        sender.send(event)
    assert before == standing(sender)


# --- turns


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([], TurnState.IDLE),
        ([ServerContent(model_turn=SPEECH)], TurnState.GENERATING),
        ([ServerContent(output_transcription=Transcription(text="Hi"))], TurnState.GENERATING),
        ([call("1")], TurnState.GENERATING),
        ([ToolCall()], TurnState.IDLE),
        ([ServerContent(model_turn=Content())], TurnState.IDLE),
        ([ServerContent(output_transcription=Transcription())], TurnState.IDLE),
        ([ServerContent(input_transcription=Transcription(text="Hi"))], TurnState.IDLE),
        (
            [ServerContent(model_turn=SPEECH), ServerContent(generation_complete=True)],
            TurnState.GENERATED,
        ),
        ([ServerContent(model_turn=SPEECH, generation_complete=True)], TurnState.GENERATED),
        (
            [
                ServerContent(model_turn=SPEECH, generation_complete=True),
                ServerContent(output_transcription=Transcription(text="late")),
            ],
            TurnState.GENERATED,
        ),
        (
            [ServerContent(model_turn=SPEECH), ServerContent(interrupted=True)],
            TurnState.INTERRUPTED,
        ),
        (
            [
                ServerContent(model_turn=SPEECH),
                ServerContent(interrupted=True),
                ServerContent(model_turn=SPEECH),
            ],
            TurnState.INTERRUPTED,
        ),
        (
            [ServerContent(model_turn=SPEECH), ServerContent(interrupted=True, turn_complete=True)],
            TurnState.IDLE,
        ),
        (
            [
                ServerContent(model_turn=SPEECH, generation_complete=True),
                ServerContent(interrupted=True),
            ],
            TurnState.INTERRUPTED,
        ),
        ([ServerContent(interrupted=True)], TurnState.IDLE),
        ([ServerContent(turn_complete=True), ServerContent(interrupted=True)], TurnState.IDLE),
        ([ServerContent(interrupted=True, model_turn=SPEECH)], TurnState.GENERATING),
        ([ServerContent(model_turn=SPEECH, turn_complete=True)], TurnState.IDLE),
    ],
)
def test_turns(contents: list[Any], expected: TurnState) -> None:
    """A turn is open from its first output to `turnComplete`, and everything is in turn."""
    client, server = pair()
    for content in contents:
        client.receive(server.send(content))
    assert (expected, expected) == (client.turn, server.turn)
    assert (client.unexpected, server.unexpected) == (0, 0)


@pytest.mark.parametrize(
    "event", [UsageMetadata(), VoiceActivity(), GoAway(), UnknownEvent(tag="x", raw=1)]
)
def test_what_is_beside_a_turn(event: Any) -> None:
    """What says nothing of a turn, a call or a handle moves none of them."""
    client, server = pair()
    before = standing(client)[1:]
    client.receive(server.send(event))
    assert before == standing(client)[1:]


# --- activity


def test_activity_found_by_the_server() -> None:
    """Where the server finds activity, the client may end the stream of audio and mark nothing."""
    client, server = pair()
    assert ActivityState.AUTOMATIC is client.activity
    for event in (AUDIO, STREAM_END, AUDIO, STREAM_END, STREAM_END):
        server.receive(client.send(event))
    refused(client, START, "activityStart may not be sent while the user's activity is found by")
    refused(client, END, "activityEnd may not be sent while the user's activity is found by")
    assert 0 == server.unexpected


def test_activity_marked_by_the_client() -> None:
    """Where the client marks activity, beginnings and ends come in turn, and audio at any time."""
    client, server = pair(setup=MANUAL)
    assert (ActivityState.SILENT, ActivityState.SILENT) == (client.activity, server.activity)
    refused(client, END, "activityEnd may not be sent while the user's activity is marked as ended")
    refused(client, STREAM_END, "audioStreamEnd may not be sent")
    for event in (AUDIO, START, AUDIO):
        server.receive(client.send(event))
    assert (ActivityState.ACTIVE, ActivityState.ACTIVE) == (client.activity, server.activity)
    refused(client, START, "activityStart may not be sent while the user's activity is marked as")
    refused(client, STREAM_END, "audioStreamEnd may not be sent")
    server.receive(client.send(END))
    server.receive(client.send(START))
    assert (ActivityState.ACTIVE, 0) == (server.activity, server.unexpected)


@pytest.mark.parametrize(
    "config",
    [
        None,
        RealtimeInputConfig(),
        RealtimeInputConfig(automatic_activity_detection=AutomaticActivityDetection()),
    ],
)
def test_detection_is_on_unless_turned_off(config: RealtimeInputConfig | None) -> None:
    """A set-up that does not turn detection off leaves it to the server."""
    client, _ = pair(setup=Setup(model="m", realtime_input_config=config))
    assert ActivityState.AUTOMATIC is client.activity


def test_marks_out_of_turn_are_delivered_and_counted() -> None:
    """A server takes what a client should not have said, and counts it."""
    server = pair()[1]
    frame = json.dumps({"realtimeInput": {"activityStart": {}}})
    assert [START] == server.receive(frame)
    assert (1, ActivityState.AUTOMATIC) == (server.unexpected, server.activity)


@pytest.mark.parametrize(
    "two",
    [
        RealtimeInput(audio=Blob(), text=""),
        RealtimeInput(video=Blob(), media_chunks=(Blob(),)),
        RealtimeInput(audio=Blob(), audio_stream_end=True),
    ],
)
def test_a_realtime_input_says_one_thing(two: RealtimeInput) -> None:
    """Two things in one RealtimeInput are refused; from a peer they are delivered and counted."""
    client, server = pair()
    refused(client, two, "may not say more than one thing")
    body = {
        **({"audio": {}} if two.audio else {}),
        **({"video": {}} if two.video else {}),
        **({"text": ""} if two.text is not None else {}),
        **({"audioStreamEnd": True} if two.audio_stream_end else {}),
        **({"mediaChunks": [{}]} if two.media_chunks else {}),
    }
    assert [two] == server.receive(json.dumps({"realtimeInput": body}))
    assert 1 == server.unexpected


def test_a_realtime_input_may_say_nothing() -> None:
    """An empty message is legal."""
    client, server = pair()
    assert [RealtimeInput()] == server.receive(client.send(RealtimeInput()))
    assert 0 == server.unexpected


# --- history


def test_history_comes_first() -> None:
    """Where a history is announced, nothing of the present comes before its end."""
    client, server = pair(setup=SEEDED)
    assert (HistoryState.SEEDING, HistoryState.SEEDING) == (client.history, server.history)
    refused(client, AUDIO, "realtimeInput may not be sent while the history is being told")
    server.receive(client.send(ClientContent(turns=(Content(role="user"),))))
    refused(client, AUDIO, "realtimeInput may not be sent while the history is being told")
    server.receive(client.send(ClientContent(turn_complete=True)))
    assert (HistoryState.LIVE, HistoryState.LIVE) == (client.history, server.history)
    server.receive(client.send(AUDIO))
    server.receive(client.send(ClientContent()))
    assert (HistoryState.LIVE, 0) == (client.history, server.unexpected)


def test_no_history_unless_announced() -> None:
    """Without one, the present begins at once."""
    client, _ = pair(setup=Setup(model="m", history_config=HistoryConfig()))
    client.send(AUDIO)
    assert HistoryState.LIVE is client.history


# --- calls


def test_a_call_is_answered_once() -> None:
    """What was answered may not be answered again."""
    client, server = pair()
    client.receive(server.send(call("1", "2")))
    assert {"1": CallState.PENDING, "2": CallState.PENDING} == client.calls == server.calls
    server.receive(client.send(answer("1")))
    assert {"1": CallState.ANSWERED, "2": CallState.PENDING} == client.calls == server.calls
    refused(client, answer("1"), "an answer may not be sent while the call '1' is answered")
    refused(client, answer("2", "1"), "while the call '1' is answered")
    refused(client, answer("2", "2"), "while the call '2' is answered")
    server.receive(client.send(answer("2")))
    assert 0 == server.unexpected


def test_an_answer_in_parts() -> None:
    """An answer that will continue leaves the call open."""
    client, server = pair()
    client.receive(server.send(call("1")))
    for _ in range(2):
        server.receive(client.send(answer("1", will_continue=True)))
        assert {"1": CallState.OPEN} == client.calls == server.calls
    client.receive(server.send(call("1")))
    assert {"1": CallState.OPEN} == client.calls
    server.receive(client.send(answer("1")))
    assert {"1": CallState.ANSWERED} == client.calls == server.calls


@pytest.mark.parametrize("will_continue", [False, True])
def test_a_cancelled_call_is_not_answered(will_continue: bool) -> None:
    """A cancellation ends a call, whatever was answered."""
    client, server = pair()
    client.receive(server.send(call("1", "2", "3")))
    server.receive(client.send(answer("2", will_continue=True)))
    server.receive(client.send(answer("3")))
    client.receive(server.send(ToolCallCancellation(ids=("1", "2", "3", "4"))))
    expected = {
        "1": CallState.CANCELLED,
        "2": CallState.CANCELLED,
        "3": CallState.ANSWERED,
        "4": CallState.CANCELLED,
    }
    assert expected == client.calls == server.calls
    for call_id in ("1", "2", "4"):
        event = answer(call_id, will_continue=will_continue)
        refused(client, event, f"may not be sent while the call '{call_id}' is cancelled")
    client.receive(server.send(ToolCallCancellation(ids=("1",))))
    client.receive(server.send(call("1", "3")))
    server.receive(client.send(answer("1", "3")))
    assert 0 == server.unexpected


def test_calls_that_are_not_followed() -> None:
    """Calls without an id, and calls of another connection, may be answered, also twice."""
    client, server = pair()
    client.receive(server.send(ToolCall(function_calls=(FunctionCall(name="f"),))))
    for event in (answer(""), answer(""), answer("of before"), answer("of before")):
        server.receive(client.send(event))
    assert {} == client.calls == server.calls
    assert 0 == server.unexpected


def test_an_answer_to_a_cancelled_call_is_delivered_and_counted() -> None:
    """The client may not have heard of the cancellation: a server reads the answer."""
    client, server = pair()
    client.receive(server.send(call("1")))
    server.send(ToolCallCancellation(ids=("1",)))
    assert [answer("1")] == server.receive(client.send(answer("1")))
    assert (1, {"1": CallState.CANCELLED}) == (server.unexpected, server.calls)


def test_old_calls_are_forgotten() -> None:
    """However many calls a server makes, what is kept of them is bounded."""
    client, server = pair()
    for n in range(3):
        client.receive(server.send(call(*(f"{n}_{k}" for k in range(CALL_LIMIT)))))
    assert CALL_LIMIT == len(client.calls) == len(server.calls)
    assert "2_0" in client.calls
    server.receive(client.send(answer("0_0")))
    assert (CALL_LIMIT, 0) == (len(client.calls), server.unexpected)


def test_a_long_id_is_not_repeated() -> None:
    """An id of any length makes a short error."""
    client, server = pair()
    client.receive(server.send(call("x" * 10_000)))
    client.send(answer("x" * 10_000))
    with pytest.raises(LocalProtocolError) as caught:
        client.send(answer("x" * 10_000))
    assert len(str(caught.value)) < 200


# --- resumption


def test_handles() -> None:
    """A handle makes the session resumable; without one it is so as it was."""
    client, server = pair()
    for handle, is_resumable, expected in (
        ("", False, ResumptionState.NONE),
        ("", True, ResumptionState.NONE),
        ("a", True, ResumptionState.RESUMABLE),
        ("b", True, ResumptionState.RESUMABLE),
        ("", False, ResumptionState.PAUSED),
        ("c", False, ResumptionState.PAUSED),
        ("d", True, ResumptionState.RESUMABLE),
    ):
        update = SessionResumptionUpdate(new_handle=handle, resumable=is_resumable)
        client.receive(server.send(update))
        assert (expected, expected) == (client.resumption, server.resumption)


# --- out of turn


def test_what_comes_before_the_session_moves_nothing() -> None:
    """What a peer says too early is delivered and counted, and is not taken for progress."""
    client = GeminiConnection()
    client.send(Setup(model="m"))
    frame = '{"serverContent":{"interrupted":true},"toolCall":{"functionCalls":[{"id":"1"}]}}'
    assert 2 == len(client.receive(frame))
    assert (2, {}, TurnState.IDLE) == (client.unexpected, client.calls, client.turn)
    client.receive('{"setupComplete":{}}')
    client.receive('{"toolCall":{"functionCalls":[{"id":"1"}]}}')
    assert {"1": CallState.PENDING} == client.calls


def test_a_frame_that_is_too_large_changes_nothing() -> None:
    """A refusal for its size, too, leaves everything as it was."""
    client = GeminiConnection(max_frame_bytes=600)
    client.send(MANUAL)
    client.receive('{"setupComplete":{}}')
    client.receive('{"toolCall":{"functionCalls":[{"id":"1","name":"f"}]}}')
    big = FunctionResponse(id="1", name="f", response={"output": "x" * 1000})
    refused(client, ToolResponse(function_responses=(big,)), "does not fit")
    client.send(answer("1"))


def test_set_up_is_said_once_to_a_server() -> None:
    """A second set-up is delivered and counted, and changes nobody's mind about activity."""
    server = GeminiServerConnection()
    server.receive(GeminiConnection().send(Setup(model="m")))
    server.send(SetupComplete())
    assert [MANUAL] == server.receive(GeminiConnection().send(MANUAL))
    assert (1, ActivityState.AUTOMATIC) == (server.unexpected, server.activity)
