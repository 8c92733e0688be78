"""Values of this library as JSON and back: commands, settings, limits, states, for a recording.

An attrs value becomes an object with its class name as "type" and its fields by name; what equals
its default is left out, and so is what no file can hold (functions) and what is no part of a
comparison. Fields are read back by their annotations, so that a tuple, an enum or bytes come out as
what they were. Wire events are not for this module: they have a codec of their own.

What is written is checked nowhere: it comes from values that were checked when they were made. What
is read may come from anybody: it ends as a value or as a ValueError.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, get_args, get_type_hints

import attrs
import cattrs

from realtime_proto._json import base64_decode, base64_encode
from realtime_proto.secret import Secret
from realtime_proto.wire import UNSET

__all__ = ("MAX_AUDIO_BYTES", "from_json", "silence_for", "to_json")

MAX_AUDIO_BYTES: Final = 32 * 2**20
"""Audio of one record that is not in it. No command and no frame could hold as much."""

_TAG: Final = "type"

BytesAsJson = Callable[[bytes], Any]


def to_json(value: object, *, bytes_as: BytesAsJson = base64_encode) -> Any:
    """*value* as JSON.

    Args:
        value: An attrs value, or what stands in its fields.
        bytes_as: How bytes are written.
    """
    kind = value.__class__
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, bytes):
        return bytes_as(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Secret):
        return str(value)
    if attrs.has(kind):
        return _object(value, bytes_as)
    if isinstance(value, Mapping):
        return {str(key): to_json(item, bytes_as=bytes_as) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item, bytes_as=bytes_as) for item in value]
    return repr(value)


def _object(value: Any, bytes_as: BytesAsJson) -> dict[str, Any]:
    result: dict[str, Any] = {_TAG: type(value).__name__}
    for field in attrs.fields(type(value)):
        item = getattr(value, field.name)
        default = field.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
            default = default.factory() if not default.takes_self else attrs.NOTHING
        is_default = default is not attrs.NOTHING and item == default
        if item is UNSET or callable(item) or is_default or not field.eq:
            continue
        result[field.name] = to_json(item, bytes_as=bytes_as)
    return result


def from_json(value: object, kind: Any) -> Any:
    """*value* as a *kind*: an attrs class, or a union of them.

    Raises:
        ValueError: It is no such value. What the class itself raises for a bad value is below it.
    """
    try:
        return _converter().structure(value, kind)
    except Exception as exc:  # cattrs lets through what converters, validators and classes raise
        raise ValueError(f"not a {_name_of(kind)}: {exc!s:.200}") from exc


def _name_of(kind: Any) -> str:
    return " | ".join(member.__name__ for member in get_args(kind) or (kind,))


@cache
def _converter() -> cattrs.Converter:
    """Strict where cattrs by itself is lax: it would make "5" a 5 and null a "None"."""
    converter = cattrs.Converter(detailed_validation=False)
    for scalar in (str, int, bool):
        converter.register_structure_hook(scalar, _scalar_in)
    converter.register_structure_hook(float, _float_in)
    converter.register_structure_hook(bytes, _bytes_in)
    # A Secret was written as stars, which is all that comes back of it.
    converter.register_structure_hook_func(
        lambda kind: kind == (str | Secret), lambda value, _: _scalar_in(value, str)
    )
    converter.register_structure_hook_factory(_is_class_union, _union_hook)
    converter.register_structure_hook_factory(attrs.has, _class_hook)
    return converter


def _scalar_in(value: Any, kind: Any) -> Any:
    if value.__class__ is not kind:
        raise ValueError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


def _float_in(value: Any, _: Any) -> float:
    if value.__class__ not in (int, float):
        raise ValueError(f"a number expected, not {type(value).__name__}")
    return float(value)


def _bytes_in(value: Any, _: Any) -> bytes:
    if isinstance(value, dict):
        return silence_for(value)
    if not isinstance(value, str):
        raise ValueError(f"base64 expected, not {type(value).__name__}")
    return base64_decode(value)


def silence_for(description: object) -> bytes:
    """What stands for bytes that were dropped: as many that are zero.

    Raises:
        ValueError: *description* is not what is kept of such bytes.
    """
    n_bytes = description.get("n_bytes") if isinstance(description, dict) else None
    if n_bytes.__class__ is not int or not 0 <= n_bytes <= MAX_AUDIO_BYTES:
        raise ValueError(f"n_bytes of dropped bytes is no whole number up to {MAX_AUDIO_BYTES}")
    return bytes(n_bytes)


def _is_class_union(kind: Any) -> bool:
    members = [member for member in get_args(kind) if member is not type(None)]
    return len(members) > 1 and all(attrs.has(member) for member in members)


def _union_hook(kind: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    members = {member.__name__: member for member in get_args(kind)}

    def structure(value: Any, _: Any) -> Any:
        tag = value.get(_TAG) if isinstance(value, dict) else None
        if not isinstance(tag, str) or tag not in members:
            raise ValueError(f"no {_TAG} that is known: {tag!r:.60}")
        return converter.structure(value, members[tag])

    return structure


def _class_hook(kind: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    hints = get_type_hints(kind)
    fields = attrs.fields(kind)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"an object expected, not {type(value).__name__}")
        known = {
            field.alias: converter.structure(value[field.name], hints[field.name])
            for field in fields
            if field.name in value
        }
        return kind(**known)

    return structure
