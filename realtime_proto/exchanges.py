"""A recording seen from one side: for each connection, what it says, and what it hears.

A journal is the client's: what came in, what was taken out. Here it is cut at its connections, and
each becomes an `Exchange`, whose steps are in the order of the journal. That order is what is known
of causes: whatever the server said may be an answer to all that the client had said before, and the
other way round. Who plays the server says what came in; who plays the client, what was taken out.

Of an imported log of frames one exchange is made, which the client ends.

Not here: who plays it (`realtime_io.player`, `realtime_io.caller`), and how what the other side
says is compared with what was recorded (`rehearsal`, `audition`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from attrs import define, field, frozen

from realtime_proto._elision import cut_more, drop, unpack_frame
from realtime_proto._outputs import unpack_error
from realtime_proto._portable import silence_for
from realtime_proto.errors import HandshakeRejected, RecordingError
from realtime_proto.recording import Record
from realtime_proto.wire import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_proto.errors import RealtimeConnectionError
    from realtime_proto.recording import Journal

__all__ = ("End", "Exchange", "Heard", "Role", "Said", "Step", "event_name", "exchanges_of")

Role: TypeAlias = Literal["server", "client"]
"""Whose side a recording is seen from."""

_OF_FRAMES: Final = frozenset({"opcode", "frame", "base64", "audio"})
_NO_AUDIO: Final[Mapping[str, bytes]] = MappingProxyType({})

UNREACHABLE: Final = 503
"""What a connection that never came about is played as: a client may try again after both."""


@frozen(kw_only=True)
class Said:
    """A frame of the side that is played.

    Args:
        line: The line of the recording.
        t_us: When, in microseconds since the first input.
        frame: The message, with silence where audio was dropped.
        delay_us: How much later than recorded, in microseconds (see `faults`).
    """

    line: int
    t_us: int
    frame: str | bytes = field(repr=False)
    delay_us: int = 0


@frozen(kw_only=True)
class Heard:
    """A frame of the other side.

    Args:
        line: The line of the recording.
        t_us: When, in microseconds since the first input.
        path: Where in the record it is.
        body: The frame as it is kept: "frame", and "audio" of what was cut out of it.
    """

    line: int
    t_us: int
    path: str
    body: JsonObject = field(repr=False)

    @property
    def audio(self) -> tuple[JsonObject, ...]:
        """What is known of the audio in it: the length and the hash of each piece."""
        return tuple(self.body.get("audio", ()))


Step: TypeAlias = Said | Heard


@frozen(kw_only=True)
class End:
    """How a connection ended.

    Args:
        line: The line of the recording.
        t_us: When, in microseconds since the first input.
        by: Who ended it.
        code: The server's close code; None where it broke, or where the client did not wait for it.
        reason: The server's words.
        delay_us: How much later than recorded, in microseconds (see `faults`).
    """

    line: int
    t_us: int
    by: Literal["client", "server"]
    code: int | None = None
    reason: str = ""
    delay_us: int = 0


@frozen(kw_only=True)
class Exchange:
    """One connection.

    Args:
        line: The line of the recording where it begins.
        t_us: When, in microseconds since the first input.
        unix_time: The same in seconds since 1970; None where that is not known.
        steps: What was said, by both, in order.
        end: How it ended; None where the recording does not say.
        status: The HTTP status the client was refused with; None where it was let in.
        headers: What else the refusal said.
        was_answered: Whether there was an answer; else the status is what stands for none.
        free_from: The number of steps after which the other side is not held to the recording, for
            it met a fault (see `faults`); None where there is none.
    """

    line: int
    t_us: int = 0
    unix_time: float | None = None
    steps: tuple[Step, ...] = ()
    end: End | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    was_answered: bool = True
    free_from: int | None = None

    @property
    def last_line(self) -> int:
        """The last line of the recording that belongs to it."""
        return max((self.line, *(step.line for step in self.steps)))

    @property
    def ended_us(self) -> int:
        """When it ended, as far as the recording says, in microseconds since the first input."""
        ended_us = self.t_us if self.end is None else self.end.t_us
        return max((ended_us, self.t_us, *(step.t_us for step in self.steps)))


def exchanges_of(
    journal: Journal, *, role: Role = "server", audio: Mapping[str, bytes] = _NO_AUDIO
) -> tuple[Exchange, ...]:
    """The connections of a recording, in order; also those that never came about.

    Args:
        journal: The recording.
        role: Whose side it is seen from.
        audio: What is known of the audio that is not in the recorded frames, by the start of its
            hash as they have it; the rest is silence.

    Raises:
        RecordingError: A record is malformed, or there is no connection in it.
    """
    reader = _Reader(role, audio)
    is_log = journal.head.origin == "frames"
    exchanges = (_of_log(journal, reader),) if is_log else tuple(_of_journal(journal, reader))
    if not any(exchange.steps or exchange.status for exchange in exchanges):
        raise RecordingError("the recording holds no connection", line=1)
    return exchanges


def event_name(frame: JsonObject) -> str:
    """What a frame says: a provider's "type", or, where it has none, the names of its members."""
    name = frame.get("type")
    return name if isinstance(name, str) else ", ".join(sorted(frame))


@define
class _Open:
    """A connection while it is read."""

    record: Record
    unix_time: float | None
    steps: list[Step] = field(factory=list)
    clients_end: End | None = None

    def leave(self, record: Record, t_us: int) -> None:
        """The client is the one who ends it."""
        if self.clients_end is None:
            self.clients_end = End(line=record.line, t_us=t_us, by="client")

    def closed(self, end: End | None) -> Exchange:
        return Exchange(
            line=self.record.line,
            t_us=_time(self.record),
            unix_time=self.unix_time,
            steps=tuple(self.steps),
            end=end,
        )


@frozen
class _Reader:
    """Makes steps of recorded frames."""

    role: Role
    audio: Mapping[str, bytes]

    def of_server(self, record: Record, t_us: int) -> Step:
        """What the server said."""
        if self.role == "server":
            return self._said(record, record.body, t_us)
        return self._heard(record, record.body, t_us, "$")

    def of_client(self, record: Record, t_us: int) -> Iterator[Step]:
        """What the client said at one time."""
        frames = record.body.get("frames")
        if not isinstance(frames, list):
            raise _malformed(record, "there are no frames in it")
        for n, body in enumerate(frames):
            frame = body if isinstance(body, dict) else {}
            if self.role == "server":
                yield self._heard(record, frame, t_us, f"$.frames[{n}]")
            else:
                yield self._said(record, frame, t_us)

    def is_behind(self, now: _Open, t_us: int) -> bool:
        """Whether what comes is of no account: the client, who is played, has hung up."""
        return self.role == "client" and now.clients_end is not None and t_us > now.clients_end.t_us

    def end_of(self, now: _Open, record: Record, t_us: int) -> End:
        """How it ended; for the client, its own end is when it hung up."""
        code, reason = record.body.get("code"), record.body.get("reason", "")
        if not (code is None or code.__class__ is int) or not isinstance(reason, str):
            raise _malformed(record, "a connection is lost with a number and a text")
        if now.clients_end is not None and self.role == "client":
            return now.clients_end
        by: Literal["client", "server"] = "server" if now.clients_end is None else "client"
        return End(line=record.line, t_us=t_us, by=by, code=code, reason=reason)

    def of_log(self, record: Record) -> Step:
        """A frame of a log."""
        t_us = record.t_us or 0
        if (record.body.get("from") == "server") is (self.role == "server"):
            return self._said(record, record.body, t_us)
        return self._heard(record, record.body, t_us, "$")

    def _said(self, record: Record, body: Mapping[str, Any], t_us: int) -> Said:
        try:
            frame = unpack_frame(body, bytes_of=self._bytes_of)
        except ValueError as exc:
            raise _malformed(record, str(exc)) from None
        return Said(line=record.line, t_us=t_us, frame=frame)

    def _bytes_of(self, description: Mapping[str, Any]) -> bytes:
        silence = silence_for(description)
        found = self.audio.get(str(description.get("sha256")), silence)
        return found if len(found) == len(silence) else silence

    def _heard(self, record: Record, body: Mapping[str, Any], t_us: int, path: str) -> Heard:
        """A frame that is waited for, its audio as a journal keeps what was taken out."""
        try:
            unpack_frame(body)
            cut = cut_more(body, drop)
        except ValueError as exc:
            raise _malformed(record, str(exc)) from None
        kept = {name: value for name, value in cut.items() if name in _OF_FRAMES}
        return Heard(line=record.line, t_us=t_us, path=path, body=kept)


def _of_journal(journal: Journal, reader: _Reader) -> Iterator[Exchange]:
    now: _Open | None = None
    t_us = 0
    for record in journal.records:
        if record.is_input:
            t_us = _time(record)
        match record.kind:
            case "open":
                if now is not None:
                    yield now.closed(None)
                unix_time: Any = record.body.get("unix_time")
                has_time = unix_time.__class__ in (int, float)
                now = _Open(record, float(unix_time) if has_time else None)
            case "receive" | "frames" if now is not None and reader.is_behind(now, t_us):
                pass
            case "receive" if now is not None:
                now.steps.append(reader.of_server(record, t_us))
            case "frames" if now is not None:
                now.steps.extend(reader.of_client(record, t_us))
            case "close" if now is not None:
                now.leave(record, t_us)
            case "road" if now is not None:
                road = record.body.get("road")
                if isinstance(road, dict) and road.get("type") == "Close":
                    now.leave(record, t_us)
            case "connection_lost" if now is not None:
                yield now.closed(reader.end_of(now, record, t_us))
                now = None
            case "connection_lost":
                error = _error(record)
                if error is not None:
                    yield _refused(record, t_us, error)
            case _:
                pass
    if now is not None:
        yield now.closed(now.clients_end if reader.role == "client" else None)


def _of_log(journal: Journal, reader: _Reader) -> Exchange:
    frames = (record for record in journal.records if record.kind == "frame")
    return Exchange(line=1, steps=tuple(reader.of_log(record) for record in frames))


def _refused(record: Record, t_us: int, error: RealtimeConnectionError) -> Exchange:
    if not isinstance(error, HandshakeRejected):
        return Exchange(line=record.line, t_us=t_us, status=UNREACHABLE, was_answered=False)
    kept = ((name, value) for name, value in error.headers.items() if name.startswith("retry-"))
    return Exchange(line=record.line, t_us=t_us, status=error.status, headers=tuple(kept))


def _error(record: Record) -> RealtimeConnectionError | None:
    try:
        return unpack_error(record.body.get("error"))
    except ValueError as exc:
        raise _malformed(record, str(exc)) from None


def _time(record: Record) -> int:
    if record.t_us is None:
        raise _malformed(record, "t_us is no number")
    return record.t_us


def _malformed(record: Record, what: str) -> RecordingError:
    return RecordingError(f"line {record.line}: {what:.300}", line=record.line)
