"""Twelve conversations with Gemini Live."""

from __future__ import annotations

from typing import Any

from helpers.scripts._play import SECOND_24K, Dials, Does, Drops, Happens, Says, Sends, Step, Waits
from realtime_proto import (
    AudioChunk,
    CommitAudio,
    ErrorReported,
    Interrupt,
    Interrupted,
    Played,
    Reconnected,
    Reconnecting,
    ResponseDone,
    ResponseStarted,
    ResumptionUpdated,
    SendAudio,
    SendText,
    SessionClosed,
    SessionExpiring,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    ToolCallCancelled,
    ToolCallRequest,
    ToolResult,
    TranscriptDelta,
    UsageReported,
)

__all__ = ("GEMINI",)

_SETUP: tuple[Step, ...] = (
    Sends({"setup": {"sessionResumption": {}}}),
    Says({"setupComplete": {}}, "rec"),
)
_MANUAL_SETUP: tuple[Step, ...] = (
    Sends({"setup": {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}}),
    Says({"setupComplete": {}}, "rec"),
)


def _content(source: str = "rec", **fields: Any) -> Says:
    return Says({"serverContent": fields}, source)


def _speech(text: str | None = "One two.") -> Says:
    inline = {"mimeType": "audio/pcm;rate=24000", "data": SECOND_24K}
    fields: dict[str, Any] = {"modelTurn": {"role": "model", "parts": [{"inlineData": inline}]}}
    if text is not None:
        fields["outputTranscription"] = {"text": text}
    return _content(**fields)


def _tool_call(*ids: str) -> Says:
    calls = [{"id": one, "name": "look", "args": {"at": "it"}} for one in ids]
    return Says({"toolCall": {"functionCalls": calls}}, "rec")


_USAGE = {
    "promptTokenCount": 20,
    "responseTokenCount": 10,
    "thoughtsTokenCount": 3,
    "totalTokenCount": 30,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}],
    "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
}
_TURN_ENDS: tuple[Step, ...] = (
    _content(generationComplete=True),
    Says({"serverContent": {"turnComplete": True}, "usageMetadata": _USAGE}, "rec"),
)
_TEXT: tuple[Step, ...] = (
    Does(SendText("hello")),
    Sends({"clientContent": {"turns": [{"role": "user"}], "turnComplete": True}}),
)
_HANDLE = {"sessionResumptionUpdate": {"newHandle": "h1", "resumable": True}}

GEMINI: dict[str, tuple[Step, ...]] = {
    "text turn": (
        *_SETUP,
        Happens(SessionReady, provider="gemini"),
        *_TEXT,
        _content(modelTurn={"parts": [{"text": "**Plan**", "thought": True}]}),
        _speech(),
        Happens(ResponseStarted, response_id="turn_1"),
        Happens(AudioChunk, duration_ms=1_000, item_id="turn_1"),
        Happens(TranscriptDelta, text="One two.", is_final=False),
        *_TURN_ENDS,
        Happens(AudioChunk, data=b"", is_final=True),
        Happens(TranscriptDelta, text="One two.", is_final=True),
        Happens(ResponseDone, status="completed"),
        Happens(UsageReported, response_id="turn_1"),
    ),
    "spoken turn": (
        *_SETUP,
        Does(SendAudio(bytes(6_400))),
        Sends({"realtimeInput": {"audio": {"mimeType": "audio/pcm;rate=16000"}}}),
        Says({"voiceActivity": {"type": "ACTIVITY_START", "audioOffset": "0.2s"}}, "iss: 3.8"),
        Happens(SpeechStarted, item_id="user_1", at_ms=200),
        Says({"voiceActivity": {"type": "ACTIVITY_END", "audioOffset": "0.9s"}}, "iss: 3.8"),
        Happens(SpeechStopped, at_ms=900),
        _content(inputTranscription={"text": " Hello"}),
        _content(inputTranscription={"text": " there."}),
        Happens(TranscriptDelta, text=" there.", speaker="user", item_id="user_1"),
        _speech(),
        Happens(TranscriptDelta, text="Hello there.", is_final=True, speaker="user"),
        *_TURN_ENDS,
        Waits(2),
        Sends({"realtimeInput": {"audioStreamEnd": True}}),
    ),
    "barge-in": (
        *_SETUP,
        *_TEXT,
        _speech(),
        Does(Played(item_id="turn_1", ms=400)),
        _content("proto: then turnComplete without generationComplete", interrupted=True),
        Happens(Interrupted, item_id="turn_1", played_ms=400),
        Happens(TranscriptDelta, text="One two.", is_final=True),
        _speech(None),
        _content("proto", turnComplete=True),
        Happens(ResponseDone, status="cancelled", reason="interrupted"),
        _speech("Yes?"),
        Happens(AudioChunk, item_id="turn_2"),
        *_TURN_ENDS,
    ),
    "cancel": (
        *_SETUP,
        *_TEXT,
        _speech(),
        Does(Interrupt()),
        Sends({"clientContent": {}}),
        Happens(Interrupted, item_id="turn_1"),
        _content("iss", interrupted=True, turnComplete=True),
        Happens(ResponseDone, status="cancelled"),
        Does(Interrupt()),
    ),
    "tool round": (
        *_SETUP,
        *_TEXT,
        _tool_call("c1"),
        Happens(ToolCallRequest, call_id="c1", function_name="look", arguments={"at": "it"}),
        Does(ToolResult(call_id="c1", output="seen")),
        Sends(
            {"toolResponse": {"functionResponses": [{"id": "c1", "response": {"output": "seen"}}]}}
        ),
        _speech(),
        *_TURN_ENDS,
    ),
    "parallel tools": (
        *_SETUP,
        *_TEXT,
        _tool_call("c0", "c1", "c2"),
        Does(ToolResult(call_id="c1", output={"seen": True}, scheduling="silent")),
        Sends({"toolResponse": {"functionResponses": [{"id": "c1", "scheduling": "SILENT"}]}}),
        Says({"toolCallCancellation": {"ids": ["c2", "never"]}}, "ref: toolCallCancellation"),
        Happens(ToolCallCancelled, call_id="c2", reason="interrupted"),
        Does(ToolResult(call_id="c2", output="too late")),
        Waits(31),
        Happens(ToolCallCancelled, call_id="c0", reason="timeout"),
        Sends({"toolResponse": {"functionResponses": [{"id": "c0"}]}}),
        *_TURN_ENDS,
    ),
    "race": (
        *_SETUP,
        *_TEXT,
        _speech(),
        *_TEXT,  # content of the client's interrupts
        _content("ref: clientContent interrupts", interrupted=True, turnComplete=True),
        Happens(Interrupted, item_id="turn_1"),
        _speech("Two."),
        *_TURN_ENDS,
        _content("iss: in the playback phase, after turnComplete", interrupted=True),
        Happens(Interrupted, item_id="turn_2"),
    ),
    "expiry": (
        *_SETUP,
        Says(_HANDLE, "ref: sessionResumptionUpdate"),
        Happens(ResumptionUpdated, is_resumable=True),
        Says({"sessionResumptionUpdate": {"resumable": False}}, "ref: while it generates"),
        Happens(ResumptionUpdated, is_resumable=False),
        *_TEXT,
        _speech(),
        Says({"goAway": {"timeLeft": "50s"}}, "ref: goAway"),
        *_TURN_ENDS,
        Waits(2),
        Happens(SessionExpiring, reason="going_away"),
        Happens(Reconnecting, attempt=1, failure=None),
        Dials(),
        Sends({"setup": {"sessionResumption": {"handle": "h1"}}}),
        Says({"setupComplete": {}}, "rec"),
        Happens(Reconnected, is_resumed=True, lost=()),
    ),
    "lost and found": (
        *_SETUP,
        *_TEXT,
        _speech(),
        _tool_call("c1"),
        Drops(1011, "", "iss"),
        Happens(ToolCallCancelled, call_id="c1", reason="connection_lost"),
        Dials(),
        *_SETUP,
        Sends(
            {
                "clientContent": {
                    "turns": [
                        {"role": "user", "parts": [{"text": "hello"}]},
                        {"role": "model", "parts": [{"text": "One two."}]},
                    ]
                }
            }
        ),
        Happens(Reconnected, is_resumed=False),
    ),
    "manual turn": (
        *_MANUAL_SETUP,
        Does(SendAudio(bytes(6_400))),
        Sends({"realtimeInput": {"activityStart": {}}}),
        Sends({"realtimeInput": {"audio": {}}}),
        Does(CommitAudio()),
        Sends({"realtimeInput": {"activityEnd": {}}}),
        _speech(),
        *_TURN_ENDS,
    ),
    "garbled end": (
        *_SETUP,
        *_TEXT,
        _speech(),
        Says({"serverContent": {"turnComplete": "yes"}}, "made up: a malformed frame"),
        Happens(ErrorReported),
        Happens(ResponseDone, response_id="turn_1", status="completed"),
    ),
    "fatal close": (
        Sends({"setup": {}}),
        Drops(1007, "API key not valid. Please pass a valid API key.", "iss: no message before it"),
        Happens(SessionClosed, code=1007),
    ),
}
