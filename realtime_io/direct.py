"""Direct access to one provider, with `connect()` and `disconnect()` instead of a block.

`async with voice.connect()` is the better way wherever a block can be had: here the session lives
in a hosted task (see _hosted) until `disconnect()`, and who forgets it is told by a ResourceWarning
when the provider object goes.
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import anyio

from realtime_io._callbacks import CallbackRegistry
from realtime_io._connect import Connector, connector_for
from realtime_io._driver import hold_session
from realtime_io._hosted import Hosted, host
from realtime_io.session import VoiceSession
from realtime_proto.errors import LocalProtocolError

if TYPE_CHECKING:
    import ssl

    from realtime_io._driver import Driver
    from realtime_proto.backoff import Backoff
    from realtime_proto.config import RealtimeConfig
    from realtime_proto.conversation import Conversation
    from realtime_proto.secret import Secret

__all__ = ("GeminiRealtimeProvider", "OpenAIRealtimeProvider")


class _DirectProvider(CallbackRegistry):
    """One provider, spoken to directly. The callbacks are those of RealtimeVoice.

    Args:
        config: The settings.
        api_key: The key; None takes it from the environment.
        base_url: Another server to talk to; None takes the environment's or the vendor's own.
        ssl_context: How to verify the server; None verifies against the system's store.
        proxy: The URL of an HTTP proxy, or "direct"; None takes the environment's.
        reconnect: Whether a lost connection is opened again; a `Backoff` says how patiently.
        strict: End the session where the server sends what cannot be read, for tests.

    Raises:
        ConfigurationError: There is no key, or a value is not what it must be.
    """

    _name: ClassVar[str]

    def __init__(
        self,
        config: RealtimeConfig | None = None,
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | Secret | None = None,
        reconnect: bool | Backoff = True,
        strict: bool = False,
    ) -> None:
        super().__init__()
        self._hosted: Hosted | None = None
        self._holding: _Holding | None = None
        self._connector = connector_for(
            self._name,
            config,
            api_key=api_key,
            base_url=base_url,
            ssl_context=ssl_context,
            proxy=proxy,
            reconnect=reconnect,
            strict=strict,
            callbacks=self._callbacks,
        )

    @property
    def config(self) -> RealtimeConfig:
        """The settings."""
        return self._connector.config

    @property
    def is_connected(self) -> bool:
        """Whether there is a session that can be spoken to."""
        driver = None if self._holding is None else self._holding.driver
        return driver is not None and driver.is_active

    async def connect(self) -> VoiceSession:
        """Open a session. `disconnect()` must follow, whatever happens in between.

        Raises:
            LocalProtocolError: It is connected already.
            RealtimeError: The session cannot be opened, as by `RealtimeVoice.connect`; there is
                nothing to disconnect then.
        """
        if self._hosted is not None:
            raise LocalProtocolError("this provider is connected already: disconnect() it first")
        holding = _Holding(self._connector, self._connector.conversation(stacklevel=2))
        hosted = self._hosted = host(holding.run, name="realtime_io session")
        try:
            await holding.opened.wait()
        except BaseException:  # cancelled: nobody else would close what is half open
            self._hosted = None
            await hosted.aclose()
            raise
        if holding.driver is None:
            self._hosted = None
            await hosted.wait()
            raise hosted.failure or LocalProtocolError("the event loop is closing")
        self._holding = holding
        return VoiceSession(holding.driver, owner=self)

    async def disconnect(self) -> None:
        """Close the session; without one it does nothing.

        Raises:
            RealtimeError: The session failed, and nobody was told yet: neither did a call raise it,
                nor is one being handled now.
        """
        hosted, holding = self._hosted, self._holding
        if hosted is None or holding is None:
            return
        self._hosted = self._holding = None
        holding.leave.set()
        with anyio.CancelScope(shield=True):
            await hosted.wait()
        driver = holding.driver
        was_told = sys.exception() is not None or (driver is not None and driver.was_told)
        if hosted.failure is not None and not was_told:
            raise hosted.failure

    def __del__(self) -> None:
        hosted = getattr(self, "_hosted", None)  # __init__ may have raised before it was there
        if hosted is not None:
            hosted.stop()
            warnings.warn(
                f"{type(self).__name__} was never disconnected: call disconnect() in a `finally`",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )


class OpenAIRealtimeProvider(_DirectProvider):
    """OpenAI Realtime, spoken to directly.

    `session = await provider.connect()`, then `await provider.disconnect()` in a `finally`. The
    callbacks are those of RealtimeVoice: `on_audio`, `on_transcript` and so on.

    Args:
        config: The settings.
        api_key: The key; None takes OPENAI_API_KEY.
        base_url: Another server to talk to; None takes OPENAI_BASE_URL or the vendor's own.
        ssl_context: How to verify the server; None verifies against the system's store.
        proxy: The URL of an HTTP proxy, or "direct"; None takes the environment's.
        reconnect: Whether a lost connection is opened again; a `Backoff` says how patiently.
        strict: End the session where the server sends what cannot be read, for tests.

    Raises:
        ConfigurationError: There is no key, or a value is not what it must be.
    """

    _name = "openai"


class GeminiRealtimeProvider(_DirectProvider):
    """Gemini Live, spoken to directly.

    `session = await provider.connect()`, then `await provider.disconnect()` in a `finally`. The
    callbacks are those of RealtimeVoice: `on_audio`, `on_transcript` and so on.

    Args:
        config: The settings.
        api_key: The key; None takes GEMINI_API_KEY or GOOGLE_API_KEY.
        base_url: Another server to talk to; None takes GEMINI_BASE_URL or the vendor's own.
        ssl_context: How to verify the server; None verifies against the system's store.
        proxy: The URL of an HTTP proxy, or "direct"; None takes the environment's.
        reconnect: Whether a lost connection is opened again; a `Backoff` says how patiently.
        strict: End the session where the server sends what cannot be read, for tests.

    Raises:
        ConfigurationError: There is no key, or a value is not what it must be.
    """

    _name = "gemini"


class _Holding:
    """What runs in the background, and what the provider looks at. Refers to no provider."""

    def __init__(self, connector: Connector, conversation: Conversation) -> None:
        self.driver: Driver | None = None
        self.opened = anyio.Event()
        self.leave = anyio.Event()
        self._connect = partial(connector.driver, conversation)

    async def run(self) -> None:
        """Hold the session until it is to be left."""
        try:
            driver = await self._connect()
            async with hold_session(driver):
                self.driver = driver
                self.opened.set()
                await self.leave.wait()
        finally:
            self.opened.set()
