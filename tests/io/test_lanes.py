"""The lanes between reader and application: order, bounds, and audio that was cut off."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.lowlevel
import pytest
from helpers.turns import Turns

from realtime_io._lanes import TURN_EVENTS, Lane
from realtime_io._tasks import background_tasks
from realtime_proto.errors import SlowConsumer
from realtime_proto.events import AudioChunk, SpeechStarted, VoiceEvent


def chunk(item_id: str = "item_1", size: int = 4) -> AudioChunk:
    return AudioChunk(data=bytes(size), duration_ms=0, item_id=item_id)


def speech(at_ms: int) -> SpeechStarted:
    return SpeechStarted(item_id=None, at_ms=at_ms)


async def everything(lane: Lane) -> list[VoiceEvent]:
    lane.end()
    taken = []
    with anyio.fail_after(5):
        while (event := await lane.take()) is not None:
            taken.append(event)
    return taken


async def test_events_come_out_in_order_and_then_the_end() -> None:
    """What waits at the end is still given out."""
    lane = Lane()
    events: list[VoiceEvent] = [speech(1), chunk(), speech(2)]
    for event in events:
        lane.put(event)
    assert events == await everything(lane)


@pytest.mark.parametrize(
    ("limits", "first", "one_more"),
    [
        ({"max_events": 2}, [speech(1), speech(2)], speech(3)),
        ({"max_chunks": 2}, [chunk(), chunk()], chunk()),
        ({"max_bytes": 8}, [chunk(), chunk()], chunk(size=1)),
    ],
)
async def test_a_full_lane_is_a_slow_consumer(
    limits: dict[str, int], first: list[Any], one_more: Any
) -> None:
    """At the limit there is room for the last one; taking one makes room for another."""
    lane = Lane(**limits)
    for event in first:
        lane.put(event)
    with pytest.raises(SlowConsumer, match="behind by 2 events"):
        lane.put(one_more)
    assert first[0] == await lane.take()
    lane.put(one_more)
    assert [*first[1:], one_more] == await everything(lane)


async def test_audio_and_other_events_do_not_take_each_others_room() -> None:
    """Each has a bound of its own in the lane of iteration."""
    lane = Lane(max_events=1, max_chunks=1)
    lane.put(chunk())
    lane.put(speech(1))
    with pytest.raises(SlowConsumer):
        lane.put(chunk())
    with pytest.raises(SlowConsumer):
        lane.put(speech(2))
    assert 2 == len(await everything(lane))


async def test_the_audio_of_an_item_that_was_cut_off_is_removed() -> None:
    """Its audio alone: other items and other events stay, in order, and there is room again."""
    lane = Lane(max_chunks=4, max_bytes=16)
    for event in (chunk("a"), speech(1), chunk("b"), chunk("a"), chunk("b")):
        lane.put(event)
    lane.drop_audio("a")
    lane.put(chunk("c"))
    lane.put(chunk("c"))
    with pytest.raises(SlowConsumer):
        lane.put(chunk("c"))
    kept = [getattr(event, "item_id", None) for event in await everything(lane)]
    assert [None, "b", "b", "c", "c"] == kept


async def test_a_cancelled_take_takes_nothing() -> None:
    """The event is there for the next one."""
    lane = Lane()
    lane.put(speech(1))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await lane.take()
    assert scope.cancelled_caught
    assert [speech(1)] == await everything(lane)


async def test_drained_waits_until_the_taker_is_back_for_more() -> None:
    """Not when the last event was taken, but when whoever took it is done with it."""
    lane = Lane()
    lane.put(speech(1))
    done: list[str] = []

    async def take_all() -> None:
        while await lane.take() is not None:
            await anyio.wait_all_tasks_blocked()
            done.append("handled")

    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(take_all)
            await lane.drained()
            assert ["handled"] == done


async def test_what_waits_is_given_out_without_turns_but_not_for_ever() -> None:
    """Events that wait cost no turn of the others each, and never more than a share of them all."""
    lane = Lane()
    n = 3 * TURN_EVENTS
    for i in range(n):
        lane.put(speech(i))
    turns = Turns()
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(turns.take)
            await anyio.lowlevel.checkpoint()
            for i in range(n):
                assert speech(i) == await lane.take()
            n_seen = turns.n
    assert 2 <= n_seen < n


async def test_what_is_taken_without_waiting_is_of_the_same_turn() -> None:
    """None where nothing waits; and None at the end of a turn, though something waits."""
    lane = Lane()
    assert lane.take_nowait() is None
    for i in range(TURN_EVENTS + 1):
        lane.put(speech(i))
    taken = [await lane.take()]
    while (event := lane.take_nowait()) is not None:
        taken.append(event)
    assert 1 <= len(taken) <= TURN_EVENTS
    assert [speech(i) for i in range(TURN_EVENTS + 1)] == taken + await everything(lane)
