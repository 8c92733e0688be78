"""One recorded connection, played to an application: what comes next, and what differs.

The application's own timing does not matter, so what it says is compared along two lines of their
own: its audio, which is sent when it is spoken, and everything else, each in the order recorded.

Audio is compared as the bytes it is. However an application cuts it into frames, it is cut again
where the recording cut it, and the hashes are compared. What is spoken after the server's last word
can have led to nothing: it may be missing, and more of it may come. Ids of client events count all
frames, of all connections, so they are compared for as long as the two lines are interleaved as
they were.

After a fault that another side may answer as it likes (see `faults`), what else it says is passed
over, and of audio the length alone counts. What is waited for is waited for as before.

Pure and synchronous: `step` says what is to happen next and how long after the step before,
`take` is told what the application said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from realtime_proto._comparison import Comparison
from realtime_proto._elision import FoundAudio, describe_bytes, drop, pack_frame
from realtime_proto._json import loads
from realtime_proto.errors import CallbackError, ConfigurationError
from realtime_proto.exchanges import End, Exchange, Heard, Said, event_name
from realtime_proto.report import Difference

if TYPE_CHECKING:
    from realtime_proto.redaction import Redactor
    from realtime_proto.wire import JsonObject

__all__ = ("Compare", "Matcher", "Rehearsal", "check_compare")

Matcher: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
"""Given a frame that was recorded and one that came, as JSON: whether the one is as good."""

Compare: TypeAlias = Literal["strict", "type"] | Matcher

_COUNTED: Final = "event_id"


def check_compare(compare: object) -> None:
    """Refuse what is no way to compare.

    Raises:
        ConfigurationError: It is none.
    """
    if not (compare in ("strict", "type") or callable(compare)):
        raise ConfigurationError(
            f'compare is "strict", "type" or a function of two frames, not {compare!r:.60}'
        )


class Rehearsal:
    """What is left of an exchange.

    Args:
        exchange: What was recorded.
        compare: "strict": frames must be the same to the byte; "type": of the same type; or a
            function that says whether a frame that came is as good as the one recorded. Of audio,
            the last two compare no more than how much there is.
        redactor: What was taken out of the recording, to be taken out of what is compared.
    """

    def __init__(self, exchange: Exchange, *, compare: Compare, redactor: Redactor) -> None:
        self._exchange = exchange
        self._compare = compare
        self._redactor = redactor
        self._comparison = Comparison()
        found = (step for step in exchange.steps if isinstance(step, Heard))
        heard = sorted(found, key=lambda step: step.line)  # as recorded, whenever it is waited for
        self._audio = [step for step in heard if step.audio]
        self._others = [step for step in heard if not step.audio]
        self._order = [_shape(step.body) for step in heard]
        self._n_taken = 0
        self._is_in_order = True
        self._is_met: set[tuple[int, str]] = set()
        self._n_audio = self._n_others = self._at = 0
        self._pcm = bytearray()
        self._passed_over: Difference | None = None
        self._n_demanded = self._demanded()

    @property
    def step(self) -> Said | Heard | End | None:
        """What comes next: the server speaks, the client is waited for, the connection ends. None
        where the recording says no more.
        """
        steps = self._exchange.steps
        while self._at < len(steps):
            step = steps[self._at]
            if isinstance(step, Said):
                return step
            is_optional = bool(step.audio) and self._at >= self._n_demanded
            if not (is_optional or (step.line, step.path) in self._is_met):
                return step
            self._at += 1
        return self._exchange.end

    @property
    def gap_us(self) -> int:
        """How long after the step before it that step was recorded, in microseconds."""
        step, steps = self.step, self._exchange.steps
        before = steps[self._at - 1].t_us if self._at else self._exchange.t_us
        return 0 if step is None else max(0, step.t_us - before)

    @property
    def is_free(self) -> bool:
        """Whether the client met a fault after which it is not held to the recording."""
        _ = self.step  # what was met is passed
        free_from = self._exchange.free_from
        return free_from is not None and self._at >= free_from

    @property
    def is_in_step(self) -> bool:
        """Whether every frame was taken, in the order recorded: then ids that count agree in the
        next exchange, too.
        """
        is_whole = self._exchange.free_from is None and self._n_taken == len(self._order)
        return is_whole and self._is_in_order

    def out_of_step(self) -> None:
        """An exchange before this one was not in step."""
        self._is_in_order = False

    def said(self) -> None:
        """The server's frame, which was the next step, is sent."""
        self._at += 1

    def take(self, frame: str | bytes) -> Difference | None:
        """The application said *frame*; what differs from what was recorded, if anything does.

        Raises:
            CallbackError: The function that compares raised.
        """
        pieces: list[bytes] = []

        def cut(found: FoundAudio) -> JsonObject:
            pieces.append(found.pcm)
            return drop(found)

        body = pack_frame(frame, self._redactor, cut=cut)
        shape = _shape(body)
        is_as_was = self._n_taken < len(self._order) and self._order[self._n_taken] == shape
        self._is_in_order = self._is_in_order and is_as_was
        self._n_taken += 1
        found = self._take_audio(b"".join(pieces), body) if pieces else self._take_other(body)
        if not self.is_free:
            return found
        self._passed_over = self._passed_over or found
        return None

    def missing(self) -> Difference | None:
        """What the application, which has hung up, had still to say."""
        if self.is_free:
            return None
        for n, step in enumerate(self._exchange.steps):
            if isinstance(step, Said) or (step.line, step.path) in self._is_met:
                continue
            if not step.audio or n < self._n_demanded:
                return self._lacking(step)
        return None

    def late(self) -> Difference | None:
        """What is waited for, as a difference: it did not come in time. What came instead, after a
        fault, is told.
        """
        if self._passed_over is not None:
            return self._passed_over
        step = self.step
        if isinstance(step, Heard):
            return self._lacking(step)
        line = self._exchange.last_line if step is None else step.line
        return Difference(line=line, path="$", expected='"the end"', actual=None)

    def _demanded(self) -> int:
        """How many steps there are before the server's last word."""
        steps, end = self._exchange.steps, self._exchange.end
        if end is not None and end.by == "server":
            return len(steps)
        spoken = (n for n, step in enumerate(steps) if isinstance(step, Said))
        return max(spoken, default=0)

    def _lacking(self, step: Heard) -> Difference | None:
        return self._at_step(step, self._comparison.difference(step.body, None, line=step.line))

    # --- everything but audio

    def _take_other(self, body: JsonObject) -> Difference | None:
        if self._n_others == len(self._others):
            return self._comparison.difference(None, body, line=self._exchange.last_line)
        step = self._others[self._n_others]
        found = self._at_step(step, self._differs(step, body))
        if found is None:
            self._passed_over = None
            self._n_others += 1
            self._is_met.add((step.line, step.path))
        return found

    def _differs(self, step: Heard, body: JsonObject) -> Difference | None:
        was, came = parsed(step.body), parsed(body)
        if was is None or came is None or self._compare == "strict":
            expected, actual = self._shell(step.body), self._shell(body)
            return self._comparison.difference(expected, actual, line=step.line)
        if self._compare == "type":
            kinds = ({"frame": {"type": event_name(frame)}} for frame in (was, came))
            return self._comparison.difference(*kinds, line=step.line)
        return judged(self._compare, was, came, line=step.line)

    def _shell(self, body: JsonObject) -> JsonObject:
        """A frame without its audio, and without the ids that count where they cannot agree."""
        shell = {name: value for name, value in body.items() if name != "audio"}
        frame = None if self._is_in_order else parsed(body)
        if frame is not None:
            shell["frame"] = {name: frame[name] for name in frame if name != _COUNTED}
        return shell

    # --- audio

    @property
    def _compares_audio(self) -> bool:
        """Whether its bytes count, not its length alone."""
        return self._compare == "strict" and not self.is_free

    def _take_audio(self, pcm: bytes, body: JsonObject) -> Difference | None:
        if self._n_audio == len(self._audio):
            return None  # behind what was recorded
        step = self._audio[self._n_audio]
        if self._compares_audio:
            shells = self._shell(step.body), self._shell(body)
            found = self._at_step(step, self._comparison.difference(*shells, line=step.line))
            if found is not None:
                return found
        self._pcm += pcm
        while self._n_audio < len(self._audio):
            step = self._audio[self._n_audio]
            if len(self._pcm) < sum(piece["n_bytes"] for piece in step.audio):
                break
            found = self._cut(step)
            if found is not None:
                return found
            self._n_audio += 1
            self._is_met.add((step.line, step.path))
        return None

    def _cut(self, step: Heard) -> Difference | None:
        """Cut off what the recorded frame held, and compare it."""
        for n, piece in enumerate(step.audio):
            pcm = bytes(self._pcm[: piece["n_bytes"]])
            del self._pcm[: piece["n_bytes"]]
            came = {"at": piece["at"], **describe_bytes(pcm)}
            if self._compares_audio and piece != came:
                found = self._comparison.difference(piece, came, line=step.line)
                return self._at_step(step, found, f".audio[{n}]")
        return None

    def _at_step(self, step: Heard, found: Difference | None, below: str = "") -> Difference | None:
        if found is None:
            return None
        return attrs.evolve(found, path=step.path + below + found.path.removeprefix("$"))


def _shape(body: JsonObject) -> tuple[int, ...]:
    """By what the two lines' interleaving is told."""
    return tuple(piece["n_bytes"] for piece in body.get("audio", ()))


# --- what is compared on either side


def parsed(body: JsonObject) -> JsonObject | None:
    """A frame as JSON, as a recording keeps it; None where it is none."""
    try:
        return loads(body["frame"])
    except (KeyError, ValueError):
        return None


def judged(matcher: Matcher, was: JsonObject, came: JsonObject, *, line: int) -> Difference | None:
    """What differs, where a function does not find the one frame as good as the other.

    Raises:
        CallbackError: It raised.
    """
    try:
        if matcher(was, came):
            return None
    except Exception as exc:  # whatever the application's own function raises
        raise CallbackError(f"the function that compares raised {exc!r:.200}") from exc
    found = Comparison().difference({"frame": was}, {"frame": came}, line=line)
    return found or Difference(line=line, path="$.frame", expected=None, actual=None)
