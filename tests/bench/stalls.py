"""What a hostile peer makes everybody wait: the longest time between two turns of another task.

    python tests/bench/stalls.py [--rounds N] [--backend asyncio]

An event loop that reads from one peer for 50 ms serves nobody else meanwhile. Each peer here is a
server in a process of its own that sends the worst it may, as fast as it can; the client reads it
through our WebSocket, or through a whole `VoiceSession`, until it ends, or has had enough. A task
beside it does nothing but ask for its turn. What it waited longest is a figure; of the rounds the
least counts, since a machine that does other things makes it longer and never shorter. Each
measurement is in a process of its own.
"""

from __future__ import annotations

import argparse
import base64
import gc
import hashlib
import json
import socket
import struct
import sys
import threading
import time
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel
from attrs import frozen

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.peer import GUID, frame_of
from bench.rounds import in_child, server, table, versions
from realtime_io import RealtimeVoice
from realtime_io._dial import dial
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT_MS: Final = 50.0
MIB: Final = 2**20
PATIENCE_S: Final = 30.0
"""After so long a peer has shown what it can do."""

GREETING: Final = frame_of(
    b'{"type":"session.created","event_id":"event_1","session":{"type":"realtime"}}'
)
ADMISSION: Final = frame_of(
    b'{"type":"session.updated","event_id":"event_2","session":{"type":"realtime"}}'
)
GOODBYE: Final = b"\x88\x02\x03\xe8"


@frozen(kw_only=True)
class Peer:
    """What a server sends after its answer to the upgrade.

    Args:
        data: In order, each so many times.
        by: What it is for: a "socket", or a "session", which is let in first.
        answer: The whole answer to the request, where it is no upgrade.
        headers: Of the answer, each with its line's end.
    """

    data: tuple[tuple[bytes, int], ...] = ()
    by: str = "socket"
    answer: bytes = b""
    headers: bytes = b""


def _frame(opcode: int, payload: bytes, *, fin: bool = True, rsv1: bool = False) -> bytes:
    head = bytes([opcode | 0x80 * fin | 0x40 * rsv1])
    size = len(payload)
    if size < 126:
        return head + bytes([size]) + payload
    if size < 2**16:
        return head + b"\x7e" + struct.pack("!H", size) + payload
    return head + b"\x7f" + struct.pack("!Q", size) + payload


def _bomb(n_bytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(n_bytes // MIB))
    return packed + packer.flush(zlib.Z_SYNC_FLUSH)[:-4]


def _event(**members: object) -> bytes:
    return frame_of(json.dumps({"event_id": "event_3", **members}).encode())


def _item_of(n_parts: int) -> bytes:
    item = {"id": "item_1", "type": "message", "role": "assistant", "status": "completed"}
    content = [{"type": "output_text", "text": "word " * 8}] * n_parts
    return _event(type="conversation.item.done", item={**item, "content": content})


def _frames(*data: tuple[bytes, int]) -> Callable[[], Peer]:
    return lambda: Peer(data=data)


def _session(*events: Callable[[], bytes]) -> Callable[[], Peer]:
    """To a session that is set up: these events, and a close frame."""
    return lambda: Peer(data=(*((event(), 1) for event in events), (GOODBYE, 1)), by="session")


DELTA: Final = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
STARTED: Final = partial(
    _event,
    type="response.created",
    response={"object": "realtime.response", "id": "r", "status": "in_progress", "output": []},
)

PEERS: Final[dict[str, Callable[[], Peer]]] = {
    "200,000 pings": _frames((_frame(0x9, b"x" * 125), 200_000)),
    "200,000 empty fragments": _frames(
        (_frame(0x1, b"", fin=False), 1), (_frame(0x0, b"", fin=False), 200_000)
    ),
    "1,000,000 empty messages": _frames((_frame(0x1, b""), 1_000_000), (GOODBYE, 1)),
    "a message without an end, in fragments": _frames(
        (_frame(0x1, b"", fin=False), 1), (_frame(0x0, b"x" * 4_000, fin=False), 16_000)
    ),
    "a frame that says it has 2^62 bytes": _frames(
        (b"\x82\x7f" + struct.pack("!Q", 2**62), 1), (b"x" * MIB, 64)
    ),
    "a message of 16 MiB": lambda: Peer(data=((_frame(0x1, b"x" * (16 * MIB)), 1), (GOODBYE, 1))),
    "the same with two bytes a character": lambda: Peer(
        data=((_frame(0x1, "\u00e9".encode() * (8 * MIB)), 1), (GOODBYE, 1))
    ),
    "256 MiB of zeros, deflated": lambda: Peer(
        data=((_frame(0x2, _bomb(256 * MIB), rsv1=True), 1),),
        headers=b"Sec-WebSocket-Extensions: permessage-deflate\r\n",
    ),
    "a refusal of 1 GB": lambda: Peer(
        data=((b"x" * MIB, 954),),
        answer=b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000000\r\n\r\n",
    ),
    "100 KB of headers": lambda: Peer(headers=b"X-Padding: " + b"x" * 100_000 + b"\r\n"),
    "JSON nested 100,000 deep, to a session": _session(
        lambda: frame_of(b'{"type":"error","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    ),
    "5,000,000 numbers, to a session": _session(
        lambda: frame_of(b'{"type":"no.such","x":[' + b"1," * 5_000_000 + b"1]}")
    ),
    "an item of 100,000 parts, to a session": _session(partial(_item_of, 100_000)),
    "11 MiB of audio in one delta, to a session": _session(
        STARTED,
        lambda: _event(
            type="response.output_audio.delta",
            delta=base64.b64encode(bytes(11 * MIB)).decode(),
            **DELTA,
        ),
    ),
    "50,000 deltas of text, to a session": _session(
        STARTED,
        lambda: _event(type="response.output_text.delta", delta="word ", **DELTA) * 50_000,
    ),
}
"""By name. What they send is made when it is asked for: some of it is long."""


# --- the server


def _answer(request: bytes, headers: bytes) -> bytes:
    key = request.lower().partition(b"sec-websocket-key: ")[2]
    key = request[len(request) - len(key) :].partition(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())  # noqa: S324 - RFC 6455
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    if b"sec-websocket-protocol" in request.lower():
        head += b"Sec-WebSocket-Protocol: realtime\r\n"
    return head + b"Sec-WebSocket-Accept: " + accept + b"\r\n" + headers + b"\r\n"


def _serve(connection: socket.socket, peer: Peer) -> None:
    with connection, suppress(OSError):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(2**16)
        connection.sendall(peer.answer or _answer(request, peer.headers))
        if peer.by == "session":
            connection.sendall(GREETING)
            connection.recv(2**16)
            connection.sendall(ADMISSION)
        for data, n in peer.data:
            at_once = max(1, MIB // len(data))
            for start in range(0, n, at_once):
                connection.sendall(data * min(at_once, n - start))
        while connection.recv(2**16):
            pass


def serve(name: str) -> None:
    """Be that peer for all who come, and print the port."""
    peer = PEERS[name]()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection, peer), daemon=True).start()


# --- the client


async def _read(port: int, name: str) -> None:
    if name.endswith("to a session"):
        voice = RealtimeVoice(
            "openai", api_key="none", base_url=f"http://127.0.0.1:{port}/v1", reconnect=False
        )
        async with voice.connect() as session:
            async for _ in session:
                pass
        return
    deflate = "deflated" in name
    websocket = await dial(Endpoint(url=f"ws://127.0.0.1:{port}/"), deflate=deflate)
    try:
        async with background_tasks() as tasks:
            websocket.write_in(tasks)
            while True:
                await websocket.receive()
    finally:
        await websocket.aclose()


async def longest_wait(port: int, name: str) -> float:
    """Milliseconds."""
    gc.freeze()  # else what the imports made is looked through once more, whoever the peer is
    longest = 0.0

    async def ask_for_turns() -> None:
        nonlocal longest
        last = time.perf_counter()
        while True:
            await anyio.lowlevel.checkpoint()
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    async with background_tasks() as tasks:
        tasks.start_soon(ask_for_turns)
        with anyio.move_on_after(PATIENCE_S), suppress(RealtimeError, Closed):
            await _read(port, name)
    return longest * 1_000


def measure(*, rounds: int, backend: str, names: Sequence[str]) -> dict[str, float | None]:
    """The longest wait in milliseconds, by peer; None where it could not be measured."""
    found: dict[str, float | None] = {}
    for name in names:
        with server(__file__, "--peer", name) as port:
            waits = [
                in_child(__file__, "--be", name, port, "--backend", backend) for _ in range(rounds)
            ]
        known = [wait for wait in waits if wait is not None]
        found[name] = min(known) if known else None
    return found


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a hostile peer makes everybody wait")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backend", choices=("asyncio", "trio"), default="asyncio")
    parser.add_argument("--only", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--be", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main(options: argparse.Namespace) -> None:
    """Measure and print; see the head."""
    if options.peer:
        serve(options.peer)
    if options.be:
        name, port = options.be
        print(anyio.run(longest_wait, int(port), name, backend=options.backend))
        return
    found = measure(rounds=options.rounds, backend=options.backend, names=options.only)
    rows = [[name, "failed" if ms is None else f"{ms:.0f}"] for name, ms in found.items()]
    print(f"longest wait in ms, {options.backend}; {versions(('anyio', 'wsproto', 'orjson'))}\n")
    print(table(["peer", f"ms (limit {LIMIT_MS:g})"], rows))


if __name__ == "__main__":
    main(parse())
