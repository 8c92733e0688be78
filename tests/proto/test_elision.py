"""Frames as a recording keeps them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto._elision import describe_bytes, drop, pack_frame, unpack_frame
from realtime_proto._portable import MAX_AUDIO_BYTES
from realtime_proto.redaction import Redactor

REDACTOR = Redactor()
PCM = bytes(range(256))
AUDIO = base64.b64encode(PCM).decode()


@given(
    st.one_of(
        st.text(),
        st.binary(),
        st.builds(
            lambda before, pcm, name: json.dumps(
                {"x": before, name: base64.b64encode(pcm).decode()}
            ),
            st.text(),
            st.binary(max_size=200),
            st.sampled_from(["delta", "audio", "data", "other"]),
        ),
    )
)
def test_an_inline_frame_comes_back_to_the_byte(frame: str | bytes) -> None:
    """Text or binary, JSON or not, UTF-8 or not."""
    packed = pack_frame(frame, Redactor(is_on=False))
    assert frame == unpack_frame(json.loads(json.dumps(packed)))


@given(st.lists(st.binary(min_size=48, max_size=200), min_size=1, max_size=4), st.booleans())
def test_dropped_audio_comes_back_as_silence_of_its_length(
    pieces: list[bytes], is_binary: bool
) -> None:
    """The frame is as long as it was, and says the same but for the samples."""
    value = {"parts": [{"data": base64.b64encode(piece).decode(), "n": 1} for piece in pieces]}
    text = json.dumps(value)
    packed = pack_frame(text.encode() if is_binary else text, REDACTOR, cut=drop)
    assert [describe_bytes(piece) for piece in pieces] == [
        {"n_bytes": cut["n_bytes"], "sha256": cut["sha256"]} for cut in packed["audio"]
    ]
    again = unpack_frame(packed)
    assert is_binary is isinstance(again, bytes)
    assert len(text) == len(again)
    parts = json.loads(again)["parts"]
    assert [bytes(len(p)) for p in pieces] == [base64.b64decode(part["data"]) for part in parts]


def test_the_url_safe_alphabet_is_audio_too() -> None:
    """Its hash is that of the bytes."""
    text = json.dumps({"data": base64.urlsafe_b64encode(b"\xff" * 60).decode()})
    (cut,) = pack_frame(text, REDACTOR, cut=drop)["audio"]
    assert describe_bytes(b"\xff" * 60) == {"n_bytes": cut["n_bytes"], "sha256": cut["sha256"]}


@pytest.mark.parametrize(
    "value",
    [
        {"delta": "a text with spaces in it is what a transcript looks like, and no audio"},
        {"delta": "AAAA"},
        {"delta": "A" * 65},
        {"other": AUDIO},
    ],
)
def test_what_is_no_audio_stays(value: dict[str, str]) -> None:
    """Short, not base64, or under another name."""
    text = json.dumps(value)
    assert {"frame": text} == pack_frame(text, REDACTOR, cut=drop)


def test_credentials_are_taken_out_around_the_audio_and_not_in_it() -> None:
    """base64 can look like a key."""
    looks_like_a_key = "AIza" + "B" * 64
    text = json.dumps({"k": "sk-0123456789", "audio": looks_like_a_key, "l": "ek_0123456789"})
    packed = pack_frame(text, REDACTOR)
    assert {
        "k": "<redacted:openai-key>",
        "audio": looks_like_a_key,
        "l": "<redacted:ephemeral-key>",
    } == json.loads(packed["frame"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"frame": 5},
        {"frame": "x", "audio": 5},
        {"frame": "x", "audio": [5]},
        {"frame": "x", "audio": [{"at": 0}]},
        {"frame": "x", "audio": [{"at": -1, "n_bytes": 0}]},
        {"frame": "x", "audio": [{"at": True, "n_bytes": 0}]},
        {"frame": "x", "audio": [{"at": 2, "n_bytes": 0}]},
        {"frame": "x", "audio": [{"at": 1, "n_bytes": 0}, {"at": 0, "n_bytes": 0}]},
        {"frame": "x", "audio": [{"at": 0, "n_bytes": MAX_AUDIO_BYTES + 1}]},
        {"base64": "*"},
        {"base64": "/////w=="},
    ],
)
def test_a_record_that_holds_no_frame_is_refused(body: dict[str, Any]) -> None:
    """With a ValueError, whatever is wrong with it."""
    with pytest.raises(ValueError, match=r"."):
        unpack_frame(body)
