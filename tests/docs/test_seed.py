"""Every code block of the document that promised this library, run as it stands.

docs/examples/seed holds the blocks, one file each: the document's text but for the import line.
They are executed unchanged, with the names they leave to the reader (microphone, player, `voice`)
supplied, against the simulator. `asyncio.sleep` waits until what the block is about has happened,
at most as long as the block says. Each block has an expectation of its own.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import math
import os
import re
import struct
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from helpers.leaks import settle, tasks_left
from helpers.require import require

import realtime_io
from realtime_io import (
    AudioChunk,
    ConfigurationWarning,
    RealtimeConfig,
    RealtimeVoice,
    ToolCallRequest,
    ToolDefinition,
    TranscriptDelta,
    VADMode,
)
from realtime_io.simulator import DEFAULT_SCENARIO, Rule, Scenario, Simulator
from realtime_io.simulator._ears import HummingEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

ROOT = Path(__file__).parents[2]
BLOCKS = ROOT / "docs" / "examples" / "seed"
DOCUMENT = (
    Path(os.environ["REALTIME_WIRE"]).parent / "seed.md"
    if os.environ.get("REALTIME_WIRE")
    else ROOT.parent / "shared" / "seed.md"
)

PROVIDERS = ("openai", "gemini")
RATES_HZ = {"openai": 24_000, "gemini": 16_000}
KEYS = {"openai": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY"}

DEADLINE_S = 8
"""Less than a session waits at its end for an answer that does not come."""

HELLO = "Hello. How can I help you?"
CONFUSED = "Sorry, I did not understand that."
WEATHER = "The weather in Tokyo is Weather in Tokyo: Sunny, 72°F."
SCENARIO = Scenario(
    rules=(
        Rule(phrases=("what is 2 2",), say="Four."),
        Rule(
            phrases=("what is 15 23",),
            call="calculator",
            arguments={"expression": "15 * 23"},
            say="The result is {result}.",
        ),
        *DEFAULT_SCENARIO.rules,
    ),
    slots=DEFAULT_SCENARIO.slots,
)


class Listener(HummingEngine):
    """The simulator's voice, which remembers what it said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def speak(self, text: str) -> bytes:
        self.said.append(text)
        return await super().speak(text)


class Stage:
    """The simulator, what it said, and the names that the blocks leave to the reader."""

    def __init__(self, simulator: Simulator, provider: str) -> None:
        self.provider = provider
        self.simulator = simulator
        self.engine = Listener()
        self.printed: list[str] = []
        self.played: list[bytes] = []
        self.events: list[str] = []
        simulator._engine = self.engine

    @property
    def said(self) -> list[str]:
        """What the model said, as the server knows it."""
        return self.engine.said

    @property
    def audio(self) -> bytes:
        """An utterance, and the silence after it."""
        rate_hz = RATES_HZ[self.provider]
        n_samples = rate_hz * 3 // 10
        wave = [round(8_000 * math.sin(2 * math.pi * 200 * n / rate_hz)) for n in range(n_samples)]
        return struct.pack(f"<{n_samples}h", *wave) + bytes(rate_hz * 2)

    async def microphone(self) -> AsyncIterator[bytes]:
        """The same in pieces."""
        audio = self.audio
        for start in range(0, len(audio), 4_800):
            yield audio[start : start + 4_800]

    def print(self, *words: object, **_: object) -> None:
        """What `print` is to the blocks."""
        self.printed.append(" ".join(map(str, words)))

    def voice(self, **settings: Any) -> RealtimeVoice:
        """What `voice` is to the blocks that do not make one."""
        return RealtimeVoice(self.provider, RealtimeConfig(**settings))

    def has_output(self) -> bool:
        """Whether something was printed or played."""
        return bool(self.printed or self.played)

    async def hear(self, voice: RealtimeVoice, question: str = "hello") -> None:
        """Ask something, and leave when the answer is complete."""
        with anyio.fail_after(DEADLINE_S):
            async with voice.connect() as session:
                await session.send_text(question)

    async def run(self, name: str, **names: Any) -> SimpleNamespace:
        """Execute a block; gives what it defined."""
        supplied = {
            "__name__": "seed",
            "print": self.print,
            "play_audio": self.played.append,
            "microphone_data": self.audio,
            "audio_bytes": self.audio,
            "audio_data": self.audio,
            "microphone_stream": self.microphone,
            "asyncio": SimpleNamespace(
                sleep=sleep_until(lambda: bool(self.printed or self.played))
            ),
        }
        namespace = supplied | names
        result = FunctionType(block(name), namespace)()
        with anyio.fail_after(DEADLINE_S):
            if inspect.isawaitable(result):
                await result
        return SimpleNamespace(**namespace)


def block(name: str) -> Any:
    path = BLOCKS / f"{name}.py"
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(path.read_text(), str(path), "exec", flags=flags, dont_inherit=True)


def sleep_until(is_so: Callable[[], bool]) -> Callable[[float], Any]:
    """A sleep that ends as soon as *is_so*, and no later than it says."""

    async def sleep(seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await settle(is_so)

    return sleep


@pytest.fixture(name="provider", params=PROVIDERS)
def provider_fixture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(name="stage")
async def stage_fixture(provider: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with Simulator(SCENARIO, with_voice=False, pace=0) as simulator:
        set_environment(monkeypatch, simulator, provider)
        yield Stage(simulator, provider)
        assert [] == tasks_left()
    assert [] == simulator.failures


def set_environment(monkeypatch: pytest.MonkeyPatch, simulator: Simulator, provider: str) -> None:
    """One key, and both vendors' servers replaced by the simulator."""
    for variable in (*KEYS.values(), "GOOGLE_API_KEY", "REALTIME_VOICE_PROVIDER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(KEYS[provider], "any")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url("openai"))
    monkeypatch.setenv("GEMINI_BASE_URL", simulator.base_url("gemini"))


# --- the text


@pytest.mark.wire
def test_the_seed_blocks_are_the_documents_own() -> None:
    """Every block, in order, word for word but for the package's name in import lines."""
    require("wire", None if DOCUMENT.exists() else f"there is no {DOCUMENT}")
    document = DOCUMENT.read_text(encoding="utf-8")
    written = re.findall(r"^```python\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)
    expected = [
        re.sub(r"^from ai_infra\.llm\.realtime import", "from realtime_io import", text, flags=re.M)
        for text in written
    ]
    assert expected == [path.read_text(encoding="utf-8") for path in sorted(BLOCKS.glob("*.py"))]


def test_every_seed_block_is_run_below() -> None:
    """No block is left out."""
    source = Path(__file__).read_text(encoding="utf-8")
    unused = [p.stem for p in BLOCKS.glob("*.py") if f'"{p.stem}"' not in source]
    assert [] == unused


def test_every_name_the_seed_imports_is_public() -> None:
    """What the document imports from the package is in its `__all__`."""
    names = {
        alias.name
        for path in BLOCKS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "realtime_io"
        for alias in node.names
    }
    assert set() == names - set(realtime_io.__all__)
    assert len(names) > 10


# --- the blocks


async def test_seed_01_quick_start(stage: Stage) -> None:
    """The microphone's words are heard, and the answer is played and printed."""
    await stage.run("01_quick_start")
    assert [CONFUSED] == stage.said
    assert len(CONFUSED) * 60 * 48 == len(b"".join(stage.played))
    assert f"Final: {CONFUSED}" == stage.printed[-1]
    partial = [line.removeprefix("Partial: ") for line in stage.printed[:-1]]
    assert CONFUSED == "".join(partial)


async def test_seed_02_explicit_provider(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each named provider is taken, whatever else has a key, and can be spoken to."""
    for variable in KEYS.values():
        monkeypatch.setenv(variable, "any")
    made: list[RealtimeVoice] = []

    def make(**arguments: Any) -> RealtimeVoice:
        made.append(RealtimeVoice(**arguments))
        return made[-1]

    await stage.run("02_explicit_provider", RealtimeVoice=make)
    assert ["openai", "gemini"] == [voice.provider for voice in made]
    for voice in made:
        await stage.hear(voice)
    assert [HELLO, HELLO] == stage.said


async def test_seed_03_available_providers(stage: Stage, provider: str) -> None:
    """The document's two come first, in its order; with a key there is one."""
    await stage.run("03_available_providers")
    available, configured = map(ast.literal_eval, stage.printed)
    assert ["openai", "gemini"] == available[:2]
    assert [provider] == configured


async def test_seed_04_configuration(stage: Stage, provider: str) -> None:
    """Every setting arrives; the one the provider has no place for is warned of, once."""

    def my_function(city: str) -> str:
        """Look at a city."""
        return city

    made = await stage.run("04_configuration", my_function=my_function, RealtimeVoice=RealtimeVoice)
    assert made.config is made.voice.config
    expected = {
        "model": "gpt-4o-realtime-preview",
        "voice": "alloy",
        "instructions": "You are a helpful voice assistant.",
        "vad_mode": VADMode.SERVER,
        "vad_threshold": 0.5,
        "vad_prefix_padding_ms": 300,
        "vad_silence_duration_ms": 500,
        "temperature": 0.8,
        "max_tokens": 4096,
    }
    assert expected == {name: getattr(made.config, name) for name in expected}
    assert ["my_function"] == [tool.name for tool in made.config.tools]
    ignored = {"openai": "temperature", "gemini": "vad_threshold"}[provider]
    with pytest.warns(ConfigurationWarning, match=f"no place for {ignored}$") as warned:
        await stage.hear(made.voice)
    assert 1 == len(warned)
    assert [HELLO] == stage.said


async def test_seed_05_on_audio(stage: Stage) -> None:
    """The answer's audio is played."""
    voice = stage.voice()
    await stage.run("05_on_audio", voice=voice)
    await stage.hear(voice)
    assert len(HELLO) * 60 * 48 == len(b"".join(stage.played))


async def test_seed_06_on_transcript(stage: Stage) -> None:
    """Deltas while it speaks, the whole text at the end, and only the assistant's."""
    voice = stage.voice()
    await stage.run("06_on_transcript", voice=voice)
    await stage.hear(voice)
    assert f"Assistant: {HELLO}" == stage.printed[-1]
    typing = [line.removeprefix("(typing...): ") for line in stage.printed[:-1]]
    assert HELLO == "".join(typing)
    assert len(typing) > 1


def weather_tool() -> ToolDefinition:
    return ToolDefinition(
        name="get_weather",
        parameters={"type": "object", "properties": {"city": {"type": "string"}}},
    )


async def test_seed_07_on_tool_call(stage: Stage) -> None:
    """What the callback returns is the tool's result."""
    voice = stage.voice(tools=[weather_tool()])
    await stage.run("07_on_tool_call", voice=voice)
    await stage.hear(voice, "What's the weather in Tokyo?")
    assert [WEATHER] == stage.said


async def test_seed_08_on_error(stage: Stage) -> None:
    """An error that ends nothing is told."""

    def get_weather(city: str) -> str:
        """Get the weather."""
        raise OSError("the station is down")

    voice = stage.voice(tools=[get_weather])
    await stage.run("08_on_error", voice=voice)
    await stage.hear(voice, "What's the weather in Tokyo?")
    assert ["Error: the tool 'get_weather' raised OSError: the station is down"] == stage.printed


async def test_seed_09_on_interrupted(stage: Stage) -> None:
    """The assistant is cut off in the middle of a story: the playback is stopped."""
    voice = stage.voice()
    voice.on_audio(stage.played.append)
    stopped = anyio.Event()
    await stage.run("09_on_interrupted", voice=voice, stop_audio_playback=stopped.set)
    with anyio.fail_after(DEADLINE_S):
        async with voice.connect() as session:
            await session.send_text("tell me a story")
            await settle(lambda: bool(stage.played))
            await session.interrupt()
            await stopped.wait()


async def test_seed_10_tool_integration(stage: Stage) -> None:
    """The tool is called with Tokyo, and the model hears its result."""
    await stage.run("10_tool_integration")
    assert [WEATHER] == stage.said


async def test_seed_11_custom_tool_handling(stage: Stage) -> None:
    """The callback sees the call, calls the function itself, and its result is the answer."""
    voice = stage.voice(tools=[weather_tool()])

    def get_weather(city: str) -> str:
        return f"Weather in {city}: Sunny, 72°F"

    made = await stage.run(
        "11_custom_tool_handling",
        voice=voice,
        get_weather=get_weather,
        ToolCallRequest=ToolCallRequest,
    )
    await stage.hear(voice, "What's the weather in Tokyo?")
    assert [("get_weather", {"city": "Tokyo"})] == [
        (request.function_name, request.arguments) for request in made.tool_results
    ]
    assert [WEATHER] == stage.said


async def test_seed_12_sending_audio(stage: Stage) -> None:
    """Both utterances reach the server: the chunk of audio, and the microphone's."""
    voice = stage.voice()
    voice.on_audio(stage.played.append)
    await stage.run("12_sending_audio", voice=voice)
    assert CONFUSED == stage.said[-1]
    assert b"" != b"".join(stage.played)


async def test_seed_13_run(stage: Stage) -> None:
    """The loop plays the answer, prints its text, and ends when it is complete."""
    await stage.run("13_run", voice=stage.voice())
    assert len(CONFUSED) * 60 * 48 == len(b"".join(stage.played))
    assert CONFUSED == stage.printed[-1]


async def test_seed_14_openai_provider(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hello is answered and printed; nothing is left after disconnect()."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    made = await stage.run("14_openai_provider")
    assert "Hello" in "".join(stage.printed)
    assert not made.session.is_active
    assert [] == tasks_left()


async def test_seed_15_gemini_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said aloud is answered aloud; nothing is left after disconnect()."""
    async with Simulator(SCENARIO, with_voice=False, pace=0) as simulator:
        set_environment(monkeypatch, simulator, "gemini")
        stage = Stage(simulator, "gemini")
        made = await stage.run("15_gemini_provider")
        assert b"" != b"".join(stage.played)
        assert [CONFUSED] == stage.said
        assert not made.session.is_active
        assert [] == tasks_left()


async def test_seed_16_error_handling(stage: Stage, provider: str) -> None:
    """A good road says nothing; a bad one and a bad callback are told apart, without a group."""
    voice = stage.voice()
    await stage.run("16_error_handling", voice=voice)
    assert [] == stage.printed
    assert [CONFUSED] == stage.said

    nowhere = RealtimeVoice(provider, base_url="http://127.0.0.1:9")
    await stage.run("16_error_handling", voice=nowhere)
    assert stage.printed[-1].startswith("Connection failed: connection refused by 127.0.0.1:9")

    @voice.on_audio
    async def fail(audio: bytes) -> None:
        raise ZeroDivisionError("mine")

    await stage.run("16_error_handling", voice=voice)
    assert (
        "Realtime error: the on_audio callback raised ZeroDivisionError: mine"
        == (stage.printed[-1])
    )


async def test_seed_17_audio_chunk(stage: Stage) -> None:
    """Made by the names the document gives."""
    made = await stage.run("17_audio_chunk")
    assert AudioChunk(data=b"...", duration_ms=100, is_final=False) == made.chunk
    assert (b"...", 100, False) == (made.chunk.data, made.chunk.duration_ms, made.chunk.is_final)


async def test_seed_18_transcript_delta(stage: Stage) -> None:
    """Made by the names the document gives."""
    made = await stage.run("18_transcript_delta")
    delta = made.delta
    assert isinstance(delta, TranscriptDelta)
    assert ("Hello there", True, "assistant") == (delta.text, delta.is_final, delta.speaker)


async def test_seed_19_tool_call_request(stage: Stage) -> None:
    """Made by the names the document gives."""
    request = (await stage.run("19_tool_call_request")).request
    assert isinstance(request, ToolCallRequest)
    assert ("call_123", "get_weather") == (request.call_id, request.function_name)
    assert {"city": "Tokyo"} == request.arguments


async def test_seed_20_tool_definition(stage: Stage) -> None:
    """The definition is offered to the model, which calls it."""
    tool = (await stage.run("20_tool_definition")).tool
    voice = stage.voice(tools=[tool])
    voice.on_tool_call(lambda request: f"fine in {request.arguments['city']}")
    await stage.hear(voice, "What's the weather in Tokyo?")
    assert ["The weather in Tokyo is fine in Tokyo."] == stage.said


def test_seed_21_voice_assistant(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole program with an event loop of its own: the answer is printed."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(
            Simulator(SCENARIO, with_voice=False, pace=0)
        ) as simulator,
    ):
        set_environment(monkeypatch, simulator, provider)
        stage = Stage(simulator, provider)
        monkeypatch.setattr(asyncio, "sleep", sleep_until(lambda: bool(stage.printed)))
        FunctionType(block("21_voice_assistant"), {"print": stage.print, "__name__": "seed"})()
    assert ["Assistant: Four."] == stage.printed
    assert [] == simulator.failures


async def test_seed_22_math_assistant(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calculator is called, and the model says its result."""
    monkeypatch.setattr(asyncio, "sleep", sleep_until(lambda: bool(stage.printed)))
    made = await stage.run("22_math_assistant")
    with anyio.fail_after(DEADLINE_S):
        await made.math_assistant()
    assert ["Assistant: The result is 345."] == stage.printed
