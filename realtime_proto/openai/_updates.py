"""Session updates under way: confirmed in the order they were sent, refused by their id.

A confirmation names no update; it is the whole configuration in force. So the first that waits is
the one confirmed, and what it asked for is compared with what there is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from realtime_proto.config import RealtimeConfig
from realtime_proto.openai._setup import altered
from realtime_proto.openai.events import SessionUpdate
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_proto.dialect import Effects
    from realtime_proto.wire import Unset

__all__ = ("Updates",)


@frozen
class _Update:
    event_id: str
    asked: Any
    before: RealtimeConfig | None


class Updates:
    """The updates of one connection that are not answered yet.

    Args:
        say: Sends a client event under an id, which it gives.
    """

    __slots__ = ("_pending", "_say")

    def __init__(self, say: Callable[[Any, Effects], str]) -> None:
        self._say = say
        self._pending: list[_Update] = []

    @property
    def are_pending(self) -> bool:
        """Whether one waits for its answer."""
        return bool(self._pending)

    def send(
        self,
        session: Any,
        fx: Effects,
        *,
        before: RealtimeConfig | None = None,
        event_id: str | Unset = UNSET,
    ) -> None:
        """Ask for these settings.

        Args:
            session: What to change.
            fx: To send it.
            before: The neutral settings to go back to where it is refused.
            event_id: The application's own name for it.
        """
        event_id = self._say(SessionUpdate(session=session, event_id=event_id), fx)
        self._pending.append(_Update(event_id, session, before))

    def confirmed(self, session: Any) -> tuple[str, ...]:
        """The first one was carried out. Gives what the server took otherwise.

        Args:
            session: The settings now in force; None: they could not be read.
        """
        update = self._pending.pop(0)
        return ("session",) if session is None else altered(update.asked, session)

    def refused(self, event_id: str | None, fx: Effects) -> bool:
        """A client event was refused: whether it was one of these, which then changed nothing."""
        for update in self._pending:
            if update.event_id == event_id:
                self._pending.remove(update)
                if update.before is not None:
                    fx.adopt(update.before)
                return True
        return False
