"""JSON objects to wire classes and back: one cattrs converter per provider, with strict hooks.

cattrs by itself is lax (null becomes "None", "5" becomes 5), so every scalar has a hook of ours,
and one hook factory per direction serves all attrs classes. What the hooks agree on:

- A required field is one without a default. A missing or null required field, and any value of the
  wrong JSON type, is a Mismatch that names every path at fault, not just the first.
- An optional field that is null reads as None where the annotation allows None, else as its
  default.
- A field that the class does not have is left out and counted, as "owner.field", in the counter
  given to `structure`.
- A union of classes with a `type` tag dispatches on it; a tag nobody knows becomes an
  UnknownObject, where the union lists it.
- What equals its default is not sent. UNSET is a default, None is one where the annotation says so.

Annotations the hooks understand: str, int, float, bool, bytes (base64), Int64, JsonObject, Any
(free JSON), attrs classes, `X | None`, `X | Unset`, `tuple[X, ...]`, `Mapping[str, X]`, tagged
unions of attrs classes, and unions of scalars.
"""

from __future__ import annotations

import math
import re
import types
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NewType, Union, get_args, get_origin, get_type_hints

import attrs
import cattrs

from realtime_proto._json import (
    JsonObject,
    base64_decode,
    base64_encode,
    check_json,
)
from realtime_proto.wire import UNSET, UnknownObject, Unset

if TYPE_CHECKING:
    from collections import Counter

__all__ = ("Codec", "Int64", "Mismatch", "camel_case")

Int64 = NewType("Int64", int)
"""A 64-bit integer that proto3 JSON writes as a string. A number is read too."""

DRIFT_LIMIT: Final = 1_024
"""How many different unknown fields are counted by name; the rest count as "other"."""

NAME_LIMIT: Final = 100
"""Characters of a name from the wire that are kept in a count or in an error's path."""

FAULT_LIMIT: Final = 32
"""How many faults of one frame are named: a hostile frame can have one for every few bytes."""

ITEM_LIMIT: Final = 10_000
"""Items of one array. A frame of 16 MiB could hold millions of empty ones, each an object here."""

_DECIMAL: Final = re.compile("-?[0-9]{1,19}")
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1

_Hook = Callable[[Any, Any], Any]

_SCALARS: Final[Mapping[type, str]] = {str: "a string", int: "an integer", bool: "a boolean"}

_drift: ContextVar[Counter[str]] = ContextVar("drift")


class Mismatch(ValueError):
    """A value does not fit its class. Holds (path below "$", what is wrong) for every fault."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        self.faults = faults[:FAULT_LIMIT]
        super().__init__("; ".join(f"${path}: {text}" for path, text in self.faults))

    @property
    def paths(self) -> tuple[str, ...]:
        """The JSON paths at fault."""
        return tuple(f"${path}" for path, _ in self.faults)

    def below(self, segment: str) -> Iterable[tuple[str, str]]:
        """The faults, seen from one level further out."""
        return ((segment + path, text) for path, text in self.faults)


class Codec:
    """Turns JSON objects into attrs classes and back.

    Args:
        camel: Field names are camelCase on the wire; snake_case is read as well, and in base64 the
            URL-safe alphabet.
        tagged: A class with a string `type` of its own is an object with that `type` on the wire.
            False: `type` is a field like any other.
    """

    def __init__(self, *, camel: bool = False, tagged: bool = True) -> None:
        self._camel = camel
        self._tagged = tagged
        self._converter = converter = cattrs.Converter()
        for scalar in (str, int, bool):
            converter.register_structure_hook(scalar, _strict_in(scalar))
            converter.register_unstructure_hook(scalar, _strict_out(scalar))
        converter.register_structure_hook(float, _float_in)
        converter.register_unstructure_hook(float, _float_out)
        converter.register_structure_hook(bytes, _either_alphabet_in if camel else _bytes_in)
        converter.register_unstructure_hook(bytes, _bytes_out)
        converter.register_structure_hook_func(lambda t: t is Int64, _int64_in)
        converter.register_unstructure_hook_func(lambda t: t is Int64, _int64_out)
        converter.register_structure_hook_func(_is_free, _free_in)
        converter.register_unstructure_hook_func(_is_free, _free_out)
        converter.register_unstructure_hook_func(lambda t: t == JsonObject, _object_out)
        converter.register_structure_hook_factory(_is_tuple, self._tuple_in)
        converter.register_unstructure_hook_factory(_is_tuple, self._tuple_out)
        converter.register_structure_hook_factory(_is_string_map, self._map_in)
        converter.register_unstructure_hook_factory(_is_string_map, self._map_out)
        converter.register_structure_hook_factory(_is_union, self._union_in)
        converter.register_unstructure_hook_factory(_is_union, self._union_out)
        converter.register_structure_hook_factory(attrs.has, self._class_in)
        converter.register_unstructure_hook_factory(attrs.has, self._class_out)
        converter.register_structure_hook(UnknownObject, _unknown_in)
        converter.register_unstructure_hook(UnknownObject, _unknown_out)

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

    def _class_in(self, cls: type) -> _Hook:
        owner = _wire_name(cls)
        hints = get_type_hints(cls)
        plan = [
            (
                self._key(field),
                field.name,
                field.alias,
                self._converter.get_structure_hook(hints[field.name]),
                hints[field.name],
                field.default is attrs.NOTHING,
                _allows_none(hints[field.name]),
            )
            for field in attrs.fields(cls)
        ]
        known = {key for entry in plan for key in entry[:2]}
        if self._tagged and hasattr(cls, "type"):
            known.add("type")

        def structure(value: Any, _: Any) -> Any:
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {_name(value)}"))
            arguments: dict[str, Any] = {}
            faults: list[tuple[str, str]] = []
            for key, name, alias, hook, hint, required, nullable in plan:
                item = value.get(key, UNSET)
                if item is UNSET and name != key:
                    item = value.get(name, UNSET)
                if item is UNSET:
                    if required:
                        faults.append((f".{key}", "missing"))
                elif item is None and not nullable:
                    if required:
                        faults.append((f".{key}", "null"))
                else:
                    try:
                        arguments[alias] = hook(item, hint)
                    except Mismatch as mismatch:
                        faults.extend(mismatch.below(f".{key}"))
            if faults:
                raise Mismatch(*faults)
            if not known.issuperset(value):
                _count_drift(owner, value.keys() - known)
            return cls(**arguments)

        return structure

    def _class_out(self, cls: type) -> Callable[[Any], dict[str, Any]]:
        hints = get_type_hints(cls)
        tag = getattr(cls, "type", None) if "type" not in attrs.fields_dict(cls) else None
        head = {"type": tag} if self._tagged and isinstance(tag, str) else {}
        plan = [
            (self._key(f), f.name, f.default, self._converter.get_unstructure_hook(hints[f.name]))
            for f in attrs.fields(cls)
        ]

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
            return result

        return unstructure

    def _key(self, field: attrs.Attribute[Any]) -> str:
        return camel_case(field.name) if self._camel else field.name

    # --- containers

    def _tuple_in(self, hint: Any) -> _Hook:
        item_hint = get_args(hint)[0]
        hook = self._converter.get_structure_hook(item_hint)

        def structure(value: Any, _: Any) -> tuple[Any, ...]:
            if value.__class__ is not list:
                raise Mismatch(("", f"expected an array, got {_name(value)}"))
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

    def _map_in(self, hint: Any) -> _Hook:
        item_hint = get_args(hint)[1]
        hook = self._converter.get_structure_hook(item_hint)

        def structure(value: Any, _: Any) -> dict[str, Any]:
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {_name(value)}"))
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
            _free_out("".join(value))
            items = _collect((f".{k}", _ignoring_hint(hook), v, None) for k, v in value.items())
            return dict(zip(value, items, strict=True))

        return unstructure

    def _union_in(self, hint: Any) -> _Hook:
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

    def _tagged_in(self, members: tuple[Any, ...]) -> _Hook:
        lenient = UnknownObject in members
        known = [cls for cls in members if cls is not UnknownObject]
        table = {cls.type: (cls, self._converter.get_structure_hook(cls)) for cls in known}

        def structure(value: Any, _: Any) -> Any:
            if value is None:
                return None
            if value.__class__ is not dict:
                raise Mismatch(("", f"expected an object, got {_name(value)}"))
            tag = value.get("type")
            if tag.__class__ is not str:
                raise Mismatch((".type", f"expected a string, got {_name(tag)}"))
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


# --- scalars


def _name(value: object) -> str:
    if value is None:
        return "null"
    names = {dict: "an object", list: "an array", float: "a number", **_SCALARS}
    return names.get(type(value), type(value).__name__)


def _strict_in(scalar: type) -> _Hook:
    expected = _SCALARS[scalar]

    def structure(value: Any, _: Any) -> Any:
        if value.__class__ is not scalar:
            raise Mismatch(("", f"expected {expected}, got {_name(value)}"))
        return value

    return structure


def _strict_out(scalar: type) -> Callable[[Any], Any]:
    expected = _SCALARS[scalar]

    def unstructure(value: Any) -> Any:
        if value.__class__ is not scalar:
            raise Mismatch(("", f"expected {expected}, got {type(value).__name__}"))
        return _free_out(value)

    return unstructure


def _float_in(value: Any, _: Any) -> float:
    if value.__class__ is float:
        return value
    if value.__class__ is int:
        return float(value)
    raise Mismatch(("", f"expected a number, got {_name(value)}"))


def _float_out(value: Any) -> float:
    if value.__class__ is int:
        _free_out(value)
        return value
    if value.__class__ is not float or not math.isfinite(value):
        raise Mismatch(("", f"expected a finite number, got {value!r:.40}"))
    return value


def _bytes_in(value: Any, _: Any) -> bytes:
    if value.__class__ is not str:
        raise Mismatch(("", f"expected base64 text, got {_name(value)}"))
    try:
        return base64_decode(value)
    except ValueError as exc:
        raise Mismatch(("", str(exc))) from None


def _either_alphabet_in(value: Any, hint: Any) -> bytes:
    if value.__class__ is str and ("-" in value or "_" in value):
        if "+" in value or "/" in value:
            raise Mismatch(("", "not base64: both alphabets in one string"))
        value = value.replace("-", "+").replace("_", "/")
    return _bytes_in(value, hint)


def _bytes_out(value: Any) -> str:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise Mismatch(("", f"expected bytes, got {type(value).__name__}"))
    try:
        return base64_encode(value)  # type: ignore[arg-type]
    except BufferError:
        raise Mismatch(("", "a view of bytes that are not in one piece")) from None


def _int64_in(value: Any, _: Any) -> int:
    number = value
    if value.__class__ is str and _DECIMAL.fullmatch(value):
        number = int(value)
    if number.__class__ is not int or not _INT64_MIN <= number <= _INT64_MAX:
        raise Mismatch(("", f"expected a 64-bit integer, got {_name(value)}"))
    return number


def _int64_out(value: Any) -> str:
    if value.__class__ is not int or not _INT64_MIN <= value <= _INT64_MAX:
        raise Mismatch(("", f"expected a 64-bit integer, got {type(value).__name__}"))
    return str(value)


def _free_in(value: Any, hint: Any) -> Any:
    if hint is not Any and value.__class__ is not dict:
        raise Mismatch(("", f"expected an object, got {_name(value)}"))
    return value


def _free_out(value: Any) -> Any:
    try:
        return check_json(value)
    except ValueError as exc:
        raise Mismatch(("", str(exc))) from None


def _object_out(value: Any) -> dict[str, Any]:
    result = _free_out(value)
    if result.__class__ is not dict:
        raise Mismatch(("", f"expected an object, got {type(value).__name__}"))
    return result


def _unknown_in(value: Any, _: Any) -> UnknownObject:
    if value.__class__ is not dict:
        raise Mismatch(("", f"expected an object, got {_name(value)}"))
    return UnknownObject(tag=str(value.get("type")), raw=value)


def _unknown_out(value: Any) -> dict[str, Any]:
    if value.__class__ is not UnknownObject:
        raise Mismatch(("", f"expected UnknownObject, got {type(value).__name__}"))
    return _object_out(value.raw)


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


def _collect(calls: Iterable[tuple[str, _Hook, Any, Any]]) -> list[Any]:
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


def _ignoring_hint(hook: Callable[[Any], Any]) -> _Hook:
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
