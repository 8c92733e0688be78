"""Proxies: which one the environment names, and CONNECT against proxies that misbehave."""

from __future__ import annotations

import anyio
import pytest
from helpers.streams import ChoppyStream, CutStream, stream_pair

from realtime_io._proxy import MAX_REPLY_BYTES, Proxy, ask_proxy, proxy_for, proxy_from
from realtime_proto.errors import ConfigurationError, HandshakeRejected, RealtimeConnectionError
from realtime_proto.secret import Secret

A, B = "http://a:3128", "http://b:3128"


@pytest.mark.parametrize(
    ("environment", "encrypted", "plain"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": A}, "a", None),
        ({"https_proxy": A, "HTTPS_PROXY": B}, "a", None),
        ({"http_proxy": A}, None, "a"),
        ({"HTTP_PROXY": A}, None, None),
        ({"ALL_PROXY": A}, "a", "a"),
        ({"all_proxy": A, "https_proxy": B}, "b", "a"),
        ({"https_proxy": "", "all_proxy": B}, "b", "b"),
        ({"https_proxy": A, "no_proxy": "*"}, None, None),
        ({"https_proxy": A, "NO_PROXY": "voice.example"}, None, None),
        ({"https_proxy": A, "no_proxy": "other.example", "NO_PROXY": "*"}, "a", None),
    ],
)
def test_the_environments_proxy(
    environment: dict[str, str], encrypted: str | None, plain: str | None
) -> None:
    """By scheme; lower case first, an empty variable is none."""
    for is_encrypted, expected in ((True, encrypted), (False, plain)):
        found = proxy_for("voice.example", 443, is_encrypted=is_encrypted, environment=environment)
        assert not isinstance(found, ConfigurationError)
        assert expected == (found and found.host)


@pytest.mark.parametrize(
    ("exempt", "host", "port", "is_direct"),
    [
        ("voice.example", "voice.example", 443, True),
        ("VOICE.example", "Voice.Example", 443, True),
        ("example", "voice.example", 443, True),
        (".example", "voice.example", 443, True),
        ("*.example", "voice.example", 443, True),
        ("voice.example.", "voice.example", 443, True),
        ("voice.example", "voice.example.", 443, True),
        ("ice.example", "voice.example", 443, False),
        ("voice.example.org", "voice.example", 443, False),
        ("a, voice.example ,b", "voice.example", 443, True),
        ("voice.example:443", "voice.example", 443, True),
        ("voice.example:80", "voice.example", 443, False),
        (",,", "voice.example", 443, False),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.1.2.3", "10.1.2.3", 443, True),
        ("10.1.2.3:443", "10.1.2.3", 443, True),
        ("voice.example", "10.1.2.3", 443, False),
        ("2001:db8::/32", "2001:db8::1", 443, True),
        ("2001:db8::1", "2001:db8::1", 443, True),
        ("[2001:db8::1]:443", "2001:db8::1", 443, True),
        ("[2001:db8::1]:80", "2001:db8::1", 443, False),
        ("10.0.0.0/8", "voice.example", 443, False),
        ("", "localhost", 443, True),
        ("", "api.localhost", 443, True),
        ("", "localhost.example", 443, False),
        ("", "127.0.0.2", 443, True),
        ("", "::1", 443, True),
        ("", "::ffff:127.0.0.1", 443, True),
        ("", "10.0.0.1", 443, False),
    ],
)
def test_what_goes_without_the_environments_proxy(
    exempt: str, host: str, port: int, is_direct: bool
) -> None:
    """What no_proxy lists, and this machine."""
    environment = {"https_proxy": A, "no_proxy": exempt}
    found = proxy_for(host, port, is_encrypted=True, environment=environment)
    assert is_direct == (found is None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://p:3128", Proxy(host="p", port=3128)),
        ("http://p", Proxy(host="p", port=80)),
        ("https://p/", Proxy(host="p", port=443, is_encrypted=True)),
        ("p:3128", Proxy(host="p", port=3128)),
        ("http://[::1]:3128", Proxy(host="::1", port=3128)),
        ("http://bücher.example:1", Proxy(host="xn--bcher-kva.example", port=1)),
        (
            "http://u%3A:p%40ss@p:1",
            Proxy(host="p", port=1, authorization=Secret("Basic dTo6cEBzcw==")),
        ),
        ("http://u@p:1", Proxy(host="p", port=1, authorization=Secret("Basic dTo="))),
    ],
)
def test_the_url_of_a_proxy(url: str, expected: Proxy) -> None:
    """With and without scheme, port, user and password."""
    assert expected == proxy_from(Secret(url), named_by="it")


@pytest.mark.parametrize(
    "url",
    ["socks5://p:1", "ftp://p", "http://", "http://p:x", "http://a b:1", "http://[::1", ""],
)
def test_what_is_no_url_of_a_proxy(url: str) -> None:
    """The error says where it stands, not what it is."""
    found = proxy_from(Secret(url), named_by="the thing")
    assert isinstance(found, ConfigurationError)
    assert found.message.startswith("the thing must ")
    assert "invalid_proxy" == found.code


def test_a_proxy_does_not_show_its_password() -> None:
    """Neither in its repr nor in its address."""
    proxy = proxy_from(Secret("http://u:canary@[::1]:1"), named_by="it")
    assert isinstance(proxy, Proxy)
    assert "[::1]:1" == proxy.address
    assert "canary" not in repr(proxy)
    assert "Y2FuYXJ5" not in repr(proxy)


# --- CONNECT

PROXY = Proxy(host="p", port=3128, authorization=Secret("Basic canary"))
TARGET = "voice.example:443"


async def asked(
    reply: bytes, *, pieces: int | None = None, ends: bool = False
) -> RealtimeConnectionError | None:
    """What becomes of it when the proxy says *reply*, in pieces of so many bytes."""
    ours, theirs = stream_pair(2**16)
    with anyio.fail_after(5):
        for start in range(0, len(reply), pieces or 2**20):
            await theirs.send(reply[start : start + (pieces or 2**20)])
        if ends:
            await theirs.send_eof()
        outcome = await ask_proxy(ours, PROXY, TARGET)
        request = await theirs.receive()
    await ours.aclose()
    await theirs.aclose()
    assert (
        b"CONNECT voice.example:443 HTTP/1.1\r\nHost: voice.example:443\r\n"
        b"Proxy-Authorization: Basic canary\r\n\r\n"
    ) == request
    return outcome


@pytest.mark.parametrize("pieces", [None, 1, 7])
@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n",
        b"HTTP/1.1 204\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ],
)
async def test_a_proxy_that_connects_us(reply: bytes, pieces: int | None) -> None:
    """Any 2xx, however it is split; what it says of a body means nothing (RFC 9110 9.3.6)."""
    assert await asked(reply, pieces=pieces) is None


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (301, ""),
        (403, ": it does not allow this host and port"),
        (405, ": it takes no CONNECT: is it a proxy?"),
        (407, ": it wants a user and a password: http://user:password@host:port"),
        (502, ": it cannot reach the server"),
    ],
)
async def test_a_proxy_that_refuses(status: int, hint: str) -> None:
    """Its status and what to do are in the error; a redirect is not followed."""
    head = f"HTTP/1.1 {status} X\r\nLocation: http://elsewhere\r\n"
    head += "X-Debug: you said Basic canary\r\nContent-Length: 3\r\n\r\nno!"
    outcome = await asked(head.encode())
    assert isinstance(outcome, HandshakeRejected)
    assert status == outcome.status
    assert (
        f"the proxy p:3128 refused to connect to {TARGET} with HTTP {status}{hint}"
        == outcome.message
    )
    assert "http://elsewhere" == outcome.headers["location"]
    assert "you said ***" == outcome.headers["x-debug"]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"", "the proxy p:3128 closed the connection instead of answering"),
        (b"HTTP/1.1 200 OK\r\n", "the proxy p:3128 closed the connection instead of answering"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the proxy p:3128 did not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n", "the proxy p:3128 did not answer in HTTP"),
        (b"\x05\x00", "the proxy p:3128"),
        (
            b"HTTP/1.1 200 OK\r\n\r\nmore",
            "the proxy p:3128 said more than that it has connected us",
        ),
    ],
)
async def test_a_proxy_that_is_none(reply: bytes, message: str) -> None:
    """One clear error each."""
    outcome = await asked(reply, ends=True)
    assert outcome is not None
    assert type(outcome) is RealtimeConnectionError
    assert outcome.message.startswith(message)


@pytest.mark.parametrize("excess", [-1, 0, 1])
async def test_the_length_of_an_answer_is_bounded(excess: int) -> None:
    """An answer of the limit is read, one byte more is not; endless interim answers neither."""
    head = b"HTTP/1.1 200 OK\r\nX: "
    reply = head + b"x" * (MAX_REPLY_BYTES + excess - len(head) - 4) + b"\r\n\r\n"
    outcome = await asked(reply, pieces=1024)
    assert (excess > 0) == (outcome is not None)
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" * 1000
    outcome = await asked(interim, pieces=1024)
    assert outcome is not None
    assert f"answered with more than {MAX_REPLY_BYTES} bytes" in outcome.message


async def test_a_proxy_that_goes_away_before_it_is_asked() -> None:
    """A send that fails is the same one clear error."""
    ours, theirs = stream_pair()
    await theirs.aclose()
    outcome = await ask_proxy(ours, PROXY, TARGET)
    assert outcome is not None
    assert "closed the connection before it was asked anything" in outcome.message
    await ours.aclose()


@pytest.mark.parametrize("n_bytes", range(19))
async def test_an_answer_cut_after_every_byte(n_bytes: int) -> None:
    """Only the whole answer connects."""
    reply = b"HTTP/1.1 200 OK\r\n\r\n"
    ours, theirs = stream_pair()
    await theirs.send(reply)
    with anyio.fail_after(5):
        stream = CutStream(ChoppyStream(ours), n_bytes)
        outcome = await ask_proxy(stream, PROXY, TARGET)
    assert outcome is not None
    assert "closed the connection instead of answering" in outcome.message
    await theirs.aclose()
