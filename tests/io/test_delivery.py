"""The way to the callbacks: a task for each lane, from the first event that has one to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from realtime_io._callbacks import CallbackRegistry
from realtime_io._delivery import Delivery
from realtime_io._tasks import background_tasks
from realtime_proto.events import AudioChunk, SpeechStarted, TranscriptDelta

if TYPE_CHECKING:
    from realtime_proto.errors import RealtimeError
    from realtime_proto.events import VoiceEvent

CHUNK = AudioChunk(data=b"\x01\x00", item_id="item_1")
WORDS = TranscriptDelta(text="Hello", is_final=False)


class Listener(CallbackRegistry):
    """Callbacks, and what they and the session were told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []
        self.failures: list[RealtimeError] = []
        self.delivery = Delivery(
            self._callbacks, delivered=self.told.append, fail=self.failures.append
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
    assert [CHUNK, CHUNK.data] * 2 == [told for told in listener.told if told != ("Hello", False)]
    assert [] == listener.failures


async def test_audio_that_nobody_takes_counts_as_delivered() -> None:
    """Without a callback as well, so that what was heard can be told."""
    listener = Listener()
    assert {"realtime_io audio"} == await listener.tasks_after(CHUNK)
    assert [CHUNK] == listener.told
