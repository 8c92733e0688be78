"""Whatever a peer sends gets the documented result, the same with both JSON libraries, and the
connection goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.gemini import pair
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto import _json
from realtime_proto._connection import MAX_FRAME_BYTES
from realtime_proto._json import MAX_DEPTH
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.gemini import (
    ClientContent,
    GeminiConnection,
    GeminiServerConnection,
    GoAway,
    ToolCall,
)
from realtime_proto.openai import OpenAIConnection, RateLimitsUpdated
from realtime_proto.wire import UnknownEvent

LIBRARIES: dict[str, tuple[Any, Any]] = {
    "fast": (_json._parse, _json._decode),
    "stdlib": (_json._loads_stdlib, _json._decode_stdlib),
}


@pytest.fixture(params=LIBRARIES)
def library(request, monkeypatch) -> str:
    """Both pairs of libraries."""
    parse, decode = LIBRARIES[request.param]
    monkeypatch.setattr(_json, "_parse", parse)
    monkeypatch.setattr(_json, "_decode", decode)
    return str(request.param)


def openai() -> OpenAIConnection:
    """A client that is let in."""
    connection = OpenAIConnection()
    connection.receive('{"type":"session.created","session":{"type":"realtime"}}')
    return connection


def gemini() -> GeminiConnection:
    """A client whose session stands."""
    return pair()[0]


def gemini_server() -> GeminiServerConnection:
    """A server whose session stands."""
    return pair()[1]


NO_JSON_OBJECT: dict[str, str | bytes] = {
    "empty": "",
    "white space": "  \n",
    "a word": "hello",
    "a number": "5",
    "null": "null",
    "a string": '"type"',
    "a list": '[{"type":"error"}]',
    "cut off": '{"type":"rate_limits.upd',
    "two": "{}{}",
    "NaN": '{"type":"rate_limits.updated","event_id":NaN}',
    "Infinity": '{"goAway":{"timeLeft":-Infinity}}',
    "a number beyond float": '{"type":"error","x":1e999}',
    "5,000 digits": '{"type":"error","x":' + "9" * 5_000 + "}",
    "bad UTF-8": b'{"type":"\xff"}',
    "truncated UTF-8": b'{"type":"\xe2\x82',
    "UTF-16": '{"type":"error"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"type":"error"}'.encode("utf-16-be"),
    "a byte order mark": b'\xef\xbb\xbf{"type":"error"}',
    "a lone surrogate": '{"type":"\ud800"}',
    "an escaped lone surrogate": '{"type":"\\ud800"}',
    "100,000 open brackets": "[" * 100_000,
    "100,000 nested arrays": '{"x":' + "[" * 100_000 + "]" * 100_000 + "}",
    "100,000 nested objects": '{"x":' * 100_000 + "1" + "}" * 100_000,
    "one level too deep": '{"x":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1),
    "20 MiB": '{"type":"' + "x" * (20 * 2**20) + '"}',
    "20 MiB of bytes": b" " * (20 * 2**20),
    "one byte too long": "x" * (MAX_FRAME_BYTES + 1),
}
"""What is no frame of any protocol."""


@pytest.mark.parametrize("made", [openai, gemini, gemini_server])
@pytest.mark.parametrize("frame", NO_JSON_OBJECT.values(), ids=NO_JSON_OBJECT)
def test_what_is_no_json_object_is_refused_at_the_root(library, frame, made) -> None:
    """As text, bytes or a view of them; the excerpt is short; what comes next is read."""
    connection = made()
    before = connection.phase, connection.unexpected, dict(connection.drift)
    forms = [frame] if isinstance(frame, str) else [frame, memoryview(frame)]
    if isinstance(frame, str) and frame.isascii():
        forms.append(frame.encode())
    for form in forms:
        with pytest.raises(RemoteProtocolError) as caught:
            connection.receive(form)
        assert caught.value.paths == ("$",)
        assert caught.value.events == ()
        assert len(caught.value.excerpt) <= 200
        assert len(str(caught.value)) < 300
    assert before == (connection.phase, connection.unexpected, connection.drift)
    assert_it_goes_on(connection)


def assert_it_goes_on(connection: Any) -> None:
    """A good frame is read."""
    if isinstance(connection, OpenAIConnection):
        (event,) = connection.receive(
            '{"type":"rate_limits.updated","event_id":"e","rate_limits":[]}'
        )
        assert event == RateLimitsUpdated(event_id="e", rate_limits=())
    elif isinstance(connection, GeminiConnection):
        assert connection.receive('{"goAway":{}}') == [GoAway()]
    else:
        assert connection.receive('{"clientContent":{}}') == [ClientContent()]


def rate_limits(**change: Any) -> dict[str, Any]:
    """An event with *change*."""
    limit = {"name": "tokens", "limit": 1, "remaining": 1, "reset_seconds": 0.5}
    return {
        "type": "rate_limits.updated",
        "event_id": "e",
        "rate_limits": [{**limit, **change}],
    }


def audio(delta: Any) -> dict[str, Any]:
    """An audio event whose audio is *delta*."""
    return {
        "type": "response.output_audio.delta",
        "event_id": "e",
        "response_id": "r",
        "item_id": "i",
        "output_index": 0,
        "content_index": 0,
        "delta": delta,
    }


OPENAI_FAULTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "no type": ("{}", ("$.type",)),
    "null as type": ('{"type":null}', ("$.type",)),
    "a list as type": ('{"type":["error"]}', ("$.type",)),
    "an object as type": ('{"type":{}}', ("$.type",)),
    "a number as type": ('{"type":1}', ("$.type",)),
    "everything missing": ('{"type":"rate_limits.updated"}', ("$.rate_limits",)),
    "text for a number": (
        json.dumps(rate_limits(limit="1")),
        ("$.rate_limits[0].limit",),
    ),
    "true for a number": (
        json.dumps(rate_limits(limit=True, remaining=False)),
        ("$.rate_limits[0].limit", "$.rate_limits[0].remaining"),
    ),
    "null for text": (json.dumps({**audio("AAAA"), "item_id": None}), ("$.item_id",)),
    "an object for a list": (
        '{"type":"rate_limits.updated","event_id":"e","rate_limits":{}}',
        ("$.rate_limits",),
    ),
    "an integer beyond 64 bits": (
        json.dumps(rate_limits(limit=2**64)),
        ("$.rate_limits[0].limit",),
    ),
    "an integer far beyond 64 bits": (
        json.dumps(rate_limits(limit=-(10**300))),
        ("$.rate_limits[0].limit",),
    ),
    "base64 garbage": (json.dumps(audio("AAA*")), ("$.delta",)),
    "base64 without padding": (json.dumps(audio("AA")), ("$.delta",)),
    "base64 with a line break": (json.dumps(audio("AAAA\nAAAA")), ("$.delta",)),
    "surplus padding": (json.dumps(audio("AAAA====")), ("$.delta",)),
    "long base64 garbage": (json.dumps(audio("A" * 4_001)), ("$.delta",)),
    "a list for base64": (json.dumps(audio([0])), ("$.delta",)),
    "too many items": (
        json.dumps({**rate_limits(), "rate_limits": [{}] * 10_001}),
        ("$.rate_limits",),
    ),
}


@pytest.mark.parametrize(("frame", "paths"), OPENAI_FAULTS.values(), ids=OPENAI_FAULTS)
def test_a_malformed_event_is_refused_by_its_paths(library, frame, paths) -> None:
    """Every fault is named, and nothing of the frame is delivered."""
    connection = openai()
    with pytest.raises(RemoteProtocolError) as caught:
        connection.receive(frame)
    assert caught.value.paths == paths
    assert caught.value.events == ()
    assert_it_goes_on(connection)


GEMINI_FAULTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a list as a member": ('{"serverContent":[]}', ("$.serverContent",)),
    "text as a member": ('{"toolCall":"x"}', ("$.toolCall",)),
    "a number for a flag": (
        '{"serverContent":{"turnComplete":1}}',
        ("$.serverContent.turnComplete",),
    ),
    "both alphabets": (
        '{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"-_+/"}}]}}}',
        ("$.serverContent.modelTurn.parts[0].inlineData.data",),
    ),
    "an integer beyond 64 bits": (
        '{"usageMetadata":{"totalTokenCount":18446744073709551616}}',
        ("$.usageMetadata.totalTokenCount",),
    ),
    "an int64 beyond its range": (
        '{"sessionResumptionUpdate":{"lastConsumedClientMessageIndex":"9223372036854775808"}}',
        ("$.sessionResumptionUpdate.lastConsumedClientMessageIndex",),
    ),
}


@pytest.mark.parametrize(("frame", "paths"), GEMINI_FAULTS.values(), ids=GEMINI_FAULTS)
def test_a_malformed_member_is_refused_by_its_paths(library, frame, paths) -> None:
    """In the spelling the vendor documents."""
    connection = gemini()
    with pytest.raises(RemoteProtocolError) as caught:
        connection.receive(frame)
    assert caught.value.paths == paths
    assert_it_goes_on(connection)


def test_members_before_the_fault_are_told(library) -> None:
    """In the documented order, not in that of the wire."""
    connection = gemini()
    with pytest.raises(RemoteProtocolError) as caught:
        connection.receive('{"goAway":5,"toolCall":{}}')
    assert caught.value.events == (ToolCall(),)
    assert caught.value.tag == "goAway"


def test_an_empty_message_of_gemini_is_legal(library) -> None:
    """It says nothing."""
    assert gemini().receive("{}") == []


def test_of_duplicate_keys_the_last_wins(library) -> None:
    """At every level, also where the first would have been refused."""
    (event,) = openai().receive(
        '{"type":5,"type":"rate_limits.updated","event_id":"a","event_id":"b",'
        '"rate_limits":[5],"rate_limits":[]}'
    )
    assert event == RateLimitsUpdated(event_id="b", rate_limits=())


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**300])
def test_an_integer_beyond_64_bits_is_a_float_in_free_json(library, number) -> None:
    """It loses digits as it does in every other JSON library of small numbers."""
    (event,) = openai().receive(f'{{"type":"x.new","number":{number}}}')
    assert event == UnknownEvent(tag="x.new", raw={"type": "x.new", "number": float(number)})
    assert isinstance(event.raw["number"], float)


def test_64_bits_are_read_to_the_last(library) -> None:
    """Signed and unsigned."""
    for number in (2**64 - 1, -(2**63)):
        (event,) = openai().receive(f'{{"type":"x.new","number":{number}}}')
        assert event.raw["number"] == number  # type: ignore[union-attr]


def test_the_deepest_legal_frame_is_read(library) -> None:
    """As deep as the limit says, and not a level less."""
    inner = '{"x":' * (MAX_DEPTH - 1) + "1" + "}" * (MAX_DEPTH - 1)
    (event,) = openai().receive(f'{{"type":"x.new","x":{inner}}}')
    assert isinstance(event, UnknownEvent)


@given(frame=st.binary(max_size=200) | st.text(max_size=200))
def test_anything_else_is_an_event_or_refused(frame) -> None:
    """There is no third way, with either library, and both go the same."""
    fates = []
    for parse, decode in LIBRARIES.values():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_json, "_parse", parse)
            patch.setattr(_json, "_decode", decode)
            for made in (openai, gemini):
                try:
                    fates.append(made().receive(frame))  # type: ignore[attr-defined]
                except RemoteProtocolError as error:
                    fates.append(error.paths)
    assert fates[:2] == fates[2:]
