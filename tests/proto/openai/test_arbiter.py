"""The response slot: every phase, every race, every deadline."""

from __future__ import annotations

import pytest

from realtime_proto import LocalProtocolError
from realtime_proto.openai._arbiter import (
    MAX_ATTEMPTS,
    MAX_OVER,
    ArbiterPhase,
    Refusal,
    ResponseArbiter,
)

FREE, REQUESTED, ACTIVE, CANCELLING = ArbiterPhase


def asked(event_id: str = "e1") -> ResponseArbiter:
    """An arbiter that asked for a response."""
    arbiter = ResponseArbiter()
    arbiter.want()
    arbiter.requested(event_id, deadline_us=10)
    return arbiter


def active(response_id: str = "r1") -> ResponseArbiter:
    """An arbiter whose response runs."""
    arbiter = asked()
    assert not arbiter.created(response_id)
    return arbiter


def test_a_response_goes_round() -> None:
    """Wanted, asked for, begun, ended; one at a time."""
    arbiter = ResponseArbiter()
    assert (None, True) == (arbiter.due(), arbiter.is_idle)
    arbiter.want()
    assert arbiter.due() is not None
    arbiter.requested("e1", deadline_us=10)
    assert (REQUESTED, 10, None) == (arbiter.phase, arbiter.deadline_us, arbiter.due())
    arbiter.created("r1")
    assert (ACTIVE, "r1", None) == (arbiter.phase, arbiter.response_id, arbiter.deadline_us)
    arbiter.done("r1")
    assert (FREE, None, True) == (arbiter.phase, arbiter.response_id, arbiter.is_idle)


def test_wants_wait_and_join() -> None:
    """Plain ones become one; it is the user's if one of them is."""
    arbiter = active()
    arbiter.want(is_automatic=True)
    arbiter.want()
    assert (1, None, False) == (arbiter.n_queued, arbiter.due(), arbiter.is_idle)
    arbiter.done("r1", turn_detected=True)
    assert arbiter.due() is not None


def test_what_only_tools_wanted_goes_with_the_users_turn() -> None:
    """The server itself answers then."""
    arbiter = active()
    arbiter.want(is_automatic=True)
    arbiter.done("r1", turn_detected=True)
    assert arbiter.is_idle


def test_creates_with_wishes_wait_in_line_and_are_bounded() -> None:
    """A plain one has its place beside them."""
    arbiter = ResponseArbiter(max_queued=2)
    arbiter.want(request="a")
    arbiter.requested("e1", deadline_us=0)
    arbiter.want(request="b")
    arbiter.want(request="c")
    with pytest.raises(LocalProtocolError, match="2 responses are waiting"):
        arbiter.want(request="d")
    arbiter.want()
    assert 3 == arbiter.n_queued
    arbiter.created("r1")
    arbiter.done("r1")
    due = arbiter.due()
    assert due is not None
    assert "b" == due.request
    arbiter.drop_due()
    assert 2 == arbiter.n_queued


def test_a_cancel_before_the_beginning_is_kept() -> None:
    """The server would not know what to cancel."""
    arbiter = asked()
    assert not arbiter.cancel(deadline_us=20)
    assert arbiter.created("r1")
    assert arbiter.cancel(deadline_us=20)
    assert (CANCELLING, 20) == (arbiter.phase, arbiter.deadline_us)
    assert not arbiter.cancel(deadline_us=30)
    arbiter.want()
    assert arbiter.due() is None
    arbiter.done("r1")
    assert arbiter.due() is not None


def test_a_free_slot_has_nothing_to_cancel() -> None:
    """And keeps nothing for the next response."""
    arbiter = ResponseArbiter()
    assert not arbiter.cancel(deadline_us=0)
    assert not arbiter.created("r1")


def test_the_end_of_another_response_changes_nothing() -> None:
    """It was superseded, or is out of band."""
    arbiter = active("r1")
    arbiter.done("r1")
    arbiter.want()
    arbiter.requested("e2", deadline_us=0)
    arbiter.done("r1")
    assert arbiter.phase is REQUESTED
    arbiter.created("r2")
    arbiter.done("r1")
    assert arbiter.phase is ACTIVE


def test_an_end_without_a_beginning_is_the_end_of_what_was_asked() -> None:
    """Servers have been seen to leave the beginning out."""
    arbiter = asked()
    arbiter.done("r1")
    assert arbiter.phase is FREE
    assert not arbiter.created("r1")
    assert arbiter.phase is FREE


def test_an_end_of_something_unknown_is_remembered() -> None:
    """It is not the end of what is asked for afterwards."""
    arbiter = active("r1")
    arbiter.done("unknown")
    assert arbiter.phase is ACTIVE
    arbiter.done("r1")
    arbiter.want()
    arbiter.requested("e2", deadline_us=0)
    arbiter.done("unknown")
    assert arbiter.phase is REQUESTED


def test_one_cancel_cancels_one_response() -> None:
    """Kept or not, it is spent then."""
    arbiter = asked("e1")
    arbiter.cancel(deadline_us=0)
    assert arbiter.created("r1")
    assert not arbiter.created("r2")
    arbiter.done("r2")
    assert not arbiter.created("r3")


def test_idle_is_neither_asked_nor_wanted() -> None:
    """Either of them is something to wait for."""
    assert not active().is_idle
    arbiter = ResponseArbiter()
    arbiter.want()
    assert not arbiter.is_idle


def test_the_bounds_are_what_is_documented() -> None:
    """A change of one is a decision, not an accident."""
    assert (64, 3) == (MAX_OVER, MAX_ATTEMPTS)


def test_an_ordinary_end_drops_nothing() -> None:
    """What tools want is asked for."""
    arbiter = active("r1")
    arbiter.want(is_automatic=True)
    arbiter.done("r1")
    assert arbiter.due() is not None


def test_an_unreadable_end_frees_the_slot() -> None:
    """But not one that is asked for: its deadline does."""
    arbiter = active()
    arbiter.done(None)
    assert arbiter.phase is FREE
    arbiter = asked()
    arbiter.done(None)
    assert arbiter.phase is REQUESTED


def test_an_unreadable_beginning_is_some_response() -> None:
    """Any end is its end."""
    arbiter = asked()
    assert not arbiter.created(None)
    assert (ACTIVE, None) == (arbiter.phase, arbiter.response_id)
    arbiter.done("whichever")
    assert arbiter.phase is FREE


def test_an_end_that_is_repeated_is_no_end() -> None:
    """Not of a response whose id could not be read, either."""
    arbiter = active("r1")
    arbiter.done("r1")
    assert not arbiter.created(None)
    arbiter.done("r1")
    assert ACTIVE is arbiter.phase
    arbiter.done("r2")
    assert FREE is arbiter.phase


def test_an_unreadable_beginning_ends_no_response_that_is_known() -> None:
    """The slot is that one's until it is over, be it cancelled or not."""
    arbiter = active("r1")
    assert not arbiter.created(None)
    arbiter.done("r0")
    assert (ACTIVE, "r1") == (arbiter.phase, arbiter.response_id)
    assert arbiter.cancel(deadline_us=20)
    assert not arbiter.created(None)
    assert (CANCELLING, "r1") == (arbiter.phase, arbiter.response_id)


@pytest.mark.parametrize("created", [False, True])
def test_a_create_that_raced_is_wanted_again(created: bool) -> None:
    """Whether the other response was announced before the refusal or not."""
    arbiter = asked("e1")
    if created:
        arbiter.created("theirs")
    assert Refusal.SETTLED is arbiter.refused("e1", busy=True, deadline_us=99)
    assert ACTIVE is arbiter.phase
    assert (None if created else 99) == arbiter.deadline_us
    assert arbiter.due() is None
    arbiter.created("theirs")
    arbiter.done("theirs")
    assert arbiter.due() is not None


def test_a_refusal_after_the_end_waits_as_well() -> None:
    """The server says that something runs: it is not asked again at once."""
    arbiter = active("r1")
    arbiter.done("r1")
    assert Refusal.SETTLED is arbiter.refused("e1", busy=True, deadline_us=99)
    assert (ACTIVE, 99) == (arbiter.phase, arbiter.deadline_us)
    assert arbiter.expire(98) is None
    assert ACTIVE is arbiter.expire(99)
    assert arbiter.due() is not None


def test_the_same_create_is_not_sent_for_ever() -> None:
    """A server that is always busy is believed at last."""
    arbiter = ResponseArbiter()
    arbiter.want()
    refusals = []
    for n in range(MAX_ATTEMPTS):
        arbiter.requested(f"e{n}", deadline_us=0)
        refusals.append(arbiter.refused(f"e{n}", busy=True, deadline_us=1))
        arbiter.expire(1)
    assert [Refusal.SETTLED] * (MAX_ATTEMPTS - 1) + [Refusal.FAILED] == refusals
    assert arbiter.is_idle


@pytest.mark.parametrize("created", [False, True])
def test_a_create_that_is_refused_otherwise_is_not_sent_again(created: bool) -> None:
    """The slot is free, unless another response has it."""
    arbiter = asked("e1")
    if created:
        arbiter.created("theirs")
    assert Refusal.FAILED is arbiter.refused("e1", busy=False, deadline_us=0)
    assert (ACTIVE if created else FREE) is arbiter.phase
    assert 0 == arbiter.n_queued


@pytest.mark.parametrize("event_id", [None, "another", "z"])
def test_other_refusals_are_none_of_its_business(event_id: str | None) -> None:
    """An error about something else, or about nothing."""
    arbiter = asked("e1")
    assert Refusal.UNKNOWN is arbiter.refused(event_id, busy=True, deadline_us=0)
    assert arbiter.phase is REQUESTED


@pytest.mark.parametrize("phase", [REQUESTED, CANCELLING])
def test_what_the_server_never_says_is_not_waited_for(phase: ArbiterPhase) -> None:
    """At the deadline the slot is free."""
    arbiter = asked() if phase is REQUESTED else active()
    if phase is CANCELLING:
        arbiter.cancel(deadline_us=10)
    assert arbiter.expire(9) is None
    assert phase is arbiter.expire(10)
    assert FREE is arbiter.phase
    assert ResponseArbiter().expire(99) is None


def test_a_deadline_that_is_noticed_late_is_a_deadline() -> None:
    """Time does not stop at it."""
    assert REQUESTED is asked().expire(15)


def test_eight_wait_where_nothing_else_is_said() -> None:
    """The ninth is refused."""
    arbiter = ResponseArbiter()
    for n in range(8):
        arbiter.want(request=n)
    with pytest.raises(LocalProtocolError):
        arbiter.want(request=8)


def test_a_cancel_goes_with_the_create_it_was_for() -> None:
    """The next response is not cancelled for the sake of a refused one."""
    arbiter = asked("e1")
    arbiter.cancel(deadline_us=0)
    arbiter.refused("e1", busy=False, deadline_us=0)
    assert not arbiter.created("r1")
    arbiter = asked("e1")
    arbiter.cancel(deadline_us=0)
    arbiter.refused("e1", busy=True, deadline_us=0)
    assert not arbiter.created("theirs")


def test_so_many_ended_responses_are_remembered() -> None:
    """None of them begins again."""
    arbiter = ResponseArbiter()
    for n in range(MAX_OVER):
        arbiter.created(f"r{n}")
        arbiter.done(f"r{n}")
    arbiter.created("r0")
    assert arbiter.phase is FREE


def test_ended_responses_are_forgotten_in_the_end() -> None:
    """The oldest of so many."""
    arbiter = ResponseArbiter()
    for n in range(MAX_OVER + 1):
        arbiter.created(f"r{n}")
        arbiter.done(f"r{n}")
    arbiter.created("r0")
    assert arbiter.phase is ACTIVE
    arbiter.done("r0")
    arbiter.created(f"r{MAX_OVER}")
    assert arbiter.phase is FREE
