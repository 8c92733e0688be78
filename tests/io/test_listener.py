"""The server role: who is let in, how many, for how long, and what one failure does to the rest."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import SocketListener
from helpers.certificates import client_context, server_context
from helpers.servers import listening
from helpers.streams import read_all, stream_pair

from realtime_io import _listener
from realtime_io._dial import dial
from realtime_io._handshake import Accept, Decision, Reject, Request
from realtime_io._listener import Listening, credential, listen
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, WebSocket
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import (
    ConfigurationError,
    ConnectionLost,
    HandshakeRejected,
    LocalProtocolError,
    RealtimeConnectionError,
)
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import ByteStream


async def echo(socket: WebSocket, _: Request) -> None:
    try:
        while True:
            socket.post(await socket.receive())
    except Closed:
        return


@asynccontextmanager
async def client_of(server: Listening, path: str = "/", **details: Any) -> AsyncIterator[WebSocket]:
    context = client_context() if server.is_encrypted else None
    socket = await dial(Endpoint(url=server.url + path, **details), ssl_context=context)
    async with background_tasks() as tasks:
        socket.write_in(tasks)
        yield socket
        await socket.close()


async def end_of(socket: WebSocket) -> Closed:
    try:
        while True:
            await socket.receive()
    except Closed as end:
        return end


@asynccontextmanager
async def raw_client_of(server: Listening) -> AsyncIterator[ByteStream]:
    async with await anyio.connect_tcp(server.host, server.port) as stream:
        yield stream


@pytest.mark.parametrize("encrypted", [False, True])
async def test_it_serves_many_at_once(encrypted: bool) -> None:
    """Each on its own, over TLS where it has a certificate; its URL says which."""
    context = server_context() if encrypted else None
    with anyio.fail_after(5):
        async with listen(echo, ssl_context=context) as server:
            assert f"{'wss' if encrypted else 'ws'}://127.0.0.1:{server.port}" == server.url
            async with client_of(server) as one, client_of(server) as two:
                one.post("from one")
                two.post(b"from two")
                assert "from one" == await one.receive()
                assert b"from two" == await two.receive()
                assert 2 == server.n_connections
            await until(lambda: server.n_connections == 0)


async def until(condition: Any) -> None:
    while not condition():
        await anyio.wait_all_tasks_blocked()


async def test_it_serves_ipv6() -> None:
    """The address of IPv6 stands in brackets in the URL."""
    with anyio.fail_after(5):
        try:
            async with listen(echo, host="::1") as server:
                assert f"ws://[::1]:{server.port}" == server.url
                async with client_of(server) as client:
                    client.post("hello")
                    assert "hello" == await client.receive()
        except ConfigurationError as exc:  # pragma: no cover - a machine without IPv6
            pytest.skip(str(exc))


async def test_the_end_of_the_server_is_a_goodbye_to_all() -> None:
    """1001, going away."""
    codes: list[int | None] = []
    ended = anyio.Event()

    async def hear_the_end(socket: WebSocket) -> None:
        codes.append((await end_of(socket)).code)
        ended.set()

    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            async with listen(echo) as server:
                socket = await dial(Endpoint(url=server.url))
                socket.write_in(tasks)
                tasks.start_soon(hear_the_end, socket)
                socket.post("hello")
                await anyio.wait_all_tasks_blocked()
            await ended.wait()
        await socket.aclose()
    assert [1001] == codes


async def test_a_handler_that_returns_closes_the_connection() -> None:
    """1000."""

    async def leave(socket: WebSocket, _: Request) -> None:
        return

    with anyio.fail_after(5):
        async with listen(leave) as server, client_of(server) as client:
            assert 1000 == (await end_of(client)).code


async def test_a_handler_that_fails_ends_its_connection_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1011 for its client; the failure is reported, or else logged; the others go on."""
    failures: list[Exception] = []
    mine = ValueError("mine")
    # import-linter, when another test has run it, disables the loggers that are there.
    monkeypatch.setattr(logging.getLogger("realtime_io.relay"), "disabled", False)

    async def fail(socket: WebSocket, request: Request) -> None:
        if request.target == "/bad":
            raise mine
        await echo(socket, request)

    with anyio.fail_after(5):
        async with listen(fail, on_failure=failures.append) as server, client_of(server) as good:
            async with client_of(server, "/bad") as bad:
                assert 1011 == (await end_of(bad)).code
            good.post("still here")
            assert "still here" == await good.receive()
        assert [mine] == failures
        async with listen(fail) as server:
            with caplog.at_level(logging.ERROR, "realtime_io.relay"):
                async with client_of(server, "/bad") as bad:
                    await end_of(bad)
                await until(lambda: server.n_connections == 0)
    assert ["a connection failed: mine"] == [record.getMessage() for record in caplog.records]


async def test_a_failure_is_told_before_the_goodbye() -> None:
    """Which the client may not answer, and which may be cancelled: it is not lost."""
    failures: list[Exception] = []

    async def fail(socket: WebSocket, request: Request) -> None:
        raise ValueError("mine")

    with anyio.fail_after(5):
        async with listen(fail, on_failure=failures.append) as server:
            client = await dial(Endpoint(url=server.url))
            await until(lambda: bool(failures))
            assert 1 == server.n_connections
        await client.aclose()
    assert ["mine"] == [str(failure) for failure in failures]


async def test_on_failure_that_raises_ends_nothing(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged, with what it was to be told."""
    monkeypatch.setattr(logging.getLogger("realtime_io.relay"), "disabled", False)

    async def fail(socket: WebSocket, request: Request) -> None:
        if request.target == "/bad":
            raise ValueError("mine")
        await echo(socket, request)

    def tell(error: Exception) -> None:
        raise KeyError("theirs")

    with anyio.fail_after(5), caplog.at_level(logging.ERROR, "realtime_io.relay"):
        async with listen(fail, on_failure=tell) as server, client_of(server) as good:
            async with client_of(server, "/bad") as bad:
                assert 1011 == (await end_of(bad)).code
            good.post("still here")
            assert "still here" == await good.receive()
    assert ["on_failure raised KeyError('theirs') for ValueError('mine')"] == [
        record.getMessage() for record in caplog.records
    ]


async def test_a_client_that_goes_is_no_failure() -> None:
    """A send that finds it gone ends the connection quietly; another's loss does not."""
    failures: list[Exception] = []

    async def send_on(socket: WebSocket, request: Request) -> None:
        if request.target == "/other":
            raise ConnectionLost("to a third party")
        await end_of(socket)
        socket.post("to nobody")

    with anyio.fail_after(5):
        async with listen(send_on, on_failure=failures.append) as server:
            async with client_of(server):
                pass
            await until(lambda: server.n_connections == 0)
            assert [] == failures
            async with client_of(server, "/other") as other:
                assert 1011 == (await end_of(other)).code
    assert ["to a third party"] == [str(failure) for failure in failures]


async def test_one_too_many_is_closed_at_once() -> None:
    """At the limit and over it; when one leaves there is room again."""
    with anyio.fail_after(5):
        async with listen(echo, max_connections=2) as server, client_of(server):
            async with client_of(server) as second:
                with pytest.raises(RealtimeConnectionError, match="closed the connection"):
                    await dial(Endpoint(url=server.url))
                assert (2, 1) == (server.n_connections, server.n_refused)
                second.post("hello")
                assert "hello" == await second.receive()
            await until(lambda: server.n_connections == 1)
            async with client_of(server):
                assert (2, 1) == (server.n_connections, server.n_refused)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_client_that_dawdles_is_let_go(said: bytes, encrypted: bool) -> None:
    """The deadline is for TLS and handshake together, and counts against nobody else."""
    context = server_context() if encrypted else None
    with anyio.fail_after(5):
        async with listen(echo, ssl_context=context, handshake_s=0.1) as server:
            async with raw_client_of(server) as stream:
                if said:
                    await stream.send(said)
                assert b"" == await read_all(stream)
            await until(lambda: server.n_connections == 0)


async def test_what_is_no_tls_is_let_go() -> None:
    """A plain client of an encrypted server is no failure of the server's."""
    failures: list[Exception] = []
    with anyio.fail_after(5):
        async with listen(echo, ssl_context=server_context(), on_failure=failures.append) as server:
            async with raw_client_of(server) as stream:
                await stream.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await read_all(stream)
            await until(lambda: server.n_connections == 0)
    assert [] == failures


async def test_a_client_that_is_not_read_is_held_up() -> None:
    """A handler that reads nothing makes the peer wait, rather than fill our memory."""

    async def ignore(socket: WebSocket, _: Request) -> None:
        await anyio.sleep_forever()

    with anyio.fail_after(10):
        async with listen(ignore) as server, client_of(server) as client:
            n_sent = 0
            with anyio.move_on_after(0.5):
                while n_sent < 64 * 2**20:
                    await client.room()
                    client.post(bytes(2**18))
                    n_sent += 2**18
            assert n_sent < 32 * 2**20
            await client.aclose()


# --- who is let in


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_request_is_taken_or_refused(is_async: bool) -> None:
    """By a plain function or an async one; the refusal is an HTTP answer."""

    def decide(request: Request) -> Decision:
        key = credential(request)
        if key is None or key.reveal() != "right":
            return Reject(401, b'{"error": {"message": "who are you?"}}')
        return Accept(headers=(("x-served-by", "us"),))

    async def decide_later(request: Request) -> Decision:
        await anyio.lowlevel.checkpoint()
        return decide(request)

    select: Any = decide_later if is_async else decide
    with anyio.fail_after(5):
        async with listen(echo, select=select) as server:
            with pytest.raises(HandshakeRejected, match="HTTP 401: who are you") as caught:
                await dial(Endpoint(url=server.url))
            assert 401 == caught.value.status
            async with client_of(server, headers=(("authorization", "Bearer right"),)) as client:
                client.post("hello")
                assert "hello" == await client.receive()


async def test_a_decision_that_fails_ends_its_connection_alone() -> None:
    """What select raises is reported, and so is a subprotocol that must not be sent back."""
    failures: list[Exception] = []

    def decide(request: Request) -> Decision:
        if request.target == "/raise":
            raise ZeroDivisionError
        return Accept(subprotocol=request.subprotocols[-1])

    offered = ("realtime", "openai-insecure-api-key.canary")
    with anyio.fail_after(5):
        async with listen(echo, select=decide, on_failure=failures.append) as server:
            for path in ("/raise", "/key"):
                with pytest.raises(RealtimeConnectionError, match="instead of answering"):
                    await dial(Endpoint(url=server.url + path, subprotocols=offered))
    assert [ZeroDivisionError, LocalProtocolError] == [type(failure) for failure in failures]
    assert "must not be sent back" in str(failures[1])
    assert "canary" not in str(failures[1])


@pytest.mark.parametrize(
    ("target", "headers", "subprotocols", "key"),
    [
        ("/", {"authorization": "Bearer a b"}, (), "a b"),
        ("/", {"authorization": "raw"}, (), "raw"),
        ("/", {"x-goog-api-key": "a"}, (), "a"),
        ("/", {"api-key": "a"}, (), "a"),
        ("/", {}, ("realtime", "openai-insecure-api-key.a"), "a"),
        ("/?key=a%20b", {}, (), "a b"),
        ("/?model=m&token=a", {}, (), "a"),
        ("/?key=b", {"authorization": "Bearer a"}, ("openai-insecure-api-key.c",), "a"),
        ("/?key=b", {"authorization": "Bearer "}, (), "b"),
        ("/?key=", {}, ("realtime",), None),
    ],
)
def test_a_key_is_found_wherever_a_client_shows_it(
    target: str, headers: dict[str, str], subprotocols: tuple[str, ...], key: str | None
) -> None:
    """Headers first, then the subprotocol, then the URL."""
    request = Request(target=target, headers=tuple(headers.items()), subprotocols=subprotocols)
    assert (None if key is None else Secret(key)) == credential(request)


# --- the listener itself


async def test_a_port_in_use_is_a_configuration_error() -> None:
    """It names the address; so does a port that is none."""
    async with listening(lambda _: anyio.lowlevel.checkpoint()) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ConfigurationError, match=f"cannot listen on {address}: Address"):
            async with listen(echo, port=port):
                pytest.fail("it must not listen")
    with pytest.raises(ConfigurationError, match=r"cannot listen on 127\.0\.0\.1:70000"):
        async with listen(echo, port=70_000):
            pytest.fail("it must not listen")


@pytest.mark.parametrize("context", [client_context(), "certificate.pem"])
async def test_what_is_no_servers_context_is_refused(context: Any) -> None:
    """Before anything listens."""
    with pytest.raises(ConfigurationError, match="ssl_context"):
        async with listen(echo, ssl_context=context):
            pytest.fail("it must not listen")


class TiredListener(SocketListener):
    """Accepts once, after having failed for want of file descriptors."""

    def __init__(self, stream: ByteStream) -> None:
        self._left: list[Any] = [
            OSError(24, "Too many open files"),
            anyio.BrokenResourceError(),
            stream,
        ]

    async def accept(self) -> Any:
        if not self._left:
            await anyio.sleep_forever()
        found = self._left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def aclose(self) -> None:
        return

    @property
    def _raw_socket(self) -> Any:
        raise NotImplementedError


async def test_accepting_goes_on_after_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without a file descriptor left serves again when it has one."""
    monkeypatch.setattr(_listener, "BREATH_S", 0)
    served = anyio.Event()
    ours, theirs = stream_pair()

    class Server:
        async def serve(self, stream: ByteStream) -> None:
            assert ours is stream
            served.set()

    server: Any = Server()
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(_listener._accept, TiredListener(ours), server, tasks)
            await served.wait()
    await ours.aclose()
    await theirs.aclose()
