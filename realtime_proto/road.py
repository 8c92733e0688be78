"""What is to become of the connection: the four answers of `Conversation.road`.

`road` is a level, not an edge: it stands until an input changes it, so reading it late loses
nothing. Whoever drives a conversation looks at it after every input and obeys.
"""

from __future__ import annotations

from typing import TypeAlias, final

from attrs import frozen

from realtime_proto.dialect import Endpoint
from realtime_proto.events import Failure

__all__ = ("Close", "Done", "Keep", "Redial", "Road")


@final
@frozen
class Keep:
    """Stay on this road (or, before the first `open`, take it)."""


@final
@frozen
class Close:
    """Close the WebSocket with this code and reason, then report it with `connection_lost`.

    What follows is told by the road after that: `Done`, or `Redial` where a session is renewed.
    """

    code: int = 1000
    reason: str = ""


@final
@frozen
class Redial:
    """Open a new road, not before that time on the caller's clock, and report it with `open`.

    Where it cannot be opened, report that with `connection_lost`; the next `road` says whether to
    try again. Where you do not want to go on, call `close`: the conversation is over then.

    Args:
        endpoint: Where to; None: where the last road led.
        not_before: Seconds on the clock that gives `now`.
    """

    endpoint: Endpoint | None
    not_before: float


@final
@frozen
class Done:
    """The conversation is over; `failure` says why, None where it ended as it should."""

    failure: Failure | None = None


Road: TypeAlias = Keep | Close | Redial | Done
