"""What the model may call: functions the client runs, and tools of MCP servers that OpenAI calls.

Source: OpenAI API reference, Realtime, `tools` and `tool_choice` (openai-openapi f85dbe2,
2026-08-21; openai-python 3.54.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto.wire import UNSET, JsonObject, UnknownObject, Unset, WireValue

__all__ = (
    "APPROVALS",
    "CALLERS",
    "CONNECTORS",
    "TOOL_CHOICES",
    "FunctionTool",
    "McpApprovalFilter",
    "McpTool",
    "McpToolFilter",
    "SessionTool",
    "ToolChoice",
    "ToolChoiceFunction",
    "ToolChoiceMcp",
)

CONNECTORS: Final = (
    "connector_dropbox",
    "connector_gmail",
    "connector_googlecalendar",
    "connector_googledrive",
    "connector_microsoftteams",
    "connector_outlookcalendar",
    "connector_outlookemail",
    "connector_sharepoint",
)
"""What `McpTool.connector_id` is known to say."""

APPROVALS: Final = ("always", "never")
"""What `McpTool.require_approval` is known to say, where it is no filter."""

CALLERS: Final = ("direct", "programmatic")
"""What `McpTool.allowed_callers` is known to list."""

TOOL_CHOICES: Final = ("none", "auto", "required")
"""What a tool choice is known to say, where it is no tool."""


@final
@frozen(kw_only=True)
class FunctionTool(WireValue):
    """A function the client runs.

    Args:
        parameters: A JSON Schema of type "object".
    """

    type: ClassVar[Literal["function"]] = "function"
    name: str
    description: str | Unset | None = UNSET
    parameters: JsonObject | Unset = UNSET


@final
@frozen(kw_only=True)
class McpToolFilter(WireValue):
    """Some of an MCP server's tools.

    Args:
        read_only: Those that say of themselves whether they only read.
        tool_names: Those of these names.
    """

    read_only: bool | Unset = UNSET
    tool_names: tuple[str, ...] | Unset = UNSET


@final
@frozen(kw_only=True)
class McpApprovalFilter(WireValue):
    """Which tools of an MCP server need a human's consent."""

    always: McpToolFilter | Unset = UNSET
    never: McpToolFilter | Unset = UNSET


@final
@frozen(kw_only=True)
class McpTool(WireValue):
    """Tools of an MCP server, called by OpenAI's server.

    Args:
        server_label: How the calls name the server.
        server_url: Where it is; or `connector_id` or `tunnel_id` instead.
        authorization: An OAuth access token for it.
        headers: HTTP headers to send to it.
        allowed_tools: Names or a filter; None: all.
        require_approval: "always", "never" or a filter.
        allowed_callers: Any of "direct" and "programmatic".
        defer_loading: Whether the tools are imported only when they are looked for.
    """

    type: ClassVar[Literal["mcp"]] = "mcp"
    server_label: str
    server_url: str | Unset = UNSET
    connector_id: str | Unset = UNSET
    tunnel_id: str | Unset = UNSET
    server_description: str | Unset = UNSET
    authorization: str | Unset = field(default=UNSET, repr=False)
    headers: Mapping[str, str] | Unset | None = field(default=UNSET, repr=False)
    allowed_tools: tuple[str, ...] | McpToolFilter | Unset | None = UNSET
    require_approval: str | McpApprovalFilter | Unset | None = UNSET
    allowed_callers: tuple[str, ...] | Unset | None = UNSET
    defer_loading: bool | Unset = UNSET


SessionTool: TypeAlias = FunctionTool | McpTool | UnknownObject
"""What the model may call."""


@final
@frozen(kw_only=True)
class ToolChoiceFunction(WireValue):
    """The model has to call this function."""

    type: ClassVar[Literal["function"]] = "function"
    name: str


@final
@frozen(kw_only=True)
class ToolChoiceMcp(WireValue):
    """The model has to call a tool of this MCP server, this one where a name is given."""

    type: ClassVar[Literal["mcp"]] = "mcp"
    server_label: str
    name: str | Unset | None = UNSET


ToolChoice: TypeAlias = str | ToolChoiceFunction | ToolChoiceMcp | UnknownObject
""""none", "auto", "required", or a tool the model has to call."""
