"""Points in time that something waits for, by name. Microseconds, see Conversation.

A deadline that has come is taken out when it is told, so each is told once.
"""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ("Deadlines",)

NameT = TypeVar("NameT")


class Deadlines(Generic[NameT]):
    """Named deadlines, each at most once."""

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: dict[NameT, int] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._at

    def arm(self, name: NameT, at_us: int) -> None:
        """Wait until then; an earlier appointment of this name is void."""
        self._at[name] = at_us

    def disarm(self, name: NameT) -> None:
        """Wait no more."""
        self._at.pop(name, None)

    def clear(self) -> None:
        """Wait for nothing."""
        self._at.clear()

    def next_us(self) -> int | None:
        """When the first one comes."""
        return min(self._at.values()) if self._at else None

    def come(self, now_us: int) -> list[NameT]:
        """Those whose time has come, the earliest first. They are waited for no more."""
        come = sorted(
            (n for n, at_us in self._at.items() if at_us <= now_us), key=self._at.__getitem__
        )
        for name in come:
            del self._at[name]
        return come
