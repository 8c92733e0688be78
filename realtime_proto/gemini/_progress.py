"""Where one connection stands in the tables of `_state` beside its phase.

Events are read for their signs, in the order stated there. What is kept is one state for each
table and one for each call, so it is bounded: the oldest call is forgotten first, and a call nobody
remembers may be answered.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, final

from attrs import frozen

from realtime_proto._newest import keep_newest
from realtime_proto.gemini._state import (
    MACHINES,
    ActivityState,
    CallState,
    HistoryState,
    ResumptionState,
    Sign,
    TurnState,
)
from realtime_proto.gemini.events import (
    ClientContent,
    RealtimeInput,
    ServerContent,
    SessionResumptionUpdate,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
)
from realtime_proto.gemini.setup import Setup

if TYPE_CHECKING:
    from realtime_proto._machine import Role

__all__ = ("CALL_LIMIT", "NO_MOVES", "Moves", "Progress")

CALL_LIMIT: Final = 1_024
"""Calls that are followed; as many settled ones as a conversation remembers."""

_UNKNOWN: Final = CallState.UNKNOWN

_SUBJECTS: Final = {"activity": "the user's activity", "history": "the history"}

_Key = tuple[str, str]
"""A table, and of the table of calls the call's id."""


@final
@frozen
class Moves:
    """What one event does.

    Args:
        states: The new states.
        refusal: Why it is not legal, in a sentence; None where it is.
    """

    states: Mapping[_Key, enum.Enum]
    refusal: str | None


NO_MOVES: Final = Moves(MappingProxyType({}), None)


class Progress:
    """The states of one connection."""

    def __init__(self) -> None:
        self._states: dict[_Key, Any] = dict(_FIRST)
        self._still = _still_in(self._states.values())
        self._calls: dict[str, CallState] = {}

    @property
    def turn(self) -> TurnState:
        """Where the model's turn stands."""
        state: TurnState = self._states[_TURN]
        return state

    @property
    def activity(self) -> ActivityState:
        """Whether the client marks the user's activity, and what it marked last."""
        state: ActivityState = self._states[_ACTIVITY]
        return state

    @property
    def history(self) -> HistoryState:
        """Whether what the client says is the past or the present."""
        state: HistoryState = self._states[_HISTORY]
        return state

    @property
    def resumption(self) -> ResumptionState:
        """Whether there is a handle to resume the session with."""
        state: ResumptionState = self._states[_RESUMPTION]
        return state

    def calls(self) -> dict[str, CallState]:
        """The calls that are followed, by id, the oldest first."""
        return dict(self._calls)

    def moves(self, role: Role, event: object) -> Moves:
        """What *event*, said by *role*, does. Nothing is changed."""
        reader = _READERS.get(event.__class__)
        if reader is None:
            return NO_MOVES
        signs = reader(event)
        says_more = event.__class__ is RealtimeInput and _says_more(event)
        if self._still.issuperset(signs) and not says_more:
            return NO_MOVES  # most frames are more of the same
        states: dict[_Key, Any] = {}
        refusal = None
        for key, sign in signs:
            state = states.get(key) or self._states.get(key) or self._calls.get(key[1], _UNKNOWN)
            then = _NEXT.get((role, state, sign))
            if then is None:
                refusal = f"{sign.value} may not be sent while {_subject(key)} is {state.value}"
            elif then is not state:
                states[key] = then
        if says_more:
            refusal = "a RealtimeInput may not say more than one thing"
        return Moves(states, refusal) if states or refusal else NO_MOVES

    def make(self, moves: Moves) -> None:
        """Go where *moves* lead."""
        for (table, call_id), state in moves.states.items():
            if isinstance(state, CallState):
                self._calls[call_id] = state
            else:
                self._states[table, call_id] = state
                self._still = _still_in(self._states.values())
        keep_newest(self._calls, CALL_LIMIT)


def _subject(key: _Key) -> str:
    return _SUBJECTS.get(key[0]) or f"the call {key[1][:60]!r}"


def _says_more(event: Any) -> bool:
    """Whether a RealtimeInput says more than one thing."""
    n: int = (event.audio is not None) + (event.video is not None) + (event.text is not None)
    n += (event.activity_start is not None) + (event.activity_end is not None)
    n += event.audio_stream_end + (len(event.media_chunks) > 0)
    return n > 1


# --- the signs of each event

_TURN: Final = ("turn", "")
_ACTIVITY: Final = ("activity", "")
_HISTORY: Final = ("history", "")
_RESUMPTION: Final = ("resumption", "")

_FIRST: Final[Mapping[_Key, enum.Enum]] = {
    key: MACHINES[key[0]].initial for key in (_TURN, _ACTIVITY, _HISTORY, _RESUMPTION)
}

_NEXT: Final[Mapping[tuple[Role, enum.Enum, type | enum.Enum], enum.Enum]] = {
    (role, state, sign): then
    for key in (*_FIRST, ("call", ""))
    for role, rows in MACHINES[key[0]].table.items()
    for state, row in rows.items()
    for sign, then in row.items()
}
"""The tables in one: no two of them have a state in common."""

_STILL: Final[Mapping[enum.Enum, frozenset[Any]]] = {
    state: frozenset((key, sign) for (_, at, sign), to in _NEXT.items() if at is to is state)
    for key, first in _FIRST.items()
    for state in first.__class__
}
"""The signs that leave a state as it is."""


def _still_in(states: Iterable[enum.Enum]) -> frozenset[tuple[_Key, Sign]]:
    return frozenset().union(*map(_STILL.__getitem__, states))


_Signs = Sequence[tuple[_Key, Sign]]

_OUTPUT: Final[tuple[tuple[_Key, Sign], ...]] = ((_TURN, Sign.OUTPUT),)
_PRESENT: Final[tuple[tuple[_Key, Sign], ...]] = ((_HISTORY, Sign.REALTIME_INPUT),)


def _of_setup(event: Setup) -> _Signs:
    signs: list[tuple[_Key, Sign]] = []
    config, history = event.realtime_input_config, event.history_config
    detection = config.automatic_activity_detection if config else None
    if detection and detection.disabled:
        signs.append((_ACTIVITY, Sign.MANUAL_SETUP))
    if history and history.initial_history_in_client_content:
        signs.append((_HISTORY, Sign.SEEDED_SETUP))
    return signs


def _of_client_content(event: ClientContent) -> _Signs:
    return [(_HISTORY, Sign.COMPLETE_CONTENT if event.turn_complete else Sign.CONTENT)]


def _of_realtime_input(event: RealtimeInput) -> _Signs:
    signs = _PRESENT
    if event.activity_start is not None:
        signs += ((_ACTIVITY, Sign.ACTIVITY_START),)
    if event.activity_end is not None:
        signs += ((_ACTIVITY, Sign.ACTIVITY_END),)
    if event.audio_stream_end:
        signs += ((_ACTIVITY, Sign.AUDIO_STREAM_END),)
    return signs


def _of_tool_response(event: ToolResponse) -> _Signs:
    return [
        (("call", answer.id), Sign.PARTIAL_ANSWER if answer.will_continue else Sign.ANSWER)
        for answer in event.function_responses
        if answer.id
    ]


def _of_server_content(event: ServerContent) -> _Signs:
    spoken, transcribed = event.model_turn, event.output_transcription
    is_output = (spoken and spoken.parts) or (transcribed and transcribed.text)
    signs = _OUTPUT if is_output else ()
    if event.interrupted:
        signs = ((_TURN, Sign.INTERRUPTION), *signs)
    if event.generation_complete:
        signs += ((_TURN, Sign.GENERATION_COMPLETE),)
    if event.turn_complete:
        signs += ((_TURN, Sign.TURN_COMPLETE),)
    return signs


def _of_tool_call(event: ToolCall) -> _Signs:
    called = [(("call", call.id), Sign.CALL) for call in event.function_calls if call.id]
    return [*_OUTPUT, *called] if event.function_calls else []


def _of_cancellation(event: ToolCallCancellation) -> _Signs:
    return [(("call", call_id), Sign.CANCELLATION) for call_id in event.ids]


def _of_update(event: SessionResumptionUpdate) -> _Signs:
    is_resumable = event.resumable and event.new_handle
    return [(_RESUMPTION, Sign.RESUMABLE if is_resumable else Sign.NOT_RESUMABLE)]


_READERS: Final[Mapping[type, Callable[[Any], _Signs]]] = {
    Setup: _of_setup,
    ClientContent: _of_client_content,
    RealtimeInput: _of_realtime_input,
    ToolResponse: _of_tool_response,
    ServerContent: _of_server_content,
    ToolCall: _of_tool_call,
    ToolCallCancellation: _of_cancellation,
    SessionResumptionUpdate: _of_update,
}
"""How the signs of an event are read. What has no row has none."""
