"""A conversation over real TCP and TLS that is cut, reset, stalled and slowed at twenty offsets.

Each run proves that it reached its offset and ends, within the deadline of what was waited for, in
the one right error; what comes through in the end, slowly, is no error at all. No task and no
socket is left. The cut after every single byte is tested in memory, beside the WebSocket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from attrs import define
from helpers.certificates import client_context, server_context
from helpers.cuts import stretch
from helpers.errors import alone
from helpers.leaks import nothing_left, traces

from realtime_io import _driver
from realtime_io._callbacks import Callbacks
from realtime_io._dial import dial
from realtime_io._driver import Driver, hold_session
from realtime_io._keepalive import KeepAlive
from realtime_io.session import VoiceSession
from realtime_io.simulator import Simulator
from realtime_proto import PROVIDERS, RealtimeConfig, ResponseDone, Secret
from realtime_proto.conversation import Conversation
from realtime_proto.errors import (
    ConnectionLost,
    ConnectTimeout,
    RealtimeConnectionError,
    RealtimeError,
)
from realtime_proto.limits import Limits

if TYPE_CHECKING:
    import ssl

    from helpers.cuts import Direction, Fault

OFFSETS = 20
QUESTION = "hello " + "and " * 1000
"""Long, so that some of the offsets are in what is said once the session is open."""

DEADLINE_S = {"end": 10.0, "reset": 10.0, "stall": 2.0, "trickle": 10.0}
"""Of connecting, of the set-up, and of a ping that nothing answers: short where it must run out,
and still long enough for twenty TLS handshakes at once on a busy machine."""

CLOSE_S = 0.3

LONGEST = 4
"""In deadlines: all of them one after the other, and the time that twenty runs at once take."""


@define
class Run:
    """What became of one conversation."""

    stage: str = "connect"  # then "set-up", "open", "answered", "over"
    error: RealtimeError | None = None


async def converse(
    provider: str, base_url: str, context: ssl.SSLContext | None, deadline_s: float
) -> Run:
    """Connect, ask, wait for the answer, leave."""
    run = Run()
    try:
        await _converse(run, provider, base_url, context, deadline_s)
    except RealtimeError as exc:
        run.error = exc
    return run


async def _converse(
    run: Run, provider: str, base_url: str, context: ssl.SSLContext | None, deadline_s: float
) -> None:
    spec = PROVIDERS[provider]
    socket = await dial(
        spec.endpoint(None, key=Secret("any"), base_url=base_url),
        timeout_s=deadline_s,
        ssl_context=context,
        keepalive=KeepAlive(interval_s=deadline_s / 2, timeout_s=deadline_s / 2),
    )
    run.stage = "set-up"
    conversation = Conversation(
        spec.dialect(),
        RealtimeConfig(),
        limits=Limits(setup_s=deadline_s),
        reports_delivery=True,
    )
    driver = Driver(conversation, socket, callbacks=Callbacks(), tools=())
    try:
        async with hold_session(driver):
            run.stage = "open"
            session = VoiceSession(driver)
            events = aiter(session)
            await session.send_text(QUESTION)
            async for event in events:
                if isinstance(event, ResponseDone):
                    run.stage = "answered"
                    break
        run.stage = "over"
    finally:
        await socket.aclose()


def check(run: Run, fault: Fault) -> None:
    """Whether this is how it must end."""
    if fault == "trickle":
        assert ("over", None) == (run.stage, run.error)
        return
    error = run.error
    if run.stage in ("answered", "over"):
        # Cut in the goodbye: whoever leaves has all it wanted, and may hear of it or not.
        assert error is None or isinstance(error, ConnectionLost)
        return
    assert isinstance(error, RealtimeConnectionError)
    assert alone(error), repr([error.__cause__, error.__context__])
    if run.stage == "connect":
        assert not isinstance(error, ConnectionLost)
        assert (fault == "stall") == isinstance(error, ConnectTimeout)
    elif run.stage == "set-up":
        is_lost = isinstance(error, ConnectionLost)
        assert is_lost or isinstance(error, ConnectTimeout)
        assert is_lost or fault == "stall"
        if isinstance(error, ConnectionLost):
            assert ("set-up", None) == (error.phase, error.received)
    else:
        assert isinstance(error, ConnectionLost)
        assert ("open", None) == (error.phase, error.received)
        assert error.retryable


@pytest.mark.parametrize("fault", DEADLINE_S)
@pytest.mark.parametrize("provider", ["openai", "gemini"])
@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_conversation_that_fails_at_twenty_offsets(
    provider: str,
    encrypted: bool,
    direction: Direction,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The right error within its deadline, at every offset and at every stage."""
    monkeypatch.setattr(_driver, "CLOSE_S", CLOSE_S)
    monkeypatch.setattr(_driver, "FAILED_CLOSE_S", CLOSE_S)
    context = client_context() if encrypted else None
    deadline_s = DEADLINE_S[fault]
    stages: list[str] = []
    before = traces()

    async def one(base_url: str, offset: int) -> None:
        async with stretch(
            base_url.partition("//")[2].partition("/")[0], direction, offset, fault
        ) as road:
            began = anyio.current_time()
            run = await converse(
                provider, base_url.replace(target, road.address), context, deadline_s
            )
            took = anyio.current_time() - began
        assert road.was_reached, (offset, road.passed, run)
        check(run, fault)
        assert took < LONGEST * deadline_s
        stages.append(run.stage)

    with anyio.fail_after(60):
        async with Simulator(
            with_voice=False, pace=0, ssl_context=server_context() if encrypted else None
        ) as simulator:
            base_url = simulator.base_url(provider)
            target = base_url.partition("//")[2].partition("/")[0]
            async with stretch(target) as road:
                whole = await converse(
                    provider, base_url.replace(target, road.address), context, deadline_s
                )
            assert ("over", None) == (whole.stage, whole.error)
            # The last bytes are of the goodbye, and TLS does not always say the same many.
            n_bytes = road.passed[direction] * 85 // 100
            async with anyio.create_task_group() as tasks:
                for i in range(OFFSETS):
                    tasks.start_soon(one, base_url, n_bytes * i // OFFSETS)
        assert [] == simulator.failures
        await nothing_left(before)
    assert OFFSETS == len(stages)
    if fault != "trickle":
        assert {"connect", "open"} <= set(stages)
