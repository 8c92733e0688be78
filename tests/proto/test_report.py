"""What a replay gives, told in lines."""

from __future__ import annotations

from realtime_proto.events import ErrorReported, Failure, ResponseDone, TranscriptDelta
from realtime_proto.report import Difference, Report
from realtime_proto.usage import Tokens, TurnMetrics, Usage


def test_an_empty_report_is_short() -> None:
    """It is exact: there was nothing to compare."""
    assert Report(provider="openai", n_inputs=0, events=()).to_text().splitlines() == [
        "provider: openai",
        "inputs replayed: 0",
        "events: 0",
        "usage: none",
        "exact",
    ]


def test_everything_that_happened_is_told() -> None:
    """What was said and used, what is unknown, odd, refused, unchecked, cut, and different."""
    broken = Failure(kind="remote", message="malformed x")
    report = Report(
        provider="gemini",
        n_inputs=3,
        events=(
            TranscriptDelta(text="Hi", is_final=False),
            TranscriptDelta(text="Hi there.", is_final=True, speaker="user"),
            ErrorReported(failure=broken),
            ErrorReported(failure=Failure(kind="provider", message="busy")),
            ResponseDone(response_id="r", status="completed", metrics=TurnMetrics(tool_ms=5)),
            ResponseDone(response_id="s", status="completed"),
        ),
        usage=Usage(input=Tokens(text=1, audio=2), transcription_s=1.5, raw={"x": 1}),
        refused=("no tool call",),
        differences=(Difference(line=7, path="$.a", expected="1", actual=None),),
        n_unchecked=2,
        drift={"b.c": 1, "a.b": 2},
        unexpected=4,
        unknown={"mood": 3},
        cut_line=9,
    )
    assert report.to_text().splitlines() == [
        "provider: gemini",
        "inputs replayed: 3",
        "events: 6",
        "user: Hi there.",
        "turn: tool_ms 5",
        "usage: input.text 1, input.audio 2, transcription_s 1.5",
        "unknown field: a.b (2 times)",
        "unknown field: b.c (1 times)",
        "records of a later version: mood (3)",
        "violation: malformed x",
        "refused: no tool call",
        "at an odd time: 4 events",
        "not checked: 2 pieces of audio that were not recorded",
        "interrupted: line 9 is not whole",
        "difference: line 7, $.a: expected 1, came nothing",
        "not exact: 1 differences",
    ]
    assert not report.is_exact
    assert (TurnMetrics(tool_ms=5),) == report.metrics
    assert ("malformed x",) == report.violations
