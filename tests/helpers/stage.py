"""The whole library in front of a provider in memory that says what a test tells it to.

`talking` opens a session on the face, with everything below it: callbacks, lanes, driver,
WebSocket, handshake. Only the network and the clock are missing, so that a test can be exact about
time (see `virtual`). What the client said is JSON, by connection; what the application was told is
events and errors.
"""

from __future__ import annotations

import base64
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from helpers.lines import SESSION, Lines
from realtime_io import RealtimeConfig, RealtimeError, RealtimeVoice, VoiceEvent, VoiceSession
from realtime_io._listener import listen_in_memory
from realtime_io._websocket import Closed
from realtime_proto import AudioChunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from realtime_io._handshake import Request
    from realtime_io._websocket import WebSocket

__all__ = ("Stage", "happens", "on_both", "playing", "talking")

MOMENT_S = 0.001

on_both = pytest.mark.parametrize("provider", ["openai", "gemini"])
"""A test of what both providers have."""


async def happens() -> None:
    """Let everything happen that needs no more time than a millisecond."""
    await anyio.sleep(MOMENT_S)


class Stage(Lines):
    """A provider, and what applications told it and were told.

    Args:
        provider: Whose protocol it speaks.
        session: What its sessions hold beside the usual.

    Attributes:
        base_url: Where it is, while it is `playing`.
        frames: What each connection brought, the set-up first.
        paths: What each connection asked for.
        events: What `on_event` was called with, and when.
        errors: What `on_error` was called with.
        heard: The audio `on_audio` was called with.
        on_frame: Called with each frame after the set-up.
        on_set_up: Called when a client's settings have come; None takes them at once.
        refuses: Whether who comes is turned away.
        n_dialled: How many came.
        n_overlapping: How many of them came while the connection before was open.
        failures: What went wrong in itself: empty, or a bug of the tests.
    """

    def __init__(self, provider: str, **session: Any) -> None:
        self.provider = provider
        self.base_url = ""
        self.frames: list[list[dict[str, Any]]] = []
        self.paths: list[str] = []
        self.events: list[VoiceEvent] = []
        self.errors: list[RealtimeError] = []
        self.heard: list[bytes] = []
        self.on_frame: Callable[[dict[str, Any]], object] = lambda _: None
        self.on_set_up: Callable[[], Awaitable[object]] | None = None
        self.refuses = False
        self.n_dialled = 0
        self.n_overlapping = 0
        self._deaf_s = 0.0
        self.failures: list[Exception] = []
        self._session = SESSION | {"model": "m"} | session
        self._socket: WebSocket | None = None

    # --- the provider

    @property
    def socket(self) -> WebSocket:
        """The newest connection."""
        assert self._socket is not None, "nobody has come yet"
        return self._socket

    def say(self, *frames: Any) -> None:
        """Say frames, on the newest connection."""
        for frame in frames:
            is_raw = isinstance(frame, str | bytes)
            self.socket.post(frame if is_raw else json.dumps(frame))

    def take_settings(self) -> None:
        """Say that the settings are taken, as they were sent."""
        if self.provider == "gemini":
            self.say({"setupComplete": {}})
        else:
            sent = self.frames[-1][0]["session"]
            kept = {name: sent[name] for name in ("audio", "instructions") if name in sent}
            self.say({"type": "session.updated", "session": self._session | kept})

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, on the newest connection."""
        await self.socket._stream.send(data)

    async def close(self, code: int, reason: str = "") -> None:
        """Close the newest connection."""
        await self.socket.close(code, reason, timeout_s=1)

    async def drop(self) -> None:
        """Let the newest connection break, without a word."""
        await self.socket.aclose()

    def go_deaf(self, seconds: float) -> None:
        """Read nothing for so long, not even pings; beginning with the next frame."""
        self._deaf_s = seconds

    async def serve(self, socket: WebSocket, request: Request) -> None:
        """One connection."""
        self.n_dialled += 1
        self.n_overlapping += self._socket is not None and self._socket.is_open
        if self.refuses:
            await socket.aclose()
            return
        self._socket = socket
        said: list[dict[str, Any]] = []
        self.frames.append(said)
        self.paths.append(request.target)
        if self.provider == "openai":
            self.say({"type": "session.created", "session": self._session})
        with suppress(Closed, RealtimeError):
            while True:
                frame = json.loads(await socket.receive())
                said.append(frame)
                await anyio.sleep(self._deaf_s)
                self._deaf_s = 0
                if len(said) > 1:
                    self.on_frame(frame)
                elif self.on_set_up is None:
                    self.take_settings()
                else:
                    await self.on_set_up()

    # --- what it was told

    def told(self, word: str = "", *, connection: int = -1) -> list[dict[str, Any]]:
        """What a connection brought after the set-up that holds a word; the newest by default."""
        return [frame for frame in self.frames[connection][1:] if word in json.dumps(frame)]

    def audio(self, *, connection: int = -1) -> bytes:
        """The audio that a connection brought."""
        found = []
        for frame in self.frames[connection]:
            if frame.get("type") == "input_audio_buffer.append":
                found.append(base64.b64decode(frame["audio"]))
            elif "audio" in frame.get("realtimeInput", {}):
                found.append(base64.b64decode(frame["realtimeInput"]["audio"]["data"]))
        return b"".join(found)

    def forget(self) -> None:
        """Keep nothing of what was told so far but the newest set-up."""
        self.events.clear()
        self.heard.clear()
        del self.frames[-1][1:]

    # --- the application

    def voice(self, config: RealtimeConfig | None = None, **settings: Any) -> RealtimeVoice:
        """A face that leads here, and notes what it is told.

        Args:
            config: The settings; None: these.
            settings: Settings, and options of the face.
        """
        names = ("reconnect", "strict")
        options = {name: settings.pop(name) for name in names if name in settings}
        voice = RealtimeVoice(
            settings.pop("provider", self.provider),
            config or RealtimeConfig(**settings),
            api_key="k",
            base_url=self.base_url,
            **options,
        )
        voice.on_event(self.events.append)
        voice.on_error(self.errors.append)
        voice.on_audio(self.heard.append)
        return voice

    def seen(self, *kinds: type) -> list[Any]:
        """The events of these types so far; audio only where it is asked for."""
        return [
            event
            for event in self.events
            if (isinstance(event, kinds) if kinds else not isinstance(event, AudioChunk))
        ]


@asynccontextmanager
async def playing(provider: str, **session: Any) -> AsyncIterator[Stage]:
    """A provider, for as long as the block runs. It must not fail itself."""
    stage = Stage(provider, **session)
    async with listen_in_memory(stage.serve, on_failure=stage.failures.append) as listening:
        stage.base_url = f"http://{listening.address}"
        yield stage
    assert [] == stage.failures


@asynccontextmanager
async def talking(
    provider: str, *, tools: Sequence[Any] = (), **settings: Any
) -> AsyncIterator[tuple[Stage, VoiceSession]]:
    """A provider, and a session with it that is hung up at the end of the block."""
    async with (
        playing(provider) as stage,
        stage.voice(tools=tools, **settings).connect() as session,
    ):
        yield stage, session
        await session.aclose()
