"""The core on trio.

python on_trio.py URL KEY TEXT
"""

from __future__ import annotations

import math
import sys

import trio
from wire import Client


async def ask(url: str, key: str, text: str) -> str:
    """Ask one question and give the whole answer."""
    client = Client(url, key, text)
    async with await trio.open_tcp_stream(client.host, client.port) as stream:
        while not client.is_over:
            await stream.send_all(client.outgoing())
            timeout = client.timeout()
            with trio.move_on_after(math.inf if timeout is None else timeout) as scope:
                data = await stream.receive_some()
            if scope.cancelled_caught:
                client.tick()
            elif data:
                client.received(bytes(data))
            else:
                client.lost()
        await stream.send_all(client.outgoing())
    return client.answer


if __name__ == "__main__":
    print(trio.run(ask, *sys.argv[1:4]))
