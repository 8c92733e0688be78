"""A frame like the one before it gives what reading it gives, whatever both are."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_proto import _compile, _connection
from realtime_proto._mould import Mould, mould_of
from realtime_proto._splice import Splice
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.gemini import GeminiConnection, GeminiServerConnection
from realtime_proto.openai import (
    InputAudioBufferAppend,
    OpenAIConnection,
    OpenAIServerConnection,
    ResponseOutputAudioDelta,
)
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = [base64.b64encode(bytes(n)).decode() for n in (3, 4, 300)]

DELTA = (
    '{"type":"response.output_audio.delta","event_id":"%s","response_id":"r","item_id":"i",'
    '"output_index":0,"content_index":0,"delta":"%s"}'
)
BLOB = '{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm","data":"%s"}'
SPOKEN = BLOB + "}]}}}"

ROLES = [
    pytest.param(OpenAIConnection, DELTA % ("e", "%s"), id="openai client"),
    pytest.param(
        OpenAIServerConnection, '{"type":"input_audio_buffer.append","audio":"%s"}', id="openai"
    ),
    pytest.param(GeminiConnection, SPOKEN, id="gemini client"),
    pytest.param(
        GeminiServerConnection,
        '{"realtimeInput":{"audio":{"mimeType":"audio/pcm","data":"%s"}}}',
        id="gemini",
    ),
]


def all_of(connection: type[Any], frames: Sequence[str], *, plain: bool) -> list[Any]:
    """All that one *connection* makes of *frames*, with or without moulds, at any length."""
    reader: Any = type("Plain", (connection,), {"_splice": None}) if plain else connection
    one = reader()
    found: list[Any] = []
    with mock.patch.object(_connection, "SPLICE_FROM", 0):
        for frame in frames:
            try:
                events = one.receive(frame)
                found.append((events, repr(events)))
            except RemoteProtocolError as error:
                found.append((str(error), error.paths, error.excerpt, error.tag, error.events))
            found.append((dict(one.drift), one.unexpected, one.phase))
    return found


def is_cast(connection: Any, *frames: str) -> bool:
    """Whether the last of *frames* is not read."""
    one = connection()
    with mock.patch.object(_connection, "SPLICE_FROM", 0):
        for frame in frames[:-1]:
            one.receive(frame)
        with mock.patch.object(one, "_unpack", side_effect=AssertionError):
            try:
                return len(one.receive(frames[-1])) == 1
            except (AssertionError, RemoteProtocolError):
                return False


@pytest.mark.parametrize(("connection", "frame"), ROLES)
def test_the_second_of_two_alike_is_not_read(connection: Any, frame: str) -> None:
    """In both roles of both protocols; what comes is the same."""
    frames = [frame % text for text in TEXTS]
    assert is_cast(connection, *frames)
    assert all_of(connection, frames, plain=True) == all_of(connection, frames, plain=False)


@pytest.mark.parametrize("name", ["event_2", "é", "x" * 80, " "])
def test_an_id_may_be_another(name: str) -> None:
    """As every event has one of its own."""
    frames = [DELTA % ("event_1", TEXTS[0]), DELTA % (name, TEXTS[1])]
    assert is_cast(OpenAIConnection, *frames)
    (event,) = OpenAIConnection().receive(frames[1])
    assert isinstance(event, ResponseOutputAudioDelta)
    assert (name, bytes(4)) == (event.event_id, event.delta)
    assert all_of(OpenAIConnection, frames, plain=True) == all_of(
        OpenAIConnection, frames, plain=False
    )


def second(change: Any) -> list[str]:
    """A frame, and the same changed."""
    frame = DELTA % ("e", TEXTS[2])
    return [frame, change(frame)]


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.replace('"e"', '""'),
        lambda frame: frame.replace('"e"', '"\\u0041"'),
        lambda frame: frame.replace('"e"', '"\x01"'),
        lambda frame: frame.replace('"e"', '"\ud800"'),
        lambda frame: frame.replace('"e"', '"e","x":"y"'),
        lambda frame: frame.replace('"e"', "5"),
        lambda frame: frame.replace(TEXTS[2], ""),
        lambda frame: frame.replace(TEXTS[2], "AAAA AAAA"),
        lambda frame: frame.replace(TEXTS[2], 'AAAA","delta":"AAAA'),
        lambda frame: frame.replace('"r"', '"r2"'),
        lambda frame: frame + " ",
        lambda frame: frame[:-1],
        lambda frame: frame[: frame.index('"delta"') + 3] + '"}',
    ],
)
def test_what_does_not_fit_is_read(change: Any) -> None:
    """Whatever it is."""
    frames = second(change)
    assert all_of(OpenAIConnection, frames, plain=True) == all_of(
        OpenAIConnection, frames, plain=False
    )
    assert not is_cast(OpenAIConnection, *frames)


@pytest.mark.parametrize(
    ("connection", "frame"),
    [
        pytest.param(OpenAIConnection, DELTA.replace('"r"', '"r","x":1') % ("e", "%s"), id="drift"),
        pytest.param(
            OpenAIConnection, DELTA.replace('"r"', '"r","event_id":"e"') % ("e", "%s"), id="two ids"
        ),
        pytest.param(
            OpenAIConnection, DELTA.replace('"event_id":', '"event_id": ') % ("e", "%s"), id="space"
        ),
        pytest.param(
            OpenAIServerConnection,
            '{"type":"input_audio_buffer.append","audio":"%s","event_id":"e"}',
            id="id behind",
        ),
        pytest.param(
            OpenAIServerConnection,
            '{"type":"input_audio_buffer.append","event_id":null,"audio":"%s"}',
            id="id null",
        ),
        pytest.param(GeminiConnection, SPOKEN.replace('"audio/pcm"', "null"), id="noted"),
        pytest.param(GeminiConnection, BLOB + '}],"role":null}}}', id="noted above"),
        pytest.param(GeminiConnection, BLOB + '}]}},"goAway":{}}', id="two events"),
        pytest.param(
            GeminiConnection,
            SPOKEN.replace('{"serverContent"', '{"server_content":{},"serverContent"'),
            id="both names",
        ),
    ],
)
def test_no_mould_is_made_of_what_is_odd(connection: Any, frame: str) -> None:
    """It is read each time."""
    frames = [frame.replace("%s", text) for text in TEXTS]
    assert all_of(connection, frames, plain=True) == all_of(connection, frames, plain=False)
    if "server_content" not in frame:
        assert not is_cast(connection, *frames)


def test_what_is_not_where_it_should_be_makes_no_mould() -> None:
    """Another event, or other bytes."""
    splice = Splice("audio", lambda frame: frame)
    frame = '{"type":"input_audio_buffer.append","audio":"AAAA"}'
    event = InputAudioBufferAppend(audio=bytes(3))
    assert mould_of(frame, object(), event.audio, splice) is None
    assert mould_of(frame, event, bytearray(3), splice) is None
    assert isinstance(mould_of(frame, event, event.audio, splice), Mould)
    assert event.event_id is UNSET


def test_without_twins_all_is_read() -> None:
    """As on an interpreter that does not let an instance change its class."""
    frames = [DELTA % ("e", text) for text in TEXTS]
    _compile.copier.cache_clear()
    try:
        with mock.patch.object(_compile, "twin_of", return_value=None):
            assert not is_cast(OpenAIConnection, *frames)
    finally:
        _compile.copier.cache_clear()
    assert is_cast(OpenAIConnection, *frames)


def test_moulds_are_made_less_often_where_none_fits() -> None:
    """Of the first frame, the second, the fourth; and of each new answer's first."""
    made: list[str] = []

    def make(frame: str, *_: object) -> None:
        made.append(json.loads(frame)["event_id"])

    one = OpenAIConnection()
    with (
        mock.patch.object(_connection, "SPLICE_FROM", 0),
        mock.patch.object(_connection, "mould_of", make),
    ):
        for number in range(1, 10):
            one.receive(DELTA % (number, TEXTS[0]))
    assert ["1", "2", "4", "8"] == made
    frames = [DELTA.replace('"r"', f'"{n}"') % ("e", TEXTS[0]) for n in (1, 1, 2, 2)]
    assert is_cast(OpenAIConnection, *frames)


def test_a_mould_keeps_no_audio() -> None:
    """What a connection holds of an answer is its text."""
    one = GeminiConnection()
    with mock.patch.object(_connection, "SPLICE_FROM", 0):
        (event,) = one.receive(SPOKEN % TEXTS[2])
        (again,) = one.receive(SPOKEN % TEXTS[1])
    blob, blob_again = (e.model_turn.parts[0].inline_data for e in (event, again))  # type: ignore[union-attr]
    assert (bytes(300), bytes(4)) == (blob.data, blob_again.data)  # type: ignore[union-attr]
    assert event != again


MEMBERS = [
    '"type":"response.output_audio.delta"',
    '"event_id":"%d"',
    '"event_id":""',
    '"event_id":null',
    '"event_id": "e"',
    '"response_id":"r"',
    '"item_id":"i"',
    '"output_index":0,"content_index":0',
    '"x":{"event_id":"1"}',
    '"x":"event_id"',
    '"x":"@"',
    '"x":"\\"event_id\\":\\"1\\""',
    '"delta":"%s"',
    '"delta": "%s"',
    '"delta":"AAAA"',
    '"delta":""',
]
USUAL = [MEMBERS[n] for n in (0, 1, 5, 6, 7, 12)]

members = st.one_of(
    st.just(USUAL),
    st.permutations(USUAL),
    st.tuples(st.permutations(USUAL), st.sampled_from(MEMBERS), st.integers(0, 6)).map(
        lambda given: [*given[0][: given[2]], given[1], *given[0][given[2] :]]
    ),
)


@given(
    shapes=st.lists(members, min_size=1, max_size=3),
    frames=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["AAAA", "AA==", "", "A", 'AAAA","x":"y'])),
        max_size=8,
    ),
)
@example([USUAL], [(0, "AAAA")] * 3)
@example([USUAL, [*USUAL, MEMBERS[2]]], [(0, "AAAA"), (1, "AAAA"), (0, "AA==")])
def test_one_after_the_other_is_the_same(shapes: Any, frames: Any) -> None:
    """Events, errors, drift and phase, of frames that are nearly alike."""
    said = []
    for number, (shape, text) in enumerate(frames):
        frame = f"{{{','.join(shapes[shape % len(shapes)])}}}"
        said.append(frame.replace("%s", text).replace("%d", str(number)))
    assert all_of(OpenAIConnection, said, plain=True) == all_of(OpenAIConnection, said, plain=False)


CONTENTS = [
    SPOKEN,
    BLOB + '}]},"turnComplete":true}}',
    BLOB + '},{"text":"a"}]}}}',
    BLOB + '}]},"x":1}}',
    BLOB + '}]}},"usageMetadata":{}}',
    SPOKEN.replace("inlineData", "inline_data"),
    SPOKEN.replace('"mimeType":"audio/pcm",', ""),
    SPOKEN.replace('"audio/pcm"', '""'),
    SPOKEN.replace('{"inlineData"', '{"text":"event_id","inlineData"'),
    SPOKEN.replace('{"inlineData"', '{"thought":false,"inlineData"'),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(CONTENTS), st.sampled_from(["AAAA", "AA==", "", "A", "-_=="])),
        max_size=8,
    )
)
def test_of_members_in_members_too(frames: list[tuple[str, str]]) -> None:
    """Where the audio is deep in the message."""
    said = [frame.replace("%s", text) for frame, text in frames]
    assert all_of(GeminiConnection, said, plain=True) == all_of(GeminiConnection, said, plain=False)
