"""The one seam where other libraries' exceptions become ours.

What a stream raises when its peer is gone, and everything that escapes wsproto and h11 on bytes a
peer chose (not only their own errors), is named here once, so that each place that touches a stream
or a parser catches the same.
"""

from __future__ import annotations

import struct
from typing import Final

import anyio
import h11
import wsproto.utilities

from realtime_proto.errors import RealtimeConnectionError

__all__ = ("GONE", "UNPARSABLE", "connect_failed")

GONE: Final = (
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    OSError,
)
"""The stream has no other end any more."""

UNPARSABLE: Final = (
    wsproto.utilities.ProtocolError,
    h11.ProtocolError,
    ValueError,
    IndexError,
    struct.error,
)
"""The peer's bytes are not what they should be. wsproto 1.3 lets the last three escape."""


def connect_failed(exc: BaseException, address: str) -> RealtimeConnectionError:
    """The error for a TCP connection that could not be opened."""
    cause: BaseException | None = exc
    while cause is not None and not isinstance(cause, ConnectionRefusedError):
        cause = cause.__cause__
    if cause is not None or "refused" in str(exc).lower():
        return RealtimeConnectionError(
            f"connection refused by {address}: is a server listening there?"
        )
    words = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
    return RealtimeConnectionError(f"cannot connect to {address}: {words}")
