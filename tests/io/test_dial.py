"""Dialling: URLs, TLS, proxies, deadlines; every failure is one clear error of ours."""

from __future__ import annotations

import ssl
import warnings
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import pytest
import trustme
from helpers.certificates import authority, authority_file, client_context, server_context
from helpers.errors import alone, everything_shown
from helpers.servers import echo, listening, proxying, refusing_tls, speaking

from realtime_io._dial import dial
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed
from realtime_io.simulator import Simulator
from realtime_io.voice import RealtimeVoice
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import (
    ConfigurationError,
    ConnectTimeout,
    HandshakeRejected,
    RealtimeConnectionError,
    RealtimeError,
)
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from anyio.abc import ByteStream

    from realtime_io._websocket import WebSocket

CANARY = "sk-canary-0123456789"
PASSWORD = "p%40ss-canary"  # as it stands in a URL
KEY = (("Authorization", Secret(f"Bearer {CANARY}")),)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@asynccontextmanager
async def dialled(url: str, **options: Any) -> AsyncIterator[WebSocket]:
    """A WebSocket with its writer."""
    with anyio.fail_after(5):
        socket = await dial(Endpoint(url=url, headers=KEY), **options)
        async with background_tasks() as tasks:
            socket.write_in(tasks)
            yield socket
            await socket.close()


async def answer(url: str, message: str = "hello", **options: Any) -> str | bytes:
    async with dialled(url, **options) as socket:
        socket.post(message)
        return await socket.receive()


async def failure(url: str, **options: Any) -> RealtimeError:
    """The error, which is alone and shows no key."""
    with anyio.fail_after(5), pytest.raises(RealtimeError) as caught:
        await dial(Endpoint(url=url, headers=KEY), **options)
    assert alone(caught.value)
    shown = everything_shown(caught.value)
    assert CANARY not in shown
    assert PASSWORD not in shown
    assert "p@ss-canary" not in shown
    return caught.value


# --- TLS


@pytest.mark.parametrize("scheme", ["wss", "https"])
async def test_a_verified_server_is_spoken_to_over_tls(scheme: str) -> None:
    """A certificate for an address or a name that an own context trusts is taken."""
    async with speaking(echo, server_context()) as address:
        port = address.rpartition(":")[2]
        context = client_context()
        assert "hello" == await answer(f"{scheme}://{address}/v1?a=b", ssl_context=context)
        assert "hello" == await answer(f"{scheme}://localhost:{port}/v1", ssl_context=context)


async def test_a_long_message_goes_both_ways_over_tls() -> None:
    """Three megabytes: many records, many reads."""
    text = "0123456789abcdef" * 200_000
    async with speaking(echo, server_context()) as address:
        assert text == await answer(f"wss://{address}", text, ssl_context=client_context())


async def test_the_systems_store_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a context the authority must be known; SSL_CERT_FILE names one."""
    async with speaking(echo, server_context()) as address:
        error = await failure(f"wss://{address}")
        assert isinstance(error, RealtimeConnectionError)
        assert "certificate" == error.code
        assert f"the certificate of {address} cannot be trusted: no authority" in error.message
        assert "ssl_context=" in error.message
        monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
        assert "hello" == await answer(f"wss://{address}")


async def test_a_certificate_for_another_name_is_refused() -> None:
    """A name and an address alike; the error says so."""
    async with speaking(echo, server_context("other.example")) as address:
        port = address.rpartition(":")[2]
        for host, kind in (("localhost", "name"), ("127.0.0.1", "address")):
            error = await failure(f"wss://{host}:{port}", ssl_context=client_context())
            assert "certificate" == error.code
            assert f"it is for another {kind}" in error.message


async def test_an_expired_certificate_is_refused() -> None:
    """The error says so, and what else it may be."""
    async with speaking(echo, server_context(is_expired=True)) as address:
        error = await failure(f"wss://{address}", ssl_context=client_context())
    assert "certificate" == error.code
    assert "it has expired" in error.message
    assert "clock" in error.message


async def test_a_self_signed_certificate_is_refused(tmp_path: Path) -> None:
    """The error says what to do about a server of one's own."""
    other = trustme.CA()
    both = tmp_path / "both.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    both.write_bytes(other.private_key_pem.bytes() + other.cert_pem.bytes())
    context.load_cert_chain(both)
    async with speaking(echo, context) as address:
        error = await failure(f"wss://{address}", ssl_context=client_context())
    assert "it signed itself; for a server of your own give ssl_context=" in error.message


async def test_an_old_tls_is_refused() -> None:
    """A server of TLS 1.1 is not spoken to, and the error says which versions are."""
    context = server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with refusing_tls(context) as address:
        error = await failure(f"wss://{address}", ssl_context=client_context())
    assert "tls" == error.code
    assert "TLS version" in error.message


async def test_a_client_without_the_certificate_that_is_wanted_is_told_so() -> None:
    """TLS 1.3 says it only after the handshake: the error of the upgrade is not the one to show."""
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)
    async with refusing_tls(context) as address:
        error = await failure(f"wss://{address}", ssl_context=client_context())
    assert f"{address} wants a client's certificate: load one into ssl_context=" in str(error)
    with_one = client_context()
    authority().issue_cert("client@example.org").configure_cert(with_one)
    async with speaking(echo, context) as address:
        assert "hello" == await answer(f"wss://{address}", ssl_context=with_one)


HTTP_400 = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("said", [HTTP_400, b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01"])
async def test_a_server_without_tls_is_told_from_one_that_is_not_trusted(said: bytes) -> None:
    """Whatever it says instead, the error asks whether it speaks TLS."""

    async def handle(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(said)

    async with listening(handle) as address:
        error = await failure(f"wss://{address}", ssl_context=client_context())
    assert isinstance(error, RealtimeConnectionError)
    assert "tls" == error.code
    assert "speak TLS" in error.message


async def test_a_handshake_that_fails_without_a_known_reason_names_openssls() -> None:
    """No cipher in common: what OpenSSL calls it is in the error."""
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # the server's key is no RSA key
    async with refusing_tls(server_context()) as address:
        error = await failure(f"wss://{address}", ssl_context=context)
    assert "tls" == error.code
    assert "shares no way to encrypt with us" in error.message


@pytest.mark.parametrize("context", ["yes", server_context(), True])
async def test_what_is_no_clients_context_is_refused(context: object) -> None:
    """Before the network is touched."""
    error = await failure("wss://127.0.0.1:1", ssl_context=context)
    assert isinstance(error, ConfigurationError)
    assert "ssl_context" in error.message


async def test_a_host_that_no_certificate_can_name_is_refused() -> None:
    """OpenSSL's own objection to a name does not come through."""

    async def handle(stream: ByteStream) -> None:
        await stream.receive()

    async with listening(handle) as target, proxying(target, []) as proxy:
        error = await failure("wss://.example:443", proxy=Secret(f"http://{proxy}"))
    assert isinstance(error, RealtimeConnectionError | ConfigurationError)


# --- deadlines


@pytest.mark.parametrize(
    ("scheme", "stage"),
    [("ws", "to the WebSocket handshake"), ("wss", "to the TLS handshake with .*; does it speak")],
)
async def test_a_silent_server_times_out_where_it_is_silent(scheme: str, stage: str) -> None:
    """The error says what was waited for."""
    with anyio.fail_after(5):
        async with listening(_hang) as address:
            with pytest.raises(ConnectTimeout, match=f"within 1 s: no answer {stage}") as caught:
                await dial(Endpoint(url=f"{scheme}://{address}", headers=KEY), timeout_s=1)
    assert alone(caught.value)


async def _hang(stream: ByteStream) -> None:
    await stream.receive()
    await anyio.sleep_forever()


async def test_a_mute_peer_does_not_hold_up_the_close_of_an_encrypted_connection() -> None:
    """TLS's own goodbye is not waited for."""

    async def ignore(socket: WebSocket) -> None:
        await anyio.sleep_forever()

    async with (
        speaking(ignore, server_context()) as address,
        dialled(f"wss://{address}", ssl_context=client_context()) as socket,
    ):
        before = anyio.current_time()
        await socket.aclose()
        assert anyio.current_time() - before < 1


async def test_a_cut_without_a_goodbye_is_the_end_and_not_clean() -> None:
    """TLS ends without its closing handshake; the WebSocket tells it from an orderly end."""

    async def leave(socket: WebSocket) -> None:
        await socket.receive()
        await socket.aclose()

    async with (
        speaking(leave, server_context()) as address,
        dialled(f"wss://{address}", ssl_context=client_context()) as socket,
    ):
        socket.post("go")
        with pytest.raises(Closed) as caught:
            await socket.receive()
    assert (None, False) == (caught.value.code, caught.value.clean)


# --- proxies


async def test_an_encrypted_server_is_reached_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment's proxy is asked with its password; it sees neither the path nor the key."""
    heads: list[bytes] = []
    async with (
        speaking(echo, server_context("voice.example")) as target,
        proxying(target, heads) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@{proxy}")
        assert "hello" == await answer("wss://voice.example/v1", ssl_context=client_context())
    assert [
        b"CONNECT voice.example:443 HTTP/1.1\r\nHost: voice.example:443\r\n"
        b"Proxy-Authorization: Basic dXNlcjpwQHNzLWNhbmFyeQ==\r\n\r\n"
    ] == heads


async def test_a_plain_server_is_reached_through_an_encrypted_proxy() -> None:
    """The proxy's own certificate is verified."""
    heads: list[bytes] = []
    async with speaking(echo) as target, proxying(target, heads, server_context()) as proxy:
        options = {"proxy": Secret(f"https://{proxy}"), "ssl_context": client_context()}
        assert "hello" == await answer("ws://voice.example:8080/v1", **options)
        error = await failure("ws://voice.example:8080", proxy=Secret(f"https://{proxy}"))
    assert [b"CONNECT voice.example:8080 HTTP/1.1\r\nHost: voice.example:8080\r\n\r\n"] == heads
    assert f"the certificate of the proxy {proxy} cannot be trusted" in error.message


async def test_an_encrypted_server_is_reached_through_an_encrypted_proxy() -> None:
    """TLS in TLS: each certificate is for its own name."""
    async with (
        speaking(echo, server_context("voice.example")) as target,
        proxying(target, [], server_context("127.0.0.1")) as proxy,
    ):
        options = {"proxy": Secret(f"https://{proxy}"), "ssl_context": client_context()}
        assert "hello" == await answer("wss://voice.example", **options)


async def test_the_environments_proxy_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A simulator is reached although a proxy is set; so is whatever "direct" is said for."""
    async with speaking(echo) as address:
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        assert "hello" == await answer(f"ws://{address}")
        error = await failure("ws://10.0.0.1", timeout_s=5)
        assert "connection refused by the proxy 127.0.0.1:1" in error.message
        assert "hello" == await answer(f"ws://{address}", proxy=Secret("direct"))


async def test_a_proxy_that_refuses_is_told_from_the_server() -> None:
    """407 asks for the password, as the error says; the status is kept."""

    async def handle(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n")

    async with listening(handle) as proxy:
        error = await failure(
            "wss://voice.example", proxy=Secret(f"http://user:{PASSWORD}@{proxy}")
        )
    assert isinstance(error, HandshakeRejected)
    assert 407 == error.status
    assert {"proxy-authenticate": "Basic"} == error.headers
    assert f"the proxy {proxy} refused to connect to voice.example:443" in error.message
    assert "it wants a user and a password" in error.message


async def test_a_silent_proxy_times_out_as_the_proxy() -> None:
    """The error names it."""
    async with listening(_hang) as proxy:
        error = await failure("wss://voice.example", proxy=Secret(proxy), timeout_s=1)
    assert isinstance(error, ConnectTimeout)
    assert f"no answer from the proxy {proxy}" in error.message


@pytest.mark.parametrize("named", ["argument", "environment"])
async def test_a_proxy_that_cannot_be_used_is_refused_and_not_shown(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its URL holds a password: the error says only where it stands."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    url = f"socks5://user:{PASSWORD}@127.0.0.1:1"
    if named == "argument":
        error = await failure("wss://voice.example", proxy=Secret(url))
        assert "the argument proxy must be an http:// or https:// proxy" in error.message
    else:
        monkeypatch.setenv("https_proxy", url)
        error = await failure("wss://voice.example")
        assert "the environment's https_proxy must be" in error.message
    assert isinstance(error, ConfigurationError)


# --- URLs


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "has no wss:// in front"),
        ("voice.example/v1", "has no wss:// in front"),
        ("ftp://voice.example/v1", "ftp://voice.example/v1 is no WebSocket URL"),
        ("wss://user:pass@voice.example", "a user name or a password in a URL"),
        ("wss://:443/v1", "the host or the port is missing"),
        ("wss://voice.example:0", "the host or the port is missing"),
        ("wss://voice.example:99999", "malformed"),
        ("wss://[::1", "malformed"),
        (f"wss://{'a' * 64}.example", "malformed"),
        ("wss://voice.example/a b", "a space or a control character"),
        ("wss://voice.example/\n", "a space or a control character"),
    ],
)
async def test_a_bad_url_is_refused(url: str, message: str) -> None:
    """Before the network is touched; neither query nor user is shown."""
    error = await failure(url + "?key=secret" if url.startswith("ftp") else url)
    assert isinstance(error, ConfigurationError)
    assert "invalid_url" == error.code
    assert message in error.message
    assert "pass" not in error.message.replace("password", "")
    assert "secret" not in error.message


async def test_a_name_that_is_not_found_is_one_clear_error() -> None:
    """It names the host and asks for the network."""
    error = await failure("wss://nowhere.invalid")
    assert isinstance(error, RealtimeConnectionError)
    assert "cannot find nowhere.invalid:443" in error.message


# --- cancellation


async def test_a_cancelled_attempt_leaves_no_connection() -> None:
    """Cancelled while TLS is waited for, the socket is closed: the server sees the end."""
    gone = anyio.Event()

    async def handle(stream: ByteStream) -> None:
        await stream.receive()
        scope.cancel()
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
        gone.set()

    with anyio.fail_after(5):
        async with listening(handle) as address:
            with anyio.CancelScope() as scope:
                await dial(Endpoint(url=f"wss://{address}"), ssl_context=client_context())
            await gone.wait()
    assert scope.cancelled_caught


# --- through the face


@pytest.mark.parametrize("provider", ["openai", "gemini"])
async def test_a_voice_session_goes_over_tls_and_through_a_proxy(provider: str) -> None:
    """`ssl_context` and `proxy` of RealtimeVoice are those that are dialled with."""
    heads: list[bytes] = []
    with anyio.fail_after(5):
        async with Simulator(with_voice=False, pace=0, ssl_context=server_context()) as simulator:
            base_url = simulator.base_url(provider)
            assert base_url.startswith("https://127.0.0.1:")
            target = urlsplit(base_url).netloc
            async with proxying(target, heads) as proxy:
                voice = RealtimeVoice(
                    provider,
                    api_key=CANARY,
                    base_url=base_url,
                    ssl_context=client_context(),
                    proxy=f"http://{proxy}",
                )
                async with voice.connect() as session:
                    assert session.is_active
                assert [f"CONNECT {target} HTTP/1.1".encode()] == [
                    head.partition(b"\r\n")[0] for head in heads
                ]
                untrusting = RealtimeVoice(provider, api_key=CANARY, base_url=base_url)
                with pytest.raises(RealtimeConnectionError, match="cannot be trusted"):
                    async with untrusting.connect():
                        pytest.fail("it must not connect")
    assert [] == simulator.failures


def test_a_proxy_that_is_no_text_is_refused() -> None:
    """Before anything is dialled."""
    wrong: Any = 8080
    with pytest.raises(ConfigurationError, match="proxy must be a URL, not int"):
        RealtimeVoice("openai", api_key=CANARY, proxy=wrong)
    voice = RealtimeVoice("openai", api_key=CANARY, proxy="http://u:p-canary@p:1")
    assert "p-canary" not in repr(vars(voice))
