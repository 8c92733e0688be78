"""What one server leaves out, nulls or misplaces, as data.

A class says what the vendor's documents promise. Where a server of the same protocol does not keep
the promise, a rule says so, and the codec of that server's dialect is given the rule:
`Codec(dialect="...", rules=(...))`. The codec knows no server; the tables of rules are a
provider's.

A rule names a class and one of its fields, or a member beside them. It holds wherever the class
occurs in a frame. What it let pass is noted on the value (see `wire.Notes`): a codec of the same
dialect sends it on as it came, absent as absent and null as null, another one as the class has it.

    Absent(ContentPartDone, "part", reads=AudioPart())       a required field may be missing
    Instead(Response, "status_details", raw="n/a", reads=None)    a value that stands for another
    Instead(Message, "content", raw=None, reads=())          a required field may be null
    Untagged(SessionCreated, "session", reads=RealtimeSession)    an object without its `type`
    Moved(ResponseDone, "usage", to=("response", "usage"))   a member at the wrong place
    Nested(FunctionTool, "function")                 members in an object of their own

`reads` is what the field then has. It must be a value its annotation allows: whoever reads the
field sees no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, assert_never, final

import attrs
from attrs import frozen

from realtime_proto.wire import UNSET, Notes, WireValue, keep_notes, notes_of

__all__ = ("Absent", "Instead", "Moved", "Nested", "Rule", "Untagged", "compile_rules", "note_bent")


@final
@frozen
class Absent:
    """A required field may be missing.

    Args:
        owner: The class.
        field: Its attribute.
        reads: What the attribute is then.
    """

    owner: type[WireValue]
    field: str
    reads: Any


@final
@frozen
class Instead:
    """A JSON value stands where another is meant: null for a required field, a placeholder.

    Args:
        owner: The class.
        field: Its attribute.
        raw: The JSON value.
        reads: What the attribute is then.
    """

    owner: type[WireValue]
    field: str
    raw: Any
    reads: Any


@final
@frozen
class Untagged:
    """An object comes without the `type` that would tell its class.

    Args:
        owner: The class that holds it.
        field: The attribute that holds it.
        reads: The class it is then.
    """

    owner: type[WireValue]
    field: str
    reads: type[WireValue]


@final
@frozen
class Moved:
    """A member stands at an outer object, where it has no field, instead of at an inner one.

    It is taken where the inner object is there and its own member is missing, null or empty.

    Args:
        owner: The class of the outer object.
        member: The member's name there.
        to: The names that lead from the outer object to the place meant; two at least.
    """

    owner: type[WireValue]
    member: str
    to: tuple[str, ...]


@final
@frozen
class Nested:
    """Members stand in an object inside the one they belong to.

    They are taken where the outer object has none of them.

    Args:
        owner: The class of the outer object.
        member: The name of the inner one.
    """

    owner: type[WireValue]
    member: str


Rule: TypeAlias = Absent | Instead | Untagged | Moved | Nested
"""One thing a server does otherwise."""

Bent: TypeAlias = tuple[tuple[str, ...], dict[str, Any]]
"""What was bent: the attributes that lead to the value it concerns; its members as they came, UNSET
where there was none."""


def compile_rules(
    cls: type,
    rules: Iterable[Rule],
    *,
    pack: Callable[[type, str, Any], Any],
    key_of: Callable[[str], str],
) -> Callable[[dict[str, Any]], tuple[dict[str, Any], Sequence[Bent]]]:
    """The rules of one class as a function of the JSON object it is read from.

    Args:
        cls: The class.
        rules: What to bend.
        pack: (class, attribute, value) -> JSON; refuses what the annotation does not allow.
        key_of: Attribute -> its name on the wire.

    Returns:
        object -> (an object as the class has it, what was bent on the way). The object given is not
        changed; where nothing is to be bent, it comes back itself.
    """
    steps = [_step(cls, rule, pack, key_of) for rule in rules]

    def bend(value: dict[str, Any]) -> tuple[dict[str, Any], Sequence[Bent]]:
        bent: list[Bent] = []
        for step in steps:
            value = step(value, bent)
        return value, bent

    return bend


def note_bent(
    value: WireValue, path: Sequence[str], members: dict[str, Any], *, dialect: str
) -> None:
    """Note on what *path* leads to, from *value*, that *members* came otherwise."""
    for name in path:
        value = getattr(value, name)
    notes = notes_of(value) or Notes({}, {}, {}, dialect)
    keep_notes(value, notes._replace(bent={**notes.bent, **members}))


_Step = Callable[[dict[str, Any], list[Bent]], dict[str, Any]]


def _step(
    cls: type,
    rule: Rule,
    pack: Callable[[type, str, Any], Any],
    key_of: Callable[[str], str],
) -> _Step:
    match rule:
        case Absent(field=name, reads=reads):
            return _put(name, key_of(name), UNSET, _packed(cls, name, reads, pack))
        case Instead(field=name, raw=raw, reads=reads):
            return _put(name, key_of(name), raw, _packed(cls, name, reads, pack))
        case Untagged(field=name, reads=reads):
            tag: str = reads.type  # type: ignore[attr-defined]  # a tagged class has one
            return _tag(name, key_of(name), tag)
        case Moved(member=member, to=to):
            return _move(member, to)
        case Nested(member=member):
            return _lift(member)
        case _:
            assert_never(rule)


def _packed(cls: type, name: str, reads: Any, pack: Callable[[type, str, Any], Any]) -> Any:
    default = attrs.fields_dict(cls)[name].default
    return UNSET if reads is default or reads == default else pack(cls, name, reads)


def _put(name: str, key: str, raw: Any, instead: Any) -> _Step:
    def step(value: dict[str, Any], bent: list[Bent]) -> dict[str, Any]:
        came = value.get(key, value.get(name, UNSET))
        if came.__class__ is not raw.__class__ or came != raw:
            return value
        bent.append(((), {key: raw}))
        rest = {k: item for k, item in value.items() if k not in (key, name)}
        return rest if instead is UNSET else {**rest, key: instead}

    return step


def _tag(name: str, key: str, tag: str) -> _Step:
    def step(value: dict[str, Any], bent: list[Bent]) -> dict[str, Any]:
        inner = value.get(key)
        if inner.__class__ is not dict or "type" in inner:
            return value
        bent.append(((name,), {"type": UNSET}))
        return {**value, key: {"type": tag, **inner}}

    return step


def _move(member: str, to: tuple[str, ...]) -> _Step:
    *path, last = to

    def step(value: dict[str, Any], bent: list[Bent]) -> dict[str, Any]:
        if member not in value:
            return value
        result = inner = {key: item for key, item in value.items() if key != member}
        for name in path:
            below = inner.get(name)
            if below.__class__ is not dict:
                return value
            inner[name] = inner = dict(below)
        if inner.get(last):
            return value
        bent.append(((), {member: value[member]}))
        bent.append((tuple(path), {last: inner.get(last, UNSET)}))
        inner[last] = value[member]
        return result

    return step


def _lift(member: str) -> _Step:
    def step(value: dict[str, Any], bent: list[Bent]) -> dict[str, Any]:
        inner = value.get(member)
        if inner.__class__ is not dict or not value.keys().isdisjoint(inner):
            return value
        bent.append(((), {**dict.fromkeys(inner, UNSET), member: inner}))
        rest = {key: item for key, item in value.items() if key != member}
        return {**rest, **inner}

    return step
