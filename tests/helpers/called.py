"""Servers for a recorded client, and what it is recorded from: all in memory."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import anyio

from helpers.recorded import talk, voice_for
from realtime_io.relay import connect, relay, serve
from realtime_io.simulator import Simulator
from realtime_io.virtual import run_virtually
from realtime_proto import PROVIDERS, Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from realtime_io.relay import Accept, Channel, Message, Reject, Request

__all__ = (
    "event",
    "fail",
    "frames_said",
    "log",
    "mute",
    "once",
    "relayed",
    "scripted",
    "simulated",
    "talk_of",
)

GONE = 1012
"""What a server that restarts says."""


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
        Simulator(with_voice=False, pace=0, in_memory=True) as simulator,
        relayed(provider, simulator.base_url(provider), **how) as base_url,
    ):
        yield base_url
    assert [] == simulator.failures


def once(over: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
    """The same for the first connection, and never for the others."""
    left = [over]
    return lambda: left.pop()() if left else anyio.sleep_forever()


async def _record(provider: str, path: Path, restarts: bool) -> None:
    restarting = anyio.Event()
    over = once(restarting.wait) if restarts else anyio.sleep_forever
    async with simulated(provider, over=over) as base_url:
        voice = voice_for(provider, base_url)
        await talk(voice, record=path, drops=restarts, drop=restarting.set, patience_s=60)


@cache
def talk_of(provider: str, restarts: bool = False) -> tuple[str, ...]:
    """A recording of a conversation with the simulator, which may restart in the middle of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "talk.rtc.jsonl"
        run_virtually(_record, provider, path, restarts)
        return tuple(path.read_text().splitlines())


def frames_said(lines: Sequence[str]) -> int:
    """How many frames the client says in a recording."""
    return sum(len(json.loads(line).get("frames", ())) for line in lines)


def fail(_was: object, _came: object) -> bool:
    """A function of an application's that does what it should not."""
    raise ValueError("broken")


def log(*frames: tuple[str, float, str], provider: str = "openai") -> list[str]:
    """A log of frames: who says what after so many seconds."""
    head = {"format": "realtime-recording", "version": 1, "origin": "frames", "provider": provider}
    records = (
        {"kind": "frame", "from": who, "t_us": round(at_s * 1e6), "frame": frame}
        for who, at_s, frame in frames
    )
    return [json.dumps(head), *map(json.dumps, records)]


def event(kind: str, **members: Any) -> str:
    """A frame."""
    return json.dumps({"type": kind, **members})


@asynccontextmanager
async def scripted(handle: Callable[[Channel], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that does so with each connection: gives its base URL."""
    async with serve(handle, in_memory=True) as listening:
        yield listening.url


async def mute(channel: Channel) -> None:
    """Hear, and say nothing."""
    async for _ in channel:
        pass
