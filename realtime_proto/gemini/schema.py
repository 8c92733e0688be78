"""What data looks like: the API's subset of OpenAPI.

Declarations of functions say what they take and give as a `Schema`. It resembles JSON Schema and is
none: type names are in upper case, null is a flag, numbers of items are 64-bit integers, and what
it does not have closes the connection. Fields of the type `JsonSchema` take the other thing, whole
and as it is; live sessions have been seen to ignore it. `json_schema` leads from the one to the
other.

Source: ai.google.dev/api/caching (Schema), google-genai 3.4.0; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias, final

from attrs import field, frozen

from realtime_proto._codec import Int64
from realtime_proto._json import JsonValue
from realtime_proto.gemini._proto3 import int64
from realtime_proto.wire import JsonObject, WireValue

__all__ = ("SCHEMA_TYPES", "JsonSchema", "Schema")

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
        additional_properties: What else it may hold; False: nothing. Vertex AI only.
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
        defs: Schemas to refer to; at the root only. Vertex AI only.
        ref: "#/defs/{name}": looks like that. Vertex AI only.
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
