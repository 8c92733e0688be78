"""The opening handshake in both roles over streams in memory: what is sent, taken and refused."""

from __future__ import annotations

import tracemalloc
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from helpers.errors import alone, everything_shown
from helpers.frames import TEXT, close_frame, frame
from helpers.streams import ChoppyStream, MemoryStream, stream_pair
from wsproto.utilities import generate_accept_token

from realtime_io import _handshake
from realtime_io._handshake import (
    HANDSHAKE_S,
    MAX_BODY_BYTES,
    Accept,
    Decision,
    Reject,
    Request,
    accept_websocket,
    connect_websocket,
)
from realtime_io._websocket import Closed, WebSocket
from realtime_proto.errors import (
    ConfigurationError,
    HandshakeRejected,
    LocalProtocolError,
    RealtimeConnectionError,
)
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LIBRARY = str(Path(_handshake.__file__).parent)

CANARY = "sk-Canary+0123456789"
QUOTED = "sk-Canary%2B0123456789"
KEY = Secret(f"Bearer {CANARY}")
TARGET = Secret(f"/v1/realtime?model=m&key={QUOTED}")
PROTOCOLS = ["realtime", Secret("openai-insecure-api-key.sk-Canary-0123456789")]


def shown(error: BaseException) -> str:
    """All that a logger would print of it, below the tests' own frames, which know the key."""
    below = error.__traceback__
    while below is not None and LIBRARY not in below.tb_frame.f_code.co_filename:
        below = below.tb_next
    assert below is not None
    return everything_shown(error.with_traceback(below)).lower()  # h11 lowers names


SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


def refusal(status: str, body: bytes = b"", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status.encode(), b"content-length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def asked(
    answer: Callable[[bytes], bytes], *, chop: int | None = None, hangs_up: bool = True
) -> WebSocket:
    """What becomes of a request that holds a key in every place, by what is answered to it."""
    ours, theirs = stream_pair()

    async def serve() -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += await theirs.receive()
        assert b"Authorization: Bearer sk-Canary" in request
        await theirs.send(answer(request))
        if hangs_up:
            await theirs.send_eof()

    stream = ours if chop is None else ChoppyStream(ours, [chop])
    try:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(serve)
                outcome: WebSocket | Exception
                try:
                    outcome = await connect_websocket(
                        stream,
                        host="example.org",
                        target=TARGET,
                        headers=[("Authorization", KEY)],
                        subprotocols=PROTOCOLS,
                    )
                except RealtimeConnectionError as exc:
                    outcome = exc
        if isinstance(outcome, Exception):
            assert alone(outcome)
            raise outcome
        return outcome
    finally:
        if not isinstance(locals().get("outcome"), WebSocket):
            await ours.aclose()
        await theirs.aclose()


def token(request: bytes) -> bytes:
    lines = dict(line.split(b": ", 1) for line in request.split(b"\r\n") if b": " in line)
    return b"Sec-WebSocket-Accept: " + generate_accept_token(lines[b"Sec-WebSocket-Key"]) + b"\r\n"


@pytest.mark.parametrize("chop", [None, 1, 7])
async def test_what_comes_behind_the_answer_is_heard(chop: int | None) -> None:
    """A server may speak at once, in the same packet as its answer."""
    early = frame(TEXT, b"first", to="client") + close_frame(1001, to="client")
    websocket = await asked(lambda request: SWITCHING + token(request) + b"\r\n" + early, chop=chop)
    with anyio.fail_after(5):
        assert "first" == await websocket.receive()
        with pytest.raises(Closed, match="1001"):
            await websocket.receive()
        await websocket.aclose()


async def test_a_key_that_the_server_picks_is_not_kept() -> None:
    """The subprotocol that carries it may be chosen; it is not shown."""
    chosen = b"Sec-WebSocket-Protocol: openai-insecure-api-key.sk-Canary-0123456789\r\n"
    websocket = await asked(lambda request: SWITCHING + token(request) + chosen + b"\r\n")
    assert "***" == websocket.subprotocol
    assert "canary" not in repr(vars(websocket)).lower()
    await websocket.aclose()


NO_SERVER = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 101 Switching",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "no token": SWITCHING + b"\r\n",
    "wrong token": SWITCHING + b"Sec-WebSocket-Accept: AAAA\r\n\r\n",
    "no upgrade": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n",
    "no connection": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    "no ASCII": SWITCHING + b"Sec-WebSocket-Protocol: \xff\r\n\r\n",
    "much": b"HTTP/1.1 101 S\r\n" + b"x: y\r\n" * 20_000,
    "a long header": b"HTTP/1.1 101 S\r\nx: " + b"y" * 100_000,
    "quotes the key": SWITCHING + b"Sec-WebSocket-Protocol: " + CANARY.encode() + b"\r\n\r\n",
}


@pytest.mark.parametrize("answer", NO_SERVER.values(), ids=NO_SERVER)
async def test_who_is_no_websocket_server(answer: bytes) -> None:
    """One error of ours that says so, with no key in it and nothing foreign behind it."""
    with pytest.raises(RealtimeConnectionError, match="it may be no WebSocket server") as caught:
        await asked(lambda request: answer.replace(b"@", token(request)))
    assert type(caught.value) is RealtimeConnectionError
    assert "canary" not in shown(caught.value)
    assert len(str(caught.value)) < 400


REFUSALS = {
    "401": (refusal("401 No", b'{"error":{"message":"bad key"}}'), 401, "bad key"),
    "list": (refusal("400 No", b'[{"error":{"message":"a list"}}]'), 400, "a list"),
    "plain": (refusal("403 No", b"<html>"), 403, "HTTP 403"),
    "no text": (refusal("403 No", b'{"error":{"message":7}}'), 403, "HTTP 403"),
    "deep": (refusal("403 No", b"[" * 4_000), 403, "HTTP 403"),
    "redirect": (refusal("302 Found", b"", b"location: /x"), 302, "redirects are not followed"),
    "200": (refusal("200 OK"), 200, "it may be no WebSocket server"),
    "interim": (b"HTTP/1.1 100 Continue\r\n\r\n", 100, "an interim answer"),
    "early hints": (b"HTTP/1.1 103 Early\r\n\r\n", 103, "an interim answer"),
    "chunked": (
        b"HTTP/1.1 429 Slow\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        429,
        "HTTP 429",
    ),
    "quotes": (
        refusal("401 No", f'{{"error":{{"message":"{CANARY} is wrong"}}}}'.encode()),
        401,
        r"\*\*\* is wrong",
    ),
    "quotes the URL": (
        refusal("404 No", f'{{"message":"nothing at /?key={QUOTED}"}}'.encode()),
        404,
        r"key=\*\*\*",
    ),
    "in a header": (refusal("401 No", b"", b"x-key: " + CANARY.encode()), 401, "HTTP 401"),
    "as a header": (refusal("401 No", b"", b"sk-Canary-0123456789: x"), 401, "HTTP 401"),
    "cut short": (refusal("500 No", b"x" * 100)[:-50], 500, "HTTP 500"),
    "broken chunks": (
        b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        500,
        "HTTP 500",
    ),
}


@pytest.mark.parametrize("chop", [None, 1])
@pytest.mark.parametrize("refused", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_says_why(refused: tuple[bytes, int, str], chop: int | None) -> None:
    """Status, headers and body are kept, the server's words shown, and our key nowhere."""
    answer, status, words = refused
    with pytest.raises(HandshakeRejected, match=words) as caught:
        await asked(lambda _: answer, chop=chop)
    assert status == caught.value.status
    assert "canary" not in shown(caught.value)
    assert all(name == name.lower() for name in caught.value.headers)


@pytest.mark.parametrize("n", [-1, 0, 1])
async def test_so_much_of_a_body_is_kept(n: int) -> None:
    """4 KiB, and the rest of it is not waited for."""
    body = b"x" * (MAX_BODY_BYTES + n)
    with pytest.raises(HandshakeRejected) as caught:
        await asked(lambda _: refusal("500 No", body))
    assert body[:MAX_BODY_BYTES] == caught.value.body


async def test_a_body_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second, and then what there is must do."""
    monkeypatch.setattr(_handshake, "BODY_S", 0.01)
    with pytest.raises(HandshakeRejected) as caught:
        await asked(lambda _: refusal("500 No", b"x" * 100)[:-60], hangs_up=False)
    assert b"x" * 40 == caught.value.body


async def test_an_endless_body_costs_no_memory() -> None:
    """A refusal with a gigabyte behind it: 4 KiB are kept, and little more is held."""

    class Endless(MemoryStream):
        async def receive(self, max_bytes: int = 65536) -> bytes:
            await anyio.lowlevel.checkpoint()
            self.n_received += max_bytes
            head = b"HTTP/1.1 500 No\r\ncontent-length: 1000000000\r\n\r\n"
            return head if self.n_received == max_bytes else b"x" * max_bytes

    ours, theirs = stream_pair()
    stream = Endless(ours._into, ours._out_of)
    tracemalloc.start()
    try:
        with anyio.fail_after(5), pytest.raises(HandshakeRejected) as caught:
            await connect_websocket(stream, host="h", target="/")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert MAX_BODY_BYTES == len(caught.value.body)
    assert peak < 2 * 2**20
    await ours.aclose()
    await theirs.aclose()


UNSENDABLE = {
    "line break": [("Authorization", Secret(f"Bearer {CANARY}\n"))],
    "no ASCII": [("Authorization", Secret(f"Bearer {CANARY}é"))],
    "empty": [("Authorization", Secret("Bearer "))],
    "nothing": [("Authorization", Secret(""))],
    "a name": [("x y", CANARY)],
    "ours": [("Sec-WebSocket-Key", CANARY)],
    "host": [("HOST", CANARY)],
}


@pytest.mark.parametrize("headers", UNSENDABLE.values(), ids=UNSENDABLE)
async def test_what_cannot_be_sent_is_refused_unseen(headers: list[tuple[str, Secret]]) -> None:
    """Before anything is sent, by an error that does not show it."""
    ours, theirs = stream_pair()
    with pytest.raises(ConfigurationError) as caught:
        await connect_websocket(ours, host="h", target="/", headers=headers)
    assert alone(caught.value)
    assert "canary" not in (str(caught.value) + repr(vars(caught.value))).lower()
    assert theirs.n_received == 0
    await ours.aclose()
    await theirs.aclose()


@pytest.mark.parametrize(
    "what",
    [
        {"target": "/a b"},
        {"target": "/é"},
        {"host": "h\r\nx: y"},
        {"host": "a" * 64 + ".org"},
        {"subprotocols": ["a, b"]},
        {"subprotocols": ["é"]},
    ],
    ids=repr,
)
async def test_odd_requests_are_refused(what: dict[str, str]) -> None:
    """Target, host and subprotocols that would be something else on the wire."""
    ours, theirs = stream_pair()
    arguments = {"host": "h", "target": "/", **what}
    with pytest.raises(ConfigurationError) as caught:
        await connect_websocket(ours, **arguments)  # type: ignore[arg-type]
    assert alone(caught.value)
    await ours.aclose()
    await theirs.aclose()


async def test_a_server_that_is_gone_before_it_is_asked() -> None:
    """The send fails."""
    ours, theirs = stream_pair()
    await theirs.aclose()
    with pytest.raises(RealtimeConnectionError, match="before it was asked anything"):
        await connect_websocket(ours, host="h", target="/")
    await ours.aclose()


# --- the server

REQUEST = (
    "GET /v1/realtime?model=m HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
GOOD = REQUEST.encode() + b"\r\n"


@asynccontextmanager
async def served(
    request: bytes,
    select: Callable[[Request], Decision | Awaitable[Decision]] = lambda _: Accept(),
    *,
    chop: int | None = None,
    **options: object,
) -> AsyncIterator[tuple[WebSocket | None, MemoryStream]]:
    """What becomes of a request, and the client's end."""
    ours, theirs = stream_pair()
    await ours.send(request)
    stream = theirs if chop is None else ChoppyStream(theirs, [chop])
    try:
        with anyio.fail_after(5):
            websocket = await accept_websocket(stream, select=select, **options)  # type: ignore[arg-type]
            yield websocket, ours
    finally:
        await ours.aclose()
        await theirs.aclose()


@pytest.mark.parametrize("chop", [None, 1, 5])
async def test_what_comes_behind_the_request_is_heard(chop: int | None) -> None:
    """A client may speak before it is answered."""
    async with served(GOOD + frame(TEXT, b"early", to="server"), chop=chop) as (websocket, ours):
        assert websocket is not None
        assert (await ours.receive()).startswith(b"HTTP/1.1 101 ")
        assert "early" == await websocket.receive()


BAD = {
    "no HTTP": (b"\x16\x03\x01\x00\xff\xfe\r\n\r\n", b" 400 "),
    "no upgrade": (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b" 400 "),
    "POST": (GOOD.replace(b"GET", b"POST"), b" 400 "),
    "version 8": (GOOD.replace(b": 13", b": 8"), b" 426 "),
    "short key": (GOOD.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"AAAA"), b" 400 "),
    "key of no base64": (GOOD.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"!"), b" 400 "),
    "no key": (GOOD.replace(b"Sec-WebSocket-Key", b"x"), b" 400 "),
    "no ASCII": (GOOD.replace(b": Upgrade", b": \xff"), b" 400 "),
    "odd host": (GOOD.replace(b"Host: h", b"Host: xn--\xff"), b" 400 "),
    "much": (REQUEST.encode() + b"x: y\r\n" * 20_000 + b"\r\n", b" 400 "),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_who_is_no_websocket_client(bad: tuple[bytes, bytes]) -> None:
    """An HTTP answer that says so, and no WebSocket."""
    request, status = bad
    async with served(request) as (websocket, ours):
        assert websocket is None
        answer = await ours.receive()
        assert status in answer.split(b"\r\n")[0]
        assert b"sec-websocket-version: 13\r\n" in answer


async def test_who_goes_away_is_told_nothing() -> None:
    """In the middle of its request, or before it can be answered."""
    ours, theirs = stream_pair()
    await ours.send(GOOD[:50])
    await ours.send_eof()
    assert await accept_websocket(theirs, select=lambda _: Accept()) is None
    await ours.aclose()
    await theirs.aclose()
    async with served(GOOD) as (_, ours):
        pass
    ours, theirs = stream_pair()
    await ours.send(GOOD)
    await ours.aclose()
    assert await accept_websocket(theirs, select=lambda _: Accept()) is None
    await theirs.aclose()


async def test_who_dawdles_is_dropped() -> None:
    """A request that does not come whole in time."""
    async with served(GOOD[:-1], timeout_s=0.01) as (websocket, _):
        assert websocket is None
    assert 5.0 == HANDSHAKE_S


@pytest.mark.parametrize(("allowed", "status"), [((), b" 403 "), (("https://a",), b" 101 ")])
async def test_web_pages_are_let_in_by_name(allowed: tuple[str, ...], status: bytes) -> None:
    """A request with an Origin comes from a page."""
    request = f"{REQUEST}Origin: https://a\r\n\r\n".encode()
    async with served(request, allowed_origins=allowed) as (_, ours):
        assert status in (await ours.receive()).split(b"\r\n")[0]


async def test_a_decision_is_sent() -> None:
    """A subprotocol that was offered and headers; or a refusal, even with a status of its own."""
    request = f"{REQUEST}Sec-WebSocket-Protocol: a, b\r\n\r\n".encode()
    accept = Accept(subprotocol="b", headers=(("x-a", "y"),))
    async with served(request, lambda _: accept) as (websocket, ours):
        answer = await ours.receive()
        assert websocket is not None
        assert "b" == websocket.subprotocol
        assert b"x-a: y\r\n" in answer
    async with served(GOOD, lambda _: Reject(799, b"no", (("x-a", "y"),))) as (websocket, ours):
        assert websocket is None
        answer = await ours.receive()
        assert answer.startswith(b"HTTP/1.1 799 \r\nx-a: y\r\ncontent-length: 2\r\n")


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        (Accept(subprotocol="unasked"), LocalProtocolError),
        (Accept(headers=(("x y", "z"),)), ConfigurationError),
        (Accept(headers=(("Upgrade", "z"),)), ConfigurationError),
        (Reject(400, b"", (("a", "b\r\nc: d"),)), ConfigurationError),
    ],
)
async def test_a_decision_that_cannot_be_sent(decision: Decision, error: type[Exception]) -> None:
    """The mistake is the server's own, and raised there."""
    with pytest.raises(error):
        async with served(GOOD, lambda _: decision):
            pass


def test_a_request_shows_its_path_alone() -> None:
    """Its query and headers may hold a key."""
    request = Request(
        target="/v1/realtime?key=canary",
        headers=(("authorization", "canary"),),
        subprotocols=("canary",),
    )
    assert "Request(target='/v1/realtime')" == repr(request)
