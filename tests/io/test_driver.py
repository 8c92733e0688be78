"""The driver on a connection that stalls: what overtakes, what waits, what is dropped."""

from __future__ import annotations

import base64
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from attrs import define
from helpers.streams import MemoryStream, stream_pair
from wsproto.connection import Connection, ConnectionType

from realtime_io._callbacks import Callbacks
from realtime_io._driver import Driver, hold_session
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, WebSocket
from realtime_io.session import VoiceSession
from realtime_proto import PROVIDERS, RealtimeConfig, VADMode
from realtime_proto.conversation import Conversation
from realtime_proto.errors import ConnectionLost, LocalProtocolError, SlowConsumer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Valve(MemoryStream):
    """A stream whose sends can be held up."""

    def __init__(self, below: MemoryStream) -> None:
        super().__init__(below._into, below._out_of)
        self.opened = anyio.Event()
        self.opened.set()

    async def send(self, item: bytes) -> None:
        await self.opened.wait()
        await super().send(item)


@define
class Stalled:
    """A session whose connection can be stalled, and what its server has heard."""

    session: VoiceSession
    server: WebSocket
    valve: Valve
    heard: list[dict[str, Any]]

    async def stall(self) -> None:
        """From here on nothing is sent; one piece of audio is on its way already."""
        self.valve.opened = anyio.Event()
        await self.session.send_audio(bytes(4800))
        await anyio.wait_all_tasks_blocked()
        self.heard.clear()

    async def kinds(self) -> list[str]:
        """Let everything through; the kinds of event that came, the one under way left out."""
        self.valve.opened.set()
        await anyio.wait_all_tasks_blocked()
        kinds = [event["type"] for event in self.heard]
        assert "input_audio_buffer.append" == kinds[0]
        return kinds[1:]

    def pcm(self) -> bytes:
        """All audio that came."""
        return b"".join(base64.b64decode(e["audio"]) for e in self.heard if "audio" in e)


@asynccontextmanager
async def stalled(**settings: Any) -> AsyncIterator[Stalled]:
    ours, theirs = stream_pair(4096)
    valve = Valve(ours)
    client = WebSocket(valve, Connection(ConnectionType.CLIENT))
    server = WebSocket(theirs, Connection(ConnectionType.SERVER))
    heard: list[dict[str, Any]] = []

    async def serve() -> None:
        state = {"type": "realtime", "id": "sess_1", "model": "m"}
        server.post(json.dumps({"type": "session.created", "event_id": "e1", "session": state}))
        try:
            while True:
                event = json.loads(await server.receive())
                heard.append(event)
                if event["type"] == "session.update":
                    updated = {"type": "session.updated", "event_id": "e2", "session": state}
                    server.post(json.dumps(updated))
        except Closed:
            return

    conversation = Conversation(
        PROVIDERS["openai"].dialect(), RealtimeConfig(**settings), reports_delivery=True
    )
    driver = Driver(conversation, client, callbacks=Callbacks(), tools=())
    try:
        with anyio.fail_after(5):
            async with background_tasks() as tasks:
                server.write_in(tasks)
                tasks.start_soon(serve)
                async with hold_session(driver):
                    yield Stalled(VoiceSession(driver), server, valve, heard)
    finally:
        await client.aclose()
        await server.aclose()


APPEND = "input_audio_buffer.append"


async def test_text_overtakes_audio_that_waits() -> None:
    """The question goes first, in its own order; the audio follows whole."""
    async with stalled() as it:
        await it.stall()
        for _ in range(3):
            await it.session.send_audio(bytes(4800))
        await it.session.send_text("wait!")
        assert [
            "conversation.item.create",
            "response.create",
            APPEND,
            APPEND,
            APPEND,
        ] == await it.kinds()


async def test_a_commit_stays_behind_its_audio() -> None:
    """And the text that is sent after it behind the commit; audio of the next turn is overtaken."""
    async with stalled(vad_mode=VADMode.MANUAL) as it:
        await it.stall()
        await it.session.send_audio(bytes(9600))
        await it.session.commit_audio()
        await it.session.send_audio(bytes(4800))
        await it.session.send_text("and this")
        assert [
            APPEND,
            "input_audio_buffer.commit",
            "response.create",
            "conversation.item.create",
            APPEND,
        ] == await it.kinds()


async def test_clearing_stays_behind_its_audio() -> None:
    """Else the audio from before it would stay in the server's buffer."""
    async with stalled(vad_mode=VADMode.MANUAL) as it:
        await it.stall()
        await it.session.send_audio(bytes(4800))
        it.session.push_audio(b"\x01\x02")
        await it.session.clear_audio()
        assert [APPEND, APPEND, "input_audio_buffer.clear"] == await it.kinds()


async def test_sending_audio_waits_at_two_seconds_and_loses_nothing() -> None:
    """A file is slowed down; text does not wait for it. A cancelled send has sent nothing."""
    async with stalled() as it:
        await it.stall()
        sent = bytes(4800)
        with anyio.move_on_after(0.1) as scope:
            for i in range(30):
                piece = bytes([i]) * 4800
                await it.session.send_audio(piece)
                sent += piece
        assert scope.cancelled_caught
        assert 4800 + 20 * 4800 == len(sent)
        await it.session.send_text("hello")
        kinds = await it.kinds()
        assert ["conversation.item.create", "response.create"] == kinds[:2]
        assert sent == it.pcm()
        await it.session.send_audio(b"\x07\x07" * 2400)
        assert 0 == it.session.dropped_audio_ms


async def test_a_microphone_does_not_wait_and_its_oldest_is_dropped() -> None:
    """What is heard after a stall is what was said last; what was lost is counted."""
    async with stalled() as it:
        await it.stall()
        for i in range(30):
            it.session.push_audio(bytes([i]) * 4800)
        assert 1000 == it.session.dropped_audio_ms
        await it.kinds()
        assert bytes(4800) + b"".join(bytes([i]) * 4800 for i in range(10, 30)) == it.pcm()
        it.session.push_audio(b"\x08\x08")
        await anyio.wait_all_tasks_blocked()
        assert b"\x08\x08" == it.pcm()[-2:]


async def test_a_microphone_is_sent_at_once_where_nothing_waits() -> None:
    """No task switch is needed, and half a sample waits for its other half."""
    async with stalled() as it:
        it.heard.clear()
        it.session.push_audio(b"\x01\x02\x03")
        await anyio.wait_all_tasks_blocked()
        assert b"\x01\x02" == it.pcm()
        it.session.push_audio(b"\x04")
        await anyio.wait_all_tasks_blocked()
        assert b"\x01\x02\x03\x04" == it.pcm()
        assert 0 == it.session.dropped_audio_ms


async def test_what_is_pushed_must_be_audio_of_an_open_session() -> None:
    """A mistake raises at once; after the end it is ConnectionLost."""
    async with stalled() as it:
        wrong: Any = "text"
        with pytest.raises(LocalProtocolError, match="must be bytes"):
            it.session.push_audio(wrong)
        await it.server.close(1000)
        while it.session.is_active:
            await anyio.wait_all_tasks_blocked()
        with pytest.raises(ConnectionLost):
            it.session.push_audio(b"\x01\x02")


async def test_the_end_of_a_session_sends_what_waits_first() -> None:
    """Audio, then text, then the goodbye: nothing that was sent is lost by leaving."""
    async with stalled() as it:
        await it.stall()
        await it.session.send_audio(b"\x01\x01" * 2400)
        it.session.push_audio(b"\x02\x02" * 2400)
        await it.session.send_text("bye")
        it.valve.opened.set()
    kinds = [event["type"] for event in it.heard]
    assert 3 == kinds.count(APPEND)
    assert "response.create" in kinds
    assert bytes(4800) + b"\x01\x01" * 2400 + b"\x02\x02" * 2400 == it.pcm()
    assert 1000 == it.server.received_code


async def test_a_send_that_waits_ends_with_the_session() -> None:
    """It raises what the session ended with rather than wait for ever."""
    async with stalled() as it:
        await it.stall()
        for _ in range(20):
            await it.session.send_audio(bytes(4800))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(it.server.close, 1000)
            with pytest.raises(ConnectionLost):
                await it.session.send_audio(bytes(4800))
            it.valve.opened.set()


async def test_an_application_that_takes_nothing_is_a_slow_consumer() -> None:
    """The reader reads on until the lane is full: the session ends with that one error."""

    async def flood(server: WebSocket) -> None:
        for i in range(5000):
            event = {
                "type": "input_audio_buffer.speech_started",
                "event_id": f"e{i}",
                "audio_start_ms": i,
                "item_id": f"item_{i}",
            }
            server.post(json.dumps(event))

    with pytest.raises(SlowConsumer, match="behind by 4096 events"):
        async with stalled() as it:
            aiter(it.session)
            await flood(it.server)
            await anyio.sleep_forever()
