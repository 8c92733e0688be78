"""The one seam where other libraries' exceptions become ours.

What a stream raises when its peer is gone, and everything that escapes wsproto and h11 on bytes a
peer chose (not only their own errors), is named here once, so that each place that touches a stream
or a parser catches the same.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

import anyio
import h11
import wsproto.utilities

from realtime_proto.errors import RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
"""The peer's bytes are not what they should be. wsproto 1.3 lets the last three escape, and
UnicodeError, which is a ValueError."""


def connect_failed(exc: BaseException, address: str) -> RealtimeConnectionError:
    """The error for a TCP connection that could not be opened.

    Args:
        exc: What `anyio.connect_tcp` raised; the reasons of several attempts are below it.
        address: Host and port, to be named.
    """
    reasons = list(_reasons(exc))
    if any(isinstance(reason, ConnectionRefusedError) for reason in reasons):
        return RealtimeConnectionError(
            f"connection refused by {address}: is a server listening there?"
        )
    words = next((w for r in reversed(reasons) if (w := getattr(r, "strerror", None))), None)
    if any(isinstance(reason, socket.gaierror) for reason in reasons):
        return RealtimeConnectionError(
            f"cannot find {address}: {words}; is the name right, and is there a network?"
        )
    return RealtimeConnectionError(f"cannot connect to {address}: {words or type(exc).__name__}")


def _reasons(exc: BaseException) -> Iterator[BaseException]:
    """An exception and all that it stands for, the outermost first."""
    yield exc
    if isinstance(exc, BaseExceptionGroup):
        for one in exc.exceptions:
            yield from _reasons(one)
    elif exc.__cause__ is not None:
        yield from _reasons(exc.__cause__)
