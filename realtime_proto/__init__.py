"""Live voice conversations with language models, sans I/O: no network, no clock, no chance.

The paved path: a `Conversation` takes commands and frames and gives events and frames, for any
provider of `PROVIDERS`. The wire level of each provider is in `realtime_proto.openai` and
`realtime_proto.gemini`. The table of providers is loaded when it is asked for: with it come all
their vocabularies, and whoever speaks to one needs only one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_proto.commands import (
    AudioDelivered,
    ClearAudio,
    CommitAudio,
    EndAudio,
    Interrupt,
    Played,
    SendAudio,
    SendImage,
    SendText,
    SendWire,
    ToolResult,
    UpdateSession,
    VoiceCommand,
)
from realtime_proto.config import (
    BargeIn,
    RealtimeConfig,
    VADMode,
)
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
from realtime_proto.history import (
    History,
    HistoryItem,
)
from realtime_proto.limits import Limits
from realtime_proto.models import ModelInfo, ModelProfile, VoiceInfo
from realtime_proto.resume import (
    ResumeState,
)
from realtime_proto.secret import Secret
from realtime_proto.tools import ToolDefinition
from realtime_proto.usage import (
    TurnMetrics,
    Usage,
)
from realtime_proto.wire import count_ids

if TYPE_CHECKING:
    from realtime_proto.providers import PROVIDERS, ProviderSpec
else:

    def __getattr__(name: str) -> object:
        if name in ("PROVIDERS", "ProviderSpec"):
            from realtime_proto import providers

            return getattr(providers, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = (
    "PROVIDERS",
    "AudioChunk",
    "AudioDelivered",
    "AudioFormat",
    "BargeIn",
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
    "History",
    "HistoryItem",
    "Interrupt",
    "Interrupted",
    "Keep",
    "Limits",
    "LocalProtocolError",
    "Lost",
    "ModelInfo",
    "ModelProfile",
    "PlaybackPaused",
    "PlaybackResumed",
    "Played",
    "ProviderError",
    "ProviderSpec",
    "RateLimit",
    "RateLimitsUpdated",
    "RealtimeConfig",
    "RealtimeConnectionError",
    "RealtimeError",
    "Reconnected",
    "Reconnecting",
    "Redial",
    "RemoteProtocolError",
    "ResponseDone",
    "ResponseStarted",
    "ResumeState",
    "ResumptionUpdated",
    "Road",
    "Secret",
    "SendAudio",
    "SendImage",
    "SendText",
    "SendWire",
    "SessionClosed",
    "SessionExpiring",
    "SessionReady",
    "SpeechStarted",
    "SpeechStopped",
    "ToolCallCancelled",
    "ToolCallRequest",
    "ToolDefinition",
    "ToolResult",
    "TranscriptDelta",
    "TurnMetrics",
    "UnknownEvent",
    "UpdateSession",
    "Usage",
    "UsageReported",
    "VADMode",
    "VoiceCommand",
    "VoiceEvent",
    "VoiceInfo",
    "count_ids",
)
