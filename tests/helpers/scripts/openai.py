"""Twelve conversations with OpenAI Realtime."""

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

__all__ = ("OPENAI",)


def _session(n: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "realtime", "object": "realtime.session", "id": f"sess_{n}", **more}


def _ready(n: int = 1, **more: Any) -> tuple[Step, ...]:
    return (
        Says({"type": "session.created", "session": _session(n, **more)}, "rec"),
        Sends({"type": "session.update", "session": {"type": "realtime"}}),
        Says({"type": "session.updated", "session": _session(n, **more)}, "rec"),
    )


def _item(item_id: str, role: str = "assistant", *content: Any, **more: Any) -> dict[str, Any]:
    return {"id": item_id, "type": "message", "role": role, "content": list(content), **more}


def _call(call_id: str) -> dict[str, Any]:
    return {
        "id": f"item_{call_id}",
        "type": "function_call",
        "call_id": call_id,
        "name": "look",
        "arguments": '{ "at": "it" }\n',
        "status": "completed",
    }


def _added(item: dict[str, Any], previous: str | None = None) -> dict[str, Any]:
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def _created(response_id: str) -> dict[str, Any]:
    response = {"id": response_id, "status": "in_progress", "output": []}
    return {"type": "response.created", "response": response}


def _done(response_id: str, status: str = "completed", reason: str | None = None) -> dict[str, Any]:
    details = None if reason is None else {"type": status, "reason": reason}
    usage = {
        "total_tokens": 30,
        "input_tokens": 20,
        "output_tokens": 10,
        "input_token_details": {
            "text_tokens": 20,
            "cached_tokens": 8,
            "cached_tokens_details": {"text_tokens": 8},
        },
        "output_token_details": {"text_tokens": 4, "audio_tokens": 6, "reasoning_tokens": 3},
    }
    response = {
        "id": response_id,
        "status": status,
        "status_details": details,
        "output": [],
        "usage": usage,
    }
    return {"type": "response.done", "response": response}


def _of(response_id: str, item_id: str) -> dict[str, Any]:
    return {
        "response_id": response_id,
        "item_id": item_id,
        "output_index": 0,
        "content_index": 0,
    }


def _voice(response_id: str, item_id: str, text: str = "One two.") -> tuple[Step, ...]:
    where = _of(response_id, item_id)
    return (
        Says({"type": "response.output_audio_transcript.delta", "delta": text, **where}, "rec"),
        Says({"type": "response.output_audio.delta", "delta": SECOND_24K, **where}, "rec"),
    )


def _voice_done(response_id: str, item_id: str, text: str = "One two.") -> tuple[Step, ...]:
    where = _of(response_id, item_id)
    return (
        Says({"type": "response.output_audio.done", **where}, "rec"),
        Says({"type": "response.output_audio_transcript.done", "transcript": text, **where}, "rec"),
    )


def _error(code: str, event_id: str | None = None) -> dict[str, Any]:
    error = {
        "type": "invalid_request_error",
        "code": code,
        "message": code,
        "param": None,
        "event_id": event_id,
    }
    return {"type": "error", "event_id": "x", "error": error}


_ASK = (
    Does(SendText("hello")),
    Sends(
        {
            "type": "conversation.item.create",
            "item": {"content": [{"type": "input_text", "text": "hello"}]},
        }
    ),
    Sends({"type": "response.create"}),
)
_SPEECH = (
    Says(
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "u1"}, "rec"
    ),
    Happens(SpeechStarted, item_id="u1", at_ms=0),
)
_SPEECH_ENDS = (
    Says(
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 700, "item_id": "u1"}, "rec"
    ),
    Happens(SpeechStopped, item_id="u1", at_ms=700),
    Says(
        {"type": "input_audio_buffer.committed", "previous_item_id": None, "item_id": "u1"}, "rec"
    ),
    Says(
        _added(
            _item("u1", "user", {"type": "input_audio", "transcript": None}, status="completed")
        ),
        "rec",
    ),
)
_TRANSCRIBED = {
    "type": "conversation.item.input_audio_transcription.completed",
    "item_id": "u1",
    "content_index": 0,
    "transcript": " Hello there.",
    "usage": {"type": "duration", "seconds": 2},
}

OPENAI: dict[str, tuple[Step, ...]] = {
    "text turn": (
        *_ready(),
        Happens(SessionReady, session_id="sess_1"),
        *_ASK,
        Says(_added(_item("u1", "user", {"type": "input_text", "text": "hello"})), "rec"),
        Says(_created("r1"), "rec"),
        Happens(ResponseStarted, response_id="r1"),
        Says(_added(_item("a1", status="in_progress"), "u1"), "rec"),
        *_voice("r1", "a1"),
        Happens(TranscriptDelta, text="One two.", is_final=False, item_id="a1"),
        Happens(AudioChunk, duration_ms=1_000, item_id="a1", response_id="r1"),
        *_voice_done("r1", "a1"),
        Happens(AudioChunk, data=b"", is_final=True),
        Happens(TranscriptDelta, text="One two.", is_final=True),
        Says(_done("r1"), "rec"),
        Happens(UsageReported, response_id="r1"),
        Happens(ResponseDone, status="completed"),
        Says(
            {
                "type": "rate_limits.updated",
                "rate_limits": [
                    {"name": "tokens", "limit": 9, "remaining": 5, "reset_seconds": 1.5}
                ],
            },
            "rec: after response.done",
        ),
    ),
    "spoken turn": (
        *_ready(),
        Does(SendAudio(bytes(9_600))),
        Sends({"type": "input_audio_buffer.append"}),
        *_SPEECH,
        Says(
            {
                "type": "conversation.item.input_audio_transcription.delta",
                "item_id": "u1",
                "content_index": 0,
                "delta": " Hello",
            },
            "rec: before the item exists",
        ),
        Happens(TranscriptDelta, text=" Hello", speaker="user"),
        *_SPEECH_ENDS,
        Says(_created("r1"), "rec"),
        Says(_added(_item("a1", status="in_progress"), "u1"), "rec"),
        *_voice("r1", "a1"),
        Says(_TRANSCRIBED, "rec: during the answer"),
        Happens(TranscriptDelta, text="Hello there.", is_final=True, speaker="user", item_id="u1"),
        Happens(UsageReported, item_id="u1"),
        *_voice_done("r1", "a1"),
        Says(_done("r1"), "rec"),
        Happens(ResponseDone),
    ),
    "barge-in": (
        *_ready(),
        *_ASK,
        Says(_created("r1"), "rec"),
        *_voice("r1", "a1"),
        Does(Played(item_id="a1", ms=400)),
        *_SPEECH,
        Happens(Interrupted, item_id="a1", played_ms=400),
        Sends({"type": "conversation.item.truncate", "item_id": "a1", "audio_end_ms": 400}),
        Says(
            {"type": "response.output_audio.delta", "delta": SECOND_24K, **_of("r1", "a1")},
            "iss: deltas go on until response.done",
        ),
        Says(_done("r1", "cancelled", "turn_detected"), "ref: response.done"),
        Happens(ResponseDone, status="cancelled", reason="turn_detected"),
        Says(
            {
                "type": "conversation.item.truncated",
                "item_id": "a1",
                "content_index": 0,
                "audio_end_ms": 400,
            },
            "ref: conversation.item.truncated",
        ),
        *_SPEECH_ENDS,
        Says(_created("r2"), "rec"),
        *_voice("r2", "a2"),
        Happens(AudioChunk, item_id="a2"),
        Says(_done("r2"), "rec"),
    ),
    "cancel": (
        *_ready(),
        *_ASK,
        Does(Interrupt()),  # too early for the server to know what is meant
        Says(_created("r1"), "rec"),
        Sends({"type": "response.cancel", "response_id": "r1"}),
        Does(SendText("hello")),
        Sends({"type": "conversation.item.create"}),
        Says(_done("r1", "cancelled", "client_cancelled"), "ref: response.done"),
        Sends({"type": "response.create"}),
        Says(_created("r2"), "rec"),
        Says(_done("r2"), "rec"),
        Does(Interrupt()),
        Says(_error("response_cancel_not_active"), "iss: a cancel that came too late"),
    ),
    "tool round": (
        *_ready(),
        *_ASK,
        Says(_created("r1"), "rec"),
        Says(_added(_call("c1")), "rec"),
        Says(
            {
                "type": "response.output_item.done",
                "response_id": "r1",
                "output_index": 0,
                "item": _call("c1"),
            },
            "rec",
        ),
        Happens(ToolCallRequest, call_id="c1", function_name="look", arguments={"at": "it"}),
        Does(ToolResult(call_id="c1", output={"seen": True})),
        Sends(
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "function_call_output",
                    "call_id": "c1",
                    "output": '{"seen": true}',
                },
            }
        ),
        Says(_done("r1"), "rec"),
        Sends({"type": "response.create"}),
        Says(_created("r2"), "rec"),
        Says(_done("r2"), "rec"),
    ),
    "parallel tools": (
        *_ready(),
        *_ASK,
        Says(_created("r1"), "rec"),
        *(
            Says(
                {
                    "type": "response.output_item.done",
                    "response_id": "r1",
                    "output_index": n,
                    "item": _call(f"c{n}"),
                },
                "rec: gpt-realtime-2 makes several",
            )
            for n in range(2)
        ),
        Says(_done("r1"), "rec"),
        Does(ToolResult(call_id="c1", output="second")),
        Sends({"type": "conversation.item.create"}),
        Waits(31),
        Happens(ToolCallCancelled, call_id="c0", reason="timeout"),
        Sends({"type": "conversation.item.create", "item": {"call_id": "c0"}}),
        Sends({"type": "response.create"}),
        Says(_created("r2"), "rec"),
        Says(_done("r2"), "rec"),
    ),
    "race": (
        *_ready(),
        *_ASK,
        Says(_created("theirs"), "iss: the server's own, which won"),
        Says(_error("conversation_already_has_active_response", "evt_3"), "iss"),
        Says(_done("theirs"), "rec"),
        Sends({"type": "response.create"}),
        Says(_created("r1"), "rec"),
        Says(_done("r1"), "rec"),
    ),
    "expiry": (
        *_ready(expires_at=4_600),  # 3,600 s after the beginning
        *_ASK,
        Says(_added(_item("u1", "user", {"type": "input_text", "text": "hello"})), "rec"),
        Says(_created("r1"), "rec"),
        *_voice("r1", "a1", "Well."),
        *_voice_done("r1", "a1", "Well."),
        Says(_done("r1"), "rec"),
        Waits(3_545),
        Happens(SessionExpiring, reason="session_cap"),
        Happens(Reconnecting, attempt=1, failure=None),
        Dials(),
        *_ready(2),
        Sends({"type": "conversation.item.create", "item": {"id": "u1", "role": "user"}}),
        Sends(
            {
                "type": "conversation.item.create",
                "item": {"id": "a1", "content": [{"type": "output_text", "text": "Well."}]},
            }
        ),
        Happens(Reconnected, session_id="sess_2", is_resumed=False, lost=()),
    ),
    "lost and found": (
        *_ready(),
        *_ASK,
        Says(_created("r1"), "rec"),
        Says(
            {
                "type": "response.output_item.done",
                "response_id": "r1",
                "output_index": 0,
                "item": _call("c1"),
            },
            "rec",
        ),
        Drops(1006, "", "RFC 6455 7.4.1"),
        Happens(ToolCallCancelled, call_id="c1", reason="connection_lost"),
        Happens(Reconnecting, attempt=1),
        Does(SendText("again")),
        Dials(),
        *_ready(2),
        Happens(Reconnected, is_resumed=False),
        Sends({"type": "conversation.item.create"}),
        Sends({"type": "response.create"}),
    ),
    "manual turn": (
        Says({"type": "session.created", "session": _session()}, "rec"),
        Sends({"session": {"audio": {"input": {"turn_detection": None}}}}),
        Says({"type": "session.updated", "session": _session()}, "rec"),
        Does(SendAudio(bytes(9_600))),
        Sends({"type": "input_audio_buffer.append"}),
        Does(CommitAudio()),
        Sends({"type": "input_audio_buffer.commit"}),
        Sends({"type": "response.create"}),
        Says(
            {"type": "input_audio_buffer.committed", "previous_item_id": None, "item_id": "u1"},
            "ref: input_audio_buffer.committed",
        ),
        Says(_created("r1"), "rec"),
        Says(_done("r1"), "rec"),
    ),
    "garbled end": (
        *_ready(),
        *_ASK,
        Says(_created("r1"), "rec"),
        *_voice("r1", "a1"),
        Does(SendText("next")),
        Sends({"type": "conversation.item.create"}),
        Says({"type": "response.done", "response": {"id": 5}}, "made up: a malformed frame"),
        Happens(ErrorReported),
        Happens(TranscriptDelta, text="One two.", is_final=True),
        Happens(ResponseDone, response_id="r1", status="failed", reason="unreadable"),
        Sends({"type": "response.create"}),
    ),
    "fatal close": (
        Says({"type": "session.created", "session": _session()}, "rec"),
        Sends({"type": "session.update"}),
        Says(_error("invalid_api_key"), "rec: error and close together"),
        Happens(ErrorReported),
        Drops(3000, "invalid_request_error.invalid_api_key", "rec"),
        Happens(SessionClosed, code=3000),
    ),
}
