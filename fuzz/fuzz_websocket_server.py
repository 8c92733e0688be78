"""A client's request for a WebSocket, and what it says behind it.

Invariant: the client is taken, or refused with an HTTP answer; one that is taken says messages
within their limits and then how it ended.

Allowed exceptions: none.
"""

from __future__ import annotations

from _harness import main
from _websocket import LIMITS, Saying, hear_out, pieces, run

from realtime_io._handshake import Accept, Request, accept_websocket

FOLDERS = ("websocket-requests",)

WORDS = (
    b"GET / HTTP/1.1\r\n",
    b"GET /\xff?key=x HTTP/1.0\r\n",
    b"Host: xn--\xff\r\n",
    b"Connection: Upgrade\r\n",
    b"Upgrade: h2c, websocket\r\n",
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
    b"Sec-WebSocket-Version: 13\r\n",
    b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=x\r\n",
    b"Sec-WebSocket-Protocol: realtime, a\r\n",
    b"Origin: http://evil.example\r\n",
    b"Content-Length: 5\r\n",
    b"\r\n\r\n",
    b"\x81\x85\x00\x00\x00\x00hello",
    b"\xc1\x87\x00\x00\x00\x00\xf2\x48\xcd\xc9\xc9\x07\x00",
)


def _select(request: Request) -> Accept:
    return Accept(subprotocol=request.subprotocols[0] if request.subprotocols else None)


def test_one_input(data: bytes) -> None:
    """Hear the input as a client's request; what is odd may be compressed."""

    async def answer() -> None:
        stream = Saying(pieces(data))
        websocket = await accept_websocket(
            stream, select=_select, limits=LIMITS, deflate=len(data) % 2 == 1
        )
        assert stream.heard == b"" or stream.heard.startswith(b"HTTP/1.1 ")
        if websocket is not None:
            assert stream.heard.startswith(b"HTTP/1.1 101 ")
            await hear_out(websocket)

    run(answer)


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
