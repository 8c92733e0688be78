"""The transition table: who is let in by what."""

from __future__ import annotations

import pytest

from realtime_proto._machine import Role
from realtime_proto.openai import (
    ConversationItemAdded,
    Error,
    InputAudioBufferAppend,
    Phase,
    ResponseCreate,
    SessionCreated,
    SessionUpdate,
    SessionUpdated,
)
from realtime_proto.openai._state import MACHINE
from realtime_proto.wire import UnknownEvent


@pytest.mark.parametrize(
    ("role", "phase", "event", "then"),
    [
        (Role.SERVER, Phase.OPENING, SessionCreated, Phase.READY),
        (Role.SERVER, Phase.OPENING, SessionUpdated, Phase.READY),
        (Role.SERVER, Phase.OPENING, ConversationItemAdded, Phase.READY),
        (Role.SERVER, Phase.OPENING, Error, Phase.OPENING),
        (Role.SERVER, Phase.OPENING, UnknownEvent, Phase.OPENING),
        (Role.SERVER, Phase.READY, Error, Phase.READY),
        (Role.SERVER, Phase.READY, UnknownEvent, Phase.READY),
        (Role.SERVER, Phase.CLOSED, Error, None),
        (Role.CLIENT, Phase.OPENING, SessionUpdate, Phase.OPENING),
        (Role.CLIENT, Phase.OPENING, UnknownEvent, Phase.OPENING),
        (Role.CLIENT, Phase.OPENING, InputAudioBufferAppend, None),
        (Role.CLIENT, Phase.OPENING, ResponseCreate, None),
        (Role.CLIENT, Phase.READY, ResponseCreate, Phase.READY),
        (Role.CLIENT, Phase.CLOSED, SessionUpdate, None),
    ],
)
def test_a_row(role, phase, event, then) -> None:
    """An event in a phase leads somewhere, or is not legal."""
    assert then is MACHINE.next_phase(role, phase, event)


def test_the_diagram_names_every_phase() -> None:
    """It is made from the table."""
    assert MACHINE.to_mermaid().splitlines() == [
        "stateDiagram-v2",
        "  [*] --> OPENING",
        "  OPENING --> OPENING: client SessionUpdate",
        "  OPENING --> OPENING: client UnknownEvent",
        "  READY --> READY: client anything else",
        "  OPENING --> READY: server SessionCreated",
        "  OPENING --> READY: server SessionUpdated",
        "  OPENING --> OPENING: server Error",
        "  OPENING --> OPENING: server UnknownEvent",
        "  OPENING --> READY: server anything else",
        "  READY --> READY: server anything else",
        "  CLOSED --> [*]",
    ]
