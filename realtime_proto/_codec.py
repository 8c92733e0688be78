"""JSON objects to wire classes and back: one cattrs converter per provider, with strict hooks.

cattrs by itself is lax (null becomes "None", "5" becomes 5), so every scalar has a hook of ours,
and one hook factory per direction serves all attrs classes. What the hooks agree on:

- A required field is one without a default. A missing or null required field, and any value of the
  wrong JSON type, is a Mismatch that names every path at fault, not just the first.
- An optional field that is null reads as None where the annotation allows None, else as its
  default.
- A field that the class does not have is counted, as "owner.field", in the counter given to
  `structure`.
- A union of classes with a `type` tag dispatches on it; a tag nobody knows becomes an
  UnknownObject, where the union lists it.
- What equals its default is not sent. UNSET is a default, None is one where the annotation says so.
- What came by wire goes out as it came. What the fields do not tell (a null that reads as the
  default, a value that equals it, a member without a field) is noted on the value, for values whose
  class derives from `WireValue` (`wire.Notes`). Only odd values have notes, so the usual ones pay
  for nothing but the look whether there are any.
- Where a server does otherwise than the class says, a rule of `_leniency` says what to read. Rules
  are the codec's: one codec per dialect. Their effect is noted too, and undone in that dialect.

Annotations the hooks understand: str, int, float, bool, bytes (base64), Int64, JsonObject, Any
(free JSON), attrs classes, `X | None`, `X | Unset`, `tuple[X, ...]`, `Mapping[str, X]`, tagged
unions of attrs classes, and unions of scalars.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
import cattrs

from realtime_proto._compile import Member, SortOut, Writer, compile_reader, compile_writer
from realtime_proto._json import JsonObject
from realtime_proto._leniency import Rule, compile_rules, note_bent
from realtime_proto._scalars import (
    FAULT_LIMIT,
    Hook,
    Int64,
    Mismatch,
    bytes_in,
    bytes_out,
    either_alphabet_in,
    float_in,
    float_out,
    free_in,
    free_out,
    int64_in,
    int64_out,
    kind_of,
    object_in,
    object_out,
    strict_in,
    strict_out,
    unknown_in,
    unknown_out,
)
from realtime_proto.wire import (
    UnknownObject,
    Unset,
)

if TYPE_CHECKING:
    from collections import Counter

__all__ = ("Codec", "Int64", "Mismatch", "camel_case")

DRIFT_LIMIT: Final = 1_024
"""How many different unknown fields are counted by name; the rest count as "other"."""

NAME_LIMIT: Final = 100
"""Characters of a name from the wire that are kept in a count or in an error's path."""

ITEM_LIMIT: Final = 10_000
"""Items of one array. A frame of 16 MiB could hold millions of empty ones, each an object here."""


class Codec:
    """Turns JSON objects into attrs classes and back.

    Args:
        camel: Field names are camelCase on the wire; snake_case is read as well, and in base64 the
            URL-safe alphabet.
        tagged: A class with a string `type` of its own is an object with that `type` on the wire.
            False: `type` is a field like any other.
        dialect: A name for the shape of the protocol that is spoken: what came in one dialect goes
            out in it exactly as it came, and in another as the classes have it.
        rules: What a server of the dialect does otherwise than the classes say.
    """

    def __init__(
        self,
        *,
        camel: bool = False,
        tagged: bool = True,
        dialect: str = "",
        rules: Iterable[Rule] = (),
    ) -> None:
        self._camel = camel
        self._tagged = tagged
        self._dialect = dialect
        self._rules: dict[type, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.owner, []).append(rule)
        self._readers: dict[type, Hook] = {}
        self._writers: dict[type, Writer] = {}
        self._converter = converter = cattrs.Converter()
        for scalar in (str, int, bool):
            converter.register_structure_hook(scalar, strict_in(scalar))
            converter.register_unstructure_hook(scalar, strict_out(scalar))
        converter.register_structure_hook(float, float_in)
        converter.register_unstructure_hook(float, float_out)
        converter.register_structure_hook(bytes, either_alphabet_in if camel else bytes_in)
        converter.register_unstructure_hook(bytes, bytes_out)
        converter.register_structure_hook_func(lambda t: t is Int64, int64_in)
        converter.register_unstructure_hook_func(lambda t: t is Int64, int64_out)
        converter.register_structure_hook_func(lambda t: t is Any, free_in)
        converter.register_structure_hook_func(lambda t: t == JsonObject, object_in)
        converter.register_unstructure_hook_func(_is_free, free_out)
        converter.register_unstructure_hook_func(lambda t: t == JsonObject, object_out)
        converter.register_structure_hook_factory(_is_tuple, self._tuple_in)
        converter.register_unstructure_hook_factory(_is_tuple, self._tuple_out)
        converter.register_structure_hook_factory(_is_string_map, self._map_in)
        converter.register_unstructure_hook_factory(_is_string_map, self._map_out)
        converter.register_structure_hook_factory(_is_union, self._union_in)
        converter.register_unstructure_hook_factory(_is_union, self._union_out)
        converter.register_structure_hook_factory(attrs.has, self._class_in)
        converter.register_unstructure_hook_factory(attrs.has, self._class_out)
        converter.register_structure_hook(UnknownObject, unknown_in)
        converter.register_unstructure_hook(UnknownObject, unknown_out)

    def structure(self, value: JsonObject, cls: type, *, drift: Counter[str]) -> Any:
        """*value* as a *cls*. Fields the class does not have are counted in *drift*.

        Raises:
            Mismatch: The value does not fit. *drift* may have counted what was seen before.
        """
        return self.reader(cls)(value, drift)

    def unstructure(self, value: Any) -> Any:
        """*value*, an instance of an attrs class, as JSON.

        Raises:
            Mismatch: A field holds what its annotation does not allow.
        """
        return self.writer(type(value))(value)

    def reader(self, cls: type) -> Hook:
        """(JSON object, drift) -> a *cls*, as `structure` does it."""
        hook = self._readers.get(cls)
        if hook is None:
            hook = self._readers[cls] = self._converter.get_structure_hook(cls)
        return hook

    def writer(self, cls: type) -> Writer:
        """A *cls* -> JSON object, as `unstructure` does it."""
        hook = self._writers.get(cls)
        if hook is None:
            hook = self._writers[cls] = self._converter.get_unstructure_hook(cls)
        return hook

    # --- classes

    def _members(self, cls: type) -> list[Member]:
        hints = get_type_hints(cls)
        return [
            Member(
                key=self._key(field.name),
                field=field,
                kind=_kind(hints[field.name]),
                nullable=_allows_none(hints[field.name]),
            )
            for field in attrs.fields(cls)
        ]

    def _class_in(self, cls: type) -> Hook:
        members = self._members(cls)
        known = frozenset(member.key for member in members)
        if self._tagged and hasattr(cls, "type"):
            known |= {"type"}
        aliases = {m.field.name: m.key for m in members if m.field.name != m.key}
        read = compile_reader(
            cls,
            members,
            hook_of=self._converter.get_structure_hook,
            known=known,
            sort_out=_sorter(known, aliases),
            count=_counter(_wire_name(cls)),
            dialect=self._dialect,
        )
        rules = self._rules.get(cls)
        return read if rules is None else self._bending(read, cls, rules)

    def _bending(self, read: Hook, cls: type, rules: Iterable[Rule]) -> Hook:
        bend = compile_rules(cls, rules, pack=self._pack_field, key_of=self._key)
        dialect = self._dialect

        def read_bent(value: Any, drift: Any) -> Any:
            if value.__class__ is not dict:
                return read(value, drift)
            value, bent = bend(value)
            result = read(value, drift)
            for path, members in bent:
                note_bent(result, path, members, dialect=dialect)
            return result

        return read_bent

    def _key(self, name: str) -> str:
        return camel_case(name) if self._camel else name

    def _pack_field(self, cls: type, name: str, value: Any) -> Any:
        return self._converter.get_unstructure_hook(get_type_hints(cls)[name])(value)

    def _class_out(self, cls: type) -> Writer:
        tag = getattr(cls, "type", None) if "type" not in attrs.fields_dict(cls) else None
        return compile_writer(
            cls,
            self._members(cls),
            hook_of=self._converter.get_unstructure_hook,
            tag=tag if self._tagged and isinstance(tag, str) else None,
            dialect=self._dialect,
        )

    # --- containers

    def _tuple_in(self, hint: Any) -> Hook:
        hook = self._converter.get_structure_hook(get_args(hint)[0])

        def read(value: Any, drift: Any) -> tuple[Any, ...]:
            if value.__class__ is not list:
                raise Mismatch(("", f"expected an array, got {kind_of(value)}"))
            if len(value) > ITEM_LIMIT:
                raise Mismatch(("", f"more than {ITEM_LIMIT} items"))
            results = []
            faults = _Faults()
            for item in value:
                try:
                    results.append(hook(item, drift))
                except Mismatch as mismatch:
                    faults.add(f"[{len(results) + faults.n_places}]", mismatch)
            faults.check()
            return tuple(results)

        return read

    def _tuple_out(self, hint: Any) -> Writer:
        hook = self._converter.get_unstructure_hook(get_args(hint)[0])

        def write(value: Any) -> list[Any]:
            if not isinstance(value, tuple | list):
                raise Mismatch(("", f"expected a tuple, got {type(value).__name__}"))
            results = []
            faults = _Faults()
            for item in value:
                try:
                    results.append(hook(item))
                except Mismatch as mismatch:
                    faults.add(f"[{len(results) + faults.n_places}]", mismatch)
            faults.check()
            return results

        return write

    def _map_in(self, hint: Any) -> Hook:
        hook = self._converter.get_structure_hook(get_args(hint)[1])

        def read(value: Any, drift: Any) -> dict[str, Any]:
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {kind_of(value)}"))
            results = {}
            faults = _Faults()
            for key, item in value.items():
                try:
                    results[key] = hook(item, drift)
                except Mismatch as mismatch:
                    faults.add(f".{key[:NAME_LIMIT]}", mismatch)
            faults.check()
            return results

        return read

    def _map_out(self, hint: Any) -> Writer:
        hook = self._converter.get_unstructure_hook(get_args(hint)[1])

        def write(value: Any) -> dict[str, Any]:
            if not isinstance(value, Mapping) or any(key.__class__ is not str for key in value):
                raise Mismatch(("", "expected a mapping with string keys"))
            free_out("".join(value))
            results = {}
            faults = _Faults()
            for key, item in value.items():
                try:
                    results[key] = hook(item)
                except Mismatch as mismatch:
                    faults.add(f".{key[:NAME_LIMIT]}", mismatch)
            faults.check()
            return results

        return write

    # --- unions

    def _union_in(self, hint: Any) -> Hook:
        read = self._choice_in(_members(hint))
        if not _allows_none(hint):
            return read
        return lambda value, drift: None if value is None else read(value, drift)

    def _choice_in(self, members: tuple[Any, ...]) -> Hook:
        if len(members) == 1:
            hook: Hook = self._converter.get_structure_hook(members[0])
            return hook
        if all(attrs.has(member) for member in members):
            return self._tagged_in(members)
        tagged = tuple(m for m in members if m is UnknownObject or isinstance(_tag_of(m), str))
        hooks = [self._converter.get_structure_hook(m) for m in members if m not in tagged]
        if tagged:
            hooks.append(self._tagged_in(tagged))

        def read(value: Any, drift: Any) -> Any:
            faults: list[tuple[str, str]] = []
            for hook in hooks:
                try:
                    return hook(value, drift)
                except Mismatch as mismatch:
                    faults.extend(mismatch.faults)
            raise Mismatch(*faults)

        return read

    def _tagged_in(self, members: tuple[Any, ...]) -> Hook:
        lenient = UnknownObject in members
        classes = {cls.type: cls for cls in members if cls is not UnknownObject}
        readers: dict[str, Hook] = {}

        def read(value: Any, drift: Any) -> Any:
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {kind_of(value)}"))
            tag = value.get("type")
            if tag.__class__ is not str:
                raise Mismatch((".type", f"expected a string, got {kind_of(tag)}"))
            hook = readers.get(tag)
            if hook is None:
                cls = classes.get(tag)
                if cls is None:
                    if not lenient:
                        raise Mismatch((".type", "a value that is not known here"))
                    return UnknownObject(tag=tag, raw=value)
                hook = readers[tag] = self._converter.get_structure_hook(cls)
            return hook(value, drift)

        return read

    def _union_out(self, hint: Any) -> Writer:
        members = _members(hint)
        nullable = _allows_none(hint)
        by_class = {member for member in members if attrs.has(member)}
        hooks = [self._converter.get_unstructure_hook(m) for m in members if m not in by_class]

        def write(value: Any) -> Any:
            if value is None and nullable:
                return None
            if value.__class__ in by_class:
                return self.writer(value.__class__)(value)
            last = Mismatch(("", f"{type(value).__name__} is not allowed here"))
            for hook in hooks:
                try:
                    return hook(value)
                except Mismatch as mismatch:
                    last = mismatch
            raise last

        return write


def camel_case(name: str) -> str:
    """The proto3 JSON name of a snake_case field.

    Example:
        >>> camel_case("input_audio_transcription")
        'inputAudioTranscription'
    """
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


# --- reading annotations


def _wire_name(cls: type) -> str:
    tag = _tag_of(cls)
    return tag if isinstance(tag, str) else cls.__name__


def _tag_of(hint: Any) -> Any:
    return getattr(hint, "type", None) if attrs.has(hint) else None


def _sorter(known: frozenset[str], aliases: Mapping[str, str]) -> SortOut:
    """What names an object's members as *aliases* say and finds those that are not *known*."""

    def sort_out(value: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        if not aliases.keys().isdisjoint(value):
            value = {
                aliases.get(key, key): item
                for key, item in value.items()
                if key not in aliases or aliases[key] not in value
            }
        return value, {key: item for key, item in value.items() if key not in known}

    return sort_out


def _counter(owner: str) -> Callable[[Iterable[str], Counter[str]], None]:
    """What counts members of *owner* in the drift."""

    def count(keys: Iterable[str], drift: Counter[str]) -> None:
        for key in keys:
            name = f"{owner}.{key[:NAME_LIMIT]}"
            drift[name if name in drift or len(drift) < DRIFT_LIMIT else "other"] += 1

    return count


class _Faults:
    """The faults of an array or a map, as far as they are told."""

    def __init__(self) -> None:
        self.n_places = 0
        self._faults: list[tuple[str, str]] = []

    def add(self, segment: str, mismatch: Mismatch) -> None:
        self.n_places += 1
        if len(self._faults) < FAULT_LIMIT:
            self._faults.extend(mismatch.below(segment))

    def check(self) -> None:
        if self._faults:
            raise Mismatch(*self._faults)


def _is_free(hint: Any) -> bool:
    return hint is Any or hint == JsonObject


def _is_tuple(hint: Any) -> bool:
    return get_origin(hint) is tuple


def _is_string_map(hint: Any) -> bool:
    return get_origin(hint) is not None and not _is_free(hint) and _is_mapping(get_origin(hint))


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _members(hint: Any) -> tuple[Any, ...]:
    absent = (type(None), _UNSET_HINT)
    return tuple(member for member in get_args(hint) if member not in absent)


def _kind(hint: Any) -> Any:
    """*hint* without None and UNSET, where one thing is left."""
    if not _is_union(hint):
        return hint
    members = _members(hint)
    return members[0] if len(members) == 1 else hint


def _allows_none(hint: Any) -> bool:
    return hint is Any or (_is_union(hint) and type(None) in get_args(hint))


_UNSET_HINT: Final = Unset
