"""Who may say what, when, in a Gemini Live connection."""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

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

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = (
    "MACHINE",
    "MACHINES",
    "ActivityState",
    "CallState",
    "HistoryState",
    "Phase",
    "ResumptionState",
    "Sign",
    "TurnState",
)

# Theory of operation.
#
# Everything that decides whether a message is in turn is in this file. A session is several things
# at once that hardly depend on each other, so there are several tables. MACHINE reads which event
# it is; the others read signs, because on this wire one class says many things: a ServerContent may
# be output, an interruption and the end of a turn in one. (`_progress` reads the signs off events.)
# What a table does not have is not legal: refused where we would say it, delivered and counted in
# `unexpected` where the peer did.
#
# Set-up (MACHINE). The client speaks first, and the first thing it says is what the session is to
# be: `setup`, exactly once. Until the server has answered `setupComplete`, exactly once as well,
# the client says nothing more. A server that does not like the set-up closes the connection without
# a word, or, as far as the official clients know, with `error`. From then on both sides may say
# everything else at any time, as far as the other tables have it. Messages nobody knows count as
# everything else.
#
# Going away (MACHINE). `goAway` announces that the server will close. What may be said stays the
# same; the phase is there so that the owner of the connection sees that it is time to resume on
# another one.
#
# Generation and turn (TURN). A turn opens with the first output: speech, text, a transcription of
# it, a call. `generationComplete` says that all of it was sent, `turnComplete` that it would have
# been heard by now. None of them can be relied on. An interrupted turn has no `generationComplete`;
# `interrupted` comes before any output, in the middle, with `turnComplete` or after it, because the
# user may interrupt what is still being played. `turnComplete` without a turn closes nothing.
# Transcriptions come late. So the server may say everything in every state, and the table is there
# to tell what it meant. In one ServerContent the signs count in this order: interrupted, output,
# generation complete, turn complete.
#
# Activity (ACTIVITY). The set-up says who tells when the user speaks. Where the server does, the
# client may say that its microphone is off (`audioStreamEnd`), and must not mark activity. Where
# the client does, it says `activityStart` and `activityEnd` in turn, and no `audioStreamEnd`. The
# server closes the connection with code 1007 on what does not fit, so it is refused here. Audio is
# legal in every state: what comes between two activities is not listened to.
#
# History (HISTORY). A set-up may announce a history: then everything up to the first
# `clientContent` that is complete is history and not answered, and nothing of the present may come
# before it.
#
# Tool calls (CALL, one for each id). A call is answered once; an answer that `willContinue` leaves
# it open for more. A call that was cancelled is not answered any more: whoever answers has not
# heard the cancellation yet. A call this connection knows nothing of may be answered: it may have
# been made on the connection that this one resumes, and servers have been seen to take it. Older
# models give calls no id; they are not followed. The server may cancel what was answered already,
# and call again under an old id.
#
# Resumption (RESUMPTION). An update brings a handle to resume with, or says that just now, while
# the model speaks or waits for a tool, there is none. The last handle stays good then, for the
# state of the session it was given for. Updates come unasked from some models.


class _State(enum.Enum):
    # A member is itself alone; the hash of enum goes by the name and is written in Python.
    if not TYPE_CHECKING:  # pragma: no branch
        __hash__ = object.__hash__


class Phase(_State):
    """Where a connection stands."""

    OPENING = "opening"
    SETTING_UP = "setting up"
    READY = "ready"
    GOING_AWAY = "going away"
    CLOSED = "closed"


class TurnState(_State):
    """Where the model's turn stands."""

    IDLE = "idle"
    GENERATING = "generating"
    GENERATED = "generated"
    INTERRUPTED = "interrupted"


class ActivityState(_State):
    """Whether the client marks the user's activity, and what it marked last."""

    AUTOMATIC = "found by the server"
    SILENT = "marked as ended"
    ACTIVE = "marked as begun"


class HistoryState(_State):
    """Whether what the client says is the past or the present."""

    SEEDING = "being told"
    LIVE = "complete"


class CallState(_State):
    """Where a call of a function stands."""

    UNKNOWN = "not known here"
    PENDING = "pending"
    OPEN = "answered in part"
    ANSWERED = "answered"
    CANCELLED = "cancelled"


class ResumptionState(_State):
    """Whether there is a handle to resume the session with."""

    NONE = "without a handle"
    RESUMABLE = "resumable"
    PAUSED = "resumable as it was"


class Sign(_State):
    """What a message says to one of the tables."""

    MANUAL_SETUP = "a set-up with activity marked by the client"
    ACTIVITY_START = "activityStart"
    ACTIVITY_END = "activityEnd"
    AUDIO_STREAM_END = "audioStreamEnd"
    SEEDED_SETUP = "a set-up that announces a history"
    CONTENT = "clientContent"
    COMPLETE_CONTENT = "clientContent with turnComplete"
    REALTIME_INPUT = "realtimeInput"
    INTERRUPTION = "interrupted"
    OUTPUT = "output"
    GENERATION_COMPLETE = "generationComplete"
    TURN_COMPLETE = "turnComplete"
    CALL = "a call"
    CANCELLATION = "a cancellation"
    ANSWER = "an answer"
    PARTIAL_ANSWER = "an answer that will continue"
    RESUMABLE = "a handle"
    NOT_RESUMABLE = "no handle"


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
"""The connection: set-up, the session, going away."""

_TURN: Final = Machine(
    initial=TurnState.IDLE,
    lost=TurnState.IDLE,
    table={
        Role.CLIENT: {},
        Role.SERVER: {
            TurnState.IDLE: {
                Sign.INTERRUPTION: TurnState.IDLE,
                Sign.OUTPUT: TurnState.GENERATING,
                Sign.GENERATION_COMPLETE: TurnState.IDLE,
                Sign.TURN_COMPLETE: TurnState.IDLE,
            },
            TurnState.GENERATING: {
                Sign.INTERRUPTION: TurnState.INTERRUPTED,
                Sign.OUTPUT: TurnState.GENERATING,
                Sign.GENERATION_COMPLETE: TurnState.GENERATED,
                Sign.TURN_COMPLETE: TurnState.IDLE,
            },
            TurnState.GENERATED: {
                Sign.INTERRUPTION: TurnState.INTERRUPTED,
                Sign.OUTPUT: TurnState.GENERATED,
                Sign.GENERATION_COMPLETE: TurnState.GENERATED,
                Sign.TURN_COMPLETE: TurnState.IDLE,
            },
            TurnState.INTERRUPTED: {
                Sign.INTERRUPTION: TurnState.INTERRUPTED,
                Sign.OUTPUT: TurnState.INTERRUPTED,
                Sign.GENERATION_COMPLETE: TurnState.INTERRUPTED,
                Sign.TURN_COMPLETE: TurnState.IDLE,
            },
        },
    },
)

_ACTIVITY: Final = Machine(
    initial=ActivityState.AUTOMATIC,
    lost=ActivityState.AUTOMATIC,
    table={
        Role.CLIENT: {
            ActivityState.AUTOMATIC: {
                Sign.MANUAL_SETUP: ActivityState.SILENT,
                Sign.AUDIO_STREAM_END: ActivityState.AUTOMATIC,
            },
            ActivityState.SILENT: {Sign.ACTIVITY_START: ActivityState.ACTIVE},
            ActivityState.ACTIVE: {Sign.ACTIVITY_END: ActivityState.SILENT},
        },
        Role.SERVER: {},
    },
)

_HISTORY: Final = Machine(
    initial=HistoryState.LIVE,
    lost=HistoryState.LIVE,
    table={
        Role.CLIENT: {
            HistoryState.LIVE: {
                Sign.SEEDED_SETUP: HistoryState.SEEDING,
                Sign.CONTENT: HistoryState.LIVE,
                Sign.COMPLETE_CONTENT: HistoryState.LIVE,
                Sign.REALTIME_INPUT: HistoryState.LIVE,
            },
            HistoryState.SEEDING: {
                Sign.CONTENT: HistoryState.SEEDING,
                Sign.COMPLETE_CONTENT: HistoryState.LIVE,
            },
        },
        Role.SERVER: {},
    },
)

_CALL: Final = Machine(
    initial=CallState.UNKNOWN,
    lost=CallState.UNKNOWN,
    table={
        Role.CLIENT: {
            CallState.UNKNOWN: {
                Sign.PARTIAL_ANSWER: CallState.UNKNOWN,
                Sign.ANSWER: CallState.UNKNOWN,
            },
            CallState.PENDING: {
                Sign.PARTIAL_ANSWER: CallState.OPEN,
                Sign.ANSWER: CallState.ANSWERED,
            },
            CallState.OPEN: {
                Sign.PARTIAL_ANSWER: CallState.OPEN,
                Sign.ANSWER: CallState.ANSWERED,
            },
        },
        Role.SERVER: {
            CallState.UNKNOWN: {
                Sign.CALL: CallState.PENDING,
                Sign.CANCELLATION: CallState.CANCELLED,
            },
            CallState.PENDING: {
                Sign.CALL: CallState.PENDING,
                Sign.CANCELLATION: CallState.CANCELLED,
            },
            CallState.OPEN: {
                Sign.CALL: CallState.OPEN,
                Sign.CANCELLATION: CallState.CANCELLED,
            },
            CallState.ANSWERED: {
                Sign.CALL: CallState.PENDING,
                Sign.CANCELLATION: CallState.ANSWERED,
            },
            CallState.CANCELLED: {
                Sign.CALL: CallState.PENDING,
                Sign.CANCELLATION: CallState.CANCELLED,
            },
        },
    },
)

_RESUMPTION: Final = Machine(
    initial=ResumptionState.NONE,
    lost=ResumptionState.NONE,
    table={
        Role.CLIENT: {},
        Role.SERVER: {
            ResumptionState.NONE: {
                Sign.RESUMABLE: ResumptionState.RESUMABLE,
                Sign.NOT_RESUMABLE: ResumptionState.NONE,
            },
            ResumptionState.RESUMABLE: {
                Sign.RESUMABLE: ResumptionState.RESUMABLE,
                Sign.NOT_RESUMABLE: ResumptionState.PAUSED,
            },
            ResumptionState.PAUSED: {
                Sign.RESUMABLE: ResumptionState.RESUMABLE,
                Sign.NOT_RESUMABLE: ResumptionState.PAUSED,
            },
        },
    },
)

MACHINES: Final[Mapping[str, Machine[Any]]] = MappingProxyType(
    {
        "connection": MACHINE,
        "turn": _TURN,
        "activity": _ACTIVITY,
        "history": _HISTORY,
        "call": _CALL,
        "resumption": _RESUMPTION,
    }
)
"""Every table by what it is about."""
