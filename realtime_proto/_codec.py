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
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
import cattrs

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
    object_out,
    strict_in,
    strict_out,
    unknown_in,
    unknown_out,
)
from realtime_proto.wire import (
    UNSET,
    Notes,
    UnknownObject,
    Unset,
    WireValue,
    keep_notes,
    notes_of,
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

_drift: ContextVar[Counter[str]] = ContextVar("drift")


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
        # A class may hold itself (a schema of schemas): while its hook is built, what is built with
        # it looks the hook up when it is called.
        self._readers: dict[type, Hook | None] = {}
        self._writers: dict[type, Callable[[Any], Any] | None] = {}
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
        converter.register_structure_hook_func(_is_free, free_in)
        converter.register_unstructure_hook_func(_is_free, free_out)
        converter.register_unstructure_hook_func(lambda t: t == JsonObject, object_out)
        converter.register_structure_hook_factory(_is_tuple, self._tuple_in)
        converter.register_unstructure_hook_factory(_is_tuple, self._tuple_out)
        converter.register_structure_hook_factory(_is_string_map, self._map_in)
        converter.register_unstructure_hook_factory(_is_string_map, self._map_out)
        converter.register_structure_hook_factory(_is_union, self._union_in)
        converter.register_unstructure_hook_factory(_is_union, self._union_out)
        converter.register_structure_hook_factory(attrs.has, self._reader)
        converter.register_unstructure_hook_factory(attrs.has, self._writer)
        converter.register_structure_hook(UnknownObject, unknown_in)
        converter.register_unstructure_hook(UnknownObject, unknown_out)

    def structure(self, value: JsonObject, cls: type, *, drift: Counter[str]) -> Any:
        """*value* as a *cls*. Fields the class does not have are counted in *drift*.

        Raises:
            Mismatch: The value does not fit. *drift* may have counted what was seen before.
        """
        token = _drift.set(drift)
        try:
            return self._converter.get_structure_hook(cls)(value, cls)
        finally:
            _drift.reset(token)

    def unstructure(self, value: Any) -> Any:
        """*value*, an instance of an attrs class, as JSON.

        Raises:
            Mismatch: A field holds what its annotation does not allow.
        """
        return self._converter.get_unstructure_hook(type(value))(value)

    # --- classes

    def _reader(self, cls: type) -> Hook:
        if cls not in self._readers:
            self._readers[cls] = None
            self._readers[cls] = self._class_in(cls)
        return self._readers[cls] or (lambda value, hint: self._readers[cls](value, hint))  # type: ignore[misc]  # built by then

    def _writer(self, cls: type) -> Callable[[Any], Any]:
        if cls not in self._writers:
            self._writers[cls] = None
            self._writers[cls] = self._class_out(cls)
        return self._writers[cls] or (lambda value: self._writers[cls](value))  # type: ignore[misc]  # built by then

    def _class_in(self, cls: type) -> Hook:
        hook = self._plain_class_in(cls)
        rules = self._rules.get(cls)
        if rules is None:
            return hook
        bend = compile_rules(cls, rules, pack=self._pack_field)
        dialect = self._dialect

        def structure(value: Any, _: Any) -> Any:
            if value.__class__ is not dict:
                return hook(value, cls)
            value, bent = bend(value)
            result = hook(value, cls)
            for path, members in bent:
                note_bent(result, path, members, dialect=dialect)
            return result

        return structure

    def _pack_field(self, cls: type, name: str, value: Any) -> Any:
        return self._converter.get_unstructure_hook(get_type_hints(cls)[name])(value)

    def _plain_class_in(self, cls: type) -> Hook:
        owner = _wire_name(cls)
        hints = get_type_hints(cls)
        plan = [
            (
                self._key(field),
                field.name,
                field.alias,
                self._converter.get_structure_hook(hints[field.name]),
                hints[field.name],
                field.default,
                _allows_none(hints[field.name]),
            )
            for field in attrs.fields(cls)
        ]
        known = {key for entry in plan for key in entry[:2]}
        if self._tagged and hasattr(cls, "type"):
            known.add("type")
        noting = issubclass(cls, WireValue)

        def structure(value: Any, _: Any) -> Any:
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {kind_of(value)}"))
            arguments: dict[str, Any] = {}
            said: dict[str, Any] = {}
            faults: list[tuple[str, str]] = []
            for key, name, alias, hook, hint, default, nullable in plan:
                item = value.get(key, UNSET)
                if item is UNSET and name != key:
                    item = value.get(name, UNSET)
                if item is UNSET:
                    if default is attrs.NOTHING:
                        faults.append((f".{key}", "missing"))
                    continue
                if item is None and not nullable:
                    if default is attrs.NOTHING:
                        faults.append((f".{key}", "null"))
                    said[key] = None
                    continue
                try:
                    read = hook(item, hint)
                except Mismatch as mismatch:
                    faults.extend(mismatch.below(f".{key}"))
                    continue
                arguments[alias] = read
                if default is not UNSET and read == default:
                    said[key] = item
            if faults:
                raise Mismatch(*faults)
            result = cls(**arguments)
            unknown = {}
            if not known.issuperset(value):
                unknown = {key: value[key] for key in value.keys() - known}
                _count_drift(owner, unknown)
            if noting and (said or unknown):
                keep_notes(result, Notes(said=said, unknown=unknown, dialect=self._dialect))
            return result

        return structure

    def _class_out(self, cls: type) -> Callable[[Any], dict[str, Any]]:
        hints = get_type_hints(cls)
        tag = getattr(cls, "type", None) if "type" not in attrs.fields_dict(cls) else None
        head = {"type": tag} if self._tagged and isinstance(tag, str) else {}
        plan = [
            (self._key(f), f.name, f.default, self._converter.get_unstructure_hook(hints[f.name]))
            for f in attrs.fields(cls)
        ]
        dialect = self._dialect

        def unstructure(value: Any) -> dict[str, Any]:
            if value.__class__ is not cls:
                raise Mismatch(("", f"expected {cls.__name__}, got {type(value).__name__}"))
            result: dict[str, Any] = dict(head)
            faults: list[tuple[str, str]] = []
            for key, name, default, hook in plan:
                item = getattr(value, name)
                if item is default or (default is not UNSET and item == default):
                    continue
                try:
                    result[key] = hook(item)
                except Mismatch as mismatch:
                    faults.extend(mismatch.below(f".{key}"))
            if faults:
                raise Mismatch(*faults)
            notes = notes_of(value)
            if notes is not None:
                notes.apply(result, dialect=dialect)
            return result

        return unstructure

    def _key(self, field: attrs.Attribute[Any]) -> str:
        return camel_case(field.name) if self._camel else field.name

    # --- containers

    def _tuple_in(self, hint: Any) -> Hook:
        item_hint = get_args(hint)[0]
        hook = self._converter.get_structure_hook(item_hint)

        def structure(value: Any, _: Any) -> tuple[Any, ...]:
            if value.__class__ is not list:
                raise Mismatch(("", f"expected an array, got {kind_of(value)}"))
            if len(value) > ITEM_LIMIT:
                raise Mismatch(("", f"more than {ITEM_LIMIT} items"))
            return tuple(
                _collect((f"[{n}]", hook, item, item_hint) for n, item in enumerate(value))
            )

        return structure

    def _tuple_out(self, hint: Any) -> Callable[[Any], list[Any]]:
        hook = self._converter.get_unstructure_hook(get_args(hint)[0])

        def unstructure(value: Any) -> list[Any]:
            if not isinstance(value, tuple | list):
                raise Mismatch(("", f"expected a tuple, got {type(value).__name__}"))
            return _collect((f"[{n}]", _ignoring_hint(hook), v, None) for n, v in enumerate(value))

        return unstructure

    def _map_in(self, hint: Any) -> Hook:
        item_hint = get_args(hint)[1]
        hook = self._converter.get_structure_hook(item_hint)

        def structure(value: Any, _: Any) -> dict[str, Any]:
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {kind_of(value)}"))
            items = _collect(
                (f".{key[:NAME_LIMIT]}", hook, item, item_hint) for key, item in value.items()
            )
            return dict(zip(value, items, strict=True))

        return structure

    def _map_out(self, hint: Any) -> Callable[[Any], dict[str, Any]]:
        hook = self._converter.get_unstructure_hook(get_args(hint)[1])

        def unstructure(value: Any) -> dict[str, Any]:
            if not isinstance(value, Mapping) or any(key.__class__ is not str for key in value):
                raise Mismatch(("", "expected a mapping with string keys"))
            free_out("".join(value))
            items = _collect((f".{k}", _ignoring_hint(hook), v, None) for k, v in value.items())
            return dict(zip(value, items, strict=True))

        return unstructure

    def _union_in(self, hint: Any) -> Hook:
        members = _members(hint)
        if len(members) == 1:
            (member,) = members
            hook = self._converter.get_structure_hook(member)
            return lambda value, _: None if value is None else hook(value, member)
        if all(attrs.has(member) for member in members):
            return self._tagged_in(members)
        tagged = tuple(m for m in members if m is UnknownObject or isinstance(_tag_of(m), str))
        hooks = [(m, self._converter.get_structure_hook(m)) for m in members if m not in tagged]
        if tagged:
            hooks.append((hint, self._tagged_in(tagged)))

        def structure(value: Any, _: Any) -> Any:
            if value is None:
                return None
            faults: list[tuple[str, str]] = []
            for member, hook in hooks:
                try:
                    return hook(value, member)
                except Mismatch as mismatch:
                    faults.extend(mismatch.faults)
            raise Mismatch(*faults)

        return structure

    def _tagged_in(self, members: tuple[Any, ...]) -> Hook:
        lenient = UnknownObject in members
        known = [cls for cls in members if cls is not UnknownObject]
        table = {cls.type: (cls, self._converter.get_structure_hook(cls)) for cls in known}

        def structure(value: Any, _: Any) -> Any:
            if value is None:
                return None
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {kind_of(value)}"))
            tag = value.get("type")
            if tag.__class__ is not str:
                raise Mismatch((".type", f"expected a string, got {kind_of(tag)}"))
            entry = table.get(tag)
            if entry is None:
                if not lenient:
                    raise Mismatch((".type", "a value that is not known here"))
                return UnknownObject(tag=tag, raw=value)
            cls, hook = entry
            return hook(value, cls)

        return structure

    def _union_out(self, hint: Any) -> Callable[[Any], Any]:
        members = _members(hint)
        nullable = _allows_none(hint)
        hooks = [self._converter.get_unstructure_hook(member) for member in members]

        def unstructure(value: Any) -> Any:
            if value is None and nullable:
                return None
            last = Mismatch(("", f"{type(value).__name__} is not allowed here"))
            for member, hook in zip(members, hooks, strict=True):
                if attrs.has(member) and value.__class__ is not member:
                    continue
                try:
                    return hook(value)
                except Mismatch as mismatch:
                    last = mismatch
            raise last

        return unstructure


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


def _count_drift(owner: str, keys: Iterable[str]) -> None:
    drift = _drift.get()
    for key in keys:
        name = f"{owner}.{key[:NAME_LIMIT]}"
        drift[name if name in drift or len(drift) < DRIFT_LIMIT else "other"] += 1


def _collect(calls: Iterable[tuple[str, Hook, Any, Any]]) -> list[Any]:
    results = []
    faults: list[tuple[str, str]] = []
    for segment, hook, value, hint in calls:
        try:
            results.append(hook(value, hint))
        except Mismatch as mismatch:
            faults.extend(mismatch.below(segment))
            if len(faults) >= FAULT_LIMIT:
                break
    if faults:
        raise Mismatch(*faults)
    return results


def _ignoring_hint(hook: Callable[[Any], Any]) -> Hook:
    return lambda value, _: hook(value)


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


def _allows_none(hint: Any) -> bool:
    return hint is Any or (_is_union(hint) and type(None) in get_args(hint))


_UNSET_HINT: Final = Unset
