"""Relays: channels, what passes between a page and a provider, and how their ends are told."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.certificates import server_context
from helpers.virtual import BACKENDS, run_virtually

from realtime_io._dial import dial
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
from realtime_io.simulator import Simulator
from realtime_proto import PROVIDERS
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
    from collections.abc import AsyncIterator, Callable


async def echo(channel: Channel) -> None:
    async for message in channel:
        await channel.send(message)


@asynccontextmanager
async def client_of(server: Listening, path: str = "/", **details: Any) -> AsyncIterator[Channel]:
    async with connect(Endpoint(url=server.url + path, **details)) as channel:
        yield channel


# --- a channel


async def test_messages_go_both_ways_until_one_side_says_goodbye() -> None:
    """Iteration ends, and what the goodbye said can be read; nothing can be sent after it."""
    served: list[Channel] = []

    async def handle(channel: Channel) -> None:
        served.append(channel)
        await echo(channel)

    with anyio.fail_after(5):
        async with serve(handle) as server, client_of(server, "/v1?a=b") as client:
            for message in ("text", b"binary", ""):
                await client.send(message)
                assert message == await client.receive()
            await client.close(3001, "enough")
            assert not client.is_open
            with pytest.raises(ConnectionLost, match="closed"):
                await client.send("more")
            while server.n_connections:
                await anyio.wait_all_tasks_blocked()
    assert (3001, "enough") == (served[0].close_code, served[0].close_reason)
    assert served[0].request is not None
    assert "/v1?a=b" == served[0].request.target
    assert client.request is None


async def test_a_broken_connection_is_an_error_of_iteration() -> None:
    """A peer that goes without a goodbye is told from one that says it."""
    with anyio.fail_after(5):
        async with serve(echo) as server, client_of(server) as client:
            socket = client._socket
            await client.send("hello")
            await client.receive()
            await socket._stream.aclose()
            with pytest.raises(ConnectionLost, match="the connection broke") as caught:
                async for _ in client:
                    pytest.fail("there is no message")
            assert caught.value.received is None
            assert "" == client.close_reason
            assert client.close_code is None


async def test_receiving_after_the_goodbye_says_what_it_said() -> None:
    """The code, the reason, and the peer's code as an attribute; again and again."""

    async def leave(channel: Channel) -> None:
        await channel.close(4000, "go away")

    with anyio.fail_after(5):
        async with serve(leave) as server, client_of(server) as client:
            for _ in range(2):
                with pytest.raises(ConnectionLost, match="with 4000: go away") as caught:
                    await client.receive()
                assert 4000 == caught.value.received


async def test_what_cannot_be_sent_is_refused_and_nothing_changes() -> None:
    """A wrong close code and half a surrogate pair."""
    with anyio.fail_after(5):
        async with serve(echo) as server, client_of(server) as client:
            with pytest.raises(LocalProtocolError, match="1005"):
                await client.close(1005)
            with pytest.raises(LocalProtocolError, match="surrogate"):
                await client.send("\ud800")
            await client.send("hello")
            assert "hello" == await client.receive()


async def test_connect_takes_a_proxy_as_text_or_secret() -> None:
    """Either is refused with the same error where it is none."""
    for proxy in ("socks5://p:1", Secret("socks5://p:1")):
        with pytest.raises(ConfigurationError, match="SOCKS is not supported"):
            async with connect(Endpoint(url="wss://voice.example"), proxy=proxy):
                pytest.fail("it must not connect")


# --- serving


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ((), None),
        (("realtime",), "realtime"),
        (("v2", "realtime"), "realtime"),
        (("openai-insecure-api-key.canary", "v2"), "v2"),
        (("openai-insecure-api-key.canary",), None),
        (("other",), None),
    ],
)
async def test_the_servers_first_subprotocol_that_is_offered_is_taken(
    offered: tuple[str, ...], expected: str | None
) -> None:
    """One that carries a key never, not even where the server lists it."""
    known = ["realtime", "v2", "openai-insecure-api-key.canary"]
    with anyio.fail_after(5):
        async with (
            serve(echo, subprotocols=known) as server,
            client_of(server, subprotocols=offered) as client,
        ):
            assert expected == client.subprotocol


@pytest.mark.parametrize("is_async", [False, True])
async def test_authorize_takes_or_refuses(is_async: bool) -> None:
    """A refusal is an HTTP status; what Accept says is kept, subprotocol included."""

    def decide(request: Request) -> Accept | Reject:
        key = credential(request)
        if key is None:
            return Reject(401)
        return Accept(subprotocol="second" if key.reveal() == "two" else None)

    async def decide_later(request: Request) -> Accept | Reject:
        return decide(request)

    authorize: Any = decide_later if is_async else decide
    offered = ("second", "first")
    with anyio.fail_after(5):
        async with serve(echo, authorize=authorize, subprotocols=["first"]) as server:
            with pytest.raises(HandshakeRejected) as caught:
                await dial(Endpoint(url=server.url))
            assert 401 == caught.value.status
            for key, expected in (("one", "first"), ("two", "second")):
                headers = (("authorization", f"Bearer {key}"),)
                async with client_of(server, headers=headers, subprotocols=offered) as client:
                    assert expected == client.subprotocol


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        (None, True),
        ("https://app.example", True),
        ("https://app.example.evil", False),
        ("http://app.example", False),
        ("null", False),
    ],
)
async def test_a_web_page_is_let_in_by_its_origin(origin: str | None, is_let_in: bool) -> None:
    """Exactly those that are listed; what is no browser says none."""
    headers = () if origin is None else (("origin", origin),)
    with anyio.fail_after(5):
        async with serve(echo, allowed_origins=["https://app.example"]) as server:
            if is_let_in:
                async with client_of(server, headers=headers) as client:
                    assert client.is_open
            else:
                with pytest.raises(HandshakeRejected) as caught:
                    await dial(Endpoint(url=server.url, headers=headers))
                assert 403 == caught.value.status


# --- relaying


@asynccontextmanager
async def relayed(
    provider: Callable[[Channel], Any], **hooks: Any
) -> AsyncIterator[tuple[Channel, list[Exception]]]:
    """A page's channel to a relay before a provider, and the relay's failures."""
    failures: list[Exception] = []

    with anyio.fail_after(5):
        async with AsyncExitStack() as stack:
            behind = await stack.enter_async_context(serve(provider))

            async def between(page: Channel) -> None:
                async with connect(Endpoint(url=behind.url)) as server:
                    await relay(page, server, **hooks)

            front = await stack.enter_async_context(serve(between, on_failure=failures.append))
            yield await stack.enter_async_context(client_of(front)), failures


async def test_messages_pass_as_they_are() -> None:
    """Text as text, bytes as bytes, in order, both ways."""
    async with relayed(echo) as (page, failures):
        messages: list[Message] = ["a", b"b", "", "c" * 100_000]
        for message in messages:
            await page.send(message)
        assert messages == [await page.receive() for _ in messages]
    assert [] == failures


async def test_messages_can_be_changed_and_dropped_on_the_way() -> None:
    """Each way has a function of its own; None drops."""
    async with relayed(
        echo,
        from_client=lambda message: None if message == "secret" else message + "!",
        from_server=lambda message: message + "?",
    ) as (page, _):
        await page.send("secret")
        await page.send("hello")
        assert "hello!?" == await page.receive()


@pytest.mark.parametrize(
    ("code", "passed_on"), [(1000, 1000), (1001, 1001), (3000, 3000), (4999, 4999), (1011, 1011)]
)
async def test_the_providers_goodbye_reaches_the_page(code: int, passed_on: int) -> None:
    """With its code and its words, after all that it said before."""

    async def leave(channel: Channel) -> None:
        await channel.receive()
        await channel.send("last words")
        await channel.close(code, "because")

    async with relayed(leave) as (page, failures):
        await page.send("go")
        assert ["last words"] == [message async for message in page]
        assert (passed_on, "because") == (page.close_code, page.close_reason)
    assert [] == failures


async def test_the_pages_goodbye_reaches_the_provider() -> None:
    """The provider hears it with its code."""
    ended = anyio.Event()
    heard: list[Channel] = []

    async def listen_on(channel: Channel) -> None:
        heard.append(channel)
        async for _ in channel:
            pass
        ended.set()

    async with relayed(listen_on) as (page, failures):
        await page.send("hello")
        await page.close(4001, "bye")
        await ended.wait()
    assert (4001, "bye") == (heard[0].close_code, heard[0].close_reason)
    assert [] == failures


async def test_a_side_that_breaks_is_an_error_to_the_other() -> None:
    """1011: what cannot be said by a code of its own. An empty goodbye is a normal one."""

    async def cut(channel: Channel) -> None:
        await channel.receive()
        await channel._socket._stream.aclose()

    async with relayed(cut) as (page, failures):
        await page.send("go")
        with pytest.raises(ConnectionLost) as caught:
            await page.receive()
        assert 1011 == caught.value.received
    assert [] == failures

    async def say_nothing(channel: Channel) -> None:
        await channel._socket._stream.send(b"\x88\x00")  # a close frame without a code
        await anyio.sleep_forever()

    async with relayed(say_nothing) as (page, failures):
        assert [] == [message async for message in page]
        assert 1000 == page.close_code
    assert [] == failures


async def test_a_function_that_raises_ends_both() -> None:
    """The failure is the relay's own; the page is told 1011."""
    async with relayed(echo, from_client=json.loads) as (page, failures):
        await page.send("no JSON")
        with pytest.raises(ConnectionLost) as caught:
            await page.receive()
        assert 1011 == caught.value.received
    assert [json.JSONDecodeError] == [type(failure) for failure in failures]


async def test_a_slow_side_slows_the_other_down() -> None:
    """Nothing piles up in the relay: a provider whose page does not read must wait."""
    n_sent = 0
    is_enough = False

    async def pour(channel: Channel) -> None:
        nonlocal n_sent
        while not is_enough:
            await channel.send(bytes(2**18))
            n_sent += 1

    async with relayed(pour) as (page, failures):
        await page.receive()
        with anyio.move_on_after(0.3):
            while n_sent < 400:
                await anyio.wait_all_tasks_blocked()
        assert n_sent < 400
        is_enough = True
        n_received = 1
        async for message in page:
            assert bytes(2**18) == message
            n_received += 1
        assert n_sent == n_received
    assert [] == failures


async def test_a_page_talks_to_a_provider_with_a_key_it_never_sees() -> None:
    """The page's token ends at the relay; the provider gets the relay's key."""
    async with Simulator(with_voice=False, pace=0, keys=["the-real-key"]) as simulator:
        endpoint = PROVIDERS["openai"].endpoint(
            None, key=Secret("the-real-key"), base_url=simulator.base_url("openai")
        )

        async def between(page: Channel) -> None:
            async with connect(endpoint) as provider:
                await relay(page, provider)

        offered = ("realtime", "openai-insecure-api-key.the-page-token")
        with anyio.fail_after(5):
            async with (
                serve(between, subprotocols=["realtime"]) as front,
                client_of(front, subprotocols=offered) as page,
            ):
                assert "session.created" == json.loads(await page.receive())["type"]
                await page.close()
    assert [] == simulator.failures


# --- in memory


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_listens_in_memory_where_a_clock_jumps(backend: str) -> None:
    """With all that it is told: who is let in, what is agreed on, how many."""

    async def main() -> tuple[str, str | None, int]:
        async with serve(
            echo,
            in_memory=True,
            subprotocols=["realtime"],
            authorize=lambda request: Accept() if request.target == "/in" else Reject(401),
            max_connections=1,
        ) as server:
            with pytest.raises(HandshakeRejected):
                async with client_of(server, "/out"):
                    pytest.fail("it must not be let in")
            async with client_of(server, "/in", subprotocols=("realtime",)) as channel:
                await channel.send("hello")
                await anyio.sleep(5)
                with pytest.raises(RealtimeConnectionError):
                    async with client_of(server, "/in"):
                        pytest.fail("it is one too many")
                return str(await channel.receive()), channel.subprotocol, server.n_refused

    assert ("hello", "realtime", 1) == run_virtually(main, backend=backend)


async def test_what_stays_in_memory_needs_no_tls() -> None:
    """Nor could it be spoken there."""
    with pytest.raises(ConfigurationError, match="leave ssl_context out"):
        async with serve(echo, in_memory=True, ssl_context=server_context()):
            pytest.fail("it must not listen")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"allowed_origins": "https://app.example"}, "allowed_origins are several: give a list"),
        ({"allowed_origins": 5}, "allowed_origins are several"),
        ({"allowed_origins": [5]}, "allowed_origins are texts, not 5"),
        ({"subprotocols": "realtime"}, "subprotocols are several"),
        ({"authorize": 5}, "authorize must be a function, not 5"),
        ({"on_failure": 5}, "on_failure must be a function, not 5"),
        ({"limits": 5}, "limits must be a SocketLimits, not 5"),
        ({"keepalive": 5}, "keepalive must be a KeepAlive, not 5"),
        ({"port": "8000"}, "port must be a whole number from 0 to 65535, not '8000'"),
        ({"max_connections": 0}, "max_connections must be a whole number from 1 to"),
        ({"handshake_s": -1}, "handshake_s is a number of seconds, not -1"),
        ({"handshake_s": "5"}, "handshake_s is a number of seconds, not '5'"),
    ],
)
async def test_a_server_is_checked_before_it_listens(wrong: Any, said: str) -> None:
    """An origin given as one text would let in every part of it; each error says what is meant."""
    with pytest.raises(ConfigurationError, match=said):
        async with serve(echo, **wrong):
            pytest.fail("listening")


async def test_what_serves_must_be_a_function() -> None:
    """Told at once, not to every client."""
    handle: Any
    for handle in ("echo", None):
        with pytest.raises(ConfigurationError, match=f"handle must be a function, not {handle!r}"):
            async with serve(handle):
                pytest.fail("listening")


async def test_a_provider_is_no_endpoint() -> None:
    """The error says where one comes from."""
    endpoint: Any = PROVIDERS["openai"]
    with pytest.raises(ConfigurationError, match=r"\.endpoint\(\.\.\.\) gives, not ProviderSpec"):
        async with connect(endpoint):
            pytest.fail("connected")


async def test_a_message_is_text_or_bytes() -> None:
    """Nothing is sent, and the connection goes on."""
    message: Any = {"type": "response.create"}
    with anyio.fail_after(5):
        async with serve(echo) as server, client_of(server) as client:
            with pytest.raises(LocalProtocolError, match="a message is text or bytes, not dict"):
                await client.send(message)
            await client.send("still here")
            assert "still here" == await client.receive()
