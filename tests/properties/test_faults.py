"""Any faults in a recording: what is left of it, and what a real client makes of them."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import anyio
import pytest
from helpers.recorded import AT_ONCE, PROVIDERS, record_virtually, talk, voice_for
from helpers.virtual import BACKENDS, run_virtually
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_io import ConfigurationError, RealtimeError, ReplayMismatch
from realtime_io.player import Cut, Delay, Drop, Duplicate, Fault, Reorder, play
from realtime_proto.exchanges import Said, exchanges_of
from realtime_proto.faults import with_faults
from realtime_proto.recording import Journal, read_journal

if TYPE_CHECKING:
    from realtime_proto.exchanges import Exchange

LONG_S = 10_000.0
"""More than any deadline."""


@cache
def recorded(provider: str) -> Journal:
    return read_journal(record_virtually(provider))


def lines(exchange: Exchange) -> list[int]:
    """Those at which the server speaks."""
    return [step.line for step in exchange.steps if isinstance(step, Said)]


def asked(exchange: Exchange) -> list[int]:
    """Those at which the client does."""
    return [step.line for step in exchange.steps if not isinstance(step, Said)]


@st.composite
def faults(draw: st.DrawFn, provider: str) -> list[Fault]:
    """A few that go together."""
    journal = recorded(provider)
    at = st.sampled_from(lines(exchanges_of(journal)[0]))
    after = st.none() | at
    seconds = st.sampled_from([0.0, 0.001, 3.0, 11.0, 70.0])
    codes = st.sampled_from([None, 1000, 1001, 1007, 1008, 1011, 1013, 4000])
    one: st.SearchStrategy[Fault] = st.one_of(
        st.builds(Cut, at, code=codes, after_s=seconds),
        st.builds(Delay, at, by_s=seconds),
        st.builds(Drop, at),
        st.builds(Duplicate, at, after=after),
        st.builds(Reorder, at, after=after),
    )
    chosen: list[Fault] = []
    for fault in draw(st.lists(one, min_size=1, max_size=4)):
        try:
            with_faults(journal, [*chosen, fault])
        except ConfigurationError:
            continue  # they contradict each other
        chosen.append(fault)
    return chosen


@pytest.mark.parametrize("provider", PROVIDERS)
@given(st.data())
def test_nothing_is_lost_but_what_is_dropped_or_cut(provider: str, data: st.DataObject) -> None:
    """The rest is there, as often as it was asked for, and in the order of time."""
    journal = recorded(provider)
    given_ = data.draw(faults(provider))
    before, after = exchanges_of(journal)[0], with_faults(journal, given_)[0]
    assert with_faults(journal, reversed(given_)) == with_faults(journal, given_) or any(
        isinstance(fault, Reorder | Duplicate) for fault in given_
    )
    cuts = [fault for fault in given_ if isinstance(fault, Cut)]
    said = lines(after)
    dropped = [fault.at for fault in given_ if isinstance(fault, Drop)]
    again = [fault.at for fault in given_ if isinstance(fault, Duplicate)]
    if cuts:
        assert after.end is not None
        assert after.end.line == cuts[0].at
        assert not Counter(said) - Counter([*lines(before), *again])
        assert set(asked(after)) <= set(asked(before))
    else:
        assert Counter([*said, *dropped]) == Counter([*lines(before), *again])
        assert sorted(asked(after)) == asked(before)
        assert after.end == before.end
    is_grave = any(isinstance(fault, Cut | Delay | Drop) for fault in given_)
    assert is_grave is (after.free_from is not None)
    times = [step.t_us for step in after.steps]
    assert times == sorted(times)


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=min(20, settings().max_examples))
@given(st.data())
def test_whatever_goes_wrong_a_client_hears_of_it_as_an_error_of_ours(
    provider: str, data: st.DataObject
) -> None:
    """Or has its answer, or has lost patience itself. No other error comes out, and nobody waits
    for ever: that would be `Stuck`.
    """
    given_ = data.draw(faults(provider))
    reconnect = data.draw(st.sampled_from([False, AT_ONCE]))

    async def main() -> float:
        async with play(recorded(provider), faults=given_, timeout_s=LONG_S) as player:
            voice = voice_for(provider, player.base_url, reconnect=reconnect)
            with suppress(RealtimeError, TimeoutError):
                await talk(voice, patience_s=LONG_S / 2)
        return anyio.current_time()

    logging.disable(logging.CRITICAL)
    try:
        for backend in BACKENDS:
            with suppress(ReplayMismatch):
                assert run_virtually(main, backend=backend) <= LONG_S
    finally:
        logging.disable(logging.NOTSET)
