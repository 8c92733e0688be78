"""Which road is next: from one end of a connection to the next beginning, or to the end of all.

What an end means comes as a `Verdict`; how long to wait, from `Backoff`; this counts the attempts,
and keeps what stands until the next road is open. It knows no dialect and no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from realtime_proto.backoff import GIVE_UP
from realtime_proto.closing import Fate, Verdict
from realtime_proto.road import Close, Done, Keep, Redial

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_proto.backoff import Backoff
    from realtime_proto.dialect import Endpoint
    from realtime_proto.events import Failure
    from realtime_proto.road import Road

__all__ = ("Attempt", "Roads")

RENEWAL = Verdict(fate=Fate.RENEW)


@frozen
class Attempt:
    """A new road is to be opened: which attempt in a row that is, and how long to wait for it."""

    number: int
    delay_s: float


class Roads:
    """The roads of one conversation.

    Attributes:
        road: What is to become of the connection.
        is_open: There is a connection.
        is_intended: The application closed; nothing comes after.
        cause: Why we left, or look for, a road; None: the peer's doing.
    """

    __slots__ = (
        "_attempt",
        "_backoff",
        "_chance",
        "_draws",
        "_endpoint",
        "_redials_left",
        "cause",
        "is_intended",
        "is_open",
        "road",
    )

    def __init__(
        self,
        *,
        endpoint: Endpoint | None,
        backoff: Backoff,
        chance: Callable[[], float] | None,
        max_redials: int,
    ) -> None:
        self.road: Road = Keep()
        self.is_open = False
        self.is_intended = False
        self.cause: Verdict | None = None
        self._endpoint = endpoint
        self._backoff = backoff
        self._chance = chance
        self._redials_left = max_redials
        self._draws: list[float] = []
        self._attempt = 0

    @property
    def may_open(self) -> bool:
        """Whether a road may be opened now."""
        return not self.is_open and isinstance(self.road, Keep | Redial)

    @property
    def is_in_use(self) -> bool:
        """Whether there is a connection that nobody wants closed."""
        return self.is_open and isinstance(self.road, Keep)

    @property
    def can_renew(self) -> bool:
        """Whether a road that is left would be followed by another."""
        return self._redials_left > 0 and self._backoff.attempts > 0

    def opened(self) -> None:
        """The road is open."""
        self.road = Keep()
        self.is_open = True
        self.cause = None

    def leave(self, cause: Verdict | None) -> None:
        """Close the road, for this cause; None: the application has had enough."""
        self.cause = cause
        self.is_intended = self.is_intended or cause is None
        self.road = Close(1000)

    def closed(self, *, held_s: float) -> None:
        """The road is gone, after it was of use for so long."""
        self.is_open = False
        self._attempt = self._backoff.next_attempt(self._attempt, held_s=held_s)

    def failed(self) -> None:
        """The road could not be opened."""
        self._attempt = self._backoff.next_attempt(self._attempt, held_s=0)

    def seek(self, verdict: Verdict, *, now: float) -> Attempt | None:
        """Look for another road, if this verdict and the attempts so far leave hope.

        Args:
            verdict: Why one is needed.
            now: On the caller's clock.
        """
        pause = self._backoff.delay_s(self._attempt, verdict, chance=self._draw())
        if pause is GIVE_UP or not self._redials_left:
            return None
        delay_s = round(pause, 6)  # whole microseconds, as all times here
        self._redials_left -= 1
        self.cause = verdict
        self.road = Redial(self._endpoint, now + delay_s)
        return Attempt(self._attempt, delay_s)

    def _draw(self) -> float:
        self._draws.append(1.0 if self._chance is None else self._chance())
        return self._draws[-1]

    def take_draws(self) -> list[float]:
        """What was drawn, each number once."""
        draws, self._draws = self._draws, []
        return draws

    def end(self, failure: Failure | None) -> None:
        """There is no other road."""
        self.road = Done(failure)
