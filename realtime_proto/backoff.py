"""When to try a lost connection again: a schedule as a value, with chance and time as arguments.

The pause before an attempt is drawn between nothing and a ceiling that doubles with each failure in
a row ("full jitter"), so that clients that were cut off together do not come back together. A
server that says how long it wants to be left alone is never asked sooner. What would fail again,
and what has failed too often in a row, is given up: a conversation that stands still for minutes is
better reported than mended.
"""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

import attrs
from attrs import frozen

from realtime_proto.closing import Fate
from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    from realtime_proto.closing import Verdict

__all__ = ("DEFAULT_BACKOFF", "GIVE_UP", "Backoff", "GiveUp")


class _Answer(enum.Enum):
    GIVE_UP = "GIVE_UP"

    def __repr__(self) -> str:
        return "GIVE_UP"


GiveUp: TypeAlias = Literal[_Answer.GIVE_UP]
GIVE_UP: Final = _Answer.GIVE_UP
"""There is to be no further attempt."""


@final
@frozen(kw_only=True)
class Backoff:
    """How a lost connection is tried again.

    Args:
        first_s: The longest pause before the first attempt, in seconds.
        longest_s: What the longest pause grows to.
        attempts: Attempts in a row before it is given up; 0 never tries.
        stable_s: A connection that held this long makes the next failure the first again.
        longest_wait_s: The longest time a server may ask to be left alone; one that asks for more
            is given up.

    Raises:
        ConfigurationError: A value is no number or negative, `attempts` is not whole, or the
            longest pause is shorter than the first.

    Example:
        >>> from realtime_proto.closing import judge_close
        >>> verdict = judge_close(1006, "", phase="open")
        >>> DEFAULT_BACKOFF.delay_s(1, verdict, chance=0.5)
        0.25
        >>> DEFAULT_BACKOFF.delay_s(9, verdict, chance=0.5)
        GIVE_UP
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    attempts: int = 8
    stable_s: float = 60.0
    longest_wait_s: float = 120.0

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            kinds = (int,) if name == "attempts" else (int, float)
            if value.__class__ not in kinds or not 0 <= value < math.inf:
                raise ConfigurationError(
                    f"Backoff.{name} must be a number from 0 on, not {value!r:.60}",
                    code="invalid_config",
                )
        if self.longest_s < self.first_s:
            raise ConfigurationError(
                "Backoff.longest_s must not be less than first_s", code="invalid_config"
            )

    def delay_s(self, attempt: int, verdict: Verdict, *, chance: float) -> float | GiveUp:
        """How long to wait before this attempt, in seconds.

        Args:
            attempt: Which attempt in a row it would be, from 1.
            verdict: Why one is needed.
            chance: A random number from 0 to 1, yours to draw.

        Returns:
            The pause, 0 for the first renewal of what has merely grown old; GIVE_UP where there is
            to be none.
        """
        if verdict.fate in (Fate.NORMAL, Fate.FATAL) or attempt > self.attempts:
            return GIVE_UP
        asked_s = verdict.retry_after_s or 0.0
        if asked_s > self.longest_wait_s:
            return GIVE_UP
        if verdict.fate is Fate.RENEW and attempt <= 1:
            return asked_s
        return asked_s + min(max(chance, 0.0), 1.0) * self.ceiling_s(attempt)

    def ceiling_s(self, attempt: int) -> float:
        """The longest pause before this attempt, in seconds, but for what a server asks."""
        doublings = min(max(attempt - 1, 0), 64)  # 2**64 times anything is over any ceiling
        return min(self.longest_s, self.first_s * 2.0**doublings)

    def next_attempt(self, attempt: int, *, held_s: float) -> int:
        """Which attempt in a row comes after a connection that held for so long.

        Args:
            attempt: The attempt that had opened it; 0 for the first connection of all.
            held_s: For how long it was of use, in seconds; 0 where it could not be opened.
        """
        return 1 if held_s >= self.stable_s else attempt + 1


DEFAULT_BACKOFF: Final = Backoff()
"""Eight attempts, up to half a second to up to half a minute apart."""
