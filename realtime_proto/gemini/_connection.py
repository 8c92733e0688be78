"""The wire level of one Gemini Live connection, in either role.

An event is packed as `{member: body}`. A message is unpacked member by member in the order stated
in `events`, unknown members last. A member is read by both its names, camelCase and snake_case,
because official clients mix the two; where a message has both, camelCase wins. What is sent is
camelCase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, final

from realtime_proto._codec import Codec, Mismatch
from realtime_proto._connection import MAX_FRAME_BYTES, Connection, _Malformed
from realtime_proto._json import base64_encode, check_json, dumps
from realtime_proto._leniency import Absent
from realtime_proto._machine import Role
from realtime_proto._splice import Splice
from realtime_proto.errors import LocalProtocolError
from realtime_proto.gemini._progress import NO_MOVES, Moves, Progress
from realtime_proto.gemini._state import (
    MACHINE,
    ActivityState,
    CallState,
    HistoryState,
    Phase,
    ResumptionState,
    TurnState,
)
from realtime_proto.gemini.events import (
    CLIENT_MEMBERS,
    SERVER_MEMBERS,
    ClientEvent,
    InteractionStatusChanged,
    RealtimeInput,
    ServerEvent,
)
from realtime_proto.gemini.parts import Blob, FunctionCall, FunctionResponse
from realtime_proto.wire import UnknownEvent, notes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ("GeminiConnection", "GeminiServerConnection")

_CODEC: Final = Codec(
    camel=True,
    tagged=False,
    # Always there in what we send, because clients count on an object; servers leave it out.
    rules=(
        Absent(FunctionCall, "args", reads={}),
        Absent(FunctionResponse, "response", reads={}),
    ),
)

_BARE: Final[Mapping[type, str]] = {InteractionStatusChanged: "status"}
"""Events whose body is not an object but the value of their one field."""

_MEMBERS: Final[Mapping[type, str]] = {
    kind: member for table in (CLIENT_MEMBERS, SERVER_MEMBERS) for member, kind in table.items()
}


def _names_of(members: Mapping[str, type[Any]]) -> Mapping[str, str]:
    """Both names of each member -> the camelCase one."""
    snake = {"".join(f"_{c.lower()}" if c.isupper() else c for c in m): m for m in members}
    return {**snake, **{member: member for member in members}}


def _spoken(frame: dict[str, Any]) -> Any:
    try:
        return frame["serverContent"]["modelTurn"]["parts"][0]["inlineData"]
    except (KeyError, IndexError, TypeError):  # another message, or not the shape of one
        return None


def _heard(frame: dict[str, Any]) -> Any:
    name = "realtimeInput" if "realtimeInput" in frame else "realtime_input"
    try:
        return frame[name]["audio"]
    except (KeyError, TypeError):
        return None


SendT = TypeVar("SendT")
RecvT = TypeVar("RecvT")


class _GeminiWire(Connection[SendT, RecvT, Phase]):
    """What both roles share: a message is its members."""

    _machine = MACHINE
    _says: ClassVar[Mapping[str, type[Any]]]
    _hears: ClassVar[Mapping[str, type[Any]]]
    _names: ClassVar[Mapping[str, str]]
    _mime: str | None = None
    """A MIME type that is sent and that JSON writes as it is."""

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes=max_frame_bytes)
        self._progress = Progress()
        self._moves = NO_MOVES
        self._peer = self.role.peer

    @property
    def turn(self) -> TurnState:
        """Where the model's turn stands."""
        return self._progress.turn

    @property
    def activity(self) -> ActivityState:
        """Whether the client marks the user's activity, and what it marked last."""
        return self._progress.activity

    @property
    def history(self) -> HistoryState:
        """Whether what the client says is the past or the present."""
        return self._progress.history

    @property
    def resumption(self) -> ResumptionState:
        """Whether there is a handle to resume the session with."""
        return self._progress.resumption

    @property
    def calls(self) -> Mapping[str, CallState]:
        """The calls of functions made on this connection, by id, the newest CALL_LIMIT of them."""
        return self._progress.calls()

    def send(self, event: SendT) -> str:
        """The text frame that says *event*. It must be sent: the connection counts it as said.

        Raises:
            LocalProtocolError: It is not an event of this role, not legal now, too large, or holds
                a value of the wrong type. Nothing was changed.
        """
        frame = super().send(event)
        if self._moves is not NO_MOVES:
            self._make(self._moves)
        return frame

    def _make(self, moves: Moves) -> None:
        self._progress.make(moves)
        self._n_moves += 1

    def _admit(self, event: SendT) -> None:
        self._moves = self._progress.moves(self.role, event)
        if self._moves.refusal is not None:
            raise LocalProtocolError(self._moves.refusal)

    def _advance(self, events: Sequence[object]) -> None:
        for event in events:
            if not self._goes_on(event.__class__):
                continue
            moves = self._progress.moves(self._peer, event)
            if moves is not NO_MOVES:
                self._make(moves)
                if moves.refusal is not None:
                    self._count_odd()

    def _sends(self, kind: type) -> bool:
        return kind is UnknownEvent or _MEMBERS.get(kind) in self._says

    def _pack(self, event: Any) -> dict[str, Any]:
        kind = type(event)
        if kind is UnknownEvent:
            return self._pack_unknown(event)
        body = _CODEC.unstructure(event)
        if kind in _BARE:
            body = body.get(_BARE[kind], "")
        return {_MEMBERS[kind]: body}

    def _pack_unknown(self, event: UnknownEvent) -> dict[str, Any]:
        if not isinstance(event.tag, str):
            raise Mismatch((".tag", f"expected a string, got {type(event.tag).__name__}"))
        if event.tag in self._says:
            raise Mismatch((".tag", f"{event.tag} has a class of its own"))
        try:
            packed: dict[str, Any] = check_json({event.tag: event.raw})
        except ValueError as exc:
            raise Mismatch((".raw", str(exc))) from None
        return packed

    def _template(self, event: Any) -> str | None:
        if event.__class__ is not RealtimeInput or event.audio.__class__ is not Blob:
            return None
        blob = event.audio
        mime, data = blob.mime_type, blob.data
        has_more = (
            event.video is not None
            or event.text is not None
            or event.activity_start is not None
            or event.activity_end is not None
            or event.audio_stream_end is not False
            or event.media_chunks != ()
            or blob.display_name != ""
            or notes_of(event) is not None
            or notes_of(blob) is not None
        )
        if has_more or data.__class__ is not bytes or not data or mime.__class__ is not str:
            return None
        if mime != self._mime:
            if not mime or not mime.isascii() or dumps(mime) != f'"{mime}"':
                return None
            self._mime = mime
        text = base64_encode(data)
        return f'{{"realtimeInput":{{"audio":{{"mimeType":"{mime}","data":"{text}"}}}}}}'

    def _unpack(self, value: dict[str, Any], events: list[RecvT | UnknownEvent]) -> None:
        if len(value) == 1:  # nearly every message
            ((name, body),) = value.items()
            if name in self._hears and body is not None:
                events.append(self._structure(name, self._hears[name], body))
                return
        bodies: dict[str, Any] = {}
        unknown: list[RecvT | UnknownEvent] = []
        for name, body in value.items():
            member = self._names.get(name)
            if member is None:
                unknown.append(UnknownEvent(tag=name, raw=body))
            elif body is not None and (name == member or member not in bodies):
                bodies[member] = body
        names = bodies if len(bodies) < 2 else [name for name in self._hears if name in bodies]
        for name in names:
            events.append(self._structure(name, self._hears[name], bodies[name]))  # noqa: PERF401 - what was read before a fault stays
        events.extend(unknown)

    def _structure(self, member: str, kind: type[Any], body: Any) -> Any:
        bare = _BARE.get(kind)
        try:
            return _CODEC.reader(kind)(body if bare is None else {bare: body}, self._drift)
        except Mismatch as mismatch:
            faults = (
                mismatch.faults if bare is None else [("", text) for _, text in mismatch.faults]
            )
            located = Mismatch(*((f".{member}{path}", text) for path, text in faults))
            raise _Malformed(located, tag=member) from None


@final
class GeminiConnection(_GeminiWire[ClientEvent | UnknownEvent, ServerEvent]):
    """The client's end of a Gemini Live connection.

    Send `Setup` first, wait for `SetupComplete`, or for the connection to be closed.

    Args:
        max_frame_bytes: The largest frame to send or to read.

    Example:
        >>> from realtime_proto.gemini import GeminiConnection, Setup
        >>> connection = GeminiConnection()
        >>> connection.send(Setup(model="models/gemini-3.8-live"))
        '{"setup":{"model":"models/gemini-3.8-live"}}'
        >>> connection.receive('{"setupComplete":{}}')
        [SetupComplete(session_id='', voice_consent_signature=None)]
        >>> connection.phase
        <Phase.READY: 'ready'>
    """

    role = Role.CLIENT
    _says = CLIENT_MEMBERS
    _hears = SERVER_MEMBERS
    _names = _names_of(SERVER_MEMBERS)
    _splice = Splice("data", _spoken, ("model_turn", "parts", 0, "inline_data", "data"))


@final
class GeminiServerConnection(_GeminiWire[ServerEvent | UnknownEvent, ClientEvent]):
    """The server's end: for simulators, relays and tests.

    Answer `Setup` with `SetupComplete`; nothing else may be said before.

    Args:
        max_frame_bytes: The largest frame to send or to read.
    """

    role = Role.SERVER
    _says = SERVER_MEMBERS
    _hears = CLIENT_MEMBERS
    _names = _names_of(CLIENT_MEMBERS)
    _splice = Splice("data", _heard, ("audio", "data"))
