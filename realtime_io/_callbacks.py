"""The application's callbacks: registered once, called in order, plain functions or async ones."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from attrs import define, field

from realtime_proto.errors import CallbackError, ConfigurationError, RealtimeError
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Interrupted,
    ToolCallRequest,
    TranscriptDelta,
    VoiceEvent,
)

__all__ = (
    "AudioCallback",
    "Callbacks",
    "ErrorCallback",
    "EventCallback",
    "InterruptedCallback",
    "ToolCallback",
    "TranscriptCallback",
    "registered",
)

AudioCallback = Callable[[bytes], Awaitable[object] | object]
TranscriptCallback = Callable[[str, bool], Awaitable[object] | object]
ToolCallback = Callable[[ToolCallRequest], Awaitable[object] | object]
ErrorCallback = Callable[[RealtimeError], Awaitable[object] | object]
InterruptedCallback = Callable[[], Awaitable[object] | object]
EventCallback = Callable[[VoiceEvent], Awaitable[object] | object]

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


@define
class Callbacks:
    """What is called for what, in the order of registration."""

    audio: list[AudioCallback] = field(factory=list)
    transcript: list[TranscriptCallback] = field(factory=list)
    user_transcript: list[TranscriptCallback] = field(factory=list)
    tool_call: list[ToolCallback] = field(factory=list)
    error: list[ErrorCallback] = field(factory=list)
    interrupted: list[InterruptedCallback] = field(factory=list)
    event: list[EventCallback] = field(factory=list)

    async def deliver(self, event: VoiceEvent) -> None:
        """Call what is registered for *event*.

        Raises:
            CallbackError: A callback raised. The ones after it were not called.
        """
        for callback in self.event:
            await _call("on_event", callback, event)
        match event:
            case AudioChunk(data=data):
                for audio_callback in self.audio if data else ():
                    await _call("on_audio", audio_callback, data)
            case TranscriptDelta(text=text, is_final=is_final, speaker=speaker):
                name = "transcript" if speaker == "assistant" else "user_transcript"
                for transcript_callback in getattr(self, name):
                    await _call(f"on_{name}", transcript_callback, text, is_final)
            case Interrupted():
                for interrupted_callback in self.interrupted:
                    await _call("on_interrupted", interrupted_callback)
            case ErrorReported():
                await self.report(event.to_exception())

    async def report(self, error: RealtimeError) -> None:
        """Tell on_error of *error*.

        Raises:
            CallbackError: A callback raised.
        """
        for callback in self.error:
            await _call("on_error", callback, error)


async def _call(name: str, callback: Callable[..., Any], *args: object) -> None:
    try:
        result = callback(*args)
        if inspect.isawaitable(result):
            await result
    except Exception as exc:  # whatever the application's own code raises
        raise CallbackError(f"the {name} callback raised {type(exc).__name__}: {exc}") from exc


def registered(callbacks: list[Any], function: FunctionT) -> FunctionT:
    """Add *function* and give it back, as a decorator does.

    Raises:
        ConfigurationError: It cannot be called.
    """
    if not callable(function):
        raise ConfigurationError(f"a callback must be a function, not {function!r:.60}")
    callbacks.append(function)
    return function
