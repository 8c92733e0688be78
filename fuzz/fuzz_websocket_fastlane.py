"""Bytes of a server, cut by the fast lane, and the same bytes by wsproto alone.

Invariant: after every piece both have heard the same messages, control frames and end, and wsproto
stands in the same state.

Allowed exceptions: none.
"""

from __future__ import annotations

from _harness import main
from _websocket import Listener, pieces
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection

from realtime_io._fastlane import FastLane

FOLDERS = ("websocket-frames",)

WORDS = (
    b"\x81\x05hello",
    b"\x82\x01\xff",
    b"\x81\x7e\x00\x7e" + b"x" * 126,
    b"\x81\x7f" + bytes(6) + b"\x01\x00",
    b"\x01\x01a",
    b"\x80\x01b",
    b"\x89\x01p",
    b"\x8a\x00",
    b"\x88\x02\x03\xe8",
    b"\x81\x85",
    b"\xc1\x00",
    "é😀".encode(),
)


def test_one_input(data: bytes) -> None:
    """Feed both."""
    plain, laned = (Connection(ConnectionType.CLIENT) for _ in "12")
    lane = FastLane(laned, 4_096)
    expected, actual = Listener(), Listener()
    is_over = False
    for piece in pieces(data):
        if not is_over:
            plain.receive_data(piece)
            for event in plain.events():
                is_over = is_over or isinstance(event, CloseConnection)
                expected.take(event)
        for item in lane.feed(piece, lambda event: event):
            actual.take(item)
        assert expected.heard == actual.heard
        assert plain.state is laned.state


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
