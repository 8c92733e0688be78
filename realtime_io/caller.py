"""A recording as the client of a server: it says what was said, and compares the answers.

The server is the user's own, unchanged: a relay, a stand-in for a provider, anything on a URL. The
caller connects to it as the provider's clients do, as often as was recorded. It says each frame
when what the server had said before it has been said again, and not before the recorded time has
passed since then. Ids that the server makes are carried over. What the server says is compared with
what was recorded; the first difference hangs up and is raised. How it is compared, and what of it
may differ, is in `realtime_proto.audition`.

How a connection ends is played as well: the client closes where it did; where the server did, that
is waited for, and its code compared. What broke without a close frame is broken off. A handshake
that was refused has to be refused; a server that was never reached is passed over.

In memory, an event loop whose clock jumps (see `virtual`) calls for an hour in a moment.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio
import attrs
from attrs import frozen

from realtime_io import _clock
from realtime_io._arguments import check_number
from realtime_io._change import Change
from realtime_io._dial import dial
from realtime_io._recorded import (
    DIFFERS,
    Source,
    journal_of,
    mismatch,
    redactor_of,
)
from realtime_io._registry import spec_of
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, WebSocket
from realtime_proto.audition import Audition
from realtime_proto.counterparts import Counterparts
from realtime_proto.errors import (
    CallbackError,
    ConfigurationError,
    ConnectionLost,
    HandshakeRejected,
    RealtimeConnectionError,
    RecordingError,
)
from realtime_proto.exchanges import End, Exchange, Said, exchanges_of
from realtime_proto.rehearsal import Compare, Matcher, check_compare
from realtime_proto.replay import audio_said
from realtime_proto.report import Difference
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    import ssl

    from realtime_proto.dialect import Endpoint
    from realtime_proto.errors import ReplayMismatch
    from realtime_proto.recording import Journal

__all__ = ("Compare", "Connected", "Matcher", "Revise", "call")

PATIENCE_S: Final = 0.25
"""How long nothing must come until what may be said is said, though more was recorded before it."""

TAKE_S: Final = 1.0
"""How long the server may take to read a frame, at least."""

CLOSE_S: Final = 1.0
"""How long the server may take to answer our close frame."""

Revise: TypeAlias = Callable[[str | bytes], str | bytes]
"""Given a recorded frame, with the ids of now: the frame to say."""


@frozen(kw_only=True)
class Connected:
    """One connection that was made, as it was recorded.

    Args:
        line: The line of the recording where it begins.
        n_said: How many frames were said.
        n_heard: How many frames came.
        status: The HTTP status it was refused with, as in the recording; None: it was not.
    """

    line: int
    n_said: int = 0
    n_heard: int = 0
    status: int | None = None


async def call(
    source: Source,
    base_url: str,
    *,
    compare: Compare = "type",
    pace: float = 1.0,
    timeout_s: float = 5.0,
    api_key: str | Secret = "any",
    model: str | None = None,
    headers: Iterable[tuple[str, str | Secret]] = (),
    ssl_context: ssl.SSLContext | None = None,
    proxy: str | Secret | None = None,
    revise: Revise | None = None,
    ignored: Iterable[str] = (),
    redact: Iterable[str] = (),
) -> tuple[Connected, ...]:
    """Call a server with a recording's client, until the recording ends.

    Args:
        source: The recording: a file's path, its lines, or a `Journal`.
        base_url: The server, as clients of the recorded provider are pointed to it: what stands in
            OPENAI_BASE_URL or GEMINI_BASE_URL. The provider's path is put behind it.
        compare: "type": events of the same types, in order, where what comes in pieces may come in
            other pieces; "strict": the same frames, but for ids; or a function that is given an
            event that was recorded and one that came of the same type, as JSON objects without
            audio, and says whether that is as good.
        pace: How long a pause of a recorded second takes, in seconds; 0 makes none.
        timeout_s: How much longer than recorded the server may take for anything, in seconds.
        api_key: The key to show. What was recorded holds none.
        model: The model to ask for; None takes the recorded one.
        headers: Further headers of the handshake.
        ssl_context: How to verify the server; None verifies against the system's store.
        proxy: As in `RealtimeVoice`.
        revise: Given each frame before it is said, and gives the one to say instead: to put back
            what was taken out of the recording.
        ignored: Types of events that may come or not, such as "rate_limits.updated".
        redact: The patterns of your own that the recording was made with.

    Returns:
        The connections that were made, in order.

    Raises:
        RecordingError: It cannot be read, or holds no connection.
        ConfigurationError: A value is not what it must be, or the provider is unknown.
        ReplayMismatch: The server said something else, too little, too much, or nothing in time.
        CallbackError: A function that was given raised, or gave no frame.
        LocalProtocolError: A frame cannot be sent: it is too long, or no Unicode.
        RealtimeConnectionError: The server cannot be reached or trusted, does not read, or refused
            (`HandshakeRejected`) where it did not in the recording.
    """
    check_compare(compare)
    check_number(pace=pace, timeout_s=timeout_s)
    journal = journal_of(source)
    caller = _Caller(
        dial=partial(
            dial,
            _endpoint(journal, base_url, api_key=api_key, model=model, headers=headers),
            ssl_context=ssl_context,
            proxy=Secret(proxy) if isinstance(proxy, str) else proxy,
        ),
        audition=partial(
            Audition,
            compare=compare,
            redactor=redactor_of(journal, redact),
            counterparts=Counterparts(),
            ignored=_names(ignored),
        ),
        pace=pace,
        timeout_s=timeout_s,
        revise=revise,
    )
    exchanges = exchanges_of(journal, role="client", audio=audio_said(journal))
    answered = [exchange for exchange in exchanges if exchange.was_answered]
    if not answered:
        raise RecordingError("the recording holds no connection that was answered", line=1)
    connected: list[Connected] = []
    ended_us = None
    for exchange in answered:
        if ended_us is not None:
            await anyio.sleep(max(0, exchange.t_us - ended_us) / 1_000_000 * pace)
        connected.append(await caller.connect(exchange))
        ended_us = exchange.ended_us
    return tuple(connected)


def _endpoint(
    journal: Journal,
    base_url: str,
    *,
    api_key: str | Secret,
    model: str | None,
    headers: Iterable[tuple[str, str | Secret]],
) -> Endpoint:
    recorded = journal.head.config.get("model")
    endpoint = spec_of(journal.head.provider).endpoint(
        model or (recorded if isinstance(recorded, str) else None),
        key=Secret(api_key) if isinstance(api_key, str) else api_key,
        base_url=base_url,
    )
    return attrs.evolve(endpoint, headers=(*endpoint.headers, *headers))


def _names(ignored: Iterable[str]) -> tuple[str, ...]:
    if isinstance(ignored, str) or not hasattr(ignored, "__iter__"):
        raise ConfigurationError("types of events to ignore are several: give a tuple of texts")
    return tuple(ignored)


@frozen
class _Caller:
    """What all connections have in common."""

    dial: Callable[[], Awaitable[WebSocket]]
    audition: Callable[[Exchange], Audition]
    pace: float
    timeout_s: float
    revise: Revise | None

    async def connect(self, exchange: Exchange) -> Connected:
        """Make one connection, as it was recorded."""
        outcome = await self._reach()
        if isinstance(outcome, HandshakeRejected):
            if exchange.status is None:
                raise outcome
            if outcome.status == exchange.status:
                return Connected(line=exchange.line, status=outcome.status)
            raise self._not_refused(exchange, str(outcome.status))
        if exchange.status is not None:
            await outcome.aclose()
            raise self._not_refused(exchange, '"a connection"')
        scene = _Scene(self, self.audition(exchange), outcome)
        await scene.run()
        audition = scene.audition
        return Connected(line=exchange.line, n_said=audition.n_said, n_heard=audition.n_heard)

    async def _reach(self) -> WebSocket | HandshakeRejected:
        try:
            return await self.dial()
        except HandshakeRejected as exc:
            return exc

    def _not_refused(self, exchange: Exchange, actual: str) -> ReplayMismatch:
        status = str(exchange.status)
        found = Difference(
            line=exchange.line, path="$.error.status", expected=status, actual=actual
        )
        return mismatch(found, "the server")


class _Scene:
    """One connection."""

    def __init__(self, caller: _Caller, audition: Audition, socket: WebSocket) -> None:
        self.audition = audition
        self._caller = caller
        self._socket = socket
        self._failure: Exception | None = None
        self._is_over = False
        self._changed = Change()
        now = _clock.now()
        self._at = now  # when the audition reached where it is
        self._heard_at = now
        self._awaited: object = None
        self._late_at = math.inf

    async def run(self) -> None:
        async with background_tasks() as tasks:
            self._socket.write_in(tasks)
            tasks.start_soon(self._hear, name="realtime_io caller")
            try:
                await self._perform()
            finally:
                self._is_over = True
                with anyio.CancelScope(shield=True):
                    await self._leave()
        if self._failure is not None:
            raise self._failure

    # --- what is said

    async def _perform(self) -> None:
        while not self._is_over:
            step, is_turn = self.audition.step, self._look()
            if is_turn and _is_servers(step):
                await self._await_end()
                return
            due = self._due() if is_turn or self.audition.is_ready else math.inf
            if due <= _clock.now():
                if not isinstance(step, Said):
                    return  # the client ends it
                await self._say(due, step)
            elif not await self._changed.wait(min(due, self._late_at)) and self._is_late():
                self._end(self.audition.late())

    def _look(self) -> bool:
        """Whether it is the client's turn; if not, the server has until then."""
        awaited = self.audition.awaited
        if awaited is None:
            self._late_at = math.inf
        elif awaited is not self._awaited:
            gap_us = max(0, awaited.t_us - self.audition.reached_us)
            allowed_s = gap_us / 1_000_000 * self._caller.pace + self._caller.timeout_s
            self._late_at = _clock.now() + allowed_s
        self._awaited = awaited
        return awaited is None

    def _is_late(self) -> bool:
        return _clock.now() >= self._late_at

    def _due(self) -> float:
        """When the next step is to be."""
        gap_s, pace = self.audition.gap_us / 1_000_000, self._caller.pace
        if self._awaited is None:
            return self._at + gap_s * pace
        return max(self._at + gap_s * max(1.0, pace), self._heard_at + PATIENCE_S)

    async def _say(self, due: float, said: Said) -> None:
        frame = self.audition.say()
        self._at = due
        try:
            frame = self._revised(frame)
        except CallbackError as exc:
            self._end(exc)
            return
        allowed_s = max(TAKE_S, self._caller.timeout_s)
        with anyio.move_on_after(allowed_s) as scope:
            with suppress(ConnectionLost):  # it hung up: the reader says so
                await self._socket.room()
                self._socket.post_now(frame)
                await self._socket.idle()
        if scope.cancelled_caught:
            what = f"the server did not take what is said in line {said.line} of the recording"
            self._end(RealtimeConnectionError(f"{what} within {allowed_s:g} s"))

    def _revised(self, frame: str | bytes) -> str | bytes:
        if self._caller.revise is None:
            return frame
        try:
            revised = self._caller.revise(frame)
        except Exception as exc:  # whatever the application's own function raises
            raise CallbackError(f"the function that revises raised {exc!r:.200}") from exc
        if not isinstance(revised, str | bytes):
            raise CallbackError(
                f"the function that revises gave {type(revised).__name__}, no frame"
            )
        return revised

    async def _await_end(self) -> None:
        """The server is to end the connection, and to say nothing more before."""
        pause_s = self.audition.gap_us / 1_000_000 * self._caller.pace
        until = self._at + pause_s + self._caller.timeout_s
        while not self._is_over:
            if not await self._changed.wait(until):
                self._end(self.audition.late())

    async def _leave(self) -> None:
        end = self.audition.step
        if self._failure is None and isinstance(end, End) and end.by == "server":
            await self._socket.aclose()
        elif self._failure is None:
            await self._socket.close(timeout_s=CLOSE_S)
        else:
            await self._socket.close(*DIFFERS, timeout_s=CLOSE_S)

    # --- what is heard

    async def _hear(self) -> None:
        try:
            while not self._is_over:
                self._take(await self._socket.receive())
                self._changed.tell()
        except Closed as closed:
            if not self._is_over:
                self._end(self.audition.ended(closed.code, closed.reason))
        self._changed.tell()

    def _take(self, frame: str | bytes) -> None:
        if self._is_over:  # it came behind the end
            return
        reached_us, n_events = self.audition.reached_us, self.audition.n_events
        try:
            found = self.audition.take(frame)
        except CallbackError as exc:
            self._end(exc)
            return
        now = _clock.now()
        if self.audition.n_events > n_events:  # else it says nothing, however much it sends
            self._heard_at = now
            self._late_at = max(self._late_at, now + self._caller.timeout_s)
        if self.audition.reached_us > reached_us:
            self._at = max(self._at, now)
        if found is not None:
            self._end(found)

    def _end(self, found: Difference | Exception | None) -> None:
        """It is over; None: as it was recorded. The first end counts."""
        if self._is_over:
            return
        self._is_over = True
        self._failure = mismatch(found, "the server") if isinstance(found, Difference) else found


def _is_servers(step: Said | End | None) -> bool:
    """Whether it is the server who is to end it: with a close frame, that is. Who broke what just
    broke is not known, so the client may.
    """
    return isinstance(step, End) and step.by == "server" and step.code is not None
