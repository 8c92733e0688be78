"""Live voice conversations with language models, on asyncio and on trio.

`RealtimeVoice` is the face: choose a provider, register callbacks, connect. The protocol below it,
without any I/O, is the package `realtime_proto`.
"""

from __future__ import annotations

from realtime_io._stream import VoiceStream
from realtime_io.direct import GeminiRealtimeProvider, OpenAIRealtimeProvider
from realtime_io.recorder import Recorder
from realtime_io.session import VoiceSession
from realtime_io.voice import RealtimeVoice, realtime_voice
from realtime_proto.config import RealtimeConfig, VADMode
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
    SlowConsumer,
    ToolError,
)
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Interrupted,
    ResponseDone,
    ResponseStarted,
    SessionClosed,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    ToolCallCancelled,
    ToolCallRequest,
    TranscriptDelta,
    UnknownEvent,
    VoiceEvent,
)
from realtime_proto.formats import AudioFormat
from realtime_proto.secret import Secret
from realtime_proto.tools import McpServer, ToolDefinition

__all__ = (
    "AudioChunk",
    "AudioFormat",
    "CallbackError",
    "ConfigurationError",
    "ConfigurationWarning",
    "ConnectTimeout",
    "ConnectionLost",
    "ErrorReported",
    "GeminiRealtimeProvider",
    "HandshakeRejected",
    "Interrupted",
    "LocalProtocolError",
    "McpServer",
    "OpenAIRealtimeProvider",
    "ProviderError",
    "RealtimeConfig",
    "RealtimeConnectionError",
    "RealtimeError",
    "RealtimeVoice",
    "Recorder",
    "RecordingError",
    "RemoteProtocolError",
    "ResponseDone",
    "ResponseStarted",
    "Secret",
    "SessionClosed",
    "SessionReady",
    "SlowConsumer",
    "SpeechStarted",
    "SpeechStopped",
    "ToolCallCancelled",
    "ToolCallRequest",
    "ToolDefinition",
    "ToolError",
    "TranscriptDelta",
    "UnknownEvent",
    "VADMode",
    "VoiceEvent",
    "VoiceSession",
    "VoiceStream",
    "realtime_voice",
)
