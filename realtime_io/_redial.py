"""Obeys `Conversation.road` where it asks for a new road: waits, and dials. Decides nothing.

Whether to try again, when and how often, is the conversation's; what came of an attempt it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import anyio

from realtime_proto.conversation import Redial
from realtime_proto.errors import RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_io._websocket import WebSocket
    from realtime_proto.conversation import Road
    from realtime_proto.dialect import Endpoint

__all__ = ("Dial", "redial")

Dial: TypeAlias = "Callable[[Endpoint | None], Awaitable[WebSocket]]"


async def redial(
    road: Callable[[], Road], dial: Dial, failed: Callable[[RealtimeConnectionError], None]
) -> WebSocket | None:
    """Open the road that is wanted. None where none is wanted any more.

    Args:
        road: What is wanted now.
        dial: Opens a connection to where `Redial` says.
        failed: Told of each attempt that came to nothing; what is wanted is asked for again then.
    """
    while isinstance(wanted := road(), Redial):
        await anyio.sleep_until(wanted.not_before)
        try:
            return await dial(wanted.endpoint)
        except RealtimeConnectionError as exc:
            failed(exc)
    return None
