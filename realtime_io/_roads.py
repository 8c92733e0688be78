"""The connections of a session, one after another: reads, writes, closes when told, opens the next.

All that one read brought goes to the conversation, and then what it wants is done (`obey`): no
other task could have run in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from realtime_io import _clock
from realtime_io._redial import redial
from realtime_io._websocket import Closed
from realtime_proto.conversation import Close, Redial
from realtime_proto.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import TaskGroup

    from realtime_io._redial import Dial
    from realtime_io._sender import Sender
    from realtime_io._websocket import WebSocket
    from realtime_proto.conversation import Conversation
    from realtime_proto.errors import RealtimeConnectionError
    from realtime_proto.recording import Journaled

__all__ = ("FAILED_CLOSE_S", "Roads")

FAILED_CLOSE_S: Final = 1.0
"""How long the server may take to answer our close frame after a failure or before the session is
ready: whoever waits should not wait long."""


class Roads:
    """The roads of one conversation.

    Args:
        subject: What takes inputs.
        socket: The first road, open.
        dial: Opens another connection; None: a lost one is not opened again.
        sender: Hands on what is sent.
        now: The event loop's clock.
        obey: Called after inputs: do what came of them.
        fail: Told of what no road can help.

    Attributes:
        socket: The connection of now, or the last one.
    """

    __slots__ = (
        "_dial",
        "_fail",
        "_has_road",
        "_is_leaving",
        "_is_read",
        "_now",
        "_obey",
        "_sender",
        "_subject",
        "_tasks",
        "socket",
    )

    def __init__(
        self,
        subject: Conversation | Journaled[Conversation],
        socket: WebSocket,
        dial: Dial | None,
        sender: Sender,
        *,
        now: Callable[[], float],
        obey: Callable[[], None],
        fail: Callable[[RealtimeError], None],
    ) -> None:
        self.socket = socket
        self._subject = subject
        self._dial = dial
        self._sender = sender
        self._now = now
        self._obey = obey
        self._fail = fail
        self._has_road = False
        self._tasks: TaskGroup | None = None
        self._is_read = False
        self._is_leaving = False

    def start(self, tasks: TaskGroup) -> None:
        """Begin to read and write, in these tasks, and open the conversation."""
        self._tasks = tasks
        tasks.start_soon(self._hold, tasks, name="realtime_io road")
        self._open(tasks)

    def look(self) -> None:
        """Close the road, if that is what is to become of it. A checkpoint is not passed."""
        if self._tasks is None or not self._is_read or self._is_leaving:
            return
        road = self._subject.road
        if isinstance(road, Close):
            self._is_leaving = True
            self._tasks.start_soon(self._leave, self.socket, road, name="realtime_io closer")

    def lost(self, code: int | None, reason: str) -> None:
        """The road is gone. Two tasks may see the same end: the first one tells."""
        if not self._has_road:
            return
        self._has_road = False
        self._sender.lose_road()
        self._subject.connection_lost(code, reason, now=self._now())
        if self._dial is None and isinstance(self._subject.road, Redial):
            self._subject.close(now=self._now())
        self._obey()

    async def _hold(self, tasks: TaskGroup) -> None:
        while True:
            self._is_read = True
            self._is_leaving = False
            self.socket.write_in(tasks)
            self.look()
            try:
                await self._read(self.socket)
            finally:
                self._is_read = False
            with anyio.CancelScope(shield=True):
                await self.socket.aclose()  # ends its other tasks
            if self._dial is None:
                return
            try:
                socket = await redial(lambda: self._subject.road, self._dial, self._not_opened)
            except RealtimeError as exc:
                self._fail(exc)
                return
            if socket is None:
                return
            self.socket = socket
            self._open(tasks)

    def _open(self, tasks: TaskGroup) -> None:
        self._has_road = True
        self._sender.take_road(self.socket, tasks)
        self._subject.open(now=self._now(), unix_time=_clock.unix_time())
        self._obey()

    def _not_opened(self, error: RealtimeConnectionError) -> None:
        self._subject.connection_lost(now=self._now(), error=error)
        self._obey()

    async def _read(self, socket: WebSocket) -> None:
        try:
            while True:
                frame: str | bytes | None = await socket.receive()
                now = self._now()
                try:
                    while frame is not None:
                        self._subject.receive(frame, now=now)
                        frame = socket.receive_nowait()
                finally:
                    self._obey()
        except Closed as end:
            with anyio.move_on_after(FAILED_CLOSE_S):
                await socket.flush()  # before it is told: with a failure the writer is cancelled
            self.lost(end.code, end.reason)
        except RealtimeError as exc:
            self._fail(exc)

    async def _leave(self, socket: WebSocket, road: Close) -> None:
        try:
            await socket.close(road.code, road.reason, timeout_s=FAILED_CLOSE_S)
        finally:  # cancelled, too: it is closed, and somebody may wait for that
            if socket is self.socket:
                self.lost(None, "")
