"""What an application writes, and a type checker must take. Never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_never, assert_type

from realtime_io import (
    AudioChunk,
    Backoff,
    ErrorReported,
    GeminiRealtimeProvider,
    History,
    Interrupted,
    OpenAIRealtimeProvider,
    PlaybackPaused,
    PlaybackResumed,
    RateLimitsUpdated,
    RealtimeConfig,
    RealtimeError,
    RealtimeVoice,
    Reconnected,
    Reconnecting,
    ResponseDone,
    ResponseStarted,
    ResumptionUpdated,
    SessionClosed,
    SessionExpiring,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    ToolCallCancelled,
    ToolCallRequest,
    ToolDefinition,
    TranscriptDelta,
    Turn,
    TurnMetrics,
    UnknownEvent,
    Usage,
    UsageReported,
    VADMode,
    VoiceEvent,
    VoiceSession,
    VoiceStream,
    list_models,
    realtime_voice,
)


def get_weather(city: str) -> str:
    """Get the weather."""
    return city


voice = RealtimeVoice(
    "openai",
    RealtimeConfig(
        vad_mode=VADMode.MANUAL,
        tools=[get_weather, ToolDefinition(name="look")],
    ),
    reconnect=Backoff(attempts=3),
)


@voice.on_audio
async def play(audio: bytes) -> None:
    """An async callback keeps its type."""


@voice.on_transcript
def show(text: str, is_final: bool) -> None:
    """A plain one, too."""


@voice.on_tool_call
async def answer(request: ToolCallRequest) -> object:
    """Anything may be the answer."""
    return request.arguments.get("city")


@voice.on_error
def report(error: RealtimeError) -> None:
    """Errors have their message."""
    assert_type(error.message, str)


show("text", True)


async def microphone() -> AsyncIterator[bytes]:
    """A microphone."""
    yield b""


def handle(event: VoiceEvent) -> None:
    """All events, and no other."""
    match event:
        case AudioChunk():
            assert_type(event.data, bytes)
        case TranscriptDelta():
            assert_type(event.text, str)
        case ResponseDone():
            assert_type(event.metrics, TurnMetrics | None)
        case SessionReady() | ToolCallRequest() | ToolCallCancelled() | SpeechStarted():
            pass
        case SpeechStopped() | Interrupted() | PlaybackPaused() | PlaybackResumed():
            pass
        case ResponseStarted() | UsageReported() | RateLimitsUpdated() | SessionExpiring():
            pass
        case ResumptionUpdated() | Reconnecting() | Reconnected() | ErrorReported():
            pass
        case SessionClosed() | UnknownEvent():
            pass
        case _:
            assert_never(event)


async def main() -> None:
    """A session, a stream, direct access."""
    async with voice.connect(history=History()) as session:
        assert_type(session, VoiceSession)
        await session.send_audio(b"", rate_hz=48_000)
        async for event in session:
            handle(event)
        async for turn in session.turns():
            assert_type(turn, Turn)
        assert_type(session.usage, Usage)
    async with voice.run(microphone()) as events:
        assert_type(events, VoiceStream)
    async for event in realtime_voice().run(microphone()):
        handle(event)
    for provider in (OpenAIRealtimeProvider(), GeminiRealtimeProvider(config=RealtimeConfig())):
        provider.on_audio(play)
        assert_type(await provider.connect(), VoiceSession)
        await provider.disconnect()
    assert_type(list_models(), list[str])
