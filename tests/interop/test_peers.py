"""Real peers: our client against other servers, other clients against our server.

Each runs in a process of its own and says what it heard; what is checked is checked here. Which
peers ran stands in the output as `peer: NAME VERSION`.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.certificates import authority_file, server_context
from helpers.require import require
from helpers.servers import listening

from realtime_io.caller import call
from realtime_io.relay import Channel, connect, credential, serve
from realtime_io.simulator import Simulator
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConnectionLost, ReplayMismatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import ByteStream

pytestmark = pytest.mark.interop

PEERS = Path(__file__).parent / "peers"
NODE_MODULES = os.environ.get("REALTIME_NODE_MODULES", "")
MESSAGES: tuple[str | bytes, ...] = ("text", "ünïcode 😀", "", b"\x00\xff", b"", "x" * 2**20)


def need_python(library: str) -> None:
    """Go on only where the library is installed; say that it runs."""
    try:
        version = importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        require("interop", f"the package {library} is not installed")
    else:
        print(f"peer: {library} {version}")


def need_node(module: str) -> None:
    """The same for a package of node's."""
    about = Path(NODE_MODULES, module, "package.json")
    if shutil.which("node") is None:
        require("interop", "there is no node")
    elif not NODE_MODULES or not about.exists():
        require("interop", f"REALTIME_NODE_MODULES names no folder with the package {module}")
    else:
        print(f"peer: node {module} {json.loads(about.read_text())['version']}")


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "NODE_PATH": NODE_MODULES, **more}


@asynccontextmanager
async def echo_server(*command: str) -> AsyncIterator[str]:
    """The server's URL."""
    async with await anyio.open_process(command, env=environment(), stderr=None) as process:
        try:
            assert process.stdout is not None
            port = int((await process.stdout.receive()).split()[0])
            await until_it_listens(port)
            yield f"ws://127.0.0.1:{port}/any/path?a=b"
        finally:
            process.terminate()
            with anyio.move_on_after(2, shield=True):
                await process.wait()
            if process.returncode is None:
                process.kill()


async def until_it_listens(port: int) -> None:
    """hypercorn gives the port before it accepts; a connection is what tells."""
    async with await anyio.connect_tcp("127.0.0.1", port):
        return


SERVERS = [
    "websockets",
    "aiohttp",
    "uvicorn/websockets",
    "uvicorn/wsproto",
    "hypercorn/asyncio",
    "hypercorn/trio",
    "node ws",
]


def command_for(name: str) -> list[str]:
    if name == "node ws":
        need_node("ws")
        return ["node", str(PEERS / "echo_server.js")]
    need_python(name.partition("/")[0])
    return [sys.executable, str(PEERS / "echo_server.py"), name]


@pytest.mark.parametrize("name", SERVERS)
async def test_our_client_talks_to_their_server(name: str) -> None:
    """Messages of every kind and size come back, and goodbyes are understood both ways."""
    with anyio.fail_after(30):
        async with echo_server(*command_for(name)) as url:
            async with connect(Endpoint(url=url)) as channel:
                for message in MESSAGES:
                    await channel.send(message)
                    assert message == await channel.receive()
                channel._socket.ping(b"are you there")
                await channel.send("after the ping")
                assert "after the ping" == await channel.receive()
                await channel.send("close")
                with pytest.raises(ConnectionLost) as caught:
                    await channel.receive()
                assert 3001 == caught.value.received
                assert "as asked" == channel.close_reason
            async with connect(Endpoint(url=url)) as channel:
                await channel.send("hello")
                assert "hello" == await channel.receive()
                await channel.close(3002, "bye")
                assert channel.close_code in (3002, 1000)  # aiohttp answers with a code of its own


@pytest.mark.parametrize("name", SERVERS)
async def test_a_recorded_client_calls_their_server(name: str) -> None:
    """What comes back is compared, and how it ends, whoever made the server."""
    head = {"format": "realtime-recording", "version": 1, "provider": "openai"}
    hello = {"frame": json.dumps({"type": "hello", "text": "ünïcode 😀"})}
    records: list[dict[str, Any]] = [
        head,
        {"kind": "open", "t_us": 0, "unix_time": 0},
        {"kind": "frames", "frames": [hello]},
        {"kind": "receive", "t_us": 0, **hello},
        {"kind": "frames", "frames": [{"frame": "close"}]},
    ]

    def ended(code: int) -> list[str]:
        lost = {"kind": "connection_lost", "t_us": 0, "code": code}
        return [json.dumps(record) for record in (*records, lost)]

    with anyio.fail_after(30):
        async with echo_server(*command_for(name)) as url:
            base_url = url.partition("?")[0]
            (connected,) = await call(ended(3001), base_url, compare="strict")
            assert (2, 1) == (connected.n_said, connected.n_heard)
            with pytest.raises(ReplayMismatch, match="expected 1000, and the server said 3001"):
                await call(ended(1000), base_url)


async def echo(channel: Channel) -> None:
    async for message in channel:
        if message == "close":
            await channel.close(3001, "as asked")
        else:
            await channel.send(message)


async def heard_by(*command: str, **more: str) -> Any:
    """What a client that is another process says it heard."""
    done = await anyio.run_process(
        command, env=environment(**more), check=False, stderr=subprocess.PIPE
    )
    assert 0 == done.returncode, done.stderr.decode()[-3000:]
    return json.loads(done.stdout)


async def test_websockets_talks_to_our_server() -> None:
    """Messages, a ping, subprotocol, both goodbyes, and an origin that is not let in."""
    need_python("websockets")
    with anyio.fail_after(30):
        async with serve(echo, subprotocols=["realtime"]) as server:
            client = str(PEERS / "websockets_client.py")
            found = await heard_by(sys.executable, client, server.url)
    assert {
        "subprotocol": "realtime",
        "closed": [3001, "as asked"],
        "refused": 403,
        "answered": 3002,
    } == found


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_a_browser_talks_to_our_server(tmp_path: Path, is_allowed: bool) -> None:
    """A page of an origin that is let in, with its key as a subprotocol; another's is not."""
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        require("interop", "there is no chromium")
        return
    version = await anyio.run_process([browser, "--version"])
    print(f"peer: browser {version.stdout.decode().strip()}")
    keys: list[str | None] = []
    bodies: list[bytes] = []
    posted = anyio.Event()

    async def site(stream: ByteStream) -> None:
        """One page, and a place to post to. A browser opens connections ahead, for nothing."""
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            await answer(stream)

    async def answer(stream: ByteStream) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += await stream.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        page = b""
        if head.startswith(b"GET /page"):
            page = (PEERS / "page.html").read_bytes()
        elif head.startswith(b"POST /found"):
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            while len(body) < int(fields[b"content-length"]):
                body += await stream.receive()
            bodies.append(body)
            posted.set()
        kind = b"Content-Type: text/html; charset=utf-8\r\n"
        length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(page)
        await stream.send(b"HTTP/1.1 200 OK\r\n" + kind + length + page)

    async def note_key(channel: Channel) -> None:
        assert channel.request is not None
        key = credential(channel.request)
        keys.append(None if key is None else key.reveal())
        await echo(channel)

    with anyio.fail_after(60):
        async with listening(site) as address:
            origins = [f"http://{address}"] if is_allowed else []
            async with serve(
                note_key, allowed_origins=origins, subprotocols=["realtime"]
            ) as server:
                command = [
                    browser,
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    f"--user-data-dir={tmp_path}",
                    f"http://{address}/page?ws={server.url}",
                ]
                async with await anyio.open_process(
                    command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                ) as process:
                    await posted.wait()
                    process.kill()
    found = json.loads(bodies[0])
    if is_allowed:
        expected: list[Any] = ["text", "ünïcode 😀", [0, 255], "x" * 2**20]
        assert expected == found["messages"]
        assert ["token-of-ada"] == keys
        assert "realtime" == found["subprotocol"]
        assert (3001, "as asked", True) == (found["code"], found["reason"], found["wasClean"])
    else:
        assert [] == keys
        assert (1006, False) == (found["code"], found["wasClean"])


@asynccontextmanager
async def simulator(*, encrypted: bool = False) -> AsyncIterator[Simulator]:
    context = server_context() if encrypted else None
    async with Simulator(with_voice=False, pace=0, ssl_context=context) as it:
        yield it
    assert [] == it.failures


@pytest.mark.parametrize("encrypted", [False, True])
async def test_the_openai_package_talks_to_our_simulator(tmp_path: Path, encrypted: bool) -> None:
    """A text turn with audio and a tool's turn: no error event, audio decoded by its own API."""
    need_python("openai")
    with anyio.fail_after(60):
        async with simulator(encrypted=encrypted) as it:
            found = await heard_by(
                sys.executable,
                str(PEERS / "openai_client.py"),
                it.base_url("openai").replace("http", "ws", 1),
                SSL_CERT_FILE=str(authority_file(tmp_path)),
            )
    assert "Hello. How can I help you?" == found["transcript"]
    assert found["audio_s"] >= 0.5
    assert {"city": "Tokyo"} == found["arguments"]
    assert "The weather in Tokyo is foggy." == found["after_tool"]
    assert [] == found["errors"]
    assert ["session.created", "session.updated"] == found["first"]


async def test_the_google_genai_package_talks_to_our_simulator(tmp_path: Path) -> None:
    """The same over TLS, which this package always speaks."""
    need_python("google-genai")
    with anyio.fail_after(60):
        async with simulator(encrypted=True) as it:
            found = await heard_by(
                sys.executable,
                str(PEERS / "genai_client.py"),
                it.base_url("gemini"),
                SSL_CERT_FILE=str(authority_file(tmp_path)),
            )
    assert "Hello. How can I help you?" == found["transcript"].strip()
    assert found["audio_s"] >= 0.5
    assert [{"name": "get_weather", "args": {"city": "Tokyo"}}] == found["calls"]
    assert "The weather in Tokyo is foggy." == found["after_tool"].strip()


@pytest.mark.parametrize(
    ("module", "script", "provider"),
    [
        ("openai", "openai_client.js", "openai"),
        ("@google/genai", "genai_client.js", "gemini"),
    ],
)
async def test_the_vendors_packages_for_node_talk_to_our_simulator(
    tmp_path: Path, module: str, script: str, provider: str
) -> None:
    """A text turn with audio over TLS, which these packages always speak."""
    need_node(module)
    with anyio.fail_after(60):
        async with simulator(encrypted=True) as it:
            found = await heard_by(
                "node",
                str(PEERS / script),
                it.base_url(provider),
                NODE_EXTRA_CA_CERTS=str(authority_file(tmp_path)),
            )
    assert "Hello. How can I help you?" == found["transcript"].strip()
    assert found["audio_s"] >= 0.5
    assert [] == found["errors"]
