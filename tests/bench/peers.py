"""Other packages doing the same work: what each of them does between a frame and the application.

All are optional. A package that is not installed is left out of the tables.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable
from typing import Any, Final

__all__ = (
    "agents_append",
    "agents_decode",
    "genai_append",
    "genai_decode",
    "openai_append",
    "openai_decode",
)

Decode = Callable[[str], object]
Append = Callable[[bytes], object]
_AUDIO: Final = "response.output_audio.delta"


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def openai_decode() -> Decode | None:
    """`openai`: parse_event, and the base64 that is left to the application."""
    module = _import("openai.resources.realtime.realtime")
    if module is None:
        return None
    parse = module.RealtimeConnection(_Sink()).parse_event

    def decode(frame: str) -> object:
        event = parse(frame)
        return base64.b64decode(event.delta) if event.type == _AUDIO else event

    return decode


def openai_append() -> Append | None:
    """`openai`: input_audio_buffer.append, to a socket that takes all."""
    module = _import("openai.resources.realtime.realtime")
    if module is None:
        return None
    append = module.RealtimeConnection(_Sink()).input_audio_buffer.append
    return lambda audio: append(audio=base64.b64encode(audio).decode())


def agents_decode() -> Decode | None:
    """`openai-agents`: its validation of server events, and the base64 of its audio handler."""
    module = _import("agents.realtime.openai_realtime")
    if module is None:
        return None
    validate = module.get_server_event_type_adapter().validate_python

    def decode(frame: str) -> object:
        event = validate(json.loads(frame))
        return base64.b64decode(event.delta) if event.type == _AUDIO else event

    return decode


def agents_append() -> Append | None:
    """`openai-agents`: the event it makes of audio, as JSON."""
    module = _import("agents.realtime.openai_realtime")
    if module is None:
        return None
    convert = module._ConversionHelper.convert_audio_to_input_audio_buffer_append
    wrap = module.RealtimeModelSendAudio
    return lambda audio: convert(wrap(audio)).model_dump_json(exclude_unset=True)


def genai_decode() -> Decode | None:
    """`google-genai`: what its session gives for one frame; the audio is decoded in it."""
    module = _import("google.genai.live")
    if module is None:
        return None
    socket = _Socket()
    session = module.AsyncSession(_GeminiApi(), socket)

    def decode(frame: str) -> object:
        socket.frame = frame
        return _finished(session._receive())

    return decode


def genai_append() -> Append | None:
    """`google-genai`: send_realtime_input, to a socket that takes all."""
    module = _import("google.genai.live")
    if module is None:
        return None
    session = module.AsyncSession(_GeminiApi(), _Socket())
    blob = module.types.Blob
    return lambda audio: _finished(
        session.send_realtime_input(audio=blob(data=audio, mime_type="audio/pcm;rate=16000"))
    )


def _finished(coroutine: Any) -> object:
    """What a coroutine that never waits gives."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: object = stop.value
        return result
    raise RuntimeError("it waited")


class _Sink:
    """A socket of `websockets`' synchronous kind."""

    def send(self, data: Any) -> None:
        pass


class _Socket:
    """A socket of `websockets`' asynchronous kind, with one frame to give again and again."""

    frame = ""

    async def recv(self, **_: Any) -> str:
        return self.frame

    async def send(self, data: Any) -> None:
        pass


class _GeminiApi:
    vertexai = False
