"""The WebSocket clients that are compared: each receives, or sends, and says what CPU that took.

Every function takes a URL, how often, and a payload; it returns seconds of CPU of this process per
message, from the first message on. Each library is used as its documentation shows, without
compression and with no limit in the way.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import anyio
import anyio.lowlevel

from realtime_io._dial import dial
from realtime_io._tasks import background_tasks
from realtime_proto.dialect import Endpoint

if TYPE_CHECKING:
    from realtime_io._websocket import WebSocket

__all__ = ("CLIENTS", "VERSIONS", "Job", "connected", "measure")

cpu: Final = time.process_time


class Job:
    """What to do: receive, send each for itself, or send as fast as may be."""

    def __init__(self, url: str, *, how: str, n: int, size: int, cafile: str | None) -> None:
        self.url = url
        self.how = how
        self.n = n
        self.payload = "x" * size
        self.ssl = ssl.create_default_context(cafile=cafile) if cafile else None


Receive: TypeAlias = Callable[[], Awaitable[object]]
Send: TypeAlias = Callable[[str], Awaitable[object]]


async def _time(job: Job, receive: Receive, send: Send) -> float:
    if job.how == "receive":
        await receive()
        began_at = cpu()
        for _ in range(job.n - 1):
            await receive()
        return (cpu() - began_at) / (job.n - 1)
    payload = job.payload
    began_at = cpu()
    for _ in range(job.n):
        await send(payload)
    await receive()
    return (cpu() - began_at) / job.n


@asynccontextmanager
async def connected(url: str, context: ssl.SSLContext | None) -> AsyncIterator[WebSocket]:
    """Our WebSocket, with its writer."""
    websocket = await dial(Endpoint(url=url), ssl_context=context)

    async with background_tasks() as tasks:
        websocket.write_in(tasks)
        yield websocket
        await websocket.close()


async def _realtime_io(job: Job) -> float:
    async with connected(job.url, job.ssl) as websocket:

        async def send_and_wait(payload: str) -> None:
            websocket.post_now(payload)
            await websocket.idle()

        async def send(payload: str) -> None:
            await websocket.room()
            websocket.post(payload)

        return await _time(job, websocket.receive, send if job.how == "queue" else send_and_wait)


async def _websockets(job: Job) -> float:
    from websockets.asyncio.client import connect

    async with connect(job.url, ssl=job.ssl, compression=None, max_size=None) as websocket:
        return await _time(job, websocket.recv, websocket.send)


async def _aiohttp(job: Job) -> float:
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(job.url, ssl=job.ssl or True, compress=0, max_msg_size=0) as websocket,
    ):
        return await _time(job, websocket.receive_str, websocket.send_str)


async def _httpx_ws(job: Job) -> float:
    import httpx
    from httpx_ws import aconnect_ws

    url = job.url.replace("ws", "http", 1)
    async with (
        httpx.AsyncClient(verify=job.ssl or True) as client,
        aconnect_ws(url, client, max_message_size_bytes=2**24) as websocket,
    ):
        return await _time(job, websocket.receive_text, websocket.send_text)


async def _trio_websocket(job: Job) -> float:
    from trio_websocket import open_websocket_url

    async with open_websocket_url(job.url, job.ssl, max_message_size=2**24) as websocket:
        return await _time(job, websocket.get_message, websocket.send_message)


async def _picows(job: Job) -> float:
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

    done = asyncio.Event()

    class Listener(WSListener):
        n = 0
        began_at = 0.0

        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            if frame.msg_type == WSMsgType.TEXT:
                frame.get_payload_as_utf8_text()
                self.n += 1
                if self.n == 1:
                    self.began_at = cpu()
                if self.n == (job.n if job.how == "receive" else 1):
                    self.ended_at = cpu()
                    done.set()

    transport, listener = await ws_connect(Listener, job.url, ssl_context=job.ssl)
    if job.how == "receive":
        await done.wait()
        transport.disconnect()
        return (listener.ended_at - listener.began_at) / (job.n - 1)
    payload = job.payload
    began_at = cpu()
    for _ in range(job.n):
        transport.send(WSMsgType.TEXT, payload.encode())
        await asyncio.sleep(0)
    await done.wait()
    transport.disconnect()
    return (cpu() - began_at) / job.n


CLIENTS: Final[dict[str, tuple[str, Callable[[Job], Awaitable[float]]]]] = {
    "realtime_io (asyncio)": ("asyncio", _realtime_io),
    "realtime_io (trio)": ("trio", _realtime_io),
    "websockets": ("asyncio", _websockets),
    "aiohttp": ("asyncio", _aiohttp),
    "picows": ("asyncio", _picows),
    "httpx-ws (asyncio)": ("asyncio", _httpx_ws),
    "httpx-ws (trio)": ("trio", _httpx_ws),
    "trio-websocket": ("trio", _trio_websocket),
}
"""By name: the event loop, and what measures."""

VERSIONS: Final = (
    "websockets",
    "aiohttp",
    "picows",
    "httpx-ws",
    "trio-websocket",
    "wsproto",
    "anyio",
    "trio",
)
"""Distributions whose versions belong beside the figures."""


def measure(client: str, job: Job) -> float:
    """Seconds of CPU per message."""
    backend, run = CLIENTS[client]
    found: Any = anyio.run(partial(run, job), backend=backend)
    return float(found)
