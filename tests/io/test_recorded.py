"""A recording that is to be one side of a conversation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_io._recorded import MAX_PATH, journal_of, mismatch, redactor_of
from realtime_proto.errors import ConfigurationError
from realtime_proto.recording import read_journal
from realtime_proto.report import Difference

if TYPE_CHECKING:
    from pathlib import Path

    from realtime_proto.recording import Journal

HEAD = {"format": "realtime-recording", "version": 1, "provider": "openai"}


def journal_with(**head: Any) -> Journal:
    return read_journal([json.dumps({**HEAD, **head})])


def test_it_is_a_path_lines_or_a_journal(tmp_path: Path) -> None:
    """All are the same."""
    path = tmp_path / "talk.rtc.jsonl"
    path.write_text(json.dumps(HEAD) + "\n")
    journal = journal_of(path)
    assert [journal] * 3 == [journal_of(s) for s in (str(path), [json.dumps(HEAD)], journal)]


@pytest.mark.parametrize(
    ("head", "is_taken_out"),
    [
        ({"redacted": ["openai-key"]}, True),
        ({"redacted": []}, False),
        ({"origin": "frames"}, True),
    ],
)
def test_what_was_taken_out_then_is_taken_out_now(head: Any, is_taken_out: bool) -> None:
    """And nothing, where nothing was: a log of others holds anything."""
    cleaned = redactor_of(journal_with(**head), ()).clean("sk-Canary0123456789")
    assert is_taken_out is (cleaned == "<redacted:openai-key>")


def test_patterns_of_ones_own_are_needed_again() -> None:
    """Else all that they took out would be a difference."""
    journal = journal_with(redacted=["custom-1"])
    with pytest.raises(ConfigurationError, match="give them as `redact`"):
        redactor_of(journal, ())
    assert "a <redacted:custom-1>" == redactor_of(journal, ["b+"]).clean("a bb")


@pytest.mark.parametrize(
    ("expected", "actual", "why"),
    [
        ("1", "2", "expected 1, and the server said 2"),
        ("1", None, "expected 1, and the server did not say it"),
        (None, "2", "nothing more was expected, and the server said 2"),
    ],
)
def test_a_mismatch_says_who_said_what(expected: Any, actual: Any, why: str) -> None:
    """And where."""
    found = Difference(line=7, path="$.a", expected=expected, actual=actual)
    error = mismatch(found, "the server")
    assert f"line 7 of the recording, $.a: {why}" == str(error)
    assert (7, "$.a", expected, actual) == (error.line, error.path, error.expected, error.actual)


def test_a_path_of_any_length_is_told_in_few_words() -> None:
    """A peer may call its members as it likes."""
    found = Difference(line=7, path="$." + "x" * 10_000, expected="1", actual="2")
    error = mismatch(found, "the server")
    assert error.path == "$." + "x" * (MAX_PATH - 2) + "..."
    assert len(str(error)) < 500
