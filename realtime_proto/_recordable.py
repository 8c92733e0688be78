"""What a journal can be taken of, and what that was made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen

__all__ = ("Blueprint", "Recordable")


@frozen(kw_only=True)
class Blueprint:
    """What a conversation was made from: enough to make it again.

    Args:
        provider: The provider's name.
        config: The settings.
        limits: The bounds.
        ids: Where ids come from; a journal needs those that count.
        strict: Whether it raises for what the peer did.
        reports_delivery: Whether it is told what was delivered.
        resume: What it resumed.
        seed: The history that was told to it.
        endpoint: Where its roads lead.
        backoff: When it tries again.
    """

    provider: str
    config: Any
    limits: Any
    ids: Callable[[], str]
    strict: bool = False
    reports_delivery: bool = False
    resume: Any = None
    seed: Any = None
    endpoint: Any = None
    backoff: Any = None


class Recordable(Protocol):
    """What a journal is taken of: a `Conversation`, seen from here."""

    @property
    def blueprint(self) -> Blueprint:
        """What it was made from."""

    @property
    def road(self) -> Any:
        """What is to become of the connection."""

    @property
    def capabilities(self) -> Any:
        """The audio formats, above all."""

    @property
    def wire(self) -> Any:
        """The wire level, which turns its own events into JSON."""

    def open(self, *, now: float, unix_time: float) -> None:
        """A road is open."""

    def send(self, command: Any, *, now: float) -> None:
        """The application asks for something."""

    def receive(self, frame: str | bytes | memoryview, *, now: float) -> None:
        """The server said something."""

    def connection_lost(
        self, code: int | None, reason: str, *, now: float, error: Any = None
    ) -> None:
        """The road is gone."""

    def tick(self, *, now: float) -> None:
        """A deadline has come."""

    def close(self, *, now: float) -> None:
        """The application has had enough."""

    def take_draws(self) -> list[float]:
        """What chance gave."""

    def take_frames(self) -> list[str]:
        """What is to be sent."""

    def take_events(self) -> list[Any]:
        """What has happened."""
