"""What comes out of a conversation, described so that two runs can be compared: frames to the byte,
events by their fields, audio by its length and hash, credentials by their name.

Errors go in as well: why a road could not be opened is an input, so it is also read back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_proto._elision import describe_bytes, drop, pack_frame
from realtime_proto._portable import to_json
from realtime_proto.errors import (
    ConnectionLost,
    ConnectTimeout,
    HandshakeRejected,
    RealtimeConnectionError,
    RealtimeError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime_proto.redaction import Redactor

__all__ = (
    "describe_error",
    "describe_events",
    "describe_frames",
    "describe_road",
    "pack_error",
    "unpack_error",
)


def describe_frames(frames: Iterable[str], redactor: Redactor) -> list[dict[str, Any]]:
    """Frames to compare: their text, and the hash of their audio."""
    return [pack_frame(frame, redactor, cut=drop) for frame in frames]


def describe_events(events: Iterable[Any], redactor: Redactor) -> list[Any]:
    """Events to compare: their fields, and the hash of their audio."""
    return [redactor.clean_json(to_json(event, bytes_as=describe_bytes)) for event in events]


def describe_road(road: Any, redactor: Redactor, *, epoch: float) -> dict[str, Any]:
    """A road to compare: what it is, its time in microseconds since the first input."""
    body = redactor.clean_json(to_json(road))
    if "not_before" in body:
        body["not_before"] = round((road.not_before - epoch) * 1_000_000)
    return {"kind": "road", "road": body}


_ERRORS: Final[Mapping[str, type[RealtimeConnectionError]]] = {
    kind.__name__: kind
    for kind in (ConnectTimeout, HandshakeRejected, ConnectionLost, RealtimeConnectionError)
}
_KEPT_OF_ERRORS: Final = ("status", "headers", "received", "sent", "phase", "retryable", "hint")


def pack_error(error: RealtimeConnectionError) -> dict[str, Any]:
    """Why a road could not be opened, as data. The body of a refusal is not kept."""
    kind = next(name for name, cls in _ERRORS.items() if isinstance(error, cls))
    kept = {name: getattr(error, name) for name in _KEPT_OF_ERRORS if hasattr(error, name)}
    return {"type": kind, "message": error.message, **kept}


def unpack_error(value: object) -> RealtimeConnectionError | None:
    """The error that `pack_error` packed; None where there is none.

    Raises:
        ValueError: It is none.
    """
    if value is None:
        return None
    try:
        body = dict(value)  # type: ignore[call-overload]
        return _ERRORS[body.pop("type")](body.pop("message"), **body)
    except (TypeError, ValueError, KeyError):
        raise ValueError("why a road could not be opened is malformed") from None


def describe_error(error: RealtimeError, redactor: Redactor) -> dict[str, Any]:
    """What an input raised."""
    return {
        "kind": "raised",
        "error": type(error).__name__,
        "message": redactor.clean(error.message),
    }
