"""A short conversation with each provider in memory: what a client does and what a server says.

Every step is 20 ms after the one before. Frames are written by hand from the vendors' documents.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from realtime_proto import (
    PROVIDERS,
    Conversation,
    Interrupt,
    LocalProtocolError,
    Played,
    RealtimeConfig,
    SendAudio,
    SendText,
    SendWire,
    ToolDefinition,
    ToolResult,
)
from realtime_proto.gemini import ClientContent
from realtime_proto.openai import InputAudioBufferClear
from realtime_proto.wire import count_ids

__all__ = ("PCM", "SCRIPTS", "conversation_with", "hold")

PCM = bytes(range(256)) * 20
_AUDIO = base64.b64encode(PCM).decode()

Step = Callable[..., None]
Script = Iterable[tuple[str, Any]]


def _openai() -> Script:
    yield "receive", {"type": "session.created", "event_id": "e1", "session": _SESSION}
    yield "receive", {"type": "session.updated", "event_id": "e2", "session": _SESSION}
    yield "send", SendAudio(PCM)
    yield "send", SendText("What is the weather in Tokyo?")
    yield "send", SendWire(InputAudioBufferClear())
    yield "receive", _response("response.created", "r1", "in_progress")
    yield (
        "receive",
        {
            "type": "response.output_item.done",
            "event_id": "e3",
            "response_id": "r1",
            "output_index": 0,
            "item": _CALL,
        },
    )
    yield "receive", _response("response.done", "r1", "completed", _CALL)
    yield "send", ToolResult(call_id="c1", output={"weather": "fine"})
    yield "receive", _response("response.created", "r2", "in_progress")
    part = {"event_id": "e4", "response_id": "r2", "item_id": "i2", "output_index": 0}
    part["content_index"] = 0
    yield (
        "receive",
        {"type": "response.output_audio_transcript.delta", "delta": "It is fine.", **part},
    )
    yield "receive", {"type": "response.output_audio.delta", "delta": _AUDIO, **part}
    yield "receive", {"type": "response.output_audio.done", **part}
    said = {"type": "response.output_audio_transcript.done", "transcript": "It is fine."}
    yield "receive", {**said, **part}
    yield "send", Played(item_id="i2", ms=50)
    yield "send", Interrupt()
    yield "receive", _response("response.done", "r2", "cancelled")


_SESSION = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
}
_CALL = {
    "id": "i1",
    "type": "function_call",
    "status": "completed",
    "name": "get_weather",
    "call_id": "c1",
    "arguments": '{"city":"Tokyo"}',
}


def _response(kind: str, response_id: str, status: str, *output: Any) -> dict[str, Any]:
    response = {
        "object": "realtime.response",
        "id": response_id,
        "status": status,
        "output": list(output),
    }
    return {"type": kind, "event_id": f"{kind}-{response_id}", "response": response}


def _gemini() -> Script:
    yield "receive", {"setupComplete": {}}
    yield "send", SendAudio(PCM)
    yield "send", SendText("What is the weather in Tokyo?")
    call = {"id": "c1", "name": "get_weather", "args": {"city": "Tokyo"}}
    yield "receive", {"toolCall": {"functionCalls": [call]}}
    yield "send", ToolResult(call_id="c1", output={"weather": "fine"})
    yield "send", SendWire(ClientContent(turn_complete=False))
    blob = {"mimeType": "audio/pcm;rate=24000", "data": _AUDIO}
    yield "receive", {"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}}
    yield "receive", {"serverContent": {"outputTranscription": {"text": "It is fine."}}}
    yield "receive", {"serverContent": {"interrupted": True}}
    yield "receive", {"serverContent": {"turnComplete": True}}


SCRIPTS: dict[str, Callable[[], Script]] = {"openai": _openai, "gemini": _gemini}


def conversation_with(provider: str, **options: Any) -> Conversation:
    """A fresh conversation that offers the tool the script calls."""
    tool = ToolDefinition(name="get_weather", description="The weather of a city.")
    options.setdefault("ids", count_ids("evt"))
    config = RealtimeConfig(instructions="Be brief.", tools=[tool])
    return Conversation(PROVIDERS[provider].dialect(), config, **options)


def hold(subject: Any, provider: str, *, epoch: float = 100.0) -> list[Any]:
    """Hold the scripted conversation and give its events. It ends with a normal close.

    On the way a result is given to a call nobody made, which is refused, a frame comes that cannot
    be read, and a timer fires early.
    """
    events: list[Any] = []
    steps: list[Step] = [partial(subject.open, unix_time=1_800_000_000.0)]
    for kind, what in SCRIPTS[provider]():
        if kind == "send":
            steps.append(partial(subject.send, what))
        else:
            frame = json.dumps(what)
            as_sent: Any = frame.encode() if provider == "gemini" else frame
            steps.append(partial(subject.receive, as_sent))
    steps += [
        partial(subject.send, ToolResult(call_id="nobody", output=1)),
        partial(subject.receive, "not JSON"),
        subject.tick,
        subject.close,
        partial(subject.connection_lost, 1000, "bye"),
    ]
    for n, step in enumerate(steps):
        with suppress(LocalProtocolError):
            step(now=epoch + n / 50)
        subject.take_frames()
        events += subject.take_events()
    return events
