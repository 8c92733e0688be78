"""What is logged of a session, under "realtime_io.session": where it stands, and what went wrong.

Never what was said, heard or shown, no arguments of tools, no settings, no credential: a log is
read by more people than a conversation is meant for. Servers' own words are taken as far as our
errors take them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from realtime_proto.events import (
    ErrorReported,
    Interrupted,
    Reconnected,
    Reconnecting,
    SessionClosed,
    SessionExpiring,
    SessionReady,
    ToolCallCancelled,
    ToolCallRequest,
)

if TYPE_CHECKING:
    from realtime_proto.events import VoiceEvent

__all__ = ("note",)

_log: Final = logging.getLogger("realtime_io.session")


def note(event: VoiceEvent) -> None:
    """Log an event, if it is one that tells how the session fares."""
    match event:
        case SessionReady():
            _log.info("%s: ready, session %s, %s", event.provider, event.session_id, event.model)
        case SessionExpiring():
            _log.info("ends in %d ms: %s", event.in_ms, event.reason)
        case Reconnecting():
            why = None if event.failure is None else event.failure.message
            _log.warning("lost (%s), attempt %d in %d ms", why, event.attempt, event.delay_ms)
        case Reconnected():
            _log.info("connected again, session %s", event.session_id)
        case ErrorReported(failure=failure):
            _log.warning("%s error: %s", failure.kind, event.to_exception())
        case SessionClosed(failure=failure) if failure is not None:
            _log.error("closed, code %s: %s", event.code, failure.message)
        case SessionClosed():
            _log.info("closed, code %s", event.code)
        case Interrupted():
            _log.debug("%s interrupted after %d ms", event.item_id, event.played_ms)
        case ToolCallRequest():
            _log.debug("call of %s, %s", event.function_name, event.call_id)
        case ToolCallCancelled():
            _log.debug("call %s given up: %s", event.call_id, event.reason)
        case _:
            pass
