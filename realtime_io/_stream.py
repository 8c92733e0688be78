"""What `voice.run(stream)` gives: a conversation as one asynchronous iterator.

The pump, in a hosted task (see _hosted), opens the session, sends what the stream gives and waits
until the last answer is complete; events wait in the session's own bounded lane. It refers to the
state the two share and never to the stream object, so that leaving a bare `async for` drops the
last reference to the object and stops the pump. The application's own iterator is read by one task
and is not cancelled between two chunks, which would end an asynchronous generator.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Final, Self

import anyio

from realtime_io._driver import hold_session
from realtime_io._hosted import Hosted, host
from realtime_io._tasks import background_tasks
from realtime_io.session import VoiceSession
from realtime_proto.errors import ConfigurationError, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from types import TracebackType

    from realtime_io._connect import Connector
    from realtime_io._driver import Driver
    from realtime_proto.conversation import Conversation
    from realtime_proto.events import VoiceEvent

__all__ = ("VoiceStream",)

ANSWER_S: Final = 10.0
"""How long the server may say nothing at all while an answer is owed: it may have taken what it
heard for no turn after all."""

SOURCE_CLOSE_S: Final = 1.0
"""How long the application's generator may take to close."""


class VoiceStream:
    """The events of a conversation that a stream of audio is spoken into. Made by
    `RealtimeVoice.run()`.

    The session is opened by the first event asked for. Iteration ends when the stream of audio has
    ended and the last answer to it is complete, or when the server ends the session; the callbacks
    have been called with everything by then. An error is raised by the `async for`, after the
    events that came before it.

    Leaving the loop in any way ends the session: in the background after a bare `async for`, before
    the next line after `async with voice.run(stream) as events`. Cancelling the wait for an event,
    as a timeout around it does, ends the session too.

    One task iterates.
    """

    def __init__(
        self, connector: Connector, conversation: Conversation, source: AsyncIterable[bytes]
    ) -> None:
        if not hasattr(source, "__aiter__"):
            raise ConfigurationError(
                f"run() takes an asynchronous iterable of PCM16 bytes, not {type(source).__name__}"
            )
        self._pump = _Pump(connector, conversation, source)
        self._hosted: Hosted | None = None
        self._is_over = False

    @property
    def session(self) -> VoiceSession | None:
        """The session, while it is open: to interrupt, to send text, to say what was played."""
        driver = self._pump.driver
        return None if driver is None or self._is_over else VoiceSession(driver)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> VoiceEvent:
        if self._is_over:
            raise StopAsyncIteration
        if self._hosted is None:
            self._hosted = host(self._pump.run, name="realtime_io stream")
        try:
            event = await self._pump.take()
            if event is not None:
                return event
            await self._hosted.wait()
        except BaseException:  # cancelled: see the class's docstring
            await self.aclose()
            raise
        self._is_over = True
        if self._hosted.failure is not None:
            raise self._hosted.failure
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the session, if it is open, and return when all it held is closed."""
        self._is_over = True
        if self._hosted is not None:
            await self._hosted.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        hosted = getattr(self, "_hosted", None)  # __init__ may have raised before it was there
        if hosted is not None:
            hosted.stop()


class _Pump:
    """What runs in the background, and what the stream looks at."""

    def __init__(
        self, connector: Connector, conversation: Conversation, source: AsyncIterable[bytes]
    ) -> None:
        self.driver: Driver | None = None
        self._connector = connector
        self._conversation = conversation
        self._source = source
        self._opened = anyio.Event()
        self._is_fed = False
        self._feed_failure: BaseException | None = None

    async def take(self) -> VoiceEvent | None:
        """The next event; None once there will be none."""
        await self._opened.wait()
        if self.driver is None:
            return None
        event = await self.driver.iterate().take()
        if event is not None:
            self.driver.delivered(event)
        return event

    async def run(self) -> None:
        """Hold the conversation until it is over."""
        try:
            driver = await self._connector.driver(self._conversation)
            self._begin(driver)
            async with hold_session(driver):
                async with background_tasks() as tasks:
                    tasks.start_soon(partial(self._feed, driver), name="realtime_io microphone")
                    await driver.wait_until(self._is_answered, patience_s=ANSWER_S)
                if self._feed_failure is not None:
                    raise self._feed_failure
                await driver.wait_delivered()
        finally:
            self._opened.set()

    def _begin(self, driver: Driver) -> None:
        driver.iterate()  # from here on nothing is missed
        self.driver = driver
        self._opened.set()

    def _is_answered(self) -> bool:
        has_failed = self._feed_failure is not None
        return has_failed or (self._is_fed and not self._conversation.owes_answer)

    async def _feed(self, driver: Driver) -> None:
        session = VoiceSession(driver)
        source = aiter(self._source)
        try:
            async for chunk in source:
                await session.send_audio(chunk)
            await session.end_audio()
        except Exception as exc:  # whatever the application's iterator raises
            if driver.is_active or not isinstance(exc, ConnectionLost):
                self._feed_failure = exc
            # Otherwise the session is over, and says itself why.
        finally:
            self._is_fed = True
            driver.changed()
            if inspect.isasyncgen(source):
                with anyio.move_on_after(SOURCE_CLOSE_S, shield=True):
                    await source.aclose()
