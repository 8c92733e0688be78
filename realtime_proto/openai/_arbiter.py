"""Who may start a response, and when.

Theory of operation. The server runs one response at a time and refuses a second `response.create`
while one is active. Three parties start responses: the application (a text, a commit), the tools
(an answer asks for the next response), and the server's own voice activity detection, which may do
so at any moment. So at most one create of ours is under way, and a response wanted meanwhile waits
until `response.done`; several wants become one, because a response answers all that was said before
it.

    FREE --want--> REQUESTED --response.created--> ACTIVE --response.done--> FREE
                       |                              |
                       +--interrupt (cancel as soon   +--interrupt--> CANCELLING --response.done-->
                       FREE
                          as the id is known)

A create is never sent right after a cancel: only `response.done` frees the slot. A cancel before
`response.created` would be lost on the server, so it is kept until the id is known.
"""

from __future__ import annotations

import enum

__all__ = ("ArbiterPhase", "ResponseArbiter")


class ArbiterPhase(enum.Enum):
    """Where the one response slot stands."""

    FREE = "free"
    REQUESTED = "requested"
    ACTIVE = "active"
    CANCELLING = "cancelling"


class ResponseArbiter:
    """The one response slot of a connection. It says when to send; it sends nothing itself."""

    def __init__(self) -> None:
        self.phase = ArbiterPhase.FREE
        self.response_id: str | None = None
        self._request_id: str | None = None
        self._is_wanted = False
        self._wanted_by_tools_only = False
        self._cancel_when_known = False

    @property
    def is_idle(self) -> bool:
        """Whether no response is under way and none is wanted."""
        return self.phase is ArbiterPhase.FREE and not self._is_wanted

    @property
    def may_create(self) -> bool:
        """Whether a response is wanted and the slot is free: send `response.create` now."""
        return self._is_wanted and self.phase is ArbiterPhase.FREE

    def want(self, *, automatic: bool = False) -> None:
        """A response is wanted. *automatic*: by the answers of tools, not by the user."""
        self._wanted_by_tools_only = automatic and (
            not self._is_wanted or self._wanted_by_tools_only
        )
        self._is_wanted = True

    def requested(self, event_id: str | None) -> None:
        """A `response.create` was sent under this event id."""
        self._is_wanted = False
        self.phase = ArbiterPhase.REQUESTED
        self._request_id = event_id

    def created(self, response_id: str) -> str | None:
        """A response began, ours or not. Gives its id where it is to be cancelled."""
        self.phase = ArbiterPhase.ACTIVE
        self.response_id = response_id
        self._request_id = None
        if self._cancel_when_known:
            self._cancel_when_known = False
            return self.cancel()
        return None

    def cancel(self) -> str | None:
        """Stop what is under way. Gives the id to cancel, None where there is none (yet)."""
        if self.phase is ArbiterPhase.REQUESTED:
            self._cancel_when_known = True
        if self.phase is not ArbiterPhase.ACTIVE:
            return None
        self.phase = ArbiterPhase.CANCELLING
        return self.response_id

    def done(self, response_id: str | None, *, turn_detected: bool = False) -> None:
        """A response ended. None: one that could not be read, which must free the slot all the
        same.

        Args:
            response_id: Which; one that is not the active one changes nothing.
            turn_detected: The user spoke over it, so the server itself will answer: what only tools
                wanted is dropped.
        """
        if response_id is not None and (
            self.phase is ArbiterPhase.REQUESTED or self.response_id not in (None, response_id)
        ):
            return
        self.phase = ArbiterPhase.FREE
        self.response_id = None
        if turn_detected and self._wanted_by_tools_only:
            self._is_wanted = False

    def refused(self, event_id: str | None, *, busy: bool) -> bool:
        """The server refused a client event: was it our create? *busy*: another one is active."""
        if event_id is None or event_id != self._request_id:
            return False
        self._request_id = None
        self._cancel_when_known = False
        if busy:
            # Somebody else's response is active (or about to be announced): ours waits for its end.
            self.want()
            if self.response_id is None:
                self.phase = ArbiterPhase.ACTIVE
        else:
            self.phase = ArbiterPhase.FREE
        return True
