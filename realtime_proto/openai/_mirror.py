"""Items and counts of OpenAI Realtime in neutral words, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from realtime_proto.history import HistoryItem, ItemStatus, Speaking
from realtime_proto.openai.items import (
    FunctionCall,
    FunctionCallOutput,
    InputImage,
    InputText,
    Message,
    OutputText,
)
from realtime_proto.usage import Tokens, Usage
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from realtime_proto.openai.events import TranscriptionUsage
    from realtime_proto.openai.items import Item
    from realtime_proto.openai.response import ResponseUsage

__all__ = ("history_item", "seed_item", "transcription_usage", "usage_of")

MAX_ID: Final = 32
"""Characters of an id the server takes from a client, as clients that replay calls found."""

_SPOKEN: Final = ("input_audio", "output_audio", "audio")
_STATUSES: Final[dict[object, ItemStatus]] = {
    "in_progress": "in_progress",
    "incomplete": "incomplete",
}
_ROLES: Final[dict[str, Speaking]] = {"system": "system", "assistant": "assistant"}


def history_item(item: Item) -> HistoryItem | None:
    """A wire item as an entry of the history. None for what it has no place for."""
    item_id = getattr(item, "id", UNSET)
    if not isinstance(item_id, str):
        return None
    status = _STATUSES.get(getattr(item, "status", None), "completed")
    match item:
        case Message():
            kinds = [getattr(part, "type", None) for part in item.content]
            return HistoryItem(
                item_id=item_id,
                role=_ROLES.get(item.role, "user"),
                text="".join(map(_text_of, item.content)),
                status=status,
                is_spoken=any(kind in _SPOKEN for kind in kinds),
                has_image=any(isinstance(part, InputImage) for part in item.content),
            )
        case FunctionCall():
            return HistoryItem(
                item_id=item_id,
                kind="tool_call",
                role="assistant",
                text=item.arguments,
                status=status,
                call_id=item.call_id,
                name=item.name,
            )
        case FunctionCallOutput():
            return HistoryItem(
                item_id=item_id,
                kind="tool_result",
                role="user",
                text=item.output,
                call_id=item.call_id,
            )
        case _:
            return None


def _text_of(part: object) -> str:
    text = getattr(part, "text", UNSET) or getattr(part, "transcript", UNSET)
    return text if isinstance(text, str) else ""


def seed_item(item: HistoryItem) -> Item:
    """An entry of a seed as the item to create. Speech was made text before."""
    item_id = item.item_id if len(item.item_id) <= MAX_ID else UNSET
    call_id = (item.call_id or "")[-MAX_ID:]
    if item.kind == "tool_call":
        return FunctionCall(
            id=item_id, name=item.name or "", call_id=call_id, arguments=item.text or "{}"
        )
    if item.kind == "tool_result":
        return FunctionCallOutput(id=item_id, call_id=call_id, output=item.text)
    is_said = item.role == "assistant"
    part = OutputText(text=item.text) if is_said else InputText(text=item.text)
    return Message(id=item_id, role=item.role, content=(part,))


def usage_of(usage: ResponseUsage, raw: Any) -> Usage:
    """What a response used. Cached tokens are a part of the input, by modality where it is told."""
    heard, said = usage.input_token_details, usage.output_token_details
    cached = None if heard is None else heard.cached_tokens_details
    reasoning = _count(said, "reasoning_tokens")
    output = _tokens(said, usage.output_tokens)
    # The server counts reasoning as text as well (recorded: 33 of 33 text, 17 of them reasoning).
    return Usage(
        input=_tokens(heard, usage.input_tokens),
        cached=_tokens(cached, _count(heard, "cached_tokens")),
        output=evolve(output, text=max(0, output.text - reasoning)),
        reasoning=reasoning,
        raw=raw,
    )


def transcription_usage(usage: TranscriptionUsage, raw: Any) -> Usage:
    """What the transcription of the user's words used: tokens, or seconds."""
    return Usage(
        transcription_input=_tokens(
            getattr(usage, "input_token_details", None), _count(usage, "input_tokens")
        ),
        transcription_output=Tokens(text=_count(usage, "output_tokens")),
        transcription_s=getattr(usage, "seconds", 0.0),
        raw=raw,
    )


def _tokens(details: object, total: int | None) -> Tokens:
    text, audio, image = (_count(details, f"{kind}_tokens") for kind in ("text", "audio", "image"))
    other = max(0, (total or 0) - text - audio - image)
    return Tokens(text=text, audio=audio, image=image, other=other)


def _count(details: object, name: str) -> int:
    return getattr(details, name, None) or 0
