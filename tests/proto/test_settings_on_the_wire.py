"""Every configuration value, per provider: what the wire says of it, or that it is left out.

One row a value and provider. The first frame a client sends is what a server takes; what has no
place in it is named in `ignored`, and is an error with `strict=True`.
"""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from realtime_proto import PROVIDERS, Conversation, RealtimeConfig, VADMode
from realtime_proto.config import BargeIn
from realtime_proto.errors import ConfigurationError
from realtime_proto.models import ModelProfile
from realtime_proto.tools import McpServer, ToolDefinition

IGNORED = object()
REFUSED = object()
NOT_SENT = object()
"""The library's own business, or a matter of the URL."""

TOOL = ToolDefinition(
    name="look",
    description="Look.",
    parameters={
        "type": "object",
        "properties": {"where": {"type": "string"}},
        "required": ["where"],
    },
)

DOCS = McpServer(label="docs", url="https://docs.example", authorization="t", headers={"a": "b"})

INPUT = "session.audio.input"
VAD = "session.audio.input.turn_detection"
DETECTION = "setup.realtimeInputConfig.automaticActivityDetection"
VOICE = "setup.generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName"

# field, value, (OpenAI: path, what is there), (Gemini: path, what is there)
ROWS: list[tuple[str, Any, Any, Any]] = [
    ("model", "my-model", NOT_SENT, ("setup.model", "models/my-model")),
    ("voice", "alloy", ("session.audio.output.voice", "alloy"), (VOICE, "alloy")),
    (
        "instructions",
        "Be kind.",
        ("session.instructions", "Be kind."),
        ("setup.systemInstruction.parts.0.text", "Be kind."),
    ),
    ("vad_mode", VADMode.SERVER, (f"{VAD}.type", "server_vad"), (f"{DETECTION}.disabled", None)),
    ("vad_mode", VADMode.MANUAL, (VAD, "null"), (f"{DETECTION}.disabled", True)),
    ("vad_mode", VADMode.SEMANTIC, (f"{VAD}.type", "semantic_vad"), REFUSED),
    ("vad_threshold", 0.7, (f"{VAD}.threshold", 0.7), IGNORED),
    (
        "vad_prefix_padding_ms",
        250,
        (f"{VAD}.prefix_padding_ms", 250),
        (f"{DETECTION}.prefixPaddingMs", 250),
    ),
    (
        "vad_silence_duration_ms",
        700,
        (f"{VAD}.silence_duration_ms", 700),
        (f"{DETECTION}.silenceDurationMs", 700),
    ),
    ("barge_in", BargeIn.IMMEDIATE, (f"{VAD}.interrupt_response", True), NOT_SENT),
    ("barge_in", BargeIn.TENTATIVE, (f"{VAD}.interrupt_response", False), "activityHandling"),
    ("barge_in_ms", 900, NOT_SENT, NOT_SENT),
    ("temperature", 0.8, IGNORED, ("setup.generationConfig.temperature", 0.8)),
    (
        "max_tokens",
        4_096,
        ("session.max_output_tokens", 4_096),
        ("setup.generationConfig.maxOutputTokens", 4_096),
    ),
    (
        "tools",
        [TOOL],
        (
            "session.tools.0",
            {
                "type": "function",
                "name": "look",
                "description": "Look.",
                "parameters": TOOL.parameters,
            },
        ),
        (
            "setup.tools.0.functionDeclarations.0",
            {
                "name": "look",
                "description": "Look.",
                "parameters": {
                    "type": "OBJECT",
                    "properties": {"where": {"type": "STRING"}},
                    "required": ["where"],
                },
            },
        ),
    ),
    (
        "mcp_servers",
        [
            McpServer(
                label="docs", url="https://docs.example", authorization="t", headers={"a": "b"}
            )
        ],
        (
            "session.tools.0",
            {
                "type": "mcp",
                "server_label": "docs",
                "server_url": "https://docs.example",
                "authorization": "t",
                "headers": {"a": "b"},
                "require_approval": "never",
            },
        ),
        IGNORED,
    ),
    ("input_rate_hz", 48_000, (f"{INPUT}.format.rate", 24_000), NOT_SENT),
    (
        "input_transcription",
        True,
        (f"{INPUT}.transcription.model", "gpt-realtime-whisper"),
        ("setup.inputAudioTranscription", {}),
    ),
    (
        "input_transcription",
        False,
        (f"{INPUT}.transcription", "null"),
        ("setup.inputAudioTranscription", None),
    ),
    ("output_transcription", True, NOT_SENT, ("setup.outputAudioTranscription", {})),
    ("output_transcription", False, NOT_SENT, ("setup.outputAudioTranscription", None)),
    ("strict", True, NOT_SENT, NOT_SENT),
    (
        "profile",
        ModelProfile(transcription_model="mine"),
        (f"{INPUT}.transcription.model", "mine"),
        NOT_SENT,
    ),
]


def first_frame(provider: str, config: RealtimeConfig) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What is said of the settings, and what is not."""
    conversation = Conversation(PROVIDERS[provider].dialect(), config)
    conversation.open(now=0, unix_time=0)
    if provider == "openai":
        session = {"type": "realtime", "object": "realtime.session", "id": "s1"}
        created = {"type": "session.created", "event_id": "e1", "session": session}
        conversation.receive(json.dumps(created), now=0)
    (frame,) = conversation.take_frames()
    return json.loads(frame), conversation.ignored


def at(frame: Any, path: str) -> Any:
    """What stands there; None where nothing does, "null" for null itself."""
    for step in path.split("."):
        if isinstance(frame, list):
            frame = frame[int(step)] if int(step) < len(frame) else None
        elif isinstance(frame, dict):
            if step not in frame:
                return None
            frame = "null" if frame[step] is None else frame[step]
        else:
            return None
    return frame


def rows() -> list[Any]:
    return [
        pytest.param(field, value, provider, expected, id=f"{field}-{n}-{provider}")
        for n, (field, value, *both) in enumerate(ROWS)
        for provider, expected in zip(("openai", "gemini"), both, strict=True)
    ]


@pytest.mark.parametrize(("field", "value", "provider", "expected"), rows())
def test_a_setting_is_on_the_wire_or_told(
    field: str, value: Any, provider: str, expected: Any
) -> None:
    """Said where the protocol has a place for it, else named; with `strict` an error."""
    if expected is REFUSED:
        with pytest.raises(ConfigurationError, match="no semantic voice activity"):
            first_frame(provider, RealtimeConfig(**{field: value}))
        return
    frame, ignored = first_frame(provider, RealtimeConfig(**{field: value}))
    assert ((field,) if expected is IGNORED else ()) == ignored
    if expected is IGNORED:
        assert field not in json.dumps(frame)
        with pytest.raises(ConfigurationError, match=f"no place for {field}"):
            first_frame(provider, RealtimeConfig(**{field: value, "strict": True}))
    elif isinstance(expected, str):
        assert expected in json.dumps(frame)
    elif expected is not NOT_SENT:
        path, there = expected
        assert there == at(frame, path)


def test_every_setting_has_a_row() -> None:
    """A new field of the configuration must say what becomes of it."""
    assert {field.name for field in attrs.fields(RealtimeConfig)} == {row[0] for row in ROWS}


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_a_value_left_at_none_is_not_sent(provider: str) -> None:
    """The provider's own default holds; transcription of both sides is on."""
    frame, ignored = first_frame(provider, RealtimeConfig())
    text = json.dumps(frame)
    assert () == ignored
    for name in ("threshold", "padding", "silence", "temperature", 'voice"', "instruction"):
        assert name not in text.lower()
    assert "ranscription" in text


@pytest.mark.parametrize("mode", [VADMode.MANUAL, VADMode.SEMANTIC])
def test_the_numbers_of_server_vad_belong_to_server_vad(mode: VADMode) -> None:
    """With another mode they are named as ignored."""
    config = RealtimeConfig(
        vad_mode=mode, vad_threshold=0.5, vad_prefix_padding_ms=1, vad_silence_duration_ms=2
    )
    _, ignored = first_frame("openai", config)
    assert ("vad_threshold", "vad_prefix_padding_ms", "vad_silence_duration_ms") == ignored
