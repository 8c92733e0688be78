"""A slow application, on a clock that jumps: what it may hold up, and by how much."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.streams import stream_pair
from helpers.virtual import BACKENDS, run_virtually
from wsproto.connection import Connection, ConnectionType

from realtime_io._callbacks import CallbackRegistry
from realtime_io._driver import Driver, hold_session
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, WebSocket
from realtime_io.session import VoiceSession
from realtime_proto import PROVIDERS, RealtimeConfig
from realtime_proto.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK = base64.b64encode(bytes(4_800)).decode()  # 100 ms
RESPONSE = {"object": "realtime.response", "id": "r1", "status": "in_progress", "output": []}
PLACE = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}


class Server:
    """A server in memory that says what it is told to."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    def say(self, kind: str, **event: Any) -> None:
        self._socket.post(json.dumps({"type": kind, "event_id": "e", **event}))

    def speak(self) -> None:
        """100 ms of speech."""
        self.say("response.output_audio.delta", delta=CHUNK, **PLACE)

    async def listen(self) -> None:
        """Set the session up, and hear the rest."""
        session = {"type": "realtime", "object": "realtime.session", "id": "s1", "model": "m"}
        self.say("session.created", session=session)
        await self._socket.receive()
        self.say("session.updated", session=session)
        with suppress(Closed):
            while True:
                await self._socket.receive()


@asynccontextmanager
async def session_with(
    registry: CallbackRegistry, **settings: Any
) -> AsyncIterator[tuple[VoiceSession, Server]]:
    ours, theirs = stream_pair(4096)
    client = WebSocket(ours, Connection(ConnectionType.CLIENT))
    socket = WebSocket(theirs, Connection(ConnectionType.SERVER))
    config = RealtimeConfig(**settings)
    conversation = Conversation(PROVIDERS["openai"].dialect(), config, reports_delivery=True)
    driver = Driver(conversation, client, callbacks=registry._callbacks, tools=config.tools)
    server = Server(socket)
    async with background_tasks() as tasks:
        tasks.start_soon(socket.write_forever)
        tasks.start_soon(server.listen)
        async with hold_session(driver):
            yield VoiceSession(driver), server
    await client.aclose()
    await socket.aclose()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("interrupt_ms", [50, 1_050, 1_990])
def test_an_interruption_waits_for_one_slow_chunk_at_most(backend: str, interrupt_ms: int) -> None:
    """`on_audio` takes 200 ms a chunk and 20 chunks wait: the interruption overtakes them all."""

    async def main() -> None:
        registry = CallbackRegistry()
        interrupted_at: list[float] = []
        played_at: list[float] = []

        @registry.on_audio
        async def play(audio: bytes) -> None:
            played_at.append(anyio.current_time())
            await anyio.sleep(0.2)

        @registry.on_interrupted
        def stop() -> None:
            interrupted_at.append(anyio.current_time())

        with anyio.fail_after(60):
            async with session_with(registry) as (_, server):
                server.say("response.created", response=RESPONSE)
                for _ in range(20):
                    server.speak()
                await anyio.sleep(interrupt_ms / 1_000)
                said_at = anyio.current_time()
                speech = {"audio_start_ms": 0, "item_id": "u1"}
                server.say("input_audio_buffer.speech_started", **speech)
                await anyio.sleep(10)
        assert 1 == len(interrupted_at)
        assert interrupted_at[0] - said_at <= 0.2
        assert max(played_at) <= interrupted_at[0]
        assert interrupt_ms // 200 + 1 == len(played_at)

    run_virtually(main, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_plain_tool_of_two_seconds_stops_no_audio(backend: str) -> None:
    """Each chunk is played when it comes, all the while."""

    async def main() -> None:
        registry = CallbackRegistry()
        played_at: list[float] = []
        release = threading.Event()
        results: list[Any] = []

        @registry.on_audio
        def play(audio: bytes) -> None:
            played_at.append(anyio.current_time())

        def look() -> str:
            """Look for two seconds."""
            release.wait(30)
            return "a tree"

        with anyio.fail_after(60):
            async with session_with(registry, tools=[look]) as (session, server):
                registry.on_event(results.append)
                server.say("response.created", response=RESPONSE)
                call = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "look"}
                call |= {"arguments": "{}", "status": "completed"}
                server.say("response.output_item.done", response_id="r1", output_index=1, item=call)
                began_at = anyio.current_time()
                sent_at = []
                for _ in range(20):
                    await anyio.sleep(0.1)
                    sent_at.append(anyio.current_time())
                    server.speak()
                await anyio.sleep(0.001)
                assert anyio.current_time() - began_at >= 2
                assert session._driver._tools.is_running
                release.set()
        assert sent_at == played_at

    run_virtually(main, backend=backend, waits_for_tools=False)
