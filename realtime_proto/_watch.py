"""What time brings about, and what is looked after at the end of every input: failures, silence,
renewal at a quiet moment.

It sees the desk, the roads and the dialect together, and changes which road is next by leaving one
(`Roads.leave`); `Conversation` takes it from there when the connection is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_proto._desk import Alarm, us
from realtime_proto._roads import RENEWAL
from realtime_proto.closing import Fate, Verdict
from realtime_proto.commands import Interrupt
from realtime_proto.events import Failure, ToolCallCancelled

if TYPE_CHECKING:
    from realtime_proto._desk import Desk
    from realtime_proto._roads import Roads
    from realtime_proto.dialect import Dialect

__all__ = ("Watch",)


class Watch:
    """Watches over one conversation."""

    __slots__ = ("_desk", "_dialect", "_ready_since_us", "_roads", "_silence_us")

    def __init__(self, desk: Desk, roads: Roads, dialect: Dialect) -> None:
        self._desk = desk
        self._roads = roads
        self._dialect = dialect
        self._ready_since_us: int | None = None
        self._silence_us = us(desk.limits.silence_s)

    @property
    def owes_answer(self) -> bool:
        """Whether something was said that is not wholly answered yet (see Conversation)."""
        desk = self._desk
        if not desk.is_ready:
            return False
        is_listening = Alarm.HEARING in desk.alarms
        return is_listening or len(desk.tools) > 0 or self._dialect.owes_answer

    def held_s(self) -> float:
        """For how long the connection that ends now was of use, in seconds."""
        since_us, self._ready_since_us = self._ready_since_us, None
        return 0.0 if since_us is None else (self._desk.now_us - since_us) / 1_000_000

    def tick(self) -> None:
        """Act upon the deadlines that have come."""
        desk = self._desk
        for alarm in desk.alarms.come(desk.now_us):
            self._ring(alarm)
        for call_id in desk.tools.expired(now_us=desk.now_us):
            desk.emit(ToolCallCancelled(call_id=call_id, reason="timeout"))
            if desk.is_ready:
                seconds = desk.tool_s(desk.tools.name_of(call_id))
                desk.refuse(call_id, f"the tool did not answer within {seconds:g} s")
            else:
                desk.tools.settle(call_id)

    def look(self, *, was_heard: bool = False) -> None:
        """Act upon what the desk and the dialect came to.

        Args:
            was_heard: The server has just said something: its silence begins anew.
        """
        desk = self._desk
        if not self._roads.is_in_use:
            return
        if desk.failure is not None:
            self._roads.leave(Verdict(fate=Fate.FATAL, failure=desk.failure))
            return
        if not desk.is_ready:
            return
        if self._ready_since_us is None:
            self._ready_since_us = desk.now_us
        if not self._dialect.is_awaiting or len(desk.tools):
            desk.alarms.disarm(Alarm.SILENCE)
        elif was_heard or Alarm.SILENCE not in desk.alarms:
            desk.alarms.arm(Alarm.SILENCE, desk.now_us + self._silence_us)
        if desk.is_expiring and not self.owes_answer:
            self._renew_when_quiet()

    def _ring(self, alarm: Alarm) -> None:
        desk = self._desk
        match alarm:
            case Alarm.SETUP:
                message = f"the server did not set the session up within {desk.limits.setup_s:g} s"
                failure = Failure(kind="timeout", message=message, retryable=True)
                fate = Fate.RETRYABLE if desk.was_ready else Fate.FATAL
                self._roads.leave(Verdict(fate=fate, failure=failure))
            case Alarm.SILENCE:
                message = f"the server said nothing for {desk.limits.silence_s:g} s"
                failure = Failure(kind="lost", message=message, retryable=True)
                self._roads.leave(Verdict(fate=Fate.RETRYABLE, failure=failure))
            case Alarm.BARGE_IN:
                self._dialect.command(Interrupt(), desk)
            case Alarm.WARNING:
                desk.warn()
            case Alarm.RENEWAL:
                self._renew()
            case _:
                pass  # what they stand for is that they are over

    def _renew_when_quiet(self) -> None:
        desk = self._desk
        quiet_us = desk.playback.ends_at_us()
        if quiet_us > desk.now_us:
            desk.alarms.arm(Alarm.QUIET, quiet_us)
        elif desk.playback.playing(now_us=desk.now_us) is None:
            self._renew()

    def _renew(self) -> None:
        if self._roads.can_renew and self._desk.was_ready:
            self._roads.leave(RENEWAL)
