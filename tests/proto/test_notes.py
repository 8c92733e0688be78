"""What came by wire goes out as it came, though its fields do not tell all of it."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, get_args, get_type_hints

import attrs
import pytest
from attrs import frozen
from helpers.strategies import events, free_json_object
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto import gemini, openai
from realtime_proto._codec import Codec
from realtime_proto.wire import (
    UNSET,
    JsonObject,
    UnknownObject,
    Unset,
    WireValue,
    explicit_nulls,
    notes_of,
    unknown_fields,
)


@frozen(kw_only=True)
class Inner(WireValue):
    type: ClassVar[Literal["inner"]] = "inner"
    number: int
    note: str | None = None


@frozen(kw_only=True)
class Other(WireValue):
    type: ClassVar[Literal["other"]] = "other"


@frozen(kw_only=True)
class Outer(WireValue):
    """One field of each way to be optional."""

    text: str
    plain: str | Unset = UNSET
    nullable: str | None = None
    either: str | Unset | None = UNSET
    flag: bool = False
    count: int = 0
    names: tuple[str, ...] = ()
    free: JsonObject | None = None
    labels: Mapping[str, str] | None = None
    inner: Inner | Other | UnknownObject | None = None
    inners: tuple[Inner, ...] = ()
    by_name: Mapping[str, Inner] | None = None
    snake_name: bool = False


CODEC = Codec()
CAMEL = Codec(camel=True, tagged=False)


def read(value: Any, codec: Codec = CODEC) -> Any:
    """*value* as an Outer."""
    return codec.structure(value, Outer, drift=Counter())


INNER = {"type": "inner", "number": 1}

ODD = [
    {"plain": None},
    {"nullable": None},
    {"either": None},
    {"flag": None},
    {"flag": False},
    {"count": 0},
    {"count": None},
    {"names": []},
    {"names": None},
    {"free": None},
    {"free": {}},
    {"inner": {**INNER, "note": None}},
    {"inner": {**INNER, "new": [1, {"x": None}]}},
    {"inners": []},
    {"inners": [INNER, {**INNER, "note": None}]},
    {"by_name": {"a": {**INNER, "note": None}, "b": INNER}},
    {"new": None},
    {"new": {"deep": [None]}, "newer": 1.5},
]


@pytest.mark.parametrize("change", ODD, ids=str)
def test_what_came_goes_out_the_same(change) -> None:
    """Nulls, values that equal a default, members without a field; at every level."""
    value = {"text": "x", **change}
    assert value == CODEC.unstructure(read(value))


@pytest.mark.parametrize(
    "change", [{}, {"plain": "a"}, {"either": None}, {"inner": INNER}], ids=str
)
def test_what_the_fields_tell_is_not_noted(change) -> None:
    """The usual value costs nothing."""
    assert notes_of(read({"text": "x", **change})) is None


@given(data=st.data())
def test_any_object_goes_out_as_it_came(data) -> None:
    """Whatever of the members is there, null, or as by default; with any member beside them."""
    usual = CODEC.unstructure(data.draw(events(Outer)))
    nulls = data.draw(st.sets(st.sampled_from([f.name for f in attrs.fields(Outer)][1:])))
    defaults = {"flag": False, "count": 0, "names": [], "inners": [], "snake_name": False}
    kept = data.draw(st.sets(st.sampled_from(sorted(defaults))))
    value = {
        **{f"{key}'": item for key, item in data.draw(free_json_object).items()},
        **usual,
        **{key: defaults[key] for key in kept},
        **dict.fromkeys(nulls),
    }
    assert value == CODEC.unstructure(read(value))


def test_notes_are_no_part_of_the_value() -> None:
    """Not of equality, hash or repr."""
    noted, plain = read({"text": "x", "nullable": None, "new": 1}), Outer(text="x")
    assert noted == plain
    assert hash(noted) == hash(plain)
    assert repr(noted) == repr(plain)


def test_notes_can_be_asked_for() -> None:
    """By the wire's names."""
    noted = read({"text": "x", "flag": None, "count": 0, "new": 1})
    assert explicit_nulls(noted) == {"flag"}
    assert unknown_fields(noted) == {"new": 1}
    assert explicit_nulls(Outer(text="x")) == set()
    assert unknown_fields(Outer(text="x")) == {}
    with pytest.raises(TypeError):
        unknown_fields(noted)["new"] = 2  # type: ignore[index]


@pytest.mark.parametrize(
    "remake",
    [lambda v: pickle.loads(pickle.dumps(v)), copy.copy, copy.deepcopy],  # noqa: S301 - our own
    ids=["pickle", "copy", "deepcopy"],
)
@pytest.mark.parametrize("change", [{}, *ODD], ids=str)
def test_notes_go_with_a_copy(remake, change) -> None:
    """A pickled or copied value is the one that came."""
    value = {"text": "x", **change}
    remade = remake(read(value))
    assert remade == read(value)
    assert value == CODEC.unstructure(remade)


def test_an_evolved_value_is_a_new_one() -> None:
    """Nobody received it, so it has no notes; what is nested in it keeps its own."""
    value = {"text": "x", "nullable": None, "inner": {**INNER, "note": None}}
    evolved = attrs.evolve(read(value), text="y")
    assert notes_of(evolved) is None
    assert CODEC.unstructure(evolved) == {"text": "y", "inner": {**INNER, "note": None}}


def test_unknown_members_stay_in_their_dialect() -> None:
    """A null is a null everywhere; what only one server says is not said to another."""
    value = {"text": "x", "nullable": None, "new": 1}
    assert Codec(dialect="other").unstructure(read(value)) == {"text": "x", "nullable": None}


def test_both_spellings_of_a_member_are_one() -> None:
    """What is noted goes out in the spelling that is sent."""
    for value in ({"text": "", "snakeName": False}, {"text": "", "snake_name": False}):
        assert {"text": "", "snakeName": False} == CAMEL.unstructure(read(value, CAMEL))
    assert {"text": "", "snakeName": None} == CAMEL.unstructure(
        read({"text": "", "snake_name": None}, CAMEL)
    )


def test_a_class_without_the_base_goes_without_notes() -> None:
    """It is read and sent as ever."""

    @frozen
    class Bare:
        flag: bool = False

    drift: Counter[str] = Counter()
    bare = CODEC.structure({"flag": False, "new": 1}, Bare, drift=drift)
    assert {} == CODEC.unstructure(bare)
    assert drift == {"Bare.new": 1}


def classes_within(hint: Any, found: set[type]) -> set[type]:
    """Every attrs class that *hint* can hold."""
    if attrs.has(hint) and hint is not UnknownObject and hint not in found:
        found.add(hint)
        for inner in get_type_hints(hint).values():
            classes_within(inner, found)
    for inner in get_args(hint):
        classes_within(inner, found)
    return found


@pytest.mark.parametrize("provider", [openai, gemini], ids=lambda p: p.__name__)
def test_every_wire_class_keeps_notes(provider) -> None:
    """All that can come by wire derives from WireValue."""
    classes = classes_within(provider.ClientEvent | provider.ServerEvent, set())
    assert len(classes) > 20
    assert [] == [cls.__name__ for cls in classes if not issubclass(cls, WireValue)]
