"""What an error shows of a secret, and of other libraries' exceptions."""

from __future__ import annotations

import traceback

from realtime_proto.errors import RealtimeError

__all__ = ("alone", "everything_shown")


def everything_shown(error: BaseException) -> str:
    """All that a logger with local variables would print of an error."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format()) + repr(vars(error)) + str(error) + repr(error)


def alone(error: BaseException) -> bool:
    """Whether it is one of ours with no foreign exception behind it."""
    return (
        isinstance(error, RealtimeError) and error.__cause__ is None and error.__context__ is None
    )
