"""What the end of a connection means: whether it may be tried again, and what to look at.

WebSocket close codes are shared ground; a provider adds the patterns of its own reasons. Source:
RFC 6455 section 7.4, and the codes seen from the providers, as of 2026-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_proto.events import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("closed_by_server",)

RETRYABLE_CODES: Final = frozenset({1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015})
"""Transport and server trouble. Any other code says that the same again will fail the same."""


def closed_by_server(
    code: int | None,
    reason: str,
    *,
    is_ready: bool,
    hints: Sequence[tuple[str, str]] = (),
    said: str | None = None,
) -> Failure | None:
    """Why the server closed, None where it is the normal end of a session that was set up.

    Args:
        code: Its close code, None where the connection broke without one.
        reason: Its words in the close frame.
        is_ready: Whether the session had been set up.
        hints: Pairs (what the reason contains, what to look at); the first that fits is taken.
        said: What it said in an error of its own before, where it did.
    """
    if code == 1000 and is_ready:
        return None
    phase = "open" if is_ready else "set-up"
    if code is None:
        message = f"the connection broke without a close frame ({phase})"
    else:
        message = f"the server closed the connection ({phase}) with {code}"
    words = said or reason
    if words:
        message = f"{message}: {words:.200}"
    searched = f"{reason} {said or ''}".lower()
    hint = next((hint for part, hint in hints if part.lower() in searched), None)
    if hint:
        message = f"{message} ({hint})"
    return Failure(
        kind="lost",
        message=message,
        received=code,
        phase=phase,
        retryable=code is None or code in RETRYABLE_CODES,
        hint=hint,
    )
