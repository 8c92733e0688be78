"""A prompt that is kept at OpenAI, and what may be put into its variables.

Source: OpenAI API reference, Realtime, `prompt` (openai-openapi f85dbe2, 2026-08-21; openai-python
3.54.0, `ResponsePrompt`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto.wire import UNSET, UnknownObject, Unset, WireValue

__all__ = (
    "CACHE_MODES",
    "CACHE_TTLS",
    "PROMPT_FILE_DETAILS",
    "PROMPT_IMAGE_DETAILS",
    "Prompt",
    "PromptCacheBreakpoint",
    "PromptFile",
    "PromptImage",
    "PromptText",
    "PromptVariable",
)

CACHE_MODES: Final = ("explicit",)
"""What `PromptCacheBreakpoint.mode` is known to say."""

CACHE_TTLS: Final = ("30m", "12h")
"""What `PromptCacheBreakpoint.ttl` is known to say."""

PROMPT_IMAGE_DETAILS: Final = ("low", "high", "auto", "original")
"""What `PromptImage.detail` is known to say."""

PROMPT_FILE_DETAILS: Final = ("auto", "low", "high")
"""What `PromptFile.detail` is known to say."""


@final
@frozen(kw_only=True)
class PromptCacheBreakpoint(WireValue):
    """Up to here the prompt is worth caching.

    Args:
        mode: One of `CACHE_MODES`.
        ttl: How long: one of `CACHE_TTLS`.
    """

    mode: str
    ttl: str | Unset = UNSET


@final
@frozen(kw_only=True)
class PromptText(WireValue):
    """Text for a variable."""

    type: ClassVar[Literal["input_text"]] = "input_text"
    text: str
    prompt_cache_breakpoint: PromptCacheBreakpoint | Unset = UNSET


@final
@frozen(kw_only=True)
class PromptImage(WireValue):
    """An image for a variable.

    Args:
        detail: How closely it is looked at: one of `PROMPT_IMAGE_DETAILS`.
        file_id: A file kept at OpenAI; or `image_url`, an address or a data URI.
    """

    type: ClassVar[Literal["input_image"]] = "input_image"
    detail: str
    file_id: str | Unset = UNSET
    image_url: str | Unset = field(default=UNSET, repr=False)
    prompt_cache_breakpoint: PromptCacheBreakpoint | Unset = UNSET


@final
@frozen(kw_only=True)
class PromptFile(WireValue):
    """A file for a variable.

    Args:
        detail: How closely it is looked at: one of `PROMPT_FILE_DETAILS`.
        file_data: A data URI; or `file_id`, a file kept at OpenAI; or `file_url`, its address.
    """

    type: ClassVar[Literal["input_file"]] = "input_file"
    detail: str | Unset = UNSET
    file_data: str | Unset = field(default=UNSET, repr=False)
    file_id: str | Unset = UNSET
    file_url: str | Unset = UNSET
    filename: str | Unset = UNSET
    prompt_cache_breakpoint: PromptCacheBreakpoint | Unset = UNSET


PromptVariable: TypeAlias = str | PromptText | PromptImage | PromptFile | UnknownObject
"""What stands for a variable."""


@final
@frozen(kw_only=True)
class Prompt(WireValue):
    """A prompt kept at OpenAI.

    Args:
        variables: What to put into it, by the variable's name.
    """

    id: str
    version: str | Unset | None = UNSET
    variables: Mapping[str, PromptVariable] | Unset | None = UNSET
