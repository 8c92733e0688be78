"""What client events were, by their ids: an error names the event at fault by its id alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from realtime_proto._newest import keep_newest
from realtime_proto.closing import Fate, judge_error
from realtime_proto.events import Failure
from realtime_proto.openai.closing import RULES
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from realtime_proto.dialect import Effects

__all__ = ("Causes", "judged")


class Causes:
    """The client events of a conversation that may still be refused, the newest so many."""

    __slots__ = ("_names", "_spare_id")

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._spare_id: str | None = None

    def say(self, event: Any, fx: Effects) -> str:
        """Send an event under an id of ours, or its own, and remember what it was. Gives the id.

        Raises:
            LocalProtocolError: It cannot be sent. Nothing was changed, and no id is used up.
        """
        event_id = event.event_id
        if event_id is UNSET:
            event_id = self._spare_id or fx.new_id()
            self._spare_id = event_id
            event = attrs.evolve(event, event_id=event_id)
        fx.transmit(event)
        if event_id == self._spare_id:
            self._spare_id = None
        self._names[event_id] = type(event).type
        keep_newest(self._names, fx.limits.caused_errors)
        return str(event_id)

    def explained(self, failure: Failure) -> Failure:
        """A failure that says what it is about, as far as that is remembered."""
        return attrs.evolve(failure, cause=self._names.get(failure.event_id or ""))


def judged(error: Any) -> tuple[Fate, Failure]:
    """What a server's error object means, and the failure it is."""
    failure = Failure(
        kind="provider",
        message=error.message or "the server reported an error without words",
        code=error.code or error.type,
        param=getattr(error, "param", None),
        event_id=getattr(error, "event_id", None),
    )
    return judge_error(failure, rules=RULES, error_type=error.type)
