"""The transition table: who may say what, when."""

from __future__ import annotations

from typing import get_args

import pytest

from realtime_proto._machine import Role
from realtime_proto.gemini import (
    ClientEvent,
    GoAway,
    Phase,
    ServerError,
    ServerEvent,
    Setup,
    SetupComplete,
    UnknownEvent,
)
from realtime_proto.gemini._state import MACHINE

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


def test_diagram() -> None:
    """The table can be drawn."""
    drawn = MACHINE.to_mermaid()
    assert "[*] --> OPENING" in drawn
    assert "OPENING --> SETTING_UP: client Setup" in drawn
    assert "READY --> GOING_AWAY: server GoAway" in drawn
    assert "CLOSED --> [*]" in drawn
