"""A test of a relay against a recording, which is its client and its provider as well."""

from __future__ import annotations

from realtime_io.caller import call
from realtime_io.player import play
from realtime_io.relay import Channel, connect, relay, serve
from realtime_io.virtual import run_virtually
from realtime_proto import PROVIDERS, Secret


async def converse(page: Channel, base_url: str) -> None:
    """Yours: it hands on what a page and the provider say."""
    endpoint = PROVIDERS["openai"].endpoint(None, key=Secret("yours"), base_url=base_url)
    async with connect(endpoint) as provider:
        await relay(page, provider)


def check_that_it_hands_on(recording: str, *, backend: str = "asyncio") -> None:
    """What pytest would find as a test."""

    async def main() -> None:
        async with play(recording) as provider:

            async def handle(page: Channel) -> None:
                await converse(page, provider.base_url)

            async with serve(handle, in_memory=True) as server:
                await call(recording, server.url, compare="strict")

    run_virtually(main, backend=backend)
