"""JSON Schema in the words of this API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.strategies import free_json
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.errors import ConfigurationError
from realtime_proto.gemini import (
    MAX_PARTS,
    SCHEMA_TYPES,
    FunctionDeclaration,
    GeminiConnection,
    GeminiServerConnection,
    Schema,
    Setup,
    Tool,
    schema_of,
)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, Schema()),
        ({"type": "string"}, Schema(type="STRING")),
        ({"type": ["integer", "null"]}, Schema(type="INTEGER", nullable=True)),
        ({"type": "null"}, Schema(type="NULL")),
        ({"type": ["null"]}, Schema(type="NULL")),
        ({"type": 5}, Schema()),
        (
            {"type": ["string", "integer"]},
            Schema(any_of=(Schema(type="STRING"), Schema(type="INTEGER"))),
        ),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, Schema(type="STRING", nullable=True)),
        (
            {"description": "who", "oneOf": [{"type": "string", "description": "a name"}]},
            Schema(type="STRING", description="who"),
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "boolean"}, {"type": "null"}]},
            Schema(any_of=(Schema(type="STRING"), Schema(type="BOOLEAN")), nullable=True),
        ),
        ({"anyOf": "x"}, Schema()),
        ({"enum": ["a", "b"]}, Schema(enum=("a", "b"), format="enum")),
        (
            {"type": "integer", "enum": [1, None]},
            Schema(type="INTEGER", enum=("1",), format="enum", nullable=True),
        ),
        ({"enum": [None]}, Schema(nullable=True)),
        ({"const": True}, Schema(enum=("true",), format="enum")),
        ({"const": False}, Schema(enum=("false",), format="enum")),
        ({"enum": "x"}, Schema()),
        (
            {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 2},
            Schema(type="ARRAY", items=Schema(type="NUMBER"), min_items=1, max_items=2),
        ),
        ({"items": True, "minItems": "1", "maxLength": True}, Schema()),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "string", "pattern": "^x$"}, "b": True},
                "required": ["a"],
                "propertyOrdering": ["b", "a"],
                "additionalProperties": False,  # not on the Gemini Developer API
                "minProperties": 1,
                "maxProperties": 2,
            },
            Schema(
                type="OBJECT",
                properties={"a": Schema(type="STRING", pattern="^x$"), "b": Schema()},
                required=("a",),
                property_ordering=("b", "a"),
                min_properties=1,
                max_properties=2,
            ),
        ),
        ({"type": "integer", "minimum": 0}, Schema(type="INTEGER", minimum=0)),
        ({"type": "number", "maximum": 1.5}, Schema(type="NUMBER", maximum=1.5)),
        ({"minItems": 1.5, "minimum": True}, Schema()),
        (
            {"$ref": "#/$defs/A", "$defs": {"A": {"title": "t", "minLength": 1, "maxLength": 2}}},
            Schema(title="t", min_length=1, max_length=2),
        ),
        (
            {"$ref": "#/definitions/A", "title": "u", "definitions": {"A": {"title": "t"}}},
            Schema(title="u"),
        ),
        (
            {"items": {"$ref": "#/a~1b/~0"}, "a/b": {"~": {"type": "string"}}},
            Schema(items=Schema(type="STRING")),
        ),
        ({"$ref": "https://example.com/schema", "type": "string"}, Schema(type="STRING")),
        ({"$ref": "#/$defs/A/x", "$defs": {"A": 5}}, Schema()),
        (
            {
                "$ref": "#/$defs/Tree",
                "$defs": {
                    "Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}
                },
            },
            Schema(type="OBJECT", properties={"left": Schema(type="OBJECT")}),
        ),
        (
            {
                "$ref": "#/$defs/A",
                "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}},
            },
            Schema(),
        ),
        ({"$ref": "#", "title": "t"}, Schema(title="t")),
        ({"required": ["a", 5]}, Schema(required=("a",))),
        ({"default": None, "example": [1]}, Schema(example=[1])),
        ({"$schema": "x", "examples": [], "multipleOf": 2, "title": 5, "minimum": "0"}, Schema()),
    ],
)
def test_keywords(document: dict[str, Any], expected: Schema) -> None:
    """Each keyword this API has is said in its words, the others are left out."""
    assert expected == schema_of(document)


keywords = st.sampled_from(
    "type format title description enum const items minItems properties required anyOf oneOf "
    "additionalProperties $ref $defs definitions minimum pattern default example unknown".split()
)
types = st.sampled_from([*map(str.lower, sorted(SCHEMA_TYPES)), "any", 5, None])
documents = st.recursive(
    st.dictionaries(keywords, free_json | types, max_size=4),
    lambda inner: st.dictionaries(
        keywords,
        inner | st.lists(inner | types, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
        max_size=4,
    ),
    max_leaves=8,
)


@given(documents)
def test_any_document_can_be_declared(document: dict[str, Any]) -> None:
    """What comes of any document, however odd, is said and read again."""
    declaration = FunctionDeclaration(name="f", parameters=schema_of(document))
    setup = Setup(model="m", tools=(Tool(function_declarations=(declaration,)),))
    assert [setup] == GeminiServerConnection().receive(GeminiConnection().send(setup))


def test_a_bottomless_schema() -> None:
    """A schema that nests too deep for a frame is refused, and not by running out of stack."""
    document: dict[str, Any] = {}
    for _ in range(10_000):
        document = {"items": document}
    with pytest.raises(ConfigurationError, match="nests more than"):
        schema_of(document)


def test_references_do_not_multiply_without_end() -> None:
    """A few lines that refer to each other are refused where they come to too much."""
    defs: dict[str, Any] = {
        f"A{n}": {"properties": {side: {"$ref": f"#/$defs/A{n + 1}"} for side in "lr"}}
        for n in range(40)
    }
    with pytest.raises(ConfigurationError, match=f"more than {MAX_PARTS} schemas"):
        schema_of({"$ref": "#/$defs/A0", "$defs": defs})


def test_a_schema_as_it_is_written() -> None:
    """Type names are in upper case, 64-bit integers are text."""
    schema = schema_of({"type": "array", "items": {"type": "string"}, "maxItems": 3})
    tool = Tool(function_declarations=(FunctionDeclaration(name="f", parameters=schema),))
    said = json.loads(GeminiConnection().send(Setup(model="m", tools=(tool,))))
    assert said["setup"]["tools"][0]["functionDeclarations"][0]["parameters"] == {
        "type": "ARRAY",
        "items": {"type": "STRING"},
        "maxItems": "3",
    }
