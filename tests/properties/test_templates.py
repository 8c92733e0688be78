"""Frames made from a template are those that the plain way makes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.strategies import events
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_proto.errors import LocalProtocolError
from realtime_proto.gemini import (
    Blob,
    GeminiConnection,
    GeminiServerConnection,
    RealtimeInput,
    Setup,
    SetupComplete,
)
from realtime_proto.openai import InputAudioBufferAppend, OpenAIConnection, OpenAIServerConnection
from realtime_proto.wire import UNSET, count_ids

LET_IN = '{"type":"session.created","session":{"type":"realtime"}}'

ids = st.sampled_from(
    ["evt_1", "3f2504e0-4f89", "a b", 'a"b', "a\\b", "é", "\n", "", "\ud800", 5, None, UNSET]
)


def openai_client(*, plain: bool, new_id: Any = "evt_1") -> Any:
    """A connection that may send, with or without its template."""
    cls: Any = type("Plain", (OpenAIConnection,), {"_template": lambda *_: None})
    made = (cls if plain else OpenAIConnection)(ids=lambda: new_id, max_frame_bytes=400)
    made.receive(LET_IN)
    return made


def gemini_client(*, plain: bool) -> Any:
    """A connection that may send, with or without its template."""
    cls: Any = type("Plain", (GeminiConnection,), {"_template": lambda *_: None})
    made, server = (
        (cls if plain else GeminiConnection)(max_frame_bytes=400),
        GeminiServerConnection(),
    )
    server.receive(made.send(Setup(model="models/m")))
    made.receive(server.send(SetupComplete()))
    return made


def said(connection: Any, *said: Any) -> list[str]:
    """What becomes of each event: a frame or a refusal."""
    results = []
    for event in said:
        try:
            results.append(connection.send(event))
        except (LocalProtocolError, UnicodeEncodeError, TypeError) as error:
            results.append(f"{type(error).__name__}: {error}")
    return results


audio: Any = st.binary(max_size=60) | st.sampled_from([bytearray(b"ab"), "AAAA", None, bytes(400)])


@given(audio=audio, event_id=ids, new_id=st.sampled_from(["evt_1", "a-b", 'a"', "é", "x y", None]))
@example(b"abc", UNSET, "evt_1")
@example(b"abc", "evt_7", "evt_1")
def test_an_append_is_the_same(audio, event_id, new_id) -> None:
    """Frame or refusal, and the id of the event after it."""
    event = InputAudioBufferAppend(audio=audio, event_id=event_id)
    after = InputAudioBufferAppend(audio=b"")
    assert said(openai_client(plain=True, new_id=new_id), event, after) == said(
        openai_client(plain=False, new_id=new_id), event, after
    )


@given(
    audios=st.lists(audio, max_size=4),
    make_ids=st.sampled_from(
        [
            lambda: count_ids("evt"),
            lambda: count_ids('a"b'),
            lambda: count_ids("é"),
            lambda: lambda: None,
            lambda: iter("abcdefgh").__next__,
        ]
    ),
)
def test_append_says_what_send_says(audios, make_ids) -> None:
    """Frame or refusal, one after the other, with the ids in turn."""
    fates = []
    for plain in (True, False):
        connection = OpenAIConnection(ids=make_ids(), max_frame_bytes=400)
        connection.receive(LET_IN)
        fate = []
        for one in [b"", *audios, b"a"]:
            event = InputAudioBufferAppend(audio=one)
            try:
                fate.append(connection.send(event) if plain else connection.append(one))
            except LocalProtocolError as error:
                fate.append(str(error))
        fates.append(fate)
    assert fates[0] == fates[1]


def test_append_is_refused_where_send_is() -> None:
    """Before the server has let the client in, and after the connection is gone."""
    connection = OpenAIConnection()
    with pytest.raises(LocalProtocolError, match="may not be sent"):
        connection.append(b"")
    connection.receive(LET_IN)
    assert connection.append(b"a").startswith(connection.append(b"a")[:54])
    connection.connection_lost()
    with pytest.raises(LocalProtocolError, match="may not be sent"):
        connection.append(b"")


def test_a_template_is_used() -> None:
    """Else the property would hold for nothing."""
    assert openai_client(plain=False)._template(InputAudioBufferAppend(audio=b"a")) is not None
    assert gemini_client(plain=False)._template(RealtimeInput(audio=Blob(mime_type="a", data=b"a")))


@pytest.mark.parametrize("new", [{"new": 1}, {"event_id": None}])
def test_an_append_that_was_received_goes_out_as_it_came(new) -> None:
    """The template knows no members without a field."""
    frame = {"type": "input_audio_buffer.append", "audio": "AAAA", **new}
    server = OpenAIServerConnection()
    (event,) = server.receive(json.dumps(frame))
    again = json.loads(openai_client(plain=False).send(event))
    assert {**frame, "event_id": "evt_1"} == {**again, "event_id": "evt_1"}


blobs: Any = st.builds(
    Blob,
    mime_type=st.sampled_from(["audio/pcm;rate=16000", "a", "", 'a"b', "é", "a\\b", "\n", 5, None]),
    data=audio,
    display_name=st.sampled_from(["", "", "", "name"]),
)


@given(
    inputs=st.lists(
        st.builds(RealtimeInput, audio=blobs)
        | st.builds(RealtimeInput, audio=blobs, audio_stream_end=st.booleans())
        | events(RealtimeInput),
        max_size=4,
    )
)
@example([RealtimeInput(audio=Blob(mime_type="audio/pcm;rate=16000", data=b"abc"))])
def test_realtime_audio_is_the_same(inputs) -> None:
    """Frame or refusal, one after the other on one connection."""
    assert said(gemini_client(plain=True), *inputs) == said(gemini_client(plain=False), *inputs)


def test_realtime_audio_that_was_received_goes_out_as_it_came() -> None:
    """Notes on the message or on the blob are kept."""
    usual = {"mimeType": "a", "data": "AAAA"}
    for blob in (usual, {**usual, "displayName": ""}):
        for message in ({"audio": blob, "video": None}, {"audio": blob, "new": 1}, {"audio": blob}):
            server = GeminiServerConnection()
            server.receive('{"setup":{"model":"models/m"}}')
            (event,) = server.receive(json.dumps({"realtimeInput": message}))
            assert {"realtimeInput": message} == json.loads(gemini_client(plain=False).send(event))
