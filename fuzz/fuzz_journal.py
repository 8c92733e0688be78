"""A recording from anybody, any bytes: read, and replayed as far as it can be read.

Invariant: what can be read is replayed, or refused by its line; a replay's report is the same each
time, as a value and as text, and bounded; a recording does not differ from itself.

Allowed exceptions: RecordingError. No other: neither what JSON, the settings' classes or the
conversation raise for bad values, nor what Python raises for bad types.
"""

from __future__ import annotations

import json
from typing import Final

from _gemini import WORDS as GEMINI_WORDS
from _harness import main
from _openai import WORDS as OPENAI_WORDS

from realtime_proto.errors import RecordingError
from realtime_proto.recording import INPUTS, OUTPUTS, Journal, read_journal
from realtime_proto.replay import compare_journals, replay_journal
from realtime_proto.report import MAX_DIFFERENCES, Report

FOLDERS = ("journal",)

WORDS: Final = (
    *OPENAI_WORDS,
    *GEMINI_WORDS,
    *(f'{{"kind":"{kind}","t_us":0}}\n'.encode() for kind in sorted(INPUTS | OUTPUTS)),
    *(
        f'"{name}":'.encode()
        for name in (
            *("t_us", "unix_time", "command", "event", "frame", "opcode", "base64", "audio", "at"),
            *("file", "offset"),
            *("n_bytes", "sha256", "code", "reason", "error", "frames", "events", "road", "drawn"),
            *("config", "limits", "endpoint", "backoff", "resume", "seed", "ids", "origin", "from"),
        )
    ),
    b"\n",
    b'"type":"SendWire"',
    b'"type":"SendImage"',
    b'"type":"UpdateSession"',
    b'"origin":"frames"',
    b'"audio":"sidecar"',
    b'"a.wav"',
)


HEADER_BYTES: Final = 44

HEADS: Final = tuple(
    f'{{"format":"realtime-recording","version":1,"provider":"{provider}"}}'.encode()
    for provider in ("openai", "gemini")
)


def test_one_input(data: bytes) -> None:
    """As it is; and what is whole of it, behind a head: a broken line hides all the others."""
    lines = data.split(b"\n")
    _try(lines)
    whole = [line for line in lines if _is_object(line)]
    if whole and b'"format"' in whole[0]:
        _try(whole)
    for head in HEADS:
        _try([head, *whole])


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _try(lines: list[bytes]) -> None:
    """Read as bytes and as text, replayed twice, compared with itself."""
    journal = _read(lines)
    assert journal == _read([line.decode("utf-8", "surrogateescape") for line in lines])
    if journal is None:
        return
    assert compare_journals(journal, journal) == ()
    report = _replayed(journal)
    if report is None:
        return
    again = _replayed(journal)
    assert again is not None
    assert report == again
    assert report.to_text() == again.to_text()
    assert report.n_inputs <= len(journal.records)
    assert len(report.differences) <= MAX_DIFFERENCES


def _read(lines: list[bytes] | list[str]) -> Journal | None:
    try:
        return read_journal(lines, audio_source=_noise)
    except RecordingError as error:
        _check(error, len(lines))
        return None


def _noise(file: str, offset: int, n_bytes: int) -> bytes:
    """Files beside it, all with what the corpus has in its: a header, then bytes that count up."""
    assert "/" not in file
    assert offset >= 0
    start = (offset - HEADER_BYTES) % 256
    return (bytes(range(256)) * 41)[start : start + min(n_bytes, 10_000)]


def _replayed(journal: Journal) -> Report | None:
    try:
        return replay_journal(journal)
    except RecordingError as error:
        _check(error, len(journal.records) + 2)
        return None


def _check(error: RecordingError, n_lines: int) -> None:
    assert len(str(error)) < 1_000
    assert error.line is None or 1 <= error.line <= n_lines


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
