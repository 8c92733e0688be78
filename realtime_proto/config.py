"""The settings of a conversation, the same for every provider, checked when they are made.

A value left at None is not sent: the provider's own default holds. What a provider has no place for
is left out and named in `SessionReady.ignored`; with `strict=True` it is a ConfigurationError
instead.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import attrs
from attrs import field, frozen

from realtime_proto.errors import ConfigurationError
from realtime_proto.models import ModelProfile
from realtime_proto.tools import McpServer, ToolDefinition

__all__ = ("BargeIn", "RealtimeConfig", "VADMode")


class VADMode(enum.Enum):
    """Who decides when the user has finished speaking."""

    SERVER = "server"
    """The provider, by the pauses it hears."""

    SEMANTIC = "semantic"
    """The provider, by what was said."""

    MANUAL = "manual"
    """You: `commit_audio()` ends the user's turn."""


class BargeIn(enum.Enum):
    """What happens when the user speaks while the assistant does."""

    IMMEDIATE = "immediate"
    """The assistant is cut off at once."""

    TENTATIVE = "tentative"
    """The playback is held (PlaybackPaused). Where the user goes on, the assistant is cut off.
    Where it was a cough or an "mm-hm", the playback goes on (PlaybackResumed) and nothing is
    answered. The server has to tell when speech begins and ends; not all Gemini models do."""

    OFF = "off"
    """The assistant finishes. `interrupt()` still cuts it off."""


_Validator: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _refuse(attribute: attrs.Attribute[Any], expected: str, value: object) -> None:
    raise ConfigurationError(
        f"RealtimeConfig.{attribute.name} must be {expected}, not {value!r:.60}",
        code="invalid_config",
    )


def _optional_text(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not (isinstance(value, str) and value.strip()):
        _refuse(attribute, "text that is not empty", value)


def _number(low: float, high: float) -> _Validator:
    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is None:
            return
        if value.__class__ not in (int, float) or not low <= value <= high:
            _refuse(attribute, f"a number from {low:g} to {high:g}", value)

    return check


def _whole(low: int, high: int, *, optional: bool = True) -> _Validator:
    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is None and optional:
            return
        if not (isinstance(value, int) and value.__class__ is int and low <= value <= high):
            _refuse(attribute, f"a whole number from {low} to {high}", value)

    return check


def _kind(expected: type, name: str) -> _Validator:
    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, expected):
            _refuse(attribute, name, value)

    return check


def _optional_profile(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, ModelProfile):
        _refuse(attribute, "a ModelProfile", value)


def _members(name: str, given: Any) -> tuple[Any, ...]:
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        raise ConfigurationError(f"RealtimeConfig.{name} must be a list, not {given!r:.60}")
    return tuple(given)


def _as_tools(tools: Iterable[ToolDefinition | Callable[..., Any]]) -> tuple[ToolDefinition, ...]:
    definitions = tuple(
        tool if isinstance(tool, ToolDefinition) else ToolDefinition.from_function(tool)
        for tool in _members("tools", tools)
    )
    names = [definition.name for definition in definitions]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"two tools are called {name!r}")
    return definitions


def _as_servers(servers: Iterable[McpServer]) -> tuple[McpServer, ...]:
    given = _members("mcp_servers", servers)
    for server in given:
        if not isinstance(server, McpServer):
            raise ConfigurationError(
                f"RealtimeConfig.mcp_servers holds McpServer values, not {server!r:.60}"
            )
    return given


@frozen(kw_only=True)
class RealtimeConfig:
    """How the conversation is to be held.

    Args:
        model: The provider's name of the model; None takes the provider's default.
        voice: The provider's name of the voice.
        instructions: The system prompt.
        vad_mode: Who decides when the user has finished speaking.
        vad_threshold: How sure the provider must be that it hears speech, 0 to 1.
        vad_prefix_padding_ms: Audio taken into the turn from before the speech was noticed.
        vad_silence_duration_ms: The pause that ends the user's turn.
        barge_in: What happens when the user speaks while the assistant does.
        barge_in_ms: With `BargeIn.TENTATIVE`: speech this long is meant.
        temperature: 0 to 2.
        max_tokens: The longest answer, in tokens of the model.
        tools: Functions the model may call: plain functions, async ones, or ToolDefinition.
        mcp_servers: MCP servers whose tools the provider may call by itself.
        input_rate_hz: The sample rate of the audio you send, where you do not say it with the
            audio; None: the provider's own. Another one is resampled (extra `audio`).
        input_transcription: Whether the user's words are wanted as text too.
        output_transcription: Whether the assistant's words are wanted as text too.
        strict: Refuse what the provider cannot carry rather than leave it out.
        profile: What the model accepts, where the catalogue does not know it or is wrong; None
            takes the catalogue's.

    Raises:
        ConfigurationError: A value is not what it must be.

    Example:
        >>> RealtimeConfig(voice="alloy", vad_silence_duration_ms=400).voice
        'alloy'
        >>> RealtimeConfig(vad_threshold=7)
        Traceback (most recent call last):
        realtime_proto.errors.ConfigurationError: [invalid_config] RealtimeConfig.vad_threshold must
        be a number from 0 to 1, not 7
    """

    model: str | None = field(default=None, validator=_optional_text)
    voice: str | None = field(default=None, validator=_optional_text)
    instructions: str | None = field(default=None, validator=_optional_text)
    vad_mode: VADMode = field(default=VADMode.SERVER, validator=_kind(VADMode, "a VADMode"))
    vad_threshold: float | None = field(default=None, validator=_number(0, 1))
    vad_prefix_padding_ms: int | None = field(default=None, validator=_whole(0, 10_000))
    vad_silence_duration_ms: int | None = field(default=None, validator=_whole(0, 60_000))
    barge_in: BargeIn = field(default=BargeIn.IMMEDIATE, validator=_kind(BargeIn, "a BargeIn"))
    barge_in_ms: int = field(default=600, validator=_whole(1, 10_000, optional=False))
    temperature: float | None = field(default=None, validator=_number(0, 2))
    max_tokens: int | None = field(default=None, validator=_whole(1, 2**31 - 1))
    tools: tuple[ToolDefinition, ...] = field(default=(), converter=_as_tools)
    mcp_servers: tuple[McpServer, ...] = field(default=(), converter=_as_servers)
    input_rate_hz: int | None = field(default=None, validator=_whole(4_000, 192_000))
    input_transcription: bool = field(default=True, validator=_kind(bool, "True or False"))
    output_transcription: bool = field(default=True, validator=_kind(bool, "True or False"))
    strict: bool = field(default=False, validator=_kind(bool, "True or False"))
    profile: ModelProfile | None = field(default=None, validator=_optional_profile)
