"""What content is made of: parts, media, calls and their answers, transcriptions.

Both sides speak of content in the same words, so the classes here are read and written in both
roles. They follow proto3 JSON: what is not on the wire has its default. Text, counts and flags
whose absence means nothing else have that default here ("", 0, False); where being there is the
point (which kind of part, an offset, an empty message) absent is None.

Vocabularies belong to the server and are `str`; what is known of one is a constant below its class.
Media is `bytes` here, base64 on the wire. Times are the wire's Duration text, such as "8.720s".

Source: ai.google.dev/api/live and /api/caching (Content, Part), the generativelanguage v1beta
descriptors, recorded traffic; read 2026-11-22.
"""

from __future__ import annotations

import re
from typing import Final, final

from attrs import field, frozen

from realtime_proto.wire import JsonObject, WireValue

__all__ = (
    "DOCUMENT_CONTENT_LAYERS",
    "FUNCTION_RESPONSE_SCHEDULING",
    "LANGUAGES",
    "MEDIA_PROCESSING",
    "MEDIA_RESOLUTION_LEVELS",
    "NULL_VALUES",
    "OUTCOMES",
    "SPREADSHEET_CONTENT_LAYERS",
    "TOOL_TYPES",
    "VIDEO_CONTENT_LAYERS",
    "AudioMetadata",
    "Blob",
    "BuiltInToolCall",
    "BuiltInToolResponse",
    "CodeExecutionResult",
    "Content",
    "DocumentMetadata",
    "ExecutableCode",
    "FileData",
    "FunctionCall",
    "FunctionResponse",
    "FunctionResponseBlob",
    "FunctionResponseFileData",
    "FunctionResponsePart",
    "Part",
    "PartMediaResolution",
    "PartialArg",
    "SpeechMetadata",
    "SpreadsheetMetadata",
    "Transcription",
    "VideoMetadata",
    "WordInfo",
)

_OUTPUT_MIME_TYPE: Final = "audio/pcm;rate=24000"
_RATE: Final = re.compile(r";\s*rate=(\d{1,9})(?!\d)", re.IGNORECASE)


# --- media


@final
@frozen(kw_only=True)
class Blob(WireValue):
    """Media in the message itself.

    Args:
        mime_type: What `data` is. Input audio is "audio/pcm;rate=16000" (PCM16 little-endian mono;
            the server resamples other rates), images "image/jpeg". Output audio comes as
            "audio/pcm;rate=24000", from Vertex AI as "audio/pcm", which is 24 000 Hz as well.
        data: The bytes. 20-40 ms of audio is a good size.
        display_name: A name for people.
    """

    mime_type: str = ""
    data: bytes = field(default=b"", repr=False)
    display_name: str = ""

    @property
    def rate_hz(self) -> int | None:
        """The sample rate, where `mime_type` says one.

        Example:
            >>> Blob(mime_type="audio/pcm;rate=24000").rate_hz
            24000
        """
        if self.mime_type == _OUTPUT_MIME_TYPE:  # nearly all there is
            return 24_000
        said = _RATE.search(self.mime_type)
        return None if said is None else int(said[1])


@final
@frozen(kw_only=True)
class FileData(WireValue):
    """Media by its address."""

    file_uri: str = ""
    mime_type: str = ""
    display_name: str = ""


@final
@frozen(kw_only=True)
class PartMediaResolution(WireValue):
    """How many tokens a piece of media may take: by one of MEDIA_RESOLUTION_LEVELS, or a number."""

    level: str = ""
    num_tokens: int = 0


MEDIA_RESOLUTION_LEVELS: Final = frozenset(
    {
        "MEDIA_RESOLUTION_LOW",
        "MEDIA_RESOLUTION_MEDIUM",
        "MEDIA_RESOLUTION_HIGH",
        "MEDIA_RESOLUTION_ULTRA_HIGH",
    }
)
"""Known values of `PartMediaResolution.level`."""

MEDIA_PROCESSING: Final = frozenset({"STATIC", "AGENTIC"})
"""Known values of `media_processing`."""


@final
@frozen(kw_only=True)
class VideoMetadata(WireValue):
    """Which stretch of a video is meant, and how densely it is sampled.

    Args:
        start_offset: From where, a Duration.
        end_offset: Up to where, a Duration.
        fps: Pictures per second.
        content_layers: Of VIDEO_CONTENT_LAYERS, those to look at.
    """

    start_offset: str | None = None
    end_offset: str | None = None
    fps: float | None = None
    content_layers: tuple[str, ...] = ()


VIDEO_CONTENT_LAYERS: Final = frozenset({"FRAMES", "AUDIO", "TRANSCRIPT"})
"""Known values of `VideoMetadata.content_layers`."""


@final
@frozen(kw_only=True)
class AudioMetadata(WireValue):
    """Which stretch of a recording is meant."""

    start_offset: str | None = None
    end_offset: str | None = None


@final
@frozen(kw_only=True)
class DocumentMetadata(WireValue):
    """Which pages of a document are meant, and which of DOCUMENT_CONTENT_LAYERS."""

    start_page: int = 0
    end_page: int = 0
    content_layers: tuple[str, ...] = ()


DOCUMENT_CONTENT_LAYERS: Final = frozenset({"PAGE_IMAGE", "PAGE_TEXT"})
"""Known values of `DocumentMetadata.content_layers`."""


@final
@frozen(kw_only=True)
class SpreadsheetMetadata(WireValue):
    """Which cells of a spreadsheet are meant, and which of SPREADSHEET_CONTENT_LAYERS."""

    visible_cells: str = ""
    sheet_index: int = 0
    content_layers: tuple[str, ...] = ()


SPREADSHEET_CONTENT_LAYERS: Final = frozenset({"DATA", "FORMULAS", "VISUAL"})
"""Known values of `SpreadsheetMetadata.content_layers`."""


@final
@frozen(kw_only=True)
class SpeechMetadata(WireValue):
    """Who speaks, and how."""

    speaker: str = ""
    style: str = ""


# --- functions


@final
@frozen(kw_only=True)
class PartialArg(WireValue):
    """A piece of an argument that is still being written: one of the four values.

    Args:
        json_path: Which argument, such as "$.city".
        string_value: A piece of text, to be joined to the pieces before.
        number_value: A number.
        bool_value: True or false.
        null_value: One of NULL_VALUES: the argument is null.
        will_continue: More pieces of this argument follow.
    """

    json_path: str = ""
    string_value: str | None = None
    number_value: float | None = None
    bool_value: bool | None = None
    null_value: str | None = None
    will_continue: bool = False


NULL_VALUES: Final = frozenset({"NULL_VALUE"})
"""Known values of `PartialArg.null_value`."""


@final
@frozen(kw_only=True)
class FunctionCall(WireValue):
    """A call the model wants made.

    Args:
        id: To be echoed in the answer, opaque. Older models on Vertex AI give none.
        name: Of the function, as it was declared.
        args: The arguments. Always written, and read as {} where there are none.
        partial_args: Pieces of arguments, where the server streams them.
        will_continue: More pieces of this call follow.
    """

    id: str = ""
    name: str = ""
    args: JsonObject = field(factory=dict)
    partial_args: tuple[PartialArg, ...] = ()
    will_continue: bool = False


@final
@frozen(kw_only=True)
class FunctionResponseBlob(WireValue):
    """Media that is part of an answer."""

    mime_type: str = ""
    data: bytes = field(default=b"", repr=False)
    display_name: str = ""


@final
@frozen(kw_only=True)
class FunctionResponseFileData(WireValue):
    """Media that is part of an answer, by its address."""

    file_uri: str = ""
    mime_type: str = ""
    display_name: str = ""


@final
@frozen(kw_only=True)
class FunctionResponsePart(WireValue):
    """One piece of media in an answer."""

    inline_data: FunctionResponseBlob | None = None
    file_data: FunctionResponseFileData | None = None
    media_processing: str = ""
    media_resolution: PartMediaResolution | None = None
    video_metadata: VideoMetadata | None = None
    document_metadata: DocumentMetadata | None = None
    spreadsheet_metadata: SpreadsheetMetadata | None = None
    audio_metadata: AudioMetadata | None = None


@final
@frozen(kw_only=True)
class FunctionResponse(WireValue):
    """The answer to a call.

    Args:
        id: The call's. The Gemini Developer API demands it.
        name: The function's.
        response: The result, always an object and always written. By convention `{"output": ...}`
            or `{"error": ...}`.
        parts: Media that belongs to the result.
        will_continue: More answers to the same call follow; not on Vertex AI.
        scheduling: When the model may speak about it; only for NON_BLOCKING functions. One of
            FUNCTION_RESPONSE_SCHEDULING. None: WHEN_IDLE.
    """

    id: str = ""
    name: str = ""
    response: JsonObject = field(factory=dict)
    parts: tuple[FunctionResponsePart, ...] = ()
    will_continue: bool = False
    scheduling: str | None = None


FUNCTION_RESPONSE_SCHEDULING: Final = frozenset({"SILENT", "WHEN_IDLE", "INTERRUPT"})
"""Known values of `FunctionResponse.scheduling`."""


@final
@frozen(kw_only=True)
class BuiltInToolCall(WireValue):
    """A call the server makes to a tool of its own. There is nothing to answer.

    Args:
        id: Which call.
        tool_type: One of TOOL_TYPES.
        args: What it is called with.
        tool_name: Which tool, on Vertex AI.
        tool_input: What it is called with, on Vertex AI.
    """

    id: str = ""
    tool_type: str = ""
    args: JsonObject | None = None
    tool_name: str = ""
    tool_input: str = ""


TOOL_TYPES: Final = frozenset(
    {
        "GOOGLE_SEARCH_WEB",
        "GOOGLE_SEARCH_IMAGE",
        "URL_CONTEXT",
        "GOOGLE_MAPS",
        "FILE_SEARCH",
        "MEDIA_PROCESSING",
    }
)
"""Known values of `tool_type`."""


@final
@frozen(kw_only=True)
class BuiltInToolResponse(WireValue):
    """What a tool of the server's own said."""

    id: str = ""
    tool_type: str = ""
    response: JsonObject | None = None


@final
@frozen(kw_only=True)
class ExecutableCode(WireValue):
    """Code the model wrote to be run by the server, in one of LANGUAGES. It may precede a tool
    call.
    """

    code: str = ""
    language: str = ""
    id: str = ""


LANGUAGES: Final = frozenset({"PYTHON"})
"""Known values of `ExecutableCode.language`."""


@final
@frozen(kw_only=True)
class CodeExecutionResult(WireValue):
    """What running that code gave: one of OUTCOMES, and what it printed."""

    outcome: str = ""
    output: str = ""
    id: str = ""


OUTCOMES: Final = frozenset({"OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED"})
"""Known values of `CodeExecutionResult.outcome`."""


# --- transcriptions


@final
@frozen(kw_only=True)
class WordInfo(WireValue):
    """A word and when it was said."""

    word: str = ""
    start_offset: str | None = None
    end_offset: str | None = None


@final
@frozen(kw_only=True)
class Transcription(WireValue):
    """Words that were heard or said.

    Args:
        text: A piece to be joined to the pieces before it as it is; an interim transcription
            replaces what came before. Empty is common.
        finished: No more pieces of this utterance follow. The Gemini Developer API practically
            never says so; Vertex AI says it with no text.
        language_code: BCP 47.
        speaker_label: Who, where diarization is on.
        words: The words with their times, where asked for.
        start_offset: Where in the stream it begins, as a Duration.
        end_offset: Where it ends.
    """

    text: str = ""
    finished: bool = False
    language_code: str = ""
    speaker_label: str = ""
    words: tuple[WordInfo, ...] = ()
    start_offset: str | None = None
    end_offset: str | None = None


# --- content


@final
@frozen(kw_only=True)
class Part(WireValue):
    """One piece of content: the one data field that is not None, and remarks about it.

    Args:
        text: Words; thoughts where `thought` is set.
        inline_data: Media in the message; the model's speech comes this way.
        file_data: Media by address.
        function_call: A call, in a history.
        function_response: Its answer, in a history.
        executable_code: Code the model wrote for the server to run.
        code_execution_result: What it gave.
        tool_call: A call to one of the server's own tools.
        tool_response: Its answer.
        audio_transcription: The words of audio in a history.
        thought: A summary of the model's thinking, not meant to be spoken or shown as its answer.
        thought_signature: Opaque; goes back with the part when the part is sent again.
        media_resolution: Remarks on media, as are the others ending in `_metadata`.
        media_processing: How media is looked at, one of MEDIA_PROCESSING.
        part_metadata: Anything the application wants to keep with the part.
    """

    text: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: ExecutableCode | None = None
    code_execution_result: CodeExecutionResult | None = None
    tool_call: BuiltInToolCall | None = None
    tool_response: BuiltInToolResponse | None = None
    audio_transcription: Transcription | None = None
    thought: bool = False
    thought_signature: bytes = field(default=b"", repr=False)
    media_resolution: PartMediaResolution | None = None
    media_processing: str = ""
    video_metadata: VideoMetadata | None = None
    audio_metadata: AudioMetadata | None = None
    document_metadata: DocumentMetadata | None = None
    spreadsheet_metadata: SpreadsheetMetadata | None = None
    speech_metadata: SpeechMetadata | None = None
    part_metadata: JsonObject | None = None


@final
@frozen(kw_only=True)
class Content(WireValue):
    """What one side says.

    Args:
        role: "user" or "model"; Vertex AI takes "system" too, which replaces the instruction. Older
            models leave it out of what they say.
        parts: In order.
    """

    role: str = ""
    parts: tuple[Part, ...] = ()
