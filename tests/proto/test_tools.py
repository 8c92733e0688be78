"""Signatures as JSON Schema, JSON arguments as call arguments, results as JSON."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal, NewType, NotRequired, TypedDict

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto import RealtimeConfig, Secret
from realtime_proto.errors import ConfigurationError, ToolError
from realtime_proto.tools import MAX_RESULT_BYTES, McpServer, ToolDefinition


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@attrs.frozen
class Place:
    """An attrs class."""

    city: Annotated[str, "A city's name"]
    country: str = "Japan"


@dataclasses.dataclass
class Trip:
    """A dataclass with another class inside."""

    place: Place
    days: int
    tags: list[str] = dataclasses.field(default_factory=list)


class Options(TypedDict):
    """A TypedDict."""

    unit: Literal["celsius", "fahrenheit"]
    verbose: NotRequired[Annotated[bool, "Say more"]]


@attrs.frozen
class Even:
    """A class that checks itself."""

    number: int = attrs.field()

    @number.validator
    def _check(self, _: object, value: int) -> None:
        if value % 2:
            raise ValueError(f"{value} is odd")


@attrs.frozen
class Endless:
    """A class that holds itself."""

    inner: Endless | None = None


UserId = NewType("UserId", int)


def schema_of(annotation: Any) -> Any:
    def tool(value: Any) -> None: ...

    tool.__annotations__["value"] = annotation
    return ToolDefinition.from_function(tool).parameters["properties"]["value"]


def bound(annotation: Any, value: Any) -> Any:
    def tool(value: Any) -> None: ...

    tool.__annotations__["value"] = annotation
    return ToolDefinition.from_function(tool).bind({"value": value})["value"]


PLACE = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "A city's name"},
        "country": {"type": "string", "default": "Japan"},
    },
    "required": ["city"],
}

# (annotation, schema, a JSON value, what the function gets)
GOOD = [
    (str, {"type": "string"}, "a", "a"),
    (int, {"type": "integer"}, 5, 5),
    (int, {"type": "integer"}, 5.0, 5),
    (float, {"type": "number"}, 5, 5.0),
    (bool, {"type": "boolean"}, True, True),
    (None, {"type": "null"}, None, None),
    (Any, {}, {"a": [1]}, {"a": [1]}),
    (UserId, {"type": "integer"}, 7, 7),
    (Literal["x", "y"], {"type": "string", "enum": ["x", "y"]}, "y", "y"),
    (Literal[1, "y"], {"enum": [1, "y"]}, 1, 1),
    (Colour, {"type": "string", "enum": ["red", "blue"]}, "blue", Colour.BLUE),
    (Level, {"type": "integer", "enum": [1, 2]}, 2, Level.HIGH),
    (int | None, {"type": ["integer", "null"]}, None, None),
    (int | str, {"type": ["integer", "string"]}, "5", "5"),
    (Place | None, {"anyOf": [PLACE, {"type": "null"}]}, {"city": "Nara"}, Place("Nara")),
    (list, {"type": "array"}, [1, "a"], [1, "a"]),
    (list[int], {"type": "array", "items": {"type": "integer"}}, [1, 2.0], [1, 2]),
    (Sequence[str], {"type": "array", "items": {"type": "string"}}, ["a"], ["a"]),
    (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}, [1, 2], (1, 2)),
    (
        tuple[float, float],
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        [1, 2.5],
        (1.0, 2.5),
    ),
    (
        set[str],
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        ["a", "a"],
        {"a"},
    ),
    (dict, {"type": "object"}, {"a": 1}, {"a": 1}),
    (
        dict[str, float],
        {"type": "object", "additionalProperties": {"type": "number"}},
        {"a": 1},
        {"a": 1.0},
    ),
    (Place, PLACE, {"city": "Nara"}, Place("Nara")),
    (
        Trip,
        {
            "type": "object",
            "properties": {
                "place": PLACE,
                "days": {"type": "integer"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["place", "days"],
        },
        {"place": {"city": "Oslo", "country": "Norway"}, "days": 2},
        Trip(Place("Oslo", "Norway"), 2),
    ),
    (
        Options,
        {
            "type": "object",
            "properties": {
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "verbose": {"type": "boolean", "description": "Say more"},
            },
            "required": ["unit"],
        },
        {"unit": "celsius"},
        {"unit": "celsius"},
    ),
    (Annotated[int, "How many"], {"type": "integer", "description": "How many"}, 1, 1),
]


@pytest.mark.parametrize(("annotation", "schema", "value", "expected"), GOOD)
def test_an_annotation_is_a_schema_and_a_conversion(
    annotation: Any, schema: Any, value: Any, expected: Any
) -> None:
    """What the model is told, and what the function gets of what it says."""
    assert schema == schema_of(annotation)
    result = bound(annotation, value)
    assert expected == result
    assert type(expected) is type(result)


@pytest.mark.parametrize(
    ("annotation", "value", "said"),
    [
        (str, 5, "'value' must be a string, not 5"),
        (str, None, "'value' must be a string, not None"),
        (int, "5", "'value' must be an integer, not '5'"),
        (int, True, "'value' must be an integer, not True"),
        (int, 5.5, "'value' must be an integer, not 5.5"),
        (float, "1.0", "'value' must be a number, not '1.0'"),
        (bool, 1, "'value' must be a boolean, not 1"),
        (None, 0, "'value' must be null, not 0"),
        (Literal["x", "y"], "z", "'value' must be one of 'x', 'y', not 'z'"),
        (Literal[1], True, "'value' must be one of 1, not True"),
        (Colour, "green", "'value' must be one of 'red', 'blue', not 'green'"),
        (Colour, ["red"], "'value' must be one of 'red', 'blue', not ['red']"),
        (int | None, "a", "'value' must be an integer or null, not 'a'"),
        (list[int], [1, "a"], "'value[1]' must be an integer, not 'a'"),
        (list[int], {"a": 1}, "'value' must be an array, not {'a': 1}"),
        (tuple[int, int], [1], "'value' must be an array of 2 items, not [1]"),
        (set[Any], [[1]], "'value' must be an array of scalars, not [[1]]"),
        (dict[str, int], {"a": "b"}, "'value.a' must be an integer, not 'b'"),
        (dict[str, int], [], "'value' must be an object, not []"),
        (Place, {}, "'value.city' is missing"),
        (Place, "Nara", "'value' must be an object, not 'Nara'"),
        (Place, {"city": "Nara", "zip": 1}, "'value.zip' is not a field"),
        (Place | None, {"city": 1}, "'value.city' must be a string, not 1"),
        (Even, {"number": 3}, "'value' is not valid: 3 is odd"),
        (Trip, {"place": {"city": 1}, "days": 1}, "'value.place.city' must be a string, not 1"),
    ],
)
def test_a_value_that_does_not_fit_is_said_with_its_path(
    annotation: Any, value: Any, said: str
) -> None:
    """The model is told where and what, and can try again."""
    with pytest.raises(ToolError) as caught:
        bound(annotation, value)
    assert f"wrong arguments for tool: {said}" == caught.value.message


def test_all_faults_of_a_call_are_told_at_once() -> None:
    """Unknown, missing and wrong arguments in one sentence each."""

    def tool(city: str, days: int, colour: Colour = Colour.RED) -> None: ...

    with pytest.raises(ToolError) as caught:
        ToolDefinition.from_function(tool).bind({"town": "Nara", "days": "2", "colour": "green"})
    assert (
        "wrong arguments for tool: 'town' is not a parameter; 'city' is missing; "
        "'days' must be an integer, not '2'; 'colour' must be one of 'red', 'blue', not 'green'"
    ) == caught.value.message


def test_arguments_are_data_and_nothing_in_them_is_evaluated() -> None:
    """Neither a name nor a text reaches anything but the parameter of that name."""

    def tool(city: str) -> str:
        return city

    definition = ToolDefinition.from_function(tool)
    hostile = "__import__('os').system('true')"
    assert {"city": hostile} == definition.bind({"city": hostile})
    with pytest.raises(ToolError, match="is not a parameter"):
        definition.bind({"city": "a", "__class__": "b"})


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        (bytes, "which a tool cannot take"),
        (object, "which a tool cannot take"),
        (dict[int, str], "the keys of an object are str"),
        (tuple[int, str], "items must all be of one type"),
        (Literal[b"x"], "a choice is among"),
        (Endless, "for ever"),
    ],
)
def test_what_cannot_be_described_is_found_when_the_tool_is_made(
    annotation: Any, said: str
) -> None:
    """Not when a model calls it."""
    with pytest.raises(ConfigurationError, match=said):
        schema_of(annotation)


def test_docstring_and_defaults_are_told_to_the_model() -> None:
    """The first paragraph, the Args section, and each default that is JSON."""
    sentinel = object()

    def search(
        query: str, limit: int = 5, colour: Colour = Colour.RED, hidden: Any = sentinel
    ) -> None:
        """Search the web
        for pages.

        More that the model is not told.

        Args:
            query: What to look for,
                in a few words.
            limit (int): How many at most.

        Returns:
            nothing: at all.
        """

    tool = ToolDefinition.from_function(search)
    assert ("search", "Search the web for pages.") == (tool.name, tool.description)
    assert {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "What to look for, in a few words."},
            "limit": {"type": "integer", "description": "How many at most.", "default": 5},
            "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "hidden": {},
        },
        "required": ["query"],
    } == tool.parameters


def test_methods_partials_and_callable_objects_are_tools() -> None:
    """What can be called with keywords can be a tool."""

    class Weather:
        """Say the weather."""

        def get(self, city: str) -> str:
            """Get the weather."""
            return city

        def __call__(self, city: str) -> str:
            return city

    weather = Weather()
    assert {"city": {"type": "string"}} == (
        ToolDefinition.from_function(weather.get).parameters["properties"]
    )
    called = ToolDefinition.from_function(weather, name="weather")
    assert {"city": "Nara"} == called.bind({"city": "Nara"})

    def at(city: str, unit: str) -> str:
        """Get it."""
        return city + unit

    fixed = ToolDefinition.from_function(partial(at, unit="C"))
    assert ("at", "Get it.") == (fixed.name, fixed.description)
    assert ["city"] == fixed.parameters["required"]


def test_keyword_arguments_take_what_is_not_named() -> None:
    """A `**kwargs` of the function takes everything else as it is."""

    def tool(city: str, **more: Any) -> None: ...

    definition = ToolDefinition.from_function(tool)
    assert {"city": "Nara", "x": [1]} == definition.bind({"city": "Nara", "x": [1]})
    assert ["city"] == list(definition.parameters["properties"])


@pytest.mark.parametrize(
    "function", [lambda a, /: a, lambda *args: args, 7, None, str, "get_weather"]
)
def test_what_is_no_tool_is_refused(function: Any) -> None:
    """Positional parameters, classes, and what cannot be called."""
    with pytest.raises(ConfigurationError):
        ToolDefinition.from_function(function, name="tool")


def test_an_annotation_that_names_nothing_is_refused() -> None:
    """A forward reference to nowhere is found when the tool is made."""

    def tool(city: Nonsense) -> None: ...  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(ConfigurationError, match="cannot read the signature"):
        ToolDefinition.from_function(tool)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "1st"},
        {"name": "a b"},
        {"name": "a" * 65},
        {"description": "x" * 16_385},
        {"description": None},
        {"parameters": {"type": "string"}},
        {"parameters": {"type": "object", "default": math.nan}},
        {"function": "print"},
        {"timeout_s": 0},
        {"timeout_s": 3_601},
        {"timeout_s": True},
        {"timeout_s": "1"},
        {"max_running": 0},
        {"max_running": True},
        {"max_result_bytes": 0.5},
        {"needs_approval": "yes"},
    ],
)
def test_a_definition_is_checked_when_it_is_made(wrong: Any) -> None:
    """A wrong value is a ConfigurationError."""
    with pytest.raises(ConfigurationError):
        ToolDefinition(**{"name": "tool", **wrong})


# --- results


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (None, None),
        ("text", "text"),
        ((1, 2.5), [1, 2.5]),
        (Colour.RED, "red"),
        (Place("Nara"), {"city": "Nara", "country": "Japan"}),
        (
            Trip(Place("Oslo", "Norway"), 2, ["a"]),
            {"place": {"city": "Oslo", "country": "Norway"}, "days": 2, "tags": ["a"]},
        ),
        ({"places": [Place("Nara")]}, {"places": [{"city": "Nara", "country": "Japan"}]}),
    ],
)
def test_a_result_is_made_json(output: Any, expected: Any) -> None:
    """Instances of classes become objects, members of an Enum their values."""
    assert expected == ToolDefinition(name="tool").result(output)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({1, 2}, "returned set, which cannot be sent to the model: set is not JSON"),
        (object, "returned type, which cannot be sent"),
        (math.nan, "not finite"),
        (b"bytes", "bytes is not JSON"),
        ({1: 2}, "a key that is no string"),
        ("x" * (MAX_RESULT_BYTES + 1), f"over its limit of {MAX_RESULT_BYTES}: ask for less"),
        (["\N{EURO SIGN}" * 100_000], "returned 300004 bytes, over its limit"),
    ],
)
def test_a_result_that_cannot_be_sent_is_an_error_for_the_model(output: Any, said: str) -> None:
    """No JSON, or too large."""
    with pytest.raises(ToolError) as caught:
        ToolDefinition(name="tool").result(output)
    assert said in caught.value.message


def test_a_result_without_end_is_an_error() -> None:
    """A list that holds itself ends as an error, not in a crash."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ToolError, match="cannot be sent"):
        ToolDefinition(name="tool").result(endless)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["trip", "options", "n", "x"]), json_values))
def test_whatever_a_model_says_binds_or_is_a_tool_error(arguments: dict[str, Any]) -> None:
    """No other error, and what is bound has the type of its annotation."""

    def tool(trip: Trip, options: Options | None = None, n: int | list[Colour] = 0) -> None: ...

    definition = ToolDefinition.from_function(tool)
    try:
        result = definition.bind(arguments)
    except ToolError:
        return
    assert isinstance(result["trip"], Trip)
    assert isinstance(result.get("n", 0), int | list)


# --- MCP servers


def test_an_mcp_server_keeps_its_secrets() -> None:
    """Neither the token nor a header's value is shown."""
    server = McpServer(
        label="docs",
        url="https://docs.example/mcp",
        authorization="token-canary",
        headers={"X-Key": "header-canary"},
        allowed_tools=["search"],
    )
    assert "canary" not in repr(server) + repr(RealtimeConfig(mcp_servers=[server]))
    assert Secret("token-canary") == server.authorization
    assert ("search",) == server.allowed_tools


@pytest.mark.parametrize(
    "wrong", [{"label": "two words"}, {"url": "docs.example"}, {"url": None}, {"description": 7}]
)
def test_an_mcp_server_is_checked_when_it_is_made(wrong: Any) -> None:
    """A wrong value is a ConfigurationError."""
    with pytest.raises(ConfigurationError):
        McpServer(**{"label": "docs", "url": "https://docs.example/mcp", **wrong})
    with pytest.raises(ConfigurationError, match="McpServer"):
        RealtimeConfig(mcp_servers=[wrong])
    servers: Any
    for servers in (5, None, "https://docs.example/mcp"):
        with pytest.raises(ConfigurationError, match=r"mcp_servers must be a list, not "):
            RealtimeConfig(mcp_servers=servers)


@dataclasses.dataclass
class Unreadable:
    """Its annotation names what there is not."""

    place: NowhereToBeFound  # type: ignore[name-defined]  # noqa: F821 - that is the point


def test_a_class_whose_fields_cannot_be_read_is_refused() -> None:
    """When the tool is made, not when the model calls it."""

    def visit(where: Unreadable) -> str:
        """Visit it."""
        return str(where)

    with pytest.raises(ConfigurationError, match="cannot read the fields"):
        ToolDefinition.from_function(visit)


def test_a_tool_without_a_function_binds_nothing() -> None:
    """There is nothing to call with the arguments."""
    with pytest.raises(ToolError, match="'later' has no function to run"):
        ToolDefinition(name="later").bind({})


def test_what_has_no_name_says_where_to_give_one() -> None:
    """A lambda, and a server whose label is none."""
    with pytest.raises(ConfigurationError, match=r"a lambda has no name .* name=\.\.\."):
        RealtimeConfig(tools=[lambda city: "sunny"])
    with pytest.raises(ConfigurationError, match="an MCP server's label is a letter and"):
        McpServer(label="two words", url="https://docs.example/mcp")
