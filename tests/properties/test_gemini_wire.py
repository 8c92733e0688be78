"""What holds for every Gemini event, in every phase, and for every frame a peer may invent.

The invariant of `receive`: events, or RemoteProtocolError, and never any other error; after either,
the connection goes on.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import attrs
import pytest
from helpers.gemini import MANUAL, PLAIN, SEEDED, pair, pair_for, standing
from helpers.strategies import events
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_proto import gemini
from realtime_proto._codec import camel_case
from realtime_proto._machine import Role
from realtime_proto.errors import LocalProtocolError, RemoteProtocolError
from realtime_proto.gemini import (
    CLIENT_MEMBERS,
    SERVER_MEMBERS,
    ActivityEnd,
    ActivityStart,
    ClientContent,
    FunctionCall,
    FunctionResponse,
    GeminiConnection,
    GeminiServerConnection,
    GoAway,
    Phase,
    RealtimeInput,
    ServerContent,
    ServerEvent,
    Setup,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
    UnknownEvent,
)
from realtime_proto.gemini._connection import _CODEC
from realtime_proto.gemini._state import MACHINE

if TYPE_CHECKING:
    from random import Random


Anyone = GeminiConnection | GeminiServerConnection

unknown = st.builds(
    UnknownEvent,
    tag=st.sampled_from(["future", "future_member", ""]),
    raw=st.sampled_from([None, {}, [], 0, "x", {"a": [None]}]),
)


def one_thing(event: RealtimeInput, name: str) -> RealtimeInput:
    """*event* with but one of its fields: it may not say more."""
    return RealtimeInput(**{name: getattr(event, name)})


realtime_inputs = st.builds(
    one_thing,
    events(RealtimeInput),
    st.sampled_from([field.name for field in attrs.fields(RealtimeInput)]),
)
said_by_clients = st.one_of(
    realtime_inputs, *(events(cls) for cls in CLIENT_MEMBERS.values() if cls is not RealtimeInput)
)
client_events = said_by_clients | unknown
server_events = events(ServerEvent) | unknown


# --- there and back


@given(client_events)
def test_what_a_client_says_arrives(event: Any) -> None:
    """Every client event is read by the server as it was."""
    client, server = pair_for(event)
    assert server.receive(client.send(event)) == [event]
    assert (server.drift, server.unexpected, server.phase) == ({}, 0, client.phase)


@given(server_events)
def test_what_a_server_says_arrives(event: Any) -> None:
    """Every server event is read by the client as it was."""
    client, server = pair_for(event)
    assert client.receive(server.send(event)) == [event]
    assert (client.drift, client.unexpected, client.phase) == ({}, 0, server.phase)


CLASSES = [
    value for value in vars(gemini).values() if attrs.has(value) and value is not UnknownEvent
]


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=10)
@given(st.data())
def test_every_class_there_and_back(cls: type, data: st.DataObject) -> None:
    """A value of any class, however deep in a message, is read as it was written."""
    value = data.draw(events(cls))
    drift: Counter[str] = Counter()
    said = json.loads(json.dumps(_CODEC.unstructure(value)))
    assert value == _CODEC.structure(said, cls, drift=drift)
    assert {} == drift


@given(said_by_clients, st.randoms(use_true_random=False))
def test_either_name_of_a_field(event: Any, random: Random) -> None:
    """A message with any of its names in snake_case means the same."""
    client, server = pair_for(event)
    message = json.loads(client.send(event))
    ((member, body),) = message.items()
    renamed = {maybe_snake(member, random): renamed_body(body, type(event), random)}
    assert server.receive(json.dumps(renamed)) == [event]
    assert server.drift == {}


def maybe_snake(name: str, random: Random) -> str:
    """*name*, or its snake_case form."""
    if random.random() < 0.3:
        return name
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def renamed_body(value: Any, hint: Any, random: Random) -> Any:
    """*value*, a JSON form of *hint*, with some of the names of its fields in snake_case."""
    if attrs.has(hint) and isinstance(value, dict):
        hints = get_type_hints(hint)
        return {
            maybe_snake(camel_case(f.name), random): renamed_body(
                value[camel_case(f.name)], hints[f.name], random
            )
            for f in attrs.fields(hint)
            if camel_case(f.name) in value
        }
    if get_origin(hint) is tuple and isinstance(value, list):
        return [renamed_body(item, get_args(hint)[0], random) for item in value]
    classes = [member for member in get_args(hint) if attrs.has(member)]
    return renamed_body(value, classes[0], random) if classes else value


@given(st.lists(events(ServerEvent), max_size=4, unique_by=type), st.randoms())
def test_members_beside_each_other(several: list[Any], random: Random) -> None:
    """Whatever members one message holds, in whatever order, all arrive, in the documented one."""
    message: dict[str, Any] = {}
    for event in several:
        _, server = pair_for(event)
        message |= json.loads(server.send(event))
    shuffled = list(message.items())
    random.shuffle(shuffled)
    order = list(SERVER_MEMBERS.values())
    expected = sorted(several, key=lambda event: order.index(type(event)))
    assert GeminiConnection().receive(json.dumps(dict(shuffled))) == expected


# --- every event in every phase


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("kind", [*CLIENT_MEMBERS.values(), UnknownEvent])
def test_client_events_by_phase(kind: type, phase: Phase) -> None:
    """A client event is sent where the table has it, else refused with nothing changed."""
    client, server = pair(phase)
    check_in_phase(client, server, kind, phase, Role.CLIENT)


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("kind", [*SERVER_MEMBERS.values(), UnknownEvent])
def test_server_events_by_phase(kind: type, phase: Phase) -> None:
    """A server event is sent where the table has it, else refused with nothing changed."""
    client, server = pair(phase)
    check_in_phase(server, client, kind, phase, Role.SERVER)


def check_in_phase(sender: Any, reader: Any, kind: type, phase: Phase, role: Role) -> None:
    """Send and receive one event of *kind* in *phase*; compare with the table."""
    event = sample(kind)
    then = MACHINE.next_phase(role, phase, kind)
    if then is None:
        with pytest.raises(LocalProtocolError, match="may not be sent"):
            sender.send(event)
        assert sender.phase is phase
    else:
        sender.send(event)
        assert sender.phase is then
    assert (sender.unexpected, sender.drift) == (0, {})
    speaker = pair_for(event)[0 if role is Role.CLIENT else 1]
    assert reader.receive(speaker.send(event)) == [event]
    assert reader.phase is (phase if then is None else then)
    assert reader.unexpected == (1 if then is None else 0)


def sample(kind: type) -> Any:
    """An event of *kind* with nothing but what it must have."""
    if kind is UnknownEvent:
        return UnknownEvent(tag="future", raw={})
    return Setup(model="m") if kind is Setup else kind()


ids = st.sampled_from(["1", "2"])
likely = st.one_of(
    st.just(SetupComplete()),
    st.sampled_from([PLAIN, MANUAL, SEEDED]),
    st.sampled_from(
        [RealtimeInput(activity_start=ActivityStart()), RealtimeInput(activity_end=ActivityEnd())]
    ),
    st.builds(ClientContent, turn_complete=st.booleans()),
    st.lists(st.builds(FunctionCall, id=ids), max_size=2).map(
        lambda calls: ToolCall(function_calls=tuple(calls))
    ),
    st.lists(ids, max_size=2).map(lambda found: ToolCallCancellation(ids=tuple(found))),
    st.lists(st.builds(FunctionResponse, id=ids, will_continue=st.booleans()), max_size=2).map(
        lambda answers: ToolResponse(function_responses=tuple(answers))
    ),
)
"""What meets states that what is drawn at random seldom meets."""


@given(st.lists(likely | client_events | server_events | st.just("lost"), max_size=20))
def test_both_ends_agree(script: list[Any]) -> None:
    """Whatever the two say, each as far as it may, they are in the same states and nothing is odd;
    what may not be said changes nothing.
    """
    client, server = pair(Phase.OPENING)
    for step in script:
        if step == "lost":
            client.connection_lost()
            server.connection_lost()
            continue
        is_clients = type(step) in CLIENT_MEMBERS.values()
        sender: Any = client if is_clients else server
        reader: Any = server if is_clients else client
        before = standing(sender)
        try:
            frame = sender.send(step)
        except LocalProtocolError:
            assert standing(sender) == before
        else:
            assert reader.receive(frame) == [step]
        assert standing(client) == standing(server)
    assert (client.unexpected, server.unexpected) == (0, 0)


# --- hostile peers; what is no message at all is in tests/proto/test_hostile.py


def good(connection: Anyone) -> None:
    """The connection goes on: a good message is read."""
    connection.unexpected = 0
    if isinstance(connection, GeminiConnection):
        assert connection.receive('{"serverContent":{}}') == [ServerContent()]
    else:
        assert connection.receive('{"setup":{"model":"m"}}') == [Setup(model="m")]


MALFORMED: dict[str, tuple[Any, str]] = {
    "an array for a body": ({"serverContent": []}, "$.serverContent"),
    "text for a body": ({"serverContent": "x"}, "$.serverContent"),
    "an object for an array": (
        {"toolCall": {"functionCalls": {"id": "x"}}},
        "$.toolCall.functionCalls",
    ),
    "null in an array": (
        {"toolCall": {"functionCalls": [None]}},
        "$.toolCall.functionCalls[0]",
    ),
    "an array for arguments": (
        {"toolCall": {"functionCalls": [{"args": []}]}},
        "$.toolCall.functionCalls[0].args",
    ),
    "text for a flag": (
        {"serverContent": {"turnComplete": "true"}},
        "$.serverContent.turnComplete",
    ),
    "a number for a flag": (
        {"serverContent": {"turnComplete": 1}},
        "$.serverContent.turnComplete",
    ),
    "a fraction for a count": (
        {"usageMetadata": {"totalTokenCount": 1.5}},
        "$.usageMetadata.totalTokenCount",
    ),
    "a flag for a count": (
        {"usageMetadata": {"totalTokenCount": True}},
        "$.usageMetadata.totalTokenCount",
    ),
    "a huge count": (
        {"usageMetadata": {"totalTokenCount": 2**64}},
        "$.usageMetadata.totalTokenCount",
    ),
    "a huge index": (
        {"sessionResumptionUpdate": {"lastConsumedClientMessageIndex": "9" * 20}},
        "$.sessionResumptionUpdate.lastConsumedClientMessageIndex",
    ),
    "an endless index": (
        {"sessionResumptionUpdate": {"lastConsumedClientMessageIndex": "9" * 10_000}},
        "$.sessionResumptionUpdate.lastConsumedClientMessageIndex",
    ),
    "foreign digits": (
        {"sessionResumptionUpdate": {"lastConsumedClientMessageIndex": "\u0663"}},
        "$.sessionResumptionUpdate.lastConsumedClientMessageIndex",
    ),
    "a status that is no text": ({"interactionStatus": ["IDLE"]}, "$.interactionStatus"),
    **{
        f"base64 {data!r:.20}": (
            {"serverContent": {"modelTurn": {"parts": [{"inlineData": {"data": data}}]}}},
            "$.serverContent.modelTurn.parts[0].inlineData.data",
        )
        for data in (
            "A",
            "AA",
            "AAA",
            "A===",
            "AA==AA==",
            "====",
            "AA A",
            "AAA\n",
            "-_+/",
            "é" * 4,
            5,
        )
    },
}


@pytest.mark.parametrize(("message", "path"), MALFORMED.values(), ids=MALFORMED)
def test_messages_of_the_wrong_shape(message: Any, path: str) -> None:
    """A member of the wrong shape is named by its path, and the end of nothing."""
    client = GeminiConnection()
    with pytest.raises(RemoteProtocolError) as caught:
        client.receive(json.dumps(message))
    assert caught.value.paths == (path,)
    assert caught.value.tag == next(iter(message))
    good(client)


def test_many_faults_are_not_many_words() -> None:
    """However many faults a message has, the error stays short."""
    client = GeminiConnection()
    with pytest.raises(RemoteProtocolError) as caught:
        client.receive('{"toolCallCancellation":{"ids":[' + "1," * 1_000_000 + "1]}}")
    assert len(caught.value.paths) < 100
    assert len(str(caught.value)) < 10_000
    good(client)


def test_many_names_are_not_much_memory() -> None:
    """However long and many the names nobody knows, what is kept of them is bounded."""
    client = GeminiConnection()
    for n in range(3):
        fields = {f"{n}_{k}_{'x' * 1000}": 0 for k in range(1000)}
        client.receive(json.dumps({"serverContent": fields}))
    assert len(client.drift) <= 1_025
    assert sum(map(len, client.drift)) < 200_000
    assert sum(client.drift.values()) == 3_000


def test_of_duplicate_keys_the_last_wins() -> None:
    """Duplicate keys are legal JSON; both JSON libraries take the last."""
    client = GeminiConnection()
    frame = b'{"goAway":{"timeLeft":"1s","timeLeft":"2s"},"goAway":{"timeLeft":"3s"}}'
    assert client.receive(frame) == [GoAway(time_left="3s")]


def test_huge_integers_pass_where_json_is_free() -> None:
    """An integer beyond 64 bits is a number like others in an event nobody knows."""
    (event,) = GeminiConnection().receive(b'{"x":%d}' % 10**30)
    assert isinstance(event, UnknownEvent)
    assert event.raw == 1e30


@given(st.binary(max_size=64))
def test_any_bytes(frame: bytes) -> None:
    """Bytes are a message or the peer's error."""
    for connection in (GeminiConnection(), GeminiServerConnection()):
        with contextlib.suppress(RemoteProtocolError):
            connection.receive(frame)
        good(connection)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
names = st.sampled_from(
    sorted(
        {
            camel_case(field.name)
            for cls in (*CLIENT_MEMBERS.values(), *SERVER_MEMBERS.values())
            for field in attrs.fields(cls)
        }
        | {"parts", "inlineData", "data", "args", "functionCalls", "id", "turns"}
    )
)
bodies = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)
members = st.sampled_from([*CLIENT_MEMBERS, *SERVER_MEMBERS, "future"])


@given(st.dictionaries(members, bodies, max_size=3))
def test_any_message(message: dict[str, Any]) -> None:
    """JSON of any shape under real names is events, to be said again, or the peer's error."""
    for connection in (GeminiConnection(), GeminiServerConnection()):
        try:
            received: list[Any] = connection.receive(json.dumps(message))
        except RemoteProtocolError:
            pass  # the peer's fault, and said so
        else:
            for event in received:
                client, server = pair_for(event)
                speaker: Any = server if isinstance(connection, GeminiConnection) else client
                assert connection.receive(speaker.send(event)) == [event]
        good(connection)
