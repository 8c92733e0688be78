"""VoiceSession: leaving it, sending, changing, looking."""

from __future__ import annotations

import base64
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.leaks import nothing_left, settle, tasks_left, traces
from helpers.servers import speaking

from realtime_io import (
    AudioChunk,
    ConfigurationError,
    ConnectionLost,
    History,
    LocalProtocolError,
    RealtimeConfig,
    RealtimeVoice,
    SessionClosed,
    Turn,
    VADMode,
    VoiceSession,
)
from realtime_io.relay import connect
from realtime_proto import PROVIDERS as SPECS
from realtime_proto import Secret
from realtime_proto.commands import SendText
from realtime_proto.openai.events import ConversationItemDelete

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_io._websocket import WebSocket
    from realtime_io.simulator import Simulator

PROVIDERS = ("openai", "gemini")
HELLO = "Hello. How can I help you?"


def voice_for(simulator: Simulator, provider: str, **settings: Any) -> RealtimeVoice:
    return RealtimeVoice(
        provider,
        RealtimeConfig(**settings),
        api_key="any",
        base_url=simulator.base_url(provider),
    )


# --- leaving


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_was_asked_is_answered_before_the_block_ends(
    simulator: Simulator, provider: str
) -> None:
    """With callbacks, the whole answer has reached them when `async with` is over."""
    before = traces()
    voice = voice_for(simulator, provider)
    finals: list[str] = []
    audio = bytearray()
    voice.on_transcript(lambda text, is_final: finals.append(text) if is_final else None)
    voice.on_audio(audio.extend)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text("hello")
        await nothing_left(before)
    assert [HELLO] == finals
    assert len(HELLO) * 60 * 48 == len(audio)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_who_iterates_leaves_at_once(simulator: Simulator, provider: str) -> None:
    """Leaving a loop over the session is deliberate: nobody waits for the rest of the story."""
    voice = voice_for(simulator, provider)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            events = aiter(session)
            await session.send_text("tell me a story")
            async for event in events:
                if isinstance(event, AudioChunk):
                    break
        rest = [event async for event in events]
    assert not any(isinstance(event, AudioChunk) and event.is_final for event in rest)
    assert isinstance(rest[-1], SessionClosed)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_aclose_ends_everything_at_once(simulator: Simulator, provider: str) -> None:
    """After aclose() nothing can be sent, iteration is over, and nothing is waited for."""
    voice = voice_for(simulator, provider)
    played: list[bytes] = []
    voice.on_audio(played.append)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text("tell me a story")
            await session.aclose()
            assert not session.is_active
            with pytest.raises(ConnectionLost, match="the session is over"):
                await session.send_text("hello")
            await session.aclose()
            assert [SessionClosed] == [type(event) async for event in session]
    assert [] == tasks_left()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_nothing_asked_is_nothing_waited_for(simulator: Simulator, provider: str) -> None:
    """An idle session, and one whose uncommitted audio nobody ended, close at once."""
    voice = voice_for(simulator, provider, vad_mode=VADMode.MANUAL)
    with anyio.fail_after(2):
        async with voice.connect() as session:
            await session.send_audio(bytes(16_000))
        async with voice.connect():
            pass


# --- sending


class Wire:
    """A server that sets a session up and remembers what it is told."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.frames: list[dict[str, Any]] = []

    async def script(self, socket: WebSocket) -> None:
        """What a server does."""
        await set_up(self.provider, socket, self.frames)
        while True:
            self.frames.append(json.loads(await socket.receive()))

    def audio(self) -> list[bytes]:
        """The PCM of each frame of audio."""
        found = []
        for frame in self.frames:
            if frame.get("type") == "input_audio_buffer.append":
                found.append(base64.b64decode(frame["audio"]))
            elif "audio" in frame.get("realtimeInput", {}):
                found.append(base64.b64decode(frame["realtimeInput"]["audio"]["data"]))
        return found


async def set_up(provider: str, socket: WebSocket, frames: list[dict[str, Any]]) -> None:
    """Take a client's settings and say that they are taken."""
    if provider == "gemini":
        frames.append(json.loads(await socket.receive()))
        socket.post(b'{"setupComplete": {}}')
        return
    session = {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "m"}
    socket.post(json.dumps({"type": "session.created", "event_id": "e1", "session": session}))
    update = json.loads(await socket.receive())
    frames.append(update)
    updated = session | {"audio": update["session"]["audio"]}
    socket.post(json.dumps({"type": "session.updated", "event_id": "e2", "session": updated}))


@asynccontextmanager
async def told(provider: str, **settings: Any) -> AsyncIterator[tuple[VoiceSession, Wire]]:
    """A session with a server that only listens. What it was told is whole after the block."""
    wire = Wire(provider)
    with anyio.fail_after(5):
        async with speaking(wire.script) as address:
            voice = RealtimeVoice(
                provider,
                RealtimeConfig(**settings),
                api_key="k",
                base_url=f"http://{address}",
            )
            async with voice.connect() as session:
                aiter(session)  # who iterates does not linger
                yield session, wire


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_audio_goes_out_in_frames_of_100_to_200_ms(provider: str) -> None:
    """Whatever pieces it comes in, and nothing is lost at the end."""
    audio = bytes(range(256)) * 150
    async with told(provider) as (session, wire):
        for start in range(0, len(audio), 777):
            await session.send_audio(audio[start : start + 777])
    sizes = [len(frame) for frame in wire.audio()]
    low, high = (session.input_format.bytes_for_ms(ms) for ms in (100, 200))
    assert all(low <= size <= high for size in sizes[:-1])
    assert audio == b"".join(wire.audio())


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_is_less_than_a_frame_goes_out_after_100_ms(provider: str) -> None:
    """A word's end does not wait for the next word."""
    async with told(provider) as (session, wire):
        await session.send_audio(b"\x01\x02\x03\x04")
        started = anyio.current_time()
        await settle(lambda: bool(wire.audio()))
        assert anyio.current_time() - started > 0.05
        assert [b"\x01\x02\x03\x04"] == wire.audio()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_commit_takes_all_audio_before_it(provider: str) -> None:
    """What was less than a frame goes first."""
    async with told(provider, vad_mode=VADMode.MANUAL) as (session, wire):
        n_bytes = session.input_format.bytes_for_ms(130)
        await session.send_audio(bytes(n_bytes))
        await session.send_audio(b"\x01\x02" * 8)
        await session.commit_audio()
    assert n_bytes + 16 == len(b"".join(wire.audio()))
    kinds = [frame.get("type") or next(iter(frame["realtimeInput"])) for frame in wire.frames[1:]]
    end = "input_audio_buffer.commit" if provider == "openai" else "activityEnd"
    appends = {"openai": "input_audio_buffer.append", "gemini": "audio"}[provider]
    assert kinds.index(end) > max(n for n, kind in enumerate(kinds) if kind == appends)


async def test_face_clear_audio_forgets_what_waits_too() -> None:
    """What waits for a frame is forgotten, too."""
    async with told("openai") as (session, wire):
        await session.send_audio(b"\x01\x02" * 8)
        await session.clear_audio()
    assert [] == wire.audio()
    assert "input_audio_buffer.clear" in [frame["type"] for frame in wire.frames]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_audio_at_another_rate_is_resampled(provider: str) -> None:
    """By what is said with it, or by the configuration."""
    pytest.importorskip("soxr")
    async with told(provider) as (session, wire):
        await session.send_audio(bytes(2 * 48_000), rate_hz=48_000)
        await session.end_audio()
        wanted = session.input_format.bytes_for_ms(1_000)
    assert abs(len(b"".join(wire.audio()[:6])) - wanted) <= session.input_format.bytes_for_ms(260)
    async with told(provider, input_rate_hz=8_000, vad_mode=VADMode.MANUAL) as (session, wire):
        await session.send_audio(bytes(2 * 8_000))
        await session.commit_audio()
    assert abs(len(b"".join(wire.audio())) - wanted) <= 64


async def test_an_updated_rate_is_that_of_the_audio_sent_afterwards() -> None:
    """The setting is the application's own: what it says is resampled from, not only shown."""
    pytest.importorskip("soxr")
    async with told("openai", vad_mode=VADMode.MANUAL) as (session, wire):
        await session.update(input_rate_hz=8_000)
        await session.send_audio(bytes(2 * 8_000))
        await session.commit_audio()
        wanted = session.input_format.bytes_for_ms(1_000)
    assert abs(len(b"".join(wire.audio())) - wanted) <= 64


async def test_an_updated_rate_needs_a_resampler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one nothing is changed, and the session goes on."""
    monkeypatch.setitem(sys.modules, "soxr", None)
    monkeypatch.setattr("realtime_io._resample.find_spec", lambda _: None)
    async with told("openai") as (session, _):
        with pytest.raises(ConfigurationError, match=r"pip install 'realtime-io\[audio\]'"):
            await session.update(input_rate_hz=8_000)
        assert session.config.input_rate_hz is None
        assert session.is_active


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_rate_that_cannot_be_is_refused_and_nothing_is_sent(provider: str) -> None:
    """A clear error, and the session goes on."""
    async with told(provider) as (session, wire):
        with pytest.raises(ConfigurationError, match="a sample rate is"):
            await session.send_audio(bytes(100), rate_hz=7)
        assert session.is_active
    assert [] == wire.audio()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_send_image_shows_it(provider: str) -> None:
    """The file's bytes and its type reach the server."""
    async with told(provider) as (session, wire):
        await session.send_image(b"\x89PNG", "image/png")
        with pytest.raises(LocalProtocolError, match="mime_type"):
            await session.send_image(b"BM", "image/bmp")
    shown = json.dumps(wire.frames[1:])
    assert base64.b64encode(b"\x89PNG").decode() in shown
    assert "image/png" in shown


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_update_makes_other_tools_callable(simulator: Simulator, provider: str) -> None:
    """From then on, whatever the model was told before; instructions may change with them."""
    asked: list[str] = []

    def get_weather(city: str) -> str:
        """Get the current weather in a city."""
        asked.append(city)
        return "sunny"

    voice = voice_for(simulator, provider)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.update(instructions="Be brief.", tools=[get_weather])
            await session.send_text("What's the weather in Tokyo?")
            async for turn in session.turns():
                if "sunny" in (turn.assistant or ""):
                    break
            await session.update(tools=[])
            await session.send_text("What's the weather in Oslo?")
            async for turn in session.turns():
                if turn.assistant:
                    break
    assert ["Tokyo"] == asked


async def test_face_update_is_refused_by_a_model_that_is_fixed(simulator: Simulator) -> None:
    """Here, and by the simulator where it is said on the wire all the same."""
    model = "gemini-2.5-flash-native-audio-latest"
    voice = voice_for(simulator, "gemini", model=model)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            with pytest.raises(ConfigurationError, match="fixed once it is set up"):
                await session.update(instructions="Be brief.")
    spec = SPECS["gemini"]
    endpoint = spec.endpoint(model, key=Secret("any"), base_url=simulator.base_url("gemini"))
    with anyio.fail_after(5):
        async with connect(endpoint) as channel:
            await channel.send(json.dumps({"setup": {"model": f"models/{model}"}}))
            await channel.receive()
            await channel.send(json.dumps({"contextUpdate": {"tools": {"tools": []}}}))
            with pytest.raises(ConnectionLost, match="1008"):
                await channel.receive()


async def test_face_update_changes_settings_while_the_session_goes_on() -> None:
    """Only what differs is sent; the new tools can be called; the rest stays."""

    def look() -> str:
        """Look."""
        return "a tree"

    async with told("openai", voice="alloy", instructions="Be kind.") as (session, wire):
        await session.update(instructions="Be brief.", tools=[look])
        assert ("Be brief.", "alloy") == (session.config.instructions, session.config.voice)
        with pytest.raises(ConfigurationError, match="no field colour"):
            await session.update(colour="red")
        with pytest.raises(ConfigurationError, match="temperature"):
            await session.update(temperature=9)
        assert "Be brief." == session.config.instructions
    update = wire.frames[1]
    assert "session.update" == update["type"]
    assert "Be brief." == update["session"]["instructions"]
    assert ["look"] == [tool["name"] for tool in update["session"]["tools"]]
    assert "audio" not in update["session"]


async def test_what_gemini_cannot_change_is_refused() -> None:
    """The error names it, and nothing changes."""
    async with told("gemini", voice="Puck") as (session, wire):
        with pytest.raises(ConfigurationError, match="voice"):
            await session.update(voice="Kore")
        assert "Puck" == session.config.voice
    assert 1 == len(wire.frames)


async def test_a_wire_event_can_be_sent_as_it_is() -> None:
    """What has no neutral command is within reach."""
    async with told("openai") as (session, wire):
        await session.send(ConversationItemDelete(item_id="item_1"))
        await session.send(SendText("hello"))
    kinds = [frame["type"] for frame in wire.frames[1:]]
    assert "conversation.item.delete" in kinds
    assert "conversation.item.create" in kinds


# --- looking


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_turns_are_whole_exchanges(simulator: Simulator, provider: str) -> None:
    """The question, the call, the answer and the wait, one turn each."""

    def get_weather(city: str) -> str:
        """Get the weather."""
        return "fine"

    voice = voice_for(simulator, provider, tools=[get_weather])
    turns: list[Turn] = []
    with anyio.fail_after(5):
        async with voice.connect() as session:
            questions = ["What's the weather in Tokyo?", "hello"]
            exchanges = session.turns()
            await session.send_text(questions.pop(0))
            async for turn in exchanges:
                turns.append(turn)
                if not questions:
                    break
                await session.send_text(questions.pop(0))
    assert ["What's the weather in Tokyo?", "hello"] == [turn.user for turn in turns]
    assert ["The weather in Tokyo is fine.", HELLO] == [turn.assistant for turn in turns]
    assert [[{"city": "Tokyo"}], []] == [[c.arguments for c in t.tool_calls] for t in turns]
    assert ["completed", "completed"] == [turn.status for turn in turns]
    assert session.metrics is not None
    assert session.metrics == turns[-1].metrics


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_session_id_history_and_usage_can_be_looked_at(
    simulator: Simulator, provider: str
) -> None:
    """What was said, what it took, and whose session it is; after the end, too."""
    voice = voice_for(simulator, provider)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            assert session.metrics is None
            await session.send_text("hello")
    assert [("user", "hello"), ("assistant", HELLO)] == [
        (item.role, item.text) for item in session.history
    ]
    assert session.usage.output.total > 0
    assert session.resume_state.provider == provider
    assert (session.session_id is not None) == (provider == "openai")
    assert session.model


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_session_begins_with_an_earlier_history(
    simulator: Simulator, provider: str
) -> None:
    """Saved as JSON, loaded, and told to another session, of either provider."""
    with anyio.fail_after(5):
        async with voice_for(simulator, "openai").connect() as session:
            await session.send_text("hello")
        earlier = History.load(session.history.save())
        async with voice_for(simulator, provider).connect(history=earlier) as session:
            await session.send_text("goodbye")
    assert ["hello", HELLO, "goodbye"] == [item.text for item in session.history][:3]
