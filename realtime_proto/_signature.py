"""Python annotations as JSON Schema, and JSON as the values they ask for.

What goes in is the developer's own signature; what comes later is a model's, and is data: it is
checked against the annotation and turned into what the function wants, a member of an Enum or an
instance of a class, before anything is called. Nothing in it is evaluated. Scalars are strict: "5"
is no number and true is none either; only a whole number written as 5.0 is taken for the 5 it is.

Writing a schema and reading a value are two walks over the same annotations, side by side, so that
what is promised to the model is what is taken from it. All faults of a call are gathered, each with
its path and in words a model can act on. Results go the other way: `plain` makes data of instances.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from functools import partial
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)

import attrs
from attrs import frozen

from realtime_proto._json import check_json
from realtime_proto.errors import ConfigurationError

__all__ = ("Faults", "Parameter", "parameters_of", "plain", "read", "schema_of")

_SCALARS: Final[Mapping[Any, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}

_ARRAYS: Final = (list, tuple, set, frozenset, Sequence)

_MAX_DEPTH: Final = 16
"""Classes inside each other. Models stop making sense long before."""


class Faults(ValueError):
    """What is wrong with a value: sentences that each begin with a path."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@frozen
class Parameter:
    """One parameter of a function.

    Args:
        name: Its name.
        annotation: Its type, with Annotated taken off.
        description: What Annotated says of it.
        default: Its default; `inspect.Parameter.empty` where it has none.
    """

    name: str
    annotation: Any
    description: str | None
    default: Any

    @property
    def is_required(self) -> bool:
        """Whether it must be given."""
        return self.default is inspect.Parameter.empty


def parameters_of(function: Any, name: str) -> tuple[tuple[Parameter, ...], bool]:
    """The parameters a model can pass, and whether it may pass others as well (`**kwargs`).

    Raises:
        ConfigurationError: The signature cannot be read, or wants arguments by position.
    """
    target = function.func if isinstance(function, partial) else function
    if not inspect.isroutine(target):
        target = type(target).__call__
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(target, include_extras=True)
    except (TypeError, ValueError, NameError) as exc:
        raise ConfigurationError(f"cannot read the signature of the tool {name!r}: {exc}") from exc
    found = []
    takes_more = False
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            raise ConfigurationError(
                f"the tool {name!r} takes {parameter.name!r} by position; a model passes by name"
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            takes_more = True
            continue
        annotation, description = _bare(hints.get(parameter.name, Any))
        found.append(Parameter(parameter.name, annotation, description, parameter.default))
    return tuple(found), takes_more


def _bare(annotation: Any) -> tuple[Any, str | None]:
    """An annotation without Annotated, and the first text that Annotated carries."""
    if get_origin(annotation) in (Required, NotRequired):
        (annotation,) = get_args(annotation)
    if get_origin(annotation) is not Annotated:
        return annotation, None
    inner, *extras = get_args(annotation)
    return inner, next((extra for extra in extras if isinstance(extra, str)), None)


# --- to JSON Schema


def schema_of(annotation: Any, where: str, *, depth: int = _MAX_DEPTH) -> dict[str, Any]:
    """The JSON Schema of an annotation.

    Args:
        annotation: Any of what the module's head names.
        where: What to call it in an error.
        depth: Classes that may still be inside of it.

    Raises:
        ConfigurationError: There is none.
    """
    annotation, description = _bare(annotation)
    schema = _schema(annotation, where, depth)
    return schema if description is None else {**schema, "description": description}


def _schema(annotation: Any, where: str, depth: int) -> dict[str, Any]:
    if depth == 0:
        raise ConfigurationError(f"{where} nests classes more than {_MAX_DEPTH} deep, or for ever")
    if annotation is Any or annotation is inspect.Parameter.empty:
        return {}
    if annotation is None or annotation in _SCALARS:
        return {"type": _SCALARS[type(None) if annotation is None else annotation]}
    if isinstance(annotation, typing.NewType):
        return _schema(annotation.__supertype__, where, depth)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _choice([member.value for member in annotation], where)
    origin, args = get_origin(annotation) or annotation, get_args(annotation)
    if origin is Literal:
        return _choice(list(args), where)
    if origin in (Union, types.UnionType):
        return _union([schema_of(arg, where, depth=depth) for arg in args])
    if origin in _ARRAYS:
        return _array(origin, args, where, depth)
    if origin in (dict, Mapping):
        if args and args[0] is not str:
            raise ConfigurationError(f"{where}: the keys of an object are str, not {args[0]!r}")
        values = schema_of(args[1], where, depth=depth) if args else {}
        return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
    members = _members(annotation, where)
    if members is None:
        raise ConfigurationError(
            f"{where} is annotated with {annotation!r}, which a tool cannot take: use str, int, "
            "float, bool, Literal, an Enum, Optional, list, dict, an attrs class, a dataclass or a "
            "TypedDict, or pass a ToolDefinition"
        )
    return {
        "type": "object",
        "properties": {
            name: with_default(schema_of(kind, f"{where}.{name}", depth=depth - 1), default)
            for name, kind, default in members
        },
        "required": [n for n, _, default in members if default is inspect.Parameter.empty],
    }


def _choice(values: list[Any], where: str) -> dict[str, Any]:
    kinds = {_SCALARS.get(type(value)) for value in values}
    if None in kinds:
        raise ConfigurationError(f"{where}: a choice is among texts, numbers, booleans and null")
    return {"type": kinds.pop(), "enum": values} if len(kinds) == 1 else {"enum": values}


def _union(members: list[dict[str, Any]]) -> dict[str, Any]:
    types_only = [member["type"] for member in members if member.keys() == {"type"}]
    if len(types_only) == len(members):
        return {"type": types_only}
    return {"anyOf": members}


def _array(origin: Any, args: tuple[Any, ...], where: str, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array"}
    if origin is tuple and args and args[-1] is not Ellipsis:
        items = [schema_of(arg, where, depth=depth) for arg in args]
        schema |= {"minItems": len(args), "maxItems": len(args)}
        if items.count(items[0]) != len(items):
            raise ConfigurationError(f"{where}: a tuple's items must all be of one type")
        args = args[:1]
    if args and (items_schema := schema_of(args[0], where, depth=depth)):
        schema["items"] = items_schema
    if origin in (set, frozenset):
        schema["uniqueItems"] = True
    return schema


def _members(annotation: Any, where: str) -> list[tuple[str, Any, Any]] | None:
    """(name, type, default) of a class's fields; None where it is no class with fields."""
    empty = inspect.Parameter.empty
    if not isinstance(annotation, type):
        return None
    try:
        if is_typeddict(annotation):
            required: frozenset[str] = annotation.__required_keys__  # type: ignore[attr-defined]
            hints = typing.get_type_hints(annotation, include_extras=True)
            return [
                (name, kind, empty if _is_required(kind, name in required) else ...)
                for name, kind in hints.items()
            ]
        if attrs.has(annotation):
            hints = typing.get_type_hints(annotation, include_extras=True)
            return [
                (f.alias, hints[f.name], empty if f.default is attrs.NOTHING else f.default)
                for f in attrs.fields(annotation)
                if f.init
            ]
        if dataclasses.is_dataclass(annotation):
            hints = typing.get_type_hints(annotation, include_extras=True)
            missing = dataclasses.MISSING
            return [
                (
                    f.name,
                    hints[f.name],
                    empty if f.default is missing and f.default_factory is missing else f.default,
                )
                for f in dataclasses.fields(annotation)
                if f.init
            ]
    except (NameError, KeyError, TypeError) as exc:
        raise ConfigurationError(
            f"{where}: cannot read the fields of {annotation!r}: {exc}"
        ) from exc
    return None


def _is_required(kind: Any, by_class: bool) -> bool:
    # Where annotations are text, the class itself has not seen what they say.
    origin = get_origin(kind)
    return origin is Required or (by_class and origin is not NotRequired)


def with_default(schema: dict[str, Any], default: Any) -> dict[str, Any]:
    """*schema* with the default in it, where there is one and it is JSON."""
    if default is inspect.Parameter.empty or default is None:
        return schema
    try:
        return {**schema, "default": check_json(plain(default))}
    except ValueError:
        return schema  # a sentinel or a factory: nothing to tell a model


# --- from JSON


def read(values: Mapping[str, Any], annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Each value as its annotation wants it.

    Raises:
        Faults: Some are not what they must be.
    """
    faults: list[str] = []
    result = {name: _read(value, annotations[name], name, faults) for name, value in values.items()}
    if faults:
        raise Faults(faults)
    return result


def _read(value: Any, annotation: Any, path: str, faults: list[str]) -> Any:
    annotation, _ = _bare(annotation)
    while isinstance(annotation, typing.NewType):
        annotation = annotation.__supertype__
    if annotation is Any:
        return value
    if annotation is None or annotation in _SCALARS:
        return _read_scalar(value, annotation or type(None), path, faults)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        members = {member.value: member for member in annotation}
        chosen = _read_choice(value, list(members), path, faults)
        return members.get(chosen)
    origin, args = get_origin(annotation) or annotation, get_args(annotation)
    if origin is Literal:
        return _read_choice(value, list(args), path, faults)
    if origin in (Union, types.UnionType):
        return _read_union(value, args, path, faults)
    if origin in _ARRAYS:
        return _read_array(value, origin, args, path, faults)
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            return _must_be("an object", value, path, faults)
        kind = args[1] if args else Any
        return {key: _read(item, kind, f"{path}.{key}", faults) for key, item in value.items()}
    return _read_object(value, annotation, path, faults)


def _must_be(what: str, value: Any, path: str, faults: list[str]) -> None:
    faults.append(f"{path!r} must be {what}, not {value!r:.60}")


def _read_scalar(value: Any, kind: type, path: str, faults: list[str]) -> Any:
    if value.__class__ is kind:
        return value
    if kind is float and value.__class__ is int:
        return float(value)
    if kind is int and value.__class__ is float and value.is_integer():
        return int(value)
    return _must_be(_a(_SCALARS[kind]), value, path, faults)


def _a(name: str) -> str:
    return name if name == "null" else f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def _read_choice(value: Any, choices: list[Any], path: str, faults: list[str]) -> Any:
    for choice in choices:
        if value == choice and value.__class__ is choice.__class__:
            return choice
    return _must_be("one of " + ", ".join(map(repr, choices)), value, path, faults)


def _read_union(value: Any, members: tuple[Any, ...], path: str, faults: list[str]) -> Any:
    closest: list[str] = []
    for member in members:
        wrong: list[str] = []
        result = _read(value, member, path, wrong)
        if not wrong:
            return result
        if isinstance(value, dict) and _is_object(member):
            closest = closest or wrong  # it was meant to be this: say what is wrong inside
    faults.extend(closest)
    if not closest:
        names = " or ".join(_a(_name_of(member)) for member in members)
        _must_be(names, value, path, faults)
    return None


def _is_object(annotation: Any) -> bool:
    return _members(_bare(annotation)[0], "") is not None


def _name_of(annotation: Any) -> str:
    schema = _schema(_bare(annotation)[0], "", _MAX_DEPTH)
    return str(schema.get("type", "value"))


def _read_array(
    value: Any, origin: Any, args: tuple[Any, ...], path: str, faults: list[str]
) -> Any:
    if not isinstance(value, list):
        return _must_be("an array", value, path, faults)
    if origin is tuple and args and args[-1] is not Ellipsis and len(value) != len(args):
        return _must_be(f"an array of {len(args)} items", value, path, faults)
    kind = args[0] if args else Any
    items = [_read(item, kind, f"{path}[{n}]", faults) for n, item in enumerate(value)]
    if origin in (list, Sequence):
        return items
    try:
        return origin(items)
    except TypeError:  # a set of what cannot be hashed
        return _must_be("an array of scalars", value, path, faults)


def _read_object(value: Any, kind: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, dict):
        return _must_be("an object", value, path, faults)
    wrong: list[str] = []
    members = {name: (inner, default) for name, inner, default in _members(kind, path) or ()}
    wrong += [f"'{path}.{name}' is not a field" for name in value if name not in members]
    fields: dict[str, Any] = {}
    for name, (inner, default) in members.items():
        if name in value:
            fields[name] = _read(value[name], inner, f"{path}.{name}", wrong)
        elif default is inspect.Parameter.empty:
            wrong.append(f"'{path}.{name}' is missing")
    faults.extend(wrong)
    if wrong:
        return None
    try:
        return kind(**fields)
    except Exception as exc:  # the class's own checks may raise anything
        faults.append(f"{path!r} is not valid: {exc}")
        return None


# --- results


def plain(value: Any) -> Any:
    """A result as data: instances of classes as objects, members of an Enum as their values."""
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, type):
        return value
    if attrs.has(type(value)):
        return {f.alias: plain(getattr(value, f.name)) for f in attrs.fields(type(value))}
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
