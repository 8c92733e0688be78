"""Who may say what, when, in a Gemini Live connection."""

from __future__ import annotations

import enum
from typing import Final, get_args

from realtime_proto._machine import Machine, Role
from realtime_proto.gemini.events import (
    ClientEvent,
    GoAway,
    ServerError,
    ServerEvent,
    Setup,
    SetupComplete,
)
from realtime_proto.wire import UnknownEvent

__all__ = ("MACHINE", "Phase")

# Theory of operation.
#
# Everything that decides whether a message is in turn is in this file.
#
# The client speaks first, and the first thing it says is what the session is to be: `setup`,
# exactly once. Until the server has answered `setupComplete`, exactly once as well, the client says
# nothing more. A server that does not like the set-up closes the connection without a word, or, as
# far as the official clients know, with `error`. From then on both sides may say everything else at
# any time: turns overlap, tool calls and their answers cross interruptions, transcriptions come
# when they come, so there is no order a table could state.
#
# `goAway` announces that the server will close. What may be said stays the same; the phase is there
# so that the owner of the connection can see that it is time to resume on another one.
#
# Messages nobody knows count as everything else. Which fields of a realtime input fit the set-up,
# and which calls are still to be answered, is not the wire's business.


class Phase(enum.Enum):
    """Where a connection stands."""

    OPENING = "opening"
    SETTING_UP = "setting up"
    READY = "ready"
    GOING_AWAY = "going away"
    CLOSED = "closed"


_CLIENT: Final = (*(cls for cls in get_args(ClientEvent) if cls is not Setup), UnknownEvent)
_SERVER: Final = (*(cls for cls in get_args(ServerEvent) if cls is not SetupComplete), UnknownEvent)

MACHINE: Final = Machine(
    initial=Phase.OPENING,
    lost=Phase.CLOSED,
    table={
        Role.CLIENT: {
            Phase.OPENING: {Setup: Phase.SETTING_UP},
            Phase.READY: dict.fromkeys(_CLIENT, Phase.READY),
            Phase.GOING_AWAY: dict.fromkeys(_CLIENT, Phase.GOING_AWAY),
        },
        Role.SERVER: {
            Phase.SETTING_UP: {SetupComplete: Phase.READY, ServerError: Phase.SETTING_UP},
            Phase.READY: {**dict.fromkeys(_SERVER, Phase.READY), GoAway: Phase.GOING_AWAY},
            Phase.GOING_AWAY: dict.fromkeys(_SERVER, Phase.GOING_AWAY),
        },
    },
)
"""The table both roles read."""
