"""Scalars between JSON and Python, each way, strict: the leaves that the codec builds on.

cattrs by itself is lax (null becomes "None", "5" becomes 5), so every scalar has hooks of ours.
What does not fit is a Mismatch. A hook that reads has a second argument, where cattrs passes the
annotation and the codec its counter of drift; no scalar has a use for either.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NewType

from realtime_proto._json import base64_decode, base64_encode, check_json
from realtime_proto.wire import UnknownObject

__all__ = ("FAULT_LIMIT", "Hook", "Int64", "Mismatch")

Int64 = NewType("Int64", int)
"""A 64-bit integer that proto3 JSON writes as a string. A number is read too."""

FAULT_LIMIT: Final = 32
"""How many faults of one frame are named: a hostile frame can have one for every few bytes."""

Hook = Callable[[Any, Any], Any]

_DECIMAL: Final = re.compile("-?[0-9]{1,19}")
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1

_SCALARS: Final[Mapping[type, str]] = {str: "a string", int: "an integer", bool: "a boolean"}


class Mismatch(ValueError):
    """A value does not fit its class. Holds (path below "$", what is wrong) for every fault."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        self.faults: tuple[tuple[str, str], ...] = faults[:FAULT_LIMIT]
        super().__init__("; ".join(f"${path}: {text}" for path, text in self.faults))

    @property
    def paths(self) -> tuple[str, ...]:
        """The JSON paths at fault."""
        return tuple(f"${path}" for path, _ in self.faults)

    def below(self, segment: str) -> Iterable[tuple[str, str]]:
        """The faults, seen from one level further out."""
        return ((segment + path, text) for path, text in self.faults)


def kind_of(value: object) -> str:
    if value is None:
        return "null"
    names = {dict: "an object", list: "an array", float: "a number", **_SCALARS}
    return names.get(type(value), type(value).__name__)


def strict_in(scalar: type) -> Hook:
    expected = _SCALARS[scalar]

    def structure(value: Any, _: Any) -> Any:
        if value.__class__ is not scalar:
            raise Mismatch(("", f"expected {expected}, got {kind_of(value)}"))
        return value

    return structure


def strict_out(scalar: type) -> Callable[[Any], Any]:
    expected = _SCALARS[scalar]

    def unstructure(value: Any) -> Any:
        if value.__class__ is not scalar:
            raise Mismatch(("", f"expected {expected}, got {type(value).__name__}"))
        return free_out(value)

    return unstructure


def float_in(value: Any, _: Any) -> float:
    if value.__class__ is float:
        return value
    if value.__class__ is int:
        return float(value)
    raise Mismatch(("", f"expected a number, got {kind_of(value)}"))


def float_out(value: Any) -> float:
    if value.__class__ is int:
        free_out(value)
        return value
    if value.__class__ is not float or not math.isfinite(value):
        raise Mismatch(("", f"expected a finite number, got {value!r:.40}"))
    return value


def bytes_in(value: Any, _: Any) -> bytes:
    if value.__class__ is not str:
        raise Mismatch(("", f"expected base64 text, got {kind_of(value)}"))
    try:
        return base64_decode(value)
    except ValueError as exc:
        raise Mismatch(("", str(exc))) from None


def either_alphabet_in(value: Any, drift: Any) -> bytes:
    if value.__class__ is str and ("-" in value or "_" in value):
        if "+" in value or "/" in value:
            raise Mismatch(("", "not base64: both alphabets in one string"))
        value = value.replace("-", "+").replace("_", "/")
    return bytes_in(value, drift)


def bytes_out(value: Any) -> str:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise Mismatch(("", f"expected bytes, got {type(value).__name__}"))
    try:
        return base64_encode(value)  # type: ignore[arg-type]
    except BufferError:
        raise Mismatch(("", "a view of bytes that are not in one piece")) from None


def int64_in(value: Any, _: Any) -> int:
    number = value
    if value.__class__ is str and _DECIMAL.fullmatch(value):
        number = int(value)
    if number.__class__ is not int or not _INT64_MIN <= number <= _INT64_MAX:
        raise Mismatch(("", f"expected a 64-bit integer, got {kind_of(value)}"))
    return number


def int64_out(value: Any) -> str:
    if value.__class__ is not int or not _INT64_MIN <= value <= _INT64_MAX:
        raise Mismatch(("", f"expected a 64-bit integer, got {type(value).__name__}"))
    return str(value)


def free_in(value: Any, _: Any) -> Any:
    return value


def object_in(value: Any, _: Any) -> Any:
    if value.__class__ is not dict:
        raise Mismatch(("", f"expected an object, got {kind_of(value)}"))
    return value


def free_out(value: Any) -> Any:
    try:
        return check_json(value)
    except ValueError as exc:
        raise Mismatch(("", str(exc))) from None


def object_out(value: Any) -> dict[str, Any]:
    result = free_out(value)
    if result.__class__ is not dict:
        raise Mismatch(("", f"expected an object, got {type(value).__name__}"))
    return result


def unknown_in(value: Any, _: Any) -> UnknownObject:
    if value.__class__ is not dict:
        raise Mismatch(("", f"expected an object, got {kind_of(value)}"))
    return UnknownObject(tag=str(value.get("type")), raw=value)


def unknown_out(value: Any) -> dict[str, Any]:
    if value.__class__ is not UnknownObject:
        raise Mismatch(("", f"expected UnknownObject, got {type(value).__name__}"))
    return object_out(value.raw)
