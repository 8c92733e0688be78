"""Neutral settings as a session of OpenAI Realtime, what of them a server echoes otherwise, and
what changes between two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from realtime_proto.config import BargeIn, RealtimeConfig, VADMode
from realtime_proto.errors import ConfigurationError
from realtime_proto.formats import PCM16_24K
from realtime_proto.openai.session import (
    PcmFormat,
    RealtimeSession,
    SemanticVad,
    ServerVad,
    SessionAudio,
    SessionAudioInput,
    SessionAudioOutput,
    Transcription,
)
from realtime_proto.openai.tools import FunctionTool, McpTool
from realtime_proto.secret import Secret
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from realtime_proto.models import ModelProfile
    from realtime_proto.tools import McpServer

__all__ = ("altered", "patch_between", "session_for")


def session_for(
    config: RealtimeConfig, profile: ModelProfile
) -> tuple[RealtimeSession, tuple[str, ...]]:
    """The session settings that say *config*, and the names of the fields without a place.

    Raises:
        ConfigurationError: The VAD mode is one the server does not have.
    """
    if config.vad_mode is VADMode.SEMANTIC and profile.semantic_vad == "refused":
        raise ConfigurationError(
            "the server has no semantic voice activity detection; use VADMode.SERVER or MANUAL",
            code="unsupported",
        )
    has_temperature = profile.temperature != "refused"
    ignored = [] if has_temperature or config.temperature is None else ["temperature"]
    turn_detection: ServerVad | SemanticVad | None
    vad_fields = ("vad_threshold", "vad_prefix_padding_ms", "vad_silence_duration_ms")
    # A doubted interruption is decided here, so the server neither cuts nor answers by itself.
    cuts = config.barge_in is BargeIn.IMMEDIATE
    answers = config.barge_in is not BargeIn.TENTATIVE
    if config.vad_mode is VADMode.SERVER:
        turn_detection = ServerVad(
            threshold=_given(config.vad_threshold),
            prefix_padding_ms=_given(config.vad_prefix_padding_ms),
            silence_duration_ms=_given(config.vad_silence_duration_ms),
            create_response=answers,
            interrupt_response=cuts,
        )
    else:
        ignored += [name for name in vad_fields if getattr(config, name) is not None]
        is_manual = config.vad_mode is VADMode.MANUAL
        turn_detection = (
            None if is_manual else SemanticVad(create_response=answers, interrupt_response=cuts)
        )
    transcription = None
    if config.input_transcription:
        transcription = Transcription(model=_given(profile.transcription_model))
    session = RealtimeSession(
        output_modalities=profile.speech_modalities,
        instructions=_given(config.instructions),
        audio=SessionAudio(
            input=SessionAudioInput(
                format=PcmFormat(rate=PCM16_24K.rate_hz),
                transcription=transcription,
                turn_detection=turn_detection,
            ),
            output=SessionAudioOutput(
                format=PcmFormat(rate=PCM16_24K.rate_hz), voice=_given(config.voice)
            ),
        ),
        tools=(
            *(
                FunctionTool(
                    name=tool.name, description=tool.description, parameters=tool.parameters
                )
                for tool in config.tools
            ),
            *map(_mcp_tool, config.mcp_servers),
        ),
        max_output_tokens=_given(config.max_tokens),
        temperature=_given(config.temperature if has_temperature else None),
    )
    return session, tuple(ignored)


def _mcp_tool(server: McpServer) -> McpTool:
    token = _revealed(server.authorization)
    headers = {name: _revealed(value) for name, value in server.headers.items()}
    return McpTool(
        server_label=server.label,
        server_url=server.url,
        server_description=server.description or UNSET,
        authorization=token or UNSET,
        headers=headers or UNSET,
        allowed_tools=_given(server.allowed_tools),
        require_approval="never",
    )


def _revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _given(value: Any) -> Any:
    return UNSET if value is None else value


_CLEARED: Final = {"instructions": "", "max_output_tokens": "inf"}
"""What says "as by default" of a setting that was made before; others cannot be taken back."""


def patch_between(old: RealtimeSession, new: RealtimeSession) -> RealtimeSession | None:
    """The update that turns *old* into *new*. None where they are the same."""
    changes = _changes(old, new)
    return RealtimeSession(**changes) if changes else None


def _changes(old: Any, new: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for attribute in attrs.fields(type(new)):
        before, now = getattr(old, attribute.name), getattr(new, attribute.name)
        if before == now:
            continue
        if now is UNSET:
            now = _CLEARED.get(attribute.name, UNSET)
        elif isinstance(now, SessionAudio | SessionAudioInput | SessionAudioOutput):
            now = type(now)(**_changes(before, now))
        changes[attribute.name] = now
    return changes


def altered(asked: Any, echoed: Any, path: str = "session") -> tuple[str, ...]:
    """The settings that an echoed session has otherwise than they were asked for.

    What the server does not mention is not compared: servers differ in what they echo. Of tools the
    names are compared, because their schemas come back in another form.
    """
    if type(asked) is not type(echoed):
        return () if echoed is UNSET else (path,)
    if isinstance(asked, tuple):
        same = [getattr(one, "name", one) for one in asked] == [
            getattr(one, "name", one) for one in echoed
        ]
        return () if same else (path,)
    if not attrs.has(type(asked)):
        return () if asked == echoed else (path,)
    found: tuple[str, ...] = ()
    for attribute in attrs.fields(type(asked)):
        wish = getattr(asked, attribute.name)
        if wish is not UNSET:
            echo = getattr(echoed, attribute.name)
            found += altered(wish, echo, f"{path}.{attribute.name}")
    return found
