"""A value that no repr, log line, pickle or traceback shows: API keys, tokens, their headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Secret",)


@final
class Secret:
    """Holds a credential. Only `reveal()` gives it back.

    Example:
        >>> key = Secret("sk-live-1234")
        >>> key
        Secret('***')
        >>> f"Bearer {key}"
        'Bearer ***'
        >>> key.reveal()
        'sk-live-1234'
    """

    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        # A closure: a debugger or a traceback with locals that prints __slots__ shows a function,
        # not the value.
        self._reveal: Callable[[], str] = lambda: value

    def reveal(self) -> str:
        """The value itself. Hand it to the wire and keep it nowhere."""
        return self._reveal()

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._reveal() == other._reveal()

    def __hash__(self) -> int:
        return hash((Secret, self._reveal()))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied into another process")
