"""One listener on loopback that speaks both protocols, told apart by path."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, Protocol
from urllib.parse import parse_qs

import anyio
from attrs import frozen

from realtime_io._arguments import check_kind, check_number, check_several, check_whole
from realtime_io._handshake import Accept, Reject, Request
from realtime_io._listener import Listening, credential, listen, listen_in_memory
from realtime_io._tasks import background_tasks
from realtime_io._tls import check_context
from realtime_io._websocket import Closed, WebSocket
from realtime_io.simulator import voice
from realtime_io.simulator._ears import Engine, HummingEngine, SpokenEngine
from realtime_io.simulator._gemini import GeminiBrain
from realtime_io.simulator._openai import OpenAIBrain
from realtime_io.simulator._scenario import DEFAULT_SCENARIO, Scenario
from realtime_proto.errors import ConfigurationError, ConnectionLost, RealtimeError
from realtime_proto.wire import count_ids

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Collection

    from anyio.abc import TaskGroup

__all__ = ("Simulator",)


class _Brain(Protocol):
    def open(self, *, is_admitted: bool) -> None: ...

    def receive(self, frame: str | bytes) -> None: ...


@frozen
class _Caller:
    """What a handshake says of who calls."""

    protocol: Literal["openai", "gemini"]
    model: str
    key: str


class Simulator:
    """A server on this machine that speaks OpenAI Realtime and Gemini Live, with no key and no
    network.

    `async with Simulator() as simulator:` listens until the body ends. Point a client at it with
    `base_url`.

    Args:
        scenario: What the simulated model knows.
        with_voice: Hear and speak for real (needs the extra `demo`); False hums and only reads.
            None takes the voice where it is installed.
        keys: The API keys it takes; None takes any that is not empty.
        pace: How much faster than it plays audio is sent, as real servers do; 0 sends at once.
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        ssl_context: A server's, for clients that insist on TLS: its certificate must be for
            127.0.0.1.
        in_memory: For clients of this library in the same event loop, without a socket, a port or
            TLS: so also on a clock that jumps (`realtime_io.virtual`), the voice included.

    Raises:
        ConfigurationError: A voice is asked for and not installed, a port or TLS in memory, or an
            argument is not what it must be.

    Attributes:
        failures: What went wrong in the simulator itself while it served: empty, or a bug.
    """

    def __init__(
        self,
        scenario: Scenario = DEFAULT_SCENARIO,
        *,
        with_voice: bool | None = None,
        keys: Collection[str] | None = None,
        pace: float = 4.0,
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        in_memory: bool = False,
    ) -> None:
        check_kind("scenario", scenario, Scenario)
        if keys is not None:
            check_several(keys=keys)
        check_number(pace=pace)
        check_whole("port", port, range(65_536))
        check_context(ssl_context, is_server=True)
        if in_memory and (port or ssl_context is not None):
            raise ConfigurationError("in memory there are no ports, and no TLS")
        missing = voice.why_unavailable()
        if with_voice and missing is not None:
            raise ConfigurationError(f"the simulator has no voice: {missing}", code="no_voice")
        self._has_voice = missing is None if with_voice is None else with_voice
        self._scenario = scenario
        self._keys = keys
        self._pace = pace
        self._port = port
        self._ssl_context = ssl_context
        self._in_memory = in_memory
        self._new_session_id = count_ids("sess")
        self._server: Listening | None = None
        self.failures: list[BaseException] = []
        self._engine: Engine = (
            SpokenEngine(scenario.grammar) if self._has_voice else HummingEngine()
        )
        self._running = self._run()

    @property
    def has_voice(self) -> bool:
        """Whether it hears and speaks."""
        return self._has_voice

    def base_url(self, provider: str) -> str:
        """What `OPENAI_BASE_URL` or `GEMINI_BASE_URL` must be for clients to come here.

        Raises:
            ConfigurationError: There is no such provider, or the simulator does not listen.
        """
        if self._server is None:
            raise ConfigurationError("the simulator does not listen: use it with `async with`")
        if provider not in ("openai", "gemini"):
            raise ConfigurationError(f"the simulator does not speak {provider!r}")
        scheme = "https" if self._server.is_encrypted else "http"
        return f"{scheme}://{self._server.address}" + ("/v1" if provider == "openai" else "")

    async def __aenter__(self) -> Simulator:
        return await self._running.__aenter__()

    async def __aexit__(self, *details: object) -> bool | None:
        return await self._running.__aexit__(*details)  # type: ignore[arg-type]

    @asynccontextmanager
    async def _run(self) -> AsyncIterator[Simulator]:
        if self._has_voice:
            await voice.warm_up(self._scenario.grammar)
        async with self._listen() as server:
            self._server = server
            yield self
        self._server = None

    def _listen(self) -> AbstractAsyncContextManager[Listening]:
        note = self.failures.append
        if self._in_memory:
            return listen_in_memory(self._converse, select=_select, on_failure=note)
        return listen(
            self._converse,
            port=self._port,
            select=_select,
            ssl_context=self._ssl_context,
            on_failure=note,
        )

    # --- one connection

    async def _converse(self, socket: WebSocket, request: Request) -> None:
        caller = _caller(request)
        if isinstance(caller, Reject):  # as _select has found already
            return
        async with background_tasks() as tasks:
            brain = self._brain(caller, socket, tasks)
            brain.open(is_admitted=self._admits(caller.key))
            try:
                while True:
                    brain.receive(await socket.receive())
            except (Closed, RealtimeError):
                pass  # the peer went away or broke the protocol: its business
            finally:
                with anyio.CancelScope(shield=True):
                    await socket.close(timeout_s=1.0)

    def _admits(self, key: str) -> bool:
        return bool(key) if self._keys is None else key in self._keys

    def _brain(self, caller: _Caller, socket: WebSocket, tasks: TaskGroup) -> _Brain:
        def post(frame: str | bytes) -> None:
            with suppress(ConnectionLost):  # the reader is about to see the end
                socket.post(frame)

        def close(code: int, reason: str) -> None:
            tasks.start_soon(partial(socket.close, code, reason, timeout_s=1.0))

        if caller.protocol == "gemini":
            return GeminiBrain(
                post=post,
                close=close,
                tasks=tasks,
                scenario=self._scenario,
                engine=self._engine,
                pace=self._pace,
            )
        return OpenAIBrain(
            post=post,
            close=close,
            tasks=tasks,
            scenario=self._scenario,
            engine=self._engine,
            model=caller.model,
            session_id=self._new_session_id(),
            pace=self._pace,
        )


def _select(request: Request) -> Accept | Reject:
    caller = _caller(request)
    if isinstance(caller, Reject):
        return caller
    is_offered = caller.protocol == "openai" and "realtime" in request.subprotocols
    return Accept(subprotocol="realtime" if is_offered else None)


_BIDI: Final = ("BidiGenerateContent", "BidiGenerateContentConstrained")
"""The method that takes keys, and the one that takes short-lived tokens."""


def _caller(request: Request) -> _Caller | Reject:
    """Who calls, and for which protocol."""
    target, _, query = request.target.partition("?")
    path = "/" + target.lstrip("/")  # a client of Google's asks for //ws/...
    key = credential(request)
    shown = "" if key is None else key.reveal()
    if path.endswith("/realtime"):
        return _Caller("openai", parse_qs(query).get("model", [""])[0], shown)
    if path.startswith("/ws/") and path.endswith(_BIDI):
        return _Caller("gemini", "", shown)
    message = f"nothing at {path[:100]}; there is /v1/realtime and /ws/...BidiGenerateContent"
    body = json.dumps({"error": {"message": message, "code": "not_found"}}).encode()
    return Reject(404, body)
