"""Live voice conversations with language models, on asyncio and on trio.

`RealtimeVoice` is the face: choose a provider, register callbacks, connect. The protocol below it,
without any I/O, is the package `realtime_proto`.
"""

from __future__ import annotations

from realtime_io._stream import VoiceStream
from realtime_io._turns import Turn
from realtime_io.direct import GeminiRealtimeProvider, OpenAIRealtimeProvider
from realtime_io.recorder import Recorder
from realtime_io.session import VoiceSession
from realtime_io.sidecar import read_recording
from realtime_io.voice import RealtimeVoice, list_models, list_voices, realtime_voice
from realtime_proto.backoff import Backoff
from realtime_proto.config import BargeIn, RealtimeConfig, VADMode
from realtime_proto.errors import (
    CallbackError,
    ConfigurationError,
    ConfigurationWarning,
    ConnectionLost,
    ConnectTimeout,
    HandshakeRejected,
    LocalProtocolError,
    ProviderError,
    RealtimeConnectionError,
    RealtimeError,
    RecordingError,
    RemoteProtocolError,
    ReplayMismatch,
    SlowConsumer,
    ToolError,
)
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Failure,
    Interrupted,
    Lost,
    PlaybackPaused,
    PlaybackResumed,
    RateLimit,
    RateLimitsUpdated,
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
    TranscriptDelta,
    UnknownEvent,
    UsageReported,
    VoiceEvent,
)
from realtime_proto.formats import AudioFormat
from realtime_proto.history import History, HistoryItem
from realtime_proto.providers import ProviderSpec
from realtime_proto.resume import ResumeState
from realtime_proto.secret import Secret
from realtime_proto.tools import McpServer, ToolDefinition
from realtime_proto.usage import Tokens, TurnMetrics, Usage

__all__ = (
    "AudioChunk",
    "AudioFormat",
    "Backoff",
    "BargeIn",
    "CallbackError",
    "ConfigurationError",
    "ConfigurationWarning",
    "ConnectTimeout",
    "ConnectionLost",
    "ErrorReported",
    "Failure",
    "GeminiRealtimeProvider",
    "HandshakeRejected",
    "History",
    "HistoryItem",
    "Interrupted",
    "LocalProtocolError",
    "Lost",
    "McpServer",
    "OpenAIRealtimeProvider",
    "PlaybackPaused",
    "PlaybackResumed",
    "ProviderError",
    "ProviderSpec",
    "RateLimit",
    "RateLimitsUpdated",
    "RealtimeConfig",
    "RealtimeConnectionError",
    "RealtimeError",
    "RealtimeVoice",
    "Reconnected",
    "Reconnecting",
    "Recorder",
    "RecordingError",
    "RemoteProtocolError",
    "ReplayMismatch",
    "ResponseDone",
    "ResponseStarted",
    "ResumeState",
    "ResumptionUpdated",
    "Secret",
    "SessionClosed",
    "SessionExpiring",
    "SessionReady",
    "SlowConsumer",
    "SpeechStarted",
    "SpeechStopped",
    "Tokens",
    "ToolCallCancelled",
    "ToolCallRequest",
    "ToolDefinition",
    "ToolError",
    "TranscriptDelta",
    "Turn",
    "TurnMetrics",
    "UnknownEvent",
    "Usage",
    "UsageReported",
    "VADMode",
    "VoiceEvent",
    "VoiceSession",
    "VoiceStream",
    "list_models",
    "list_voices",
    "read_recording",
    "realtime_voice",
)
