"""What only Gemini Live has."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from helpers.chat import Chat

from realtime_proto import (
    AudioChunk,
    ClearAudio,
    CommitAudio,
    ConfigurationError,
    EndAudio,
    ErrorReported,
    History,
    HistoryItem,
    Interrupt,
    Limits,
    LocalProtocolError,
    ResponseDone,
    ResponseStarted,
    SendAudio,
    SendText,
    SendWire,
    SessionReady,
    ToolCallCancelled,
    ToolCallRequest,
    ToolResult,
    TranscriptDelta,
    UpdateSession,
    UsageReported,
    VADMode,
)
from realtime_proto.gemini import ClientContent
from realtime_proto.usage import Tokens


def content(**fields: Any) -> dict[str, Any]:
    return {"serverContent": fields}


def said(text: str) -> dict[str, Any]:
    return content(outputTranscription={"text": text})


def heard(text: str, **more: Any) -> dict[str, Any]:
    return content(inputTranscription={"text": text, **more})


DONE = content(generationComplete=True, turnComplete=True)


def finals(chat: Chat) -> list[tuple[str, str]]:
    return [(e.item_id, e.text) for e in chat.events(TranscriptDelta) if e.is_final]


def order(chat: Chat) -> list[str]:
    return [item.item_id for item in chat.talk.history]


# --- words and turns


def test_words_that_come_late_belong_before_the_answer() -> None:
    """While it is given, and after it; the user had spoken before it."""
    chat = Chat("gemini")
    chat.do(SendAudio(bytes(3_200)))
    chat.say(said("One."), heard(" first"), DONE)
    assert ["user_1", "turn_1"] == order(chat)
    chat.do(SendAudio(bytes(3_200)))
    chat.say(said("Two."), DONE, heard(" second"))
    assert ["user_1", "turn_1", "user_2", "turn_2"] == order(chat)
    chat.say(said("Three."))
    assert [
        ("user_1", "first"),
        ("turn_1", "One."),
        ("turn_2", "Two."),
        ("user_2", "second"),
    ] == sorted(finals(chat), key=lambda final: ["first", "One.", "Two.", "second"].index(final[1]))


def test_words_that_break_in_come_after_the_answer() -> None:
    """It answered other words; or it was interrupted by these."""
    chat = Chat("gemini")
    chat.do(SendText("go"), SendAudio(bytes(3_200)))
    chat.say(said("One."), heard(" stop"), content(interrupted=True, turnComplete=True))
    assert ["user_1", "turn_1", "user_2"] == order(chat)
    chat.do(SendAudio(bytes(3_200)))
    chat.say(said("Two."), content(interrupted=True), heard(" no"), content(turnComplete=True))
    assert ["turn_2", "user_3"] == order(chat)[-2:]


def test_a_transcript_that_says_that_it_is_finished_is() -> None:
    """Vertex does, with no words in it."""
    chat = Chat("gemini")
    chat.say(heard(" Hi"), heard("", finished=True))
    assert [("user_1", "Hi")] == finals(chat)
    chat.say(heard("", finished=True))
    assert [] == finals(chat)


def test_thoughts_are_never_said() -> None:
    """Nor do they open a turn; text that is no thought does."""
    chat = Chat("gemini")
    thought = {"text": "**Plan**", "thought": True}
    chat.say(content(modelTurn={"parts": [thought, {"executableCode": {"code": "x"}}]}))
    assert [] == chat.events()
    chat.say(content(modelTurn={"parts": [thought, {"text": "Hi"}]}), DONE)
    assert [("turn_1", "Hi")] == finals(chat)


def test_text_is_told_where_no_transcripts_are_wanted() -> None:
    """Speech is not."""
    chat = Chat("gemini", output_transcription=False)
    chat.say(content(modelTurn={"parts": [{"text": "Hi"}]}), DONE, said("x"), DONE)
    assert [("turn_1", "Hi")] == finals(chat)


def test_a_turn_without_anything_is_none() -> None:
    """Empty turns exist, and empty contents."""
    chat = Chat("gemini")
    chat.do(SendText("hello"))
    chat.say(content(), {}, content(turnComplete=True))
    assert [] == chat.events(ResponseStarted, ResponseDone)
    assert not chat.talk.owes_answer


def test_a_turn_that_was_rejected_says_why() -> None:
    """In the server's word."""
    chat = Chat("gemini")
    chat.say(said("x"), content(turnComplete=True, turnCompleteReason="RESPONSE_REJECTED"))
    assert ["RESPONSE_REJECTED"] == [e.reason for e in chat.events(ResponseDone)]


def test_an_interaction_that_goes_on_owes_an_answer() -> None:
    """Also after the end of a turn, wherever the status stands."""
    chat = Chat("gemini")
    chat.say(said("x"), content(turnComplete=True, interactionStatus="IN_PROGRESS"))
    assert chat.talk.owes_answer
    chat.say({"interactionStatus": "IDLE"})
    assert not chat.talk.owes_answer
    chat.say({"interactionStatus": "IN_PROGRESS"}, content(interactionStatus="IDLE"))
    assert not chat.talk.owes_answer


def test_interrupting_nobody_says_nothing() -> None:
    """Only a turn that is generated can be cut on the server."""
    chat = Chat("gemini")
    chat.do(Interrupt())
    assert [] == chat.frames()
    chat.say(said("x"))
    chat.do(Interrupt())
    assert [{"clientContent": {}}] == chat.frames()


def test_other_media_is_no_speech() -> None:
    """A picture in a turn is passed over."""
    chat = Chat("gemini")
    chat.say(content(modelTurn={"parts": [{"inlineData": {"mimeType": "image/png", "data": ""}}]}))
    assert [] == chat.events(AudioChunk)


@pytest.mark.parametrize(
    ("kind", "is_played"),
    [
        ("audio/pcm;rate=24000", True),
        ("audio/pcm", True),  # Vertex AI's: 24 000 Hz as well
        ("audio/pcm; Rate=24000", True),
        ("audio/pcm;rate=16000", False),
        ("audio/pcm;rate=240001", False),
    ],
)
def test_speech_at_another_rate_is_an_error_and_no_speech(kind: str, is_played: bool) -> None:
    """It would be played at a wrong speed."""
    chat = Chat("gemini")
    chat.say(content(modelTurn={"parts": [{"inlineData": {"mimeType": kind, "data": "AAA="}}]}))
    chunks, errors = [], []
    for event in chat.events(AudioChunk, ErrorReported):
        (chunks if isinstance(event, AudioChunk) else errors).append(event)
    assert (is_played, not is_played) == (len(chunks) == 1, len(errors) == 1)
    assert [f"speech of the type {kind} cannot be played"] * (not is_played) == [
        error.failure.message for error in errors
    ]


def test_turns_go_on_counting_where_a_history_was_told() -> None:
    """No id is used twice."""
    history = History()
    for item in (HistoryItem(item_id="user_1", text="a"), HistoryItem(item_id="turn_1", text="b")):
        history.insert(item, after=history.last_id)
    chat = Chat("gemini", made={"seed": history})
    chat.do(SendText("c"))
    chat.say(said("d"))
    assert ["user_1", "turn_1", "user_2", "turn_2"] == order(chat)


# --- usage


def test_a_turn_that_is_counted_twice_costs_once() -> None:
    """The counts of a turn grow; Vertex names them otherwise; thoughts stand beside."""
    chat = Chat("gemini")
    chat.say(said("x"))
    first = {"promptTokenCount": 5, "candidatesTokenCount": 1}
    second = {
        "promptTokenCount": 5,
        "candidatesTokenCount": 3,
        "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 2}, {"modality": "AUDIO"}],
        "toolUsePromptTokenCount": 4,
        "toolUsePromptTokensDetails": [{"modality": "VIDEO", "tokenCount": 4}],
        "cachedContentTokenCount": 2,
        "cacheTokensDetails": [{"modality": "DOCUMENT", "tokenCount": 2}],
        "thoughtsTokenCount": 7,
    }
    chat.say({"usageMetadata": first}, DONE | {"usageMetadata": second}, {"usageMetadata": second})
    assert 2 == len(chat.events(UsageReported))
    usage = chat.talk.usage
    assert Tokens(other=5, image=4) == usage.input
    assert Tokens(other=2) == usage.cached
    assert (2, 1, 7) == (usage.output.audio, usage.output.other, usage.reasoning)


# --- tools


def test_a_call_without_an_id_is_answered_without_one() -> None:
    """Old Vertex models; two calls of one function are two calls."""
    chat = Chat("gemini")
    call = {"name": "look", "args": {}}
    chat.say({"toolCall": {"functionCalls": [call, call]}})
    first, second = (event.call_id for event in chat.events(ToolCallRequest))
    assert first != second
    chat.do(ToolResult(call_id=first, output="x"))
    (answer,) = chat.frames()[0]["toolResponse"]["functionResponses"]
    assert "id" not in answer
    assert "look" == answer["name"]


def test_a_call_may_have_several_results() -> None:
    """Each gives it more time; the last one settles it."""
    chat = Chat("gemini", made={"limits": Limits(tool_s=10)})
    chat.call()
    chat.wait(9)
    chat.do(ToolResult(call_id="c1", output="on it", will_continue=True))
    assert chat.frames()[0]["toolResponse"]["functionResponses"][0]["willContinue"]
    chat.wait(9)
    assert [] == chat.events(ToolCallCancelled)
    chat.do(ToolResult(call_id="c1", output={"so": 1}, is_error=True, scheduling="interrupt"))
    (answer,) = chat.frames()[0]["toolResponse"]["functionResponses"]
    assert ({"so": 1}, "INTERRUPT") == (answer["response"], answer["scheduling"])
    chat.wait(20)
    assert [] == chat.events(ToolCallCancelled)


def test_calls_and_results_stand_in_the_history() -> None:
    """The result behind its call, as the model was told."""
    chat = Chat("gemini")
    chat.call("c1", '{"at": "it"}')
    chat.do(ToolResult(call_id="c1", output="no", is_error=True))
    assert [("tool_call", '{"at": "it"}'), ("tool_result", '{"error": "no"}')] == [
        (item.kind, item.text) for item in chat.talk.history
    ]


# --- the microphone


def test_a_microphone_that_falls_silent_is_reported() -> None:
    """Once, a second after its last sound; not where it was ended, nor in manual turns."""
    chat = Chat("gemini")
    chat.do(SendAudio(bytes(3_200)))
    chat.wait(0.9)
    chat.do(SendAudio(bytes(3_200)))
    chat.wait(0.9)
    assert not any("audioStreamEnd" in str(frame) for frame in chat.frames())
    chat.wait(3)
    assert [{"realtimeInput": {"audioStreamEnd": True}}] == chat.frames()
    chat.do(SendAudio(bytes(3_200)), EndAudio())
    chat.frames()
    chat.wait(6)
    assert [] == chat.frames()
    manual = Chat("gemini", vad_mode=VADMode.MANUAL)
    manual.do(SendAudio(bytes(3_200)))
    manual.wait(6)
    assert not any("audioStreamEnd" in str(frame) for frame in manual.frames())


def test_a_manual_turn_begins_with_its_first_sound() -> None:
    """And again after its end; too little audio at the end is no turn."""
    chat = Chat("gemini", vad_mode=VADMode.MANUAL)
    for _ in range(2):
        chat.do(SendAudio(bytes(3_200)), SendAudio(bytes(3_200)), CommitAudio())
        inputs = [next(iter(frame["realtimeInput"])) for frame in chat.frames()]
        assert ["activityStart", "audio", "audio", "activityEnd"] == inputs
    chat.do(SendAudio(bytes(320)), EndAudio())
    assert ["activityStart", "audio"] == [next(iter(f["realtimeInput"])) for f in chat.frames()]
    chat.do(SendAudio(bytes(3_200)), EndAudio())
    assert "activityEnd" in str(chat.frames())


def test_there_is_no_buffer_to_clear() -> None:
    """What was sent was heard."""
    with pytest.raises(LocalProtocolError, match="no input buffer"):
        Chat("gemini").do(ClearAudio())


def test_voice_activity_without_a_time_is_voice_activity() -> None:
    """An unknown kind is not."""
    chat = Chat("gemini")
    chat.say({"voiceActivity": {"type": "ACTIVITY_START"}}, {"voiceActivity": {"type": "NEWS"}})
    assert [None] == [event.at_ms for event in chat.events()]


# --- set-up


def test_an_unreadable_end_of_the_set_up_is_its_end() -> None:
    """Nothing else would come."""
    chat = Chat("gemini", is_ready=False)
    chat.say({"setupComplete": 5})
    assert 1 == len(chat.events(SessionReady))
    chat.say({"setupComplete": {}})
    assert [] == chat.events(SessionReady)


@pytest.mark.parametrize(
    ("model", "asks", "announces"),
    [("gemini-3.1-flash-live-preview", False, True), ("gemini-3.8-live", True, False)],
)
def test_models_differ_in_how_they_are_told_a_history(
    model: str, asks: bool, announces: bool
) -> None:
    """And in whether resumption may be asked for without a handle."""
    history = History()
    history.insert(HistoryItem(item_id="u", text="Hi"))
    chat = Chat("gemini", is_ready=False, model=model, made={"seed": history})
    (setup,) = chat.frames()
    assert asks == ("sessionResumption" in setup["setup"])
    assert announces == ("historyConfig" in setup["setup"])
    chat.set_up()
    (told,) = chat.frames()
    assert announces == told["clientContent"].get("turnComplete", False)
    chat.do(SendText("and now?"))
    assert announces == ("realtimeInput" in chat.frames()[0])


def test_a_history_that_must_end_with_the_user_is_refused_otherwise() -> None:
    """By the model's profile, before anything is sent."""
    history = History()
    history.insert(HistoryItem(item_id="a", role="assistant", text="Hi"))
    model = "gemini-2.5-flash-native-audio-latest"
    with pytest.raises(ConfigurationError, match="end with the user"):
        Chat("gemini", model=model, made={"seed": history})


# --- settings


def test_only_instructions_and_tools_change_in_mid_session() -> None:
    """On models that take it; tools may go, instructions be emptied."""
    chat = Chat("gemini", instructions="Be kind.", tools=[look])
    bare = attrs.evolve(chat.talk.config, instructions=None, tools=())
    chat.do(UpdateSession(bare))
    assert [
        {"contextUpdate": {"systemInstruction": {"parts": [{"text": ""}]}, "tools": {}}}
    ] == chat.frames()
    with pytest.raises(ConfigurationError, match="voice, temperature"):
        chat.do(UpdateSession(attrs.evolve(bare, voice="Puck", temperature=1.0)))
    old = Chat("gemini", model="gemini-2.5-flash-native-audio-latest")
    with pytest.raises(ConfigurationError, match="fixed once it is set up"):
        old.do(UpdateSession(attrs.evolve(old.talk.config, instructions="x")))


def look() -> str:
    """Look."""
    return "it"


# --- the rest


def test_an_error_object_is_reported() -> None:
    """As no server was seen to send it, but clients read it."""
    chat = Chat("gemini")
    chat.say({"error": {"status": "INTERNAL"}})
    assert ["INTERNAL"] == [e.failure.code for e in chat.events(ErrorReported)]


def test_wire_events_pass_as_they_are() -> None:
    """What is no command does not."""
    chat = Chat("gemini")
    chat.do(SendWire(ClientContent(turn_complete=True)))
    assert [{"clientContent": {"turnComplete": True}}] == chat.frames()
    with pytest.raises(LocalProtocolError, match="no command"):
        chat.do(object())  # type: ignore[arg-type]


def test_a_voice_is_asked_for_in_the_set_up() -> None:
    """By its name."""
    chat = Chat("gemini", is_ready=False, voice="Puck")
    assert "Puck" in str(chat.frames())


def test_what_has_no_neutral_place_is_passed_over() -> None:
    """Words that come in pieces are one text."""
    chat = Chat("gemini")
    chat.say({"voiceActivityDetectionSignal": {"vadSignalType": "VAD_SIGNAL_TYPE_SOS"}})
    assert [] == chat.events()
    chat.say(said("One"), said(" two."), DONE)
    assert [("turn_1", "One two.")] == finals(chat)
