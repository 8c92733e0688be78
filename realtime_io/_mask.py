"""Masks what a client sends (RFC 6455 5.3): XOR with the frame's key of four bytes, over and over.

bitarray does the work where it is installed, the standard library elsewhere: a frame of 10 KB takes
it 1 us, and Python itself 9, which is more than everything else that sending takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("mask",)

PIECE_BYTES: Final = 16 * 2**10
"""Masked at once. What is needed besides is as long: with a long message it would be more than
malloc keeps, and the kernel would have to give it anew for each."""

_ALL_BYTES: Final = int.from_bytes(bytes(range(256)), "big")
_ONES: Final = int.from_bytes(b"\x01" * 256, "big")
_XOR: Final = tuple((_ALL_BYTES ^ byte * _ONES).to_bytes(256, "big") for byte in range(256))
"""For each byte of a key, the table that masks with it."""


def _mask_stdlib(payload: bytes, key: bytes, head: bytes = b"") -> bytes:
    masked = bytearray(payload)
    for i, byte in enumerate(key[: len(payload)]):
        masked[i::4] = masked[i::4].translate(_XOR[byte])
    return b"".join((head, masked))


mask: Callable[..., bytes]
"""A payload, masked or unmasked with a key of four bytes, behind a head that is left as it is."""

try:
    from bitarray import bitarray
except ImportError:  # pragma: no cover - decided by what is installed
    mask = _mask_stdlib
else:

    def _mask_bitarray(payload: bytes, key: bytes, head: bytes = b"") -> bytes:
        if len(payload) > PIECE_BYTES:  # each a multiple of the key's length
            starts = range(0, len(payload), PIECE_BYTES)
            return b"".join((head, *[_xor(payload[i : i + PIECE_BYTES], key) for i in starts]))
        return b"".join((head, _xor(payload, key)))

    def _xor(payload: bytes, key: bytes) -> bitarray:
        bits = bitarray()
        bits.frombytes(payload)
        keys = bitarray()
        keys.frombytes(key)
        keys *= -(-len(payload) // len(key))
        del keys[len(bits) :]
        bits ^= keys
        return bits

    mask = _mask_bitarray
