"""A log of frames from anybody, any bytes: a HAR file, a YAML cassette or JSON lines.

Invariant: a log is connections with frames, or refused; a connection becomes a recording that can
be read back with every frame in it, and that is observed to a report, the same each time.

Allowed exceptions: RecordingError. No other: neither what JSON, YAML or base64 raise, nor what
Python raises for bad types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from _harness import main

from realtime_proto.errors import RecordingError
from realtime_proto.importing import FrameLog, as_recording, read_log
from realtime_proto.recording import read_journal
from realtime_proto.replay import replay_journal

if TYPE_CHECKING:
    from realtime_proto.report import Report

FOLDERS = ("importing",)

WORDS: Final = (
    *(
        f'"{name}":'.encode()
        for name in (
            *("log", "entries", "request", "url", "_webSocketMessages", "type", "time", "opcode"),
            *("data", "direction", "frame", "t_us", "source", "dialect", "note", "interactions"),
            *("kind", "setup", "setupComplete", "serverContent", "toolCall", "toolResponse"),
        )
    ),
    *(b'"send"', b'"receive"', b'"client"', b'"server"', b'"azure-voice-live"', b'"gemini"'),
    *(b"direction: sent", b"direction: received", b"kind: message", b"- ", b"\n  ", b": "),
    *(b"&a", b"*a", b"<<: *a", b"!!binary ", b"!!python/name:os.system ", b"!!timestamp ", b"? "),
    *(b"2026-01-01", b"0x1F", b".inf", b"|\n", b"---\n", b"...\n", b"%YAML 1.1\n"),
    b"\xef\xbb\xbf",
    b"\n",
)


def test_one_input(data: bytes) -> None:
    """Imported, written as a recording with and without its audio, observed."""
    try:
        logs = read_log(data)
    except RecordingError as error:
        assert len(str(error)) < 1_000
        return
    assert logs
    for log in logs:
        assert log.frames
        kept, dropped = (_observed(log, is_kept=is_kept) for is_kept in (True, False))
        assert (kept is None) == (dropped is None)


def _observed(log: FrameLog, *, is_kept: bool) -> Report | None:
    """The report; None where a frame is one that nobody could have sent."""
    lines = list(as_recording(log, audio="inline" if is_kept else "dropped"))
    journal = read_journal(lines)
    assert len(log.frames) == len(journal.records)
    assert log.provider == journal.head.provider
    try:
        report = replay_journal(journal)
    except RecordingError as error:
        assert error.line is not None
        return None
    assert report.n_inputs == len(log.frames)
    assert report == replay_journal(read_journal(lines))
    return report


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
