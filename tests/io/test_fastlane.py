"""The fast lane is proven equal to wsproto alone, on any bytes and on every split of them."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from _websocket import Heard, Listener
from helpers.frames import (
    BINARY,
    CONT,
    PING,
    ROLES,
    TEXT,
    byte_runs,
    close_frame,
    frame,
    splits_of,
)
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection

from realtime_io._fastlane import POOL_KEYS, FastLane, FrameMaker

KINDS = {"client": ConnectionType.CLIENT, "server": ConnectionType.SERVER}
MAX_BYTES = 70_000


class Plain:
    """wsproto alone."""

    def __init__(self, role: str) -> None:
        self.connection = Connection(KINDS[role])
        self._listener = Listener()
        self._is_over = False

    def feed(self, chunk: bytes) -> list[Heard]:
        """All that was heard so far."""
        if not self._is_over:
            self.connection.receive_data(chunk)
            for event in self.connection.events():
                self._is_over = self._is_over or isinstance(event, CloseConnection)
                self._listener.take(event)
        return list(self._listener.heard)


class Laned:
    """The fast lane and wsproto."""

    def __init__(self, role: str, max_bytes: int = MAX_BYTES) -> None:
        self.connection = Connection(KINDS[role])
        self._lane = FastLane(self.connection, max_bytes)
        self._listener = Listener()

    def feed(self, chunk: bytes) -> list[Heard]:
        """All that was heard so far."""
        for item in self._lane.feed(chunk, lambda event: event):
            self._listener.take(item)
        return list(self._listener.heard)


@pytest.mark.parametrize("role", ROLES)
@given(data=st.data())
def test_any_bytes_in_any_pieces_mean_what_wsproto_says(role: str, data: st.DataObject) -> None:
    """After every piece, the same was heard and the connection is in the same state."""
    run = data.draw(byte_runs(to=data.draw(st.sampled_from([role, role, role, *ROLES]))))
    plain, laned = Plain(role), Laned(role)
    for piece in data.draw(splits_of(run)):
        assert plain.feed(piece) == laned.feed(piece)
        assert plain.connection.state is laned.connection.state


@pytest.mark.parametrize("max_bytes", [0, 4, 125, 65_535, 65_536])
@given(data=st.data())
def test_the_limit_changes_the_lane_and_not_what_is_heard(
    max_bytes: int, data: st.DataObject
) -> None:
    """A frame over it comes through wsproto, whole all the same."""
    run = data.draw(byte_runs(to="client"))
    plain, laned = Plain("client"), Laned("client", max_bytes)
    for piece in data.draw(splits_of(run)):
        assert plain.feed(piece) == laned.feed(piece)


EVERY_KIND = b"".join(
    (
        frame(TEXT, b"ascii", to="client"),
        frame(TEXT, "zoë".encode(), to="client"),
        frame(BINARY, b"\xff" * 3, to="client"),
        frame(PING, b"p", to="client"),
        frame(TEXT, b"two ", to="client", fin=False),
        frame(PING, b"between", to="client"),
        frame(CONT, b"parts", to="client"),
        frame(TEXT, b"x" * 130, to="client"),
        frame(BINARY, b"", to="client"),
        frame(TEXT, b"", to="client"),
    )
)


@pytest.mark.parametrize(
    "end",
    [
        b"",
        close_frame(4000, b"bye", to="client") + frame(TEXT, b"unheard", to="client"),
        b"\x83\x00" + frame(TEXT, b"unheard", to="client"),
        b"\x81\x85" + bytes(4) + b"abcde",
        b"\x82\x7e\x00\x01x",
        b"\x82\x7f" + bytes(7) + b"\x01x",
        b"\x82\x7f\xff" + bytes(7),
        frame(TEXT, b"caf\xc3", to="client"),
    ],
    ids="nothing close opcode masked length16 length64 negative utf8".split(),
)
@pytest.mark.parametrize("is_bytewise", [False, True])
def test_every_split(end: bytes, is_bytewise: bool) -> None:
    """Cut in two at every byte, and byte by byte, after every piece the same was heard."""
    run = EVERY_KIND + end
    ways = [[run[:cut], run[cut:]] for cut in range(1, len(run))]
    if is_bytewise:
        ways = [[bytes([byte]) for byte in run]]
    for pieces in ways:
        plain, laned = Plain("client"), Laned("client")
        for i, piece in enumerate(pieces):
            assert plain.feed(piece) == laned.feed(piece), (len(pieces[0]), i)


def test_broken_text_is_found_before_its_frame_ends() -> None:
    """It straddles chunks: wsproto takes over at the first byte that is no ASCII."""
    laned = Laned("client")
    run = frame(TEXT, b"a" * 100 + b"\xff" + b"a" * 100, to="client")
    assert [] == laned.feed(run[:90])
    assert ("close", 1007) == laned.feed(run[90:110])[0][:2]


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_frame_that_comes_bytewise_costs_its_bytes(opcode: int) -> None:
    """What is kept of a frame that straddles takes no more than a few times its length."""
    laned = Laned("client")
    run = frame(opcode, b"x" * 20_000, to="client")
    laned.feed(run[:1])
    tracemalloc.start()
    try:
        for i in range(1, len(run) - 1):
            laned.feed(run[i : i + 1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 20_000 == len(laned.feed(run[-1:])[0][1])  # type: ignore[arg-type]  # a text or bytes
    assert peak < 80_000  # other threads allocate, too


def test_a_chunk_is_never_joined_with_what_was_left() -> None:
    """A small rest before a long chunk: only the frame that straddles is copied twice."""
    laned = Laned("client", 2**20)
    first = frame(BINARY, b"x" * 100, to="client")
    run = first + frame(BINARY, b"y" * 300_000, to="client") * 10
    laned.feed(run[:50])
    rest = run[50:]
    lane = laned._lane.feed(rest, lambda event: event)
    assert b"x" * 100 == next(lane)
    tracemalloc.start()
    try:
        for item in lane:
            assert 300_000 == len(item)  # type: ignore[arg-type]  # bytes
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 700_000


# --- out


PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([125, 126, 127, 65_535, 65_536]).map(
        lambda n: bytes(i % 251 for i in range(n))
    ),
)


@pytest.mark.parametrize("role", ROLES)
@given(payloads=st.lists(PAYLOADS, max_size=5))
def test_frames_are_read_by_wsproto(role: str, payloads: list[bytes]) -> None:
    """Whatever is made comes out at the peer, byte for byte."""
    maker = FrameMaker(is_client=role == "client")
    peer = Plain("server" if role == "client" else "client")
    heard: list[Heard] = []
    for payload in payloads:
        text = payload.hex()
        peer.feed(maker.make(payload, is_text=False))
        heard = peer.feed(maker.make(text.encode(), is_text=True))
    expected = [(("binary", payload), ("text", payload.hex())) for payload in payloads]
    assert [one for pair in expected for one in pair] == heard
    assert peer.connection.state is ConnectionState.OPEN


def test_each_frame_has_its_own_key() -> None:
    """RFC 6455 5.3: unpredictable, and fresh for each frame; the pool is filled again."""
    maker = FrameMaker(is_client=True)
    n = POOL_KEYS + 10
    keys = {bytes(maker.make(b"", is_text=False)[2:6]) for _ in range(n)}
    assert n - 1 <= len(keys)  # two of a thousand drawn from 2^32 are alike once in 8,000 runs


def test_a_server_masks_nothing() -> None:
    """Its frames are the ones the RFC shows."""
    maker = FrameMaker(is_client=False)
    assert b"\x81\x05Hello" == maker.make(b"Hello", is_text=True)  # RFC 6455 5.7
    assert b"\x82\x7e\x01\x00" + bytes(256) == maker.make(bytes(256), is_text=False)
    assert b"\x82\x7f" + struct.pack("!Q", 65_536) + bytes(65_536) == maker.make(
        bytes(65_536), is_text=False
    )
