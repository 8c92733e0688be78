"""The journal of a conversation: every input in call order, and the outputs to compare.

A conversation is a function of its inputs, so whoever has them all has the conversation: a journal
can be replayed to the same events, years later, on another machine. It is taken at the boundary of
`Conversation`, by `Journaled`: a log of frames alone could not reproduce what depended on commands
and on time.

The format, one JSON object a line (`*.rtc.jsonl`, version 1), is specified in docs/recording.md. In
short: a head says what the conversation was made from; then come inputs (`open`, `send`,
`receive`, `connection_lost`, `tick`, `close`), each with the microseconds since the first one, and
in between what was taken out (`frames`, `events`, `road`) or refused (`raised`), for a replay to
compare. Lines are only ever appended, and a journal can be read to its last whole line.

What is kept of audio is the head's `audio`: "inline" keeps it, "sidecar" keeps it in WAV files
beside the journal (see sidecar), "dropped" keeps its length and its hash. A replay then hears
silence of the same length, and says what it could not check.
Credentials are taken out of inputs before anything is kept (see redaction).

This module knows lines, not files: `realtime_io.recorder` writes them, `replay` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

from realtime_proto._checks import (
    check_command,
    check_end,
    check_frame,
    check_unix_time,
    since_us,
)
from realtime_proto._elision import AudioPolicy, Cut, describe_bytes, pack_frame
from realtime_proto._json import base64_encode, dumps, loads
from realtime_proto._outputs import (
    describe_error,
    describe_events,
    describe_frames,
    describe_road,
    pack_error,
)
from realtime_proto._portable import from_json, to_json
from realtime_proto._recordable import Recordable
from realtime_proto.commands import SendAudio
from realtime_proto.errors import (
    ConfigurationError,
    LocalProtocolError,
    RealtimeConnectionError,
    RealtimeError,
    RecordingError,
)
from realtime_proto.redaction import Kept, Redactor
from realtime_proto.sidecar import AudioDirection, AudioIn, AudioSource, Store, audio_out, cut_for
from realtime_proto.wire import JsonObject

__all__ = (
    "FORMAT",
    "VERSION",
    "AudioPolicy",
    "Head",
    "Journal",
    "Journaled",
    "Record",
    "Sink",
    "read_journal",
)

FORMAT: Final = "realtime-recording"
VERSION: Final = 1

MAX_LINE_BYTES: Final = 64 * 2**20
"""One line of a journal: a frame of the largest size, escaped."""

INPUTS: Final = frozenset({"open", "send", "receive", "connection_lost", "tick", "close"})
CONSEQUENCES: Final = frozenset({"raised", "chance", "road"})
"""Outputs that directly follow the input that led to them."""

OUTPUTS: Final = frozenset({"frames", "events"}) | CONSEQUENCES

Sink: TypeAlias = Callable[[str], object]
"""Takes one line of a journal, without its line break. What it raises, the caller gets."""


# --- what a journal holds


@frozen(kw_only=True)
class Head:
    """The first line of a recording.

    Args:
        provider: The provider's name, as in `PROVIDERS`.
        origin: "journal" for the inputs of a conversation, "frames" for an imported two-way log of
            frames, which has neither commands nor, perhaps, times.
        config: The settings as data; a tool's function is not among them.
        limits: The bounds as data.
        ids: The prefix of ids that count.
        strict: As the conversation was made.
        reports_delivery: As the conversation was made.
        resume: What it resumed, as data.
        seed: The history that was told to it, as it is saved.
        endpoint: Where its roads lead, as data without the credentials.
        backoff: When it tries again, as data.
        audio: What was kept of audio.
        redacted: What was searched for and taken out.
        source: Where an imported log came from, in words.
        dialect: The variant of the protocol that an imported log speaks, where it is known.
        note: What else an imported log says of itself.
    """

    provider: str
    origin: Literal["journal", "frames"] = "journal"
    config: JsonObject = field(factory=dict)
    limits: JsonObject = field(factory=dict)
    ids: str = "evt"
    strict: bool = False
    reports_delivery: bool = False
    resume: JsonObject | None = None
    seed: str | None = None
    endpoint: JsonObject | None = None
    backoff: JsonObject | None = None
    audio: AudioPolicy = "inline"
    redacted: tuple[str, ...] = ()
    source: str = ""
    dialect: str | None = None
    note: str = ""


@frozen(kw_only=True)
class Record:
    """One line behind the head.

    Args:
        line: Its number in the file; the head is line 1.
        kind: "open", "send", "receive", "connection_lost", "tick", "close" (inputs), "frames",
            "events", "raised", "chance", "road" (outputs), "frame" (of an imported log), or a
            kind of a later version.
        body: All of it, as it was written.
    """

    line: int
    kind: str
    body: JsonObject

    @property
    def is_input(self) -> bool:
        """Whether it was fed to the conversation."""
        return self.kind in INPUTS

    @property
    def t_us(self) -> int | None:
        """Microseconds since the first input; None where the log has no times."""
        value = self.body.get("t_us")
        return value if value.__class__ is int else None


@frozen(kw_only=True)
class Journal:
    """A recording that was read.

    Args:
        head: The first line.
        records: The lines behind it, in order.
        unknown: How many records there are of each kind that this version does not know; they are
            in `records` too.
        cut_line: The number of a last line that is not whole: the recording was interrupted there.
    """

    head: Head
    records: tuple[Record, ...]
    unknown: Mapping[str, int] = field(factory=dict)
    cut_line: int | None = None


def read_journal(
    lines: Iterable[str | bytes], *, audio_source: AudioSource | None = None
) -> Journal:
    """Read a recording, to its last whole line.

    Args:
        lines: Its lines, with or without line breaks.
        audio_source: Gives the audio that is in files beside it. It is put into the records, and
            the journal is what it would be had its audio been inline. Without a source, references
            stay in their place: such a journal can be looked at and not replayed.

    Raises:
        RecordingError: It is none, or of a version that cannot be read, or a line that is not the
            last is malformed, or the audio of a line is not where it should be. Says which line.
    """
    audio_in: AudioIn | None = None
    head: Head | None = None
    records: list[Record] = []
    unknown: dict[str, int] = {}
    broken: RecordingError | None = None
    number = 0
    for number, line in enumerate(lines, 1):
        if broken is not None:
            raise broken
        try:
            body: JsonObject = loads(_whole_line(line, number))
        except ValueError as exc:
            why = f"line {number} is no JSON object: {exc}"
            if head is None:
                why = "this is no recording: its first line is no JSON object"
            broken = RecordingError(why, line=number)
            continue
        if head is None:
            head = _read_head(body)
            if audio_source is not None and head.audio == "sidecar":
                head, audio_in = attrs.evolve(head, audio="inline"), AudioIn(audio_source)
            continue
        kind = body.get("kind")
        if not isinstance(kind, str):
            raise RecordingError(f"line {number} has no kind", line=number)
        if kind not in INPUTS | OUTPUTS and kind != "frame":
            unknown[kind] = unknown.get(kind, 0) + 1
        elif audio_in is not None:
            body = _filled(body, audio_in, number)
        records.append(Record(line=number, kind=kind, body=body))
    if head is None:
        raise broken or RecordingError("the recording is empty", line=1)
    return Journal(
        head=head,
        records=tuple(records),
        unknown=unknown,
        cut_line=number if broken is not None else None,
    )


def _filled(body: JsonObject, audio_in: AudioIn, line: int) -> JsonObject:
    if body.get("kind") not in ("send", "receive", "frame"):
        return body
    try:
        return audio_in.filled(body)
    except (ValueError, RecordingError) as exc:
        raise RecordingError(f"line {line}: {exc!s:.300}", line=line) from None


def _whole_line(line: str | bytes, number: int) -> str | bytes:
    if len(line) > MAX_LINE_BYTES:
        raise RecordingError(f"line {number} is over {MAX_LINE_BYTES} bytes", line=number)
    return line


def _read_head(body: Mapping[str, Any]) -> Head:
    if body.get("format") != FORMAT:
        raise RecordingError(f'this is no recording: its first line has no "format": "{FORMAT}"')
    version = body.get("version")
    if version.__class__ is not int or version != VERSION:
        raise RecordingError(
            f"a recording of version {version!r:.20}; this version of the library reads {VERSION}",
            line=1,
        )
    if not isinstance(body.get("provider"), str):
        raise RecordingError("line 1 names no provider", line=1)
    try:
        head: Head = from_json({key: body[key] for key in body if key in _HEAD_FIELDS}, Head)
    except ValueError as exc:
        raise RecordingError(f"line 1: {exc.__cause__ or exc!s:.200}", line=1) from None
    return head


_HEAD_FIELDS: Final = frozenset(attrs.fields_dict(Head))


# --- taking a journal


ConversationT = TypeVar("ConversationT", bound=Recordable)


class Journaled(Generic[ConversationT]):
    """A conversation that writes its journal: use it in the conversation's place.

    It has the conversation's inputs and outputs; everything else is asked of `conversation`. An
    input is written before the conversation sees it, so that a journal tells even what made it
    fail; what is of the wrong kind is refused before that.

    Args:
        conversation: Fresh: nothing was fed to it yet. Its ids must be those of `count_ids`.
        sink: Takes each line. It must not raise: it is called in the middle of an input.
        audio: "inline" keeps audio, "sidecar" gives it to the store, "dropped" keeps its length and
            hash.
        redactor: What to take out; the default takes out what looks like a credential.
        store: Where audio goes with "sidecar". It is called before the line that refers to what it
            took.

    Raises:
        ConfigurationError: The conversation's ids cannot be made again by a replay; "sidecar"
            without a store; or *sink* or *audio* is none. Nothing was written.

    Attributes:
        conversation: What is recorded, for everything but inputs and outputs.
    """

    def __init__(
        self,
        conversation: ConversationT,
        sink: Sink,
        *,
        audio: AudioPolicy = "inline",
        redactor: Redactor | None = None,
        store: Store | None = None,
    ) -> None:
        if audio not in ("inline", "sidecar", "dropped") or not callable(sink):
            raise ConfigurationError(
                'a Journaled takes a function for its lines, and audio "inline", "sidecar" or '
                f'"dropped", not {sink!r:.40} and {audio!r:.40}'
            )
        self.conversation = conversation
        self._sink = sink
        self._audio: AudioPolicy = audio
        self._audio_out = (
            audio_out(store, conversation.capabilities) if audio == "sidecar" else None
        )
        self._redactor = redactor or Redactor()
        self._epoch: float | None = None
        self._road = conversation.road
        self._write(self._head())

    # --- inputs

    def open(self, *, now: float, unix_time: float) -> None:
        """As `Conversation.open`."""
        check_unix_time(unix_time)
        self._input("open", now, {"unix_time": unix_time})
        with self._outcome():
            self.conversation.open(now=now, unix_time=unix_time)

    def send(self, command: Any, *, now: float) -> None:
        """As `Conversation.send`."""
        check_command(command)
        self._input("send", now, {"command": self._pack_command(command)})
        with self._outcome():
            self.conversation.send(command, now=now)

    def receive(self, frame: str | bytes | memoryview, *, now: float) -> None:
        """As `Conversation.receive`."""
        check_frame(frame)
        if self._audio_out is not None:
            self._audio_out.heed(frame)
        self._input("receive", now, pack_frame(frame, self._redactor, cut=self._cut("output")))
        with self._outcome():
            self.conversation.receive(frame, now=now)

    def connection_lost(
        self,
        code: int | None = None,
        reason: str = "",
        *,
        now: float,
        error: RealtimeConnectionError | None = None,
    ) -> None:
        """As `Conversation.connection_lost`."""
        check_end(code, reason)
        end: dict[str, Any] = {"code": code, "reason": self._redactor.clean(reason)}
        if error is not None:
            end["error"] = self._redactor.clean_json(pack_error(error))
        self._input("connection_lost", now, end)
        with self._outcome():
            self.conversation.connection_lost(code, reason, now=now, error=error)

    def tick(self, *, now: float) -> None:
        """As `Conversation.tick`."""
        self._input("tick", now, {})
        with self._outcome():
            self.conversation.tick(now=now)

    def close(self, *, now: float) -> None:
        """As `Conversation.close`."""
        self._input("close", now, {})
        with self._outcome():
            self.conversation.close(now=now)

    # --- outputs

    def take_frames(self) -> list[str]:
        """As `Conversation.take_frames`."""
        frames = self.conversation.take_frames()
        if frames:
            self._write({"kind": "frames", "frames": describe_frames(frames, self._redactor)})
        return frames

    def take_events(self) -> list[Any]:
        """As `Conversation.take_events`."""
        events = self.conversation.take_events()
        if events:
            self._write({"kind": "events", "events": describe_events(events, self._redactor)})
        return events

    @property
    def road(self) -> Any:
        """As `Conversation.road`."""
        return self.conversation.road

    # --- inside

    def _head(self) -> dict[str, Any]:
        made_from = self.conversation.blueprint
        prefix = getattr(made_from.ids, "prefix", None)
        if not isinstance(prefix, str):
            raise ConfigurationError(
                "a recording needs ids that a replay can make again: leave `ids` out, or take "
                "count_ids()",
                code="unrecordable_ids",
            )
        head = Head(
            provider=made_from.provider,
            config=to_json(made_from.config),
            limits=to_json(made_from.limits),
            ids=prefix,
            strict=made_from.strict,
            reports_delivery=made_from.reports_delivery,
            resume=to_json(made_from.resume),
            seed=None if made_from.seed is None else made_from.seed.save(),
            endpoint=to_json(made_from.endpoint),
            backoff=to_json(made_from.backoff),
            audio=self._audio,
            redacted=self._redactor.names,
        )
        return head_line(head, self._redactor)

    def _pack_command(self, command: Any) -> dict[str, Any]:
        bytes_as: Callable[[bytes], Any] = describe_bytes if self._audio == "dropped" else _inline
        if self._audio_out is not None and isinstance(command, SendAudio):
            bytes_as = partial(self._audio_out.put, direction="input")
        event = getattr(command, "event", None)
        if event is not None:  # SendWire: its event has a codec of its own
            return {"type": type(command).__name__, "event": self._pack_event(event)}
        packed: dict[str, Any] = self._redactor.clean_json(to_json(command, bytes_as=bytes_as))
        return packed

    def _pack_event(self, event: Any) -> Any:
        try:
            frame = dumps(self.conversation.wire.packed(event))
        except LocalProtocolError:
            return None  # it cannot be said: the conversation is about to refuse it
        return pack_frame(frame, self._redactor, cut=self._cut("input"))

    def _cut(self, direction: AudioDirection) -> Cut:
        return cut_for(direction, self._audio, self._audio_out)

    def _input(self, kind: str, now: float, body: dict[str, Any]) -> None:
        epoch = now if self._epoch is None else self._epoch
        t_us = since_us(now, epoch)
        self._epoch = epoch
        self._write({"kind": kind, "t_us": t_us, **body})

    @contextmanager
    def _outcome(self) -> Iterator[None]:
        """What came of an input, besides what can be taken: an error, another road."""
        try:
            yield
        except RealtimeError as exc:
            self._write(describe_error(exc, self._redactor))
            raise
        finally:
            drawn = self.conversation.take_draws()
            if drawn:
                self._write({"kind": "chance", "drawn": drawn})
            road = self.conversation.road
            if road != self._road:
                self._road = road
                self._write(describe_road(road, self._redactor, epoch=self._epoch or 0.0))

    def _write(self, record: dict[str, Any]) -> None:
        self._sink(dumps(record))


def _inline(data: bytes) -> Kept:
    return Kept(base64_encode(data))


def head_line(head: Head, redactor: Redactor) -> dict[str, Any]:
    """The first line of a recording."""
    body = to_json(head)
    del body["type"]
    own = {name: body[name] for name in _OWN_WORDS if name in body}
    return {"format": FORMAT, "version": VERSION, **redactor.clean_json(body), **own}


_OWN_WORDS: Final = ("provider", "origin", "ids", "audio", "redacted")
"""Members of the head that are of the library's making. Nothing secret is in them, and a pattern
that finds something in one would make the recording unreadable."""
