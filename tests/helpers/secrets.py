"""Whether a value that is secret can be seen in something."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import pytest

from realtime_proto.secret import Secret

__all__ = ("CANARY", "assert_hidden", "assert_untold", "our_frames", "revealed")

CANARY = "sk-canary-0123456789"


def assert_hidden(value: Any, *, canary: str = CANARY) -> None:
    """Neither str, repr nor pickle shows the canary."""
    assert canary not in repr(value)
    assert canary not in str(value)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(value)


def assert_untold(error: BaseException, *, canary: str = CANARY) -> None:
    """Neither the error, what hangs below it, nor the traceback with local variables of the frames
    of ours shows the canary.
    """
    ours = our_frames(error)
    assert canary not in "".join(traceback.format_exception_only(error))
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert ours
    for frame in ours:
        assert canary not in repr(frame.locals), frame.name


def our_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of ours that an error came through, with their local variables."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=True)
    return [frame for frame in lines.stack if "realtime_" in frame.filename]


def revealed(value: str | Secret) -> str:
    """A header's value, whether it is secret or not."""
    return value.reveal() if isinstance(value, Secret) else value
