"""What users of comparable libraries suffered from, as it shows on the face: audio and testing.

See test_face_pains for what the numbers are, and for the meta test.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from helpers.stage import Stage, happens, on_both, playing, talking
from helpers.virtual import virtually

from realtime_io import (
    AudioChunk,
    ConfigurationError,
    ConnectTimeout,
    Interrupted,
    LocalProtocolError,
    RealtimeVoice,
    Reconnected,
    RemoteProtocolError,
    ReplayMismatch,
    SessionClosed,
    VADMode,
    VoiceEvent,
)
from realtime_io.player import Player, play

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RATES_HZ = {"openai": 24_000, "gemini": 16_000}

# --- 19: applications can be tested


async def application(
    voice: RealtimeVoice, question: str, **options: Any
) -> list[tuple[float, str]]:
    """Ask, be interrupted, and tell what was heard when."""
    told: list[tuple[float, str]] = []
    over = anyio.Event()
    began_at = anyio.current_time()

    @voice.on_event
    def note(event: VoiceEvent) -> None:
        if isinstance(event, AudioChunk | Interrupted):
            told.append((round(anyio.current_time() - began_at, 2), type(event).__name__))
        if isinstance(event, Interrupted):
            over.set()

    async with voice.connect(**options) as session:
        await session.send_text(question)
        await over.wait()
        await session.aclose()
    return told


@virtually
@on_both
async def test_pain_19_a_conversation_is_recorded_and_had_again_without_its_server(
    provider: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On a clock that jumps: the same at the same times; who says something else is told so."""
    path = tmp_path_factory.mktemp("recorded") / "talk.rtc.jsonl"

    async def answer(stage: Stage) -> None:
        stage.begin_answer()
        for _ in range(3):
            stage.speak()
            await anyio.sleep(0.5)
        stage.barge_in()

    async with playing(provider) as stage, anyio.create_task_group() as tasks:
        question = "Tell me a story."
        last = {"openai": "response.create", "gemini": "clientContent"}[provider]

        def hear(frame: dict[str, Any]) -> None:
            if last in str(frame):
                tasks.start_soon(answer, stage)

        stage.on_frame = hear
        told = await application(stage.voice(), question, record=path)
    assert [
        (0.0, "AudioChunk"),
        (0.5, "AudioChunk"),
        (1.0, "AudioChunk"),
        (1.5, "Interrupted"),
    ] == (told)

    def voice_for(player: Player) -> RealtimeVoice:
        return RealtimeVoice(provider, api_key="k", base_url=player.base_url)

    async with play(path) as player:
        assert told == await application(voice_for(player), question)
    with pytest.raises(ReplayMismatch, match="Sing"):
        async with play(path) as player:
            await application(voice_for(player), "Sing.")


# --- 25: rates, splits


@virtually
@on_both
async def test_pain_25_audio_is_named_by_its_rate_and_whole_whatever_its_pieces(
    provider: str,
) -> None:
    """Split at odd bytes, it arrives in whole samples, all of it, with its rate beside it."""
    audio = bytes(range(256)) * 40
    async with talking(provider) as (stage, session):
        assert RATES_HZ[provider] == session.input_format.rate_hz
        assert 24_000 == session.output_format.rate_hz
        for start in range(0, len(audio), 777):
            await session.send_audio(audio[start : start + 777])
        await anyio.sleep(0.2)
        assert audio == stage.audio()
        if provider == "openai":
            told = stage.frames[0][0]["session"]["audio"]
            assert {"type": "audio/pcm", "rate": 24_000} == told["input"]["format"]
            frames = [frame["audio"] for frame in stage.told("buffer.append")]
        else:
            blobs = [frame["realtimeInput"]["audio"] for frame in stage.told("audio/pcm")]
            assert {"audio/pcm;rate=16000"} == {blob["mimeType"] for blob in blobs}
            frames = [blob["data"] for blob in blobs]
        assert {0} == {len(base64.b64decode(frame)) % 2 for frame in frames}


@virtually
@on_both
async def test_pain_25_another_rate_is_resampled_or_refused(provider: str) -> None:
    """A second at 48 000 Hz is a second at the provider's; what is no rate raises at once."""
    pytest.importorskip("soxr")
    async with talking(provider, vad_mode=VADMode.MANUAL) as (stage, session):
        await session.send_audio(bytes(2 * 48_000), rate_hz=48_000)
        with pytest.raises(ConfigurationError, match="a sample rate is"):
            await session.send_audio(bytes(100), rate_hz=7)
        await session.commit_audio()
        await happens()
        assert abs(len(stage.audio()) - 2 * RATES_HZ[provider]) <= 64


@virtually
async def test_pain_25_audio_at_another_rate_than_the_session_has_is_an_error() -> None:
    """Gemini names the rate of what it sends: it is never played at a wrong speed."""
    async with talking("gemini") as (stage, _):
        for kind in ("audio/pcm;rate=24000", "audio/pcm", "audio/pcm; Rate=24000"):
            blob = {"mimeType": kind, "data": "AAAAAA=="}
            stage.say({"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}})
        blob = {"mimeType": "audio/pcm;rate=16000", "data": "AAAAAA=="}
        stage.say({"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}})
        await happens()
        assert [bytes(4)] * 3 == stage.heard
        (error,) = stage.errors
        assert isinstance(error, RemoteProtocolError)
        assert "speech of the type audio/pcm;rate=16000 cannot be played" == error.message


# --- 26: set-up


async def microphone(n_pieces: int) -> AsyncIterator[bytes]:
    """Says 100 ms of ones, twos, threes..."""
    for n in range(n_pieces):
        yield bytes([n + 1]) * 3_200
        await anyio.sleep(0.1)


@virtually
@on_both
async def test_pain_26_nothing_is_said_before_the_settings_are_taken(provider: str) -> None:
    """The server takes two seconds for them: only the settings are on the wire until then, and then
    every byte of the microphone.
    """
    async with playing(provider) as stage:
        early: list[int] = []

        async def slowly() -> None:
            await anyio.sleep(2)
            early.append(len(stage.frames[-1]))
            stage.take_settings()

        stage.on_set_up = slowly
        voice = stage.voice()
        async with voice.run(microphone(8)) as events:
            async for event in events:
                if isinstance(event, SessionClosed):
                    break
                if len(stage.audio()) >= 8 * 3_200:
                    await stage.close(1000)
        assert [1] == early
        said = b"".join(bytes([n + 1]) * 3_200 for n in range(8))
        assert said == stage.audio()[: len(said)]
        assert b"" == stage.audio()[len(said) :].strip(b"\0")  # the silence that ends a turn


@virtually
@on_both
async def test_pain_26_what_is_said_while_it_is_set_up_anew_is_said_then(provider: str) -> None:
    """Between two connections, up to ten seconds of it."""
    async with talking(provider) as (stage, session):
        stage.on_set_up = lambda: anyio.sleep(3)
        await stage.drop()
        await anyio.sleep(1)
        for _ in range(5):
            await session.send_audio(b"\x01\x02" * 1_600)
        await anyio.sleep(0.5)
        assert b"" == stage.audio()
        await anyio.sleep(5)
        stage.take_settings()
        await anyio.sleep(0.5)
        assert 1 == len(stage.seen(Reconnected))
        assert b"\x01\x02" * 8_000 == stage.audio()


@virtually
@on_both
async def test_pain_26_less_than_100_ms_is_not_committed(provider: str) -> None:
    """It is refused here, with the milliseconds there are, and nothing is said; more is a turn."""
    async with talking(provider, vad_mode=VADMode.MANUAL) as (stage, session):
        await session.send_audio(bytes(session.input_format.bytes_for_ms(60)))
        with pytest.raises(LocalProtocolError, match="only 60 ms"):
            await session.commit_audio()
        end = {"openai": "input_audio_buffer.commit", "gemini": "activityEnd"}[provider]
        await happens()
        assert [] == stage.told(end)
        await session.send_audio(bytes(session.input_format.bytes_for_ms(60)))
        await session.commit_audio()
        await happens()
        assert 1 == len(stage.told(end))
        assert session.input_format.bytes_for_ms(120) == len(stage.audio())


@virtually
@on_both
async def test_pain_26_a_server_that_never_takes_the_settings_is_given_up(provider: str) -> None:
    """After ten seconds, in an error of its own kind."""
    async with playing(provider) as stage:
        stage.on_set_up = anyio.sleep_forever
        began_at = anyio.current_time()
        with pytest.raises(ConnectTimeout, match="did not set the session up within 10 s"):
            async with stage.voice().connect():
                pytest.fail("it must not open")
        assert 10 <= anyio.current_time() - began_at <= 12


@virtually
async def test_pain_26_settings_that_the_server_took_otherwise_are_named() -> None:
    """What it echoes is compared with what was asked for."""
    async with playing("openai") as stage:

        async def take_otherwise() -> None:
            session = {"type": "realtime", "object": "realtime.session", "id": "s1"}
            voice = {"output": {"voice": "cedar"}}
            stage.say({"type": "session.updated", "session": session | {"audio": voice}})

        stage.on_set_up = take_otherwise
        async with stage.voice(voice="marin").connect() as session:
            await happens()
            ready = stage.events[0]
            assert "session.audio.output.voice" in ready.altered  # type: ignore[union-attr]
            await session.aclose()
