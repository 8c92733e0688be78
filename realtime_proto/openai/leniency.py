"""What servers other than OpenAI's leave out, null or misplace, one row each.

The classes say what OpenAI sends. A row says where a server does otherwise, what is read instead,
and from where that is known. A connection applies the rows of its dialect; what came so goes out so
in that dialect, and as the classes have it in any other.

What a dialect names otherwise, consistently and in both directions, is not here: `_shapes`. What a
server adds is no matter of leniency: it is counted in `drift` and goes out again as it came. Azure
OpenAI has no row: it repeats `part` as `content` (a field of its events) and leaves nothing out.
"""

from __future__ import annotations

from typing import Final, final

from attrs import frozen

from realtime_proto._leniency import Absent, Instead, Moved, Nested, Rule
from realtime_proto.openai.events import (
    ConversationItemInputAudioTranscriptionCompleted,
    ResponseContentPartDone,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
)
from realtime_proto.openai.items import AudioPart, Message
from realtime_proto.openai.response import Response
from realtime_proto.openai.session import SessionAudioInput
from realtime_proto.openai.tools import FunctionTool

__all__ = ("LENIENCY", "Leniency", "rules")


@final
@frozen
class Leniency:
    """One thing one server does otherwise.

    Args:
        server: The dialect it speaks.
        path: Where in its frames: the event, then the members that lead there.
        what: What is done about it.
        evidence: From where this is known.
    """

    server: str
    path: str
    what: Rule
    evidence: str


LENIENCY: Final = (
    Leniency(
        "beta",
        "response.function_call_arguments.done.name",
        Absent(ResponseFunctionCallArgumentsDone, "name", reads=None),
        "no such field in openai-openapi 498c71d (2025-04-29) and openai-python 3.54.0, types/beta",
    ),
    Leniency(
        "beta",
        "conversation.item.input_audio_transcription.completed.usage",
        Absent(ConversationItemInputAudioTranscriptionCompleted, "usage", reads=None),
        "OpenAI's description up to 2025, as ex_openai 1.8.0 was made from it: no such field",
    ),
    Leniency(
        "azure-voice-live",
        "conversation.item.input_audio_transcription.completed.usage",
        Absent(ConversationItemInputAudioTranscriptionCompleted, "usage", reads=None),
        "recorded 2026-07, api-version 2026-04-10; no such field in @azure/ai-voicelive, 2026-11",
    ),
    Leniency(
        "xai",
        "conversation.item.input_audio_transcription.completed.usage",
        Absent(ConversationItemInputAudioTranscriptionCompleted, "usage", reads=None),
        "recorded 2026-07",
    ),
    Leniency(
        "xai",
        "session.*.session.turn_detection",
        Instead(SessionAudioInput, "turn_detection", raw={"type": None}, reads=None),
        "recorded 2026-07: session.created, before turn detection was asked for",
    ),
    Leniency(
        "xai",
        "session.updated.session.tools[].function",
        Nested(FunctionTool, "function"),
        "recorded 2026-07: sent flat, as OpenAI has it, it is echoed as of chat completions",
    ),
    Leniency(
        "xai",
        "response.output_item.*.item.content",
        Absent(Message, "content", reads=()),
        "recorded 2026-07: response.output_item.added and .done, not conversation.item.added",
    ),
    Leniency(
        "xai",
        "response.content_part.done.part",
        Absent(ResponseContentPartDone, "part", reads=AudioPart()),
        "recorded 2026-07: every part that ends is audio there",
    ),
    Leniency(
        "xai",
        "response.function_call_arguments.delta.output_index",
        Absent(ResponseFunctionCallArgumentsDelta, "output_index", reads=0),
        "recorded 2026-07: the other events of the same item say 0",
    ),
    Leniency(
        "xai",
        "response.*.response.status_details",
        Instead(Response, "status_details", raw="unimplemented", reads=None),
        "recorded 2026-07: response.created and response.done",
    ),
    Leniency(
        "xai",
        "response.done.usage",
        Moved(ResponseDone, "usage", to=("response", "usage")),
        "recorded 2026-07: response.usage is an empty object beside it",
    ),
)
"""All of them."""


def rules(dialect: str, rows: tuple[Leniency, ...] = LENIENCY) -> tuple[Rule, ...]:
    """What the codec of *dialect* is to let pass.

    Args:
        dialect: Its name.
        rows: Where to take it from.
    """
    return tuple(row.what for row in rows if row.server == dialect)
