"""What the model may call: functions of the client's, and tools of the server's own.

A tool of the server's own is turned on by being there: `Tool(google_search=GoogleSearch())`. What
is None is not said. Which tools a live model takes differs; it closes the connection on others.

Source: ai.google.dev/api/caching (Tool), google-genai 3.4.0, the Vertex AI discovery document
20261106; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

from attrs import field, frozen

from realtime_proto.gemini.retrieval import AuthConfig, FileSearch, Retrieval
from realtime_proto.gemini.schema import JsonSchema, Schema
from realtime_proto.wire import JsonObject, WireValue

__all__ = (
    "BEHAVIORS",
    "DYNAMIC_RETRIEVAL_MODES",
    "ENVIRONMENTS",
    "PHISH_BLOCK_THRESHOLDS",
    "SAFETY_POLICIES",
    "ComputerUse",
    "DynamicRetrievalConfig",
    "EnterpriseWebSearch",
    "FunctionDeclaration",
    "GoogleMaps",
    "GoogleMapsGroundingTypes",
    "GoogleMapsPlaces",
    "GoogleMapsRouting",
    "GoogleSearch",
    "GoogleSearchRetrieval",
    "ImageSearch",
    "Interval",
    "McpServer",
    "SearchTypes",
    "StreamableHttpTransport",
    "Tool",
    "ToolCodeExecution",
    "ToolExaAiSearch",
    "ToolParallelAiSearch",
    "UrlContext",
    "WebSearch",
)


# --- functions


@final
@frozen(kw_only=True)
class FunctionDeclaration(WireValue):
    """A function the model may call.

    Args:
        name: Letters, digits, underscores, dashes and dots.
        description: When and what for.
        parameters: What it takes; None: nothing. An object without properties is refused.
        parameters_json_schema: The same as JSON Schema; live sessions have been seen to ignore it.
        response: What it gives.
        response_json_schema: The same as JSON Schema.
        behavior: One of BEHAVIORS.
    """

    name: str = ""
    description: str | None = None
    parameters: Schema | None = None
    parameters_json_schema: JsonSchema | None = None
    response: Schema | None = None
    response_json_schema: JsonSchema | None = None
    behavior: str | None = None


BEHAVIORS: Final = frozenset({"BLOCKING", "NON_BLOCKING"})
"""Known values of `FunctionDeclaration.behavior`; which a model takes differs."""


# --- searching


@final
@frozen(kw_only=True)
class WebSearch(WireValue):
    """Search for pages."""


@final
@frozen(kw_only=True)
class ImageSearch(WireValue):
    """Search for pictures."""


@final
@frozen(kw_only=True)
class SearchTypes(WireValue):
    """What to search for; pages, if nothing is said."""

    web_search: WebSearch | None = None
    image_search: ImageSearch | None = None


@final
@frozen(kw_only=True)
class Interval(WireValue):
    """From when (inclusive) to when (exclusive), RFC 3339."""

    start_time: str | None = None
    end_time: str | None = None


@final
@frozen(kw_only=True)
class GoogleSearch(WireValue):
    """Search the web.

    Args:
        search_types: For what.
        time_range_filter: Only what is from then.
        exclude_domains: Not there; Vertex AI only.
        blocking_confidence: One of PHISH_BLOCK_THRESHOLDS; Vertex AI only.
    """

    search_types: SearchTypes | None = None
    time_range_filter: Interval | None = None
    exclude_domains: tuple[str, ...] = ()
    blocking_confidence: str | None = None


PHISH_BLOCK_THRESHOLDS: Final = frozenset(
    {
        "BLOCK_LOW_AND_ABOVE",
        "BLOCK_MEDIUM_AND_ABOVE",
        "BLOCK_HIGH_AND_ABOVE",
        "BLOCK_HIGHER_AND_ABOVE",
        "BLOCK_VERY_HIGH_AND_ABOVE",
        "BLOCK_ONLY_EXTREMELY_HIGH",
    }
)
"""Known values of `blocking_confidence`: from which suspicion on a page is left out."""


@final
@frozen(kw_only=True)
class EnterpriseWebSearch(WireValue):
    """Search the web with what enterprises ask for; Vertex AI only."""

    exclude_domains: tuple[str, ...] = ()
    blocking_confidence: str | None = None


@final
@frozen(kw_only=True)
class DynamicRetrievalConfig(WireValue):
    """Search only where it is likely to help.

    Args:
        mode: One of DYNAMIC_RETRIEVAL_MODES; None: always.
        dynamic_threshold: How likely, 0 to 1.
    """

    mode: str | None = None
    dynamic_threshold: float | None = None


DYNAMIC_RETRIEVAL_MODES: Final = frozenset({"MODE_DYNAMIC"})
"""Known values of `DynamicRetrievalConfig.mode`."""


@final
@frozen(kw_only=True)
class GoogleSearchRetrieval(WireValue):
    """Search the web, as models before 2.0 did."""

    dynamic_retrieval_config: DynamicRetrievalConfig | None = None


@final
@frozen(kw_only=True)
class ToolParallelAiSearch(WireValue):
    """Search with Parallel; Vertex AI only.

    Args:
        api_key: Theirs.
        custom_configs: In their words.
        enable_data_retention: They may keep what was searched.
        enable_zero_data_retention: They may not.
    """

    api_key: str | None = field(default=None, repr=False)
    custom_configs: JsonObject | None = None
    enable_data_retention: bool | None = None
    enable_zero_data_retention: bool | None = None


@final
@frozen(kw_only=True)
class ToolExaAiSearch(WireValue):
    """Search with Exa; Vertex AI only.

    Args:
        api_key: Theirs.
        custom_configs: In their words.
    """

    api_key: str | None = field(default=None, repr=False)
    custom_configs: JsonObject | None = None


# --- maps


@final
@frozen(kw_only=True)
class GoogleMapsPlaces(WireValue):
    """Answer about places."""


@final
@frozen(kw_only=True)
class GoogleMapsRouting(WireValue):
    """Answer about ways."""


@final
@frozen(kw_only=True)
class GoogleMapsGroundingTypes(WireValue):
    """What to answer about."""

    places: GoogleMapsPlaces | None = None
    routing: GoogleMapsRouting | None = None


@final
@frozen(kw_only=True)
class GoogleMaps(WireValue):
    """Look at the map.

    Args:
        auth_config: Only a key.
        enable_widget: Give a token for a map to show with the answer.
        grounding_types: What to answer about; Vertex AI only.
    """

    auth_config: AuthConfig | None = None
    enable_widget: bool | None = None
    grounding_types: GoogleMapsGroundingTypes | None = None


# --- doing


@final
@frozen(kw_only=True)
class ToolCodeExecution(WireValue):
    """Write code and have the server run it."""


@final
@frozen(kw_only=True)
class UrlContext(WireValue):
    """Look at pages the user names."""


@final
@frozen(kw_only=True)
class ComputerUse(WireValue):
    """Use a computer: the model says what to click.

    Args:
        environment: One of ENVIRONMENTS.
        excluded_predefined_functions: What it shall not do.
        enable_prompt_injection_detection: Look for pages that want something of the model.
        disabled_safety_policies: Of SAFETY_POLICIES, those that need no asking back.
    """

    environment: str | None = None
    excluded_predefined_functions: tuple[str, ...] = ()
    enable_prompt_injection_detection: bool | None = None
    disabled_safety_policies: tuple[str, ...] = ()


ENVIRONMENTS: Final = frozenset(
    {"ENVIRONMENT_BROWSER", "ENVIRONMENT_MOBILE", "ENVIRONMENT_DESKTOP"}
)
"""Known values of `ComputerUse.environment`."""

SAFETY_POLICIES: Final = frozenset(
    {
        "FINANCIAL_TRANSACTIONS",
        "SENSITIVE_DATA_MODIFICATION",
        "COMMUNICATION_TOOL",
        "ACCOUNT_CREATION",
        "DATA_MODIFICATION",
        "USER_CONSENT_MANAGEMENT",
        "LEGAL_TERMS_AND_AGREEMENTS",
    }
)
"""Known values of `ComputerUse.disabled_safety_policies`."""


@final
@frozen(kw_only=True)
class StreamableHttpTransport(WireValue):
    """How to reach an MCP server.

    Args:
        url: Where it is.
        headers: To send with every request.
        timeout: For ordinary requests, a Duration.
        sse_read_timeout: For streams, a Duration.
        terminate_on_close: End its session with this one.
    """

    url: str | None = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    timeout: str | None = None
    sse_read_timeout: str | None = None
    terminate_on_close: bool | None = None


@final
@frozen(kw_only=True)
class McpServer(WireValue):
    """An MCP server whose tools the server calls; not on Vertex AI."""

    name: str | None = None
    streamable_http_transport: StreamableHttpTransport | None = None


@final
@frozen(kw_only=True)
class Tool(WireValue):
    """Functions, or one of the server's own tools.

    Args:
        function_declarations: Functions of the client's.
        google_search: Search the web.
        google_search_retrieval: Search the web, as models before 2.0 did.
        enterprise_web_search: Search the web; Vertex AI only.
        parallel_ai_search: Search with Parallel; Vertex AI only.
        exa_ai_search: Search with Exa; Vertex AI only.
        google_maps: Look at the map.
        code_execution: Run code.
        url_context: Look at pages.
        computer_use: Use a computer.
        file_search: Search files in stores; not on Vertex AI.
        retrieval: Look things up; Vertex AI only.
        mcp_servers: Call tools of MCP servers.
    """

    function_declarations: tuple[FunctionDeclaration, ...] = ()
    google_search: GoogleSearch | None = None
    google_search_retrieval: GoogleSearchRetrieval | None = None
    enterprise_web_search: EnterpriseWebSearch | None = None
    parallel_ai_search: ToolParallelAiSearch | None = None
    exa_ai_search: ToolExaAiSearch | None = None
    google_maps: GoogleMaps | None = None
    code_execution: ToolCodeExecution | None = None
    url_context: UrlContext | None = None
    computer_use: ComputerUse | None = None
    file_search: FileSearch | None = None
    retrieval: Retrieval | None = None
    mcp_servers: tuple[McpServer, ...] = ()
