"""The compiled hooks do what a loop over the members of the class does, and build true values."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, get_args, get_type_hints

import attrs
import pytest
from attrs import field, frozen
from helpers.strategies import events, free_json
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto import gemini, openai
from realtime_proto._codec import Codec, Mismatch, _allows_none, _kind, camel_case
from realtime_proto._compile import _twin
from realtime_proto.wire import UNSET, JsonObject, Unset, WireValue, notes_of


@frozen(kw_only=True)
class Inner(WireValue):
    type: ClassVar[Literal["inner"]] = "inner"
    number: int
    note: str | None = None


@frozen(kw_only=True)
class Outer(WireValue):
    """A member of every kind and of every way to be left out."""

    type: ClassVar[Literal["outer"]] = "outer"
    text_of: str
    share: float
    maybe: str | None
    plain: str | Unset = UNSET
    either: bool | Unset | None = UNSET
    null: int | None = None
    flag: bool = False
    count: int = 7
    names: tuple[str, ...] = ()
    audio: bytes = b""
    free: JsonObject | None = None
    inner: Inner | None = None
    by_name: Mapping[str, Inner] | Unset = UNSET
    limit: int | str | None = None


@frozen(kw_only=True)
class Called(WireValue):
    """One that attrs has to build."""

    text_of: str
    names: tuple[str, ...] = field(factory=tuple)
    flag: bool = field(default=False, converter=bool)


CODECS = [Codec(dialect="d"), Codec(camel=True, tagged=False, dialect="d")]


def plainly(codec: Codec, cls: type, value: Any) -> Any:
    """What the head of `_codec` says of reading, as a loop: (value, said, unknown), or faults."""
    fields = attrs.fields(cls)
    names = {f.name: camel_case(f.name) if codec._camel else f.name for f in fields}
    by_key = {key: value[key] for key in value}
    for name, key in names.items():
        if name != key and name in by_key:
            by_key.setdefault(key, by_key[name])
            del by_key[name]
    hints = get_type_hints(cls)
    arguments, said = {}, {}
    faults: list[tuple[str, str]] = []
    for f in fields:
        key, hint = names[f.name], hints[f.name]
        if key not in by_key:
            if f.default is attrs.NOTHING:
                faults.append((f".{key}", "missing"))
            continue
        raw = by_key.pop(key)
        if raw is None and not _allows_none(hint):
            if f.default is attrs.NOTHING:
                faults.append((f".{key}", "null"))
            said[key] = None
            continue
        try:
            read = (
                None
                if raw is None
                else codec._converter.get_structure_hook(_kind(hint))(raw, Counter())
            )
        except Mismatch as mismatch:
            faults += mismatch.below(f".{key}")
            continue
        arguments[f.name] = read
        if f.default is not UNSET and read == f.default:
            said[key] = raw
    if faults:
        return tuple(faults[:32])
    if codec._tagged:
        by_key.pop("type", None)
    return cls(**arguments), said, by_key


def compiled(codec: Codec, cls: type, value: Any) -> Any:
    """The same of the compiled hook; what is unknown is in the drift too."""
    drift: Counter[str] = Counter()
    try:
        read = codec.reader(cls)(value, drift)
    except Mismatch as mismatch:
        assert not any(name.startswith(f"{getattr(cls, 'type', cls.__name__)}.") for name in drift)
        return mismatch.faults
    notes = notes_of(read)
    owner = getattr(cls, "type", cls.__name__)
    unknown = dict(notes.unknown) if notes else {}
    assert {f"{owner}.{key}" for key in unknown} == {n for n in drift if n.startswith(f"{owner}.")}
    return read, dict(notes.said) if notes else {}, unknown


ONE_WITH_A_CONVERTER = gemini.SessionResumptionUpdate
"""It says that an int given to it is 64 bits wide."""

odd_values = free_json | st.sampled_from(
    [None, "", 0, 7, False, [], {}, "AAAA", b"raw"[:0].decode()]
)


@pytest.mark.parametrize("codec", CODECS, ids=["plain", "camel"])
@pytest.mark.parametrize("cls", [Outer, Called])
@given(data=st.data())
def test_reading_is_what_the_loop_does(codec, cls, data) -> None:
    """For objects that are nearly right: members gone, null, wrong, new, by either name."""
    value = codec.unstructure(data.draw(events(cls)))
    keys = [name for f in attrs.fields(cls) for name in {f.name, camel_case(f.name)}] + ["new"]
    changes = data.draw(st.dictionaries(st.sampled_from(keys), odd_values, max_size=4))
    gone = data.draw(st.sets(st.sampled_from(keys), max_size=2))
    value = {key: item for key, item in {**value, **changes}.items() if key not in gone}
    assert plainly(codec, cls, value) == compiled(codec, cls, dict(value))


@pytest.mark.parametrize("codec", CODECS, ids=["plain", "camel"])
@given(data=st.data())
def test_writing_is_what_the_loop_does(codec, data) -> None:
    """Each member unless it is its default, in the order of the class."""
    value = data.draw(events(Outer))
    hints = get_type_hints(Outer)
    written: dict[str, Any] = {"type": "outer"} if codec._tagged else {}
    for f in attrs.fields(Outer):
        item = getattr(value, f.name)
        if item is f.default or (item == f.default and item.__class__ is f.default.__class__):
            continue
        key = camel_case(f.name) if codec._camel else f.name
        hook = codec._converter.get_unstructure_hook(_kind(hints[f.name]))
        written[key] = None if item is None else hook(item)
    assert list(written.items()) == list(codec.unstructure(value).items())


@pytest.mark.parametrize("cls", [*get_args(openai.ServerEvent), *get_args(gemini.ServerEvent)])
def test_events_are_built_by_their_twin(cls) -> None:
    """Else reading them would be as slow as calling the class."""
    codec = CODECS[1]
    members = codec._members(cls)
    assert (_twin(cls, members) is not None) == all(member.is_plain for member in members)
    assert all(member.is_plain for member in members) == (cls is not ONE_WITH_A_CONVERTER)


def test_what_a_twin_built_is_a_true_value() -> None:
    """Of its class, frozen, to be referred to weakly, to be evolved."""
    value = {"text_of": "a", "share": 1.0, "maybe": None, "inner": {"number": 1}}
    read = CODECS[0].reader(Outer)(value, Counter())
    assert type(read) is Outer
    assert type(read.inner) is Inner
    assert read == Outer(text_of="a", share=1.0, maybe=None, inner=Inner(number=1))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        read.text_of = "b"
    assert weakref.ref(read)() is read
    assert attrs.evolve(read, text_of="b").text_of == "b"
