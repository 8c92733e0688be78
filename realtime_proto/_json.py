"""Bytes to a JSON object and back: the only place that imports a JSON or base64 library.

orjson and pybase64 do the work where they are installed, the standard library elsewhere; both give
the same results:

- A frame is strict UTF-8 (no byte order mark, no UTF-16, no surrogates), holds one object, nests at
  most MAX_DEPTH deep, and every number is finite. Anything else is a ValueError. Of duplicate keys
  the last wins. An integer beyond 64 bits becomes a float, so that a typed integer field refuses
  it.
- base64 is strict: the standard alphabet only, padded, no white space.

What is sent has been checked field by field before it gets here (see _codec), so `dumps` checks
nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NoReturn, TypeAlias

__all__ = (
    "MAX_DEPTH",
    "JsonObject",
    "JsonValue",
    "base64_decode",
    "base64_encode",
    "check_json",
    "dumps",
    "loads",
    "nests_deeper",
)

JsonValue: TypeAlias = Any
"""What a JSON document can hold: None, bool, int, float, str, list, dict with string keys."""

JsonObject: TypeAlias = Mapping[str, Any]
"""JSON that is free by nature: a schema, the arguments of a call, an event nobody knows."""

MAX_DEPTH: Final = 64
"""Objects and arrays inside each other. Real frames stay below 12."""

_SHALLOW: Final = 2 * MAX_DEPTH
"""Characters that cannot nest deeper: each level opens and closes."""

_INT64_MIN: Final = -(2**63)
_UINT64_MAX: Final = 2**64 - 1


def loads(frame: str | bytes | memoryview) -> dict[str, Any]:
    """The JSON object a frame holds.

    Raises:
        ValueError: The frame is not what the module's head says. The message holds nothing of the
            frame.
    """
    text: Any = bytes(frame) if frame.__class__ is memoryview else frame
    value = _parse(text)
    if value.__class__ is not dict:
        raise ValueError(f"expected a JSON object, got {_kind(value)}")
    if len(text) > _SHALLOW and _has_many_brackets(text) and nests_deeper(value):
        raise ValueError(f"JSON nests more than {MAX_DEPTH} deep")
    return value


def _has_many_brackets(text: str | bytes) -> bool:
    """Whether *text* has more than MAX_DEPTH brackets, without which it cannot nest deeper.

    Most frames have few, many have but the first. Over a long text `find` is ten times as fast as
    `count`.
    """
    brackets: Any = ("{", "[") if text.__class__ is str else (b"{", b"[")
    if text.find(brackets[0], 1) < 0 and text.find(brackets[1]) < 0:
        return False
    if len(text) < 1_024:
        return text.count(brackets[0]) + text.count(brackets[1]) > MAX_DEPTH
    left = MAX_DEPTH
    for bracket in brackets:
        at = text.find(bracket)
        while at >= 0:
            if not left:
                return True
            left -= 1
            at = text.find(bracket, at + 1)
    return False


def _check_utf8(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("text with lone surrogates") from None


def nests_deeper(value: JsonValue, limit: int = MAX_DEPTH) -> bool:
    """Whether *value*, made of dicts and lists, has more than *limit* of them inside each other."""
    level = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if node.__class__ is dict else node)
            if child.__class__ is dict or child.__class__ is list
        ]
        if not level:
            return False
    return True


def _kind(value: JsonValue) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(value.__class__, "number")


def check_json(value: object, *, depth: int = MAX_DEPTH) -> JsonValue:
    """*value* itself, if it is JSON that both sides of the wire read alike.

    Raises:
        ValueError: It holds something else: another type, a number that is not finite or beyond 64
            bits, a key that is no string, text with lone surrogates, or too many levels.
    """
    kind = value.__class__
    if value is None or kind is bool:
        return value
    if kind is str:
        _check_utf8(value)  # type: ignore[arg-type]
        return value
    if kind is int:
        if not _INT64_MIN <= value <= _UINT64_MAX:  # type: ignore[operator]
            raise ValueError("an integer beyond 64 bits")
        return value
    if kind is float:
        if not math.isfinite(value):  # type: ignore[arg-type]
            raise ValueError("a number that is not finite")
        return value
    if depth == 0:
        raise ValueError(f"JSON nests more than {MAX_DEPTH} deep")
    if isinstance(value, Mapping):
        for key in value:
            if key.__class__ is not str:
                raise ValueError(f"a key that is no string but {type(key).__name__}")
            _check_utf8(key)
        return {key: check_json(item, depth=depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [check_json(item, depth=depth - 1) for item in value]
    raise ValueError(f"{type(value).__name__} is not JSON")


# --- the two libraries behind it


def _loads_stdlib(data: Any) -> JsonValue:
    if isinstance(data, str):
        _check_utf8(data)
        text = data
    elif isinstance(data, bytes):
        text = data.decode("utf-8")
    else:  # as orjson has it: what is no text is no JSON either
        raise ValueError(f"neither text nor bytes but {type(data).__name__}")
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark before the JSON")
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded
        )
    except RecursionError:
        raise ValueError(f"JSON nests more than {MAX_DEPTH} deep") from None
    if "\\ud" in text.lower():  # an escape may have made a lone surrogate
        _check_utf8(json.dumps(value, ensure_ascii=False))
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is not finite")
    return number


def _bounded(text: str) -> int | float:
    if len(text) <= 20:
        number = int(text)
        if _INT64_MIN <= number <= _UINT64_MAX:
            return number
    return _finite(text)


def _dumps_stdlib(value: JsonValue) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _decode_stdlib(text: str | bytes, altchars: None, validate: Literal[True]) -> bytes:
    # a2b_base64 lets surplus padding pass ("AAAA===="), which pybase64 refuses.
    if len(text) % 4 or text[-3:] in ("===", b"==="):
        raise ValueError("not base64")
    return binascii.a2b_base64(text, strict_mode=True)


def _encode_stdlib(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def base64_decode(text: str | bytes) -> bytes:
    """The bytes behind strict, padded, standard base64.

    Raises:
        ValueError: It is not that.
    """
    try:
        return _decode(text, None, True)
    except (ValueError, binascii.Error):
        raise ValueError("not base64") from None


_parse: Callable[[str | bytes], JsonValue]
dumps: Callable[[JsonValue], str]
"""Compact JSON text of a value that `check_json` or the codec has passed."""
base64_encode: Callable[[bytes], str]
"""Standard base64 with padding, on one line."""
_decode: Callable[[str | bytes, None, Literal[True]], bytes]

try:
    import orjson
    import pybase64
except ImportError:  # pragma: no cover - decided by what is installed
    _parse, dumps = _loads_stdlib, _dumps_stdlib
    _decode, base64_encode = _decode_stdlib, _encode_stdlib
else:
    _parse, dumps = orjson.loads, lambda value: orjson.dumps(value).decode("utf-8")
    _decode, base64_encode = pybase64.b64decode, pybase64.b64encode_as_string
