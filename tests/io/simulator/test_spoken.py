"""Spoken conversations with the simulator: nothing is scripted, it hears what is said."""

from __future__ import annotations

import random
import struct
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from helpers.require import require
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    AudioChunk,
    Interrupted,
    RealtimeConfig,
    RealtimeVoice,
    ResponseDone,
    ToolCallRequest,
    TranscriptDelta,
    VoiceEvent,
)
from realtime_io.player import play
from realtime_io.simulator import Simulator, voice
from realtime_proto.replay import replay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from realtime_io import VoiceSession

pytestmark = pytest.mark.voice
require("voice", voice.why_unavailable())

PROVIDERS = ("openai", "gemini")
CITIES = ("Tokyo", "Paris")
ANSWER = "The weather in Tokyo is sunny and warm."
ANSWERS = voice.Grammar(
    phrases=("the weather in <city> is sunny and warm",),
    slots={"city": ("tokyo", "paris", "london", "berlin", "madrid")},
)


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return "sunny and warm"


@pytest.fixture(name="simulator")
async def simulator_fixture() -> AsyncIterator[Simulator]:
    async with Simulator(with_voice=True) as simulator:
        yield simulator
    assert [] == simulator.failures


class Heard:
    """Everything that happened in a conversation, to wait for and to look at."""

    def __init__(self, conversation: RealtimeVoice) -> None:
        self.events: list[VoiceEvent] = []
        self.audio = bytearray()
        self._progress = anyio.Event()
        conversation.on_audio(self.audio.extend)
        conversation.on_event(self._take)

    def _take(self, event: VoiceEvent) -> None:
        self.events.append(event)
        self._progress.set()
        self._progress = anyio.Event()

    async def wait_for(self, kind: type, n: int = 1, **fields: Any) -> Any:
        """The n-th event of this kind with these fields."""
        with anyio.fail_after(20):
            while len(found := self.of(kind, **fields)) < n:
                await self._progress.wait()
        return found[n - 1]

    def of(self, kind: type, **fields: Any) -> list[Any]:
        return [
            event
            for event in self.events
            if isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in fields.items())
        ]


async def say(session: VoiceSession, text: str, *, speaker: str = "en-us+m3") -> None:
    """Speak into the session, with a pause after it, faster than real time."""
    rate_hz = session.input_format.rate_hz
    pcm = await voice.speak(text, voice=speaker, rate_hz=rate_hz)
    await send(session, pcm + bytes(session.input_format.bytes_for_ms(900)))


async def send(session: VoiceSession, pcm: bytes) -> None:
    for at in range(0, len(pcm), 4_801):  # pieces that split samples
        await session.send_audio(pcm[at : at + 4_801])


def conversation_with(simulator: Simulator, provider: str) -> RealtimeVoice:
    config = RealtimeConfig(tools=[get_weather])
    return RealtimeVoice(provider, config, api_key="any", base_url=simulator.base_url(provider))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("city", CITIES)
async def test_a_spoken_question_is_answered_aloud(
    simulator: Simulator, provider: str, city: str
) -> None:
    """The city is in the user's transcript, the call, the answer's words and its audio."""
    conversation = conversation_with(simulator, provider)
    heard = Heard(conversation)
    async with conversation.connect() as session:
        await say(session, f"What is the weather in {city}?")
        call = await heard.wait_for(ToolCallRequest)
        answer = await heard.wait_for(TranscriptDelta, speaker="assistant", is_final=True)
        await heard.wait_for(AudioChunk, is_final=True)
        question = await heard.wait_for(TranscriptDelta, speaker="user", is_final=True)
        resampler = voice.Resampler(session.output_format.rate_hz, 16_000)
    spoken = resampler.feed(bytes(heard.audio)) + resampler.flush()
    recognised = await voice.recognise(spoken, grammar=ANSWERS)
    assert f"what is the weather in {city.lower()}" == question.text
    assert ("get_weather", {"city": city}) == (call.function_name, call.arguments)
    assert f"The weather in {city} is sunny and warm." == answer.text
    assert f"the weather in {city.lower()} is sunny and warm" == recognised.text
    assert recognised.in_grammar


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_speaking_over_a_long_answer_cuts_it_off(simulator: Simulator, provider: str) -> None:
    """The server's voice activity detection finds it; interrupt() is never called."""
    conversation = conversation_with(simulator, provider)
    heard = Heard(conversation)
    interruptions = []
    conversation.on_interrupted(lambda: interruptions.append(len(heard.audio)))
    async with conversation.connect() as session:
        await say(session, "Tell me a story.")
        await heard.wait_for(AudioChunk, 3)
        await say(session, "Wait a minute!")
        cut = await heard.wait_for(Interrupted)
        await heard.wait_for(ResponseDone, status="cancelled")
        await heard.wait_for(TranscriptDelta, speaker="user", is_final=True, n=2)
        last = await heard.wait_for(
            TranscriptDelta, speaker="assistant", is_final=True, text="All right, I am listening."
        )
    assert cut.played_ms < len(heard.audio) // 48
    assert "Once upon a time there was a lighthouse".startswith(cut.heard_text[:39])
    assert 1 == len(interruptions)
    assert last.item_id != cut.item_id


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_noise_and_silence_are_not_speech(simulator: Simulator, provider: str) -> None:
    """Nobody answers a quiet room, or one with a fan in it."""
    conversation = conversation_with(simulator, provider)
    heard = Heard(conversation)
    chance = random.Random(7)
    async with conversation.connect() as session:
        n_samples = session.input_format.rate_hz * 2
        noise = struct.pack(
            f"<{n_samples}h", *(chance.randint(-1500, 1500) for _ in range(n_samples))
        )
        await send(session, bytes(2 * n_samples) + noise)
        await session.send_text("hello")
        await heard.wait_for(TranscriptDelta, speaker="assistant", is_final=True)
    assert [] == heard.of(TranscriptDelta, speaker="user")
    assert 1 == len(heard.of(TranscriptDelta, speaker="assistant", is_final=True))


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_spoken_conversation_is_had_again_without_the_simulator(
    simulator: Simulator, provider: str, tmp_path: Path
) -> None:
    """A question, a tool and a barge-in by voice, recorded; then the recording is the server, on a
    clock that jumps. When the user was cut in on differs by milliseconds, so that is not compared.
    """
    path = tmp_path / "talk.rtc.jsonl"
    conversation = conversation_with(simulator, provider)
    rate_hz = 16_000 if provider == "gemini" else 24_000
    texts = ("What is the weather in Tokyo?", "Tell me a story.", "Wait a minute!")
    clips = [
        await voice.speak(text, voice="en-us+m3", rate_hz=rate_hz) + bytes(rate_hz * 2)
        for text in texts
    ]

    async def application(conversation: RealtimeVoice, **options: Any) -> list[str]:
        heard = Heard(conversation)
        async with conversation.connect(**options) as session:
            await send(session, clips[0])
            answer: dict[str, Any] = {"speaker": "assistant", "is_final": True, "text": ANSWER}
            await heard.wait_for(TranscriptDelta, **answer)
            await heard.wait_for(AudioChunk, is_final=True)
            n_pieces = len(heard.of(AudioChunk))
            await send(session, clips[1])
            await heard.wait_for(AudioChunk, n_pieces + 3)
            await send(session, clips[2])
            await heard.wait_for(Interrupted)
        return [call.function_name for call in heard.of(ToolCallRequest)]

    def is_as_good(was: Mapping[str, Any], came: Mapping[str, Any]) -> bool:
        apart = ("event_id", "audio_end_ms")
        one, other = ({k: v for k, v in x.items() if k not in apart} for x in (was, came))
        return one == other

    async def again() -> list[str]:
        async with play(path, compare=is_as_good) as player:
            config = RealtimeConfig(tools=[get_weather])
            voice = RealtimeVoice(provider, config, api_key="any", base_url=player.base_url)
            return await application(voice)

    called = await application(conversation, record=path)
    assert ["get_weather"] == called
    report = replay(path)
    assert report.is_exact, report.to_text()
    for backend in BACKENDS:
        run = partial(run_virtually, again, backend=backend)
        assert called == await anyio.to_thread.run_sync(run)
