"""Whose fault it is: every error this library raises on purpose.

The tree is pure data and imports nothing. A caller who wants one `except` takes RealtimeError; one
who wants to know what to do next looks at the subclass: ConfigurationError and LocalProtocolError
are the caller's, RemoteProtocolError and ProviderError the server's, ToolError and CallbackError a
function's that was handed in, RealtimeConnectionError the road's, RecordingError a file's.

No message holds a credential: text that came from a peer is cut to 200 characters before it gets
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = (
    "CallbackError",
    "ConfigurationError",
    "ConfigurationWarning",
    "ConnectTimeout",
    "ConnectionLost",
    "HandshakeRejected",
    "LocalProtocolError",
    "ProviderError",
    "RealtimeConnectionError",
    "RealtimeError",
    "RecordingError",
    "RemoteProtocolError",
    "ReplayMismatch",
    "SlowConsumer",
    "ToolError",
)


class RealtimeError(Exception):
    """Base of every error raised on purpose.

    Attributes:
        message: What happened, in a sentence.
        code: A short machine-readable name, where there is one.
    """

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return self.message if self.code is None else f"[{self.code}] {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        # BaseException would call the class with positional arguments only; ours take keywords.
        return _restored, (type(self), self.args, dict(self.__dict__))


class ConfigurationError(RealtimeError, ValueError):
    """A bad configuration value, a missing key or an unknown provider. Nothing was started."""


class ConfigurationWarning(UserWarning):
    """A configuration value the chosen provider cannot carry was left out."""


class LocalProtocolError(RealtimeError):
    """You asked for what the protocol forbids now. Nothing was changed and nothing was sent."""


class RemoteProtocolError(RealtimeError):
    """The peer sent what its protocol does not allow. The connection stays usable.

    Attributes:
        paths: Where in the frame, as JSON paths ("$" where the frame is no JSON object).
        excerpt: The start of the frame, at most 200 characters.
        tag: The event's name on the wire, where it could be read.
        events: Events decoded from the same frame before the fault.
    """

    def __init__(
        self,
        message: str,
        *,
        paths: Sequence[str] = ("$",),
        excerpt: str = "",
        tag: str | None = None,
        events: Sequence[object] = (),
    ) -> None:
        super().__init__(message)
        self.paths: tuple[str, ...] = tuple(paths)
        self.excerpt = excerpt
        self.tag = tag
        self.events: tuple[object, ...] = tuple(events)


class ProviderError(RealtimeError):
    """The server's own error object.

    Attributes:
        code: The server's code, or its error type where it gives no code.
        param: The parameter the server objects to.
        event_id: The client event that caused it.
        retryable: Whether doing the same again may work.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        event_id: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.param = param
        self.event_id = event_id
        self.retryable = retryable


class ToolError(RealtimeError):
    """A tool raised, or was called with arguments that do not fit. The cause is chained."""


class CallbackError(RealtimeError):
    """A callback raised. It ends the session; the cause is chained."""


class RealtimeConnectionError(RealtimeError):
    """The road: it could not be opened, or did not hold."""


class ConnectTimeout(RealtimeConnectionError):
    """The connection was not open, or the session not ready, within its deadline."""


class HandshakeRejected(RealtimeConnectionError):
    """The server answered the WebSocket upgrade with something else.

    Attributes:
        status: The HTTP status code.
        headers: The response's headers, names in lower case.
        body: The start of the response's body, at most 4 KiB.
        hint: What to look at, where that is known.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        hint: str | None = None,
    ) -> None:
        super().__init__(message, code=str(status))
        self.status = status
        self.headers: dict[str, str] = dict(headers or {})
        self.body = body
        self.hint = hint


class ConnectionLost(RealtimeConnectionError):
    """The connection ended, or is no longer there to be used.

    Attributes:
        received: The close code the peer sent, None where the connection just broke.
        sent: The close code we sent first, None where we did not.
        phase: What the session was doing: "set-up", "open" or "closing".
        retryable: Whether a new connection may work.
        hint: What to look at, where the reason is a known one.
        reason: The peer's words in its close frame.
        last_client_event: The name, on the wire, of what was sent last. What went before that, by
            names and sizes, is a note of the error that ends a session.
    """

    def __init__(
        self,
        message: str,
        *,
        received: int | None = None,
        sent: int | None = None,
        phase: str = "open",
        retryable: bool = False,
        hint: str | None = None,
        reason: str = "",
        last_client_event: str | None = None,
    ) -> None:
        super().__init__(message, code=None if received is None else str(received))
        self.received = received
        self.sent = sent
        self.phase = phase
        self.retryable = retryable
        self.hint = hint
        self.reason = reason
        self.last_client_event = last_client_event


class SlowConsumer(RealtimeConnectionError):
    """The application did not take what the server sent, and a bounded lane is full."""


class RecordingError(RealtimeError):
    """A recording cannot be read, written or replayed.

    Attributes:
        line: The line of the file that is at fault, where it is one line.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class ReplayMismatch(RecordingError):
    """A peer said something else to a recording that is played than was recorded.

    Attributes:
        path: Where in the record, as a JSON path.
        expected: What was recorded, as the start of its JSON text; None where nothing was.
        actual: What came, in the same way; None where nothing came.
    """

    def __init__(
        self, message: str, *, line: int, path: str, expected: str | None, actual: str | None
    ) -> None:
        super().__init__(message, line=line)
        self.path = path
        self.expected = expected
        self.actual = actual


def _restored(
    cls: type[RealtimeError], args: tuple[Any, ...], state: dict[str, Any]
) -> RealtimeError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error
