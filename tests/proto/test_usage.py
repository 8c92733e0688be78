"""Usage: by modality and cache, counted once, its cost; and the times of turns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto import ConfigurationError, Usage
from realtime_proto.usage import (
    MAX_KEYS,
    MAX_TURNS,
    PRICES,
    Tokens,
    TurnClock,
    TurnMetrics,
    UsageLedger,
)

counts = st.integers(0, 1_000)
tokens = st.builds(Tokens, text=counts, audio=counts, image=counts, other=counts)
usages = st.builds(
    Usage,
    input=tokens,
    cached=tokens,
    output=tokens,
    reasoning=counts,
    transcription_input=tokens,
    transcription_output=tokens,
    transcription_s=st.integers(0, 100),
)


def used(n: int, **fields: Any) -> Usage:
    return Usage(input=Tokens(text=n), **fields)


@given(st.lists(st.tuples(st.sampled_from("abc"), usages)), st.booleans())
def test_what_is_told_adds_up_to_the_total(
    reports: list[tuple[str, Usage]], is_cumulative: bool
) -> None:
    """Whatever is repeated, grows, shrinks or counts on: the news are the whole, once."""
    ledger = UsageLedger()
    told = Usage()
    for key, usage in reports:
        told += ledger.report(key, usage, is_cumulative=is_cumulative) or Usage()
    assert ledger.total == told


def test_a_repeated_report_is_no_news() -> None:
    """And one that has grown tells what it grew by."""
    ledger = UsageLedger()
    assert used(3, raw={"a": 1}) == ledger.report("turn", used(3, raw={"a": 1}))
    assert ledger.report("turn", used(3)) is None
    assert used(2) == ledger.report("turn", used(5))
    assert used(5) == ledger.total


def test_counts_of_a_whole_connection_are_told_by_their_growth() -> None:
    """They begin anew with a connection, and where they shrink."""
    ledger = UsageLedger()
    for key, n, news in (("1", 10, 10), ("2", 25, 15), ("3", 7, 7)):
        assert used(news) == ledger.report(key, used(n), is_cumulative=True)
    ledger.begin_connection()
    assert used(9) == ledger.report("4", used(9), is_cumulative=True)
    assert used(41) == ledger.total


def test_old_reports_stay_in_the_total() -> None:
    """More keys than are remembered lose nothing."""
    ledger = UsageLedger()
    for key in range(MAX_KEYS + 5):
        ledger.report(str(key), used(1))
    assert used(MAX_KEYS + 5) == ledger.total


def test_the_first_report_of_nothing_is_news() -> None:
    """An answer that cost nothing is an answer."""
    assert Usage() == UsageLedger().report("turn", Usage())


def test_a_cost_is_what_the_prices_say() -> None:
    """Cached tokens are a part of the input; reasoning is output, unless it has its price."""
    usage = Usage(
        input=Tokens(text=1_000_000, audio=500_000),
        cached=Tokens(text=250_000),
        output=Tokens(audio=100_000),
        reasoning=10_000,
        transcription_input=Tokens(audio=1_000_000),
        transcription_s=2.5,
    )
    prices = {
        "input_text": 4,
        "cached_text": Decimal("0.4"),
        "input_audio": 32,
        "output_text": 16,
        "output_audio": 64.0,
        "transcription_input_audio": 1,
        "transcription_s": 0.0001,
    }
    expected = Decimal("3") + Decimal("0.1") + 16 + Decimal("6.4") + Decimal("0.16") + 1
    assert expected + Decimal("0.00025") == usage.cost(prices)
    assert expected + Decimal("0.00025") - Decimal("0.16") == usage.cost(prices | {"reasoning": 0})
    assert 1_610_000 == usage.total
    assert Decimal(0) == Usage().cost({})


def test_a_missing_price_is_named() -> None:
    """All of those that are missing, by names that `PRICES` lists."""
    usage = Usage(input=Tokens(text=1), output=Tokens(audio=1), transcription_s=1)
    with pytest.raises(ConfigurationError, match="input_text, output_audio, transcription_s"):
        usage.cost({})
    assert {"input_text", "output_audio", "transcription_s"} <= set(PRICES)


@pytest.mark.parametrize("price", [True, "4", None, float("nan"), float("inf"), -1])
def test_what_is_no_price_is_refused(price: Any) -> None:
    """A number from 0 is a price; None is a missing one."""
    with pytest.raises(ConfigurationError, match="price"):
        used(1).cost({"input_text": price})
    with pytest.raises(ConfigurationError, match="price"):
        Usage(transcription_s=1).cost({"transcription_s": price})


def test_a_turn_is_timed_from_the_end_of_the_users_turn() -> None:
    """Waiting, thinking, tools, the whole; an interruption from the first sound."""
    clock = TurnClock()
    clock.asked(1_000_000)
    clock.started("r", 1_200_000)
    clock.called("r", 1_300_000)
    clock.called("r", 1_400_000)
    clock.answered("r", 1_500_000)
    clock.output("r", 1_700_000)
    clock.output("r", 1_800_000)
    clock.interrupted(2_000_000)
    clock.interrupted(2_100_000)
    expected = TurnMetrics(
        wait_ms=700, think_ms=500, tool_ms=200, total_ms=1_300, interrupted_ms=300
    )
    assert expected == clock.done("r", 2_500_000)


def test_no_time_is_invented() -> None:
    """What was not seen to begin has no metrics; what was not asked, no wait."""
    clock = TurnClock()
    assert clock.done("unseen", 5) is None
    clock.output("unseen", 5)
    clock.answered("unseen", 5)
    clock.started("r", 0)
    clock.answered("r", 5)
    assert TurnMetrics(total_ms=1) == clock.done("r", 1_000)


def test_tools_that_outlive_their_answer_are_waited_for_by_the_next() -> None:
    """There the model speaks about their results."""
    clock = TurnClock()
    clock.started("r1", 0)
    clock.called("r1", 1_000_000)
    assert TurnMetrics(total_ms=2_000) == clock.done("r1", 2_000_000)
    clock.answered("r1", 4_000_000)
    clock.started("r2", 4_000_000)
    assert TurnMetrics(tool_ms=3_000, total_ms=0) == clock.done("r2", 4_000_000)
    for n in range(MAX_TURNS):
        clock.called(f"other {n}", 0)
    clock.answered("r1", 9_000_000)
    clock.started("r3", 9_000_000)
    assert TurnMetrics(total_ms=0) == clock.done("r3", 9_000_000)


def test_turns_are_bounded() -> None:
    """The oldest is timed no more."""
    clock = TurnClock()
    for n in range(MAX_TURNS + 1):
        clock.started(str(n), 0)
    assert clock.done("0", 0) is None
    assert clock.done("1", 0) is not None
