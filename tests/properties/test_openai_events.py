"""For every event there can be: what is said is heard the same, or nothing happened at all."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from helpers.openai import let_in
from helpers.strategies import events, free_json_object
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_proto.errors import LocalProtocolError, RemoteProtocolError
from realtime_proto.openai import (
    DIALECTS,
    ClientEvent,
    OpenAIConnection,
    OpenAIServerConnection,
    Phase,
    RealtimeSession,
    ServerEvent,
    SessionCreated,
)
from realtime_proto.openai._state import MACHINE
from realtime_proto.wire import UNSET, UnknownEvent

CLIENT = get_args(ClientEvent)
SERVER = get_args(ServerEvent)

LET_IN = '{"type":"session.created","session":{"type":"realtime"}}'

unknown_events = st.builds(
    lambda raw: UnknownEvent(tag="x.unknown", raw={**raw, "type": "x.unknown"}), free_json_object
)

patient = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
"""As many examples as the profile says, however long one takes to make."""

quick = settings(patient, max_examples=min(15, settings().max_examples))
"""For what is done once for every class."""


def connection(role: Any, phase: Phase) -> Any:
    """A connection of *role* that stands in *phase*."""
    made = role()
    if phase is not Phase.OPENING:
        if role is OpenAIConnection:
            made.receive(LET_IN)
        else:
            made.send(SessionCreated(event_id="e", session=RealtimeSession()))
    if phase is Phase.CLOSED:
        made.connection_lost()
    assert made.phase is phase
    return made


def state_of(made: Any) -> Any:
    """Everything a failed send could have changed."""
    return made.phase, made.unexpected, dict(made.drift), made._spare_id


@pytest.mark.parametrize("cls", CLIENT + SERVER, ids=lambda cls: cls.type)
@quick
@given(data=st.data())
def test_what_is_said_is_heard_the_same(cls, data) -> None:
    """decode(encode(event)) == event, through both connections, and nothing of it drifts."""
    event = data.draw(events(cls))
    client = connection(OpenAIConnection, Phase.READY)
    server = connection(OpenAIServerConnection, Phase.READY)
    speaker, hearer = (client, server) if cls in CLIENT else (server, client)
    (heard,) = hearer.receive(speaker.send(event))
    if getattr(event, "event_id", None) is UNSET:
        assert heard.event_id.startswith("ev")
        heard = heard.__class__(
            **{
                name: UNSET if name == "event_id" else getattr(heard, name)
                for name in (field.name for field in cls.__attrs_attrs__)
            }
        )
    assert event == heard
    assert hearer.drift == {}


any_event = st.tuples(st.just("client"), events(ClientEvent)) | st.tuples(
    st.just("server"), events(ServerEvent)
)
"""Who says it, and the event."""


@pytest.mark.parametrize("dialect", DIALECTS)
@patient
@given(spoken=any_event)
def test_what_is_said_in_a_dialect_is_heard_and_can_be_said_again(dialect, spoken) -> None:
    """A dialect may lack an event or a value; what it can say is understood to the last field."""
    side, event = spoken
    speaker, hearer = let_in(side, dialect)
    try:
        frame = speaker.send(event)
    except LocalProtocolError:
        assert dialect != "ga"
        return
    (heard,) = hearer.receive(frame)
    assert type(heard) is type(event)
    assert json.loads(frame) == json.loads(speaker.send(heard))


@pytest.mark.parametrize("dialect", DIALECTS)
@patient
@given(spoken=any_event, data=st.data())
def test_what_is_read_goes_out_again_as_it_came(dialect, spoken, data) -> None:
    """Also with nulls and with members nobody knows, wherever they are: JSON equal.

    In a flat dialect a frame of GA comes out flat, and from then on as it is.
    """
    side, event = spoken
    value = json.loads(let_in(side)[0].send(event))
    for _ in range(data.draw(st.integers(1, 4))):
        objects = [value, *(item for p, k in places(value) if isinstance(item := p[k], dict))]
        place = data.draw(st.sampled_from(objects))
        name = data.draw(st.sampled_from([*place, "new"]))
        place[name] = data.draw(st.none() | st.just("new") | st.just({"new": [None]}))
    if isinstance(session := value.get("session"), dict):
        session.setdefault("type", "realtime")  # without it, it would be flat: GA says it anew
    out, into = let_in(side, dialect)
    heard, _ = heard_or_paths(into, json.dumps(value))
    if not heard or not out.has(type(heard[0])):
        return
    try:
        again = json.loads(out.send(heard[0]))
    except LocalProtocolError:  # a flat dialect cannot say all that GA can
        assert dialect not in ("ga", "azure")
        return
    if dialect in ("ga", "azure"):
        assert value == again
    (heard_again,) = into.receive(json.dumps(again))
    assert again == json.loads(out.send(heard_again))


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("role", [OpenAIConnection, OpenAIServerConnection])
@patient
@given(event=events(ClientEvent | ServerEvent) | unknown_events)
def test_an_event_in_a_phase_is_legal_or_changes_nothing(role, phase, event) -> None:
    """As the table has it, for every event in every phase in both roles."""
    made = connection(role, phase)
    before = state_of(made)
    own = CLIENT if role is OpenAIConnection else SERVER
    then = MACHINE.next_phase(made.role, phase, type(event))
    if then is not None and isinstance(event, (*own, UnknownEvent)):
        made.send(event)
        assert made.phase is then
    else:
        with pytest.raises(LocalProtocolError):
            made.send(event)
        assert before == state_of(made)


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("role", [OpenAIConnection, OpenAIServerConnection])
@patient
@given(data=st.data())
def test_an_event_at_any_time_is_delivered(role, phase, data) -> None:
    """What the table does not foresee is counted and moves nothing; the rest moves as it says."""
    hearer = connection(role, phase)
    side = "server" if role is OpenAIConnection else "client"
    peers = ServerEvent if role is OpenAIConnection else ClientEvent
    event = data.draw(events(peers) | unknown_events)
    then = MACHINE.next_phase(hearer.role.peer, phase, type(event))
    (heard,) = hearer.receive(let_in(side)[0].send(event))
    assert event == heard
    assert hearer.unexpected == (then is None)
    assert hearer.phase is (phase if then is None else then)


@given(
    talk=st.lists(
        st.tuples(
            st.sampled_from(["client", "server", "lost"]),
            events(ClientEvent | ServerEvent) | unknown_events,
        ),
        max_size=12,
    )
)
@patient
def test_the_two_ends_never_disagree(talk) -> None:
    """Whatever is said in whatever order, both stand in one phase, and neither is surprised."""
    client: Any = OpenAIConnection()
    server: Any = OpenAIServerConnection()
    for who, event in talk:
        if who == "lost":
            client.connection_lost()
            server.connection_lost()
            continue
        speaker, hearer = (client, server) if who == "client" else (server, client)
        try:
            frame = speaker.send(event)
        except LocalProtocolError:
            continue
        (heard,) = hearer.receive(frame)
        assert type(heard) is type(event)
        assert client.phase is server.phase
    assert client.unexpected == server.unexpected == 0
    assert client.drift == server.drift == {}


@pytest.mark.parametrize("cls", CLIENT + SERVER, ids=lambda cls: cls.type)
@quick
@given(data=st.data())
def test_a_damaged_frame_is_read_or_refused_by_path(cls, data) -> None:
    """Any value in place of any other: an event, or RemoteProtocolError with a path, never more."""
    client = connection(OpenAIConnection, Phase.READY)
    server = connection(OpenAIServerConnection, Phase.READY)
    speaker, hearer = (client, server) if cls in CLIENT else (server, client)
    value = json.loads(speaker.send(data.draw(events(cls))))
    place, key = data.draw(st.sampled_from(list(places(value))))
    wrong = data.draw(
        st.sampled_from([None, True, 5, 1.5, "x", [], {}, [None], {"type": 1}, 2**70, "delete"])
    )
    if wrong == "delete" and isinstance(place, dict):
        del place[key]
    else:
        place[key] = wrong
    events_read, paths = heard_or_paths(hearer, json.dumps(value))
    assert len(events_read) == 1 or paths
    assert all(isinstance(event, (cls, UnknownEvent)) for event in events_read)
    assert all(path.startswith("$.") for path in paths)


def heard_or_paths(hearer: Any, frame: Any) -> tuple[list[Any], tuple[str, ...]]:
    """The events of a frame, or the paths at fault. Any other error is a bug."""
    try:
        return hearer.receive(frame), ()
    except RemoteProtocolError as error:
        return [], error.paths


def places(value: Any) -> Any:
    """Every (container, key) below *value*."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_are_read_or_refused(frame: Any) -> None:
    """Either events, or RemoteProtocolError, never any other error."""
    hearer = connection(OpenAIConnection, Phase.READY)
    events_read, paths = heard_or_paths(hearer, frame)
    assert events_read or paths
    assert hearer.phase is Phase.READY
