"""A recording fed to a fresh conversation: what comes out, and whether it is what came out then.

Exact replay takes a journal. The inputs go into a new `Conversation` in their order and at their
times, outputs are taken where they were taken, and the conversation writes a journal of its own
while that happens; the two are compared line by line. What differs is a `Difference` with the line
of the recording, the path in it, what was expected and what came instead.

A recording that holds only the frames of both sides is observed instead (see observation).

Pure and synchronous: no network, no clock, no tasks. A `Report` is a value that can be pickled, so
many recordings can be replayed in many processes.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from realtime_proto._comparison import Comparison
from realtime_proto._elision import describe_bytes, pack_frame, unpack_frame
from realtime_proto._json import base64_decode, dumps, loads
from realtime_proto._outputs import unpack_error
from realtime_proto._portable import from_json
from realtime_proto.backoff import DEFAULT_BACKOFF, Backoff
from realtime_proto.commands import SendWire, VoiceCommand
from realtime_proto.config import RealtimeConfig
from realtime_proto.conversation import Conversation
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import RealtimeError, RecordingError
from realtime_proto.gemini import GeminiConnection, GeminiServerConnection
from realtime_proto.history import History
from realtime_proto.limits import Limits
from realtime_proto.observation import observe_journal
from realtime_proto.openai import OpenAIConnection, OpenAIServerConnection
from realtime_proto.providers import PROVIDERS
from realtime_proto.recording import (
    CONSEQUENCES,
    INPUTS,
    OUTPUTS,
    Journal,
    Journaled,
    Record,
    read_journal,
)
from realtime_proto.redaction import PATTERNS, Redactor
from realtime_proto.report import MAX_DIFFERENCES, Difference, Report
from realtime_proto.resume import ResumeState
from realtime_proto.wire import count_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from realtime_proto.events import VoiceEvent
    from realtime_proto.sidecar import AudioSource

__all__ = (
    "Difference",
    "Report",
    "audio_said",
    "compare_journals",
    "conversation_of",
    "replay",
    "replay_journal",
)

MAX_TIME: Final = 2**53
"""A time that any reader of JSON can hold exactly: 285 years in microseconds."""


@runtime_checkable
class HasPath(Protocol):
    """A path, as pathlib has them."""

    def __fspath__(self) -> str:
        """The path as text."""


def replay(
    source: str | HasPath | Iterable[str | bytes], *, audio_source: AudioSource | None = None
) -> Report:
    """Replay a recording.

    Args:
        source: A file's path, or its lines.
        audio_source: Gives the audio that is in files beside it, where it is. To have them opened
            as well, take `realtime_io.read_recording` and `replay_journal`.

    Raises:
        RecordingError: It cannot be read, or what it records cannot be made again.
    """
    if not isinstance(source, str | HasPath):
        return replay_journal(read_journal(source, audio_source=audio_source))
    try:
        with open(source, "rb") as file:
            return replay_journal(read_journal(file, audio_source=audio_source))
    except OSError as exc:
        raise RecordingError(f"cannot read {source}: {exc.strerror}") from None


def replay_journal(
    journal: Journal, *, make: Callable[[Journal], Conversation] | None = None
) -> Report:
    """Replay a journal that was read.

    Args:
        journal: A journal of inputs, or an imported log of frames, which is observed.
        make: Makes the conversation of a journal; the default makes it from the head.

    Raises:
        RecordingError: It holds a record that cannot be fed, or its audio is in files that were not
            read.
    """
    _check_audio(journal)
    if journal.head.origin == "frames":
        return observe_journal(journal)
    return _Replay(journal, (make or conversation_of)(journal)).run()


def audio_said(journal: Journal) -> dict[str, bytes]:
    """The audio that the client's frames held, by the start of its hash as a recording has it.

    A journal keeps what an application gave, not what became of it on the wire; so that is made
    again. Where it cannot be, what was given is there as it is. An imported log has all of it in
    its frames.
    """
    if journal.head.origin == "frames":
        return {}
    found = {name: pcm for record in journal.records for name, pcm in _given(record)}

    def note(frames: Iterable[str]) -> None:
        for frame in frames:
            pack_frame(frame, _PLAIN, cut=lambda piece: found.update([_by_hash(piece.pcm)]))

    with suppress(RecordingError):
        _check_audio(journal)
        _Replay(journal, conversation_of(journal), on_frames=note).run()
    return found


_PLAIN: Final = Redactor(is_on=False)


def _by_hash(pcm: bytes) -> tuple[str, bytes]:
    return describe_bytes(pcm)["sha256"], pcm


def _given(record: Record) -> Iterator[tuple[str, bytes]]:
    """The audio of a command."""
    command = record.body.get("command")
    data = command.get("data") if isinstance(command, dict) else None
    if isinstance(data, str):
        with suppress(ValueError):
            yield _by_hash(base64_decode(data))


def conversation_of(journal: Journal) -> Conversation:
    """A fresh conversation, made as the recorded one was.

    Raises:
        RecordingError: The head cannot be understood.
    """
    head = journal.head
    if head.provider not in PROVIDERS:
        raise RecordingError(
            f"the provider {head.provider!r:.60} is unknown; there are {', '.join(PROVIDERS)}",
            line=1,
        )
    try:
        return Conversation(
            PROVIDERS[head.provider].dialect(),
            from_json(head.config, RealtimeConfig),
            ids=count_ids(head.ids),
            limits=from_json(head.limits, Limits),
            resume=None if head.resume is None else from_json(head.resume, ResumeState),
            seed=None if head.seed is None else History.load(head.seed),
            endpoint=None if head.endpoint is None else from_json(head.endpoint, Endpoint),
            backoff=DEFAULT_BACKOFF if head.backoff is None else from_json(head.backoff, Backoff),
            chance=partial(next, _drawn(journal), 1.0),
            strict=head.strict,
            reports_delivery=head.reports_delivery,
        )
    except (ValueError, RealtimeError) as exc:
        raise RecordingError(f"line 1: {exc!s:.300}", line=1) from exc


def _drawn(journal: Journal) -> Iterator[float]:
    for record in journal.records:
        if record.kind == "chance" and isinstance(drawn := record.body.get("drawn"), list):
            yield from (float(value) for value in drawn if value.__class__ in (int, float))


def compare_journals(first: Journal, second: Journal) -> tuple[Difference, ...]:
    """Where two recordings differ, times apart: record by record, at most 100 differences.

    Lines are those of *first*, or of *second* behind the end of *first*.

    Raises:
        RecordingError: The audio of one is in files that were not read.
    """
    _check_audio(first)
    _check_audio(second)
    keeps_audio = "dropped" not in (first.head.audio, second.head.audio)
    comparison = Comparison(checks_audio=keeps_audio, ignored=("t_us", "unix_time"))
    found: list[Difference] = []
    for one, other in zip_longest(first.records, second.records):
        difference = comparison.difference(
            None if one is None else one.body,
            None if other is None else other.body,
            line=(one or other).line,
        )
        if difference is not None and len(found) < MAX_DIFFERENCES:
            found.append(difference)
    return tuple(found)


def _check_audio(journal: Journal) -> None:
    if journal.head.audio == "sidecar":
        raise RecordingError(
            "the audio of this recording is in WAV files beside it, which were not read: take "
            "realtime_io.read_recording(path), or give an audio_source"
        )


class _Replay:
    """One replay under way."""

    def __init__(
        self,
        journal: Journal,
        conversation: Conversation,
        *,
        on_frames: Callable[[list[str]], object] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._on_frames = on_frames
        self._made: list[str] = []
        redactor = Redactor(is_on=not PATTERNS.keys().isdisjoint(journal.head.redacted))
        self._subject = Journaled(
            conversation, self._made.append, audio=journal.head.audio, redactor=redactor
        )
        self._made.clear()  # its head
        self._checks_audio = journal.head.audio != "dropped"
        self._comparison = Comparison(checks_audio=self._checks_audio)
        self._events: list[VoiceEvent] = []
        self._differences: list[Difference] = []
        self._n_inputs = 0

    def run(self) -> Report:
        steps = list(_steps(self._journal.records))
        for step in steps:
            self._take(step[0])
            self._compare(step, is_last=step is steps[-1])
        conversation = self._subject.conversation
        return Report(
            provider=self._journal.head.provider,
            n_inputs=self._n_inputs,
            events=tuple(self._events),
            usage=conversation.usage,
            refused=self._refused(),
            differences=tuple(self._differences),
            n_unchecked=self._comparison.n_unchecked,
            drift=dict(conversation.wire.drift),
            unexpected=conversation.wire.unexpected,
            unknown=self._journal.unknown,
            cut_line=self._journal.cut_line,
        )

    def _refused(self) -> tuple[str, ...]:
        raised = (r.body for r in self._journal.records if r.kind == "raised")
        return tuple(str(body.get("message")) for body in raised)

    def _take(self, record: Record) -> None:
        """Do to the conversation what the record says was done to it."""
        if record.kind == "frames":
            self._on_frames(self._subject.take_frames())
        elif record.kind == "events":
            self._events += self._subject.take_events()
        elif record.is_input:
            self._n_inputs += 1
            try:
                feed = self._input(record)
                now = _number(record.body, "t_us") / 1_000_000
            except ValueError as exc:
                raise RecordingError(f"line {record.line}: {exc!s:.300}", line=record.line) from exc
            with suppress(RealtimeError):  # the conversation's journal says what it raised
                feed(now=now)

    def _input(self, record: Record) -> Callable[..., None]:
        subject, body = self._subject, record.body
        match record.kind:
            case "open":
                return partial(subject.open, unix_time=_number(body, "unix_time"))
            case "send":
                return partial(subject.send, self._command(body))
            case "receive":
                return partial(subject.receive, unpack_frame(body))
            case "connection_lost":
                code, reason = body.get("code"), body.get("reason", "")
                if not (code is None or code.__class__ is int) or not isinstance(reason, str):
                    raise ValueError("a connection is lost with a number and a text")
                error = unpack_error(body.get("error"))
                return partial(subject.connection_lost, code, reason, error=error)
            case "tick":
                return subject.tick
            case _:
                return subject.close

    def _command(self, body: Mapping[str, Any]) -> VoiceCommand:
        value = body.get("command")
        if isinstance(value, dict) and value.get("type") == SendWire.__name__:
            return SendWire(self._client_event(value.get("event")))
        command: VoiceCommand = from_json(value, VoiceCommand)
        return command

    def _client_event(self, value: object) -> Any:
        """An event of the client's own, read as its server would read it."""
        peer = _PEERS.get(type(self._subject.conversation.wire))
        if not isinstance(value, dict) or peer is None:
            raise ValueError("an event of the provider's own that cannot be read back")
        try:
            (event,) = peer().receive(unpack_frame(value))
        except RealtimeError as exc:
            raise ValueError(f"an event of the provider's own: {exc.message}") from exc
        return event

    def _compare(self, step: list[Record], *, is_last: bool) -> None:
        made, self._made[:] = list(self._made), []
        if is_last:  # an interrupted recording may lack what the last input led to
            del made[len(step) :]
        for record, text in zip_longest(step, made):
            if record is not None and self._checks_audio and dumps(record.body) == text:
                continue  # as nearly all are: the same in every byte
            line = step[-1].line if record is None else record.line
            expected = None if record is None else record.body
            actual = None if text is None else loads(text)
            found = self._comparison.difference(expected, actual, line=line)
            if found is not None and len(self._differences) < MAX_DIFFERENCES:
                self._differences.append(found)


_PEERS: Final[Mapping[type, Callable[[], Any]]] = {
    OpenAIConnection: OpenAIServerConnection,
    GeminiConnection: GeminiServerConnection,
}
"""Who can read what a client says."""


def _steps(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Each input or output with what directly follows from it: what was raised, the new road."""
    step: list[Record] = []
    for record in records:
        if record.kind not in INPUTS | OUTPUTS:
            continue
        if step and record.kind not in CONSEQUENCES:
            yield step
            step = []
        step.append(record)
    if step:
        yield step


def _number(body: Mapping[str, Any], name: str) -> int | float:
    value: Any = body.get(name)
    if value.__class__ not in (int, float):
        raise ValueError(f"{name} is no number")
    if not -MAX_TIME <= value <= MAX_TIME:
        raise ValueError(f"{name} is beyond {MAX_TIME}")
    return value
