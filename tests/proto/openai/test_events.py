"""Every event: its name, its golden frames, and what its fields promise."""

from __future__ import annotations

import json
import re
from typing import get_args

import attrs
import pytest
from helpers.golden import golden
from helpers.openai import let_in, unknown_objects

from realtime_proto import openai
from realtime_proto.openai import (
    ClientEvent,
    Error,
    OpenAIConnection,
    ResponseOutputAudioDelta,
    ServerEvent,
    SessionUpdated,
    events,
)
from realtime_proto.wire import UNSET, UnknownObject

CLIENT = get_args(ClientEvent)
SERVER = get_args(ServerEvent)

FRAMES = [
    pytest.param(side, frame, id=f"{side}-{number}-{frame['type']}")
    for side in ("client", "server")
    for number, frame in enumerate(golden(f"openai/{side}"), start=1)
]


def test_the_unions_hold_all_of_the_vendors_events() -> None:
    """11 of the client, 46 of the server, none twice."""
    assert (len(CLIENT), len(SERVER)) == (11, 46)
    assert len({cls.type for cls in CLIENT + SERVER}) == 57


@pytest.mark.parametrize("cls", CLIENT + SERVER)
def test_an_event_is_named_after_its_tag(cls) -> None:
    """In CamelCase, final and frozen, with an `event_id` that may be UNSET."""
    assert cls.__name__ == "".join(part.capitalize() for part in re.split("[._]", cls.type))
    assert cls.__final__
    if cls is not events.InputAudioBufferDtmfEventReceived:
        assert attrs.fields_dict(cls)["event_id"].default is UNSET


def test_every_event_has_a_golden_frame() -> None:
    """A new event needs a class, its name in the union, and a line here."""
    for side, classes in (("client", CLIENT), ("server", SERVER)):
        assert {cls.type for cls in classes} == {f["type"] for f in golden(f"openai/{side}")}


@pytest.mark.parametrize(("side", "frame"), FRAMES)
def test_a_golden_frame_is_understood_and_said_again(side, frame) -> None:
    """Nothing in it is unknown, and nothing gets lost, not even an explicit null."""
    speaker, hearer = let_in(side)
    (event,) = hearer.receive(json.dumps(frame))
    assert event.type == frame["type"]
    assert hearer.drift == {}
    assert not unknown_objects(event)
    again = json.loads(speaker.send(event))
    assert frame == again
    assert event == hearer.receive(json.dumps(again))[0]


def test_audio_is_not_in_a_repr() -> None:
    """A log line holds no second of somebody's voice."""
    delta = ResponseOutputAudioDelta(
        response_id="r", item_id="i", output_index=0, content_index=0, delta=b"secret"
    )
    assert "secret" not in repr(delta)
    assert "secret" not in repr(openai.InputAudioBufferAppend(audio=b"secret"))
    assert "secret" not in repr(openai.McpTool(server_label="x", authorization="secret"))
    for part in (openai.InputAudio, openai.OutputAudio, openai.AudioPart):
        assert "secret" not in repr(part(audio=b"secret"))


def test_a_second_party_that_leaves_things_out_is_read() -> None:
    """No `event_id`, no `previous_item_id`, a part named after the item: not worth an error."""
    connection = OpenAIConnection()
    for frame in (
        {"type": "input_audio_buffer.committed", "item_id": "i"},
        {
            "type": "response.content_part.added",
            "response_id": "r",
            "item_id": "i",
            "output_index": 0,
            "content_index": 0,
            "part": {"type": "output_text", "text": ""},
        },
    ):
        (event,) = connection.receive(json.dumps(frame))
        assert event.event_id is UNSET


def test_values_nobody_knows_pass() -> None:
    """Vocabularies the server owns are open, and so are the unions."""
    connection = OpenAIConnection()
    part = {"type": "hologram", "url": "x"}
    item = {"type": "message", "role": "narrator", "status": "dreaming", "content": [part]}
    (event,) = connection.receive(json.dumps({"type": "conversation.item.added", "item": item}))
    assert event.item.content == (UnknownObject(tag="hologram", raw=part),)  # type: ignore[union-attr]
    dance = {"type": "dance"}
    (event,) = connection.receive(json.dumps({"type": "conversation.item.added", "item": dance}))
    assert event.item == UnknownObject(tag="dance", raw=dance)  # type: ignore[union-attr]


def test_an_echoed_session_keeps_null_and_absent_apart() -> None:
    """So it can be said again as it was."""
    audio = {"input": {"turn_detection": None}}
    frame = {"type": "session.updated", "session": {"type": "realtime", "audio": audio}}
    (event,) = OpenAIConnection().receive(json.dumps(frame))
    assert isinstance(event, SessionUpdated)
    assert isinstance(event.session, openai.RealtimeSession)
    heard = event.session.audio
    assert isinstance(heard, openai.SessionAudio)
    assert isinstance(heard.input, openai.SessionAudioInput)
    assert heard.input.turn_detection is None
    assert heard.input.transcription is UNSET


def test_an_error_names_the_event_at_fault() -> None:
    """By the id the client gave it."""
    (event,) = OpenAIConnection().receive(
        '{"type":"error","event_id":"e","error":{"type":"t","message":"m","event_id":"evt_3"}}'
    )
    assert isinstance(event, Error)
    assert event.error.event_id == "evt_3"
