"""Whether what a caller hands to a conversation is of the right kind, before anything is done.

Commands and settings check themselves; here is the rest: what a conversation is made from, times,
frames, ends. A `Journaled` asks the same before it writes, so that what is refused for its kind
leaves no line that no replay could read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_proto.commands import VoiceCommand
from realtime_proto.config import RealtimeConfig
from realtime_proto.errors import ConfigurationError, LocalProtocolError
from realtime_proto.history import History
from realtime_proto.resume import ResumeState

if TYPE_CHECKING:
    from typing import Any

__all__ = (
    "check_command",
    "check_end",
    "check_frame",
    "check_unix_time",
    "configured",
    "since_us",
)


def configured(dialect: Any, config: object, *, resume: object, seed: object) -> tuple[str, ...]:
    """Give a dialect its settings.

    Returns:
        The settings it has no place for.

    Raises:
        ConfigurationError: An argument is of the wrong kind; or a setting cannot be carried, and
            `config.strict` insists.
    """
    if not callable(getattr(dialect, "configure", None)):
        raise ConfigurationError(
            f"a dialect is what PROVIDERS[name].dialect() gives, not {type(dialect).__name__}"
        )
    if not isinstance(config, RealtimeConfig):
        raise ConfigurationError(f"config must be a RealtimeConfig, not {type(config).__name__}")
    if resume is not None and not isinstance(resume, ResumeState):
        raise ConfigurationError(
            "what is resumed must be a ResumeState (ResumeState.from_json() reads a saved one), "
            f"not {type(resume).__name__}"
        )
    if seed is not None and not isinstance(seed, History):
        raise ConfigurationError(
            "what was said before must be a History (History.load() reads a saved one), "
            f"not {type(seed).__name__}"
        )
    ignored: tuple[str, ...] = dialect.configure(config)
    if config.strict and ignored:
        raise ConfigurationError(
            f"{dialect.name} has no place for {', '.join(ignored)}", code="unsupported"
        )
    return ignored


def since_us(now: float, epoch: float) -> int:
    """Whole microseconds from *epoch* to *now*.

    Raises:
        LocalProtocolError: *now* is no time.
    """
    try:
        return round((now - epoch) * 1_000_000)
    except (TypeError, ValueError, OverflowError):  # no number, not a number, infinite
        raise LocalProtocolError(
            f"now must be seconds on a monotonic clock, not {now!r:.60}"
        ) from None


def check_unix_time(unix_time: object) -> None:
    """Raise LocalProtocolError unless it is a time."""
    if unix_time.__class__ not in (int, float):
        raise LocalProtocolError(
            f"unix_time must be seconds since 1970, as time.time() gives, not {unix_time!r:.60}"
        )


def check_frame(frame: object) -> None:
    """Raise LocalProtocolError unless it can be what a server said."""
    if frame.__class__ is not str and not isinstance(frame, str | bytes | bytearray | memoryview):
        raise LocalProtocolError(f"a frame must be text or bytes, not {type(frame).__name__}")


def check_end(code: object, reason: object) -> None:
    """Raise LocalProtocolError unless it can be how a connection ended."""
    if code is not None and not isinstance(code, int):
        raise LocalProtocolError(f"a close code is a number or None, not {code!r:.60}")
    if not isinstance(reason, str):
        raise LocalProtocolError(f"a close reason is text, not {type(reason).__name__}")


def check_command(command: object) -> None:
    """Raise LocalProtocolError unless it is a command."""
    if not isinstance(command, VoiceCommand):
        raise LocalProtocolError(
            f"a conversation takes commands, such as SendText(...), not {type(command).__name__}"
        )
