"""What a replay gives: a value, with what happened and what did not come out as recorded.

It compares equal to that of another replay of the same recording, and can be pickled. `to_text`
writes it for people and for files: the same report is the same text, to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import attrs
from attrs import field, frozen

from realtime_proto.events import (
    ErrorReported,
    ResponseDone,
    ToolCallRequest,
    TranscriptDelta,
    VoiceEvent,
)
from realtime_proto.usage import TurnMetrics, Usage

__all__ = ("MAX_DIFFERENCES", "Difference", "Report")

MAX_DIFFERENCES: Final = 100
"""Named in a report: after the first, the rest is mostly its consequence."""


@frozen(kw_only=True)
class Difference:
    """Something that did not come out as recorded.

    Args:
        line: The line of the recording.
        path: Where in it, as a JSON path.
        expected: What was recorded, as JSON text; None where nothing was.
        actual: What came instead, as JSON text; None where nothing came.
    """

    line: int
    path: str
    expected: str | None
    actual: str | None

    def __str__(self) -> str:
        expected = "nothing" if self.expected is None else self.expected
        actual = "nothing" if self.actual is None else self.actual
        return f"line {self.line}, {self.path}: expected {expected}, came {actual}"


@frozen(kw_only=True)
class Report:
    """What a replay gave.

    Args:
        provider: The provider's name.
        origin: "journal" where the inputs of a conversation were replayed, "frames" where the
            frames of both sides were observed.
        n_inputs: How many inputs were fed.
        events: All that happened, in order.
        usage: What was used, over all connections.
        refused: What was asked for and could not be: by the application, of the conversation.
        differences: What did not come out as recorded, the first first; at most 100.
        n_unchecked: Pieces of audio that were not recorded, and so could not be compared.
        drift: Fields received that this version does not know.
        unexpected: Legal events that came at an odd time.
        unknown: Records of a later version, by kind; they were passed over.
        cut_line: The number of a last line that is not whole.
    """

    provider: str
    origin: Literal["journal", "frames"] = "journal"
    n_inputs: int
    events: tuple[VoiceEvent, ...] = field(repr=False)
    usage: Usage = field(factory=Usage)
    refused: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    n_unchecked: int = 0
    drift: Mapping[str, int] = field(factory=dict)
    unexpected: int = 0
    unknown: Mapping[str, int] = field(factory=dict)
    cut_line: int | None = None

    @property
    def is_exact(self) -> bool:
        """Whether everything that could be compared came out as recorded."""
        return not self.differences

    @property
    def transcripts(self) -> tuple[TranscriptDelta, ...]:
        """What was said, by both sides: the final texts."""
        return tuple(e for e in self.events if isinstance(e, TranscriptDelta) and e.is_final)

    @property
    def tool_calls(self) -> tuple[ToolCallRequest, ...]:
        """The calls the model asked for."""
        return tuple(e for e in self.events if isinstance(e, ToolCallRequest))

    @property
    def metrics(self) -> tuple[TurnMetrics, ...]:
        """How long the user waited for each answer. None is made up where there are no times."""
        done = (event.metrics for event in self.events if isinstance(event, ResponseDone))
        return tuple(metrics for metrics in done if metrics is not None)

    @property
    def violations(self) -> tuple[str, ...]:
        """Where the server broke its protocol."""
        failures = (event.failure for event in self.events if isinstance(event, ErrorReported))
        return tuple(failure.message for failure in failures if failure.kind == "remote")

    def to_text(self) -> str:
        """The report for people, a line each."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"provider: {self.provider}"
        what = "inputs replayed" if self.origin == "journal" else "frames observed"
        yield f"{what}: {self.n_inputs}"
        yield f"events: {len(self.events)}"
        for said in self.transcripts:
            yield f"{said.speaker}: {said.text}"
        for call in self.tool_calls:
            yield f"tool call: {call.function_name} {dict(call.arguments)!r}"
        for metrics in self.metrics:
            yield f"turn: {_told(metrics)}"
        yield f"usage: {_told(self.usage) or 'none'}"
        for name, count in sorted(self.drift.items()):
            yield f"unknown field: {name} ({count} times)"
        for kind, count in sorted(self.unknown.items()):
            yield f"records of a later version: {kind} ({count})"
        for violation in self.violations:
            yield f"violation: {violation}"
        for refusal in self.refused:
            yield f"refused: {refusal}"
        if self.unexpected:
            yield f"at an odd time: {self.unexpected} events"
        if self.n_unchecked:
            yield f"not checked: {self.n_unchecked} pieces of audio that were not recorded"
        if self.cut_line is not None:
            yield f"interrupted: line {self.cut_line} is not whole"
        for difference in self.differences:
            yield f"difference: {difference}"
        if self.origin == "journal":
            yield "exact" if self.is_exact else f"not exact: {len(self.differences)} differences"


def _told(value: Any, prefix: str = "") -> str:
    """The fields of an attrs value that say something, nested ones by their path."""
    told = []
    for field_ in attrs.fields(type(value)):
        item = getattr(value, field_.name)
        if attrs.has(type(item)):
            told.append(_told(item, f"{prefix}{field_.name}."))
        elif item and not isinstance(item, Mapping):
            told.append(f"{prefix}{field_.name} {item}")
    return ", ".join(filter(None, told))
