"""Functions the model may call: a Python signature as JSON Schema, JSON arguments as call
arguments.

Arguments come from a model and are data: they are checked against the signature before anything is
called, and nothing in them is evaluated. A value that does not fit is a ToolError whose text the
model can act on.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs
from attrs import field, frozen

from realtime_proto._json import JsonObject, check_json
from realtime_proto.errors import ConfigurationError, ToolError

__all__ = ("ToolDefinition",)

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")

_SCALARS: Final[Mapping[Any, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
}

_NO_PARAMETERS: Final[JsonObject] = {"type": "object", "properties": {}, "required": []}


def _check_name(_: object, __: attrs.Attribute[Any], value: object) -> None:
    if not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise ConfigurationError(
            f"a tool's name is a letter and up to 63 letters, digits, _ or -, not {value!r:.80}"
        )


def _check_schema(_: object, __: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, Mapping) or value.get("type") != "object":
        raise ConfigurationError('a tool\'s parameters are a JSON Schema of type "object"')
    try:
        check_json(value)
    except ValueError as exc:
        raise ConfigurationError(f"a tool's parameters are not JSON: {exc}") from None


@frozen(kw_only=True)
class ToolDefinition:
    """A function as the model sees it.

    Args:
        name: What the model calls it.
        description: What it does and when to use it, for the model.
        parameters: A JSON Schema of type "object".
        function: What is run when the model calls it; without one, `on_tool_call` must answer.

    Raises:
        ConfigurationError: The name or the schema is not one.

    Example:
        >>> def get_weather(city: str, days: int = 1) -> str:
        ...     '''Get the weather for a city.'''
        ...     return "sunny"
        >>> tool = ToolDefinition.from_function(get_weather)
        >>> tool.parameters["properties"]["city"], tool.parameters["required"]
        ({'type': 'string'}, ['city'])
    """

    name: str = field(validator=_check_name)
    description: str = ""
    parameters: JsonObject = field(default=_NO_PARAMETERS, validator=_check_schema)
    function: Callable[..., Any] | None = field(default=None, eq=False, repr=False)

    @classmethod
    def from_function(cls, function: object) -> ToolDefinition:
        """The definition of a plain or async function, from its signature and docstring.

        Parameters may be annotated with str, int, float, bool, list, dict, Literal, Optional and
        unions of them; one without an annotation takes anything.

        Raises:
            ConfigurationError: It is no function, or a parameter cannot be described.
        """
        if not callable(function) or isinstance(function, type):
            raise ConfigurationError(f"a tool must be a function, not {function!r:.60}")
        name = getattr(function, "__name__", type(function).__name__)
        summary, documented = _read_docstring(inspect.getdoc(function) or "")
        properties: dict[str, Any] = {}
        required = []
        for parameter, annotation in _parameters(function, name):
            schema = _schema(annotation, f"{name}({parameter.name})")
            if parameter.name in documented:
                schema["description"] = documented[parameter.name]
            properties[parameter.name] = schema
            if parameter.default is parameter.empty:
                required.append(parameter.name)
        return cls(
            name=name,
            description=summary,
            parameters={"type": "object", "properties": properties, "required": required},
            function=function,
        )

    def bind(self, arguments: JsonObject) -> dict[str, Any]:
        """The keyword arguments to call `function` with.

        Raises:
            ToolError: An argument is missing, unknown or of the wrong type.
        """
        if self.function is None:
            raise ToolError(f"the tool {self.name!r} has no function to run")
        parameters = {
            parameter.name: (parameter, annotation)
            for parameter, annotation in _parameters(self.function, self.name)
        }
        faults = [f"{name!r} is not a parameter" for name in arguments if name not in parameters]
        for name, (parameter, annotation) in parameters.items():
            if name not in arguments:
                if parameter.default is parameter.empty:
                    faults.append(f"{name!r} is missing")
            elif not _fits(arguments[name], annotation):
                faults.append(f"{name!r} must be {_describe(annotation)}")
        if faults:
            raise ToolError(f"wrong arguments for {self.name}: {'; '.join(faults)}")
        return dict(arguments)


def _parameters(function: Any, name: str) -> list[tuple[inspect.Parameter, Any]]:
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function)
    except (TypeError, ValueError, NameError) as exc:
        raise ConfigurationError(f"cannot read the signature of the tool {name!r}: {exc}") from exc
    found = []
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            raise ConfigurationError(
                f"the tool {name!r} takes {parameter.name!r} by position; a model passes by name"
            )
        if parameter.kind is not parameter.VAR_KEYWORD:
            found.append((parameter, hints.get(parameter.name, Any)))
    return found


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


def _schema(annotation: Any, where: str) -> dict[str, Any]:
    if annotation is Any:
        return {}
    if annotation in _SCALARS:
        return {"type": _SCALARS[annotation]}
    if annotation in (None, type(None)):
        return {"type": "null"}
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        kinds = {_SCALARS.get(type(value), "string") for value in args}
        return ({"type": kinds.pop()} if len(kinds) == 1 else {}) | {"enum": list(args)}
    if origin in (Union, types.UnionType):
        members = [_schema(arg, where) for arg in args if arg is not type(None)]
        return members[0] if len(members) == 1 else {"anyOf": members}
    if annotation is list or origin is list:
        items = _schema(args[0], where) if args else {}
        return {"type": "array", "items": items} if items else {"type": "array"}
    if annotation is dict or origin is dict:
        return {"type": "object"}
    raise ConfigurationError(
        f"{where} is annotated with {annotation!r}, which a tool cannot take yet: use str, int, "
        "float, bool, list, dict, Literal or Optional, or pass a ToolDefinition"
    )


def _fits(value: Any, annotation: Any) -> bool:
    if annotation is Any:
        return True
    if annotation is float:
        return value.__class__ in (float, int)
    if annotation in _SCALARS:
        return value.__class__ is annotation
    if annotation in (None, type(None)):
        return value is None
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return any(value == arg and value.__class__ is arg.__class__ for arg in args)
    if origin in (Union, types.UnionType):
        return any(_fits(value, arg) for arg in args)
    if annotation is list or origin is list:
        return isinstance(value, list) and all(_fits(item, args[0]) for item in value if args)
    return isinstance(value, dict)


def _describe(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(repr(arg) for arg in get_args(annotation))
    if isinstance(annotation, type) and annotation in _SCALARS:
        return {"integer": "an integer"}.get(_SCALARS[annotation], f"a {_SCALARS[annotation]}")
    return str(annotation).replace("typing.", "")
