"""What the wire classes of every provider share: absent values, events nobody knows, ids.

On the wire an absent field and a null are different things wherever a client changes settings:
`turn_detection: null` turns detection off, no `turn_detection` leaves it as it is. So a field that
may be left out of what we send has the default UNSET, and None stands for null.

In what is received both may read alike: where None, or false, or an empty array is what a field
has anyway, nobody wants to ask whether it was on the wire. It still has to go out again as it came
in. So an event that came by wire carries `Notes` of what its fields do not tell, out of equality,
hash and repr. They are made only where there is something to note.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple, TypeAlias, final

from attrs import field, frozen

from realtime_proto._json import JsonObject

__all__ = (
    "UNSET",
    "CountedIds",
    "IdFactory",
    "JsonObject",
    "Notes",
    "UnknownEvent",
    "UnknownObject",
    "Unset",
    "WireValue",
    "count_ids",
    "explicit_nulls",
    "unknown_fields",
)


class _Absent(enum.Enum):
    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


Unset: TypeAlias = Literal[_Absent.UNSET]
UNSET: Final = _Absent.UNSET
"""The field is not on the wire at all."""


@final
class Notes(NamedTuple):
    """How an object of JSON came, where the fields of its class do not say so.

    Names are the wire's.

    Args:
        said: Members that were there though, by the value of their field, they would not be sent:
            explicit nulls, and what equals a default.
        bent: What a rule of leniency let pass: the value that was there, UNSET where none was.
        unknown: Members that have no field.
        dialect: The dialect it came in. `bent` and `unknown` hold inside of it only.
    """

    said: JsonObject
    bent: JsonObject
    unknown: JsonObject
    dialect: str

    def apply(self, packed: dict[str, Any], *, dialect: str) -> None:
        """Make *packed*, which is what the fields say, what came."""
        packed.update(self.said)
        if dialect == self.dialect:
            packed.update(self.unknown)
            for key, value in self.bent.items():
                if value is UNSET:
                    packed.pop(key, None)
                else:
                    packed[key] = value


class WireValue:
    """Base of the wire classes: keeps the notes on how a value came.

    They go with it through pickle and copy. `attrs.evolve` and the constructor make a new value,
    one that nobody received: it has none, but what is nested in it keeps its own.
    """

    __slots__ = ("__weakref__", "_notes")  # with the former here, subclasses differ in fields only
    if TYPE_CHECKING:
        _notes: Notes

    def __init_subclass__(cls) -> None:
        # attrs leaves alone what a class has. It would write, and Python compile, these three anew
        # for each of hundreds of classes: half of what importing a vocabulary takes.
        for name, method in (("__eq__", _equals), ("__hash__", _hash), ("__repr__", _shown)):
            setattr(cls, name, method)

    def __reduce__(self) -> tuple[Any, ...]:
        fields = self.__attrs_attrs__  # type: ignore[attr-defined]  # of a class of attrs
        state = {field.name: getattr(self, field.name) for field in fields}
        return _restored, (type(self), state, notes_of(self))


def _values(value: Any) -> tuple[Any, ...]:
    return tuple([getattr(value, field.name) for field in value.__attrs_attrs__ if field.eq])


def _equals(self: object, other: object) -> bool:
    return _values(self) == _values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: object) -> int:
    return hash((self.__class__, _values(self)))


def _shown(self: Any) -> str:
    shown = (
        f"{field.name}={(repr if field.repr is True else field.repr)(getattr(self, field.name))}"
        for field in self.__attrs_attrs__
        if field.repr
    )
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _restored(cls: type[WireValue], state: dict[str, Any], notes: Notes | None) -> WireValue:
    value = object.__new__(cls)
    for name, item in state.items():
        object.__setattr__(value, name, item)
    if notes is not None:
        keep_notes(value, notes)
    return value


def notes_of(value: object) -> Notes | None:
    """What was noted when *value* came, if anything was."""
    return getattr(value, "_notes", None)


def keep_notes(value: WireValue, notes: Notes) -> None:
    """Put *notes* beside the fields of *value*, which is frozen but in nobody's hands yet."""
    object.__setattr__(value, "_notes", notes)


def explicit_nulls(value: WireValue) -> frozenset[str]:
    """Wire names of the members that came as null where the field alone does not tell it.

    A field that can be both UNSET and None tells it itself and is not among them.

    Example:
        >>> from realtime_proto.openai import OpenAIConnection
        >>> frame = '{"type":"conversation.created","conversation":{"id":null}}'
        >>> (event,) = OpenAIConnection().receive(frame)
        >>> event.conversation.id, event.conversation.object
        (None, None)
        >>> explicit_nulls(event.conversation)
        frozenset({'id'})
    """
    notes = notes_of(value)
    return frozenset(() if notes is None else (k for k, raw in notes.said.items() if raw is None))


def unknown_fields(value: WireValue) -> JsonObject:
    """The members that came and have no field: a server's own, or newer than this version.

    Example:
        >>> from realtime_proto.openai import OpenAIConnection
        >>> (event,) = OpenAIConnection().receive('{"type":"session.created","session":{},"x":1}')
        >>> unknown_fields(event)
        mappingproxy({'x': 1})
    """
    notes = notes_of(value)
    return MappingProxyType({} if notes is None else notes.unknown)


@final
@frozen(kw_only=True)
class UnknownEvent:
    """An event of a type this version does not know. Nothing of it is lost: it can be sent on as it
    came.

    Args:
        tag: Its name on the wire.
        raw: The JSON object it came as; for Gemini the value of the member named by `tag`.
    """

    type: ClassVar[None] = None
    tag: str
    raw: Any = field(repr=False)


@final
@frozen(kw_only=True)
class UnknownObject:
    """A nested object (item, content part, tool) of a type not known here, kept as it came."""

    type: ClassVar[None] = None
    tag: str
    raw: JsonObject = field(repr=False)


IdFactory: TypeAlias = Callable[[], str]
"""Gives a new id at every call."""


@final
class CountedIds:
    """Ids that count. Two of the same prefix give the same ids in the same order.

    Attributes:
        prefix: What stands before the number.
    """

    __slots__ = ("_last", "prefix")

    def __init__(self, prefix: str) -> None:
        self.prefix: str = prefix
        self._last = 0

    def __call__(self) -> str:
        """A new id."""
        self._last += 1
        return f"{self.prefix}_{self._last}"


def count_ids(prefix: str) -> CountedIds:
    """Ids that count: "evt_1", "evt_2", ... Deterministic, as replay needs them.

    Example:
        >>> new_id = count_ids("evt")
        >>> new_id(), new_id()
        ('evt_1', 'evt_2')
    """
    return CountedIds(prefix)
