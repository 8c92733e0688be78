"""A recording that is to be one side of a conversation: read, and what was taken out of it known.

What the two that play one share: `player`, where it is the server, and `caller`, where it is the
client.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

from realtime_io.sidecar import read_recording
from realtime_proto.errors import ConfigurationError, ReplayMismatch
from realtime_proto.recording import Journal, read_journal
from realtime_proto.redaction import PATTERNS, Redactor

if TYPE_CHECKING:
    from realtime_proto.report import Difference

__all__ = ("DIFFERS", "Source", "journal_of", "mismatch", "redactor_of")

DIFFERS: Final = (1008, "this is not what was recorded")
"""What a peer is told that said something else: nobody tries again after that."""

MAX_PATH: Final = 300
"""Characters of a path that are shown: what a peer calls its members may be of any length."""

Source: TypeAlias = str | os.PathLike[str] | Iterable[str | bytes] | Journal
"""A recording: a file's path, its lines, or a `Journal`."""


def journal_of(source: Source) -> Journal:
    """The recording, with the audio that is in files beside it.

    Raises:
        RecordingError: It cannot be read.
    """
    if isinstance(source, Journal):
        return source
    if isinstance(source, str | os.PathLike):
        return read_recording(source)
    return read_journal(source)


def redactor_of(journal: Journal, redact: Iterable[str]) -> Redactor:
    """What has to be taken out of all that is compared with a recording.

    Args:
        journal: The recording.
        redact: The patterns of the user's own that it was made with.

    Raises:
        ConfigurationError: It was made with others.
    """
    head = journal.head
    is_on = head.origin == "frames" or not PATTERNS.keys().isdisjoint(head.redacted)
    redactor = Redactor(redact, is_on=is_on)
    if not set(head.redacted) <= set(redactor.names):
        raise ConfigurationError(
            "the recording was made with patterns to redact of your own: give them as `redact`"
        )
    return redactor


def mismatch(found: Difference, whose: str) -> ReplayMismatch:
    """A difference as an error.

    Args:
        found: What differs.
        whose: Who said something else: "the application".
    """
    path = found.path if len(found.path) <= MAX_PATH else f"{found.path[:MAX_PATH]}..."
    if found.actual is None:
        what = f"expected {found.expected}, and {whose} did not say it"
    elif found.expected is None:
        what = f"nothing more was expected, and {whose} said {found.actual}"
    else:
        what = f"expected {found.expected}, and {whose} said {found.actual}"
    return ReplayMismatch(
        f"line {found.line} of the recording, {path}: {what}",
        line=found.line,
        path=path,
        expected=found.expected,
        actual=found.actual,
    )
