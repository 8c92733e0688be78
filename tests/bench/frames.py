"""Frames as servers send them, made up: one of each kind that a spoken turn has, and the turn.

OpenAI sends compact JSON, Gemini indented JSON. Ids have the length of real ones. The audio is
noise, which base64 and JSON take like speech.
"""

from __future__ import annotations

import base64
import json
import random
from typing import Any, Final

__all__ = ("GEMINI", "OPENAI", "OPENAI_SESSION", "TURN")

_random = random.Random(20)


def _id(prefix: str) -> str:
    return prefix + "_" + "".join(_random.choices("abcdefghijkmnpqrstuvwxyzABCDEFGH23456789", k=21))


def _audio(n_characters: int) -> str:
    return base64.b64encode(_random.randbytes(n_characters // 4 * 3)).decode()


_RESPONSE, _ITEM = _id("resp"), _id("item")
_WHERE: Final = {"response_id": _RESPONSE, "item_id": _ITEM, "output_index": 0, "content_index": 0}
_SPEECH: Final = "On Monday it stays dry with light wind, and on Tuesday it may rain a little. " * 9


def _openai(tag: str, **members: Any) -> str:
    event = {"type": tag, "event_id": _id("event"), **members}
    return json.dumps(event, separators=(",", ":"))


def _delta(n_characters: int) -> str:
    return _openai("response.output_audio.delta", **_WHERE, delta=_audio(n_characters))


def _message(part: dict[str, Any]) -> dict[str, Any]:
    head = {"id": _id("item"), "object": "realtime.item", "type": "message", "status": "completed"}
    return {**head, "role": "assistant", "content": [part]}


_FORMAT: Final = {"type": "audio/pcm", "rate": 24000}
_TOKENS: Final = {"text_tokens": 160, "audio_tokens": 224, "image_tokens": 0}

OPENAI_SESSION: Final = _openai(
    "session.created",
    session={
        "type": "realtime",
        "object": "realtime.session",
        "id": _id("sess"),
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "instructions": _SPEECH,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 1_795_000_000,
        "audio": {
            "input": {
                "format": _FORMAT,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                    "idle_timeout_ms": None,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": _FORMAT, "voice": "marin", "speed": 1.0},
        },
        "include": None,
    },
)

OPENAI: Final[dict[str, str]] = {
    "control, 200 B": _openai(
        "input_audio_buffer.speech_started", audio_start_ms=12_840, item_id=_id("item")
    ),
    "committed": _openai(
        "input_audio_buffer.committed", previous_item_id=_id("item"), item_id=_id("item")
    ),
    "item added": _openai(
        "conversation.item.added",
        previous_item_id=_id("item"),
        item={
            "id": _ITEM,
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        },
    ),
    "part added": _openai(
        "response.content_part.added", **_WHERE, part={"type": "audio", "transcript": ""}
    ),
    "transcript delta": _openai(
        "response.output_audio_transcript.delta",
        **_WHERE,
        delta=" it stays",
        obfuscation="p7Qm2VbX0c",
    ),
    "audio 4 KB": _delta(4_096),
    "audio 10 KB": _delta(10_240),
    "audio 32 KB": _delta(32_768),
    "audio done": _openai("response.output_audio.done", **_WHERE),
    "response done, 3 KB": _openai(
        "response.done",
        response={
            "object": "realtime.response",
            "id": _RESPONSE,
            "status": "completed",
            "status_details": None,
            "output": [
                _message({"type": "output_audio", "transcript": _SPEECH}),
                {
                    "id": _id("item"),
                    "object": "realtime.item",
                    "type": "function_call",
                    "status": "completed",
                    "name": "get_weather",
                    "call_id": _id("call"),
                    "arguments": json.dumps({"place": "Lisbon", "days": 3, "detail": "d" * 380}),
                },
                _message({"type": "output_text", "text": _SPEECH[:480]}),
            ],
            "conversation_id": _id("conv"),
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "audio": {"output": {"format": _FORMAT, "voice": "marin"}},
            "usage": {
                "total_tokens": 1_250,
                "input_tokens": 930,
                "output_tokens": 320,
                "input_token_details": {
                    **_TOKENS,
                    "cached_tokens": 384,
                    "cached_tokens_details": _TOKENS,
                },
                "output_token_details": {"text_tokens": 60, "audio_tokens": 260},
            },
            "metadata": None,
        },
    ),
    "rate limits": _openai(
        "rate_limits.updated",
        rate_limits=[
            {"name": "requests", "limit": 10_000, "remaining": 9_998, "reset_seconds": 0.012},
            {"name": "tokens", "limit": 2_000_000, "remaining": 1_996_321, "reset_seconds": 0.11},
        ],
    ),
}
"""Kind -> frame."""

TURN: Final = {"transcript delta": 14, "audio 10 KB": 24, "audio 4 KB": 3}
"""What a spoken turn has more than one of: six in ten frames are audio, three in ten transcript."""


def _gemini(message: dict[str, Any]) -> str:
    return json.dumps(message, indent=2) + "\n"


def _spoken(n_characters: int) -> str:
    blob = {"mimeType": "audio/pcm;rate=24000", "data": _audio(n_characters)}
    return _gemini({"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}})


GEMINI: Final[dict[str, str]] = {
    "interrupted": _gemini({"serverContent": {"interrupted": True}}),
    "transcript delta": _gemini({"serverContent": {"outputTranscription": {"text": " it stays"}}}),
    "tool call": _gemini(
        {
            "toolCall": {
                "functionCalls": [
                    {"name": "get_weather", "args": {"place": "Lisbon"}, "id": _id("call")}
                ]
            }
        }
    ),
    "audio 4 KB": _spoken(4_096),
    "audio 10 KB": _spoken(10_240),
    "audio 32 KB": _spoken(32_768),
    "turn complete, usage": _gemini(
        {
            "serverContent": {"turnComplete": True},
            "usageMetadata": {
                "promptTokenCount": 930,
                "responseTokenCount": 320,
                "totalTokenCount": 1_250,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 418},
                    {"modality": "AUDIO", "tokenCount": 512},
                ],
                "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 320}],
            },
        }
    ),
}
"""Kind -> frame."""
