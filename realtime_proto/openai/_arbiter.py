"""Who may start a response, and when.

Theory of operation. The server runs one response at a time and refuses a second `response.create`
while one is active. Three parties start responses: the application (a text, a commit), the tools
(an answer asks for the next response), and the server's own voice activity detection, which may do
so at any moment. So at most one create of ours is under way, and a response wanted meanwhile waits
until `response.done`. Plain wants become one, because a response answers all that was said before
it; creates with wishes of their own wait in line.

    FREE --create--> REQUESTED
    REQUESTED --response.created--> ACTIVE
              --refused--> FREE
              --refused, busy--> ACTIVE (somebody else's), and wanted again
              --cancel--> (kept, and carried out at response.created)
    ACTIVE --response.done--> FREE
           --cancel--> CANCELLING --response.done--> FREE

A create is never sent right after a cancel: only `response.done` frees the slot. A cancel before
`response.created` would be lost on the server, so it is kept until then. Where the server never
says what is due (created, done), a deadline frees the slot.

Ids of responses that are over are remembered: a late `response.done` for one of them must not end
the one that is active, and one for a response nobody announced is the end of what we asked for.
"""

from __future__ import annotations

import enum
from typing import Any, Final

from attrs import define

from realtime_proto._newest import keep_newest
from realtime_proto.errors import LocalProtocolError

__all__ = ("ArbiterPhase", "Refusal", "ResponseArbiter", "Want")

MAX_OVER: Final = 64
"""Ended responses remembered."""

MAX_ATTEMPTS: Final = 3
"""How often the same create is sent; a server that still calls itself busy then means it."""


class ArbiterPhase(enum.Enum):
    """Where the one response slot stands."""

    FREE = "free"
    REQUESTED = "requested"
    ACTIVE = "active"
    CANCELLING = "cancelling"


class Refusal(enum.Enum):
    """What a refused client event was to the arbiter."""

    UNKNOWN = "unknown"
    """None of its creates."""

    SETTLED = "settled"
    """A create that raced the server's own response. It is sent again after that one."""

    FAILED = "failed"
    """A create that will not be sent again."""


@define
class Want:
    """A response that is wanted.

    Args:
        request: The create with its wishes, None for a plain one.
        is_automatic: The answers of tools ask for it, not the user.
        attempts: How often it was sent.
    """

    request: Any = None
    is_automatic: bool = False
    attempts: int = 0


class ResponseArbiter:
    """The one response slot of a connection. It says when to send; it sends nothing itself.

    Attributes:
        phase: Where the slot stands.
        response_id: The active response, where it is known.
        deadline_us: When `expire` is due.
    """

    __slots__ = (
        "_cancel_when_known",
        "_known",
        "_max_queued",
        "_queue",
        "_sent",
        "_sent_id",
        "deadline_us",
        "phase",
        "response_id",
    )

    def __init__(self, *, max_queued: int = 8) -> None:
        self.phase = ArbiterPhase.FREE
        self.response_id: str | None = None
        self.deadline_us: int | None = None
        self._max_queued = max_queued
        self._queue: list[Want] = []  # of a few; an empty deque takes 760 bytes
        self._sent: Want | None = None
        self._sent_id: str | None = None
        self._cancel_when_known = False
        self._known: dict[str, None] = {}

    @property
    def is_idle(self) -> bool:
        """Whether no response is under way and none is wanted."""
        return self.phase is ArbiterPhase.FREE and not self._queue

    @property
    def n_queued(self) -> int:
        """Responses that wait for the slot."""
        return len(self._queue)

    def check_room(self) -> None:
        """Whether another create with wishes of its own may be wanted.

        Raises:
            LocalProtocolError: It may not.
        """
        if len(self._queue) >= self._max_queued:
            raise LocalProtocolError(
                f"{self._max_queued} responses are waiting already; wait for one of them"
            )

    def want(self, *, is_automatic: bool = False, request: Any = None) -> None:
        """A response is wanted. A plain one joins a plain one that waits already.

        Raises:
            LocalProtocolError: There is no room for one with wishes of its own.
        """
        if request is None:
            for want in self._queue:
                if want.request is None:
                    want.is_automatic = want.is_automatic and is_automatic
                    return
            # Plain wants are at most one, so this one place more is a bound too.
        else:
            self.check_room()
        self._queue.append(Want(request, is_automatic))

    def due(self) -> Want | None:
        """The response to ask for now. None: the slot is taken, or nothing is wanted."""
        return self._queue[0] if self._queue and self.phase is ArbiterPhase.FREE else None

    def requested(self, event_id: str, *, deadline_us: int) -> None:
        """What was due was asked for, under this event id."""
        self._sent = self._queue.pop(0)
        self._sent.attempts += 1
        self._sent_id = event_id
        self.phase = ArbiterPhase.REQUESTED
        self.deadline_us = deadline_us

    def created(self, response_id: str | None) -> bool:
        """A response began, ours or not. None: one that could not be read.

        Returns:
            Whether it is to be cancelled at once (`cancel`).
        """
        if response_id is None:
            if self.response_id is not None:
                return False  # which one is under way is known, and it is not over
        elif not self._learn(response_id):
            return False  # it is over already
        self.phase = ArbiterPhase.ACTIVE
        self.response_id = response_id
        self.deadline_us = None
        cancel, self._cancel_when_known = self._cancel_when_known, False
        return cancel

    def cancel(self, *, deadline_us: int) -> bool:
        """Stop what is under way. Gives whether to send a cancel now."""
        if self.phase is ArbiterPhase.REQUESTED:
            self._cancel_when_known = True
        if self.phase is not ArbiterPhase.ACTIVE:
            return False
        self.phase = ArbiterPhase.CANCELLING
        self.deadline_us = deadline_us
        return True

    def done(self, response_id: str | None, *, turn_detected: bool = False) -> None:
        """A response ended. None: one that could not be read, which must free the slot too.

        Args:
            response_id: Which. One that is not the active one changes nothing, nor does one that
                was over before.
            turn_detected: The user spoke over it, so the server itself will answer: what only tools
                wanted is dropped.
        """
        if turn_detected:
            self.drop_automatic()
        is_new = response_id is not None and self._learn(response_id)
        if self.phase is ArbiterPhase.REQUESTED:
            is_ours = is_new
        elif response_id is None or self.response_id == response_id:
            is_ours = True
        else:
            is_ours = is_new and self.response_id is None
        if is_ours:
            self._free()

    def refused(self, event_id: str | None, *, busy: bool, deadline_us: int) -> Refusal:
        """The server refused a client event.

        Args:
            event_id: Which.
            busy: Because another response is active.
            deadline_us: Until when the other one is waited for, should it never be announced.
        """
        if event_id is None or event_id != self._sent_id or self._sent is None:
            return Refusal.UNKNOWN
        want, self._sent, self._sent_id = self._sent, None, None
        self._cancel_when_known = False
        was_requested = self.phase is ArbiterPhase.REQUESTED
        if not busy or want.attempts >= MAX_ATTEMPTS:
            if was_requested:
                self._free()
            return Refusal.FAILED
        self._queue.insert(0, want)
        if was_requested or self.phase is ArbiterPhase.FREE:
            self.phase = ArbiterPhase.ACTIVE
            self.response_id = None
            self.deadline_us = deadline_us
        return Refusal.SETTLED

    def expire(self, now_us: int) -> ArbiterPhase | None:
        """Free the slot where its deadline has come. Gives the phase it was stuck in."""
        if self.deadline_us is None or now_us < self.deadline_us:
            return None
        stuck = self.phase
        self._free()
        return stuck

    def drop_due(self) -> None:
        """What is due cannot be sent."""
        self._queue.pop(0)

    def drop_automatic(self) -> None:
        """What only tools wanted is not wanted any more."""
        self._queue = [want for want in self._queue if not want.is_automatic]

    def _learn(self, response_id: str) -> bool:
        """Remember a response. Gives whether it is new."""
        if response_id in self._known:
            return False
        self._known[response_id] = None
        keep_newest(self._known, MAX_OVER)
        return True

    def _free(self) -> None:
        self.phase = ArbiterPhase.FREE
        self.response_id = None
        self.deadline_us = None
        self._cancel_when_known = False
