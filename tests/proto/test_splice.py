"""Audio spliced out of a frame gives what the plain way gives, whatever the frame is."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_proto import _connection
from realtime_proto._splice import REST_LIMIT, SPLICE_FROM, Splice
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.gemini import GeminiConnection, GeminiServerConnection
from realtime_proto.openai import OpenAIConnection, OpenAIServerConnection

if TYPE_CHECKING:
    from realtime_proto._connection import Connection

AUDIO = bytes(range(256)) * 16
TEXT = base64.b64encode(AUDIO).decode()

OPENAI_SERVER: dict[str, Any] = {
    "type": "response.output_audio.delta",
    "event_id": "event_1",
    "response_id": "resp_1",
    "item_id": "item_1",
    "output_index": 0,
    "content_index": 0,
    "delta": TEXT,
}
OPENAI_CLIENT: dict[str, Any] = {"type": "input_audio_buffer.append", "audio": TEXT}
BLOB = {"mimeType": "audio/pcm;rate=24000", "data": TEXT}
GEMINI_SERVER: dict[str, Any] = {
    "serverContent": {"modelTurn": {"parts": [{"inlineData": BLOB}]}, "outputTranscription": {}},
    "usageMetadata": {"totalTokenCount": 1},
}
GEMINI_CLIENT: dict[str, Any] = {"realtimeInput": {"audio": BLOB}}

ROLES = [
    pytest.param(OpenAIConnection, OPENAI_SERVER, id="openai client"),
    pytest.param(OpenAIServerConnection, OPENAI_CLIENT, id="openai server"),
    pytest.param(GeminiConnection, GEMINI_SERVER, id="gemini client"),
    pytest.param(GeminiServerConnection, GEMINI_CLIENT, id="gemini server"),
]


def result(connection: type[Any], frame: Any, *, plain: bool) -> Any:
    """All that *connection* makes of *frame*, with or without splicing, at any length."""
    reader: Any = type("Plain", (connection,), {"_splice": None}) if plain else connection
    one: Connection[Any, Any, Any] = reader()
    try:
        with mock.patch.object(_connection, "SPLICE_FROM", 0):
            events = one.receive(frame)
    except RemoteProtocolError as error:
        return str(error), error.paths, error.excerpt, error.tag, error.events, dict(one.drift)
    return events, [repr(event) for event in events], dict(one.drift), one.phase


def is_spliced(connection: Any, frame: Any) -> bool:
    """Whether the detour is taken."""
    return connection._splice.loads(frame) is not None


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(("connection", "frame"), ROLES)
def test_audio_is_spliced_out(connection, frame, indent) -> None:
    """Compact or spread over lines, where it stands in real frames."""
    text = json.dumps(frame, indent=indent, separators=None if indent else (",", ":"))
    assert len(text) > SPLICE_FROM
    for form in (text, text.encode(), memoryview(text.encode())):
        assert is_spliced(connection, form)
        assert result(connection, form, plain=True) == result(connection, form, plain=False)
    assert result(connection, text, plain=True) == result(connection, text, plain=False)
    assert AUDIO in repr_of_bytes(connection().receive(text))
    assert result(connection, text.encode(), plain=True) == result(connection, text, plain=False)


def repr_of_bytes(events: Any) -> list[bytes]:
    """The audio of the first event."""
    (event, *_) = events
    for path in ("delta", "audio", "model_turn.parts.0.inline_data.data", "audio.data"):
        value = event
        try:
            for name in path.split("."):
                value = value[int(name)] if name.isdigit() else getattr(value, name)
        except AttributeError:
            continue
        if isinstance(value, bytes):
            return [value]
    raise AssertionError(event)


ODD_TEXTS = [
    TEXT,
    TEXT[:-1],
    TEXT + "====",
    TEXT.replace("A", "-"),
    TEXT.replace("A", "\\u0041"),
    TEXT.replace("/", "\\/"),
    TEXT + "\\n",
    TEXT[:400] + " " + TEXT[400:],
    TEXT[:400] + "\n" + TEXT[400:],
    TEXT[:400] + "é" + TEXT[400:],
    TEXT[:400] + "\ud800" + TEXT[400:],
    "A" * 4_000,
    "",
    "@audio@",
]

ODD_ENDS = [
    "",
    ',"x":1',
    ',"x":"@audio@"',
    ',"x":"\\u0040audio@"',
    ',"x":"\\\\"',
    f',"x":"{"x" * REST_LIMIT}"',
    ',"delta":"AAAA"',
    ',"delta":null',
    ',"type":"response.output_text.delta"',
    ',"type":5',
    ',"event_id":NaN',
    ',"event_id":"\ud800"',
    ',"x":' + "[" * 70 + "]" * 70,
    ",}",
    "}",
]

STARTS = [
    '{"type":"response.output_audio.delta",',
    '{"type":"response.audio.delta",',
    '{"type":"response.output_text.delta",',
    '{"type":"response.output_audio.delta","delta":"AAAA",',
    '{"type":"response.output_audio.delta","x\\"delta":"AAAA",',
    '{"type":"response.output_audio.delta","x":{"delta":"AAAA"},',
    '{"type":"response.output_audio.delta","part":{"delta":"AAAA",',
    '{"type":"no.such.event",',
    "[",
    "{",
    f'{{"type":"response.output_audio.delta","pad":"{"x" * REST_LIMIT}",',
]

NEEDED = '"event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":0,"delta"'


@given(
    start=st.sampled_from(STARTS),
    needed=st.sampled_from([NEEDED, '"delta"', '"x":1,"delta"', NEEDED.replace("0", "null")]),
    colon=st.sampled_from([":", ": ", " :", ":\n", ":[", ":   "]),
    text=st.sampled_from(ODD_TEXTS) | st.text(alphabet='AB9z=+/-_ \\"', max_size=9),
    end=st.sampled_from(ODD_ENDS),
)
@example(STARTS[0], NEEDED, ":", TEXT, "")
@example(STARTS[0], NEEDED, ":", TEXT, ODD_ENDS[6])
@example(STARTS[4], NEEDED, ":", TEXT, "")
def test_spliced_or_not_is_the_same(start, needed, colon, text, end) -> None:
    """For frames that are nearly audio: events, errors, drift and phase."""
    frame = f'{start}{needed}{colon}"{text}"{end}}}'
    assert result(OpenAIConnection, frame, plain=True) == result(
        OpenAIConnection, frame, plain=False
    )


GEMINI_FRAMES = [
    '{"serverContent":%s}',
    '{"serverContent":%s,"serverContent":{}}',
    '{"server_content":%s}',
    '{"serverContent":{},"server_content":%s}',
    '{"server_content":%s,"serverContent":%s}',
    '{"toolCall":%s}',
    '{"unknown":%s}',
    "[%s]",
]
GEMINI_CONTENTS = [
    '{"modelTurn":{"parts":[{"inlineData":%s}]}}',
    '{"modelTurn":{"parts":[{"inlineData":%s,"inline_data":{}}]}}',
    '{"modelTurn":{"parts":[{"inline_data":%s,"inlineData":{}}]}}',
    '{"modelTurn":{"parts":[{"inline_data":%s}]}}',
    '{"modelTurn":{"parts":[{},{"inlineData":%s}]}}',
    '{"modelTurn":{"parts":[{"unknown":%s}]}}',
    '{"modelTurn":{"parts":{"0":{"inlineData":%s}}}}',
    '{"modelTurn":{"parts":[]},"x":%s}',
    '{"modelTurn":[%s]}',
    "[%s]",
]
BLOBS = [
    '{"mimeType":"audio/pcm","data":"%s"}',
    '{"data":"%s","mimeType":"audio/pcm"}',
    '{"data":"%s","data":"AAAA"}',
    '{"data":"AAAA","data":"%s"}',
    '{"data": "%s"}',
    '{"data":["%s"]}',
    '"%s"',
]


@given(
    frame=st.sampled_from(GEMINI_FRAMES),
    content=st.sampled_from(GEMINI_CONTENTS),
    blob=st.sampled_from(BLOBS),
    text=st.sampled_from(ODD_TEXTS),
)
def test_spliced_or_not_is_the_same_for_members_in_members(frame, content, blob, text) -> None:
    """Where the text may stand at other places than the first part."""
    message = frame.replace("%s", content).replace("%s", blob).replace("%s", text)
    assert result(GeminiConnection, message, plain=True) == result(
        GeminiConnection, message, plain=False
    )


@given(
    frame=st.sampled_from(
        [
            '{"realtimeInput":{"audio":%s}}',
            '{"realtime_input":{"audio":%s}}',
            '{"realtime_input":{"audio":%s},"realtimeInput":{}}',
            '{"realtime_input":{},"realtimeInput":{"audio":%s}}',
            '{"realtimeInput":{"video":%s}}',
            '{"realtimeInput":[%s]}',
            '{"setup":%s}',
        ]
    ),
    blob=st.sampled_from(BLOBS),
    text=st.sampled_from(ODD_TEXTS),
)
def test_what_a_client_sends_is_the_same(frame, blob, text) -> None:
    """In the other role too."""
    message = frame.replace("%s", blob).replace("%s", text)
    assert result(GeminiServerConnection, message, plain=True) == result(
        GeminiServerConnection, message, plain=False
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame + b"\xff",
        lambda frame: b"\xef\xbb\xbf" + frame,
        lambda frame: frame.replace(b"event_1", b"\xc3\xa9v\xc3\xa9nement"),
        lambda frame: frame.replace(b"event_1", b"\xed\xa0\x80"),
        lambda frame: memoryview(b"".join(bytes([byte, 0]) for byte in frame))[::2],
    ],
    ids=["bad UTF-8", "byte order mark", "not ASCII", "a surrogate", "a view with gaps"],
)
def test_bytes_that_are_not_as_usual_are_the_same(change) -> None:
    """A binary frame is text in UTF-8, or is refused."""
    frame = change(json.dumps(OPENAI_SERVER, separators=(",", ":")).encode())
    assert result(OpenAIConnection, frame, plain=True) == result(
        OpenAIConnection, frame, plain=False
    )


def test_a_holder_that_is_no_object_is_no_place_for_bytes() -> None:
    """Whatever the finder gives."""
    splice = Splice("a", lambda frame: [frame])
    assert splice.loads('{"a":"AAAA"}') is None
    assert Splice("a", lambda frame: frame).loads('{"a":"AAAA"}') == {"a": bytes(3)}
