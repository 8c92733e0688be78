"""One recorded connection, said to a server: what is to be said next, and what differs in the
answers.

The client is played, and the server's frames are waited for and compared. How is for the user to
say. "strict" takes a server that says the same each time: every frame in order, but for ids. "type"
takes a real one: what it says in pieces (audio, text as it is made) comes in as many pieces as it
likes, between two other events in any order, but some of each kind that was recorded; and what
comes beside the conversation (what was understood of the user, usage, limits, handles) is compared
along lines of its own. All else comes in the recorded order. A function is asked of each
pair of these whether the one is as good.

A frame of the client's is due when what the server said before it has come. Of pieces fewer than
recorded may do, and a microphone that is open does not wait for a server that has yet to hear
something in it: such a frame *may* be said (`ready`), once nothing has come for a moment. How long
is for who plays it. What comes beside the conversation is waited for at its end alone.

Where the client hung up while the server spoke, what that had still to say is not known: more than
was recorded may come then. Else too much is a difference, as is too little.

A frame of Gemini's may hold several events, which a server may send apart: they are taken one by
one. Ids are those that this server made, see `counterparts`.

Pure and synchronous.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import attrs
from attrs import frozen

from realtime_proto._comparison import Comparison
from realtime_proto._course import Course, Place, Word
from realtime_proto._elision import drop, pack_frame
from realtime_proto._json import dumps, loads
from realtime_proto.exchanges import End, Exchange, Heard, Said, event_name
from realtime_proto.redaction import Redactor
from realtime_proto.rehearsal import judged, parsed
from realtime_proto.report import Difference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from realtime_proto.counterparts import Counterparts
    from realtime_proto.rehearsal import Compare
    from realtime_proto.wire import JsonObject

__all__ = ("Audition",)

_PIECES: Final = frozenset(
    {
        "serverContent.modelTurn",
        "serverContent.inputTranscription",
        "serverContent.interimInputTranscription",
        "serverContent.outputTranscription",
        "sessionResumptionUpdate",
        "usageMetadata",
    }
)
"""Beside all that ends in ".delta": what is said in as many pieces as a server likes."""

_BESIDE: Final = (
    "conversation.item.input_audio_transcription.",
    "rate_limits.updated",
    "serverContent.inputTranscription",
    "serverContent.interimInputTranscription",
    "serverContent.outputTranscription",
    "sessionResumptionUpdate",
    "usageMetadata",
    "voiceActivity",
)
"""What has no order against the rest, by how its kind begins; each has a line of its own.

Source: ai.google.dev, Live API reference ("no guaranteed ordering"), platform.openai.com, Realtime
API reference ("asynchronously with response creation"), as of 2026-11.
"""

SILENCE_US: Final = 250_000
"""A client that hung up sooner after the server's last word did so in the middle of it, perhaps."""

_WRAPPER: Final = "serverContent"
_MAIN: Final = ""
_NO_JSON: Final = "no JSON"

MAX_SHOWN: Final = 200
"""Characters of what came, in a difference."""


@frozen
class _Turn:
    """A frame of the client's.

    Args:
        said: The frame.
        place: How far the main line had come before it.
        is_flowing: It is audio that goes on, whatever the server says meanwhile.
    """

    said: Said
    place: Place
    is_flowing: bool


class Audition:
    """What is left of an exchange in which the client is played.

    Args:
        exchange: What was recorded, from the client's side.
        compare: "strict", "type" or a function: see the module's head.
        redactor: What was taken out of the recording, to be taken out of what is compared.
        counterparts: The ids of now.
        ignored: Kinds of events that may come or not.

    Attributes:
        n_said: How many frames were said.
        n_heard: How many frames came that are as recorded.
        n_events: How many events of theirs were waited for; what is ignored is not.
        reached_us: The recorded time of what was said or came last.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        compare: Compare,
        redactor: Redactor,
        counterparts: Counterparts,
        ignored: Collection[str] = (),
    ) -> None:
        self._exchange = exchange
        self._compare = compare
        self._redactor = redactor
        self._counterparts = counterparts
        self._ignored = frozenset(ignored)
        self._comparison = Comparison()
        self._lines: defaultdict[str, Course] = defaultdict(Course)
        self._main = self._lines[_MAIN]
        self._said: list[_Turn] = []
        self._is_cut = True
        self.n_said: int = 0
        self.n_heard: int = 0
        self.n_events: int = 0
        self.reached_us: int = exchange.t_us
        counterparts.begin()
        self._read()

    # --- what is next

    @property
    def step(self) -> Said | End | None:
        """What the client is to say next, or how the connection ends. None where the recording does
        not say how.
        """
        if self.n_said < len(self._said):
            return self._said[self.n_said].said
        return self._exchange.end

    @property
    def gap_us(self) -> int:
        """How long before that step `reached_us` was, in microseconds."""
        step = self.step
        return 0 if step is None else max(0, step.t_us - self.reached_us)

    @property
    def awaited(self) -> Heard | None:
        """What has to come before that step; None: it is its turn."""
        if self.n_said < len(self._said):
            found = self._main.before(self._said[self.n_said].place)
        else:
            found = self._missing() or _first(
                line.before(line.recorded) for line in self._lines.values()
            )
        return None if found is None else found.step

    @property
    def is_ready(self) -> bool:
        """Whether it is not certain that more will come before that step."""
        if self.n_said < len(self._said):
            turn = self._said[self.n_said]
            return turn.is_flowing or self._main.is_near(turn.place)
        return self._missing() is None

    def say(self) -> str | bytes:
        """The client's frame, which is the next step, with the ids of now: it is being said."""
        said = self._said[self.n_said].said
        self.n_said += 1
        self.reached_us = max(self.reached_us, said.t_us)
        return self._counterparts.carry(said.frame)

    # --- what comes

    def take(self, frame: str | bytes) -> Difference | None:
        """The server said *frame*; what differs from what was recorded, if anything does.

        Raises:
            CallbackError: The function that compares raised.
        """
        body = pack_frame(frame, self._redactor, cut=drop)
        came = _loaded(frame)
        if came is not None:
            self._counterparts.hear(came)
        events, cleaned = self._events(came), self._events(parsed(body))
        if len(events) != len(cleaned):  # a pattern of the user's own makes no JSON of it
            events = cleaned
        for (_, event), (kind, shown) in zip(events, cleaned, strict=True):
            found = None if kind in self._ignored else self._take(kind, event, shown, body)
            if found is not None:
                return found
        self.n_heard += 1
        return None

    def late(self) -> Difference:
        """What is waited for, as a difference: it did not come in time."""
        missing = self._missing()
        if missing is not None:
            return self._difference(missing, None)
        step = self.step
        line = self._exchange.last_line if step is None else step.line
        return Difference(line=line, path="$", expected='"the end"', actual=None)

    def ended(self, code: int | None, reason: str = "") -> Difference | None:
        """The server ended the connection; what differs from what was recorded, if anything does.

        Args:
            code: Its close code; None where the connection broke.
            reason: Its words.
        """
        how = dumps({"code": code, "reason": self._redactor.clean(reason)})
        missing, step = self._missing(), self.step
        if missing is not None:
            return attrs.evolve(self._difference(missing, None), actual=how)
        if step is None or (isinstance(step, End) and step.by == "client" and self._is_cut):
            return None
        if isinstance(step, End) and step.by == "server":
            if code == step.code:
                return None
            expected, actual = dumps(step.code), dumps(code)
            return Difference(line=step.line, path="$.code", expected=expected, actual=actual)
        return Difference(line=step.line, path="$", expected=None, actual=how)

    # --- inside

    def _read(self) -> None:
        """Lay out what was recorded."""
        was_audio, heard_us = False, self._exchange.t_us
        for step in self._exchange.steps:
            if isinstance(step, Said):
                is_audio = "audio" in pack_frame(step.frame, _PLAIN, cut=drop)
                turn = _Turn(step, self._main.recorded, is_flowing=is_audio and was_audio)
                self._said.append(turn)
                if not is_audio:
                    self._main.interrupt()
                was_audio = is_audio
                continue
            heard_us = step.t_us
            for kind, body in self._events(parsed(step.body)):
                if kind not in self._ignored:
                    line = self._line_of(kind)
                    line.add(Word(kind, step, body), is_piece=self._is_piece(kind))
        end = self._exchange.end
        is_servers = end is not None and end.by == "server" and end.code is not None
        self._is_cut = not is_servers and self._exchange.ended_us - heard_us < SILENCE_US

    def _missing(self) -> Word | None:
        """The first event, of all lines, that has to come."""
        return _first(line.missing() for line in self._lines.values())

    def _events(self, frame: JsonObject | None) -> list[tuple[str, JsonObject]]:
        """What a frame says, each by its name."""
        if frame is None:
            return [(_NO_JSON, {})]
        if self._compare == "strict" or isinstance(frame.get("type"), str):
            return [(event_name(frame), frame)]
        return list(_members(frame))

    def _is_piece(self, kind: str) -> bool:
        return self._compare != "strict" and (kind in _PIECES or kind.endswith(".delta"))

    def _line_of(self, kind: str) -> Course:
        if self._compare == "strict":
            return self._main
        return self._lines[next((name for name in _BESIDE if kind.startswith(name)), _MAIN)]

    def _take(
        self, kind: str, event: JsonObject, shown: JsonObject, body: JsonObject
    ) -> Difference | None:
        line, is_piece = self._line_of(kind), self._is_piece(kind)
        recorded, is_fit = line.take(kind, is_piece=is_piece)
        if not is_fit:
            is_unknown = recorded is None and self._is_cut
            return None if is_unknown else self._difference(recorded, _named(kind, shown))
        self.n_events += 1
        if recorded is None:  # one more piece
            return None
        self._counterparts.learn(recorded.body, event)
        if not is_piece:
            found = self._differs(recorded, shown, body)
            if found is not None:
                path = found.path.replace("$", recorded.step.path, 1)
                return attrs.evolve(found, path=path)
            line.go_on()
        if line is self._main:
            self.reached_us = max(self.reached_us, recorded.step.t_us)
        return None

    def _differs(self, recorded: Word, shown: JsonObject, body: JsonObject) -> Difference | None:
        line = recorded.step.line
        if self._compare == "type":
            return None
        if self._compare == "strict":
            now = self._counterparts.carried(recorded.body)
            was, came = _shell(recorded.step.body, now), _shell(body, shown)
            return self._comparison.difference(was, came, line=line)
        return judged(self._compare, recorded.body, shown, line=line)

    def _difference(self, recorded: Word | None, came: str | None) -> Difference:
        actual = None if came is None else dumps(self._redactor.clean(came))
        if recorded is None:
            line = self._exchange.last_line
            return Difference(line=line, path="$", expected=None, actual=actual)
        step = recorded.step
        path = f"{step.path}.frame" + (".type" if "type" in recorded.body else "")
        return Difference(line=step.line, path=path, expected=dumps(recorded.kind), actual=actual)


_PLAIN: Final = Redactor(is_on=False)


def _first(found: Iterable[Word | None]) -> Word | None:
    words = (word for word in found if word is not None)
    return min(words, key=lambda word: word.step.line, default=None)


def _members(frame: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """The events of a frame whose members are events, in its order."""
    for name, value in frame.items():
        if name == _WRAPPER and isinstance(value, dict):
            for inner, item in value.items():
                yield f"{name}.{inner}", {name: {inner: item}}
        else:
            yield name, {name: value}


def _shell(body: JsonObject, frame: JsonObject) -> JsonObject:
    """A frame to be compared whole. Where in it its audio was tells nothing: ids are not all of a
    length.
    """
    audio = [
        {name: piece[name] for name in ("n_bytes", "sha256")} for piece in body.get("audio", ())
    ]
    return {**body, **({"frame": frame} if frame else {}), "audio": audio}


def _loaded(frame: str | bytes) -> JsonObject | None:
    try:
        return loads(frame)
    except ValueError:
        return None


def _named(kind: str, event: JsonObject) -> str:
    """What came: its name; of an error its words as well."""
    error = event.get("error")
    words = error.get("message") if isinstance(error, dict) else None
    return f"{kind}: {words}"[:MAX_SHOWN] if isinstance(words, str) else kind[:MAX_SHOWN]
