"""What only OpenAI Realtime has, and the servers that speak it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from helpers.chat import Chat
from helpers.lines import SESSION

from realtime_proto import (
    PROVIDERS,
    AudioChunk,
    ClearAudio,
    ConfigurationError,
    EndAudio,
    ErrorReported,
    Interrupt,
    Interrupted,
    Limits,
    LocalProtocolError,
    RateLimit,
    RateLimitsUpdated,
    ResponseDone,
    ResponseStarted,
    SendAudio,
    SendImage,
    SendText,
    SendWire,
    SessionReady,
    ToolCallRequest,
    ToolResult,
    TranscriptDelta,
    UpdateSession,
    UsageReported,
    VADMode,
)
from realtime_proto.openai import (
    InputAudioBufferAppend,
    RealtimeSession,
    ResponseCancel,
    ResponseCreate,
    ResponseCreateParams,
    SessionUpdate,
)
from realtime_proto.openai._dialect import OpenAIDialect
from realtime_proto.openai._responses import MAX_RESPONSES
from realtime_proto.wire import UnknownEvent


def error(code: str, event_id: str | None = None, **more: Any) -> dict[str, Any]:
    body = {"type": "invalid_request_error", "code": code, "message": code, "event_id": event_id}
    return {"type": "error", "error": body | more}


def kinds(chat: Chat) -> list[str]:
    return [frame["type"] for frame in chat.frames()]


# --- set-up


def test_a_refused_first_update_is_fatal() -> None:
    """The model would run on settings nobody chose."""
    chat = Chat("openai", is_ready=False)
    chat.say({"type": "session.created", "session": SESSION})
    (update,) = chat.frames()
    chat.say(error("unknown_parameter", update["event_id"], param="session.x"))
    assert 1000 == getattr(chat.talk.road, "code", None)
    with pytest.raises(LocalProtocolError, match="over"):
        chat.do(SendText("hello"))
    chat.lose(None)
    failure = chat.events()[-1].failure
    assert ("provider", "unknown_parameter") == (failure.kind, failure.code)


def test_a_sideband_socket_is_not_greeted() -> None:
    """It asks for its settings at once, and joins a call that others change too."""
    chat = Chat("openai", is_ready=False, dialect=OpenAIDialect(is_sideband=True))
    assert ["session.update"] == kinds(chat)
    chat.say({"type": "session.updated", "session": SESSION})
    assert 1 == len(chat.events(SessionReady))
    chat.say({"type": "session.updated", "session": SESSION})
    assert [] == chat.events()


def test_what_the_server_took_otherwise_is_named() -> None:
    """As far as it mentions it: a voice, tools by name, what is off."""
    chat = Chat("openai", is_ready=False, voice="marin", tools=[look], instructions="Be kind.")
    chat.set_up(
        instructions="Be kind.",
        tools=[{"type": "function", "name": "other"}],
        audio={"output": {"voice": "alloy"}, "input": {"transcription": None}},
    )
    (ready,) = chat.events(SessionReady)
    assert (
        "session.audio.input.transcription",
        "session.audio.output.voice",
        "session.tools",
    ) == ready.altered


def look() -> str:
    """Look."""
    return "it"


def test_unreadable_answers_to_the_set_up_are_answers() -> None:
    """A session that stands is better than one that waits for a readable greeting."""
    chat = Chat("openai", is_ready=False)
    chat.say({"type": "session.created"}, {"type": "session.updated"})
    assert ("session",) == chat.events(SessionReady)[0].altered
    chat.say({"type": "session.created"}, {"type": "session.updated"})
    assert ["session.update"] == kinds(chat)


# --- updates


def test_updates_are_confirmed_in_order_and_refused_by_id() -> None:
    """A refused one leaves the settings before it in force."""
    chat = Chat("openai", instructions="One.")
    one = chat.talk.config
    two, three = (attrs.evolve(one, instructions=text) for text in ("Two.", None))
    chat.do(UpdateSession(two), UpdateSession(three))
    first, second = chat.frames()
    assert ("Two.", "") == tuple(f["session"]["instructions"] for f in (first, second))
    chat.say({"type": "session.updated", "session": SESSION | {"instructions": "Other."}})
    chat.say(error("some_code", second["event_id"]))
    otherwise, refused = chat.events(ErrorReported)
    assert "session.instructions" in otherwise.failure.message
    assert ("some_code", "session.update") == (refused.failure.code, refused.failure.cause)
    assert two == chat.talk.config


def test_only_what_differs_is_sent() -> None:
    """Also deep inside; what cannot be taken back is left."""
    chat = Chat("openai", voice="marin", max_tokens=10)
    changed = attrs.evolve(chat.talk.config, vad_mode=VADMode.MANUAL, voice=None, max_tokens=None)
    chat.do(UpdateSession(changed))
    (frame,) = chat.frames()
    assert {
        "type": "realtime",
        "audio": {"input": {"turn_detection": None}, "output": {}},
        "max_output_tokens": "inf",
    } == frame["session"]


def test_an_update_of_ones_own_is_followed_too() -> None:
    """By the order of the answers."""
    chat = Chat("openai")
    chat.do(SendWire(SessionUpdate(session=RealtimeSession(instructions="Mine."))))
    chat.say({"type": "session.updated", "session": SESSION | {"instructions": "No."}})
    assert "session.instructions" in chat.events(ErrorReported)[0].failure.message


# --- responses


def test_a_create_with_wishes_waits_for_the_slot() -> None:
    """Eight at most; one that cannot be sent is reported when its turn comes."""
    chat = Chat("openai", made={"limits": Limits(queued_responses=2)})
    wishes = ResponseCreateParams(instructions="In rhyme.")
    chat.do(SendWire(ResponseCreate(response=wishes)))
    assert ["In rhyme."] == [f["response"]["instructions"] for f in chat.frames()]
    bad = ResponseCreateParams(instructions=5)  # type: ignore[arg-type]
    chat.do(SendWire(ResponseCreate(response=bad)), SendWire(ResponseCreate(response=wishes)))
    with pytest.raises(LocalProtocolError, match="2 responses are waiting"):
        chat.do(SendWire(ResponseCreate(response=wishes)))
    chat.begin_answer()
    chat.end_answer()
    assert "instructions" in chat.events(ErrorReported)[0].failure.message
    assert [] == kinds(chat)
    chat.do(SendText("x"))
    assert ["conversation.item.create", "response.create"] == kinds(chat)


def test_a_create_that_cannot_be_sent_changes_nothing() -> None:
    """No id is used up, and the slot stays free."""
    chat = Chat("openai")
    bad = ResponseCreateParams(instructions=5)  # type: ignore[arg-type]
    with pytest.raises(LocalProtocolError, match="instructions"):
        chat.do(SendWire(ResponseCreate(response=bad)))
    assert not chat.talk.owes_answer
    chat.do(SendText("x"))
    ids = [frame["event_id"] for frame in chat.frames()]
    assert ids == sorted(ids) == [f"evt_{n}" for n in range(2, 4)]


def test_a_response_out_of_band_takes_no_slot() -> None:
    """It runs beside the other; its end frees nothing."""
    chat = Chat("openai")
    chat.do(SendText("x"))
    aside = ResponseCreateParams(conversation="none", metadata={"n": "1"})
    chat.do(SendWire(ResponseCreate(response=aside)))
    chat.frames()
    out = {"status": "in_progress", "output": [], "metadata": {"n": "1"}, "conversation_id": None}
    mine = {"status": "in_progress", "output": [], "conversation_id": "conv"}
    chat.say({"type": "response.created", "response": mine | {"id": "r1"}})
    chat.say({"type": "response.created", "response": out | {"id": "r2"}})
    chat.do(SendText("y"))
    chat.frames()
    chat.say({"type": "response.done", "response": out | {"id": "r2", "status": "completed"}})
    assert [] == kinds(chat)
    chat.end_answer("r1")
    assert ["response.create"] == kinds(chat)
    assert ["r1", "r2"] == [e.response_id for e in chat.events(ResponseStarted)]


def test_the_applications_own_id_is_kept() -> None:
    """It asked under that id, and is told of errors by it."""
    chat = Chat("openai")
    chat.do(SendWire(ResponseCancel(event_id="mine")))
    assert ["mine"] == [frame["event_id"] for frame in chat.frames()]
    chat.say(error("bad", "mine"))
    assert "response.cancel" == chat.events(ErrorReported)[0].failure.cause
    chat.do(SendWire(UnknownEvent(tag="news", raw={"type": "news"})))
    assert ["news"] == kinds(chat)


def test_only_the_newest_events_are_remembered() -> None:
    """What an older error is about is not known."""
    chat = Chat("openai", made={"limits": Limits(caused_errors=2)})
    chat.do(SendWire(ResponseCancel(event_id="a")), ClearAudio(), ClearAudio())
    chat.say(error("bad", "a"), error("worse", None))
    assert [None, None] == [e.failure.cause for e in chat.events(ErrorReported)]


def test_a_create_refused_for_its_own_sake_frees_the_slot() -> None:
    """It is reported, and what waits is asked for."""
    chat = Chat("openai")
    chat.do(SendText("x"), SendText("y"))
    create = next(frame for frame in chat.frames() if frame["type"] == "response.create")
    chat.say(error("content_policy", create["event_id"]))
    assert "response.create" == chat.events(ErrorReported)[0].failure.cause
    assert ["response.create"] == kinds(chat)


@pytest.mark.parametrize("stuck", ["requested", "cancelling", "unreadable"])
def test_a_server_that_says_too_little_is_not_waited_for(stuck: str) -> None:
    """The slot is freed at a deadline, and that is told."""
    chat = Chat("openai")
    chat.do(SendText("x"))
    if stuck == "cancelling":
        chat.begin_answer()
        chat.do(Interrupt())
    elif stuck == "unreadable":
        chat.say({"type": "response.created"})
        chat.do(Interrupt())
    chat.events()
    chat.do(SendText("y"))
    chat.frames()
    chat.wait(11)
    assert ["timeout"] == [e.failure.kind for e in chat.events(ErrorReported)]
    assert "response.create" in kinds(chat)


def test_a_cancelled_response_that_never_ends_is_told_as_ended() -> None:
    """Whoever waits for its end is not left waiting."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.do(Interrupt())
    chat.wait(6)
    assert ["cancelled"] == [e.status for e in chat.events(ResponseDone)]


def test_an_interruption_before_an_unreadable_beginning_cancels_it() -> None:
    """Without its id: there is only one."""
    chat = Chat("openai")
    chat.do(SendText("x"), Interrupt())
    chat.frames()
    chat.say({"type": "response.created"})
    (cancel,) = chat.frames()
    assert "response_id" not in cancel
    assert "response.cancel" == cancel["type"]


def test_an_unreadable_end_of_nothing_is_nothing() -> None:
    """No response is made up."""
    chat = Chat("openai")
    chat.say({"type": "response.done"})
    assert [] == chat.events(ResponseDone)


def test_the_end_of_a_response_is_told_once() -> None:
    """However often the server says it; also where it says so after we had given it up."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.end_answer()
    chat.end_answer()
    chat.begin_answer("r2")
    chat.do(Interrupt())
    chat.wait(Limits().cancelled_s)
    chat.end_answer("r2", status="cancelled")
    told = [(event.response_id, event.reason) for event in chat.events(ResponseDone)]
    assert [("r1", None), ("r2", "timeout")] == told


def test_a_failed_response_says_why() -> None:
    """Quota and rate limits come inside its end."""
    chat = Chat("openai")
    chat.begin_answer()
    details = {"type": "failed", "error": {"type": "x", "code": "insufficient_quota"}}
    response = {"id": "r1", "status": "failed", "output": [], "status_details": details}
    chat.say({"type": "response.done", "response": response})
    assert ["insufficient_quota"] == [e.failure.code for e in chat.events(ErrorReported)]


def test_text_answers_are_told_whether_transcripts_are_wanted_or_not() -> None:
    """A text is no transcript. One that is cut short is told as far as it came."""
    chat = Chat("openai", output_transcription=False)
    where = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
    chat.begin_answer()
    chat.say({"type": "response.output_text.delta", "delta": "So ", **where})
    chat.say(
        {"type": "response.output_audio_transcript.delta", "delta": "x", **where, "item_id": "a2"}
    )
    chat.end_answer(status="cancelled")
    chat.say({"type": "response.output_text.done", "text": "So it is.", **where})
    told = [(e.text, e.is_final) for e in chat.events(TranscriptDelta)]
    assert [("So ", False), ("So", True)] == told


def test_late_audio_of_a_cancelled_response_is_dropped() -> None:
    """Its end mark too."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.do(Interrupt())
    chat.speak()
    chat.say(
        {
            "type": "response.output_audio.done",
            "response_id": "r1",
            "item_id": "a1",
            "output_index": 0,
            "content_index": 0,
        }
    )
    assert [] == chat.events(AudioChunk)


# --- tools


@pytest.mark.parametrize(
    ("scheduling", "sent"),
    [
        ("when_idle", ["conversation.item.create", "response.create"]),
        ("silent", ["conversation.item.create"]),
    ],
)
def test_a_result_may_be_silent(scheduling: Any, sent: list[str]) -> None:
    """The model is told, and not asked to go on."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.call()
    chat.end_answer()
    chat.do(ToolResult(call_id="c1", output="x", scheduling=scheduling))
    assert sent == kinds(chat)


def test_a_result_may_interrupt() -> None:
    """What is being said gives way to it."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.call()
    chat.do(ToolResult(call_id="c1", output="x", scheduling="interrupt"))
    assert ["conversation.item.create", "response.cancel"] == kinds(chat)


def test_a_call_has_one_result() -> None:
    """This wire knows no partial ones."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.call()
    with pytest.raises(LocalProtocolError, match="one result"):
        chat.do(ToolResult(call_id="c1", will_continue=True))
    chat.do(ToolResult(call_id="c1", output="no", is_error=True))
    assert '{"error": "no"}' == chat.frames()[0]["item"]["output"]


@pytest.mark.parametrize("arguments", ["no JSON", "[" * 100_000, "5"])
def test_arguments_that_are_none_are_the_models_fault(arguments: str) -> None:
    """It is told; the application is not asked."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.call(arguments=arguments)
    assert [] == chat.events(ToolCallRequest)
    assert "not a JSON object" in str(chat.frames())


def test_a_call_that_was_cut_short_is_none() -> None:
    """Nor is one without an id."""
    chat = Chat("openai")
    item = {"type": "function_call", "id": "f", "call_id": "c", "name": "n", "arguments": "{"}
    for change in ({"status": "incomplete"}, {"call_id": ""}):
        done = {"response_id": "r1", "output_index": 0, "item": item | change}
        chat.say({"type": "response.output_item.done", **done})
    assert [] == chat.events(ToolCallRequest)


# --- the rest


def test_rate_limits_are_told() -> None:
    """In neutral words."""
    chat = Chat("openai")
    chat.say(
        {
            "type": "rate_limits.updated",
            "rate_limits": [{"name": "tokens", "limit": 9, "remaining": 5, "reset_seconds": 1.5}],
        }
    )
    limit = RateLimit(name="tokens", limit=9, remaining=5, reset_s=1.5)
    assert [RateLimitsUpdated(limits=(limit,))] == chat.events()


def test_a_transcription_has_a_cost_of_its_own() -> None:
    """By tokens or by seconds; one that failed is told, and has none."""
    chat = Chat("openai")
    what = {"type": "conversation.item.input_audio_transcription.completed", "content_index": 0}
    tokens = {"type": "tokens", "total_tokens": 5, "input_tokens": 3, "output_tokens": 2}
    tokens_by = tokens | {"input_token_details": {"audio_tokens": 3}}
    chat.say(what | {"item_id": "u1", "transcript": "Hi", "usage": tokens_by})
    chat.say(
        what | {"item_id": "u2", "transcript": "Hi", "usage": {"type": "duration", "seconds": 2}}
    )
    (first, second) = chat.events(UsageReported)
    assert (3, 2, 0.0) == (
        first.usage.transcription_input.audio,
        first.usage.transcription_output.text,
        first.usage.transcription_s,
    )
    assert (2, "u2") == (second.usage.transcription_s, second.item_id)
    failed = {"item_id": "u3", "content_index": 0, "error": {"code": "DeploymentNotFound"}}
    chat.say({"type": "conversation.item.input_audio_transcription.failed", **failed})
    assert ["DeploymentNotFound"] == [e.failure.code for e in chat.events(ErrorReported)]


def test_the_history_follows_the_servers() -> None:
    """What is added, finished and deleted; what has no place in it is passed over."""
    chat = Chat("openai")
    user = {
        "type": "message",
        "id": "u",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "See"},
            {"type": "input_image", "image_url": "data:"},
        ],
    }
    output = {"type": "function_call_output", "id": "o", "call_id": "c", "output": "x"}
    call = {"type": "function_call", "id": "f", "call_id": "c", "name": "n", "arguments": "{}"}
    listed = {"type": "mcp_list_tools", "id": "m", "server_label": "s", "tools": []}
    for item in (user, call, output, listed, {k: v for k, v in user.items() if k != "id"}):
        chat.say({"type": "conversation.item.added", "previous_item_id": None, "item": item})
    chat.say({"type": "conversation.item.done", "previous_item_id": None, "item": user})
    assert [("u", True), ("f", False), ("o", False)] == [
        (item.item_id, item.has_image) for item in chat.talk.history
    ]
    chat.say({"type": "conversation.item.deleted", "item_id": "u"})
    assert "u" not in chat.talk.history


def test_ids_that_are_too_long_for_a_seed_are_left_to_the_server() -> None:
    """Call and result still belong together."""
    from realtime_proto import HistoryItem
    from realtime_proto.openai._mirror import seed_item

    long = "x" * 40
    call = seed_item(HistoryItem(item_id=long, kind="tool_call", call_id=long, name="n"))
    result = seed_item(HistoryItem(item_id=long, kind="tool_result", call_id=long, text="y"))
    assert getattr(call, "call_id", 1) == getattr(result, "call_id", 2) == "x" * 32
    assert not getattr(call, "id", "set")


def test_audio_is_cleared_ended_and_counted() -> None:
    """What was cleared or ended is no longer there to be committed."""
    chat = Chat("openai", vad_mode=VADMode.MANUAL)
    chat.do(SendAudio(bytes(9_600)), ClearAudio(), EndAudio())
    assert ["input_audio_buffer.append", "input_audio_buffer.clear"] == kinds(chat)
    chat.do(SendAudio(bytes(9_600)), EndAudio())
    assert ["input_audio_buffer.append", "input_audio_buffer.commit", "response.create"] == kinds(
        chat
    )


@pytest.mark.parametrize(
    ("settings", "ms"),
    [
        ({}, 800),
        ({"vad_silence_duration_ms": 200}, 500),
        ({"vad_mode": VADMode.SEMANTIC}, 4_300),
    ],
)
def test_the_end_of_audio_is_heard_as_silence(settings: dict[str, Any], ms: int) -> None:
    """Long enough for the server to find the end of speech in it."""
    chat = Chat("openai", **settings)
    chat.do(EndAudio())
    (frame,) = chat.frames()
    assert ms == len(frame["audio"]) * 3 // 4 // 48


def test_a_picture_must_be_of_a_kind_the_server_takes() -> None:
    """PNG or JPEG."""
    with pytest.raises(LocalProtocolError, match="image/png"):
        Chat("openai").do(SendImage(data=b"x", mime_type="image/webp"))


def test_xai_repeats_what_it_has_understood() -> None:
    """Only the last is the whole; and it is not told how much was heard."""
    chat = Chat("openai", dialect=PROVIDERS["xai"].dialect())
    what = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "u1",
        "content_index": 0,
    }
    chat.say(what | {"transcript": "Hello", "status": "in_progress"})
    chat.say(what | {"transcript": "Hello there", "status": "completed"})
    assert ["Hello there"] == [e.text for e in chat.events(TranscriptDelta)]
    chat.begin_answer()
    chat.speak()
    chat.events()
    chat.user_starts()
    assert [] == kinds(chat)
    assert not chat.talk.capabilities.truncates


def test_unreadable_speech_is_speech() -> None:
    """A barge-in must not get lost in a malformed frame."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.speak()
    chat.events()
    chat.say({"type": "input_audio_buffer.speech_started"})
    assert ["conversation.item.truncate"] == kinds(chat)
    chat.say({"type": "input_audio_buffer.speech_stopped"})
    assert chat.talk.owes_answer
    chat.begin_answer("r2")
    chat.end_answer("r1")
    chat.end_answer("r2")
    assert not chat.talk.owes_answer


@pytest.mark.parametrize("by", ["user", "application"])
def test_what_another_connection_said_is_cut_here_alone(by: str) -> None:
    """It is still being heard; the new server knows no such item."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.speak()
    chat.lose()
    chat.dial()
    chat.set_up()
    chat.frames()
    chat.events()
    if by == "user":
        chat.user_starts()
    else:
        chat.do(Interrupt())
    assert ["a1"] == [event.item_id for event in chat.events(Interrupted)]
    assert [] == kinds(chat)


def test_a_server_that_speaks_before_the_set_up_can_be_interrupted() -> None:
    """It has shown that it is there; speech that cannot be read raises nothing either."""
    chat = Chat("openai", is_ready=False)
    chat.speak()
    chat.say({"type": "input_audio_buffer.speech_started"})
    assert ["a1"] == [event.item_id for event in chat.events(Interrupted)]
    assert ["conversation.item.truncate"] == kinds(chat)


def test_speech_of_many_items_is_remembered_within_bounds() -> None:
    """The oldest are cut here alone in the end."""
    chat = Chat("openai")
    chat.begin_answer()
    for number in range(MAX_RESPONSES + 1):
        chat.speak(bytes(48), item_id=f"a{number}")
    chat.user_starts()
    cut = [event.item_id for event in chat.events(Interrupted)]
    told = [frame["item_id"] for frame in chat.frames()]
    assert [f"a{number}" for number in range(1, MAX_RESPONSES + 1)] == told
    assert set(told) <= set(cut)


def test_what_is_no_command_is_refused() -> None:
    """Nothing is sent."""
    chat = Chat("openai")
    with pytest.raises(LocalProtocolError, match="no command"):
        chat.do(object())  # type: ignore[arg-type]
    with pytest.raises(LocalProtocolError, match="audio"):
        chat.do(SendWire(InputAudioBufferAppend(audio="x")))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        chat.do(UpdateSession(attrs.evolve(chat.talk.config, model="other")))
    assert [] == kinds(chat)


def test_late_audio_of_an_item_that_was_cut_is_dropped() -> None:
    """Also after the end of its response."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.speak()
    chat.end_answer()
    chat.user_starts()
    chat.events()
    chat.speak()
    assert [] == chat.events(AudioChunk)


def test_the_rest_of_what_servers_say_is_taken_in() -> None:
    """A message that is finished; an update that is taken as it was asked."""
    chat = Chat("openai", input_transcription=False)
    message = {"type": "message", "id": "a", "role": "assistant", "content": []}
    done = {"response_id": "r1", "output_index": 0, "item": message}
    chat.say({"type": "response.output_item.done", **done})
    assert "a" in chat.talk.history
    chat.do(UpdateSession(attrs.evolve(chat.talk.config, instructions="x")))
    chat.say({"type": "session.updated", "session": SESSION | {"instructions": "x"}})
    chat.say({"type": "input_audio_buffer.cleared"})
    assert [] == chat.events()


def test_responses_are_forgotten_in_the_end() -> None:
    """An answer to a call of one that is, asks for nothing more."""
    chat = Chat("openai")
    chat.call("c1")
    for n in range(65):
        chat.begin_answer(f"x{n}")
        chat.end_answer(f"x{n}")
    chat.call("c2")
    for n in range(65):
        chat.begin_answer(f"y{n}")
    chat.frames()
    chat.do(ToolResult(call_id="c2"))
    assert ["conversation.item.create"] == kinds(chat)


def test_a_response_that_waits_for_its_tools_is_over() -> None:
    """A lost connection does not end it again."""
    chat = Chat("openai")
    chat.begin_answer()
    chat.call()
    chat.end_answer()
    chat.lose()
    assert 1 == len(chat.events(ResponseDone))
