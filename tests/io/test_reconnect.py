"""A connection that is lost, and the conversation that goes on over another one."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.leaks import nothing_left, settle, tasks_left, traces
from helpers.servers import speaking

from realtime_io import (
    Backoff,
    ConfigurationError,
    ConnectionLost,
    RealtimeConnectionError,
    RealtimeError,
    RealtimeVoice,
    Reconnected,
    Reconnecting,
    SessionClosed,
    SessionReady,
    TranscriptDelta,
    VoiceEvent,
)
from realtime_io._redial import redial
from realtime_proto.conversation import Done, Keep, Redial, Road

if TYPE_CHECKING:
    from realtime_io._websocket import WebSocket

PROVIDERS = ("openai", "gemini")
AT_ONCE = Backoff(first_s=0.0, longest_s=0.0, attempts=3)


class Server:
    """A server whose connections end as they are told to; each is set up first."""

    def __init__(self, provider: str, *ends: Any) -> None:
        self.provider = provider
        self.ends = list(ends)
        self.frames: list[list[dict[str, Any]]] = []

    async def script(self, socket: WebSocket) -> None:
        """One connection."""
        said: list[dict[str, Any]] = []
        self.frames.append(said)
        end = self.ends.pop(0) if self.ends else None
        if end == "refuse":
            await socket.aclose()
            return
        await self._set_up(socket, said)
        while True:
            said.append(json.loads(await socket.receive()))
            if end == "drop":
                await socket.aclose()
                return
            if isinstance(end, int):
                await socket.close(end, "going away", timeout_s=1)
                return
            self._answer(socket)

    async def _set_up(self, socket: WebSocket, said: list[dict[str, Any]]) -> None:
        if self.provider == "gemini":
            said.append(json.loads(await socket.receive()))
            socket.post(b'{"setupComplete": {}}')
            return
        session_id = f"sess_{len(self.frames)}"
        session = {"type": "realtime", "object": "realtime.session", "id": session_id, "model": "m"}
        socket.post(json.dumps({"type": "session.created", "event_id": "e1", "session": session}))
        update = json.loads(await socket.receive())
        said.append(update)
        updated = session | {"audio": update["session"]["audio"]}
        socket.post(json.dumps({"type": "session.updated", "event_id": "e2", "session": updated}))

    def _answer(self, socket: WebSocket) -> None:
        if self.provider == "gemini":
            content = {"outputTranscription": {"text": "Here I am."}, "turnComplete": True}
            socket.post(json.dumps({"serverContent": content}))


def voice_for(provider: str, address: str, **options: Any) -> RealtimeVoice:
    options.setdefault("reconnect", AT_ONCE)
    return RealtimeVoice(provider, api_key="k", base_url=f"http://{address}", **options)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("end", ["drop", 1011])
async def test_a_lost_connection_is_opened_again_and_the_session_goes_on(
    provider: str, end: Any
) -> None:
    """The same session object, with what was said before; the events tell of it."""
    before = traces()
    server = Server(provider, end)
    events: list[VoiceEvent] = []
    with anyio.fail_after(5):
        async with speaking(server.script) as address:
            voice = voice_for(provider, address)
            voice.on_event(events.append)
            async with voice.connect() as session:
                await session.send_text("Do you hear me?")
                await settle(lambda: any(isinstance(e, Reconnected) for e in events))
                assert session.is_active
                await session.send_text("And now?")
                await settle(lambda: "And now?" in json.dumps(server.frames[-1]))
                if provider == "openai":
                    assert "sess_2" == session.session_id
                await session.aclose()
        await nothing_left(before)
    kinds = [type(event) for event in events]
    assert SessionReady == kinds[0]
    assert [Reconnecting, Reconnected] == [k for k in kinds if k in (Reconnecting, Reconnected)]
    assert SessionClosed == kinds[-1]
    assert 2 == len(server.frames)
    (reconnected,) = [event for event in events if isinstance(event, Reconnected)]
    if provider == "openai":  # the server had not taken it yet
        assert reconnected.lost
    else:
        assert "Do you hear me?" in json.dumps(server.frames[1])
    assert "And now?" in json.dumps(server.frames[1])


async def test_the_answer_of_the_new_connection_reaches_the_application() -> None:
    """Iteration goes on over the gap."""
    server = Server("gemini", "drop")
    with anyio.fail_after(5):
        async with (
            speaking(server.script) as address,
            voice_for("gemini", address).connect() as session,
        ):
            events = aiter(session)
            await session.send_text("Do you hear me?")
            async for event in events:
                if isinstance(event, Reconnected):
                    await session.send_text("And now?")
                if isinstance(event, TranscriptDelta) and event.is_final:
                    break
            assert isinstance(event, TranscriptDelta)
            assert "Here I am." == event.text


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_is_sent_in_between_arrives(provider: str) -> None:
    """The conversation holds it until the new connection is ready."""
    server = Server(provider, "drop", "refuse")
    events: list[VoiceEvent] = []
    with anyio.fail_after(5):
        async with speaking(server.script) as address:
            slowly = Backoff(first_s=0.2, longest_s=0.2, attempts=5)
            voice = voice_for(provider, address, reconnect=slowly)
            voice.on_event(events.append)
            async with voice.connect() as session:
                await session.send_text("one")
                await settle(lambda: any(isinstance(e, Reconnecting) for e in events))
                await session.send_text("two")
                await settle(lambda: any("two" in json.dumps(f) for f in server.frames))
                await session.aclose()
    assert "two" in json.dumps(server.frames[-1])
    assert "two" not in json.dumps(server.frames[0])


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_cannot_be_mended_is_one_error(provider: str) -> None:
    """After the attempts are used up, the body is woken by the reason of the loss."""
    server = Server(provider, "drop", *["refuse"] * 10)
    errors: list[RealtimeError] = []
    with anyio.fail_after(5):
        async with speaking(server.script) as address:
            voice = voice_for(provider, address)
            voice.on_error(errors.append)
            with pytest.raises(RealtimeConnectionError) as caught:
                async with voice.connect() as session:
                    await session.send_text("hello")
                    await anyio.sleep_forever()
    assert errors[-1] is caught.value
    assert 4 == len(server.frames)
    assert [] == tasks_left()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_reconnecting_can_be_switched_off(provider: str) -> None:
    """The first loss is the end."""
    server = Server(provider, "drop")
    with anyio.fail_after(5):
        async with speaking(server.script) as address:
            with pytest.raises(ConnectionLost):
                async with voice_for(provider, address, reconnect=False).connect() as session:
                    await session.send_text("hello")
                    await anyio.sleep_forever()
    assert 1 == len(server.frames)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_leaving_while_it_waits_to_dial_waits_for_nothing(provider: str) -> None:
    """Neither for the pause before the next attempt nor for an answer; the loss is told."""
    server = Server(provider, "drop", *["refuse"] * 10)
    events: list[VoiceEvent] = []
    with anyio.fail_after(5):
        async with speaking(server.script) as address:
            patient = Backoff(first_s=3_000, longest_s=3_000, attempts=3)
            voice = voice_for(provider, address, reconnect=patient)
            voice.on_event(events.append)
            with pytest.raises(ConnectionLost):
                async with voice.connect() as session:
                    await session.send_text("hello")
                    await settle(lambda: any(isinstance(e, Reconnecting) for e in events))
            assert not session.is_active
    assert [] == tasks_left()


@pytest.mark.parametrize("wrong", [None, 3, "yes"])
def test_how_to_reconnect_must_be_said_rightly(wrong: Any) -> None:
    """True, False or a Backoff."""
    with pytest.raises(ConfigurationError, match="reconnect must be"):
        RealtimeVoice("openai", api_key="k", reconnect=wrong)


async def test_dialling_decides_nothing() -> None:
    """It waits and dials as it is told, and stops when nothing is wanted any more."""
    roads: list[Road] = [Keep(), Done()]
    failures: list[RealtimeConnectionError] = []

    async def refuse(_: object) -> Any:
        raise RealtimeConnectionError("no")

    def failed(error: RealtimeConnectionError) -> None:
        failures.append(error)
        wanted.pop(0)

    for road in roads:
        assert await redial(lambda road=road: road, refuse, failed) is None  # type: ignore[misc]
    now = anyio.current_time()
    wanted: list[Road] = [Redial(None, now), Redial(None, now + 0.05), Done()]
    with anyio.fail_after(5):
        assert await redial(lambda: wanted[0], refuse, failed) is None
    assert ["no", "no"] == [failure.message for failure in failures]
    assert anyio.current_time() >= now + 0.05


async def test_a_microphone_goes_on_over_the_gap() -> None:
    """Of what it gives between two connections the newest two seconds are said on the new one."""
    server = Server("openai", "drop")
    events: list[VoiceEvent] = []
    pieces = [bytes([i]) * 4800 for i in range(30)]
    with anyio.fail_after(5):
        async with speaking(server.script) as address:
            voice = voice_for("openai", address)
            voice.on_event(events.append)
            async with voice.connect() as session:
                is_told = False

                @voice.on_event
                def speak_in_the_gap(event: VoiceEvent) -> None:
                    nonlocal is_told
                    if isinstance(event, Reconnecting) and not is_told:
                        is_told = True
                        for piece in pieces:
                            session.push_audio(piece)

                await session.send_text("Do you hear me?")
                await settle(lambda: any(isinstance(e, Reconnected) for e in events))
                await settle(lambda: any("audio" in frame for frame in server.frames[-1]))
                assert 1000 == session.dropped_audio_ms
                await session.aclose()
    said = [frame["audio"] for frame in server.frames[1] if "audio" in frame]
    assert b"".join(pieces[10:]) == b"".join(map(base64.b64decode, said))
