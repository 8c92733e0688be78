"""A recording as the peer of an application: it plays the server, and hears what is said to it.

The application is the user's own, unchanged: it is pointed to the player's base URL, connects,
talks, and gets the server's frames of the recording. Each is sent when all that the application had
said before it in the recording has been said again, and not before the recorded time has passed
since then. What the application says is compared with what was recorded; the first difference hangs
up, and is raised when the block is left. How it is compared, and which of the application's timings
do not matter, is in `realtime_proto.rehearsal`.

In memory, an event loop whose clock jumps (see `virtual`) plays an hour in a moment. On loopback
the client may be any program.

Only the server is played. What a recorded connection ended with is played as well, a break without
a close frame as one; so is a handshake that was refused. What went well in the recording may be
made to go wrong (`realtime_proto.faults`).
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Final

import anyio

from realtime_io import _clock
from realtime_io._arguments import check_number
from realtime_io._change import Change
from realtime_io._handshake import Accept, Reject, Request
from realtime_io._listener import Listening, listen, listen_in_memory
from realtime_io._recorded import (
    DIFFERS,
    Source,
    journal_of,
    mismatch,
    redactor_of,
)
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, WebSocket
from realtime_proto.closing import CLOSE_CODES
from realtime_proto.errors import (
    CallbackError,
    RealtimeConnectionError,
    RealtimeError,
)
from realtime_proto.exchanges import End, Exchange, Said
from realtime_proto.faults import (
    Cut,
    Delay,
    Drop,
    Duplicate,
    Fault,
    Nth,
    Reorder,
    with_faults,
)
from realtime_proto.rehearsal import Compare, Matcher, Rehearsal, check_compare
from realtime_proto.report import Difference

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from realtime_proto.redaction import Redactor

__all__ = (
    "Compare",
    "Cut",
    "Delay",
    "Drop",
    "Duplicate",
    "Fault",
    "Matcher",
    "Nth",
    "Player",
    "Reorder",
    "play",
)

NO_MORE: Final = 503
"""What an application is refused with that asks for more connections than there are, after a fault:
it may try again, for as long as it means to."""

CLOSE_S: Final = 1.0


class Player:
    """A recording that is played. Made by `play`.

    Attributes:
        base_url: Where the application is to connect, instead of the provider.
        n_recorded: How many connections there are in the recording.
        n_connections: How many the application has asked for.
        n_over: How many of those that were recorded have ended.
        failure: What it said differently, or why that cannot be told; None so far. Leaving the
            block raises it.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        *,
        compare: Compare,
        pace: float,
        timeout_s: float,
        redactor: Redactor,
    ) -> None:
        self.base_url: str = ""
        self.n_recorded: int = len(exchanges)
        self.n_connections: int = 0
        self.n_over: int = 0
        self.failure: Exception | None = None
        self._exchanges = exchanges
        self._pace = pace
        self._timeout_s = timeout_s
        self._rehearsals = [Rehearsal(e, compare=compare, redactor=redactor) for e in exchanges]
        self._let_in: list[tuple[Request, int]] = []
        self._is_over: set[int] = set()
        self._scenes: list[_Scene] = []
        self._changed = Change()

    @property
    def is_over(self) -> bool:
        """Whether every recorded connection was asked for and has ended; once something differed,
        whether no connection is open.
        """
        return not self._scenes if self.failure is not None else self.n_over >= self.n_recorded

    async def until_changed(self) -> None:
        """Wait until a connection is asked for or ends, or something differs."""
        await self._changed.wait()

    def _select(self, request: Request) -> Accept | Reject:
        n, self.n_connections = self.n_connections, self.n_connections + 1
        self._changed.tell()
        if n >= len(self._exchanges):
            if self._is_free:
                return Reject(NO_MORE)
            line = self._exchanges[-1].last_line
            self._note(Difference(line=line, path="$", expected=None, actual='"a connection"'))
            return Reject(403)
        exchange = self._exchanges[n]
        if exchange.status is not None:
            self._ended(n)
            return Reject(exchange.status, b"", exchange.headers)
        self._let_in.append((request, n))
        subprotocol = "realtime" if "realtime" in request.subprotocols else None
        return Accept(subprotocol=subprotocol)

    async def _serve(self, socket: WebSocket, request: Request) -> None:
        n = next(n for other, n in self._let_in if other is request)
        if self.failure is not None:
            return
        before = zip(self._rehearsals[:n], self._exchanges, strict=False)
        if not all(one.is_in_step or exchange.status is not None for one, exchange in before):
            self._rehearsals[n].out_of_step()
        scene = _Scene(self, n, socket)
        self._scenes.append(scene)
        try:
            await scene.run()
        finally:
            self._scenes.remove(scene)
        self._ended(n)

    def _ended(self, n: int) -> None:
        self._is_over.add(n)
        self.n_over = len(self._is_over)
        self._changed.tell()

    @property
    def _is_free(self) -> bool:
        """Whether the application met a fault after which it need not go on as recorded."""
        return any(rehearsal.is_free for rehearsal in self._rehearsals)

    def _note(self, found: Difference | Exception | None) -> None:
        """Keep the first failure, which ends every connection."""
        if found is not None and self.failure is None:
            self.failure = (
                mismatch(found, "the application") if isinstance(found, Difference) else found
            )
            self._changed.tell()
            for scene in self._scenes:
                scene.look()

    def _left(self) -> None:
        """The application is through: what had it still to say?"""
        for n, exchange in enumerate(self._exchanges):
            if n >= self.n_connections:
                if self._is_free:
                    return
                line = exchange.line
                self._note(Difference(line=line, path="$", expected='"a connection"', actual=None))
            elif n not in self._is_over:
                self._note(self._rehearsals[n].missing())


class _Scene:
    """One connection that is played."""

    def __init__(self, player: Player, n: int, socket: WebSocket) -> None:
        self._player = player
        self._rehearsal = player._rehearsals[n]
        self._socket = socket
        self._changed = Change()
        self._heard = anyio.Event()
        self._at = _clock.now()  # when the step before the next one was done

    def look(self) -> None:
        """Something has changed."""
        self._changed.tell()

    async def run(self) -> None:
        async with background_tasks() as tasks:
            tasks.start_soon(self._hear, name="player hears")
            await self._perform()
            if self._player.failure is not None:
                await self._socket.close(*DIFFERS, timeout_s=CLOSE_S)
            await self._heard.wait()  # to the end of what the client has said

    def _goes_on(self) -> bool:
        return self._player.failure is None and self._socket.is_open

    async def _perform(self) -> None:
        while self._goes_on():
            step = self._rehearsal.step
            due = self._at + self._rehearsal.gap_us / 1_000_000 * self._player._pace
            if isinstance(step, Said) or (isinstance(step, End) and step.by == "server"):
                due += step.delay_us / 1_000_000
                while self._goes_on() and await self._changed.wait(due):
                    pass
                await self._act(step)
                self._at = due
            elif step is None:  # the recording says no more
                await self._changed.wait()
            else:
                await self._await_client(due + self._player._timeout_s)

    async def _act(self, step: Said | End) -> None:
        if not self._goes_on():
            return  # meanwhile
        if isinstance(step, Said):
            self._rehearsal.said()
            with suppress(RealtimeConnectionError):  # the client hung up: the reader says so
                await self._socket.room()
                self._socket.post_now(step.frame)
                await self._socket.idle()
        elif step.code is not None and step.code in CLOSE_CODES:
            await self._socket.close(step.code, step.reason, timeout_s=CLOSE_S)
        else:
            await self._socket.aclose()

    async def _await_client(self, until: float) -> None:
        before = self._rehearsal.step
        while self._rehearsal.step is before and self._goes_on():
            if not await self._changed.wait(until):
                self._player._note(self._rehearsal.late())
        self._at = max(self._at, _clock.now())

    async def _hear(self) -> None:
        try:
            while self._player.failure is None:
                frame = await self._socket.receive()
                try:
                    self._player._note(self._rehearsal.take(frame))
                except CallbackError as exc:
                    self._player._note(exc)
                self._changed.tell()
        except Closed:
            end = self._rehearsal.step
            if not (isinstance(end, End) and end.by == "server"):
                self._player._note(self._rehearsal.missing())
        except RealtimeError as exc:
            self._player._note(exc)
        self._heard.set()
        self._changed.tell()


def play(
    source: Source,
    *,
    compare: Compare = "strict",
    pace: float = 1.0,
    in_memory: bool = True,
    port: int = 0,
    timeout_s: float = 5.0,
    redact: Iterable[str] = (),
    faults: Iterable[Fault] = (),
) -> AbstractAsyncContextManager[Player]:
    """Play a recording's server to an application, for as long as the block runs.

    `async with play("talk.rtc.jsonl") as player:` and give the application
    `base_url=player.base_url`. The application has to be through when the block ends.

    Args:
        source: The recording: a file's path, its lines, or a `Journal`.
        compare: "strict": what the application says must be what was recorded; "type": events of
            the same types, in order; or a function that is given a frame that was recorded and one
            that came, as JSON objects, and says whether that is as good. Audio is compared by its
            bytes if "strict", else by its length.
        pace: How long a pause of a recorded second takes, in seconds; 0 makes none.
        in_memory: For clients of this library in the same event loop, without a socket. False
            listens on 127.0.0.1.
        port: Where to listen; 0 takes a free port.
        timeout_s: How much longer than recorded the application may take for anything it is waited
            for, in seconds.
        redact: The patterns of your own that the recording was made with.
        faults: What goes wrong: a connection is cut, frames come late, twice, out of order or not
            at all (see `realtime_proto.faults`).

    Raises:
        RecordingError: It cannot be read, or holds no connection.
        ConfigurationError: A value is not what it must be, a fault is at what is no frame of the
            server's or contradicts another one, or the port cannot be had.
        ReplayMismatch: When the block ends: the application said something else, too little, too
            much, or nothing in time. It replaces an error of the connection that the body raised;
            any other error of the body goes before.
        CallbackError: The function that compares raised, in the same way.
    """
    check_compare(compare)
    check_number(pace=pace, timeout_s=timeout_s)
    journal = journal_of(source)
    redactor = redactor_of(journal, redact)
    player = Player(
        with_faults(journal, faults),
        compare=compare,
        pace=pace,
        timeout_s=timeout_s,
        redactor=redactor,
    )
    listening: AbstractAsyncContextManager[Listening]
    if in_memory:
        listening = listen_in_memory(player._serve, select=player._select, on_failure=player._note)
    else:
        listening = listen(
            player._serve,
            port=port,
            select=player._select,
            on_failure=player._note,
        )
    return _playing(player, listening)


@asynccontextmanager
async def _playing(
    player: Player, listening: AbstractAsyncContextManager[Listening]
) -> AsyncIterator[Player]:
    began_at = player._exchanges[0].unix_time
    with nullcontext() if began_at is None else _clock.set_to(began_at):
        try:
            async with listening as server:
                player.base_url = f"http://{server.address}"
                yield player
                player._left()
        except RealtimeConnectionError as exc:
            if player.failure is None:
                raise
            player.failure.__cause__ = exc
        if player.failure is not None:
            raise player.failure
