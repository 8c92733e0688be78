"""WebSocket frames made by hand, right and wrong ones."""

from __future__ import annotations

import struct
from typing import Final

from hypothesis import strategies as st

__all__ = (
    "BINARY",
    "CLOSE",
    "CONT",
    "PING",
    "PONG",
    "ROLES",
    "TEXT",
    "byte_runs",
    "close_frame",
    "frame",
    "splits_of",
)

ROLES: Final = ("client", "server")
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, to: str, fin: bool = True) -> bytes:
    """One frame for the side *to*; masked with zeros where that is the server."""
    mask = 0x80 if to == "server" else 0
    n = len(payload)
    if n < 126:
        length = bytes([mask | n])
    elif n < 2**16:
        length = bytes([mask | 126]) + struct.pack("!H", n)
    else:
        length = bytes([mask | 127]) + struct.pack("!Q", n)
    head = bytes([opcode | (0x80 if fin else 0)]) + length
    return head + (bytes(4) if mask else b"") + payload


def close_frame(code: int, reason: bytes = b"", *, to: str) -> bytes:
    """A close frame for the side *to*."""
    return frame(CLOSE, struct.pack("!H", code) + reason, to=to)


_LENGTHS = st.sampled_from([0, 1, 2, 5, 124, 125, 126, 127, 128, 300, 65_534, 65_535, 65_536])
_PAYLOADS = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=8).map(str.encode),
    st.builds(
        lambda unit, n: (unit * n)[:n], st.sampled_from([b"a", b"\xc3\xa9", b"\xff"]), _LENGTHS
    ),
)


def _frame(opcode: int, payload: bytes, *, fin: bool, to: str) -> bytes:
    return frame(
        opcode, payload if opcode < CLOSE else payload[:125], to=to, fin=fin or opcode >= 8
    )


@st.composite
def byte_runs(draw: st.DrawFn, to: str) -> bytes:
    """What a peer might send: mostly well-formed frames, some broken, then nothing or rubbish."""

    def frames(opcodes: list[int], fin: st.SearchStrategy[bool]) -> st.SearchStrategy[bytes]:
        return st.builds(_frame, st.sampled_from(opcodes), _PAYLOADS, fin=fin, to=st.just(to))

    happy = frames([TEXT, BINARY], st.just(True))
    whole = frames([TEXT, TEXT, BINARY, CONT, CONT, PING, PONG, CLOSE, 3, 11], st.booleans())
    data = bytearray(b"".join(draw(st.lists(st.one_of(happy, happy, whole), max_size=6))))
    if data and draw(st.booleans()):
        at = draw(st.integers(0, len(data) - 1))
        data[at] = draw(st.integers(0, 255))
    return bytes(data) + draw(st.one_of(st.just(b""), st.binary(max_size=16)))


@st.composite
def splits_of(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """*data* in pieces, at places that need not be apart."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
