"""The other side of the benchmarks: a WebSocket server of blocking sockets.

It speaks no more of the protocol than it must, and runs in a process of its own, so that what is
measured is the client.

    GET /receive/N/FRAME    sends N text frames of FRAME bytes, then a close frame
    GET /send/N             reads N bytes, then sends a text frame and a close frame
    anything else           sends what `script` was given for that path: a greeting first where it
                            has one, the rest after the client's first frame where it says so, and
                            then nothing until the client says more where it says so
"""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ("AUDIO_DELTA", "frame_of", "start")

GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3
BLOCK_BYTES: Final = 2**20
GOODBYE: Final = b"\x88\x02\x03\xe8"
LINGER_S: Final = 0.1

AUDIO_DELTA: Final = (
    '{"type":"response.output_audio.delta","event_id":"event_%06d","response_id":"resp_1",'
    '"item_id":"item_1","output_index":0,"content_index":0,"delta":"%s"}'
)


def frame_of(text: bytes) -> bytes:
    """An unmasked text frame."""
    n = len(text)
    if n < 126:
        return bytes((0x81, n)) + text
    if n < 2**16:
        return b"\x81\x7e" + n.to_bytes(2, "big") + text
    return b"\x81\x7f" + n.to_bytes(8, "big") + text


def _text_of(size: int) -> bytes:
    """An audio delta of *size* bytes."""
    empty = len(AUDIO_DELTA % (0, ""))
    return (AUDIO_DELTA % (0, "A" * max(0, size - empty))).encode()[:size]


def _pour(connection: socket.socket, frame: bytes, n: int) -> None:
    block = frame * max(1, BLOCK_BYTES // len(frame))
    n_bytes = n * len(frame)
    while n_bytes:
        connection.sendall(block[:n_bytes])
        n_bytes -= min(n_bytes, len(block))


def _read(connection: socket.socket, n_bytes: int) -> None:
    buffer = bytearray(BLOCK_BYTES)
    while n_bytes > 0:
        n_read = connection.recv_into(buffer)
        if not n_read:
            raise ConnectionError("the client went away")
        n_bytes -= n_read


def _read_one_frame(connection: socket.socket) -> None:
    head = _exactly(connection, 2)
    size = head[1] & 0x7F
    if size >= 126:
        size = int.from_bytes(_exactly(connection, 2 if size == 126 else 8), "big")
    _exactly(connection, 4 + size)


def _exactly(connection: socket.socket, n: int) -> bytes:
    data = b""
    while len(data) < n:
        piece = connection.recv(n - len(data))
        if not piece:
            raise ConnectionError("the client went away")
        data += piece
    return data


def _serve(
    connection: socket.socket, context: ssl.SSLContext | None, script: dict[str, bytes]
) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is not None:
        connection = context.wrap_socket(connection, server_side=True)
    with connection, suppress(OSError):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _exactly(connection, 1)
        lines = head.split(b"\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(b": ")
            headers[name.lower()] = value
        accept = hashlib.sha1(headers[b"sec-websocket-key"] + GUID).digest()  # noqa: S324 - RFC 6455
        answer = [
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + base64.b64encode(accept),
        ]
        offered = headers.get(b"sec-websocket-protocol")
        if offered:
            answer.append(b"Sec-WebSocket-Protocol: " + offered.split(b",")[0])
        connection.sendall(b"\r\n".join(answer) + b"\r\n\r\n")
        _talk(connection, lines[0].split()[1].decode(), script)
        connection.sendall(GOODBYE)
        connection.settimeout(LINGER_S)
        while connection.recv(2**16):
            pass


def _talk(connection: socket.socket, target: str, script: dict[str, bytes]) -> None:
    match target.split("?")[0].split("/")[1:]:
        case ["receive", n, size]:
            _pour(connection, frame_of(_text_of(int(size))), int(n))
        case ["send", n]:
            _read(connection, int(n))
            connection.sendall(frame_of(b"done"))
        case parts:
            path = "/".join(part for part in parts if part)
            connection.sendall(script.get(f"{path} greets", b""))
            if f"{path} waits" in script:
                _read_one_frame(connection)
            connection.sendall(script[path])
            if f"{path} stays" in script:
                connection.recv(1)  # until the client says something, or goes


def start(certificates: Path | None = None, script: dict[str, bytes] | None = None) -> int:
    """Serve in threads of this process; returns the port."""
    context = None
    if certificates is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(
                target=_serve, args=(connection, context, script or {}), daemon=True
            ).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


if __name__ == "__main__":
    print(start(Path(sys.argv[1]) if len(sys.argv) > 1 else None), flush=True)
    threading.Event().wait()
