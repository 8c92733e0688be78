"""What was heard of each item, and which call is settled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.events import ToolCallRequest
from realtime_proto.formats import PCM16_24K
from realtime_proto.ledgers import (
    MAX_ITEMS,
    MAX_SETTLED,
    MAX_TEXT,
    Cut,
    PlaybackLedger,
    ToolLedger,
)

SECOND = 48_000
US = 1_000_000


def heard(*pieces: tuple[str, int, int]) -> PlaybackLedger:
    """A ledger that received and delivered pieces: (item, bytes, time in microseconds)."""
    ledger = PlaybackLedger(PCM16_24K)
    for item_id, n_bytes, now_us in pieces:
        ledger.receive(item_id, n_bytes)
        ledger.deliver(item_id, n_bytes, now_us=now_us)
    return ledger


def test_chunks_play_one_after_the_other() -> None:
    """From the later of their delivery and the end of the one before."""
    ledger = heard(("a", SECOND, 0), ("a", SECOND, 0), ("b", SECOND, 0))
    assert [500, 2_000, 0] == [
        ledger.played_ms("a", now_us=US // 2),
        ledger.played_ms("a", now_us=3 * US),
        ledger.played_ms("b", now_us=2 * US),
    ]
    assert 250 == ledger.played_ms("b", now_us=2 * US + US // 4)
    assert 3 * US == ledger.ends_at_us()
    assert 0 == ledger.played_ms("nobody", now_us=0)


def test_a_gap_is_not_heard() -> None:
    """A chunk that comes after the one before has ended begins when it comes."""
    ledger = heard(("a", SECOND, 0), ("a", SECOND, 5 * US))
    assert 1_000 == ledger.played_ms("a", now_us=5 * US)
    assert 1_500 == ledger.played_ms("a", now_us=5 * US + US // 2)


def test_what_was_not_delivered_was_not_heard() -> None:
    """However long ago it was received."""
    ledger = PlaybackLedger(PCM16_24K)
    ledger.receive("a", SECOND)
    ledger.deliver("nobody", SECOND, now_us=0)
    assert 0 == ledger.played_ms("a", now_us=9 * US)
    assert "a" == ledger.playing(now_us=9 * US)


def test_a_report_counts_more_than_the_clock() -> None:
    """But never more than was received."""
    ledger = heard(("a", SECOND, 0))
    ledger.report("nobody", 5)
    ledger.report("a", 300)
    assert 300 == ledger.played_ms("a", now_us=9 * US)
    ledger.report("a", 5_000)
    assert 1_000 == ledger.played_ms("a", now_us=0)
    assert ledger.playing(now_us=0) is None


def test_a_cut_names_what_was_not_heard() -> None:
    """In order, with the words of about that share; what was all heard is not cut."""
    ledger = heard(("a", SECOND, 0), ("b", SECOND, 0), ("c", SECOND, 0))
    ledger.hear("b", "one two three four")
    cuts = ledger.cut(now_us=US + US // 2)
    assert [Cut("b", 0, 500, 1_000, "one two"), Cut("c", 0, 0, 1_000, "")] == cuts
    assert [] == ledger.cut(now_us=2 * US)
    assert [False, True, True] == [ledger.was_cut(item_id) for item_id in "abc"]


def test_only_whole_words_count_as_heard() -> None:
    """The word that was cut in the middle is not among them."""
    ledger = heard(("a", SECOND, 0))
    ledger.hear("a", "incomprehensibilities")
    assert "" == ledger.cut(now_us=US // 2)[0].heard_text


def test_held_playback_stands_still() -> None:
    """Also what is delivered meanwhile waits; afterwards it goes on where it stood."""
    ledger = heard(("a", SECOND, 0), ("old", 0, 0))
    ledger.hold(now_us=US // 4)
    ledger.hold(now_us=US // 2)
    ledger.receive("a", SECOND)
    ledger.deliver("a", SECOND, now_us=3 * US)
    assert 250 == ledger.played_ms("a", now_us=4 * US)
    ledger.release(now_us=4 * US)
    ledger.release(now_us=9 * US)
    assert 250 == ledger.played_ms("a", now_us=4 * US)
    assert 1_250 == ledger.played_ms("a", now_us=5 * US)
    assert 2_000 == ledger.played_ms("a", now_us=9 * US)


def test_what_had_ended_before_a_hold_stays_ended() -> None:
    """Its end is not moved."""
    ledger = heard(("a", SECOND, 0), ("b", SECOND, 2 * US))
    ledger.hold(now_us=2 * US)
    ledger.release(now_us=4 * US)
    assert 1_000 == ledger.played_ms("a", now_us=4 * US)
    assert 0 == ledger.played_ms("b", now_us=4 * US)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["receive", "deliver", "report", "wait", "hold", "release"]),
            st.sampled_from("ab"),
            st.integers(0, 3_000),
        )
    )
)
def test_what_is_played_is_between_nothing_and_what_was_received(
    steps: list[tuple[str, str, int]],
) -> None:
    """Whatever happens in whatever order."""
    ledger = PlaybackLedger(PCM16_24K)
    received = {"a": 0, "b": 0}
    now_us = 0
    for step, item_id, n in steps:
        match step:
            case "receive":
                ledger.receive(item_id, n * 48)
                received[item_id] += n
            case "deliver":
                ledger.deliver(item_id, n * 48, now_us=now_us)
            case "report":
                ledger.report(item_id, n)
            case "wait":
                now_us += n * 1_000
            case "hold":
                ledger.hold(now_us=now_us)
            case "release":
                ledger.release(now_us=now_us)
        for one, ms in received.items():
            assert 0 <= ledger.played_ms(one, now_us=now_us) <= ms
    assert all(cut.played_ms < cut.received_ms for cut in ledger.cut(now_us=now_us))


def test_items_and_their_text_are_bounded() -> None:
    """The oldest item goes; text beyond the bound is not kept; so are those that were cut."""
    ledger = PlaybackLedger(PCM16_24K)
    ledger.hear("a", "x" * MAX_TEXT)
    ledger.hear("a", "y")
    for n in range(MAX_ITEMS):
        ledger.receive(f"{n}", SECOND)
    assert 0 == ledger.played_ms("a", now_us=0)
    assert MAX_ITEMS == len(ledger.cut(now_us=0))
    ledger.receive("new", SECOND)
    ledger.cut(now_us=0)
    assert not ledger.was_cut("0")
    assert ledger.was_cut("1")


def test_the_bounds_are_what_is_documented() -> None:
    """A change of one is a decision, not an accident."""
    assert (64, 1_048_576, 1_024) == (MAX_ITEMS, MAX_TEXT, MAX_SETTLED)


def test_a_millisecond_that_is_not_whole_is_none() -> None:
    """One byte less than a second is 999 ms, received or delivered."""
    ledger = heard(("a", SECOND - 1, 0))
    assert 999 == ledger.cut(now_us=0)[0].received_ms
    ledger.receive("b", 2 * SECOND)
    ledger.deliver("b", SECOND - 1, now_us=0)
    assert 999 == ledger.played_ms("b", now_us=9 * US)


def test_text_beyond_the_bound_stays_out() -> None:
    """The piece that reaches over it is the last one kept."""
    ledger = PlaybackLedger(PCM16_24K)
    ledger.hear("a", "x" * (MAX_TEXT - 1))
    ledger.hear("a", "yy")
    ledger.hear("a", "z")
    assert MAX_TEXT + 1 == len(ledger._items["a"].text)


def test_the_bounds_are_where_they_say() -> None:
    """Text up to one, items up to the other."""
    ledger = PlaybackLedger(PCM16_24K)
    ledger.receive("a", 2 * SECOND)
    ledger.hear("a", "x " * (MAX_TEXT // 2))
    ledger.hear("a", "y")
    assert MAX_TEXT == len(ledger._items["a"].text)
    ledger.cut(now_us=0)
    for n in range(MAX_ITEMS + 1):
        ledger.receive(f"{n}", SECOND)
    assert [f"{n}" for n in range(1, MAX_ITEMS + 1)] == [c.item_id for c in ledger.cut(now_us=0)]


def request(call_id: str) -> ToolCallRequest:
    return ToolCallRequest(call_id=call_id, function_name="look", arguments={})


def test_a_call_is_settled_once() -> None:
    """Then it is known as settled, and the last of its group says so."""
    ledger = ToolLedger()
    ledger.open(request("1"), group="r", deadline_us=10)
    ledger.open(request("2"), group="r", deadline_us=5)
    assert ("look", "r", 5) == (
        ledger.name_of("1"),
        ledger.group_of("1"),
        ledger.next_deadline_us(),
    )
    assert not ledger.settle("1").was_last
    assert ledger.settle("2").was_last
    assert [True, False] == [ledger.was_settled(call_id) for call_id in ("1", "3")]
    assert (0, None, ()) == (len(ledger), ledger.next_deadline_us(), ledger.open_ids())
    with pytest.raises(KeyError):
        ledger.settle("1")


def test_calls_of_other_answers_are_of_no_account() -> None:
    """The last of its own answer is the last, whatever else is open."""
    for other in ("a", "c"):
        ledger = ToolLedger()
        ledger.open(request("1"), group="".join(("", "b")), deadline_us=0)
        ledger.open(request("2"), group=other, deadline_us=0)
        assert ledger.is_open("".join(("b", "")))
        assert ledger.settle("1").was_last
        assert ledger.is_open(other)
    assert 0 == ledger.late_results


def test_a_call_that_is_worked_on_gets_more_time() -> None:
    """`extend` moves its deadline."""
    ledger = ToolLedger()
    ledger.open(request("1"), group="r", deadline_us=10)
    assert ([], ["1"]) == (ledger.expired(now_us=9), ledger.expired(now_us=10))
    assert ["1"] == ledger.expired(now_us=US)
    ledger.extend("1", deadline_us=20)
    assert [] == ledger.expired(now_us=19)


def test_settled_calls_are_forgotten_in_the_end() -> None:
    """The oldest first."""
    ledger = ToolLedger()
    for n in range(MAX_SETTLED + 1):
        ledger.open(request(str(n)), group="r", deadline_us=0)
        ledger.settle(str(n))
    assert [False, True] == [ledger.was_settled(call_id) for call_id in ("0", "1")]
