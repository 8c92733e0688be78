"""The phases of a connection to OpenAI. Everything that moves one is in this file.

Theory of operation
-------------------

A connection is OPENING from the upgrade until the server lets it in, READY until it is gone, then
CLOSED. There is no phase for a response: the server runs any number of them out of band, reports
them by id, and answers a request it cannot carry out with an `Error` that ends nothing.

An upgraded socket is not an admitted one: key and model are checked after the upgrade, and where
they do not hold, an `Error` comes and the close follows. Admitted is who got `SessionCreated`. A
sideband socket (a second one, to a call that runs over WebRTC or SIP) gets none; it sends a
`SessionUpdate` and gets `SessionUpdated`, or just listens, and then whatever the server says shows
that the session is there. Only an `Error`, and what nobody knows, do not.

The client may change the session while it is OPENING, and nothing else: until it is admitted it
cannot know in which format its audio is read. Clients that send everything at once exist; what
they send early is delivered, and counted as unexpected.

Events nobody knows are legal in both directions as long as the connection stands, and never move
it.

The translation endpoint
------------------------

It begins alike, and it has an end: `SessionClose` makes it CLOSING, in which the client has nothing
more to say and the server says the rest, and `SessionClosed` makes it CLOSED. The server may close
unasked.
"""

from __future__ import annotations

import enum
from typing import Final

from realtime_proto._machine import ANY, Machine, Role
from realtime_proto.openai.events import Error, SessionCreated, SessionUpdate, SessionUpdated
from realtime_proto.openai.translation import (
    SessionClose,
    SessionClosed,
    TranslationSessionCreated,
    TranslationSessionUpdate,
    TranslationSessionUpdated,
)
from realtime_proto.wire import UnknownEvent

__all__ = ("MACHINE", "TRANSLATION", "Phase", "TranslationPhase")


class Phase(enum.Enum):
    """Where a connection stands."""

    OPENING = "opening"
    READY = "ready"
    CLOSED = "closed"


MACHINE: Final = Machine(
    initial=Phase.OPENING,
    lost=Phase.CLOSED,
    table={
        Role.CLIENT: {
            Phase.OPENING: {SessionUpdate: Phase.OPENING, UnknownEvent: Phase.OPENING},
            Phase.READY: {ANY: Phase.READY},
        },
        Role.SERVER: {
            Phase.OPENING: {
                SessionCreated: Phase.READY,
                SessionUpdated: Phase.READY,
                Error: Phase.OPENING,
                UnknownEvent: Phase.OPENING,
                ANY: Phase.READY,
            },
            Phase.READY: {ANY: Phase.READY},
        },
    },
)
"""Who may say what, when, and where that leads."""


class TranslationPhase(enum.Enum):
    """Where a connection to the translation endpoint stands."""

    OPENING = "opening"
    READY = "ready"
    CLOSING = "closing"
    CLOSED = "closed"


TRANSLATION: Final = Machine(
    initial=TranslationPhase.OPENING,
    lost=TranslationPhase.CLOSED,
    table={
        Role.CLIENT: {
            TranslationPhase.OPENING: {
                TranslationSessionUpdate: TranslationPhase.OPENING,
                UnknownEvent: TranslationPhase.OPENING,
            },
            TranslationPhase.READY: {
                SessionClose: TranslationPhase.CLOSING,
                ANY: TranslationPhase.READY,
            },
            TranslationPhase.CLOSING: {UnknownEvent: TranslationPhase.CLOSING},
        },
        Role.SERVER: {
            TranslationPhase.OPENING: {
                TranslationSessionCreated: TranslationPhase.READY,
                TranslationSessionUpdated: TranslationPhase.READY,
                SessionClosed: TranslationPhase.CLOSED,
                Error: TranslationPhase.OPENING,
                UnknownEvent: TranslationPhase.OPENING,
                ANY: TranslationPhase.READY,
            },
            TranslationPhase.READY: {
                SessionClosed: TranslationPhase.CLOSED,
                ANY: TranslationPhase.READY,
            },
            TranslationPhase.CLOSING: {
                SessionClosed: TranslationPhase.CLOSED,
                ANY: TranslationPhase.CLOSING,
            },
        },
    },
)
"""Who may say what on the translation endpoint, when, and where that leads."""
