"""Masking, by whoever does it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_io import _mask

if TYPE_CHECKING:
    from collections.abc import Callable

Mask: TypeAlias = "Callable[[bytes, bytes], bytes]"

with_each = pytest.mark.parametrize(
    "mask",
    [
        pytest.param(_mask.mask, id=_mask.mask.__name__),
        pytest.param(_mask._mask_stdlib, id="stdlib"),
    ],
)


@with_each
@given(payload=st.binary(max_size=70), key=st.binary(min_size=4, max_size=4))
def test_byte_by_byte(mask: Mask, payload: bytes, key: bytes) -> None:
    """RFC 6455 5.3: octet i is that of the payload XOR octet i modulo 4 of the key."""
    expected = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    assert expected == mask(payload, key)


@with_each
@pytest.mark.parametrize("size", [16_384, 16_385, 16_387, 100_001])
def test_a_long_payload_is_masked_throughout(mask: Mask, size: int) -> None:
    """In pieces: the key goes on where the last one ended."""
    payload = bytes(i % 251 for i in range(size))
    key = b"\x01\x80\xff\x10"
    assert bytes(byte ^ key[i % 4] for i, byte in enumerate(payload)) == mask(payload, key)


def test_the_rfc_s_example() -> None:
    """RFC 6455 5.7: "Hello" with the key 0x37fa213d."""
    assert bytes.fromhex("7f9f4d5158") == _mask.mask(b"Hello", bytes.fromhex("37fa213d"))


@pytest.mark.parametrize(
    ("missing", "name"), [("bitarray", "_mask_stdlib"), ("nothing", "_mask_bitarray")]
)
def test_what_is_installed_does_it(missing: str, name: str) -> None:
    """Without the speed-up the standard library takes over."""
    code = (
        "import sys; sys.modules[sys.argv[1]] = None; "
        "from realtime_io._mask import mask; print(mask.__name__, mask(b'abc', b'    '))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, missing], capture_output=True, text=True, check=True
    )
    assert f"{name} b'ABC'\n" == found.stdout
