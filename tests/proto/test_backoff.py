"""The schedule of attempts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.backoff import DEFAULT_BACKOFF, GIVE_UP, Backoff
from realtime_proto.closing import Fate, Verdict
from realtime_proto.errors import ConfigurationError

LOST = Verdict(fate=Fate.RETRYABLE)
OLD = Verdict(fate=Fate.RENEW)

chances = st.floats(0, 1)
attempts = st.integers(1, 8)


def test_the_ceiling_doubles_from_half_a_second_to_half_a_minute() -> None:
    """The pauses of eight failures in a row, if chance makes all of them the longest."""
    pauses = [DEFAULT_BACKOFF.delay_s(attempt, LOST, chance=1) for attempt in range(1, 10)]
    assert [0.5, 1, 2, 4, 8, 16, 30, 30, GIVE_UP] == pauses


@given(attempts, chances)
def test_a_pause_lies_between_nothing_and_its_ceiling(attempt: int, chance: float) -> None:
    """Full jitter: chance decides over the whole of it."""
    pause = DEFAULT_BACKOFF.delay_s(attempt, LOST, chance=chance)
    assert pause is not GIVE_UP
    assert 0 <= pause <= min(30, 0.5 * 2 ** (attempt - 1))


@given(attempts, chances, st.floats(0, 120))
def test_a_server_is_never_asked_sooner_than_it_wants(
    attempt: int, chance: float, asked_s: float
) -> None:
    """A Retry-After of up to two minutes is waited out, and the jitter comes on top."""
    busy = Verdict(fate=Fate.RETRYABLE, retry_after_s=asked_s)
    pause = DEFAULT_BACKOFF.delay_s(attempt, busy, chance=chance)
    assert pause is not GIVE_UP
    assert asked_s <= pause <= asked_s + 30


@given(attempts, chances, st.floats(120, allow_nan=False, exclude_min=True))
def test_a_server_that_wants_minutes_of_rest_is_given_up(
    attempt: int, chance: float, asked_s: float
) -> None:
    """Nobody waits that long in a conversation."""
    busy = Verdict(fate=Fate.RETRYABLE, retry_after_s=asked_s)
    assert GIVE_UP is DEFAULT_BACKOFF.delay_s(attempt, busy, chance=chance)


@given(st.integers(), chances, st.sampled_from([Fate.NORMAL, Fate.FATAL]))
def test_what_is_over_or_would_fail_again_is_not_tried(
    attempt: int, chance: float, fate: Fate
) -> None:
    """At no attempt, whatever chance says."""
    assert GIVE_UP is DEFAULT_BACKOFF.delay_s(attempt, Verdict(fate=fate), chance=chance)


@given(st.integers(9), chances, st.sampled_from([LOST, OLD]))
def test_too_many_failures_in_a_row_are_given_up(
    attempt: int, chance: float, verdict: Verdict
) -> None:
    """Eight attempts and no more, for a renewal too: no hot loop."""
    assert GIVE_UP is DEFAULT_BACKOFF.delay_s(attempt, verdict, chance=chance)


@given(chances)
def test_the_first_renewal_is_at_once_and_later_ones_wait(chance: float) -> None:
    """What has merely grown old is not at fault, unless it grows old again and again."""
    assert 0 == DEFAULT_BACKOFF.delay_s(1, OLD, chance=chance)
    expected = DEFAULT_BACKOFF.delay_s(2, LOST, chance=chance)
    assert expected == DEFAULT_BACKOFF.delay_s(2, OLD, chance=chance)


@given(st.integers(0, 8), st.floats(0, 1e6))
def test_a_connection_that_held_for_a_minute_starts_the_count_again(
    attempt: int, held_s: float
) -> None:
    """One that did not counts as one more in a row."""
    expected = 1 if held_s >= 60 else attempt + 1
    assert expected == DEFAULT_BACKOFF.next_attempt(attempt, held_s=held_s)


@pytest.mark.parametrize("chance", [-1.0, 2.0])
def test_chance_outside_of_its_bounds_is_held_to_them(chance: float) -> None:
    """A pause is never negative and never over its ceiling."""
    assert (0.5 if chance > 0 else 0) == DEFAULT_BACKOFF.delay_s(1, LOST, chance=chance)


def test_a_very_late_attempt_has_the_longest_pause() -> None:
    """The doubling is bounded: no number grows without end."""
    assert 30 == Backoff(attempts=10**9).ceiling_s(10**9)


@pytest.mark.parametrize(
    "values",
    [
        {"first_s": -1},
        {"longest_s": 0.1},
        {"longest_s": float("inf")},
        {"attempts": 1.5},
        {"attempts": True},
        {"attempts": -1},
        {"stable_s": "60"},
        {"longest_wait_s": float("nan")},
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(values: dict[str, Any]) -> None:
    """The error names the value."""
    with pytest.raises(ConfigurationError, match=f"Backoff.{next(iter(values))}"):
        Backoff(**values)


def test_a_schedule_may_try_never() -> None:
    """No attempts: the first loss is the end."""
    assert GIVE_UP is Backoff(attempts=0).delay_s(1, OLD, chance=0)
    assert "GIVE_UP" == repr(GIVE_UP)
