"""An echo server of another library's: `python echo_server.py NAME` prints its port and serves.

It sends every message back, ends with 3001 "as asked" when it is told "close", and otherwise waits
for the client to close.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

CODE, REASON = 3001, "as asked"


def listening() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    return listener


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """The application of uvicorn and hypercorn."""
    if scope["type"] == "lifespan":
        while True:
            phase = (await receive())["type"]
            await send({"type": f"{phase}.complete"})
            if phase == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        text, data = event.get("text"), event.get("bytes")
        if text == "close":
            await send({"type": "websocket.close", "code": CODE, "reason": REASON})
            return
        answer = {"text": text} if text is not None else {"bytes": data}
        await send({"type": "websocket.send", **answer})


async def serve_websockets() -> None:
    from websockets.asyncio.server import serve

    async def handle(connection: Any) -> None:
        async for message in connection:
            if message == "close":
                await connection.close(CODE, REASON)
                return
            await connection.send(message)

    async with serve(handle, sock=listening(), max_size=None):
        await asyncio.get_running_loop().create_future()


async def serve_aiohttp() -> None:
    from aiohttp import WSMsgType, web

    async def handle(request: Any) -> Any:
        websocket = web.WebSocketResponse(max_msg_size=0)
        await websocket.prepare(request)
        async for message in websocket:
            if message.type == WSMsgType.BINARY:
                await websocket.send_bytes(message.data)
            elif message.data == "close":
                await websocket.close(code=CODE, message=REASON.encode())
            else:
                await websocket.send_str(message.data)
        return websocket

    application = web.Application()
    application.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.SockSite(runner, listening()).start()
    await asyncio.get_running_loop().create_future()


def serve_uvicorn(implementation: str) -> None:
    import uvicorn

    config = uvicorn.Config(asgi, ws=implementation, log_level="error", ws_max_size=2**26)  # type: ignore[arg-type]
    uvicorn.Server(config).run(sockets=[listening()])


def serve_hypercorn(worker: str) -> None:
    import hypercorn.asyncio
    import hypercorn.trio
    import trio
    from hypercorn.config import Config

    config = Config()
    listener = listening()
    config.bind = [f"fd://{listener.fileno()}"]
    config.websocket_max_message_size = 2**26
    config.accesslog = None
    config.errorlog = "-"
    if worker == "trio":
        trio.run(hypercorn.trio.serve, asgi, config)
    else:
        asyncio.run(hypercorn.asyncio.serve(asgi, config))


def main(name: str) -> None:
    library, _, variant = name.partition("/")
    if library == "websockets":
        asyncio.run(serve_websockets())
    elif library == "aiohttp":
        asyncio.run(serve_aiohttp())
    elif library == "uvicorn":
        serve_uvicorn(variant)
    elif library == "hypercorn":
        serve_hypercorn(variant)


if __name__ == "__main__":
    main(sys.argv[1])
