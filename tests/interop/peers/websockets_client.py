"""`websockets` as client: `python websockets_client.py URL` prints what it heard, as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol


async def main(url: str) -> None:
    messages: list[str | bytes] = [
        "text",
        "\u00fcn\u00efcode \U0001f600",
        "",
        b"\x00\xff",
        "x" * 2**20,
    ]
    async with connect(url, subprotocols=[Subprotocol("v2"), Subprotocol("realtime")]) as socket:
        subprotocol = socket.subprotocol
        for message in messages:
            await socket.send(message)
            assert message == await socket.recv()
        await (await socket.ping(b"are you there"))
        await socket.send("close")
        try:
            await socket.recv()
        except ConnectionClosed as exc:
            closed = exc.rcvd
    try:
        async with connect(url, origin=Origin("https://evil.example")):
            refused = 0
    except InvalidStatus as exc:
        refused = exc.response.status_code
    async with connect(url) as socket:
        await socket.close(3002, "bye")
    found = {
        "subprotocol": subprotocol,
        "closed": closed and [closed.code, closed.reason],
        "refused": refused,
        "answered": socket.close_code,
    }
    print(json.dumps(found))


asyncio.run(main(sys.argv[1]))
