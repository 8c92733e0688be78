"""The application's callbacks: registered once, called in order, plain functions or async ones."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias, TypeVar

from attrs import define

from realtime_io._arguments import check_function
from realtime_proto.errors import CallbackError, RealtimeError
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Interrupted,
    ToolCallRequest,
    TranscriptDelta,
    VoiceEvent,
)

__all__ = (
    "ApprovalCallback",
    "AudioCallback",
    "CallbackRegistry",
    "Callbacks",
    "ErrorCallback",
    "EventCallback",
    "InterruptedCallback",
    "ToolCallback",
    "TranscriptCallback",
)

AudioCallback: TypeAlias = Callable[[bytes], Awaitable[object] | object]
TranscriptCallback: TypeAlias = Callable[[str, bool], Awaitable[object] | object]
ApprovalCallback: TypeAlias = Callable[[ToolCallRequest], Awaitable[object] | object]
ToolCallback: TypeAlias = Callable[[ToolCallRequest], Awaitable[object] | object]
ErrorCallback: TypeAlias = Callable[[RealtimeError], Awaitable[object] | object]
InterruptedCallback: TypeAlias = Callable[[], Awaitable[object] | object]
EventCallback: TypeAlias = Callable[[VoiceEvent], Awaitable[object] | object]

AudioT = TypeVar("AudioT", bound=AudioCallback)
TranscriptT = TypeVar("TranscriptT", bound=TranscriptCallback)
ApprovalT = TypeVar("ApprovalT", bound=ApprovalCallback)
ToolT = TypeVar("ToolT", bound=ToolCallback)
ErrorT = TypeVar("ErrorT", bound=ErrorCallback)
InterruptedT = TypeVar("InterruptedT", bound=InterruptedCallback)
EventT = TypeVar("EventT", bound=EventCallback)
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_Call: TypeAlias = tuple[str, Callable[..., Any], tuple[object, ...]]
"""How it was registered, the function, its arguments."""


@define
class Callbacks:
    """What is called for what, in the order of registration."""

    audio: tuple[AudioCallback, ...] = ()
    transcript: tuple[TranscriptCallback, ...] = ()
    user_transcript: tuple[TranscriptCallback, ...] = ()
    tool_call: tuple[ToolCallback, ...] = ()
    approval: tuple[ApprovalCallback, ...] = ()
    error: tuple[ErrorCallback, ...] = ()
    interrupted: tuple[InterruptedCallback, ...] = ()
    event: tuple[EventCallback, ...] = ()

    @property
    def hear_of_events(self) -> bool:
        """Whether something is called for what is no audio, beside tools."""
        said = self.transcript or self.user_transcript
        return bool(said or self.event or self.error or self.interrupted)

    def deliver(self, event: VoiceEvent) -> Awaitable[None] | None:
        """Call what is registered for *event*.

        Returns:
            What is left to be awaited, from the first callback that is an async one on; None where
            all is done.

        Raises:
            CallbackError: A callback raised, here or when awaited. The ones after it were not
                called.
        """
        if event.__class__ is AudioChunk and not self.event and len(self.audio) == 1:
            # As below, without a generator: for most applications that is nearly all there is.
            data = event.data
            pending = _called("on_audio", self.audio[0], data) if data else None
            return None if pending is None else _go_on("on_audio", pending, iter(()))
        return _carry_out(self._calls(event))

    async def report(self, error: RealtimeError) -> None:
        """Tell on_error of *error*.

        Raises:
            CallbackError: A callback raised.
        """
        rest = _carry_out(("on_error", callback, (error,)) for callback in self.error)
        if rest is not None:
            await rest

    def _calls(self, event: VoiceEvent) -> Iterator[_Call]:
        for callback in self.event:
            yield "on_event", callback, (event,)
        match event:
            case AudioChunk(data=data):
                for audio_callback in self.audio if data else ():
                    yield "on_audio", audio_callback, (data,)
            case TranscriptDelta(text=text, is_final=is_final, speaker=speaker):
                name = "transcript" if speaker == "assistant" else "user_transcript"
                for transcript_callback in getattr(self, name):
                    yield f"on_{name}", transcript_callback, (text, is_final)
            case Interrupted():
                for interrupted_callback in self.interrupted:
                    yield "on_interrupted", interrupted_callback, ()
            case ErrorReported():
                error = event.to_exception()
                for error_callback in self.error:
                    yield "on_error", error_callback, (error,)


def _carry_out(calls: Iterator[_Call]) -> Awaitable[None] | None:
    """Make *calls*, up to the first that is to be awaited; what is left then."""
    for name, callback, arguments in calls:
        pending = _called(name, callback, *arguments)
        if pending is not None:
            return _go_on(name, pending, calls)
    return None


def _called(
    name: str, callback: Callable[..., Any], *arguments: object
) -> Awaitable[object] | None:
    """Call; what is to be awaited then, None where all is done."""
    try:
        result = callback(*arguments)
        return None if result is None or not inspect.isawaitable(result) else result
    except Exception as exc:  # whatever the application's own code raises
        raise _failed(name, exc) from exc


async def _go_on(name: str, pending: Awaitable[object], calls: Iterator[_Call]) -> None:
    try:
        await pending
    except Exception as exc:  # see above
        raise _failed(name, exc) from exc
    rest = _carry_out(calls)
    if rest is not None:
        await rest


def _failed(name: str, exc: Exception) -> CallbackError:
    return CallbackError(f"the {name} callback raised {type(exc).__name__}: {exc}")


class CallbackRegistry:
    """The decorators that register callbacks. Each gives its function back.

    A callback may be a plain function or an async one. Several may be registered for one thing;
    they are called in the order of registration.
    """

    def __init__(self) -> None:
        self._callbacks = Callbacks()

    def on_audio(self, function: AudioT) -> AudioT:
        """Call `function(audio: bytes)` with each chunk of speech: PCM16, 24 000 Hz, mono."""
        return self._registered("audio", function)

    def on_transcript(self, function: TranscriptT) -> TranscriptT:
        """Call `function(text, is_final)` with the assistant's words; a final text is whole."""
        return self._registered("transcript", function)

    def on_user_transcript(self, function: TranscriptT) -> TranscriptT:
        """Call `function(text, is_final)` with what the user says, as the server understood it."""
        return self._registered("user_transcript", function)

    def on_tool_call(self, function: ToolT) -> ToolT:
        """Call `function(request)` for each tool call; what it returns is the answer.

        It comes before the tools of the configuration; return NotImplemented to leave a call to
        them.
        """
        return self._registered("tool_call", function)

    def on_approval(self, function: ApprovalT) -> ApprovalT:
        """Call `function(request)` before a tool that needs approval is run; True lets it run.

        With several, all must agree. Without one no such tool is run. The model is told of a
        refusal. The time it takes counts towards the tool's.
        """
        return self._registered("approval", function)

    def on_error(self, function: ErrorT) -> ErrorT:
        """Call `function(error)` with each error: a server's, a tool's, the one that ends all."""
        return self._registered("error", function)

    def on_interrupted(self, function: InterruptedT) -> InterruptedT:
        """Call `function()` when the assistant was cut off: stop the playback."""
        return self._registered("interrupted", function)

    def on_event(self, function: EventT) -> EventT:
        """Call `function(event)` with every event of the conversation."""
        return self._registered("event", function)

    def _registered(self, what: str, function: FunctionT) -> FunctionT:
        check_function("a callback", function)
        setattr(self._callbacks, what, (*getattr(self._callbacks, what), function))
        return function
