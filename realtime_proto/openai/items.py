"""What a conversation is made of: items, and the parts a message holds.

The same classes serve both directions. A client leaves `id`, `object` and `status` UNSET and the
server fills them in; it may choose an `id` itself to know the item by. Every server names content
its own way (a finished message says "output_audio" where `response.content_part.*` says "audio"),
so all six kinds of part are read everywhere.

Source: OpenAI API reference, Realtime, conversation items (openai-openapi f85dbe2, 2026-08-21;
openai-python 3.54.0), and recorded traffic for `phase` and `format`, which neither lists.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto.wire import UNSET, JsonObject, UnknownObject, Unset, WireValue

__all__ = (
    "IMAGE_DETAILS",
    "ITEM_OBJECTS",
    "ITEM_STATUSES",
    "PART_FORMATS",
    "PHASES",
    "ROLES",
    "AudioPart",
    "ContentPart",
    "FunctionCall",
    "FunctionCallOutput",
    "InputAudio",
    "InputImage",
    "InputItem",
    "InputText",
    "Item",
    "ItemReference",
    "McpApprovalRequest",
    "McpApprovalResponse",
    "McpCall",
    "McpCallError",
    "McpHttpError",
    "McpListTools",
    "McpListedTool",
    "McpProtocolError",
    "McpToolExecutionError",
    "Message",
    "OutputAudio",
    "OutputText",
    "TextPart",
)

ITEM_STATUSES: Final = ("in_progress", "completed", "incomplete")
"""What `status` is known to say. "incomplete" is an item whose response was cut short."""

ITEM_OBJECTS: Final = ("realtime.item",)
"""What `object` of an item is known to say."""

ROLES: Final = ("system", "user", "assistant")
"""What `Message.role` is known to say."""

PHASES: Final = ("commentary", "final_answer")
"""What `Message.phase` is known to say."""

IMAGE_DETAILS: Final = ("auto", "low", "high")
"""What `InputImage.detail` is known to say."""

PART_FORMATS: Final = ("pcm16",)
"""What `format` of a part with audio is known to say."""


# --- parts of a message


@final
@frozen(kw_only=True)
class InputText(WireValue):
    """Text of a user or system message."""

    type: ClassVar[Literal["input_text"]] = "input_text"
    text: str


@final
@frozen(kw_only=True)
class InputAudio(WireValue):
    """Audio of a user message.

    Args:
        audio: In the session's input format. A server leaves it out, except when the item is
            retrieved.
        transcript: None until it is known. It may arrive as an event of its own later on.
        format: "pcm16" in retrieved items.
    """

    type: ClassVar[Literal["input_audio"]] = "input_audio"
    audio: bytes | Unset = field(default=UNSET, repr=False)
    transcript: str | Unset | None = UNSET
    format: str | Unset = UNSET


@final
@frozen(kw_only=True)
class InputImage(WireValue):
    """An image of a user message.

    Args:
        image_url: A data URI, "data:image/png;base64,...". PNG and JPEG.
        detail: How closely it is looked at: one of `IMAGE_DETAILS`.
    """

    type: ClassVar[Literal["input_image"]] = "input_image"
    image_url: str | Unset = field(default=UNSET, repr=False)
    detail: str | Unset = UNSET


@final
@frozen(kw_only=True)
class OutputText(WireValue):
    """Text of an assistant message."""

    type: ClassVar[Literal["output_text"]] = "output_text"
    text: str


@final
@frozen(kw_only=True)
class OutputAudio(WireValue):
    """Audio the assistant spoke. A server sends the transcript and leaves the audio out."""

    type: ClassVar[Literal["output_audio"]] = "output_audio"
    audio: bytes | Unset = field(default=UNSET, repr=False)
    transcript: str | Unset | None = UNSET
    format: str | Unset = UNSET


@final
@frozen(kw_only=True)
class TextPart(WireValue):
    """Text, as `response.content_part.*` names it."""

    type: ClassVar[Literal["text"]] = "text"
    text: str | Unset = UNSET


@final
@frozen(kw_only=True)
class AudioPart(WireValue):
    """Audio, as `response.content_part.*` and retrieved items name it."""

    type: ClassVar[Literal["audio"]] = "audio"
    audio: bytes | Unset = field(default=UNSET, repr=False)
    transcript: str | Unset | None = UNSET
    format: str | Unset = UNSET


@final
@frozen(kw_only=True)
class ItemReference(WireValue):
    """Stands for an item of the conversation in the input of an out-of-band response.

    In the beta dialects it may stand for a message's content, too.
    """

    type: ClassVar[Literal["item_reference"]] = "item_reference"
    id: str


ContentPart: TypeAlias = (
    InputText
    | InputAudio
    | InputImage
    | OutputText
    | OutputAudio
    | TextPart
    | AudioPart
    | ItemReference
    | UnknownObject
)
"""What a message may hold."""


# --- items


@final
@frozen(kw_only=True)
class Message(WireValue):
    """Something said.

    Args:
        role: "system", "user" or "assistant".
        content: What was said. To create: `InputText` for system, `InputText`, `InputAudio` or
            `InputImage` for user, `OutputText` for assistant (no other part is accepted there).
        phase: "commentary" (said before tool calls) or "final_answer"; newer models only.
    """

    type: ClassVar[Literal["message"]] = "message"
    id: str | Unset = UNSET
    object: str | Unset = UNSET
    status: str | Unset = UNSET
    role: str
    phase: str | Unset | None = UNSET
    content: tuple[ContentPart, ...]


@final
@frozen(kw_only=True)
class FunctionCall(WireValue):
    """The model calls a function.

    Args:
        call_id: What the output has to name. Servers always send it, and a client that replays a
            call needs it to attach the output.
        arguments: JSON text as the model wrote it: stray white space is common, and a call that was
            cut short is no valid JSON.
    """

    type: ClassVar[Literal["function_call"]] = "function_call"
    id: str | Unset = UNSET
    object: str | Unset = UNSET
    status: str | Unset = UNSET
    name: str
    call_id: str
    arguments: str


@final
@frozen(kw_only=True)
class FunctionCallOutput(WireValue):
    """What a function gave back: free text, JSON by custom."""

    type: ClassVar[Literal["function_call_output"]] = "function_call_output"
    id: str | Unset = UNSET
    object: str | Unset = UNSET
    status: str | Unset = UNSET
    call_id: str
    output: str


@final
@frozen(kw_only=True)
class McpListedTool(WireValue):
    """A tool an MCP server offers."""

    name: str
    description: str | Unset | None = UNSET
    input_schema: JsonObject
    annotations: JsonObject | Unset | None = UNSET


@final
@frozen(kw_only=True)
class McpListTools(WireValue):
    """The tools an MCP server offers, as the session imported them."""

    type: ClassVar[Literal["mcp_list_tools"]] = "mcp_list_tools"
    id: str | Unset = UNSET
    server_label: str
    tools: tuple[McpListedTool, ...]


@final
@frozen(kw_only=True)
class McpProtocolError(WireValue):
    """The MCP server answered with an error of its protocol."""

    type: ClassVar[Literal["protocol_error"]] = "protocol_error"
    code: int
    message: str


@final
@frozen(kw_only=True)
class McpToolExecutionError(WireValue):
    """The tool itself failed."""

    type: ClassVar[Literal["tool_execution_error"]] = "tool_execution_error"
    message: str


@final
@frozen(kw_only=True)
class McpHttpError(WireValue):
    """The MCP server could not be reached, or answered with an HTTP error."""

    type: ClassVar[Literal["http_error"]] = "http_error"
    code: int
    message: str


McpCallError: TypeAlias = McpProtocolError | McpToolExecutionError | McpHttpError | UnknownObject
"""Why an MCP call failed."""


@final
@frozen(kw_only=True)
class McpCall(WireValue):
    """The server called a tool of an MCP server.

    Args:
        arguments: JSON text, as of `FunctionCall`.
        output: None while it runs, and where it failed.
        approval_request_id: The request that allowed it, where one was needed.
    """

    type: ClassVar[Literal["mcp_call"]] = "mcp_call"
    id: str | Unset = UNSET
    server_label: str
    name: str
    arguments: str
    approval_request_id: str | Unset | None = UNSET
    output: str | Unset | None = UNSET
    error: McpCallError | Unset | None = UNSET


@final
@frozen(kw_only=True)
class McpApprovalRequest(WireValue):
    """The model wants to call a tool that needs a human's consent."""

    type: ClassVar[Literal["mcp_approval_request"]] = "mcp_approval_request"
    id: str | Unset = UNSET
    server_label: str
    name: str
    arguments: str


@final
@frozen(kw_only=True)
class McpApprovalResponse(WireValue):
    """The answer to an `McpApprovalRequest`."""

    type: ClassVar[Literal["mcp_approval_response"]] = "mcp_approval_response"
    id: str | Unset = UNSET
    approval_request_id: str
    approve: bool
    reason: str | Unset | None = UNSET


Item: TypeAlias = (
    Message
    | FunctionCall
    | FunctionCallOutput
    | McpListTools
    | McpCall
    | McpApprovalRequest
    | McpApprovalResponse
    | UnknownObject
)
"""An entry of a conversation."""


InputItem: TypeAlias = (
    Message
    | FunctionCall
    | FunctionCallOutput
    | McpListTools
    | McpCall
    | McpApprovalRequest
    | McpApprovalResponse
    | ItemReference
    | UnknownObject
)
"""What the input of an out-of-band response may list."""
