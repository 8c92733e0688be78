"""The responses of one connection: asked for through the arbiter, cancelled, cut, continued after
their tools, and settled when the server says less than it should.

Everything is keyed by response id. What belongs to a cancelled response keeps coming until its
`response.done`; its audio is dropped. A response out of band (`conversation: "none"`) takes no
slot: it is told apart by the metadata it repeats, which is all the wire has for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from realtime_proto._newest import keep_newest
from realtime_proto.errors import LocalProtocolError
from realtime_proto.events import ErrorReported, Failure, Lost, ResponseDone, ResponseStarted
from realtime_proto.openai import events as wire
from realtime_proto.openai._arbiter import ArbiterPhase, Refusal, ResponseArbiter
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_proto.dialect import Effects
    from realtime_proto.openai.response import Response, ResponseCreateParams

__all__ = ("Responses",)

MAX_RESPONSES: Final = 64
"""Responses remembered at once: the active one and those whose tool calls are still open."""


@define
class _Record:
    is_done: bool = False
    drops_audio: bool = False
    answered_calls: int = 0
    was_interrupted: bool = False
    open_texts: dict[str, bool] = field(factory=dict)
    """Items whose text is not complete -> whether it is spoken."""


class Responses:
    """Every response of one connection.

    Args:
        say: Sends a client event under an id, which it gives.
        max_queued: Responses that may wait for the slot.
        truncates: The server takes `conversation.item.truncate`.
    """

    __slots__ = ("_out_of_band", "_records", "_say", "_told", "_truncates", "_voiced", "arbiter")

    def __init__(
        self, say: Callable[[Any, Effects], str], *, max_queued: int = 8, truncates: bool = True
    ) -> None:
        self.arbiter = ResponseArbiter(max_queued=max_queued)
        self._say = say
        self._truncates = truncates
        self._records: dict[str, _Record] = {}
        self._out_of_band: list[ResponseCreateParams] = []
        self._voiced: dict[str, None] = {}
        self._told: dict[str, None] = {}  # those whose end the application knows of

    def of(self, response_id: str) -> _Record:
        """What is known of a response; of a new one, nothing yet."""
        record = self._records.get(response_id)
        if record is None:
            keep_newest(self._records, MAX_RESPONSES - 1)
            record = self._records[response_id] = _Record()
        return record

    # --- what we want

    def want(
        self,
        fx: Effects,
        *,
        is_automatic: bool = False,
        request: ResponseCreateParams | None = None,
    ) -> None:
        """A response is wanted: asked for now, or when the slot is free.

        Raises:
            LocalProtocolError: Too many wait, or it cannot be sent. It is not wanted then.
        """
        if request is not None and request.conversation == "none":
            self._say(wire.ResponseCreate(response=request), fx)
            self._out_of_band = [*self._out_of_band[-MAX_RESPONSES:], request]
            return
        self.arbiter.want(is_automatic=is_automatic, request=request)
        self._create(fx)

    def create_if_due(self, fx: Effects) -> None:
        """Ask for what waits, if the slot is free."""
        try:
            self._create(fx)
        except LocalProtocolError as exc:
            fx.emit(ErrorReported(failure=Failure(kind="local", message=exc.message)))

    def _create(self, fx: Effects) -> None:
        want = self.arbiter.due()
        if want is None:
            return
        request = UNSET if want.request is None else want.request
        try:
            event_id = self._say(wire.ResponseCreate(response=request), fx)
        except LocalProtocolError:
            self.arbiter.drop_due()
            raise
        self.arbiter.requested(event_id, deadline_us=_after(fx.limits.created_s, fx))

    def cancel(self, fx: Effects) -> None:
        """Stop what is under way, as soon as the server would understand it."""
        self.arbiter.drop_automatic()
        if self.arbiter.cancel(deadline_us=_after(fx.limits.cancelled_s, fx)):
            response_id = self.arbiter.response_id
            self._say(wire.ResponseCancel(response_id=response_id or UNSET), fx)
            if response_id is not None:
                self.of(response_id).drops_audio = True

    def voiced(self, item_id: str) -> None:
        """Audio of an item came over this connection."""
        if item_id not in self._voiced:
            _remember(self._voiced, item_id)

    def cut(self, fx: Effects) -> None:
        """Stop the playback and tell the server how much was heard.

        Audio of an earlier connection may still be playing, which this server knows nothing of.
        """
        active = self.arbiter.response_id
        if active is not None:
            self.of(active).drops_audio = True
        for cut in fx.interrupt_playback():
            if self._truncates and cut.item_id in self._voiced:
                truncate = wire.ConversationItemTruncate(
                    item_id=cut.item_id,
                    content_index=cut.content_index,
                    audio_end_ms=cut.played_ms,
                )
                self._say(truncate, fx)

    def answered(self, response_id: str, fx: Effects, *, is_silent: bool) -> None:
        """A tool call of a response was answered. After the last one the model goes on, unless all
        answers were silent.
        """
        record = self._records.get(response_id)
        if record is not None:
            record.answered_calls += not is_silent
            self._continue(response_id, record, fx)

    def _continue(self, response_id: str, record: _Record, fx: Effects) -> None:
        if not record.is_done or fx.tools.is_open(response_id):
            return
        self._records.pop(response_id, None)
        if record.answered_calls and not record.was_interrupted:
            self.arbiter.want(is_automatic=True)

    # --- what the server says

    def created(self, response: Response, fx: Effects) -> None:
        """A response began."""
        self.of(response.id)
        fx.emit(ResponseStarted(response_id=response.id))
        if not self._is_out_of_band(response) and self.arbiter.created(response.id):
            self.cancel(fx)

    def done(self, response: Response, fx: Effects) -> None:
        """A response ended, however."""
        reason = getattr(response.status_details, "reason", None)
        turn_detected = reason == "turn_detected"
        record = self.of(response.id)
        record.is_done = True
        record.was_interrupted = turn_detected
        self._finish_texts(record, fx)
        self._tell(response.id, response.status or "", reason, fx)
        if self._is_out_of_band(response):
            self._out_of_band = [
                params for params in self._out_of_band if not _repeats(response, params)
            ]
        else:
            self.arbiter.done(response.id, turn_detected=turn_detected)
        self._continue(response.id, record, fx)
        self.create_if_due(fx)

    def done_unreadably(self, fx: Effects) -> None:
        """A `response.done` could not be read: the active response is taken to be over."""
        response_id = self.arbiter.response_id
        self.arbiter.done(None)
        if response_id is not None:
            record = self.of(response_id)
            record.is_done = True
            self._finish_texts(record, fx)
            self._tell(response_id, "failed", "unreadable", fx)
            self._continue(response_id, record, fx)
        self.create_if_due(fx)

    def created_unreadably(self, fx: Effects) -> None:
        """A `response.created` could not be read: some response runs, none knows which."""
        if self.arbiter.created(None):
            self.cancel(fx)

    def refused(self, event_id: str | None, fx: Effects, *, busy: bool) -> Refusal:
        """The server refused a client event, perhaps a create of ours."""
        deadline_us = _after(fx.limits.created_s, fx)
        refusal = self.arbiter.refused(event_id, busy=busy, deadline_us=deadline_us)
        self.create_if_due(fx)
        return refusal

    def tick(self, fx: Effects) -> None:
        """Free the slot where the server does not say what is due."""
        response_id = self.arbiter.response_id
        stuck = self.arbiter.expire(fx.now_us)
        if stuck is None:
            return
        if stuck is ArbiterPhase.CANCELLING:
            message = f"the server did not end a cancelled response in {fx.limits.cancelled_s:g} s"
        else:
            message = f"the server did not begin a response within {fx.limits.created_s:g} s"
        fx.emit(ErrorReported(failure=Failure(kind="timeout", message=message, retryable=True)))
        if response_id is not None:
            self._tell(response_id, "cancelled", "timeout", fx)
        self.create_if_due(fx)

    def in_flight(self) -> tuple[Lost, ...]:
        """What a lost connection takes with it."""
        arbiter = self.arbiter
        lost = [Lost(kind="request")] * arbiter.n_queued
        if arbiter.phase is ArbiterPhase.REQUESTED:
            lost.append(Lost(kind="request"))
        elif arbiter.phase is not ArbiterPhase.FREE:
            lost.append(Lost(kind="response", id=arbiter.response_id))
        return tuple(lost)

    def give_up(self, fx: Effects) -> None:
        """The connection is gone: what was being said is as complete as it will be."""
        for response_id, record in self._records.items():
            self._finish_texts(record, fx)
            if not record.is_done:
                self._tell(response_id, "incomplete", "connection_lost", fx)

    def _tell(self, response_id: str, status: str, reason: str | None, fx: Effects) -> None:
        """The application hears of an end once, however often the server says so."""
        if _remember(self._told, response_id):
            fx.emit(ResponseDone(response_id=response_id, status=status, reason=reason))

    def _finish_texts(self, record: _Record, fx: Effects) -> None:
        for item_id, is_spoken in record.open_texts.items():
            fx.finish(None, item_id=item_id, speaker="assistant", is_spoken=is_spoken)
        record.open_texts.clear()

    def _is_out_of_band(self, response: Response) -> bool:
        return response.conversation_id is None and any(
            _repeats(response, params) for params in self._out_of_band
        )


def _repeats(response: Response, params: ResponseCreateParams) -> bool:
    asked = params.metadata or None
    return (response.metadata or None) == asked


def _remember(known: dict[str, None], name: str) -> bool:
    """Keep a name among the latest. Gives whether it is new."""
    if name in known:
        return False
    keep_newest(known, MAX_RESPONSES - 1)
    known[name] = None
    return True


def _after(seconds: float, fx: Effects) -> int:
    return fx.now_us + round(seconds * 1_000_000)
