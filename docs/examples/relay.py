"""A relay for web pages: they talk to it, it talks to the provider with the key they must not have.

    OPENAI_API_KEY=sk-... python relay.py

listens on 127.0.0.1:8000. A page connects with the subprotocols "realtime" and
"openai-insecure-api-key.TOKEN", as the vendor's own packages for browsers do, where TOKEN is what
your site gave its user. The provider's key stays here.
"""

from __future__ import annotations

import json
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from realtime_io.relay import (
    Accept,
    Channel,
    Listening,
    Message,
    Reject,
    Request,
    connect,
    credential,
    relay,
    serve,
)
from realtime_proto import PROVIDERS, Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

USERS = {"token-of-ada": "ada"}
"""Whom your site has let in: a look-up in a database, in truth."""

PAGES = ("http://localhost:3000",)
"""Where your pages come from."""

INSTRUCTIONS = "You are the voice of our shop. Talk of nothing else."


async def is_known(request: Request) -> Accept | Reject:
    """Let in whoever shows a token of ours."""
    token = credential(request)
    if token is None or token.reveal() not in USERS:
        return Reject(401, b'{"error": {"message": "sign in first"}}')
    return Accept()


def only_ours(message: Message) -> Message | None:
    """Settings come from us alone: a page's session.update is given our instructions."""
    event = json.loads(message)
    if event.get("type") == "session.update":
        event.setdefault("session", {})["instructions"] = INSTRUCTIONS
    return json.dumps(event)


@asynccontextmanager
async def relaying(
    *, key: str, base_url: str | None = None, port: int = 8000
) -> AsyncIterator[Listening]:
    """Serve until the body ends."""
    endpoint = PROVIDERS["openai"].endpoint(None, key=Secret(key), base_url=base_url)

    async def converse(page: Channel) -> None:
        async with connect(endpoint) as provider:
            await relay(page, provider, from_client=only_ours)

    async with serve(
        converse,
        port=port,
        authorize=is_known,
        allowed_origins=PAGES,
        subprotocols=["realtime"],
    ) as server:
        yield server


async def main() -> None:
    """Serve until interrupted."""
    async with relaying(key=os.environ["OPENAI_API_KEY"]) as server:
        print(f"listening on {server.url}")
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(main)
