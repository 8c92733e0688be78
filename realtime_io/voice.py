"""The friendly face: choose a provider, register callbacks, connect."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from realtime_io import _registry
from realtime_io._callbacks import CallbackRegistry
from realtime_io._connect import connector_for
from realtime_io._driver import hold_session
from realtime_io._stream import VoiceStream
from realtime_io.recorder import Recorder
from realtime_io.session import VoiceSession

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import AsyncIterable, AsyncIterator

    from realtime_proto.backoff import Backoff
    from realtime_proto.config import RealtimeConfig
    from realtime_proto.history import History
    from realtime_proto.providers import ProviderSpec
    from realtime_proto.resume import ResumeState
    from realtime_proto.secret import Secret

__all__ = ("RealtimeVoice", "list_models", "list_voices", "realtime_voice")

_NOT_RECORDED: Final = nullcontext()


class RealtimeVoice(CallbackRegistry):
    """Live voice conversations with one provider.

    Callbacks are registered once, however often you connect. They may be plain functions or async
    ones; several may be registered for one thing, and each registration gives its function back.

    Args:
        provider: "openai", "gemini" or a registered one. None takes REALTIME_VOICE_PROVIDER, or
            else the first provider with a key in the environment: OPENAI_API_KEY, then
            GEMINI_API_KEY or GOOGLE_API_KEY.
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
        reconnect: Whether a lost connection is opened again, with all that was said; a `Backoff`
            says how patiently. `Reconnecting` and `Reconnected` tell of it, and of what was lost.
        strict: End the session with RemoteProtocolError where the server sends what cannot be read,
            for tests. Else on_error is told of it, and the session goes on.

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
        reconnect: bool | Backoff = True,
        strict: bool = False,
    ) -> None:
        super().__init__()
        self._connector = connector_for(
            provider,
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
    def provider(self) -> str:
        """The provider that was chosen."""
        return self._connector.spec.name

    @property
    def config(self) -> RealtimeConfig:
        """The settings."""
        return self._connector.config

    @staticmethod
    def available_providers() -> list[str]:
        """The names of all providers: built in, registered, installed."""
        return _registry.available()

    @staticmethod
    def configured_providers() -> list[str]:
        """The names of the providers that have a key in the environment."""
        return _registry.configured()

    @staticmethod
    def register_provider(name: str, spec: ProviderSpec) -> None:
        """Add a provider of your own, for the whole process.

        A distribution can offer one without a call, by an entry point of the group
        "realtime_io.providers" whose value is the ProviderSpec.

        Args:
            name: What it is called; not "openai" or "gemini".
            spec: Its dialect, endpoint and key variables.

        Raises:
            ConfigurationError: The name is taken by a built-in provider, or a value is not what it
                must be.
        """
        _registry.register(name, spec)

    @asynccontextmanager
    async def connect(
        self,
        *,
        record: str | os.PathLike[str] | Recorder | None = None,
        history: History | None = None,
        resume: ResumeState | None = None,
    ) -> AsyncIterator[VoiceSession]:
        """Open a session; `async with` ends it.

        Where you work with callbacks, the end of the block first lets what was asked in it be
        answered, for 10 seconds at most; where you iterate over the session, you see yourself when
        to leave. An exception, a cancellation and `session.aclose()` hang up at once.

        Args:
            record: Record the conversation: the file to make, a folder to make one in, or a
                `Recorder`. Where writing fails, on_error is told and the conversation goes on.
            history: What was said before: `session.history` of an earlier session, of any provider.
            resume: `session.resume_state` of one that ended: the server's own session is resumed
                where it can be, else the new one is told the history.

        Yields:
            The session, set up and ready.

        Raises:
            RealtimeConnectionError: The server cannot be reached, refuses, does not set the session
                up within 10 seconds, or ends the session while the body runs.
            ProviderError: The server refuses the settings.
            ConfigurationError: The provider cannot carry a setting, and `config.strict` insists.
            CallbackError: A callback raised; it ends the session.
            RecordingError: There is a file of that name already. Nothing was started.
        """
        recorder = record if record is None or isinstance(record, Recorder) else Recorder(record)
        conversation = self._connector.conversation(stacklevel=3, history=history, resume=resume)
        with recorder or _NOT_RECORDED:
            driver = await self._connector.driver(conversation, recorder=recorder)
            async with hold_session(driver):
                yield VoiceSession(driver)
                await driver.linger()

    def run(self, stream: AsyncIterable[bytes]) -> VoiceStream:
        """Speak a stream of audio into a conversation of its own, and give the events.

        `async for event in voice.run(microphone())` ends when the stream has ended and the last
        answer is complete. Leave the loop whenever you like; `async with voice.run(...) as events`
        also waits until everything is closed.

        Args:
            stream: Pieces of PCM16 little-endian mono at the provider's input rate (OpenAI 24 000
                Hz, Gemini 16 000 Hz), split anywhere. An asynchronous generator is closed with the
                conversation.

        Raises:
            ConfigurationError: It is no asynchronous iterable, or the provider cannot carry a
                setting and `config.strict` insists. Everything else is raised by the iteration, as
                by `connect`.
        """
        return VoiceStream(self._connector, self._connector.conversation(stacklevel=2), stream)


def realtime_voice(
    provider: str | None = None,
    config: RealtimeConfig | None = None,
    *,
    api_key: str | Secret | None = None,
    base_url: str | None = None,
    ssl_context: ssl.SSLContext | None = None,
    proxy: str | Secret | None = None,
    reconnect: bool | Backoff = True,
    strict: bool = False,
) -> RealtimeVoice:
    """A RealtimeVoice, as a function: the same arguments and errors."""
    return RealtimeVoice(
        provider,
        config,
        api_key=api_key,
        base_url=base_url,
        ssl_context=ssl_context,
        proxy=proxy,
        reconnect=reconnect,
        strict=strict,
    )


def list_models(provider: str | None = None) -> list[str]:
    """The names of a provider's models that are known, for `RealtimeConfig.model`.

    What is not listed is passed through as it is given: a catalogue grows old.
    `ProviderSpec.models` says more of each.

    Args:
        provider: Its name; None: the one that `RealtimeVoice()` would take.

    Raises:
        ConfigurationError: There is no such provider, or none is named and none has a key.
    """
    return [model.name for model in _registry.choose(provider).models]


def list_voices(provider: str | None = None) -> list[str]:
    """The names of a provider's voices that are known, for `RealtimeConfig.voice`.

    Args:
        provider: Its name; None: the one that `RealtimeVoice()` would take.

    Raises:
        ConfigurationError: There is no such provider, or none is named and none has a key.
    """
    return [voice.name for voice in _registry.choose(provider).voices]
