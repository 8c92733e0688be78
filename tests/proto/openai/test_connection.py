"""The connection, in both roles: ids, phases, limits, and what it does with nonsense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_proto.errors import ConfigurationError, LocalProtocolError, RemoteProtocolError
from realtime_proto.openai import (
    ConversationItemCreate,
    Error,
    ErrorDetail,
    FunctionTool,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferDtmfEventReceived,
    Message,
    OpenAIConnection,
    OpenAIServerConnection,
    Phase,
    RealtimeSession,
    ResponseCancel,
    ResponseCreate,
    SessionCreated,
    SessionUpdate,
    SessionUpdated,
)
from realtime_proto.wire import UnknownEvent, UnknownObject, count_ids

CREATED = '{"type":"session.created","event_id":"e","session":{"type":"realtime","id":"sess_1"}}'
GOOD = '{"type":"input_audio_buffer.cleared","event_id":"e"}'


def ready(**options: Any) -> OpenAIConnection:
    """A client that was let in."""
    connection = OpenAIConnection(**options)
    connection.receive(CREATED)
    return connection


# --- ids


def test_an_event_without_an_id_gets_the_next_one() -> None:
    """In each role, with its own prefix; an id that is there stays."""
    client = ready()
    assert client.send(ResponseCreate()) == '{"type":"response.create","event_id":"evt_1"}'
    assert client.send(ResponseCreate(event_id="mine")) == (
        '{"type":"response.create","event_id":"mine"}'
    )
    assert json.loads(client.send(ResponseCreate()))["event_id"] == "evt_2"
    server = OpenAIServerConnection()
    created = json.loads(server.send(SessionCreated(session=RealtimeSession())))
    assert created["event_id"] == "event_1"


def test_an_event_that_has_no_id_field_gets_none() -> None:
    """The vendor sends a key of the telephone without one."""
    frame = OpenAIServerConnection().send(
        InputAudioBufferDtmfEventReceived(event="9", received_at=1)
    )
    assert "event_id" not in json.loads(frame)


def test_a_failed_send_uses_up_no_id() -> None:
    """Whatever it fails of."""
    drawn = []

    def ids() -> str:
        drawn.append(f"id{len(drawn)}")
        return drawn[-1]

    connection = ready(ids=ids, max_frame_bytes=200)
    failing: list[Any] = [
        SessionCreated(session=RealtimeSession()),
        SessionUpdate(session=RealtimeSession(instructions=5)),  # type: ignore[arg-type]
        object(),
    ]
    for event in failing:
        with pytest.raises(LocalProtocolError):
            connection.send(event)
    assert drawn == []
    with pytest.raises(LocalProtocolError, match="does not fit into a frame of 200 bytes"):
        connection.send(InputAudioBufferAppend(audio=bytes(300)))
    connection.send(InputAudioBufferClear(event_id="mine"))
    assert json.loads(connection.send(InputAudioBufferClear()))["event_id"] == "id0"
    assert json.loads(connection.send(InputAudioBufferClear()))["event_id"] == "id1"


def test_ids_can_be_given() -> None:
    """Replay needs the same ones again."""
    assert "turn_1" in ready(ids=count_ids("turn")).send(ResponseCreate())


def test_a_relay_gives_no_ids() -> None:
    """What came without one, or with a null, goes on so, and takes no id from the next event."""
    relay = ready(ids=lambda: None)
    assert relay.send(ResponseCreate()) == '{"type":"response.create"}'
    frame = '{"type":"response.create","event_id":null}'
    (event,) = OpenAIServerConnection().receive(frame)
    connection = ready(max_frame_bytes=200)
    with pytest.raises(LocalProtocolError):
        connection.send(InputAudioBufferAppend(audio=bytes(300)))
    assert frame == connection.send(event)  # type: ignore[arg-type]
    assert json.loads(connection.send(ResponseCreate()))["event_id"] == "evt_1"


# --- phases


def test_a_client_is_let_in_by_session_created() -> None:
    """Before that it may change the session and nothing else."""
    connection = OpenAIConnection()
    assert connection.phase is Phase.OPENING
    connection.send(SessionUpdate(session=RealtimeSession()))
    with pytest.raises(LocalProtocolError, match="may not be sent while the connection is opening"):
        connection.send(InputAudioBufferAppend(audio=b""))
    (created,) = connection.receive(CREATED)
    assert isinstance(created, SessionCreated)
    assert isinstance(created.session, RealtimeSession)
    assert created.session.id == "sess_1"
    assert connection.phase is Phase.READY
    connection.send(InputAudioBufferAppend(audio=b""))
    connection.connection_lost(1000)
    connection.connection_lost()
    assert connection.phase is Phase.CLOSED
    with pytest.raises(LocalProtocolError, match="while the connection is closed"):
        connection.send(SessionUpdate(session=RealtimeSession()))


@pytest.mark.parametrize(
    ("frame", "phase"),
    [
        ('{"type":"session.updated","session":{"type":"realtime"}}', Phase.READY),
        ('{"type":"conversation.item.deleted","item_id":"i"}', Phase.READY),
        ('{"type":"error","error":{"type":"t","message":"m"}}', Phase.OPENING),
        ('{"type":"model_load_error"}', Phase.OPENING),
    ],
)
def test_a_sideband_is_let_in_by_anything_but_an_error(frame, phase) -> None:
    """It gets no session.created."""
    connection = OpenAIConnection()
    connection.receive(frame)
    assert connection.phase is phase
    assert connection.unexpected == 0


def test_what_comes_early_or_late_is_delivered_and_counted() -> None:
    """Clients that send everything at once exist."""
    server = OpenAIServerConnection()
    (event,) = server.receive('{"type":"response.create"}')
    assert event == ResponseCreate()
    assert (server.unexpected, server.phase) == (1, Phase.OPENING)
    client = ready()
    client.connection_lost()
    assert len(client.receive(GOOD)) == 1
    assert (client.unexpected, client.phase) == (1, Phase.CLOSED)


def test_each_role_says_only_its_own() -> None:
    """The other's events are refused by name."""
    client: Any = ready()
    with pytest.raises(LocalProtocolError, match="a client does not send SessionUpdated"):
        client.send(SessionUpdated(session=RealtimeSession()))
    server: Any = OpenAIServerConnection()
    with pytest.raises(LocalProtocolError, match="a server does not send ResponseCancel"):
        server.send(ResponseCancel())
    with pytest.raises(LocalProtocolError, match="a server does not send str"):
        server.send("hello")
    assert [e.tag for e in server.receive(CREATED)] == ["session.created"]  # it is not for a server


def test_both_ends_agree_through_a_conversation() -> None:
    """What one sends the other reads, and both are in the same phase after every frame."""
    client, server = OpenAIConnection(), OpenAIServerConnection()
    talk: list[tuple[Any, Any, Any]] = [
        (client, server, SessionUpdate(session=RealtimeSession(instructions="Be brief."))),
        (server, client, Error(error=ErrorDetail(type="t", message="m"))),
        (server, client, SessionCreated(session=RealtimeSession(id="s"))),
        (client, server, ConversationItemCreate(item=Message(role="user", content=()))),
        (client, server, UnknownEvent(tag="x.new", raw={"type": "x.new", "n": [1]})),
    ]
    for speaker, hearer, event in talk:
        (heard,) = hearer.receive(speaker.send(event))
        assert type(heard) is type(event)
        assert client.phase is server.phase
    assert (client.unexpected, server.unexpected) == (0, 0)


@pytest.mark.parametrize("connection", [OpenAIConnection, OpenAIServerConnection])
def test_an_unknown_dialect_is_a_configuration_error(connection) -> None:
    """It says which there are."""
    with pytest.raises(ConfigurationError, match="no such dialect of OpenAI Realtime: 'alpha'"):
        connection(dialect="alpha")


# --- what nobody knows


def test_an_unknown_event_can_be_sent_on_as_it_came() -> None:
    """In both roles, without an id of ours."""
    raw = {"type": "session.dance", "steps": [1, {"a": None}]}
    client, server = ready(), OpenAIServerConnection()
    (event,) = client.receive(json.dumps(raw))
    assert event == UnknownEvent(tag="session.dance", raw=raw)
    assert raw == json.loads(server.send(event))
    assert raw == json.loads(client.send(event))


@pytest.mark.parametrize(
    "event",
    [
        UnknownEvent(tag="a", raw={"type": "b"}),
        UnknownEvent(tag="a", raw={}),
        UnknownEvent(tag="a", raw=[]),
        UnknownEvent(tag="a", raw={"type": "a", "x": object()}),
        UnknownEvent(tag="a", raw={"type": "a", "x": float("inf")}),
    ],
)
def test_an_unknown_event_must_be_an_object_of_its_type(event) -> None:
    """What is not JSON is never sent."""
    with pytest.raises(LocalProtocolError, match="UnknownEvent cannot be sent"):
        ready().send(event)


def test_fields_nobody_knows_are_counted() -> None:
    """By event and field."""
    connection = OpenAIConnection()
    for _ in range(2):
        connection.receive('{"type":"input_audio_buffer.cleared","mood":1,"event_id":"e"}')
    assert connection.drift == {"input_audio_buffer.cleared.mood": 2}
    with pytest.raises(TypeError):
        connection.drift["x"] = 1  # type: ignore[index]


# --- limits


def test_the_frame_limit_counts_bytes_both_ways() -> None:
    """Exactly: a frame of that size passes, one more byte does not."""
    for text in ("a" * 20, "ü" * 20):
        frame = ready().send(SessionUpdate(session=RealtimeSession(instructions=text)))
        size = len(frame.encode())
        update = SessionUpdate(session=RealtimeSession(instructions=text))
        assert frame == OpenAIConnection(max_frame_bytes=size).send(update)
        OpenAIServerConnection(max_frame_bytes=size).receive(frame.encode())
        with pytest.raises(LocalProtocolError):
            OpenAIConnection(max_frame_bytes=size - 1).send(update)
        with pytest.raises(RemoteProtocolError, match="over the limit"):
            OpenAIServerConnection(max_frame_bytes=size - 1).receive(memoryview(frame.encode()))


def test_what_the_peer_would_refuse_for_its_depth_is_not_sent() -> None:
    """Free JSON may be deep; the whole frame may not be deeper than a frame may be."""
    deep: dict[str, Any] = {}
    for _ in range(61):
        deep = {"a": deep}
    tool = FunctionTool(name="f", parameters=deep)
    with pytest.raises(LocalProtocolError, match="nests more than 64 deep"):
        OpenAIConnection().send(SessionUpdate(session=RealtimeSession(tools=(tool,))))
    item = UnknownObject(tag="x", raw={"type": "x", "deep": deep})
    server, client = OpenAIServerConnection(), ready()
    server.receive(client.send(ConversationItemCreate(item=item)))


# --- nonsense

NONSENSE: list[Any] = [
    pytest.param("", ("$",), id="empty"),
    pytest.param(b"", ("$",), id="empty bytes"),
    pytest.param("null", ("$",), id="null"),
    pytest.param("[]", ("$",), id="array"),
    pytest.param('"text"', ("$",), id="string"),
    pytest.param("not json", ("$",), id="no JSON"),
    pytest.param("{}", ("$.type",), id="no type"),
    pytest.param('{"type":null}', ("$.type",), id="null type"),
    pytest.param('{"type":["error"]}', ("$.type",), id="list type"),
    pytest.param('{"type":{"a":1}}', ("$.type",), id="object type"),
    pytest.param('{"type":5}', ("$.type",), id="number type"),
    pytest.param("[" * 100_000 + "]" * 100_000, ("$",), id="100,000 brackets"),
    pytest.param(
        '{"type":"x","a":' + "[" * 100_000 + "]" * 100_000 + "}", ("$",), id="100,000 inside"
    ),
    pytest.param(GOOD.encode("utf-16"), ("$",), id="UTF-16"),
    pytest.param(b"\xff\xfe", ("$",), id="bad UTF-8"),
    pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), ("$",), id="byte order mark"),
    pytest.param('{"type":"error","a":"\\ud800"}', ("$",), id="lone surrogate, escaped"),
    pytest.param('{"type":"error","a":"\ud800"}', ("$",), id="lone surrogate"),
    pytest.param('{"type":"error","a":NaN}', ("$",), id="NaN"),
    pytest.param('{"type":"error","a":1e999}', ("$",), id="infinite"),
    pytest.param('{"type":"error","a":' + "9" * 5_000 + "}", ("$",), id="huge integer"),
    pytest.param(b" " * (20 * 2**20), ("$",), id="20 MiB"),
    pytest.param(
        '{"type":"input_audio_buffer.speech_started","item_id":1,"audio_start_ms":"5"}',
        ("$.audio_start_ms", "$.item_id"),
        id="wrong types",
    ),
    pytest.param(
        '{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":1e30}',
        ("$.audio_start_ms",),
        id="a float for an integer",
    ),
    pytest.param(
        '{"type":"conversation.item.deleted","item_id":"a","item_id":null}',
        ("$.item_id",),
        id="duplicate key",
    ),
    pytest.param('{"type":"error"}', ("$.error",), id="missing"),
    pytest.param('{"type":"error","error":null}', ("$.error",), id="null"),
    pytest.param('{"type":"error","error":[]}', ("$.error",), id="array for an object"),
    pytest.param(
        '{"type":"response.output_audio.delta","response_id":"r","item_id":"i","output_index":0,'
        '"content_index":0,"delta":"!!!!"}',
        ("$.delta",),
        id="no base64",
    ),
    pytest.param(
        '{"type":"conversation.item.added","item":{"type":"message","role":"user","content":'
        '[{"type":"input_text","text":"a"},{"type":"input_audio","audio":"A"},{"type":7},5]}}',
        ("$.item.content[1].audio", "$.item.content[2].type", "$.item.content[3]"),
        id="deep inside",
    ),
    pytest.param(
        '{"type":"conversation.item.added","item":{"id":"i"}}', ("$.item.type",), id="no tag"
    ),
]


@pytest.mark.parametrize(("frame", "paths"), NONSENSE)
def test_nonsense_is_the_peers_fault(frame, paths) -> None:
    """It says where, shows a short excerpt, changes nothing, and the next frame is read."""
    connection = ready()
    with pytest.raises(RemoteProtocolError) as caught:
        connection.receive(frame)
    assert caught.value.paths == paths
    assert len(caught.value.excerpt) <= 200
    assert len(str(caught.value)) < 1_000
    assert caught.value.events == ()
    assert connection.phase is Phase.READY
    assert len(connection.receive(GOOD)) == 1


def test_an_error_names_the_event_it_was() -> None:
    """Where the tag could be read."""
    with pytest.raises(RemoteProtocolError, match=r"malformed error: \$.error: missing") as caught:
        OpenAIConnection().receive('{"type":"error"}')
    assert caught.value.tag == "error"


def test_text_bytes_and_views_read_alike() -> None:
    """A WebSocket library may give any of them."""
    events = [ready().receive(form) for form in (GOOD, GOOD.encode(), memoryview(GOOD.encode()))]
    assert events[0] == events[1] == events[2]
