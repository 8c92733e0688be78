"""An application that is recorded with the simulator, and had again with the recording."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio

from helpers.servers import listening, pour
from realtime_io import (
    AudioChunk,
    Backoff,
    Interrupted,
    RealtimeConfig,
    RealtimeConnectionError,
    RealtimeVoice,
    Reconnected,
    ResponseDone,
    TranscriptDelta,
)
from realtime_io._memory import offered, road_to
from realtime_io._tasks import background_tasks
from realtime_io.player import play
from realtime_io.simulator import Simulator
from realtime_io.virtual import run_virtually

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import ByteStream

__all__ = (
    "ANSWER",
    "AT_ONCE",
    "PROVIDERS",
    "REQUEST",
    "SPOKEN",
    "again",
    "get_weather",
    "record",
    "record_virtually",
    "talk",
    "voice_for",
)

SPOKEN = bytes(range(256)) * 75
"""0.4 s at 24 kHz, 0.6 s at 16 kHz: whole frames, so that none is sent when time has passed."""

ANSWER = "The weather in Tokyo is sunny."
REQUEST = "Tell me a story."
ALL = 60_000
"""More milliseconds than anything lasts."""

PROVIDERS = ("openai", "gemini")

PACES = {"openai": 40.0, "gemini": 0.0}
"""How fast a story is told: so that it is interrupted long before its end, which decides on what
OpenAI is told, also on a busy machine. Gemini is told the same; it would take 3 s at any pace.
"""

AT_ONCE = Backoff(first_s=0.0, longest_s=0.0)


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return "sunny" if city == "Tokyo" else "rainy"


async def talk(
    voice: RealtimeVoice,
    *,
    drop: Callable[[], object] | None = None,
    drops: bool = False,
    patience_s: float = 15.0,
    **options: Any,
) -> list[str]:
    """The application: asks, has a tool called, plays the answer, and interrupts the next one.

    It says how much was heard, as one with a loudspeaker does: so no clock decides on that. Where
    the connection drops, it goes on once there is another one.
    """
    told: list[str] = []
    is_story = False
    with anyio.fail_after(patience_s):
        async with voice.connect(**options) as session:
            await session.send_audio(SPOKEN)
            await session.send_text("What's the weather in Tokyo?")
            async for event in session:
                match event:
                    case TranscriptDelta(speaker="assistant", is_final=True, text=text):
                        told.append(text)
                    case AudioChunk(item_id=str(item_id)) if is_story:
                        await session.played(item_id, 10)
                        await session.interrupt()
                    case AudioChunk(item_id=str(item_id)):
                        await session.played(item_id, ALL)
                    case ResponseDone() if ANSWER in told and drops and not is_story:
                        if drop is not None:
                            drop()
                    case ResponseDone() | Reconnected() if ANSWER in told and not is_story:
                        is_story = True
                        await session.send_text(REQUEST)
                    case Interrupted():
                        break
    return told


def voice_for(
    provider: str,
    base_url: str,
    *,
    reconnect: bool | Backoff = AT_ONCE,
    tool: Callable[..., Any] = get_weather,
) -> RealtimeVoice:
    """What the application is given."""
    return RealtimeVoice(
        provider,
        RealtimeConfig(tools=[tool]),
        api_key="sk-Canary0123456789",
        base_url=base_url,
        reconnect=reconnect,
    )


async def record(provider: str, path: Path, drops: bool) -> list[str]:
    """A conversation with the simulator, whose connection breaks in the middle if it *drops*."""
    cut = anyio.Event()

    async def lead(stream: ByteStream) -> None:
        async with await anyio.connect_tcp(host, int(port)) as server:
            async with background_tasks() as tasks:
                over = anyio.Event() if cut.is_set() else cut
                tasks.start_soon(pour, stream, server, over)
                tasks.start_soon(pour, server, stream, over)
                await over.wait()
            await anyio.aclose_forcefully(stream)

    async with Simulator(with_voice=False, pace=PACES[provider]) as simulator:
        url = simulator.base_url(provider)
        host, _, port = url.removeprefix("http://").removesuffix("/v1").rpartition(":")
        async with listening(lead) as address:
            base_url = url.replace(f"{host}:{port}", address)
            voice = voice_for(provider, base_url)
            return await talk(voice, record=path, drops=drops, drop=cut.set)


def record_virtually(provider: str, *, drops: bool = False) -> list[str]:
    """The lines of the same on a clock that jumps: it goes the same way each time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "talk.rtc.jsonl"
        run_virtually(_record_in_memory, provider, path, drops)
        return path.read_text().splitlines()


async def _record_in_memory(provider: str, path: Path, drops: bool) -> None:
    cut = anyio.Event()

    async def lead(stream: ByteStream) -> None:
        server = road_to(host)
        assert not isinstance(server, RealtimeConnectionError)
        over = anyio.Event() if cut.is_set() else cut
        async with stream, server, background_tasks() as tasks:
            tasks.start_soon(pour, stream, server, over)
            tasks.start_soon(pour, server, stream, over)
            await over.wait()

    async with (
        Simulator(with_voice=False, pace=PACES[provider], in_memory=True) as simulator,
        background_tasks() as tasks,
    ):
        url = simulator.base_url(provider)
        host = str(urlsplit(url).hostname)
        with offered(lambda stream: tasks.start_soon(lead, stream)) as place:
            voice = voice_for(provider, url.replace(host, place))
            await talk(voice, record=path, drops=drops, drop=cut.set)


async def again(
    source: Any,
    provider: str = "openai",
    drops: bool = False,
    patience_s: float = 15.0,
    **options: Any,
) -> list[str]:
    """The same application, with a recording."""
    async with play(source, **options) as player:
        voice = voice_for(provider, player.base_url)
        return await talk(voice, drops=drops, patience_s=patience_s)
