"""Rules of leniency let a server's ways pass, and its dialect sends them on as they came."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any, ClassVar, Literal

import pytest
from attrs import frozen

from realtime_proto._codec import Codec, Mismatch, camel_case
from realtime_proto._leniency import Absent, Instead, Moved, Nested, Untagged
from realtime_proto.wire import UNSET, UnknownObject, Unset, WireValue, explicit_nulls


@frozen(kw_only=True)
class Part(WireValue):
    type: ClassVar[Literal["part"]] = "part"
    text: str | Unset = UNSET


@frozen(kw_only=True)
class Usage(WireValue):
    tokens: int | None = None


@frozen(kw_only=True)
class Body(WireValue):
    id: str
    status: str | None = None
    usage: Usage | None = None


@frozen(kw_only=True)
class Event(WireValue):
    type: ClassVar[Literal["event"]] = "event"
    index: int
    part: Part | UnknownObject
    body: Body | Unset = UNSET
    texts: tuple[str, ...] = ()


RULES = (
    Absent(Event, "index", reads=0),
    Instead(Event, "index", raw=None, reads=-1),
    Absent(Event, "part", reads=Part()),
    Untagged(Event, "part", reads=Part),
    Instead(Body, "status", raw="n/a", reads=None),
    Instead(Body, "id", raw=False, reads="none"),
    Moved(Event, "usage", to=("body", "usage")),
    Nested(Body, "inner"),
)

STRICT = Codec()
LENIENT = Codec(dialect="lenient", rules=RULES)

PART = {"type": "part"}
USUAL = {"type": "event", "index": 1, "part": PART, "body": {"id": "b"}}


def read(value: Any, codec: Codec = LENIENT) -> tuple[Any, Counter[str]]:
    """*value* as an Event, and what was unknown in it."""
    drift: Counter[str] = Counter()
    return codec.structure(value, Event, drift=drift), drift


def without(*keys: str, **change: Any) -> dict[str, Any]:
    """The usual event without *keys*, with *change*."""
    return {key: item for key, item in {**USUAL, **change}.items() if key not in keys}


CASES = [
    pytest.param(without("index"), {"index": 0}, id="absent"),
    pytest.param(without(index=None), {"index": -1}, id="null"),
    pytest.param(without("part"), {"part": Part()}, id="absent class"),
    pytest.param(without(part={"text": "t"}), {"part": Part(text="t")}, id="untagged"),
    pytest.param(
        without(body={"id": "b", "status": "n/a"}), {"body": Body(id="b")}, id="placeholder"
    ),
    pytest.param(without(body={"id": False}), {"body": Body(id="none")}, id="instead"),
    pytest.param(
        without(usage={"tokens": 5}),
        {"body": Body(id="b", usage=Usage(tokens=5))},
        id="moved to nothing",
    ),
    pytest.param(
        without(usage={"tokens": 5}, body={"id": "b", "usage": {}}),
        {"body": Body(id="b", usage=Usage(tokens=5))},
        id="moved to something empty",
    ),
    pytest.param(
        without(body={"inner": {"id": "b", "status": "n/a", "new": 1}}),
        {"body": Body(id="b", status="n/a")},
        id="nested",
    ),
    pytest.param(
        without("index", "part", usage={"new": None}, body={"id": "b", "status": "n/a", "x": 1}),
        {"index": 0, "part": Part(), "body": Body(id="b", usage=Usage())},
        id="all at once",
    ),
]


@pytest.mark.parametrize(("value", "reads"), CASES)
def test_a_rule_says_what_is_read(value, reads) -> None:
    """The fields hold what the rule says, and the same dialect sends what came."""
    before = pickle.dumps(value)
    event, _ = read(value)
    assert reads == {name: getattr(event, name) for name in reads}
    assert value == LENIENT.unstructure(event)
    assert value == LENIENT.unstructure(pickle.loads(pickle.dumps(event)))  # noqa: S301 - our own
    assert before == pickle.dumps(value)


@pytest.mark.parametrize(("value", "reads"), CASES)
def test_another_dialect_sends_what_the_classes_have(value, reads) -> None:
    """What went through a lenient codec is whole for a strict one."""
    event, _ = read(value)
    assert event == read(STRICT.unstructure(event), STRICT)[0]


@pytest.mark.parametrize(("value", "reads"), CASES)
def test_without_the_rule_it_is_refused_or_read_otherwise(value, reads) -> None:
    """Every rule is needed for something."""
    try:
        event, _ = read(value, STRICT)
    except Mismatch:
        return
    assert reads != {name: getattr(event, name) for name in reads}


def test_what_is_usual_is_read_as_ever() -> None:
    """A rule that has nothing to bend leaves no trace."""
    event, drift = read({**USUAL, "texts": []})
    assert event == Event(index=1, part=Part(), body=Body(id="b"))
    assert drift == {}
    assert LENIENT.unstructure(event) == {**USUAL, "texts": []}
    assert read({**USUAL, "part": {"type": "z"}})[0].part.tag == "z"


@pytest.mark.parametrize(
    "value",
    [
        without("body", usage={"tokens": 5}),
        without(usage={"tokens": 5}, body={"id": "b", "usage": {"tokens": 6}}),
    ],
    ids=["no body", "there is one"],
)
def test_what_cannot_be_moved_is_unknown(value) -> None:
    """Where the inner object is not there, or has a member of its own."""
    event, drift = read(value)
    assert drift == {"event.usage": 1}
    assert value == LENIENT.unstructure(event)


@pytest.mark.parametrize("inner", [{"id": "c"}, 5, None], ids=["there", "number", "null"])
def test_what_cannot_be_lifted_is_unknown(inner) -> None:
    """Where the outer object has a member of its own, or there is no inner one."""
    value = without(body={"id": "b", "inner": inner})
    event, drift = read(value)
    assert event.body == Body(id="b")
    assert drift == {"Body.inner": 1}
    assert value == LENIENT.unstructure(event)


def test_what_is_wrong_is_still_wrong() -> None:
    """A rule lets one thing pass, not its neighbours."""
    for value in (without(index=0.5), without(part=[]), without(part={"type": None}), [], None):
        with pytest.raises(Mismatch):
            read(value)
    with pytest.raises(Mismatch) as caught:
        read(without("part", "index", body={"status": "n/a"}))
    assert caught.value.faults == ((".body.id", "missing"),)


@frozen(kw_only=True)
class Camel(WireValue):
    long_name: str
    other_name: int


def test_a_rule_knows_both_names_of_a_member() -> None:
    """It names the attribute; the wire has it in one spelling or the other."""
    codec = Codec(
        camel=True,
        tagged=False,
        rules=(Absent(Camel, "long_name", reads="-"), Instead(Camel, "other_name", None, reads=0)),
    )
    for value, reads in (
        ({"otherName": None}, Camel(long_name="-", other_name=0)),
        ({"longName": "a", "otherName": 1}, Camel(long_name="a", other_name=1)),
        ({"long_name": "a", "other_name": None}, Camel(long_name="a", other_name=0)),
    ):
        read = codec.structure(value, Camel, drift=Counter())
        assert reads == read
        assert {camel_case(key): item for key, item in value.items()} == codec.unstructure(read)


def test_a_rule_reads_what_the_annotation_allows() -> None:
    """Else the codec refuses to be built."""
    codec = Codec(rules=(Absent(Event, "index", reads="none"),))
    with pytest.raises(Mismatch):
        codec.structure(USUAL, Event, drift=Counter())


def test_a_null_let_pass_is_no_explicit_null() -> None:
    """Only a null that the class foresees is told."""
    event, _ = read(without(index=None, body={"id": "b", "status": None}))
    assert explicit_nulls(event) == set()
    assert explicit_nulls(event.body) == {"status"}
