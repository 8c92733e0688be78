"""What data looks like: the API's subset of OpenAPI, and the way there from JSON Schema.

Declarations of functions say what they take and give as a `Schema`. It resembles JSON Schema and is
none: type names are in upper case, null is a flag, numbers of items are 64-bit integers, and what
it does not have closes the connection. Fields of the type `JsonSchema` take the other thing, whole
and as it is; live sessions have been seen to ignore it.

Source: ai.google.dev/api/caching (Schema), google-genai 3.4.0; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, final

from attrs import evolve, field, frozen

from realtime_proto._codec import Int64
from realtime_proto._json import MAX_DEPTH, JsonValue
from realtime_proto.gemini._proto3 import int64
from realtime_proto.wire import JsonObject, WireValue

__all__ = ("SCHEMA_TYPES", "JsonSchema", "Schema", "schema_of")

JsonSchema: TypeAlias = JsonObject
"""A JSON Schema document, free by nature."""


@final
@frozen(kw_only=True)
class Schema(WireValue):
    """What a value looks like.

    Args:
        type: One of SCHEMA_TYPES.
        format: Narrows the type: "int32", "double", "enum", "date-time", ...
        title: A name for people.
        description: For the model, as are the names of properties.
        nullable: It may be null.
        enum: The values it may have, as text whatever the type; `format` is "enum" then.
        items: What an array holds.
        min_items: The fewest of them.
        max_items: The most of them.
        properties: What an object holds.
        required: Which of them it must hold.
        property_ordering: In which order they come.
        additional_properties: What else it may hold; False: nothing.
        min_properties: The fewest properties.
        max_properties: The most of them.
        any_of: It looks like one of these.
        minimum: The least number.
        maximum: The greatest.
        min_length: The shortest text, in characters.
        max_length: The longest.
        pattern: A regular expression for text.
        default: For readers; it is not filled in.
        example: For readers; at the root only.
        defs: Schemas to refer to; at the root only.
        ref: "#/defs/{name}": looks like that.
    """

    type: str | None = None
    format: str | None = None
    title: str | None = None
    description: str | None = None
    nullable: bool | None = None
    enum: tuple[str, ...] = ()
    items: Schema | None = None
    min_items: Int64 | None = field(default=None, converter=int64)
    max_items: Int64 | None = field(default=None, converter=int64)
    properties: Mapping[str, Schema] | None = None
    required: tuple[str, ...] = ()
    property_ordering: tuple[str, ...] = ()
    additional_properties: bool | Schema | None = None
    min_properties: Int64 | None = field(default=None, converter=int64)
    max_properties: Int64 | None = field(default=None, converter=int64)
    any_of: tuple[Schema, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    min_length: Int64 | None = field(default=None, converter=int64)
    max_length: Int64 | None = field(default=None, converter=int64)
    pattern: str | None = None
    default: JsonValue = None
    example: JsonValue = None
    defs: Mapping[str, Schema] | None = None
    ref: str | None = None


SCHEMA_TYPES: Final = frozenset(
    {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
)
"""Known values of `Schema.type`."""


def schema_of(document: JsonSchema) -> Schema:
    """A JSON Schema in the words of this API.

    Null among the types, the values or the alternatives becomes `nullable`, a constant a value of
    one, `$defs` and `$ref` their namesakes here. Keywords this API does not have are left out: the
    model is told less, and the server does not close the connection.

    Raises:
        ValueError: It nests deeper than a frame may.

    Example:
        >>> schema = schema_of({"type": ["string", "null"], "examples": ["a"]})
        >>> schema.type, schema.nullable
        ('STRING', True)
    """
    return _schema(document, MAX_DEPTH)


_TEXTS: Final = ("format", "title", "description", "pattern")
_COUNTS: Final = {
    name: name[:3] + "_" + name[3:].lower()
    for name in (
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minLength",
        "maxLength",
    )
}
_NUMBERS: Final = ("minimum", "maximum")


def _schema(document: Any, depth: int) -> Schema:
    if depth == 0:
        raise ValueError(f"a JSON Schema nests more than {MAX_DEPTH} deep")
    if not isinstance(document, Mapping):
        return Schema()  # true: anything goes

    def inner(value: Any) -> Schema:
        return _schema(value, depth - 1)

    found: dict[str, Any] = {}
    found |= {name: document[name] for name in _TEXTS if isinstance(document.get(name), str)}
    found |= {to: document[name] for name, to in _COUNTS.items() if _is_count(document.get(name))}
    found |= {name: document[name] for name in _NUMBERS if _is_number(document.get(name))}
    found |= {name: document[name] for name in ("default", "example") if name in document}
    for name, to in (("properties", "properties"), ("$defs", "defs"), ("definitions", "defs")):
        if isinstance(document.get(name), Mapping):
            found[to] = {key: inner(value) for key, value in document[name].items()}
    for name, to in (("required", "required"), ("propertyOrdering", "property_ordering")):
        if isinstance(document.get(name), list | tuple):
            found[to] = tuple(item for item in document[name] if isinstance(item, str))
    if isinstance(document.get("items"), Mapping):
        found["items"] = inner(document["items"])
    if isinstance(document.get("additionalProperties"), bool | Mapping):
        more = document["additionalProperties"]
        found["additional_properties"] = more if isinstance(more, bool) else inner(more)
    if isinstance(document.get("$ref"), str):
        reference = document["$ref"].replace("#/$defs/", "#/defs/")
        found["ref"] = reference.replace("#/definitions/", "#/defs/")
    schema = Schema(**found)
    schema = _with_values(schema, document)
    schema = _with_types(schema, document.get("type"))
    return _with_alternatives(schema, [inner(a) for a in _alternatives(document)])


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _alternatives(document: Mapping[str, Any]) -> list[Any]:
    given = document.get("anyOf", document.get("oneOf"))
    return list(given) if isinstance(given, list | tuple) else []


def _with_values(schema: Schema, document: Mapping[str, Any]) -> Schema:
    given = [document["const"]] if "const" in document else document.get("enum")
    if not isinstance(given, list | tuple):
        return schema
    values = tuple(_text(value) for value in given if value is not None)
    return evolve(
        schema,
        enum=values,
        format="enum" if values else schema.format,
        nullable=True if len(values) < len(given) else schema.nullable,
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _with_types(schema: Schema, given: Any) -> Schema:
    names = given if isinstance(given, list | tuple) else [given]
    types = [name.upper() for name in names if isinstance(name, str)]
    kept = [name for name in types if name != "NULL"] or types
    if len(kept) < len(types):
        schema = evolve(schema, nullable=True)
    if len(kept) > 1:
        return evolve(schema, any_of=tuple(Schema(type=name) for name in kept))
    return evolve(schema, type=kept[0]) if kept else schema


def _with_alternatives(schema: Schema, given: list[Schema]) -> Schema:
    kept = [alternative for alternative in given if alternative.type != "NULL"]
    if len(kept) < len(given):
        schema = evolve(schema, nullable=True)
    if len(kept) != 1:
        return evolve(schema, any_of=schema.any_of + tuple(kept))
    # One alternative is no choice: what it says stands for the whole, below what the whole says.
    (only,) = kept
    blank = Schema()
    said = {
        name: getattr(schema, name)
        for name in Schema.__annotations__
        if getattr(schema, name) != getattr(blank, name)
    }
    return evolve(only, **said)
