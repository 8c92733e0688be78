"""The core on asyncio's own streams, without anyio.

python on_asyncio.py URL KEY TEXT
"""

from __future__ import annotations

import asyncio
import sys

from wire import Client


async def ask(url: str, key: str, text: str) -> str:
    """Ask one question and give the whole answer."""
    client = Client(url, key, text)
    reader, writer = await asyncio.open_connection(client.host, client.port)
    try:
        while not client.is_over:
            writer.write(client.outgoing())
            await writer.drain()
            try:
                async with asyncio.timeout(client.timeout()):
                    data = await reader.read(65_536)
            except TimeoutError:
                client.tick()
                continue
            client.received(data) if data else client.lost()
        writer.write(client.outgoing())
        await writer.drain()
    finally:
        writer.close()
    return client.answer


if __name__ == "__main__":
    print(asyncio.run(ask(*sys.argv[1:4])))
