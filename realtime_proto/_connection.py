"""One WebSocket's worth of protocol: frames in, typed events out, and the other way round.

What every provider shares: the frame limit, strict JSON, the transition table, the counters, and
the promise that a failed `send` changes nothing. A provider adds how an event is packed into a JSON
object and unpacked from it.

Strict about what we send: an event of the wrong role, an event the phase does not allow, a field of
the wrong type is a LocalProtocolError. Lenient about what comes: an event nobody knows is an
UnknownEvent, a field nobody knows is counted in `drift`, an event at an odd time is delivered and
counted in `unexpected`. Only a frame that cannot be read is an error.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from realtime_proto._codec import Mismatch
from realtime_proto._json import MAX_DEPTH, check_json, dumps, loads, nests_deeper
from realtime_proto._machine import ANY
from realtime_proto._mould import mould_of
from realtime_proto._splice import SPLICE_FROM, text_of
from realtime_proto.errors import LocalProtocolError, RemoteProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_proto._machine import Machine, Role
    from realtime_proto._mould import Mould
    from realtime_proto._splice import Splice
    from realtime_proto.wire import UnknownEvent

__all__ = ("MAX_FRAME_BYTES", "Connection", "excerpt_of", "tagged_object")

MAX_FRAME_BYTES: Final = 16 * 2**20
"""One frame, either way. Items with their audio reach several MiB; nothing legal reaches this."""

EXCERPT_CHARACTERS: Final = 200

SendT = TypeVar("SendT")
RecvT = TypeVar("RecvT")
PhaseT = TypeVar("PhaseT", bound=enum.Enum)


class Connection(ABC, Generic[SendT, RecvT, PhaseT]):
    """The wire level of one connection, in one role.

    Args:
        max_frame_bytes: The largest frame to send or to read.

    Attributes:
        unexpected: How many legal events came at a time their table does not foresee.
        like: What the next events are probably like, but for their audio and id, which are None;
            None: nobody knows. It stays the same object as long as it is that.
    """

    role: ClassVar[Role]
    _machine: Machine[PhaseT]

    like: Any = None
    _splice: ClassVar[Splice | None] = None
    _mould: Mould | None = None
    _n_misfits: int = 0
    """Since a frame was cast."""
    _n_moves: int = 0
    """How often something was counted, or the connection moved."""
    _n_idle: int = -1
    """The moves there were when the last event that is like `like` came, and moved nothing."""

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._enter(self._machine.initial)
        self._drift: Counter[str] = Counter()
        self._max_frame_bytes = max_frame_bytes
        self.unexpected: int = 0

    @property
    def phase(self) -> PhaseT:
        """Where the connection stands in its transition table."""
        return self._phase

    @property
    def drift(self) -> Mapping[str, int]:
        """Fields received that this version does not know: "event.field" -> how often."""
        return MappingProxyType(self._drift)

    def send(self, event: SendT) -> str:
        """The text frame that says *event*. It must be sent: the connection counts it as said.

        Raises:
            LocalProtocolError: It is not an event of this role, not legal in this phase, too large,
                or holds a value of the wrong type. Nothing was changed.
        """
        kind = type(event)
        phase = self._sayable.get(kind)
        if phase is None:
            self._check_role(kind)
            phase = self._said.get(kind, self._said.get(ANY))
            if phase is None:
                raise LocalProtocolError(
                    f"{kind.__name__} may not be sent while the connection is {self._phase.value}"
                )
            self._sayable[kind] = phase
        frame = self._template(event)
        if frame is None:
            packed = self._packed(event)
            self._admit(event)
            self._stamp(event, packed)
            frame = dumps(packed)
        else:
            self._admit(event)
        if len(frame) > self._max_frame_bytes or (
            not frame.isascii() and len(frame.encode()) > self._max_frame_bytes
        ):
            raise LocalProtocolError(
                f"{kind.__name__} does not fit into a frame of {self._max_frame_bytes} bytes"
            )
        if phase is not self._phase:
            self._enter(phase)
        return frame

    def packed(self, event: SendT) -> dict[str, Any]:
        """The JSON object that says *event*, without an id it would be given. Nothing is said.

        Raises:
            LocalProtocolError: It is not an event of this role, or holds a value of the wrong type.
        """
        self._check_role(type(event))
        return self._packed(event)

    def _packed(self, event: SendT) -> dict[str, Any]:
        try:
            packed = self._pack(event)
            if nests_deeper(packed):
                raise RecursionError
        except Mismatch as mismatch:
            raise LocalProtocolError(f"{type(event).__name__} cannot be sent: {mismatch}") from None
        except RecursionError:  # also where classes hold themselves a thousand times
            raise LocalProtocolError(
                f"{type(event).__name__} cannot be sent: $: JSON nests more than {MAX_DEPTH} deep"
            ) from None
        return packed

    def receive(self, frame: str | bytes | memoryview) -> list[RecvT | UnknownEvent]:
        """The events one whole WebSocket message holds: none, one, or several in a documented
        order.

        Raises:
            RemoteProtocolError: The frame cannot be read. Its `events` are those decoded before the
                fault. The connection stays usable.
        """
        size = frame.nbytes if frame.__class__ is memoryview else len(frame)
        if size > self._max_frame_bytes:
            raise RemoteProtocolError(
                f"a frame of {size} bytes is over the limit of {self._max_frame_bytes}",
                excerpt=excerpt_of(frame),
            )
        events: list[RecvT | UnknownEvent] = []
        splice = self._splice if size >= SPLICE_FROM else None
        text = None if splice is None else text_of(frame)
        spliced = None
        try:
            if splice is not None and text is not None:
                event = None if self._mould is None else self._mould.cast(text)
                if event is not None:
                    self._n_misfits = 0
                    events.append(event)
                    self._advance(events)
                    return events
                spliced = splice.spliced(text)
            value = loads(frame) if spliced is None else spliced
        except ValueError as exc:
            raise RemoteProtocolError(
                f"the frame is not a JSON object: {exc}", excerpt=excerpt_of(frame)
            ) from None
        try:
            self._unpack(value, events)
        except _Malformed as fault:
            raise RemoteProtocolError(
                f"malformed {fault.tag or 'frame'}: {fault.mismatch}",
                paths=fault.mismatch.paths,
                excerpt=excerpt_of(frame),
                tag=fault.tag,
                events=events,
            ) from None
        finally:
            self._advance(events)
        if spliced is not None:
            self._learn(text, splice)  # type: ignore[arg-type]  # both were there
        return events

    def audio_in(self, frame: str | bytes | memoryview) -> bytes | None:
        """The audio of a frame that is one event, and that is like `like`.

        It has been received then, without the event that nobody needs. None: nothing was done, and
        the frame has to be received.
        """
        mould = self._mould
        size = frame.nbytes if frame.__class__ is memoryview else len(frame)
        if mould is None or not SPLICE_FROM <= size <= self._max_frame_bytes:
            return None
        text = frame if frame.__class__ is str else text_of(frame)
        values = None if text is None else mould.fit(text)
        if values is None:
            return None
        self._n_misfits = 0
        if self._n_idle != self._n_moves:  # else it is in turn, as the last one was
            self._n_idle = self._n_moves
            self._advance((mould.like,))
        return values[0]

    def _learn(self, frame: str, splice: Splice) -> None:
        """Make a mould of a frame that has just been read, and did not fit into the one before.

        Where no two are alike, making them is in vain, and done ever less often.
        """
        self._n_misfits += 1
        if self._n_misfits & (self._n_misfits - 1):
            return
        value: Any = splice.spliced(frame)
        data = splice.data_in(value)
        events: list[RecvT | UnknownEvent] = []
        drift, self._drift = self._drift, Counter()
        self._unpack(value, events)
        drift, self._drift = self._drift, drift
        mould = mould_of(frame, events[0], data, splice) if len(events) == 1 and not drift else None
        if mould is not None:
            self._mould, self.like = mould, mould.like

    def connection_lost(self, code: int | None = None, reason: str = "") -> None:
        """The WebSocket is gone. May be called more than once; nothing can be sent afterwards."""
        self._enter(self._machine.lost)

    def _enter(self, phase: PhaseT) -> None:
        self._phase = phase
        self._said = self._machine.row(self.role, phase)
        self._heard = self._machine.row(self.role.peer, phase)
        self._sayable: dict[type, PhaseT] = {}
        self._n_moves += 1

    def _advance(self, events: Sequence[object]) -> None:
        for event in events:
            # As `_goes_on` has it, without the call: most events lead nowhere else.
            if self._heard.get(event.__class__) is not self._phase:
                self._goes_on(event.__class__)

    def _goes_on(self, kind: type) -> bool:
        """Whether an event heard is in turn; the connection then is where it leads."""
        phase = self._heard.get(kind)
        if phase is None:
            phase = self._heard.get(ANY)
            if phase is None:
                self._count_odd()
                return False
        if phase is not self._phase:
            self._enter(phase)
        return True

    def _count_odd(self) -> None:
        """Count what was heard as legal at another time."""
        self.unexpected += 1
        self._n_moves += 1

    def _check_role(self, kind: type) -> None:
        if not self._sends(kind):
            raise LocalProtocolError(f"a {self.role.value} does not send {kind.__name__}")

    @abstractmethod
    def _sends(self, kind: type) -> bool:
        """Whether *kind* is an event of this role."""

    @abstractmethod
    def _pack(self, event: SendT) -> dict[str, Any]:
        """*event* as a JSON object. Raises Mismatch."""

    def _admit(self, event: SendT) -> None:
        """Refuse *event*, well-formed and of a legal class, for what it says.

        Raises:
            LocalProtocolError: That is not legal now.
        """

    def _template(self, event: SendT) -> str | None:
        """The frame of *event* from a template, where there is one: what `_pack`, `_stamp` and
        `dumps` would make of it, for the event that is nearly all that is sent."""
        return None

    def _stamp(self, event: SendT, packed: dict[str, Any]) -> None:
        """Add to *packed* what an event only has when it is said: its id."""

    @abstractmethod
    def _unpack(self, value: dict[str, Any], events: list[RecvT | UnknownEvent]) -> None:
        """Append to *events* what *value* holds. Raises _Malformed; what was appended stays."""


class _Malformed(Exception):
    def __init__(self, mismatch: Mismatch, *, tag: str | None = None) -> None:
        self.mismatch = mismatch
        self.tag = tag


def tagged_object(event: UnknownEvent) -> dict[str, Any]:
    """The object that an event nobody knows came as, where `type` is an object's name.

    Raises:
        Mismatch: It is not JSON, or has another name.
    """
    try:
        raw = check_json(event.raw)
    except ValueError as exc:
        raise Mismatch(("", str(exc))) from None
    if raw.__class__ is not dict or raw.get("type") != event.tag:
        raise Mismatch((".type", "raw is not an object whose type is the event's tag"))
    result: dict[str, Any] = raw
    return result


def excerpt_of(frame: str | bytes | memoryview) -> str:
    """The start of a frame, fit for a message: at most 200 characters, one line."""
    head = frame[: EXCERPT_CHARACTERS * 4]
    text = head if isinstance(head, str) else bytes(head).decode("utf-8", "replace")
    return " ".join(text.split())[:EXCERPT_CHARACTERS]
