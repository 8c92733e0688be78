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
    """Whether it is one of ours and is shown with no foreign exception behind it."""
    context = None if error.__suppress_context__ else error.__context__
    return isinstance(error, RealtimeError) and (None, None) == (error.__cause__, context)
