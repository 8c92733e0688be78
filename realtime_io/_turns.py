"""Events gathered into turns: what the user said, and the whole answer to it.

A turn ends with the response that answers; a response that only calls tools is answered by the next
one, which belongs to the same turn. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from attrs import frozen

from realtime_proto.events import (
    Interrupted,
    ResponseDone,
    ToolCallRequest,
    TranscriptDelta,
    VoiceEvent,
)
from realtime_proto.usage import TurnMetrics

if TYPE_CHECKING:
    from realtime_proto.history import History

__all__ = ("Turn", "TurnBuilder")


@final
@frozen(kw_only=True)
class Turn:
    """One exchange.

    Args:
        user: What the user said or wrote since the last turn, as far as it was understood by now.
            Servers may transcribe later than they answer.
        assistant: The whole text of the answer.
        heard: About what was heard of it, where it was cut off; None: all of it.
        tool_calls: What was called for it.
        status: "completed", "cancelled", "incomplete" or "failed".
        response_id: The response that ended it.
        metrics: How long the user waited, where that is known.
    """

    user: str
    assistant: str
    heard: str | None = None
    tool_calls: tuple[ToolCallRequest, ...] = ()
    status: str = "completed"
    response_id: str | None = None
    metrics: TurnMetrics | None = None


class TurnBuilder:
    """Makes turns out of events.

    Args:
        history: Of the same conversation: it knows what the user wrote.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._told: set[str] = {item.item_id for item in history}
        self._begin()

    def _begin(self) -> None:
        self._said: dict[str | None, str] = {}
        self._calls: list[ToolCallRequest] = []
        self._heard: str | None = None
        self._has_spoken = False

    def add(self, event: VoiceEvent) -> Turn | None:
        """The turn that is complete with this event."""
        match event:
            case TranscriptDelta(speaker="assistant", text=text, is_final=is_final, item_id=item):
                self._has_spoken = True
                self._said[item] = text if is_final else self._said.get(item, "") + text
            case ToolCallRequest():
                self._calls.append(event)
                self._has_spoken = False
            case Interrupted(heard_text=heard):
                self._heard = heard
            case ResponseDone(status=status):
                if self._calls and not self._has_spoken and status == "completed":
                    return None  # the tools' answers are answered by the next response
                turn = Turn(
                    user=self._from_user(),
                    assistant=" ".join(filter(None, map(str.strip, self._said.values()))),
                    heard=self._heard,
                    tool_calls=tuple(self._calls),
                    status=status,
                    response_id=event.response_id,
                    metrics=event.metrics,
                )
                self._begin()
                return turn
            case _:
                pass
        return None

    def _from_user(self) -> str:
        new = [item for item in self._history if item.item_id not in self._told]
        self._told = {item.item_id for item in self._history}
        return " ".join(i.text for i in new if i.kind == "message" and i.role == "user" and i.text)
