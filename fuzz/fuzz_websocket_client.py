"""A server's answer to our handshake, and what it says behind it.

Invariant: the answer is a WebSocket, which says messages within its limits and then how it ended,
or an error of ours that shows neither the key nor more of the body than its limit.

Allowed exceptions: RealtimeConnectionError of the handshake, because most answers are none.
"""

from __future__ import annotations

import re

from _harness import main
from _websocket import LIMITS, Saying, hear_out, pieces, run
from wsproto.utilities import generate_accept_token

from realtime_io._handshake import MAX_BODY_BYTES, connect_websocket
from realtime_proto.errors import HandshakeRejected, RealtimeConnectionError
from realtime_proto.secret import Secret

FOLDERS = ("websocket-answers",)

KEY = "sk-canary-0123456789"

WORDS = (
    b"HTTP/1.1 101 Switching Protocols\r\n",
    b"HTTP/1.1 401 Unauthorized\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"Sec-WebSocket-Accept: @accept@\r\n",
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
    b"Sec-WebSocket-Protocol: realtime\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"\r\n\r\n",
    KEY.encode(),
)


def _fill_in(heard: bytes, data: bytes) -> bytes:
    """The accept token that belongs to what we asked, so that an answer can be a good one."""
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", heard)
    return data if key is None else data.replace(b"@accept@", generate_accept_token(key[1]))


def test_one_input(data: bytes) -> None:
    """Ask, and hear the input as the answer; what is odd is tried with compression."""

    async def ask() -> None:
        try:
            websocket = await connect_websocket(
                Saying(pieces(data), _fill_in),
                host="example.org",
                target="/",
                headers=[("Authorization", Secret(f"Bearer {KEY}"))],
                subprotocols=["realtime"],
                limits=LIMITS,
                deflate=len(data) % 2 == 1,
            )
        except RealtimeConnectionError as error:
            assert KEY not in f"{error!r} {error.__dict__}"
            assert error.__context__ is None
            if isinstance(error, HandshakeRejected):
                assert len(error.body) <= MAX_BODY_BYTES
        else:
            await hear_out(websocket)

    run(ask)


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
