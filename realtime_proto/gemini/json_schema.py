"""From JSON Schema, in which tools are declared, to the `Schema` of this API.

The two look alike and differ in what closes a connection: a keyword the API does not have, a
reference, a type in lower case. So what can be said in its words is said, and the rest left out.

Source: ai.google.dev/api/caching (Schema), google-genai 3.4.0 (what its Developer API converter
refuses), json-schema.org 2020-12; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, fields

from realtime_proto._json import MAX_DEPTH
from realtime_proto.errors import ConfigurationError
from realtime_proto.gemini.schema import Schema

if TYPE_CHECKING:
    from realtime_proto.gemini.schema import JsonSchema

__all__ = ("MAX_PARTS", "schema_of")

MAX_PARTS: Final = 10_000
"""Schemas that a document may come to, with what it refers to put in place: a few lines of JSON can
refer to each other so that it is millions."""


def schema_of(document: JsonSchema) -> Schema:
    """A JSON Schema in the words of this API, as both of its surfaces take it.

    Null among the types, the values or the alternatives becomes `nullable`, a constant a value of
    one. What is referred to stands in place of the reference; where it holds itself, only its type
    does, inside of it. What only Vertex AI takes (`additional_properties`, references) is not made,
    and keywords this API does not have are left out: the model is told less, and the server does
    not close the connection.

    Raises:
        ConfigurationError: It nests deeper than a frame may, or comes to more than MAX_PARTS.

    Example:
        >>> schema = schema_of({"type": ["string", "null"], "examples": ["a"]})
        >>> schema.type, schema.nullable
        ('STRING', True)
    """
    return _Translation(document).schema(document, depth=MAX_DEPTH, inside=())


_TEXTS: Final = ("format", "title", "description", "pattern")
_COUNTS: Final = {
    "minItems": "min_items",
    "maxItems": "max_items",
    "minProperties": "min_properties",
    "maxProperties": "max_properties",
    "minLength": "min_length",
    "maxLength": "max_length",
}
_NUMBERS: Final = ("minimum", "maximum")
_LISTS: Final = {"required": "required", "propertyOrdering": "property_ordering"}


class _Translation:
    """One document's way into this API's words."""

    def __init__(self, root: JsonSchema) -> None:
        self._root = root
        self._n_parts = 0

    def schema(self, document: Any, *, depth: int, inside: tuple[str, ...]) -> Schema:
        """*document*, a part of the root that is *inside* what these references lead to."""
        self._n_parts += 1
        if depth == 0:
            raise ConfigurationError(f"a JSON Schema nests more than {MAX_DEPTH} deep")
        if self._n_parts > MAX_PARTS:
            raise ConfigurationError(f"a JSON Schema comes to more than {MAX_PARTS} schemas")
        if not isinstance(document, Mapping):
            return Schema()  # true: anything goes
        document, inside = self._resolved(document, inside)

        def inner(value: Any) -> Schema:
            return self.schema(value, depth=depth - 1, inside=inside)

        said: dict[str, Any] = {}
        said |= {name: document[name] for name in _TEXTS if isinstance(document.get(name), str)}
        said |= {to: document[name] for name, to in _COUNTS.items() if _is_count(document, name)}
        said |= {name: document[name] for name in _NUMBERS if _is_number(document, name)}
        said |= {name: document[name] for name in ("default", "example") if name in document}
        if isinstance(document.get("properties"), Mapping):
            said["properties"] = {k: inner(value) for k, value in document["properties"].items()}
        for name, to in _LISTS.items():
            if isinstance(document.get(name), list | tuple):
                said[to] = tuple(item for item in document[name] if isinstance(item, str))
        if isinstance(document.get("items"), Mapping):
            said["items"] = inner(document["items"])
        schema = _with_values(Schema(**said), document)
        schema = _with_types(schema, document.get("type"))
        return _with_alternatives(schema, [inner(given) for given in _alternatives(document)])

    def _resolved(
        self, document: Mapping[str, Any], inside: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """*document* with what it refers to in it; what it says itself holds."""
        while isinstance(document.get("$ref"), str):
            reference = document["$ref"]
            rest = {name: value for name, value in document.items() if name != "$ref"}
            target = self._target(reference)
            if reference in inside:
                return ({"type": target["type"], **rest} if "type" in target else rest), inside
            document, inside = {**target, **rest}, (*inside, reference)
        return document, inside

    def _target(self, reference: str) -> Mapping[str, Any]:
        """What a reference into this document leads to; of others nothing is known."""
        found: Any = self._root if reference.startswith("#") else None
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def _is_count(document: Mapping[str, Any], name: str) -> bool:
    return _is_number(document, name) and isinstance(document[name], int)


def _is_number(document: Mapping[str, Any], name: str) -> bool:
    value = document.get(name)
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
    values = ((each, getattr(schema, each.name)) for each in fields(Schema))
    return evolve(only, **{each.name: value for each, value in values if value != each.default})
