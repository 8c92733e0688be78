"""What may go wrong on a connection, put into a recording: a frame that comes late, twice, out of
order or not at all, and a connection that ends too early.

A fault is at a frame of the server's, named by its line or by its event (`Nth`). `with_faults`
turns the exchanges of a recording into others that are played as they are: nothing is left to
chance, and the same faults give the same exchanges.

What an application does about a `Cut`, a `Delay` or a `Drop` no recording can know: it may hang up,
connect again or not, or say what it never said. So from there on it is not held to this connection
(`Exchange.free_from`): what was not recorded is passed over. What the server had waited for before
it spoke on, it waits for as before. `Duplicate` and `Reorder` change nothing about what it is to
say.

Two faults at one frame are refused where it is not clear what they are together: only a `Cut` comes
on top of another one, as it is about what comes behind the frame.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

import attrs
from attrs import define, field, frozen

from realtime_proto._json import JsonObject, loads
from realtime_proto.closing import CLOSE_CODES, MAX_REASON_BYTES
from realtime_proto.errors import ConfigurationError
from realtime_proto.exchanges import End, Exchange, Heard, Said, event_name, exchanges_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from realtime_proto.exchanges import Step
    from realtime_proto.recording import Journal

__all__ = ("At", "Cut", "Delay", "Drop", "Duplicate", "Fault", "Nth", "Reorder", "with_faults")

NAMES_SHOWN: Final = 12
"""Events named in an error."""


@final
@frozen
class Nth:
    """The n-th frame of the server's in which there is an event.

    Args:
        event: The event's type, such as "response.done"; where the provider's events have none, the
            member, such as "toolCall" or "serverContent.turnComplete".
        n: From 1 over all connections; -1 is the last one.

    Raises:
        ConfigurationError: *event* is no text, or *n* no whole number other than 0.
    """

    event: str
    n: int = 1

    def __attrs_post_init__(self) -> None:
        if self.event.__class__ is not str or not self.event:
            raise ConfigurationError(f"Nth.event is the name of an event, not {self.event!r:.60}")
        if self.n.__class__ is not int or self.n == 0:
            raise ConfigurationError(f"Nth.n is a whole number other than 0, not {self.n!r:.60}")

    def __str__(self) -> str:
        return f"{self.event!r}, number {self.n}"


At: TypeAlias = int | Nth
"""Which frame of the server's: the line of the recording, as `inspect` shows it, or the n-th."""


def _check_at(fault: object, attribute: attrs.Attribute[At], value: Any) -> None:
    is_line = value.__class__ is int and value > 0
    if not (is_line or isinstance(value, Nth)):
        raise ConfigurationError(
            f"{type(fault).__name__}.{attribute.name} is the number of a line or an Nth, "
            f"not {value!r:.60}"
        )


def _check_seconds(fault: object, attribute: attrs.Attribute[float], value: Any) -> None:
    if value.__class__ not in (int, float) or not 0 <= value < math.inf:
        raise ConfigurationError(
            f"{type(fault).__name__}.{attribute.name} is a number of seconds from 0, "
            f"not {value!r:.60}"
        )


def _check_after(fault: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None:
        _check_at(fault, attribute, value)


@final
@frozen
class Cut:
    """The connection ends behind the frame. With a `Drop` of the same frame, in its place.

    The next connection that the application asks for is the next one recorded; where there is none,
    it is refused with 503.

    Args:
        at: Which frame.
        code: The server's close code; None breaks the connection without a close frame.
        reason: The server's words, of at most 123 bytes in UTF-8.
        after_s: How long behind the frame, in seconds, at any pace.

    Raises:
        ConfigurationError: A value is not what it must be: the code one that may be sent, and no
            reason without one.
    """

    at: At = field(validator=_check_at)
    code: int | None = field(default=None, kw_only=True)
    reason: str = field(default="", kw_only=True)
    after_s: float = field(default=0.0, kw_only=True, validator=_check_seconds)

    def __attrs_post_init__(self) -> None:
        code, reason = self.code, self.reason
        if code is not None and (code.__class__ is not int or code not in CLOSE_CODES):
            raise ConfigurationError(f"Cut.code is a close code that may be sent, not {code!r:.60}")
        if not isinstance(reason, str):
            raise ConfigurationError(f"Cut.reason is a text, not {reason!r:.60}")
        if reason and code is None:
            raise ConfigurationError("Cut.reason needs a code: there is no close frame without")
        if len(reason.encode(errors="replace")) > MAX_REASON_BYTES:
            raise ConfigurationError(f"Cut.reason is longer than {MAX_REASON_BYTES} bytes")


@final
@frozen
class Delay:
    """The frame comes later than recorded, and with it everything behind it.

    Args:
        at: Which frame.
        by_s: How much later, in seconds, at any pace.

    Raises:
        ConfigurationError: A value is not what it must be.
    """

    at: At = field(validator=_check_at)
    by_s: float = field(kw_only=True, validator=_check_seconds)


@final
@frozen
class Drop:
    """The frame never comes.

    Args:
        at: Which frame.

    Raises:
        ConfigurationError: It is neither a line nor an `Nth`.
    """

    at: At = field(validator=_check_at)


@final
@frozen
class Duplicate:
    """The frame comes again.

    Args:
        at: Which frame.
        after: Behind which later frame of the server's it comes again; None: right behind itself.

    Raises:
        ConfigurationError: One of them is neither a line nor an `Nth`.
    """

    at: At = field(validator=_check_at)
    after: At | None = field(default=None, kw_only=True, validator=_check_after)


@final
@frozen
class Reorder:
    """The frame comes behind a later one of the server's.

    What the application had said before the server spoke on is waited for behind it: it may be the
    answer.

    Args:
        at: Which frame.
        after: Behind which one; None: the one that follows it.

    Raises:
        ConfigurationError: One of them is neither a line nor an `Nth`.
    """

    at: At = field(validator=_check_at)
    after: At | None = field(default=None, kw_only=True, validator=_check_after)


Fault: TypeAlias = Cut | Delay | Drop | Duplicate | Reorder
_KINDS: Final = (Cut, Delay, Drop, Duplicate, Reorder)


def with_faults(journal: Journal, faults: Iterable[Fault]) -> tuple[Exchange, ...]:
    """The connections of a recording, with what goes wrong on them.

    Raises:
        RecordingError: As `exchanges_of` does.
        ConfigurationError: A fault is none, is at what is no frame of the server's, contradicts
            another one, or would never come about.
    """
    try:
        given = tuple(faults)
    except TypeError:
        raise ConfigurationError(f"faults are several, not {faults!r:.60}") from None
    for fault in given:
        if not isinstance(fault, _KINDS):
            raise ConfigurationError(f"faults are Cut, Delay and so on, not {fault!r:.60}")
    exchanges = exchanges_of(journal)
    if not given:
        return exchanges
    script = _Script(journal, exchanges)
    for fault in given:
        script.add(fault)
    script.check()
    return tuple(script.disturbed(exchange) for exchange in exchanges)


@define
class _Frame:
    """A frame of the server's, and what goes wrong with it.

    Args:
        said: The frame.
        n_exchange: On which connection.
        fault: What becomes of it; None: it comes as recorded.
        cut: What ends the connection behind it.
        late: The frames that come behind it, each with the fault that says so.
    """

    said: Said
    n_exchange: int
    fault: Delay | Drop | Duplicate | Reorder | None = None
    cut: Cut | None = None
    late: list[tuple[Duplicate | Reorder, Said]] = field(factory=list)

    @property
    def line(self) -> int:
        return self.said.line


class _Script:
    """The server's frames, and the faults at each."""

    def __init__(self, journal: Journal, exchanges: Sequence[Exchange]) -> None:
        self._kinds = {record.line: record.kind for record in journal.records}
        self._frames = {
            step.line: _Frame(step, n)
            for n, exchange in enumerate(exchanges)
            for step in exchange.steps
            if isinstance(step, Said)
        }

    def add(self, fault: Fault) -> None:
        """Put a fault where it belongs."""
        frame = self._frame(fault, fault.at)
        if isinstance(fault, Cut):
            if frame.cut is not None:
                raise _contradicts(fault, frame, frame.cut)
            frame.cut = fault
        else:
            if frame.fault is not None:
                raise _contradicts(fault, frame, frame.fault)
            frame.fault = fault
            if isinstance(fault, Duplicate | Reorder):
                self._target(fault, frame).late.append((fault, frame.said))

    def check(self) -> None:
        """Whether everything can come about."""
        cut: _Frame | None = None
        for frame in self._frames.values():
            if frame.cut is not None and isinstance(frame.fault, Reorder):
                raise _contradicts(frame.cut, frame, frame.fault)
            if frame.late and isinstance(frame.fault, Drop | Reorder):
                what = "never comes" if isinstance(frame.fault, Drop) else "is moved itself"
                raise _refused(frame.late[0][0], f"line {frame.line}, behind which it is, {what}")
            if cut is not None and cut.n_exchange == frame.n_exchange:
                fault = next(self._all_at(frame), None)
                if fault is not None:
                    raise _refused(fault, f"the connection is cut at line {cut.line}, before that")
            elif frame.cut is not None:
                cut = frame

    def disturbed(self, exchange: Exchange) -> Exchange:
        """The exchange with its faults."""
        performance = _Performance()
        for step in exchange.steps:
            if isinstance(step, Said):
                performance.say(step, self._frames[step.line])
            else:
                performance.hear(step)
        return performance.as_exchange(exchange)

    def _all_at(self, frame: _Frame) -> Iterator[Fault]:
        """What goes wrong with a frame, or is put behind it."""
        yield from (fault for fault in (frame.fault, frame.cut) if fault is not None)
        yield from (fault for fault, _ in frame.late)

    # --- finding frames

    def _frame(self, fault: Fault, at: At) -> _Frame:
        line = self._line(fault, at) if isinstance(at, Nth) else at
        if line not in self._frames:
            raise _refused(fault, self._what_is_at(line))
        return self._frames[line]

    def _target(self, fault: Duplicate | Reorder, frame: _Frame) -> _Frame:
        """Behind which frame it comes."""
        if fault.after is not None:
            target = self._frame(fault, fault.after)
            if target.line <= frame.line or target.n_exchange != frame.n_exchange:
                raise _refused(
                    fault, f"line {target.line} does not come after it on its connection"
                )
            return target
        if isinstance(fault, Duplicate):
            return frame
        later = (other for line, other in self._frames.items() if line > frame.line)
        follows = next(later, None)
        if follows is None or follows.n_exchange != frame.n_exchange:
            raise _refused(fault, "the server says nothing after it on its connection")
        return follows

    def _line(self, fault: Fault, nth: Nth) -> int:
        found = [line for line, other in self._frames.items() if _holds(other.said, nth.event)]
        if not 0 < abs(nth.n) <= len(found):
            how_often = f"it does so {len(found)} times" if found else self._what_is_said()
            raise _refused(fault, f"the server does not say that; {how_often}")
        return found[nth.n - 1 if nth.n > 0 else nth.n]

    def _what_is_at(self, line: int) -> str:
        kind = self._kinds.get(line)
        is_there = (
            f'is a record of the kind "{kind:.60}"' if kind is not None else "holds no record"
        )
        near = min(self._frames, key=lambda other: (abs(other - line), other), default=None)
        text = f"line {line} {is_there}, and no frame of the server's on a connection"
        return text if near is None else f"{text}; the nearest one is at line {near}"

    def _what_is_said(self) -> str:
        names = dict.fromkeys(
            event_name(parsed)[:60]
            for parsed in (_parsed(frame.said) for frame in self._frames.values())
            if parsed is not None
        )
        shown = ", ".join(list(names)[:NAMES_SHOWN])
        return f"it says {shown}{', ...' if len(names) > NAMES_SHOWN else ''}"


class _Performance:
    """An exchange as it is made, step by step."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._held: list[Heard] = []  # until what was moved has come, which they may answer
        self._may_answer_moved = False
        self._moved: set[int] = set()
        self._free_from: int | None = None
        self._end: End | None = None

    def say(self, said: Said, frame: _Frame) -> None:
        if self._end is not None:
            return
        match frame.fault:
            case Drop():
                self._is_free()
            case Delay(by_s=by_s):
                self._is_free()
                self._steps.append(attrs.evolve(said, delay_us=_us(by_s)))
            case Reorder():
                self._moved.add(said.line)
                self._may_answer_moved = True
            case _:
                self._steps.append(said)
        if not isinstance(frame.fault, Reorder):
            self._may_answer_moved = False
        for fault, late in frame.late:
            self._steps.append(attrs.evolve(late, t_us=said.t_us))
            if isinstance(fault, Reorder):
                self._moved.remove(late.line)
        if not self._moved:
            self._release(said.t_us)
        if frame.cut is not None:
            self._cut(said, frame.cut)

    def hear(self, heard: Heard) -> None:
        if self._end is None:
            (self._held if self._may_answer_moved else self._steps).append(heard)

    def as_exchange(self, exchange: Exchange) -> Exchange:
        return attrs.evolve(
            exchange,
            steps=tuple(self._steps),
            end=exchange.end if self._end is None else self._end,
            free_from=self._free_from,
        )

    def _is_free(self) -> None:
        if self._free_from is None:
            self._free_from = len(self._steps)

    def _release(self, t_us: int) -> None:
        self._steps += [attrs.evolve(heard, t_us=t_us) for heard in self._held]
        self._held.clear()

    def _cut(self, said: Said, cut: Cut) -> None:
        self._is_free()
        self._end = End(
            line=said.line,
            t_us=said.t_us,
            by="server",
            code=cut.code,
            reason=cut.reason,
            delay_us=_us(cut.after_s),
        )


def _holds(said: Said, event: str) -> bool:
    """Whether there is an event of this name in the frame."""
    frame = _parsed(said)
    if frame is None:
        return False
    if isinstance(frame.get("type"), str):
        return event_name(frame) == event
    inner: object = frame
    for name in event.split("."):
        if not isinstance(inner, dict) or name not in inner:
            return False
        inner = inner[name]
    return True


def _parsed(said: Said) -> JsonObject | None:
    try:
        return loads(said.frame)
    except ValueError:
        return None


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _refused(fault: Fault, why: str) -> ConfigurationError:
    return ConfigurationError(f"{type(fault).__name__} at {_place(fault.at)}: {why}")


def _contradicts(fault: Fault, frame: _Frame, other: Fault) -> ConfigurationError:
    return _refused(fault, f"there is a {type(other).__name__} at line {frame.line} already")


def _place(at: At) -> str:
    return str(at) if isinstance(at, Nth) else f"line {at}"
