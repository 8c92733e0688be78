"""A recording as the client of a server: the server unchanged, its client from a file."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    AudioChunk,
    Backoff,
    Interrupted,
    RealtimeConfig,
    RealtimeVoice,
    Reconnected,
    ReplayMismatch,
    ResponseDone,
    TranscriptDelta,
)
from realtime_io.caller import Connected, call
from realtime_io.relay import Accept, Reject, connect, relay, serve
from realtime_io.simulator import Simulator
from realtime_proto import PROVIDERS, Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from realtime_io.relay import Channel, Message, Request

SPOKEN = bytes(range(256)) * 50
"""0.27 s at 24 kHz, 0.4 s at 16 kHz."""

QUESTION = "What's the weather in Tokyo?"
ANSWER = "The weather in Tokyo is sunny."
GONE = 1012
"""What a server that restarts says."""

PROVIDER = ("openai", "gemini")


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return "sunny" if city == "Tokyo" else "rainy"


async def talk(provider: str, base_url: str, record: Path, restart: Callable[[], bool]) -> None:
    """Ask, have a tool called, let the server restart, ask again, interrupt the answer."""
    voice = RealtimeVoice(
        provider,
        RealtimeConfig(tools=[get_weather]),
        api_key="sk-Canary0123456789",
        base_url=base_url,
        reconnect=Backoff(first_s=0.0, longest_s=0.0),
    )
    told: list[str] = []
    is_asked = False
    with anyio.fail_after(60):
        async with voice.connect(record=record) as session:
            await session.send_audio(SPOKEN)
            await session.send_text(QUESTION)
            async for event in session:
                match event:
                    case TranscriptDelta(speaker="assistant", is_final=True, text=text):
                        told.append(text)
                    case AudioChunk(item_id=str(item_id)) if is_asked:
                        await session.played(item_id, 10)
                        await session.interrupt()
                    case ResponseDone() if ANSWER in told and restart():
                        pass  # it goes on once there is another connection
                    case ResponseDone() | Reconnected() if ANSWER in told:
                        is_asked = True
                        await session.send_text("Tell me a story.")
                    case Interrupted():
                        return


def as_it_is(message: Message) -> Message:
    return message


@asynccontextmanager
async def relayed(
    provider: str,
    base_url: str,
    *,
    from_server: Callable[[Message], Message | None] = as_it_is,
    from_client: Callable[[Message], Message | None] = as_it_is,
    over: Callable[[], Awaitable[object]] = anyio.sleep_forever,
    authorize: Callable[[Request], Accept | Reject] | None = None,
) -> AsyncIterator[str]:
    """A relay before a server: gives its base URL. Once *over* returns, it says goodbye."""
    endpoint = PROVIDERS[provider].endpoint(None, key=Secret("upstream-key"), base_url=base_url)

    async def converse(page: Channel) -> None:
        async with connect(endpoint) as server, anyio.create_task_group() as tasks:

            async def restart() -> None:
                await over()
                await page.close(GONE, "restarts")

            tasks.start_soon(restart)
            await relay(page, server, from_client=from_client, from_server=from_server)
            tasks.cancel_scope.cancel()

    async with serve(converse, in_memory=True, authorize=authorize) as listening:
        yield listening.url


@asynccontextmanager
async def simulated(provider: str, **how: Any) -> AsyncIterator[str]:
    """The simulator behind a relay."""
    async with (
        Simulator(with_voice=False, in_memory=True) as simulator,
        relayed(provider, simulator.base_url(provider), **how) as base_url,
    ):
        yield base_url
    assert [] == simulator.failures


def once(over: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
    """The same for the first connection, and never for the others."""
    left = [over]
    return lambda: left.pop()() if left else anyio.sleep_forever()


async def record(provider: str, path: Path, restarts: bool) -> None:
    restarting = anyio.Event()

    def restart() -> bool:
        """Whether it restarts now, which it does once."""
        will = restarts and not restarting.is_set()
        restarting.set()
        return will

    over = once(restarting.wait) if restarts else anyio.sleep_forever
    async with simulated(provider, over=over) as base_url:
        await talk(provider, base_url, path, restart)


@pytest.fixture(name="talks", scope="module")
def talks_fixture(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, bool], list[str]]:
    """A recording of each provider: one of one connection, one whose server restarts."""
    folder = tmp_path_factory.mktemp("recorded")
    made = {}
    for provider in PROVIDER:
        for restarts in (False, True):
            path = folder / f"{provider}-{restarts}.rtc.jsonl"
            run_virtually(record, provider, path, restarts)
            made[provider, restarts] = path.read_text().splitlines()
    return made


@pytest.fixture(name="lines", scope="module")
def lines_fixture(talks: Mapping[tuple[str, bool], list[str]]) -> list[str]:
    """A recording."""
    return talks["openai", False]


def frames_said(lines: list[str]) -> int:
    return sum(len(json.loads(line).get("frames", ())) for line in lines)


# --- a server that does as it did


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pace", [0, 1])
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("provider", PROVIDER)
def test_a_recorded_conversation_is_had_again(
    talks: Any, provider: str, compare: Any, pace: float, backend: str
) -> None:
    """With a tool and an interruption, in any pace: all that was said is said."""
    lines = talks[provider, False]

    async def main() -> tuple[Connected, ...]:
        async with simulated(provider) as base_url:
            return await call(lines, base_url, compare=compare, pace=pace)

    (connected,) = run_virtually(main, backend=backend)
    assert frames_said(lines) == connected.n_said
    assert connected.n_heard > 20


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDER)
def test_a_server_that_restarted_has_to_restart(talks: Any, provider: str, backend: str) -> None:
    """Where it does, the next connection is made; where it does not, that is a difference."""
    lines = talks[provider, True]
    end = next(n for n, line in enumerate(lines, 1) if '"kind":"connection_lost"' in line)

    async def main(over: Callable[[], Awaitable[object]]) -> tuple[Connected, ...]:
        async with simulated(provider, over=over) as base_url:
            return await call(lines, base_url)

    first, second = run_virtually(main, once(partial(anyio.sleep, 5)), backend=backend)
    assert (2, frames_said(lines)) == (first.line, first.n_said + second.n_said)
    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, anyio.sleep_forever, backend=backend)
    assert (end, '"the end"', None) == (
        caught.value.line,
        caught.value.expected,
        caught.value.actual,
    )


# --- ids


def renamed(message: Message, *pairs: tuple[str, str]) -> Message:
    """With each value that begins in one way beginning in another."""
    text = message if isinstance(message, str) else message.decode()
    for old, new in pairs:
        text = text.replace(f':"{old}', f':"{new}')
    return text if isinstance(message, str) else text.encode()


NAMES = (("item_", "thing-"), ("call_", "ring-"), ("function-call_", "f-"), ("resp_", "answer-"))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("provider", PROVIDER)
def test_what_a_server_made_is_called_as_it_calls_it(
    talks: Any, provider: str, compare: Any, backend: str
) -> None:
    """The call that is answered, the item that is cut: the ids of then are never said."""
    said: list[str] = []

    def back(message: Message) -> Message:
        said.append(message if isinstance(message, str) else message.decode())
        return renamed(message, *((new, old) for old, new in NAMES))

    def there(message: Message) -> Message:
        return renamed(message, *NAMES)

    async def main() -> None:
        async with simulated(provider, from_server=there, from_client=back) as base_url:
            await call(talks[provider, False], base_url, compare=compare)

    run_virtually(main, backend=backend)
    recorded = [
        frame["frame"]
        for line in talks[provider, False]
        for frame in json.loads(line).get("frames", ())
    ]
    n_named = naming(recorded, [old for old, _ in NAMES])
    assert n_named > 0
    assert (0, n_named) == (
        naming(said, [old for old, _ in NAMES]),
        naming(said, [new for _, new in NAMES]),
    )


def naming(frames: list[str], beginnings: list[str]) -> int:
    """How many frames have a value that begins like that."""
    return sum(any(f':"{text}' in frame for text in beginnings) for frame in frames)
