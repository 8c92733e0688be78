"""permessage-deflate with a bound. Off unless asked for: it costs ten times the CPU on audio.

wsproto's own extension inflates whatever a frame holds: 260 KB on the wire are 256 MiB in memory.
This one stops at the limit of a message, in the middle of a frame. It also takes what wsproto's
trips over: a control frame between the fragments of a compressed message, and a message whose last
block says that it is the last (BFINAL, RFC 7692 7.2.3.5), after which zlib wants a new start.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import CloseReason, Opcode, RsvBits

if TYPE_CHECKING:
    from wsproto.frame_protocol import FrameDecoder, FrameProtocol

__all__ = ("DEFLATE_READ_BYTES", "BoundedDeflate")

DEFLATE_READ_BYTES: Final = 4 * 2**10
"""Read at once where compression is on: what one read inflates to holds up everybody else."""

_TAIL: Final = b"\x00\x00\xff\xff"
"""RFC 7692 7.2.2: left out by the sender, and to be put back."""

_WINDOW_BYTES: Final = 32 * 2**10


class BoundedDeflate(PerMessageDeflate):
    """permessage-deflate that inflates no message beyond a limit.

    Args:
        max_bytes: Of one message, inflated.
    """

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes
        self._is_client = True
        self._left = max_bytes
        self._is_compressed = False  # the message that is coming in
        self._is_data = False  # the frame that is coming in
        self._inflater: zlib._Decompress | None = None
        self._window = b""  # the end of what was inflated: what comes may refer to it

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """Whether the bit RSV1, which says "compressed", may be where it is."""
        self._is_client = proto.client
        self._is_data = not opcode.iscontrol()
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_compressed = rsv.rsv1
            self._left = self._max_bytes
        elif rsv.rsv1:
            return CloseReason.PROTOCOL_ERROR  # RFC 7692 6.1: on a message's first frame alone
        return RsvBits(True, False, False)

    def frame_inbound_payload_data(
        self, proto: FrameDecoder | FrameProtocol, data: bytes
    ) -> bytes | CloseReason:
        """Inflate a piece of a frame, as far as the message's limit."""
        if not self._is_data or not self._is_compressed:
            return data
        return self._inflate(data)

    def frame_inbound_complete(
        self, proto: FrameDecoder | FrameProtocol, fin: bool
    ) -> bytes | CloseReason | None:
        """At the end of a message, what the inflater still holds."""
        if not fin or not self._is_data or not self._is_compressed:
            return None
        data = self._inflate(_TAIL)
        self._is_compressed = False
        if self._resets_context():
            self._inflater = None
            self._window = b""
        return data

    def _resets_context(self) -> bool:
        """Whether the peer's messages are compressed each for itself."""
        if self._is_client:
            return self.server_no_context_takeover
        return self.client_no_context_takeover

    def _inflate(self, data: bytes) -> bytes | CloseReason:
        out = bytearray()
        try:
            while data:
                if self._inflater is None or self._inflater.eof:
                    self._inflater = self._new_inflater()
                # One byte more than may be, for a message of the limit to be told from one over it;
                # and zlib takes 0 for no limit.
                piece = self._inflater.decompress(data, self._left + 1)
                if len(piece) > self._left:
                    return CloseReason.MESSAGE_TOO_BIG
                out += piece
                self._left -= len(piece)
                self._window = (self._window + piece)[-_WINDOW_BYTES:]
                data = self._inflater.unused_data if self._inflater.eof else b""
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        return bytes(out)

    def _new_inflater(self) -> zlib._Decompress:
        bits = self.server_max_window_bits if self._is_client else self.client_max_window_bits
        if self._window:
            return zlib.decompressobj(-bits, zdict=self._window[-(1 << bits) :])
        return zlib.decompressobj(-bits)
