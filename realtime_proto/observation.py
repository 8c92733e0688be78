"""What a log of frames tells: both sides of a conversation that somebody else held.

There are neither commands nor, perhaps, times. What the server says goes through a `Conversation`
as it would have, so transcripts, calls, usage and the server's slips come out as ever; what the
conversation itself would say is not said. Of what the client says, the answers to tool calls are
followed, and the rest is read, so that a slip in it is found.

A client may answer a call before the server has said that the call is complete: such an answer
waits for its call. One whose call never comes is named in the report.

Where the log has no times, or its audio was cut, no time that the user waited is reported: frames
are observed 20 ms apart then, and what is reckoned from that would be made up.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs

from realtime_proto._elision import unpack_frame
from realtime_proto.commands import ToolResult
from realtime_proto.config import RealtimeConfig
from realtime_proto.conversation import Conversation
from realtime_proto.errors import LocalProtocolError, RealtimeError, RecordingError
from realtime_proto.events import ErrorReported, Interrupted, ResponseDone, VoiceEvent
from realtime_proto.gemini import GeminiServerConnection, ToolResponse
from realtime_proto.openai import (
    ConversationItemCreate,
    FunctionCallOutput,
    OpenAIServerConnection,
)
from realtime_proto.providers import PROVIDERS
from realtime_proto.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_proto.recording import Journal, Record

__all__ = ("observe_journal",)

MADE_US: Final = 20_000
"""Between two frames of a log without times."""

MAX_EARLY: Final = 64
"""Answers that may wait for their calls."""

MAX_REFUSED: Final = 100


def observe_journal(journal: Journal) -> Report:
    """Observe a recording that holds frames.

    Args:
        journal: One whose head's origin is "frames".

    Raises:
        RecordingError: Its provider is unknown, or a record holds no frame.
    """
    return _Observation(journal).run()


class _Observation:
    """One log under observation."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        spec = PROVIDERS[_provider_of(journal)]
        self._conversation = Conversation(spec.dialect(), RealtimeConfig())
        self._peer = (
            GeminiServerConnection()
            if spec.name in ("gemini", "vertex")
            else OpenAIServerConnection()
        )
        self._events: list[VoiceEvent] = []
        self._early: dict[str, ToolResult] = {}
        self._refused: list[str] = []
        self._n_frames = 0

    def run(self) -> Report:
        records = [record for record in self._journal.records if record.kind == "frame"]
        has_times = all(record.t_us is not None for record in records)
        self._conversation.open(now=0.0, unix_time=0.0)
        for n, record in enumerate(records):
            t_us = record.t_us if has_times else n * MADE_US
            self._take(record, (t_us or 0) / 1_000_000)
        self._refused += [f"there is no tool call {call_id!r:.80}" for call_id in self._early]
        wire = self._conversation.wire
        is_whole = has_times and self._journal.head.audio == "inline" and not self._is_cut()
        return Report(
            provider=self._journal.head.provider,
            origin="frames",
            n_inputs=self._n_frames,
            events=tuple(self._events if is_whole else map(_timeless, self._events)),
            usage=self._conversation.usage,
            refused=tuple(self._refused),
            drift=dict(Counter(wire.drift) + Counter(self._peer.drift)),
            unexpected=wire.unexpected + self._peer.unexpected,
            unknown=self._journal.unknown,
            cut_line=self._journal.cut_line,
        )

    def _take(self, record: Record, now: float) -> None:
        try:
            frame = unpack_frame(record.body)
        except ValueError as exc:
            raise RecordingError(f"line {record.line}: {exc!s:.300}", line=record.line) from None
        self._n_frames += 1
        if record.body.get("from") == "server":
            self._conversation.receive(frame, now=now)
            for call_id in list(self._early):
                self._answer(self._early.pop(call_id), now)
        else:
            for call_id, output in self._answers(frame):
                try:
                    result = ToolResult(call_id=call_id, output=output)
                except LocalProtocolError as exc:  # no call could be answered with it
                    self._refuse(f"the client's {exc.message}")
                else:
                    self._answer(result, now)
        self._conversation.take_frames()
        self._events += self._conversation.take_events()

    def _answers(self, frame: str | bytes) -> Iterator[tuple[str, Any]]:
        try:
            said = list(self._peer.receive(frame))
        except RealtimeError as exc:
            self._refuse(f"the client's {exc.message}")
            said = []
        for event in said:
            match event:
                case ConversationItemCreate(item=FunctionCallOutput(call_id=str(name), output=out)):
                    yield name, out
                case ToolResponse(function_responses=answers):
                    for answer in answers:
                        yield answer.id or answer.name or "?", answer.response
                case _:
                    pass

    def _answer(self, result: ToolResult, now: float) -> None:
        try:
            self._conversation.send(result, now=now)
        except LocalProtocolError as exc:
            if len(self._early) < MAX_EARLY:
                self._early[result.call_id] = result
            else:
                self._refuse(exc.message)

    def _refuse(self, why: str) -> None:
        if len(self._refused) < MAX_REFUSED:
            self._refused.append(why)

    def _is_cut(self) -> bool:
        """Whether a frame could not be read: what a recorder cut is cut in the audio."""
        failures = (e.failure for e in self._events if isinstance(e, ErrorReported))
        return bool(self._refused) or any(failure.kind == "remote" for failure in failures)


def _provider_of(journal: Journal) -> str:
    """The provider whose dialect the log says it speaks, or else the one told by its frames."""
    head = journal.head
    for name in ((head.dialect or "").replace("_", "-"), head.provider):
        if name in PROVIDERS:
            return name
    raise RecordingError(
        f"the provider {head.provider!r:.60} is unknown; there are {', '.join(PROVIDERS)}", line=1
    )


def _timeless(event: VoiceEvent) -> VoiceEvent:
    """An event without what is reckoned from times."""
    if isinstance(event, ResponseDone):
        return attrs.evolve(event, metrics=None)
    if isinstance(event, Interrupted):
        return attrs.evolve(event, played_ms=0, heard_text="")
    return event
