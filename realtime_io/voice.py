"""The friendly face: choose a provider, register callbacks, connect."""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from realtime_io._callbacks import (
    AudioCallback,
    Callbacks,
    ErrorCallback,
    EventCallback,
    InterruptedCallback,
    ToolCallback,
    TranscriptCallback,
    registered,
)
from realtime_io._dial import dial
from realtime_io._driver import Driver, hold_session
from realtime_io.session import VoiceSession
from realtime_proto.config import RealtimeConfig
from realtime_proto.conversation import Conversation
from realtime_proto.errors import ConfigurationError, ConfigurationWarning
from realtime_proto.providers import PROVIDERS, ProviderSpec
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    import ssl

__all__ = ("RealtimeVoice",)

PROVIDER_VARIABLE: Final = "REALTIME_VOICE_PROVIDER"

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class RealtimeVoice:
    """Live voice conversations with one provider.

    Callbacks are registered once, however often you connect. They may be plain functions or async
    ones; several may be registered for one thing, and each registration gives its function back.

    Args:
        provider: "openai" or "gemini". None takes REALTIME_VOICE_PROVIDER, or else the first
            provider with a key in the environment: OPENAI_API_KEY, then GEMINI_API_KEY or
            GOOGLE_API_KEY.
        config: The settings.
        api_key: The key; None takes it from the environment.
        base_url: Another server to talk to, a simulator or a gateway: "http://127.0.0.1:8000/v1"
            for OpenAI, "http://127.0.0.1:8000" for Gemini. None takes OPENAI_BASE_URL or
            GEMINI_BASE_URL, or else the vendor's own.
        ssl_context: How to verify the server, where the system's store is not what you want. None
            verifies against that.
        proxy: The URL of an HTTP proxy to go through, "http://user:password@host:3128", or
            "direct" for none. None takes the environment's: HTTPS_PROXY or ALL_PROXY, without what
            NO_PROXY lists and never for this machine itself.

    Raises:
        ConfigurationError: The provider is unknown, none has a key, or a value is not what it must
            be.
    """

    def __init__(
        self,
        provider: str | None = None,
        config: RealtimeConfig | None = None,
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | Secret | None = None,
    ) -> None:
        if config is not None and not isinstance(config, RealtimeConfig):
            raise ConfigurationError(f"config must be a RealtimeConfig, not {config!r:.60}")
        self._spec = _choose(provider)
        self._key = _key_for(self._spec, api_key)
        self._base_url = base_url
        self._ssl_context = ssl_context
        self._proxy = _proxy(proxy)
        self._callbacks = Callbacks()
        self.config: RealtimeConfig = config or RealtimeConfig()

    @property
    def provider(self) -> str:
        """The provider that was chosen."""
        return self._spec.name

    @staticmethod
    def available_providers() -> list[str]:
        """The names of all providers."""
        return list(PROVIDERS)

    @staticmethod
    def configured_providers() -> list[str]:
        """The names of the providers that have a key in the environment."""
        return [name for name, spec in PROVIDERS.items() if _key_in_environment(spec)]

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[VoiceSession]:
        """Open a session; `async with` ends it.

        Yields:
            The session, set up and ready.

        Raises:
            RealtimeConnectionError: The server cannot be reached, refuses, does not set the session
                up within 10 seconds, or ends the session while the body runs.
            ProviderError: The server refuses the settings.
            ConfigurationError: The provider cannot carry a setting, and `config.strict` insists.
            CallbackError: A callback raised; it ends the session.
        """
        conversation = Conversation(self._spec.dialect(), self.config, reports_delivery=True)
        if conversation.ignored:
            warnings.warn(
                f"{self._spec.name} has no place for {', '.join(conversation.ignored)}",
                ConfigurationWarning,
                stacklevel=3,
            )
        base_url = self._base_url or os.environ.get(self._spec.base_url_variable) or None
        endpoint = self._spec.endpoint(self.config.model, key=self._key, base_url=base_url)
        socket = await dial(endpoint, ssl_context=self._ssl_context, proxy=self._proxy)
        try:
            driver = Driver(
                conversation, socket, callbacks=self._callbacks, tools=self.config.tools
            )
            async with hold_session(driver):
                yield VoiceSession(driver)
        finally:
            await socket.aclose()

    def on_audio(self, function: AudioCallback) -> AudioCallback:
        """Call `function(audio: bytes)` with each chunk of speech: PCM16, 24 000 Hz, mono."""
        return registered(self._callbacks.audio, function)

    def on_transcript(self, function: TranscriptCallback) -> TranscriptCallback:
        """Call `function(text, is_final)` with the assistant's words; a final text is whole."""
        return registered(self._callbacks.transcript, function)

    def on_user_transcript(self, function: TranscriptCallback) -> TranscriptCallback:
        """Call `function(text, is_final)` with what the user says, as the server understood it."""
        return registered(self._callbacks.user_transcript, function)

    def on_tool_call(self, function: ToolCallback) -> ToolCallback:
        """Call `function(request)` for each tool call; what it returns is the answer.

        It comes before the tools of the configuration; return NotImplemented to leave a call to
        them.
        """
        return registered(self._callbacks.tool_call, function)

    def on_error(self, function: ErrorCallback) -> ErrorCallback:
        """Call `function(error)` with each error: a server's, a tool's, the one that ends all."""
        return registered(self._callbacks.error, function)

    def on_interrupted(self, function: InterruptedCallback) -> InterruptedCallback:
        """Call `function()` when the assistant was cut off: stop the playback."""
        return registered(self._callbacks.interrupted, function)

    def on_event(self, function: EventCallback) -> EventCallback:
        """Call `function(event)` with every event of the conversation."""
        return registered(self._callbacks.event, function)


def _choose(name: object) -> ProviderSpec:
    if name is None:
        name = os.environ.get(PROVIDER_VARIABLE) or None
    if name is None:
        configured = RealtimeVoice.configured_providers()
        if not configured:
            wanted = ", ".join(v for spec in PROVIDERS.values() for v in spec.key_variables)
            raise ConfigurationError(
                f"no API key: set one of {wanted}, or name a provider and give api_key",
                code="missing_key",
            )
        name = configured[0]
    if not isinstance(name, str) or name not in PROVIDERS:
        raise ConfigurationError(
            f"unknown provider {name!r:.60}; there are {', '.join(PROVIDERS)}",
            code="unknown_provider",
        )
    return PROVIDERS[name]


def _proxy(given: object) -> Secret | None:
    if given is None or isinstance(given, Secret):
        return given
    if not isinstance(given, str):
        raise ConfigurationError(
            f"proxy must be a URL, not {type(given).__name__}", code="invalid_proxy"
        )
    return Secret(given)


def _key_in_environment(spec: ProviderSpec) -> str | None:
    values = (os.environ.get(variable, "").strip() for variable in spec.key_variables)
    return next((value for value in values if value), None)


def _key_for(spec: ProviderSpec, given: object) -> Secret:
    if isinstance(given, Secret):
        return given
    if given is None:
        given = _key_in_environment(spec)
        if given is None:
            raise ConfigurationError(
                f"no API key for {spec.name}: set {' or '.join(spec.key_variables)}, "
                "or give api_key",
                code="missing_key",
            )
    if not isinstance(given, str) or not given.strip():
        raise ConfigurationError(
            f"api_key must be text that is not empty, not {type(given).__name__}",
            code="invalid_key",
        )
    return Secret(given)
