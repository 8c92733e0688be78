"""The translation endpoint: what is said is heard the same, in every phase or not at all."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from helpers.strategies import events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_proto.errors import LocalProtocolError
from realtime_proto.openai import (
    SessionClose,
    TranslationClientEvent,
    TranslationConnection,
    TranslationPhase,
    TranslationServerConnection,
    TranslationServerEvent,
)
from realtime_proto.openai._state import TRANSLATION
from realtime_proto.wire import UNSET, UnknownEvent

CLIENT = get_args(TranslationClientEvent)
SERVER = get_args(TranslationServerEvent)

LET_IN = json.dumps(
    {
        "type": "session.created",
        "event_id": "e",
        "session": {"type": "translation", "id": "s", "model": "m", "expires_at": 1, "audio": {}},
    }
)

patient = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)

unknown_events = st.just(UnknownEvent(tag="x", raw={"type": "x"}))


def pair(phase: TranslationPhase) -> tuple[Any, Any]:
    """A client and a server in *phase*."""
    client, server = TranslationConnection(), TranslationServerConnection()
    if phase is not TranslationPhase.OPENING:
        (created,) = client.receive(LET_IN)
        server.send(created)  # type: ignore[arg-type]
    if phase is TranslationPhase.CLOSING:
        server.receive(client.send(SessionClose()))
    if phase is TranslationPhase.CLOSED:
        client.connection_lost()
        server.connection_lost()
    assert client.phase is server.phase is phase
    return client, server


@pytest.mark.parametrize("cls", CLIENT + SERVER, ids=lambda cls: cls.__name__)
@settings(patient, max_examples=min(15, settings().max_examples))
@given(data=st.data())
def test_what_is_said_is_heard_the_same(cls, data) -> None:
    """decode(encode(event)) == event, and nothing of it drifts."""
    client, server = pair(TranslationPhase.READY)
    speaker, hearer = (client, server) if cls in CLIENT else (server, client)
    event = data.draw(events(cls).filter(lambda event: event.event_id is not UNSET))
    assert hearer.receive(speaker.send(event)) == [event]
    assert hearer.drift == {}
    assert client.phase is server.phase


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("phase", TranslationPhase)
@patient
@given(event=events(TranslationClientEvent | TranslationServerEvent) | unknown_events)
def test_an_event_in_a_phase_is_legal_or_changes_nothing(side, phase, event) -> None:
    """As the table has it, for every event in every phase in both roles."""
    made = dict(zip(("client", "server"), pair(phase), strict=True))[side]
    own = CLIENT if side == "client" else SERVER
    then = TRANSLATION.next_phase(made.role, phase, type(event))
    before = (made.phase, made.unexpected, dict(made.drift), made._spare_id)
    if then is not None and isinstance(event, (*own, UnknownEvent)):
        made.send(event)
        assert made.phase is then
    else:
        with pytest.raises(LocalProtocolError):
            made.send(event)
        assert before == (made.phase, made.unexpected, dict(made.drift), made._spare_id)
