"""Functions the model may call: a Python signature as JSON Schema, JSON arguments as call
arguments.

Arguments come from a model and are data: they are checked against the signature before anything is
called, and nothing in them is evaluated. A value that does not fit is a ToolError whose text the
model can act on. Only the tools of the configuration can be called, by their names.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, final

import attrs
from attrs import field, frozen

from realtime_proto._json import JsonObject, check_json, dumps
from realtime_proto._signature import (
    Faults,
    Parameter,
    parameters_of,
    plain,
    read,
    schema_of,
    with_default,
)
from realtime_proto.errors import ConfigurationError, ToolError
from realtime_proto.secret import Secret

__all__ = ("MAX_RESULT_BYTES", "McpServer", "ToolDefinition")

MAX_RESULT_BYTES: Final = 256 * 2**10
"""One result, as JSON in UTF-8. More is more than a voice model reads, and would be paid for."""

MAX_DESCRIPTION: Final = 16_384
"""Characters of a description."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")

_NO_PARAMETERS: Final[JsonObject] = {"type": "object", "properties": {}, "required": []}


def _refuse(tool: Any, attribute: attrs.Attribute[Any], expected: str, value: object) -> None:
    raise ConfigurationError(
        f"{type(tool).__name__}.{attribute.name} must be {expected}, not {value!r:.80}"
    )


def _check_name(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value == "<lambda>":
        raise ConfigurationError(
            "a lambda has no name a model could call it by: give it one with "
            "ToolDefinition.from_function(function, name=...)"
        )
    if not (isinstance(value, str) and _NAME.fullmatch(value)):
        whose = "a tool's name" if attribute.name == "name" else "an MCP server's label"
        raise ConfigurationError(
            f"{whose} is a letter and up to 63 letters, digits, _ or -, not {value!r:.80}"
        )


def _check_description(tool: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or len(value) > MAX_DESCRIPTION:
        _refuse(tool, attribute, f"text of at most {MAX_DESCRIPTION} characters", value)


def _check_schema(_: object, __: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, Mapping) or value.get("type") != "object":
        raise ConfigurationError('a tool\'s parameters are a JSON Schema of type "object"')
    try:
        check_json(value)
    except ValueError as exc:
        raise ConfigurationError(f"a tool's parameters are not JSON: {exc}") from None


def _check_function(tool: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not callable(value):
        _refuse(tool, attribute, "a function", value)


def _check_seconds(tool: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3_600:
        _refuse(tool, attribute, "a number of seconds up to 3600", value)


def _check_count(tool: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        _refuse(tool, attribute, "a whole number from 1", value)


def _check_flag(tool: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, bool):
        _refuse(tool, attribute, "True or False", value)


@final
@frozen(kw_only=True)
class ToolDefinition:
    """A function as the model sees it.

    Args:
        name: What the model calls it.
        description: What it does and when to use it, for the model.
        parameters: A JSON Schema of type "object".
        function: What is run when the model calls it, with the arguments as keywords; without one,
            `on_tool_call` must answer. Where its parameters have annotations, arguments are checked
            and converted by them.
        timeout_s: After so many seconds without an answer the model is told that there is none, and
            the work is cancelled. None: as `Limits.tool_s` says.
        max_running: How many calls of it run at once; others wait.
        max_result_bytes: The largest result that goes to the model, as JSON.
        needs_approval: Every call is put before `on_approval` first.

    Raises:
        ConfigurationError: The name or the schema is not one, or a value is not what it must be.

    Example:
        >>> def get_weather(city: str, days: int = 1) -> str:
        ...     '''Get the weather for a city.'''
        ...     return "sunny"
        >>> tool = ToolDefinition.from_function(get_weather)
        >>> tool.parameters["properties"]["city"], tool.parameters["required"]
        ({'type': 'string'}, ['city'])
    """

    name: str = field(validator=_check_name)
    description: str = field(default="", validator=_check_description)
    parameters: JsonObject = field(default=_NO_PARAMETERS, validator=_check_schema)
    function: Callable[..., Any] | None = field(
        default=None, eq=False, repr=False, validator=_check_function
    )
    timeout_s: float | None = field(default=None, validator=_check_seconds)
    max_running: int = field(default=8, validator=_check_count)
    max_result_bytes: int = field(default=MAX_RESULT_BYTES, validator=_check_count)
    needs_approval: bool = field(default=False, validator=_check_flag)

    @classmethod
    def from_function(
        cls,
        function: object,
        *,
        name: str | None = None,
        description: str | None = None,
        timeout_s: float | None = None,
        max_running: int = 8,
        max_result_bytes: int = MAX_RESULT_BYTES,
        needs_approval: bool = False,
    ) -> ToolDefinition:
        """The definition of a plain or async function, from its signature and docstring.

        Parameters may be annotated with str, int, float, bool, None, Literal, an Enum, Optional and
        unions, list, tuple, set, dict with keys of text, attrs classes, dataclasses and TypedDicts,
        inside each other as you like; `Annotated[str, "what it is"]` describes one, and so does the
        docstring's "Args:". One without an annotation takes anything.

        Args:
            function: The function, a method, or an object that can be called.
            name: What the model calls it; None: as Python does.
            description: For the model; None: the first paragraph of the docstring.
            timeout_s: As for ToolDefinition.
            max_running: As for ToolDefinition.
            max_result_bytes: As for ToolDefinition.
            needs_approval: As for ToolDefinition.

        Raises:
            ConfigurationError: It is no function, or a parameter cannot be described.
        """
        if not callable(function) or isinstance(function, type):
            raise ConfigurationError(f"a tool must be a function, not {function!r:.60}")
        named = function.func if isinstance(function, partial) else function
        if name is None:
            name = getattr(named, "__name__", type(named).__name__)
        summary, documented = _read_docstring(inspect.getdoc(named) or "")
        properties: dict[str, Any] = {}
        parameters, _ = parameters_of(function, name)
        for parameter in parameters:
            schema = schema_of(parameter.annotation, f"{name}({parameter.name})")
            said = parameter.description or documented.get(parameter.name)
            if said:
                schema["description"] = said
            properties[parameter.name] = with_default(schema, parameter.default)
        return cls(
            name=name,
            description=summary if description is None else description,
            parameters={
                "type": "object",
                "properties": properties,
                "required": [p.name for p in parameters if p.is_required],
            },
            function=function,
            timeout_s=timeout_s,
            max_running=max_running,
            max_result_bytes=max_result_bytes,
            needs_approval=needs_approval,
        )

    def bind(self, arguments: JsonObject) -> dict[str, Any]:
        """The keyword arguments to call `function` with.

        Raises:
            ToolError: An argument is missing, unknown or of the wrong type.
        """
        if self.function is None:
            raise ToolError(f"the tool {self.name!r} has no function to run")
        parameters, takes_more = parameters_of(self.function, self.name)
        known = {parameter.name: parameter for parameter in parameters}
        faults = []
        extra = {name: value for name, value in arguments.items() if name not in known}
        if extra and not takes_more:
            faults += [f"{name!r:.60} is not a parameter" for name in extra]
        faults += [f"{p.name!r} is missing" for p in _missing(parameters, arguments)]
        given = {name: value for name, value in arguments.items() if name in known}
        bound: dict[str, Any] = {}
        try:
            bound = read(given, {name: p.annotation for name, p in known.items()})
        except Faults as exc:
            faults += exc.faults
        if faults:
            raise ToolError(f"wrong arguments for {self.name}: {'; '.join(faults)}")
        return {**extra, **bound}

    def result(self, output: object) -> Any:
        """What a call gave, as JSON for the model: instances of classes become objects.

        Raises:
            ToolError: It is no JSON, or too large.
        """
        try:
            value = check_json(plain(output))
        except (ValueError, RecursionError) as exc:
            raise ToolError(
                f"the tool {self.name!r} returned {type(output).__name__}, which cannot be sent to "
                f"the model: {exc}"
            ) from exc
        size = _json_bytes(value)
        if size > self.max_result_bytes:
            raise ToolError(
                f"the tool {self.name!r} returned {size} bytes, over its limit of "
                f"{self.max_result_bytes}: ask for less"
            )
        return value


def _missing(parameters: tuple[Parameter, ...], arguments: JsonObject) -> list[Parameter]:
    return [p for p in parameters if p.is_required and p.name not in arguments]


def _json_bytes(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else len(dumps(value).encode())


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """The first paragraph, and what a Google-style "Args:" section says of each parameter."""
    summary = " ".join(text.split("\n\n", 1)[0].split())
    documented: dict[str, str] = {}
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", text, re.MULTILINE)
    current = None
    for line in section.group(1).splitlines() if section else ():
        entry = re.match(r"\s{2,8}(\w+)(?: \([^)]*\))?:\s*(.*)", line)
        if entry:
            current = entry.group(1)
            documented[current] = entry.group(2).strip()
        elif current and line.strip():
            documented[current] += " " + line.strip()
    return summary, documented


def _as_secret(given: str | Secret) -> Secret:
    return given if isinstance(given, Secret) else Secret(given)


def _as_secrets(given: Mapping[str, str | Secret]) -> Mapping[str, str | Secret]:
    return {name: _as_secret(value) for name, value in given.items()}


def _as_names(names: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


@final
@frozen(kw_only=True)
class McpServer:
    """An MCP server whose tools the provider calls by itself, without asking.

    Args:
        label: What its calls are named by.
        url: Where the provider reaches it.
        description: What it is for, for the model.
        authorization: An OAuth access token for it; empty: none.
        headers: HTTP headers to send to it. Their values are kept as secrets.
        allowed_tools: Which of its tools may be called; None: all.

    Raises:
        ConfigurationError: A value is not what it must be.
    """

    label: str = field(validator=_check_name)
    url: str = field()
    description: str = field(default="", validator=_check_description)
    authorization: str | Secret = field(default=Secret(""), converter=_as_secret)
    headers: Mapping[str, str | Secret] = field(factory=dict, converter=_as_secrets)
    allowed_tools: tuple[str, ...] | None = field(default=None, converter=_as_names)

    @url.validator
    def _check_url(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, str) or not value.startswith(("https://", "http://")):
            _refuse(self, attribute, "an http(s):// URL", value)
