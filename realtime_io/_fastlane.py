"""The happy case in front of wsproto: whole data frames, sliced out of what was read.

Almost every frame of a conversation is complete, unfragmented, uncompressed and unmasked, holds
ASCII, and is as long as it says. Those `FastLane` cuts straight out of the chunk; every other byte
(control frames, fragments, reserved bits, masks, odd lengths, text that is no ASCII) goes to
wsproto as soon as it is there, and wsproto stays the authority on what it means. So the lane has no
opinion on errors: whatever it does not know to be right, it does not take.

A chunk is never joined with what was left of the one before, but for the one frame that straddles
them. Text is let in only as far as it is ASCII: so broken UTF-8 is found by wsproto, and found when
it comes, not when its frame ends.

On the way out there is one happy case too, a whole message in one frame. `FrameMaker` writes it,
with masking keys from a pool: a call of the kernel for each would cost more than the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from wsproto.events import CloseConnection, Event, Message

from realtime_io._mask import mask

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from wsproto.connection import Connection

__all__ = ("FastLane", "FrameMaker")

Admit: TypeAlias = Callable[[Event], Any]
"""What an event of wsproto's counts as; None: as nothing yet."""

_TEXT: Final = 0x81
_BINARY: Final = 0x82
_DATA: Final = (_TEXT, _BINARY)
"""The opcodes of data, with the FIN bit and no other."""

_MASK_BIT: Final = 0x80
_TWO_BYTES: Final = 126
_EIGHT_BYTES: Final = 127
"""In place of a length: it follows, in so many bytes."""

_MAX_HEAD: Final = 10  # without the masking key
_KEY_BYTES: Final = 4

POOL_KEYS: Final = 64
"""Masking keys drawn from the kernel at once: 0.017 us each, where 1,024 at once take 0.010, and a
connection holds a quarter of a kilobyte of them instead of four."""

VIEW_FROM_BYTES: Final = 1_024
"""A shorter text is copied twice sooner than a view of it is made."""


class FastLane:
    """Cuts what is read into messages and wsproto's events.

    Args:
        connection: wsproto's side, its handshake complete. All it receives comes from here.
        max_bytes: A longer frame is left to wsproto, piece by piece, for its reader to refuse.
    """

    __slots__ = (
        "_connection",
        "_is_fragmented",
        "_is_over",
        "_kept",
        "_max_bytes",
        "_n_kept",
        "_payload_at",
        "_slow_head",
        "_slow_left",
    )

    def __init__(self, connection: Connection, max_bytes: int) -> None:
        self._connection = connection
        self._max_bytes = max_bytes
        self._kept = bytearray()  # of a frame that straddles, as long as is worth another look
        self._n_kept = 0  # bytes of it that are there
        self._payload_at = 0  # where its payload begins, once it is known to be one for the lane
        self._slow_head = b""  # the start of a frame that wsproto has, and does not say how long
        self._slow_left = 0  # bytes still to come of a frame that wsproto has the start of
        self._is_fragmented = False  # wsproto has the start of a message
        self._is_over = False

    def feed(self, chunk: bytes, admit: Admit) -> Iterator[Any]:
        """What *chunk* completes, each cut when it is asked for, while it is warm in the cache.

        What *admit* raises comes out. Run it to its end before the next call. After a close frame,
        or what wsproto reports like one, nothing more comes.
        """
        pos = 0
        end = len(chunk)
        while pos < end and not self._is_over:
            if self._n_kept:
                pos = yield from self._rejoin(chunk, pos, admit)
            elif self._slow_left or self._slow_head:
                pos = yield from self._slow(chunk, pos, admit)
            else:
                pos = yield from self._cut(chunk, pos, admit)

    def _cut(self, data: bytes, pos: int, admit: Admit) -> Generator[Any, None, int]:
        """Take the frames that begin at *pos*, one after the other; keep what is left over."""
        end = len(data)
        max_bytes = self._max_bytes
        is_client = self._connection.client  # what comes to a server is masked
        view = memoryview(data)
        while end - pos >= 2:
            opcode = data[pos]
            size = data[pos + 1]
            start = pos + 2
            if opcode in _DATA and is_client and not self._is_fragmented:
                least = 0
                if size == _TWO_BYTES:
                    start = pos + 4
                    least = _TWO_BYTES
                elif size == _EIGHT_BYTES:
                    start = pos + 10
                    least = 2**16
                if start > end:
                    return self._keep(data, pos, start - pos)
                if size == _TWO_BYTES:
                    size = data[pos + 2] << 8 | data[pos + 3]
                elif least:
                    size = int.from_bytes(data[pos + 2 : start], "big")
                elif size >= _MASK_BIT:
                    size = -1
                stop = start + size
                if least <= size <= max_bytes:
                    if stop > end:
                        if opcode == _BINARY or data[start:].isascii():
                            self._payload_at = start - pos
                            return self._keep(data, pos, stop - pos)
                    elif opcode == _BINARY:
                        yield data[start:stop]
                        pos = stop
                        continue
                    else:
                        try:
                            if size < VIEW_FROM_BYTES:
                                text = data[start:stop].decode("ascii")
                            else:
                                text = str(view[start:stop], "ascii")
                        except UnicodeDecodeError:
                            pass
                        else:
                            yield text
                            pos = stop
                            continue
            pos = yield from self._slow(data, pos, admit)
            if self._slow_left or self._slow_head or self._is_over:
                return pos
        return self._keep(data, pos, 2) if pos < end else end

    def _keep(self, data: bytes, pos: int, wanted: int) -> int:
        self._kept = bytearray(wanted)
        self._n_kept = len(data) - pos
        self._kept[: self._n_kept] = memoryview(data)[pos:]
        return len(data)

    def _rejoin(self, chunk: bytes, pos: int, admit: Admit) -> Generator[Any, None, int]:
        """Add to the frame that straddles, and take it once it is whole.

        Decoding the whole checks its last piece; those before are checked when they come.
        """
        frame, payload_at = self._kept, self._payload_at
        known = self._n_kept
        stop = min(len(chunk), pos + len(frame) - known)
        self._n_kept += stop - pos
        frame[known : self._n_kept] = memoryview(chunk)[pos:stop]
        is_whole = self._n_kept == len(frame)
        is_text = payload_at > 0 and frame[0] == _TEXT
        if is_text and not is_whole and not chunk[pos:stop].isascii():
            yield from self._hand_over(known, admit)
        elif is_whole and is_text:
            try:
                text = str(memoryview(frame)[payload_at:], "ascii")
            except UnicodeDecodeError:
                yield from self._hand_over(known, admit)
            else:
                self._forget()
                yield text
        elif is_whole:
            self._forget()
            if payload_at:
                yield bytes(memoryview(frame)[payload_at:])
            else:
                yield from self._cut(bytes(frame), 0, admit)
        return stop

    def _hand_over(self, n_before: int, admit: Admit) -> Generator[Any, None, None]:
        """What was kept is for wsproto after all: what it should have had before, and the piece."""
        start = bytes(memoryview(self._kept)[: self._n_kept])
        self._forget()
        yield from self._slow(start[:n_before], 0, admit)
        yield from self._slow(start, n_before, admit)

    def _forget(self) -> None:
        self._kept = bytearray()
        self._n_kept = self._payload_at = 0

    def _slow(self, data: bytes, pos: int, admit: Admit) -> Generator[Any, None, int]:
        """Give wsproto what there is of one frame."""
        if not self._slow_left:
            known = len(self._slow_head)
            head = self._slow_head + data[pos : pos + _MAX_HEAD - known]
            size = _frame_bytes(head)
            self._slow_head = head if size is None else b""
            self._slow_left = len(head) - known if size is None else size - known
        piece = data[pos : pos + self._slow_left]
        self._slow_left -= len(piece)
        self._connection.receive_data(piece)
        for event in self._connection.events():
            if isinstance(event, Message):
                self._is_fragmented = not event.message_finished
            elif isinstance(event, CloseConnection):
                self._is_over = True
            item = admit(event)
            if item is not None:
                yield item
        return pos + len(piece)


def _frame_bytes(head: bytes) -> int | None:
    """How long a frame is in all, where its head says so yet."""
    if len(head) < 2:
        return None
    size = head[1] & ~_MASK_BIT
    n_more = {_TWO_BYTES: 2, _EIGHT_BYTES: 8}.get(size, 0)
    if len(head) < 2 + n_more:
        return None
    if n_more:
        size = int.from_bytes(head[2 : 2 + n_more], "big")
    return 2 + n_more + (_KEY_BYTES if head[1] & _MASK_BIT else 0) + size


class FrameMaker:
    """Writes whole messages as frames, header and payload in one buffer.

    Args:
        is_client: Whether they are masked, each with a key of its own.
    """

    __slots__ = ("_at", "_mask_bit", "_pool")

    def __init__(self, *, is_client: bool) -> None:
        self._mask_bit = _MASK_BIT if is_client else 0
        self._pool = b""
        self._at = 0

    def make(self, payload: bytes, *, is_text: bool) -> bytes:
        """A whole message; text must be UTF-8."""
        opcode = _TEXT if is_text else _BINARY
        size = len(payload)
        if size < _TWO_BYTES:
            head = bytes((opcode, self._mask_bit | size))
        elif size < 2**16:
            head = bytes((opcode, self._mask_bit | _TWO_BYTES, size >> 8, size & 255))
        else:
            head = bytes((opcode, self._mask_bit | _EIGHT_BYTES)) + size.to_bytes(8, "big")
        if not self._mask_bit:
            return head + payload
        at = self._at
        if at == len(self._pool):
            self._pool = os.urandom(POOL_KEYS * _KEY_BYTES)
            at = 0
        self._at = at + _KEY_BYTES
        key = self._pool[at : self._at]
        return mask(payload, key, head + key)
