"""What the wire classes of every provider share."""

from __future__ import annotations

import pickle

from attrs import field, frozen

from realtime_proto.wire import UNSET, UnknownEvent, UnknownObject, WireValue, count_ids


@frozen(kw_only=True)
class Word(WireValue):
    text: str = ""
    audio: bytes = field(default=b"", repr=False)


@frozen(kw_only=True)
class Name(WireValue):
    text: str = ""
    audio: bytes = field(default=b"", repr=False)


def test_wire_values_are_values() -> None:
    """They are equal by class and fields, hash alike, and show what may be shown."""
    assert Word(text="a") == Word(text="a")
    assert hash(Word(text="a")) == hash(Word(text="a"))
    assert Word(text="a") != Word(text="a", audio=b"x")
    assert Word(text="a") != Name(text="a")
    assert len({Word(), Name(), Word()}) == 2
    assert repr(Word(text="a", audio=b"secret")) == "Word(text='a')"


def test_unset_is_false_and_says_its_name() -> None:
    """So `value or default` works, and a repr reads well."""
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert UNSET is not None  # type: ignore[comparison-overlap]


def test_ids_count_from_one() -> None:
    """Each factory by itself."""
    first, second = count_ids("a"), count_ids("b")
    assert [first(), first(), second()] == ["a_1", "a_2", "b_1"]


def test_what_nobody_knows_keeps_its_content_out_of_the_repr() -> None:
    """It may be audio, and long."""
    assert "secret" not in repr(UnknownEvent(tag="x", raw={"type": "x", "a": "secret"}))
    assert "secret" not in repr(UnknownObject(tag="x", raw={"type": "x", "a": "secret"}))
    assert UnknownEvent.type is UnknownObject.type is None


@frozen(kw_only=True)
class Shown(WireValue):
    """Fields as attrs can have them."""

    name: str
    secret: str = field(default="", repr=False)
    size: bytes = field(default=b"", repr=lambda data: f"<{len(data)} bytes>")
    seen: int = field(default=0, eq=False)


def test_what_attrs_is_told_of_a_field_holds() -> None:
    """Though the methods are shared."""
    value = Shown(name="a", secret="s", size=b"ab", seen=1)
    assert "Shown(name='a', size=<2 bytes>, seen=1)" == repr(value)
    assert value == Shown(name="a", secret="s", size=b"ab", seen=2)
    assert hash(value) == hash(Shown(name="a", secret="s", size=b"ab", seen=2))
    assert value != Shown(name="a", secret="s", size=b"")
    assert value != "a"
    assert pickle.loads(pickle.dumps(value)).seen == 1  # noqa: S301 - our own
