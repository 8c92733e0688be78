"""Both ends of a Gemini Live connection, and messages said again by the events they gave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from realtime_proto.gemini import (
    CLIENT_MEMBERS,
    ActivityStart,
    AutomaticActivityDetection,
    GeminiConnection,
    GeminiServerConnection,
    GoAway,
    HistoryConfig,
    Phase,
    RealtimeInput,
    RealtimeInputConfig,
    Setup,
    SetupComplete,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "MANUAL",
    "PLAIN",
    "SEEDED",
    "pair",
    "pair_for",
    "phase_for",
    "reader_of",
    "said_again",
    "standing",
)


PLAIN = Setup(model="m")
MANUAL = Setup(
    model="m",
    realtime_input_config=RealtimeInputConfig(
        automatic_activity_detection=AutomaticActivityDetection(disabled=True)
    ),
)
"""A set-up in which the client marks the user's activity."""
SEEDED = Setup(model="m", history_config=HistoryConfig(initial_history_in_client_content=True))
"""A set-up that announces a history."""


def pair(
    phase: Phase = Phase.READY, *, setup: Setup = PLAIN
) -> tuple[GeminiConnection, GeminiServerConnection]:
    """Both ends of a connection, brought to *phase* by what they say, *setup* first."""
    client, server = GeminiConnection(), GeminiServerConnection()
    if phase is Phase.CLOSED:
        client.connection_lost()
        server.connection_lost()
    elif phase is not Phase.OPENING:
        server.receive(client.send(setup))
        if phase is not Phase.SETTING_UP:
            client.receive(server.send(SetupComplete()))
        if phase is Phase.GOING_AWAY:
            client.receive(server.send(GoAway()))
    assert (client.phase, server.phase) == (phase, phase)
    return client, server


def phase_for(event: object) -> Phase:
    """A phase in which *event* may be said."""
    if isinstance(event, Setup):
        return Phase.OPENING
    return Phase.SETTING_UP if isinstance(event, SetupComplete) else Phase.READY


def pair_for(event: object) -> tuple[GeminiConnection, GeminiServerConnection]:
    """Both ends of a connection on which *event* may be said."""
    if not isinstance(event, RealtimeInput) or not (event.activity_start or event.activity_end):
        return pair(phase_for(event))
    client, server = pair(setup=MANUAL)
    if event.activity_end:
        server.receive(client.send(RealtimeInput(activity_start=ActivityStart())))
    return client, server


def reader_of(direction: str) -> GeminiConnection | GeminiServerConnection:
    """The end that reads what a "client" or a "server" says."""
    return GeminiConnection() if direction == "server" else GeminiServerConnection()


def said_again(events: Iterable[Any]) -> dict[str, Any]:
    """The message that *events* make up: each is said by the role whose it is."""
    message: dict[str, Any] = {}
    for event in events:
        client, server = pair_for(event)
        is_clients = type(event) in CLIENT_MEMBERS.values()
        message |= json.loads(client.send(event) if is_clients else server.send(event))
    return message


def standing(connection: GeminiConnection | GeminiServerConnection) -> tuple[Any, ...]:
    """Everything a connection says about where it stands."""
    return (
        connection.phase,
        connection.turn,
        connection.activity,
        connection.history,
        connection.resumption,
        connection.calls,
        connection.unexpected,
        dict(connection.drift),
    )
