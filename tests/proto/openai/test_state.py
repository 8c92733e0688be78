"""The transition table: who is let in by what."""

from __future__ import annotations

from typing import get_args

import pytest

from realtime_proto._machine import Role
from realtime_proto.openai import (
    ClientEvent,
    ConversationItemAdded,
    Error,
    InputAudioBufferAppend,
    Phase,
    ResponseCreate,
    ServerEvent,
    SessionClose,
    SessionClosed,
    SessionCreated,
    SessionInputAudioBufferAppend,
    SessionOutputAudioDelta,
    SessionUpdate,
    SessionUpdated,
    TranslationClientEvent,
    TranslationPhase,
    TranslationServerEvent,
    TranslationSessionCreated,
    TranslationSessionUpdate,
    TranslationSessionUpdated,
)
from realtime_proto.openai._state import MACHINE, TRANSLATION
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


CLIENT = set(get_args(ClientEvent))
SERVER = set(get_args(ServerEvent))


TRANSLATION_CLIENT = set(get_args(TranslationClientEvent))
TRANSLATION_SERVER = set(get_args(TranslationServerEvent))


@pytest.mark.parametrize(
    ("machine", "phase", "client", "server"),
    [
        (MACHINE, Phase.OPENING, {SessionUpdate}, SERVER),
        (MACHINE, Phase.READY, CLIENT, SERVER),
        (MACHINE, Phase.CLOSED, set(), set()),
        (TRANSLATION, TranslationPhase.OPENING, {TranslationSessionUpdate}, TRANSLATION_SERVER),
        (TRANSLATION, TranslationPhase.READY, TRANSLATION_CLIENT, TRANSLATION_SERVER),
        (TRANSLATION, TranslationPhase.CLOSING, set(), TRANSLATION_SERVER),
        (TRANSLATION, TranslationPhase.CLOSED, set(), set()),
    ],
)
def test_what_is_legal_in_a_phase(machine, phase, client, server) -> None:
    """For each of the events there are; after its close a translation's client is silent."""
    translating = machine is TRANSLATION
    said_by = {
        Role.CLIENT: (client, TRANSLATION_CLIENT if translating else CLIENT),
        Role.SERVER: (server, TRANSLATION_SERVER if translating else SERVER),
    }
    for role, (expected, events) in said_by.items():
        legal = {e for e in events if machine.next_phase(role, phase, e) is not None}
        assert expected == legal


@pytest.mark.parametrize(
    ("role", "phase", "event", "then"),
    [
        (Role.SERVER, "OPENING", TranslationSessionCreated, "READY"),
        (Role.SERVER, "OPENING", TranslationSessionUpdated, "READY"),
        (Role.SERVER, "OPENING", SessionOutputAudioDelta, "READY"),
        (Role.SERVER, "OPENING", Error, "OPENING"),
        (Role.SERVER, "OPENING", SessionClosed, "CLOSED"),
        (Role.SERVER, "READY", SessionClosed, "CLOSED"),
        (Role.SERVER, "CLOSING", SessionOutputAudioDelta, "CLOSING"),
        (Role.SERVER, "CLOSING", SessionClosed, "CLOSED"),
        (Role.CLIENT, "READY", SessionInputAudioBufferAppend, "READY"),
        (Role.CLIENT, "READY", SessionClose, "CLOSING"),
    ],
)
def test_a_row_of_the_translation_endpoint(role, phase, event, then) -> None:
    """It has an end, which the server says, asked for or not."""
    found = TRANSLATION.next_phase(role, TranslationPhase[phase], event)
    assert TranslationPhase[then] is found


@pytest.mark.parametrize("machine", [MACHINE, TRANSLATION])
def test_a_phase_is_left_only_by_what_is_known(machine) -> None:
    """An event nobody knows never moves a connection that stands."""
    for role in Role:
        for phase in set(type(machine.initial)) - {machine.lost}:
            assert phase is machine.next_phase(role, phase, UnknownEvent)


def test_the_diagram_has_every_row() -> None:
    """It is made from the table."""
    head, start, *arrows, end = MACHINE.to_mermaid().splitlines()
    assert (head, start, end) == ("stateDiagram-v2", "  [*] --> OPENING", "  CLOSED --> [*]")
    assert sorted(arrows) == [
        "  OPENING --> OPENING: client SessionUpdate",
        "  OPENING --> OPENING: client UnknownEvent",
        "  OPENING --> OPENING: server Error",
        "  OPENING --> OPENING: server UnknownEvent",
        "  OPENING --> READY: server SessionCreated",
        "  OPENING --> READY: server SessionUpdated",
        "  OPENING --> READY: server anything else",
        "  READY --> READY: client anything else",
        "  READY --> READY: server anything else",
    ]
