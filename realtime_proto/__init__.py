"""Live voice conversations with language models, sans I/O: no network, no clock, no chance.

The paved path: a `Conversation` takes commands and frames and gives events and frames, for any
provider of `PROVIDERS`. The wire level of each provider is in `realtime_proto.openai` and
`realtime_proto.gemini`. A name is loaded when it is asked for: whoever speaks the wire of
one provider needs neither the conversation nor the vocabularies of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from realtime_proto.config import BargeIn, RealtimeConfig, VADMode
    from realtime_proto.conversation import Close, Conversation, Done, Keep, Redial, Road
    from realtime_proto.dialect import Endpoint
    from realtime_proto.errors import (
        ConfigurationError,
        LocalProtocolError,
        ProviderError,
        RealtimeConnectionError,
        RealtimeError,
        RemoteProtocolError,
        ReplayMismatch,
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
    from realtime_proto.limits import Limits
    from realtime_proto.models import ModelInfo, ModelProfile, VoiceInfo
    from realtime_proto.providers import PROVIDERS, ProviderSpec
    from realtime_proto.resume import ResumeState
    from realtime_proto.secret import Secret
    from realtime_proto.tools import ToolDefinition
    from realtime_proto.usage import TurnMetrics, Usage
    from realtime_proto.wire import count_ids
else:
    _HOMES = {
        "commands": (
            "AudioDelivered",
            "ClearAudio",
            "CommitAudio",
            "EndAudio",
            "Interrupt",
            "Played",
            "SendAudio",
            "SendImage",
            "SendText",
            "SendWire",
            "ToolResult",
            "UpdateSession",
            "VoiceCommand",
        ),
        "config": ("BargeIn", "RealtimeConfig", "VADMode"),
        "conversation": ("Close", "Conversation", "Done", "Keep", "Redial", "Road"),
        "dialect": ("Endpoint",),
        "errors": (
            "ConfigurationError",
            "LocalProtocolError",
            "ProviderError",
            "RealtimeConnectionError",
            "RealtimeError",
            "RemoteProtocolError",
            "ReplayMismatch",
        ),
        "events": (
            "AudioChunk",
            "ErrorReported",
            "Failure",
            "Interrupted",
            "Lost",
            "PlaybackPaused",
            "PlaybackResumed",
            "RateLimit",
            "RateLimitsUpdated",
            "Reconnected",
            "Reconnecting",
            "ResponseDone",
            "ResponseStarted",
            "ResumptionUpdated",
            "SessionClosed",
            "SessionExpiring",
            "SessionReady",
            "SpeechStarted",
            "SpeechStopped",
            "ToolCallCancelled",
            "ToolCallRequest",
            "TranscriptDelta",
            "UnknownEvent",
            "UsageReported",
            "VoiceEvent",
        ),
        "formats": ("AudioFormat",),
        "history": ("History", "HistoryItem"),
        "limits": ("Limits",),
        "models": ("ModelInfo", "ModelProfile", "VoiceInfo"),
        "providers": ("PROVIDERS", "ProviderSpec"),
        "resume": ("ResumeState",),
        "secret": ("Secret",),
        "tools": ("ToolDefinition",),
        "usage": ("TurnMetrics", "Usage"),
        "wire": ("count_ids",),
    }
    _HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOME_OF})


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
    "ReplayMismatch",
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
