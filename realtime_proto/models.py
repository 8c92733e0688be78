"""What is known of models and voices: the classes; each provider's `catalog` has the rows.

A catalogue grows old the day it is written, so nothing here forbids a name: a model nobody knows
has the profile of the longest prefix that fits, at last the provider's bare one. A profile says
what a family of models accepts, so that what a server would answer by closing the connection can be
refused before it is sent. Where one is wrong or missing, give your own: to the dialect
(`profiles=`), in front of the known ones, or for one conversation (`RealtimeConfig.profile`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "HistoryRule",
    "ModelInfo",
    "ModelProfile",
    "ModelTask",
    "Need",
    "ToolBehavior",
    "VoiceInfo",
    "profile_for",
)

ModelTask: TypeAlias = Literal["conversation", "transcription", "translation", "robotics"]
HistoryRule: TypeAlias = Literal["any time", "at the start"]
"""When turns of a conversation that was held elsewhere may be handed in."""
ToolBehavior: TypeAlias = Literal["BLOCKING", "NON_BLOCKING"]
"""Whether the model waits for a call's answer, or talks on."""
Need: TypeAlias = Literal["refused", "accepted", "required"]
"""What a model makes of a setting."""


@final
@frozen(kw_only=True)
class ModelInfo:
    """A model as its vendor lists it.

    Args:
        name: What to call it in `RealtimeConfig.model`.
        task: What it does.
        status: "stable", "preview", "deprecated" or "alias".
        ends: The day it is to be switched off, as far as that is announced: "2027-01-20".
        note: What else the vendor says of it.
    """

    name: str
    task: ModelTask = "conversation"
    status: Literal["stable", "preview", "deprecated", "alias"] = "stable"
    ends: str | None = None
    note: str = ""


@final
@frozen(kw_only=True)
class VoiceInfo:
    """A voice as its vendor lists it.

    Args:
        name: What to call it in `RealtimeConfig.voice`, as it is written here.
        note: What the vendor says of it, in the vendor's words; empty where it says nothing.
    """

    name: str
    note: str = ""


@final
@frozen(kw_only=True)
class ModelProfile:
    """What a family of models accepts, and how it wants to be spoken to.

    The defaults refuse nothing.

    Args:
        prefix: What the model's name begins with.
        output_modalities: What it can answer in, one at a time: "audio", "text".
        text_is_realtime: A user's text goes the way of audio; otherwise it is a turn of its own,
            which interrupts.
        history: When earlier turns may be handed in.
        history_is_announced: The set-up must say that they will be.
        history_ends_with_user: The last of them must be the user's.
        tool_behaviors: How its tools may behave, the default first.
        parallel_tool_calls: Whether it can be told to make several calls at once, or not to.
        thinking_level: What it makes of a thinking level (or reasoning effort).
        thinking_levels: The levels it has.
        temperature: What it makes of a temperature.
        semantic_vad: Whether the server can tell the end of a turn by what was said.
        proactive_audio: What it makes of the setting that lets it keep silent; "required": it is
            on, and cannot be turned off.
        affective_dialog: What it makes of the setting that lets it follow the user's mood.
        accepts_media_chunks: Whether audio may come in the old list form.
        accepts_empty_resumption: Whether resumption may be asked for without a handle.
        accepts_context_update: Whether instructions and tools may change in mid-session.
        runs_code: Whether the built-in code execution can be asked for.
        combines_search: Whether the built-in search can stand beside functions.
        transcription_model: Which model transcribes the user, where one has to be named.
        turn_detection: What it makes of a turn detection that is on.
        speech_modalities: What to ask for when it is to speak.
    """

    prefix: str = ""
    output_modalities: tuple[str, ...] = ("audio", "text")
    text_is_realtime: bool = False
    history: HistoryRule = "any time"
    history_is_announced: bool = False
    history_ends_with_user: bool = False
    tool_behaviors: tuple[ToolBehavior, ...] = ("BLOCKING", "NON_BLOCKING")
    parallel_tool_calls: Need = "accepted"
    thinking_level: Need = "accepted"
    thinking_levels: tuple[str, ...] = ()
    temperature: Need = "accepted"
    semantic_vad: Need = "accepted"
    proactive_audio: Need = "accepted"
    affective_dialog: Need = "accepted"
    accepts_media_chunks: bool = True
    accepts_empty_resumption: bool = True
    accepts_context_update: bool = True
    runs_code: bool = True
    combines_search: bool = True
    transcription_model: str | None = None
    turn_detection: Need = "accepted"
    speech_modalities: tuple[str, ...] = ("audio",)


def profile_for(model: str, profiles: Iterable[ModelProfile]) -> ModelProfile:
    """The profile of a model: that of the longest prefix, and of equal ones the first.

    Args:
        model: Its name; what stands before a last slash ("models/", a project) does not count.
        profiles: The rows to look in.

    Example:
        >>> rows = (ModelProfile(), ModelProfile(prefix="x-2", temperature="refused"))
        >>> profile_for("models/x-2.1", rows).temperature
        'refused'
        >>> profile_for("y", rows).prefix
        ''
    """
    name = model.rsplit("/", 1)[-1]
    fitting = [profile for profile in profiles if name.startswith(profile.prefix)]
    return max(fitting, key=lambda profile: len(profile.prefix), default=ModelProfile())
