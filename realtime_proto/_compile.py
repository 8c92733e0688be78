"""Reading and writing hooks of attrs classes, compiled once per class from a plan of its members.

A loop over the plan would cost several times what the JSON parser does, so each class gets
functions of its own, written out member by member as attrs writes out `__init__`. They do what that
loop would do, in its order:

    read    members nobody knows are set aside; then each member in the order of the class is
            absent, null, of the right type, or a fault; all faults are raised together; what was
            set aside is counted; the value is built and gets its notes
    write   each member in the order of the class, unless it is its default; all faults are raised
            together; the notes are applied

One more economy, worth what it costs in explanation: a frozen class assigns through
`object.__setattr__`, which is half the time of reading an event. So a value is built as an instance
of a twin, a bare class with the same slots, and then given its real class. CPython allows that
where both have one layout. It is tried when the hook is compiled; where it is not allowed, and
where attrs has more to do than to assign (converters, validators, factories), the class is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NoReturn

import attrs
from attrs import frozen

from realtime_proto._scalars import Hook, Mismatch, kind_of
from realtime_proto.wire import UNSET, Notes, WireValue, keep_notes

__all__ = (
    "Member",
    "SortOut",
    "Writer",
    "compile_reader",
    "compile_writer",
    "copier",
    "twin_of",
)

Writer = Callable[[Any], Any]
"""Unstructures a value."""

SortOut = Callable[[dict[str, Any]], tuple[dict[str, Any], dict[str, Any]]]
"""An object -> the object with its members named as the plan names them, and those of them that
have no field."""

_READ_AS_IT_IS: Final[Mapping[Any, str]] = {
    kind: f"{{0}}.__class__ is {kind.__name__}" for kind in (str, int, bool, float, bytes)
}
"""Kind -> a test: what passes it is the value already; what fails it goes to the hook. JSON has no
bytes: those come from a string that was decoded ahead (`_splice`)."""

_WRITTEN_AS_IT_IS: Final[Mapping[Any, str]] = {
    str: "{0}.__class__ is str and {0}.isascii()",
    int: "{0}.__class__ is int and -0x80000000 <= {0} < 0x80000000",
    bool: "{0}.__class__ is bool",
}
"""The same for writing."""


@frozen(kw_only=True)
class Member:
    """One member of an object, and the field of the class it is.

    Args:
        key: Its name on the wire.
        field: The field.
        kind: The field's annotation without None and UNSET.
        nullable: Whether the annotation has None.
    """

    key: str
    field: attrs.Attribute[Any]
    kind: Any
    nullable: bool

    @property
    def is_required(self) -> bool:
        """Whether the member has to be there."""
        return self.field.default is attrs.NOTHING

    @property
    def is_made(self) -> bool:
        """Whether attrs makes the default anew each time."""
        return isinstance(self.field.default, attrs.Factory)  # type: ignore[arg-type]  # a class

    @property
    def default(self) -> Any:
        """What the field is where the member is absent. UNSET where only attrs can tell."""
        return UNSET if self.is_required or self.is_made else self.field.default

    @property
    def can_equal_default(self) -> bool:
        """Whether a value that is not null can equal the default."""
        return self.default is not None and self.default is not UNSET

    @property
    def is_plain(self) -> bool:
        """Whether attrs only assigns it."""
        has_more = self.field.converter is not None or self.field.validator is not None
        return self.field.init and not has_more and not self.is_made


# --- reading


def compile_reader(
    cls: type,
    members: Sequence[Member],
    *,
    hook_of: Callable[[Any], Hook],
    known: frozenset[str],
    sort_out: SortOut,
    count: Callable[[Iterable[str], Any], None],
    dialect: str,
) -> Hook:
    """The function that structures a JSON object as a *cls*.

    Args:
        cls: An attrs class.
        members: Its fields, in order.
        hook_of: Gives the hook for a kind, when it is needed first.
        known: The names on the wire that *sort_out* need not look at.
        sort_out: What to do with an object that has others.
        count: Counts the names of members without a field in the drift.
        dialect: For the notes.
    """

    def notes(said: dict[str, Any] | None, unknown: dict[str, Any] | None) -> Notes:
        return Notes(said or {}, {}, unknown or {}, dialect)

    names: dict[str, Any] = {
        "C": cls,
        "U": UNSET,
        "Mismatch": Mismatch,
        "add": _add,
        "below": _below,
        "count": count,
        "keep_notes": keep_notes,
        "known": known.issuperset,
        "no_object": _no_object,
        "notes": notes,
        "sort_out": sort_out,
    }
    lines = [
        "if o.__class__ is not dict: no_object(o)",
        "faults = said = unknown = None",
        "if not known(o): o, unknown = sort_out(o)",
    ]
    for number, member in enumerate(members):
        names[f"D{number}"] = member.default
        _bind_lazily(names, f"read{number}", hook_of, member.kind)
        lines += _reading(number, member)
    lines += [
        "if faults is not None: raise Mismatch(*faults)",
        "if unknown: count(unknown, drift)",
    ]
    twin = _twin(cls, members)
    if twin is None:
        names["build"] = _caller(cls, members)
        lines.append(f"x = build({', '.join(f'v{number}' for number in range(len(members)))})")
        if issubclass(cls, WireValue):
            lines.append("if said or unknown: keep_notes(x, notes(said, unknown))")
    else:
        names |= {"T": twin, "new": object.__new__}
        lines.append("x = new(T)")
        lines += [f"x.{member.field.name} = v{number}" for number, member in enumerate(members)]
        lines += ["x._notes = notes(said, unknown) if said or unknown else None", "x.__class__ = C"]
    lines.append("return x")
    hook: Hook = _function("read", "o, drift", lines, names, cls)
    return hook


def _reading(number: int, member: Member) -> list[str]:
    value, default = f"v{number}", f"D{number}"
    key, path = repr(member.key), repr(f".{member.key}")
    said = f"said = said or {{}}; said[{key}] ="
    as_it_is = _READ_AS_IT_IS.get(member.kind, "False").format(value)
    read = [
        "else:",
        f"  try: {value} = read{number}({value}, drift)",
        f"  except Mismatch as mismatch: faults = below(faults, {path}, mismatch)",
    ]
    if member.is_required:
        absent, null = (f"faults = add(faults, {path}, {why!r})" for why in ("missing", "null"))
        return [
            f"try: {value} = o[{key}]",
            f"except KeyError: {value} = U",
            f"if {as_it_is}: pass",
            f"elif {value} is U: {absent}",
            f"elif {value} is None: {'pass' if member.nullable else null}",
            *read,
        ]
    if not member.nullable:
        null = f"{said} None; {value} = {default}"
    else:
        null = f"{said} None" if member.default is None else "pass"
    # Most members of most objects are not there, and `in` is the fastest way to know.
    lines = [
        f"if {key} in o:",
        f"  {value} = raw = o[{key}]",
        f"  if {as_it_is}: pass",
        f"  elif {value} is None: {null}",
        *(f"  {line}" for line in read),
    ]
    if member.can_equal_default:
        lines.append(f"  if {value} == {default}: {said} raw")
    return [*lines, f"else: {value} = {default}"]


def _add(faults: list[tuple[str, str]] | None, path: str, text: str) -> list[tuple[str, str]]:
    return [*(faults or ()), (path, text)]


def _below(
    faults: list[tuple[str, str]] | None, path: str, mismatch: Mismatch
) -> list[tuple[str, str]]:
    return [*(faults or ()), *mismatch.below(path)]


def _no_object(value: Any) -> NoReturn:
    raise Mismatch(("", f"expected an object, got {kind_of(value)}"))


def _twin(cls: type, members: Sequence[Member]) -> type | None:
    """A class of the same layout as *cls* that can be assigned to; None where there can be none."""
    is_simple = cls.__bases__ == (WireValue,) and not hasattr(cls, "__attrs_post_init__")
    if not is_simple or not all(member.is_plain for member in members):
        return None
    return twin_of(cls, tuple(member.field.name for member in members))


def twin_of(cls: type, names: tuple[str, ...]) -> type | None:
    """A class of the same layout as *cls*, an attrs class with these fields, that can be assigned
    to; None where there can be none. The slot for weak references is for a base to have.
    """
    twin: type = type(cls.__name__, cls.__bases__, {"__slots__": names})
    try:
        object.__new__(twin).__class__ = cls  # type: ignore[assignment]  # that is the trick
    except TypeError:  # another layout: `cls` has no slots, or the interpreter is another
        return None
    return twin


@cache
def copier(cls: type, changed: tuple[str, ...]) -> Callable[..., Any] | None:
    """(A *cls*, values of the fields that are *changed*) -> a copy with these values and no notes.
    None where it would need more than to assign.
    """
    fields = tuple(field.name for field in attrs.fields(cls))
    twin = twin_of(cls, fields) if issubclass(cls, WireValue) else None
    if twin is None:
        return None
    lines = [
        "x = new(T)",
        *(f"x.{name} = {name if name in changed else f'o.{name}'}" for name in fields),
        "x._notes = None",
        "x.__class__ = C",
        "return x",
    ]
    names = {"C": cls, "T": twin, "new": object.__new__}
    copy: Callable[..., Any] = _function("copy", ", ".join(("o", *changed)), lines, names, cls)
    return copy


def _caller(cls: type, members: Sequence[Member]) -> Callable[..., Any]:
    """What builds a *cls* from the values of its fields, UNSET where attrs knows the default."""
    aliases = [str(member.field.alias) for member in members]

    def build(*values: Any) -> Any:
        arguments = {
            alias: value
            for alias, value, member in zip(aliases, values, members, strict=True)
            if not (member.is_made and value is UNSET)
        }
        try:
            return cls(**arguments)
        except (TypeError, ValueError) as exc:  # what validators and converters raise
            raise Mismatch(("", str(exc))) from None

    return build


# --- writing


def compile_writer(
    cls: type,
    members: Sequence[Member],
    *,
    hook_of: Callable[[Any], Writer],
    tag: str | None,
    dialect: str,
) -> Writer:
    """The function that makes a *cls* a JSON object.

    Args:
        cls: An attrs class.
        members: Its fields, in order.
        hook_of: Gives the hook for a kind, when it is needed first.
        tag: The object's `type`, where it has one that is no field.
        dialect: Which notes apply.
    """
    names: dict[str, Any] = {
        "C": cls,
        "U": UNSET,
        "Mismatch": Mismatch,
        "below": _below,
        "dialect": dialect,
        "other": _other,
    }
    lines = [
        "if x.__class__ is not C: other(C, x)",
        "faults = None",
        "r = {}" if tag is None else f"r = {{'type': {tag!r}}}",
    ]
    for number, member in enumerate(members):
        names[f"D{number}"] = member.default
        _bind_lazily(names, f"write{number}", hook_of, member.kind)
        lines += _writing(number, member)
    lines.append("if faults is not None: raise Mismatch(*faults)")
    if issubclass(cls, WireValue):
        lines += [
            "notes = getattr(x, '_notes', None)",
            "if notes is not None: notes.apply(r, dialect=dialect)",
        ]
    lines.append("return r")
    hook: Writer = _function("write", "x", lines, names, cls)
    return hook


def _writing(number: int, member: Member) -> list[str]:
    default = f"D{number}"
    key, path = repr(member.key), repr(f".{member.key}")
    if member.can_equal_default:
        due = f"v.__class__ is not {default}.__class__ or v != {default}"
    elif not member.is_required and not member.is_made:
        due = f"v is not {default}"
    else:
        due = "True"
    as_it_is = _WRITTEN_AS_IT_IS.get(member.kind, "False").format("v")
    if member.nullable:
        as_it_is = f"v is None or {as_it_is}"
    return [
        f"v = x.{member.field.name}",
        f"if {due}:",
        f"  if {as_it_is}: r[{key}] = v",
        "  else:",
        f"    try: r[{key}] = write{number}(v)",
        f"    except Mismatch as mismatch: faults = below(faults, {path}, mismatch)",
    ]


def _other(cls: type, value: Any) -> NoReturn:
    raise Mismatch(("", f"expected {cls.__name__}, got {type(value).__name__}"))


# --- both


def _bind_lazily(
    names: dict[str, Any], name: str, hook_of: Callable[[Any], Callable[..., Any]], kind: Any
) -> None:
    """Let *name* be a hook that is made when it is called first.

    Most programs never see most classes, and a class may hold itself.
    """

    def first(*arguments: Any) -> Any:
        names[name] = hook = hook_of(kind)
        return hook(*arguments)

    names[name] = first


def _function(
    name: str, parameters: str, lines: Sequence[str], names: dict[str, Any], cls: type
) -> Any:
    source = "\n  ".join([f"def {name}({parameters}):", *lines])
    exec(compile(source, f"<{name} {cls.__qualname__}>", "exec"), names)  # noqa: S102 - from names of attrs fields only
    return names[name]
