"""From settings to a session: the one place that puts a conversation, a road and a driver together.

What can be known to be wrong without a network is found by `conversation()`, in the caller's own
stack; `driver()` waits for the connection, and `hold_session` for the rest.
"""

from __future__ import annotations

import warnings
from random import SystemRandom
from typing import TYPE_CHECKING, Final

import attrs
from attrs import frozen

from realtime_io import _registry
from realtime_io._callbacks import Callbacks
from realtime_io._dial import dial
from realtime_io._driver import Driver
from realtime_io._keepalive import KeepAlive
from realtime_io._tls import check_context
from realtime_proto.backoff import DEFAULT_BACKOFF, Backoff
from realtime_proto.closing import with_hint
from realtime_proto.config import RealtimeConfig
from realtime_proto.conversation import Conversation
from realtime_proto.errors import ConfigurationError, ConfigurationWarning, HandshakeRejected
from realtime_proto.providers import ProviderSpec
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    import ssl  # noqa: TC004 - nothing reads the annotations of Connector

    from realtime_io._websocket import WebSocket
    from realtime_io.recorder import Recorder
    from realtime_proto.dialect import Endpoint
    from realtime_proto.history import History
    from realtime_proto.resume import ResumeState

__all__ = ("Connector", "connector_for")

_RANDOM: Final = SystemRandom()


@frozen(kw_only=True)
class Connector:
    """Everything that a session is made from.

    Args:
        spec: The provider.
        config: The settings.
        key: The API key.
        base_url: Another server than the environment's or the vendor's.
        ssl_context: How to verify the server; None: against the system's store.
        proxy: A proxy's URL, or "direct"; None: the environment's.
        backoff: How a lost connection is tried again.
        strict: Whether what cannot be read ends the session.
        callbacks: What the application registers.
    """

    spec: ProviderSpec
    config: RealtimeConfig
    key: Secret
    base_url: str | None
    ssl_context: ssl.SSLContext | None
    proxy: Secret | None
    backoff: Backoff
    strict: bool
    callbacks: Callbacks

    def conversation(
        self,
        *,
        stacklevel: int,
        history: History | None = None,
        resume: ResumeState | None = None,
    ) -> Conversation:
        """A new conversation. One warning names the settings the provider has no place for.

        Args:
            stacklevel: Whose line the warning shows; 1 is the caller of this method.
            history: What was said before.
            resume: Where another session ended.

        Raises:
            ConfigurationError: The provider cannot carry a setting, and that matters.
        """
        conversation = Conversation(
            self.spec.dialect(),
            self.config,
            seed=history,
            resume=resume,
            endpoint=self.endpoint(),
            backoff=self.backoff,
            chance=_RANDOM.random,
            strict=self.strict,
            reports_delivery=True,
        )
        if conversation.ignored:
            warnings.warn(
                f"{self.spec.name} has no place for {', '.join(conversation.ignored)}",
                ConfigurationWarning,
                stacklevel=stacklevel + 1,
            )
        return conversation

    async def driver(
        self, conversation: Conversation, *, recorder: Recorder | None = None
    ) -> Driver:
        """Connect, for `hold_session` to hold the conversation over it. Nothing has happened yet.

        Args:
            conversation: From `conversation()`.
            recorder: Takes its journal.

        Raises:
            RealtimeError: See `RealtimeVoice.connect`.
        """
        socket = await self._dial(conversation.blueprint.endpoint)
        try:
            return Driver(
                conversation,
                socket,
                dial=self._dial,
                callbacks=self.callbacks,
                tools=self.config.tools,
                recorder=recorder,
            )
        except BaseException:  # such as a recorder's: nobody else knows of the socket
            await socket.aclose()
            raise

    def endpoint(self) -> Endpoint:
        """Where a session is opened. Raises ConfigurationError where the base URL is none."""
        base_url = _registry.base_url_for(self.spec, self.base_url)
        return self.spec.endpoint(self.config.model, key=self.key, base_url=base_url)

    async def _dial(self, endpoint: Endpoint | None) -> WebSocket:
        try:
            return await dial(
                endpoint or self.endpoint(),
                ssl_context=self.ssl_context,
                proxy=self.proxy,
                keepalive=KeepAlive(timeout_s=self.spec.ping_timeout_s),
            )
        except HandshakeRejected as exc:
            rejected = exc
        raise with_hint(rejected, rules=self.spec.rules)


def connector_for(
    provider: object,
    config: object,
    *,
    api_key: object,
    base_url: str | None,
    ssl_context: ssl.SSLContext | None,
    proxy: object,
    reconnect: object,
    strict: object,
    callbacks: Callbacks,
) -> Connector:
    """A connector from what the application gave and what the environment says.

    Raises:
        ConfigurationError: The provider is unknown, none has a key, the base URL is none, or a
            value is not what it must be.
    """
    if config is not None and not isinstance(config, RealtimeConfig):
        raise ConfigurationError(f"config must be a RealtimeConfig, not {config!r:.60}")
    if not isinstance(strict, bool):
        raise ConfigurationError(f"strict must be True or False, not {strict!r:.60}")
    spec = _registry.choose(provider)
    config = config or RealtimeConfig()
    check_context(ssl_context)
    model = spec.model_for(config.model, _registry.settings_for(spec))
    connector = Connector(
        spec=spec,
        config=config if model == config.model else attrs.evolve(config, model=model),
        key=_registry.key_for(spec, api_key),
        base_url=base_url,
        ssl_context=ssl_context,
        proxy=_proxy(proxy),
        backoff=_backoff(reconnect),
        strict=strict,
        callbacks=callbacks,
    )
    if base_url:
        connector.endpoint()  # raises where it is none
    return connector


def _backoff(given: object) -> Backoff:
    if given is True:
        return DEFAULT_BACKOFF
    if given is False:
        return Backoff(attempts=0)
    if not isinstance(given, Backoff):
        raise ConfigurationError(
            f"reconnect must be True, False or a Backoff, not {given!r:.60}", code="invalid_config"
        )
    return given


def _proxy(given: object) -> Secret | None:
    if given is None or isinstance(given, Secret):
        return given
    if not isinstance(given, str):
        raise ConfigurationError(
            f"proxy must be a URL, not {type(given).__name__}", code="invalid_proxy"
        )
    return Secret(given)
