"""The transition table: who may say what, when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from helpers.gemini import MANUAL, PLAIN, SEEDED, pair

from realtime_proto._machine import Role
from realtime_proto.errors import LocalProtocolError
from realtime_proto.gemini import (
    ActivityEnd,
    ActivityStart,
    ActivityState,
    CallState,
    ClientContent,
    ClientEvent,
    Content,
    FunctionCall,
    FunctionResponse,
    GeminiConnection,
    GeminiServerConnection,
    GoAway,
    HistoryState,
    Part,
    Phase,
    RealtimeInput,
    ResumptionState,
    ServerContent,
    ServerError,
    ServerEvent,
    SessionResumptionUpdate,
    Setup,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
    TurnState,
    UnknownEvent,
)
from realtime_proto.gemini._state import MACHINE, MACHINES, Sign

if TYPE_CHECKING:
    import enum


def answer(*, will_continue: bool = False) -> ToolResponse:
    """An answer to the call "1"."""
    response = FunctionResponse(id="1", name="f", will_continue=will_continue)
    return ToolResponse(function_responses=(response,))


CLIENT = (*get_args(ClientEvent), UnknownEvent)
SERVER = (*get_args(ServerEvent), UnknownEvent)


def legal(role: Role, phase: Phase) -> dict[type, Phase]:
    """What *role* may say in *phase*, and where it leads."""
    events = CLIENT if role is Role.CLIENT else SERVER
    found = {event: MACHINE.next_phase(role, phase, event) for event in events}
    return {event: then for event, then in found.items() if then is not None}


def test_the_client_begins_with_setup_and_waits() -> None:
    """The client says `setup` first, once, and then nothing until it is answered."""
    assert legal(Role.CLIENT, Phase.OPENING) == {Setup: Phase.SETTING_UP}
    assert legal(Role.CLIENT, Phase.SETTING_UP) == {}


def test_the_server_answers_first() -> None:
    """The server says nothing before `setup`, and then that it stands or why not."""
    assert legal(Role.SERVER, Phase.OPENING) == {}
    assert legal(Role.SERVER, Phase.SETTING_UP) == {
        SetupComplete: Phase.READY,
        ServerError: Phase.SETTING_UP,
    }


@pytest.mark.parametrize("phase", [Phase.READY, Phase.GOING_AWAY])
def test_everything_else_at_any_time(phase: Phase) -> None:
    """Once the session stands, both say everything but what sets it up."""
    assert legal(Role.CLIENT, phase) == {e: phase for e in CLIENT if e is not Setup}
    expected = {e: phase for e in SERVER if e is not SetupComplete}
    assert legal(Role.SERVER, phase) == {**expected, GoAway: Phase.GOING_AWAY}


@pytest.mark.parametrize("role", Role)
def test_nothing_after_the_end(role: Role) -> None:
    """A lost connection carries nothing."""
    assert legal(role, Phase.CLOSED) == {}


# --- the tables that read signs

SETUPS = {Sign.MANUAL_SETUP, Sign.SEEDED_SETUP}

EVENTS: dict[Sign, Any] = {
    Sign.ACTIVITY_START: RealtimeInput(activity_start=ActivityStart()),
    Sign.ACTIVITY_END: RealtimeInput(activity_end=ActivityEnd()),
    Sign.AUDIO_STREAM_END: RealtimeInput(audio_stream_end=True),
    Sign.REALTIME_INPUT: RealtimeInput(text="Hi"),
    Sign.CONTENT: ClientContent(),
    Sign.COMPLETE_CONTENT: ClientContent(turn_complete=True),
    Sign.ANSWER: answer(),
    Sign.PARTIAL_ANSWER: answer(will_continue=True),
    Sign.CALL: ToolCall(function_calls=(FunctionCall(id="1", name="f"),)),
    Sign.CANCELLATION: ToolCallCancellation(ids=("1",)),
    Sign.OUTPUT: ServerContent(model_turn=Content(parts=(Part(text="Hi"),))),
    Sign.INTERRUPTION: ServerContent(interrupted=True),
    Sign.GENERATION_COMPLETE: ServerContent(generation_complete=True),
    Sign.TURN_COMPLETE: ServerContent(turn_complete=True),
    Sign.RESUMABLE: SessionResumptionUpdate(new_handle="h", resumable=True),
    Sign.NOT_RESUMABLE: SessionResumptionUpdate(),
}
"""An event for each sign but those of the set-up."""

WAYS: dict[enum.Enum, list[Any]] = {
    ActivityState.AUTOMATIC: [PLAIN],
    ActivityState.SILENT: [MANUAL],
    ActivityState.ACTIVE: [MANUAL, EVENTS[Sign.ACTIVITY_START]],
    HistoryState.LIVE: [PLAIN],
    HistoryState.SEEDING: [SEEDED],
    CallState.UNKNOWN: [PLAIN],
    CallState.PENDING: [PLAIN, EVENTS[Sign.CALL]],
    CallState.OPEN: [PLAIN, EVENTS[Sign.CALL], EVENTS[Sign.PARTIAL_ANSWER]],
    CallState.ANSWERED: [PLAIN, EVENTS[Sign.CALL], EVENTS[Sign.ANSWER]],
    CallState.CANCELLED: [PLAIN, EVENTS[Sign.CALL], EVENTS[Sign.CANCELLATION]],
    TurnState.IDLE: [PLAIN],
    TurnState.GENERATING: [PLAIN, EVENTS[Sign.OUTPUT]],
    TurnState.GENERATED: [PLAIN, EVENTS[Sign.OUTPUT], EVENTS[Sign.GENERATION_COMPLETE]],
    TurnState.INTERRUPTED: [PLAIN, EVENTS[Sign.OUTPUT], EVENTS[Sign.INTERRUPTION]],
    ResumptionState.NONE: [PLAIN],
    ResumptionState.RESUMABLE: [PLAIN, EVENTS[Sign.RESUMABLE]],
    ResumptionState.PAUSED: [PLAIN, EVENTS[Sign.RESUMABLE], EVENTS[Sign.NOT_RESUMABLE]],
}
"""What is said to come to each state, the set-up first."""

EVERY: list[tuple[str, Role, enum.Enum, Any]] = [
    (table, role, state, sign)
    for table, machine in MACHINES.items()
    if table != "connection"
    for role in Role
    for state in type(machine.initial)
    for sign in dict.fromkeys(sign for row in machine.table[role].values() for sign in row)
    if sign not in SETUPS
]
"""Every sign a table knows, in every state of it. A set-up is said before there is a state."""


@pytest.mark.parametrize(("table", "role", "state", "sign"), EVERY, ids=str)
def test_every_sign_in_every_state(table: str, role: Role, state: enum.Enum, sign: Sign) -> None:
    """An event is said where the tables have it and leads where they say, at both ends; else it is
    refused, and nothing is changed.
    """
    setup, *said = WAYS[state]
    client, server = pair(setup=setup)
    for event in said:
        say(client, server, event)
    assert (state, state) == (state_of(client, table), state_of(server, table))
    then = MACHINES[table].next_phase(role, state, sign)
    if then is None:
        with pytest.raises(LocalProtocolError, match="may not be sent while"):
            say(client, server, EVENTS[sign])
        then = state
    else:
        say(client, server, EVENTS[sign])
    assert (then, then) == (state_of(client, table), state_of(server, table))
    assert (0, 0) == (client.unexpected, server.unexpected)


def say(client: GeminiConnection, server: GeminiServerConnection, event: Any) -> None:
    """Have the role whose *event* it is say it to the other."""
    if isinstance(event, get_args(ClientEvent)):
        assert [event] == server.receive(client.send(event))
    else:
        assert [event] == client.receive(server.send(event))


def state_of(connection: GeminiConnection | GeminiServerConnection, table: str) -> Any:
    """Where *connection* stands in *table*; of calls, where "1" stands."""
    if table == "call":
        return connection.calls.get("1", CallState.UNKNOWN)
    return getattr(connection, table)


def test_every_state_is_come_to() -> None:
    """The ways above lead to every state of every table."""
    known = {
        state
        for table, machine in MACHINES.items()
        if table != "connection"
        for state in type(machine.initial)
    }
    assert WAYS.keys() == known
    assert set(Sign) - SETUPS == EVENTS.keys() == {sign for _, _, _, sign in EVERY}


# --- diagrams


def test_diagram() -> None:
    """The table of the connection can be drawn."""
    drawn = MACHINE.to_mermaid()
    assert "[*] --> OPENING" in drawn
    assert "OPENING --> SETTING_UP: client Setup" in drawn
    assert "READY --> GOING_AWAY: server GoAway" in drawn
    assert "CLOSED --> [*]" in drawn


@pytest.mark.parametrize(
    ("table", "arrow"),
    [
        ("turn", "GENERATING --> INTERRUPTED: server interrupted"),
        ("activity", "SILENT --> ACTIVE: client activityStart"),
        ("history", "SEEDING --> LIVE: client clientContent with turnComplete"),
        ("call", "PENDING --> OPEN: client an answer that will continue"),
        ("resumption", "RESUMABLE --> PAUSED: server no handle"),
    ],
)
def test_diagrams_of_signs(table: str, arrow: str) -> None:
    """The other tables can be drawn, by the words of their signs."""
    assert arrow in map(str.strip, MACHINES[table].to_mermaid().splitlines())
