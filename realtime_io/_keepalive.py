"""When to ping, and when a silence means that nobody is there. No I/O; `now` is an argument.

Middle boxes end an idle connection without a word, and a network that is gone says nothing at all.
So a ping goes out at every interval, and a peer from which nothing came within the timeout after
one is given up. Any byte counts as a sign of life, not the pong alone: audio may stand in front of
it for long.
"""

from __future__ import annotations

from enum import Enum, auto

from attrs import frozen

from realtime_proto.errors import ConfigurationError

__all__ = ("Beat", "KeepAlive", "Pulse")


@frozen(kw_only=True)
class KeepAlive:
    """Pings, and how long their answer may take.

    Args:
        interval_s: From one ping to the next, in seconds.
        timeout_s: How long nothing may come after a ping, in seconds; None waits for ever, and the
            pings only keep middle boxes from forgetting the connection.

    Raises:
        ConfigurationError: One of them is not positive.
    """

    interval_s: float = 20.0
    timeout_s: float | None = 20.0

    def __attrs_post_init__(self) -> None:
        for name, value in (("interval_s", self.interval_s), ("timeout_s", self.timeout_s)):
            if value is not None and not value > 0:
                raise ConfigurationError(f"{name} is {value!r}: it must be positive")


class Beat(Enum):
    """What the time has come for."""

    NOTHING = auto()
    PING = auto()
    GIVE_UP = auto()


class Pulse:
    """Keeps the time of one connection's pings.

    Args:
        keepalive: None never beats.
        now: In seconds, on the clock that all calls use.

    Attributes:
        was_heard: To be set whenever a byte comes.
    """

    __slots__ = ("_keepalive", "_next_ping_at", "_unanswered_at", "was_heard")

    def __init__(self, keepalive: KeepAlive | None, now: float) -> None:
        self.was_heard = False
        self._keepalive = keepalive
        self._next_ping_at = float("inf") if keepalive is None else now + keepalive.interval_s
        self._unanswered_at: float | None = None  # when the first ping went that nothing followed

    @property
    def timeout_s(self) -> float | None:
        """How long the peer may show no life."""
        return None if self._keepalive is None else self._keepalive.timeout_s

    @property
    def deadline(self) -> float:
        """When to call `beat` next."""
        if self._unanswered_at is None or self.timeout_s is None:
            return self._next_ping_at
        return min(self._next_ping_at, self._unanswered_at + self.timeout_s)

    def beat(self, now: float, *, is_listening: bool) -> Beat:
        """What is to be done now.

        Args:
            now: In seconds.
            is_listening: Whether what comes is read: an answer that nobody fetched is no silence.
        """
        if self._keepalive is None:
            return Beat.NOTHING
        if self.was_heard or not is_listening:
            self.was_heard = False
            self._unanswered_at = None
        timeout_s = self._keepalive.timeout_s
        if (
            timeout_s is not None
            and self._unanswered_at is not None
            and now >= self._unanswered_at + timeout_s
        ):
            return Beat.GIVE_UP
        if now < self._next_ping_at:
            return Beat.NOTHING
        self._next_ping_at = now + self._keepalive.interval_s
        if self._unanswered_at is None:
            self._unanswered_at = now
        return Beat.PING
