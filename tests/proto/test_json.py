"""Both JSON libraries and both base64 libraries give what the head of `_json` promises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.strategies import free_json, free_json_object, texts
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_proto import _json
from realtime_proto._json import (
    MAX_DEPTH,
    base64_decode,
    base64_encode,
    check_json,
    dumps,
    loads,
    nests_deeper,
)

BAD_DOCUMENTS = {
    "empty": b"",
    "white space": b" \n",
    "truncated": b'{"a":',
    "trailing comma": b'{"a":1,}',
    "two values": b"{}{}",
    "single quotes": b"{'a':1}",
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "a number beyond float": b'{"a":1e999}',
    "an integer beyond float": b'{"a":' + b"9" * 5_000 + b"}",
    "leading zero": b'{"a":01}',
    "control character": b'{"a":"\x01"}',
    "lone high surrogate": b'{"a":"\\ud800"}',
    "lone low surrogate": b'{"a":"\\uDFFF"}',
    "lone surrogate in a key": b'{"\\ud800":1}',
    "CESU-8": b'{"a":"\xed\xa0\xbd\xed\xb8\x80"}',
    "bad UTF-8": b'{"a":"\xff"}',
    "truncated UTF-8": b'{"a":"\xc3',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a":1}'.encode("utf-16-le"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "100,000 nested arrays": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 open brackets": b"[" * 100_000,
}

BOTH = pytest.mark.parametrize("parse", [_json._loads_stdlib, _json._parse])


@BOTH
@pytest.mark.parametrize("document", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_what_is_not_json_is_a_value_error(monkeypatch, parse, document) -> None:
    """Whichever library is installed, the same documents are refused."""
    monkeypatch.setattr(_json, "_parse", parse)
    with pytest.raises(ValueError, match=r"\S"):
        loads(document)


@BOTH
def test_what_is_no_text_is_a_value_error(monkeypatch, parse) -> None:
    """Where a caller's own JSON may hold anything."""
    monkeypatch.setattr(_json, "_parse", parse)
    for value in (5, None, []):
        with pytest.raises(ValueError, match=r"\S"):
            loads(value)  # type: ignore[arg-type]


@BOTH
@pytest.mark.parametrize(
    ("document", "value"),
    [
        ('{"a":1,"a":2}', {"a": 2}),
        ('{"a":18446744073709551615}', {"a": 2**64 - 1}),
        ('{"a":-9223372036854775808}', {"a": -(2**63)}),
        ('{"a":"\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"a":"\\u0000"}', {"a": "\0"}),
        ('{"a":[1.5,-0,1e3]}', {"a": [1.5, 0, 1000.0]}),
    ],
)
def test_what_is_json_is_read(monkeypatch, parse, document, value) -> None:
    """Text, bytes and views read alike; of duplicate keys the last wins."""
    monkeypatch.setattr(_json, "_parse", parse)
    assert value == loads(document)
    assert value == loads(document.encode())
    assert value == loads(memoryview(document.encode()))


@BOTH
@pytest.mark.parametrize(
    "number", ["18446744073709551616", "-9223372036854775809", "1" * 25, "1" + "0" * 300]
)
def test_an_integer_beyond_64_bits_becomes_a_float(monkeypatch, parse, number) -> None:
    """A typed integer field then refuses it."""
    monkeypatch.setattr(_json, "_parse", parse)
    value = loads(f'{{"a":{number}}}')["a"]
    assert type(value) is float
    assert value == float(number)


@pytest.mark.parametrize(
    ("document", "kind"),
    [("[]", "array"), ('"a"', "string"), ("null", "null"), ("true", "boolean"), ("1", "number")],
)
def test_a_frame_holds_an_object(document, kind) -> None:
    """Anything else is refused by name."""
    with pytest.raises(ValueError, match=f"expected a JSON object, got {kind}"):
        loads(document)


def test_text_with_lone_surrogates_is_refused() -> None:
    """A str that no UTF-8 can carry never came over a WebSocket."""
    with pytest.raises(ValueError, match="surrogates"):
        loads('{"a":"\ud800"}')


@BOTH
def test_depth_is_limited_exactly(monkeypatch, parse) -> None:
    """MAX_DEPTH levels are read, one more is not; many brackets side by side are no depth."""
    monkeypatch.setattr(_json, "_parse", parse)
    deepest = {"a": json.loads("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))}
    assert deepest == loads(json.dumps(deepest))
    with pytest.raises(ValueError, match="nests more than 64 deep"):
        loads(json.dumps({"a": deepest}))
    wide = {"a": [{}] * 100}
    assert wide == loads(json.dumps(wide))
    assert not nests_deeper(deepest)
    assert nests_deeper({"a": deepest})


@given(free_json_object)
def test_both_libraries_agree_on_good_json(value: dict[str, Any]) -> None:
    """What one writes, both read back the same."""
    for write in (_json._dumps_stdlib, dumps):
        text = write(value)
        assert value == _json._loads_stdlib(text.encode()) == _json._parse(text.encode())


@given(st.text(alphabet='{}[]",:\\ud8c0 -+.eE019ntrufalse', max_size=14))
@example('"\\ud8')
def test_both_libraries_agree_on_bad_json(text: str) -> None:
    """Where one refuses, so does the other."""

    def read(parse: Any) -> Any:
        try:
            return repr(parse(text.encode()))
        except ValueError:
            return "refused"

    assert read(_json._parse) == read(_json._loads_stdlib)


@given(free_json)
def test_check_json_passes_what_json_carries(value: Any) -> None:
    """It gives the value back, equal."""
    assert value == check_json(value)


def test_check_json_takes_tuples_and_mappings() -> None:
    """They become lists and dicts."""
    assert check_json({"a": (1, {"b": ()})}) == {"a": [1, {"b": []}]}


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (object(), "object is not JSON"),
        (b"x", "bytes is not JSON"),
        ({1, 2}, "set is not JSON"),
        (float("nan"), "not finite"),
        (float("-inf"), "not finite"),
        (2**64, "beyond 64 bits"),
        (-(2**63) - 1, "beyond 64 bits"),
        ("\udfff", "lone surrogates"),
        ({"\ud800": 1}, "lone surrogates"),
        ({1: 2}, "a key that is no string but int"),
        ([[object()]], "object is not JSON"),
    ],
)
def test_check_json_refuses_the_rest(value, fault) -> None:
    """By saying what is wrong."""
    with pytest.raises(ValueError, match=fault):
        check_json(value)


def test_check_json_ends_on_a_loop() -> None:
    """A list that holds itself nests too deep."""
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="nests more than"):
        check_json(loop)


@given(st.binary(max_size=40))
def test_base64_round_trip(data: bytes) -> None:
    """Both libraries write the same text and read it back."""
    text = base64_encode(data)
    assert text == _json._encode_stdlib(data)
    assert data == base64_decode(text) == _json._decode_stdlib(text, None, True)


@given(st.text(alphabet="AB9z=+/-_ \né", max_size=9))
@example("AAAA====")
@example("AA==AA==")
def test_both_base64_libraries_agree(text: str) -> None:
    """Where one refuses, so does the other."""

    def read(decode: Any, *arguments: Any) -> Any:
        try:
            return decode(text, *arguments)
        except ValueError:
            return "refused"

    assert read(base64_decode) == read(_json._decode_stdlib, None, True)


@pytest.mark.parametrize(
    "text", ["A", "AAA", "AAAA====", "AA==AA==", "AA A", "AAAA\n", "AA-_", "AAA*", "é" * 4, "===="]
)
def test_base64_is_strict(text) -> None:
    """No white space, no other alphabet, no missing or surplus padding."""
    with pytest.raises(ValueError, match="not base64"):
        base64_decode(text)


@given(texts)
def test_dumps_is_compact_text(text: str) -> None:
    """No spaces between tokens, no escapes where UTF-8 needs none."""
    assert dumps({"a": [text, 1]}).startswith('{"a":["')
    assert '{"a":"ü"}' == dumps({"a": "ü"}) == _json._dumps_stdlib({"a": "ü"})
