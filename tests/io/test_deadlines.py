"""Deadlines of a recorded conversation, which fire again when it is played: exactly on time."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    Backoff,
    ErrorReported,
    RealtimeConfig,
    RealtimeVoice,
    Reconnected,
    Reconnecting,
    SessionExpiring,
    ToolCallCancelled,
    VoiceEvent,
    _clock,
)
from realtime_io._listener import listen_in_memory
from realtime_io._websocket import Closed
from realtime_io.player import play
from realtime_proto.replay import replay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from realtime_io._handshake import Request
    from realtime_io._websocket import WebSocket

YEAR_2020 = 1_600_000_000
SPOKEN = bytes(range(256)) * 75
SECOND = base64.b64encode(bytes(48_000)).decode()


BEGUN = (17_250_000, ErrorReported)
"""10 s after the first question, whose response OpenAI's server does not begin."""

WHEN = [
    (60_000_000, SessionExpiring),  # 60 s before its end
    (82_373_456, ToolCallCancelled),  # 30 s after it was called, which was at the second question
    (83_373_456, Reconnecting),  # when the answer has been heard, of a second
    (143_373_456, Reconnecting),  # 60 s after the last sign of life
]
TOLD = {kind for _, kind in (BEGUN, *WHEN)}


class Server:
    """Of an old day. Its first session ends in two minutes, and it falls silent on the second."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.n_roads = 0

    async def serve(self, socket: WebSocket, _: Request) -> None:
        self.n_roads += 1
        script: Callable[[WebSocket], AsyncIterator[Any]] = getattr(self, f"_{self.provider}")
        async for frame in script(socket):
            socket.post(json.dumps(frame))
        with suppress(Closed):
            while True:
                await socket.receive()

    async def _openai(self, socket: WebSocket) -> AsyncIterator[Any]:
        ends_at = YEAR_2020 + (120 if self.n_roads == 1 else 36_000)
        kind = {"type": "realtime", "object": "realtime.session"}
        session = {**kind, "id": "s", "model": "m", "expires_at": ends_at}
        yield {"type": "session.created", "event_id": "e1", "session": session}
        update = json.loads(await socket.receive())
        audio = update["session"]["audio"]
        yield {"type": "session.updated", "event_id": "e2", "session": {**session, "audio": audio}}
        where = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}
        if self.n_roads == 1:
            await self._until_asked(socket, "response.create")  # it is not begun
            await self._until_asked(socket, "response.create")
            call = {"type": "function_call", "id": "c1", "call_id": "c1", "name": "wait"}
            yield self._response("response.created", "r0", "in_progress")
            item = {**call, "status": "completed", "arguments": "{}"}
            yield {"type": "response.output_item.done", "item": item, **where, "response_id": "r0"}
            yield self._response("response.done", "r0", "completed")
            await self._until_asked(socket, "response.create")
            yield self._response("response.created", "r1", "in_progress")
            yield {"type": "response.output_audio.delta", "delta": SECOND, **where}
            yield self._response("response.done", "r1", "completed")
        elif self.n_roads == 2:
            await self._until_asked(socket, "response.create")
            yield self._response("response.created", "r2", "in_progress")

    def _response(self, kind: str, response_id: str, status: str) -> Any:
        response = {"id": response_id, "object": "realtime.response", "status": status}
        return {"type": kind, "event_id": "e", "response": {**response, "output": []}}

    async def _gemini(self, socket: WebSocket) -> AsyncIterator[Any]:
        await self._until_asked(socket, "setup")
        yield {"setupComplete": {}}
        if self.n_roads == 1:
            await anyio.sleep(1.5)
            yield {"sessionResumptionUpdate": {"newHandle": "h1", "resumable": True}}
            yield {"goAway": {"timeLeft": "118.5s"}}
            await self._until_asked(socket, "audioStreamEnd")
            await self._until_asked(socket, "clientContent")  # and not answered
            await self._until_asked(socket, "clientContent")
            yield {"toolCall": {"functionCalls": [{"id": "c1", "name": "wait", "args": {}}]}}
            await self._until_asked(socket, "toolResponse")
            audio = {"mimeType": "audio/pcm;rate=24000", "data": SECOND}
            yield {"serverContent": {"modelTurn": {"parts": [{"inlineData": audio}]}}}
            yield {"serverContent": {"turnComplete": True}}
        elif self.n_roads == 2:
            await self._until_asked(socket, "clientContent")
            yield {"serverContent": {"modelTurn": {"parts": [{"text": "Well"}]}}}

    async def _until_asked(self, socket: WebSocket, what: str) -> None:
        while what not in str(await socket.receive()):
            pass


async def wait() -> str:
    """Wait for ever."""
    await anyio.sleep_forever()
    return ""


async def application(provider: str, base_url: str, path: Path) -> list[tuple[int, VoiceEvent]]:
    """Asks, and asks again; when it is connected anew, a last time. Gives what happened when."""
    voice = RealtimeVoice(
        provider,
        RealtimeConfig(tools=[wait]),
        api_key="any",
        base_url=base_url,
        reconnect=Backoff(first_s=0, longest_s=0),
    )
    began_at = anyio.current_time()
    happened: list[tuple[int, VoiceEvent]] = []
    n_roads = 1
    with anyio.fail_after(1_000):
        async with voice.connect(record=path) as session:

            async def ask() -> None:
                await session.send_audio(SPOKEN)
                await anyio.sleep(7.25)
                await session.send_text("Are you there?")
                await anyio.sleep(45.123_456)
                await session.send_text("Then wait!")

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask)
                async for event in session:
                    happened.append((round((anyio.current_time() - began_at) * 1e6), event))
                    if isinstance(event, Reconnected):
                        n_roads += 1
                        if n_roads == 3:
                            break
                        await session.send_text("And now?")
    return happened


async def record(provider: str, path: Path) -> list[tuple[int, VoiceEvent]]:
    """The conversation with the server, in the year 2020."""
    with _clock.set_to(YEAR_2020):
        async with listen_in_memory(Server(provider).serve) as server:
            return await application(provider, f"http://{server.address}", path)


async def again(source: Path, provider: str, path: Path) -> list[tuple[int, VoiceEvent]]:
    """The same with the recording, today."""
    async with play(source) as player:
        return await application(provider, player.base_url, path)


def inputs(path: Path) -> list[str]:
    """All that a conversation was told, with its time. Order within a microsecond apart."""
    return sorted(line for line in path.read_text().splitlines() if '"t_us"' in line)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_every_deadline_fires_again_at_its_microsecond(
    provider: str, backend: str, tmp_path: Path
) -> None:
    """A response that is not begun, a tool that does not answer, the end of a session of years ago,
    its renewal at the next quiet moment, and a server that falls silent: the recording that is made
    of it with a recording is the same to the byte.
    """
    path = tmp_path / "talk.rtc.jsonl"
    happened = run_virtually(record, provider, path, backend=backend)
    moments = [(at_us, type(event)) for at_us, event in happened if type(event) in TOLD]
    assert (WHEN if provider == "gemini" else [BEGUN, *WHEN]) == moments
    report = replay(path)
    assert report.is_exact, report.to_text()
    for other in BACKENDS:
        copy = tmp_path / f"{other}.rtc.jsonl"
        run = partial(again, path, provider, copy)
        assert happened == run_virtually(run, backend=other)
        assert inputs(path) == inputs(copy)
