"""Live voice conversations with language models, sans I/O: no network, no clock, no chance.

The paved path: a `Conversation` takes commands and frames and gives events and frames, for any
provider of `PROVIDERS`. The wire level of each provider is in `realtime_proto.openai` and
`realtime_proto.gemini`.
"""

from __future__ import annotations

from realtime_proto.commands import (
    AudioDelivered,
    ClearAudio,
    CommitAudio,
    EndAudio,
    Interrupt,
    Played,
    SendAudio,
    SendText,
    SendWire,
    ToolResult,
    VoiceCommand,
)
from realtime_proto.config import RealtimeConfig, VADMode
from realtime_proto.conversation import Close, Conversation, Done, Keep, Redial, Road
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import (
    ConfigurationError,
    LocalProtocolError,
    ProviderError,
    RealtimeConnectionError,
    RealtimeError,
    RemoteProtocolError,
)
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Failure,
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
from realtime_proto.limits import Limits
from realtime_proto.providers import PROVIDERS, ProviderSpec
from realtime_proto.secret import Secret
from realtime_proto.tools import ToolDefinition
from realtime_proto.wire import count_ids

__all__ = (
    "PROVIDERS",
    "AudioChunk",
    "AudioDelivered",
    "AudioFormat",
    "ClearAudio",
    "Close",
    "CommitAudio",
    "ConfigurationError",
    "Conversation",
    "Done",
    "EndAudio",
    "Endpoint",
    "ErrorReported",
    "Failure",
    "Interrupt",
    "Interrupted",
    "Keep",
    "Limits",
    "LocalProtocolError",
    "Played",
    "ProviderError",
    "ProviderSpec",
    "RealtimeConfig",
    "RealtimeConnectionError",
    "RealtimeError",
    "Redial",
    "RemoteProtocolError",
    "ResponseDone",
    "ResponseStarted",
    "Road",
    "Secret",
    "SendAudio",
    "SendText",
    "SendWire",
    "SessionClosed",
    "SessionReady",
    "SpeechStarted",
    "SpeechStopped",
    "ToolCallCancelled",
    "ToolCallRequest",
    "ToolDefinition",
    "ToolResult",
    "TranscriptDelta",
    "UnknownEvent",
    "VADMode",
    "VoiceCommand",
    "VoiceEvent",
    "count_ids",
)
