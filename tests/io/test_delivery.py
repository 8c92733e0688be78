"""The way to the callbacks: a task for each lane, from the first event that has one to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from realtime_io._callbacks import CallbackRegistry
from realtime_io._delivery import Delivery
from realtime_io._tasks import background_tasks
from realtime_proto.events import AudioChunk, SpeechStarted, TranscriptDelta

if TYPE_CHECKING:
    from realtime_proto.errors import RealtimeError
    from realtime_proto.events import VoiceEvent

CHUNK = AudioChunk(data=b"\x01\x00", item_id="item_1")
OTHER = AudioChunk(data=b"\x01\x00\x02\x00", item_id="item_2")
WORDS = TranscriptDelta(text="Hello", is_final=False)


class Listener(CallbackRegistry):
    """Callbacks, and what they and the session were told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []
        self.failures: list[RealtimeError] = []
        self.delivery = Delivery(
            self._callbacks,
            now=lambda: float(len(self.told)),
            delivered=lambda *handed: self.told.append(handed),
            fail=self.failures.append,
        )

    async def tasks_after(self, *events: VoiceEvent) -> set[str | None]:
        """What runs for the session once these have come and were handed on."""
        before = {task.id for task in anyio.get_running_tasks()}
        with anyio.fail_after(5):
            async with background_tasks() as tasks:
                self.delivery.start(tasks)
                for event in events:
                    self.delivery.put(event)
                await self.delivery.drained()
                running = anyio.get_running_tasks()
        return {task.name for task in running if task.id not in before}


async def test_while_there_is_nothing_to_call_there_is_no_task() -> None:
    """Not before the first event, and not for events that no callback takes."""
    listener = Listener()
    listener.on_audio(listener.told.append)
    assert set() == await listener.tasks_after()
    assert set() == await listener.tasks_after(SpeechStarted(), WORDS)
    assert [] == listener.told


async def test_each_lane_has_a_task_from_its_first_event_on() -> None:
    """Audio and the rest: the callbacks are called with all of it."""
    listener = Listener()
    listener.on_audio(listener.told.append)
    listener.on_transcript(lambda text, is_final: listener.told.append((text, is_final)))
    running = await listener.tasks_after(CHUNK, WORDS, WORDS, CHUNK)
    assert {"realtime_io audio", "realtime_io events"} == running
    assert 2 == listener.told.count(("Hello", False))
    assert 2 == listener.told.count(CHUNK.data)
    assert [] == listener.failures


async def test_audio_that_nobody_takes_counts_as_delivered() -> None:
    """Without a callback as well, so that what was heard can be told."""
    listener = Listener()
    assert {"realtime_io audio"} == await listener.tasks_after(CHUNK)
    assert [("item_1", 2, 0.0)] == listener.told


async def test_audio_handed_over_in_one_go_is_told_of_in_one() -> None:
    """An item at a time, with the time at which the first of it was handed over."""
    listener = Listener()
    listener.on_audio(listener.told.append)
    await listener.tasks_after(CHUNK, CHUNK, OTHER, CHUNK)
    first, again = CHUNK.data, OTHER.data
    assert [
        *(first, first, ("item_1", 4, 0.0)),
        *(again, ("item_2", 4, 3.0)),
        *(first, ("item_1", 2, 5.0)),
    ] == listener.told


async def test_an_async_callback_finds_its_audio_told_of() -> None:
    """While it runs, others may look at how much was heard."""
    listener = Listener()

    async def play(data: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        listener.told.append(data)

    listener.on_audio(play)
    await listener.tasks_after(CHUNK, CHUNK)
    assert [("item_1", 2, 0.0), CHUNK.data, ("item_1", 2, 2.0), CHUNK.data] == listener.told


async def test_audio_is_told_of_although_its_callback_raised() -> None:
    """It was handed over all the same; the callback's error comes out."""
    listener = Listener()

    @listener.on_audio
    def fail(data: bytes) -> None:
        raise ValueError(data)

    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            listener.delivery.start(tasks)
            listener.delivery.put(CHUNK)
            while not listener.failures:
                await anyio.lowlevel.checkpoint()
    assert [("item_1", 2, 0.0)] == listener.told
    assert ["the on_audio callback raised ValueError: b'\\x01\\x00'"] == [
        str(failure) for failure in listener.failures
    ]
