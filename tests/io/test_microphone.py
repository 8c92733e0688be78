"""What a microphone hears in a thread of its own, on its way into the event loop."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from realtime_io import RealtimeVoice
from realtime_io._microphone import Microphone
from realtime_io._outgoing import MAX_AUDIO_MS
from realtime_proto.errors import ConfigurationError, ConnectionLost, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_io.simulator import Simulator

RATE_HZ = 16_000
MS = 2 * RATE_HZ // 1_000
"""Bytes a millisecond."""


def in_another_thread(function: Callable[[], object]) -> BaseException | None:
    """What it raised there; the event loop stands still meanwhile."""
    raised: list[BaseException] = []

    def call() -> None:
        try:
            function()
        except BaseException as exc:
            raised.append(exc)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return raised[0] if raised else None


async def test_pieces_are_heard_in_order_and_in_the_loop() -> None:
    """By one call for all that lie there."""
    heard: list[tuple[bytes, int, int]] = []
    all_heard = anyio.Event()

    def hear(data: bytes, rate_hz: int) -> None:
        heard.append((data, rate_hz, threading.get_ident()))
        if data == b"last":
            all_heard.set()

    microphone = Microphone(2, hear)
    assert microphone.is_here
    for piece in (b"one", b"two", b"last"):
        assert None is in_another_thread(lambda: microphone.put(piece, RATE_HZ))  # noqa: B023
    assert [] == heard
    with anyio.fail_after(5):
        await all_heard.wait()
    here = threading.get_ident()
    assert [(b"one", RATE_HZ, here), (b"two", RATE_HZ, here), (b"last", RATE_HZ, here)] == heard
    assert 0 == microphone.dropped_ms


async def test_before_a_loop_that_is_busy_the_oldest_are_dropped() -> None:
    """Two seconds are kept, at whatever rate they are, and the rest is counted."""
    heard: list[bytes] = []
    all_heard = anyio.Event()

    def hear(data: bytes, rate_hz: int) -> None:
        heard.append(data)
        if data[0] == 99:
            all_heard.set()

    microphone = Microphone(2, hear)

    def speak() -> None:
        for n in range(100):
            rate_hz = RATE_HZ * (1 + n % 2)
            microphone.put(bytes([n]) * (100 * 2 * rate_hz // 1_000), rate_hz)

    assert None is in_another_thread(speak)
    with anyio.fail_after(5):
        await all_heard.wait()
    n_kept = MAX_AUDIO_MS // 100
    assert list(range(100 - n_kept, 100)) == [data[0] for data in heard]
    assert (100 - n_kept) * 100 == microphone.dropped_ms


async def test_a_piece_longer_than_all_that_is_kept_is_heard() -> None:
    """It is for the connection to say how much of it is late."""
    heard: list[int] = []
    microphone = Microphone(2, lambda data, _: heard.append(len(data)))
    assert None is in_another_thread(lambda: microphone.put(bytes(10_000 * MS), RATE_HZ))
    with anyio.fail_after(5):
        while not heard:
            await anyio.lowlevel.checkpoint()
    assert [10_000 * MS] == heard


async def test_why_a_piece_was_not_sent_is_said_to_the_next() -> None:
    """Once; nobody waits for the piece itself."""

    def hear(data: bytes, _: int) -> None:
        tried.set()
        raise ConnectionLost("gone")

    tried = anyio.Event()
    microphone = Microphone(2, hear)
    put = partial(microphone.put, b"xx", RATE_HZ)
    assert None is in_another_thread(put)
    with anyio.fail_after(5):
        await tried.wait()
    assert "gone" in str(in_another_thread(put))
    assert None is in_another_thread(put)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_has_ended_is_a_connection_lost(backend: str) -> None:
    async def main() -> Microphone:
        return Microphone(2, lambda *_: pytest.fail("heard"))

    microphone = anyio.run(main, backend=backend)
    with pytest.raises(ConnectionLost, match="event loop"):
        microphone.put(b"xx", RATE_HZ)


@pytest.mark.parametrize("provider", ["openai", "gemini"])
async def test_a_session_hears_a_microphone_in_another_thread(
    provider: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says there what is wrong with the piece; the buffer may be used again at once."""
    voice = RealtimeVoice(provider, api_key="any", base_url=simulator.base_url(provider))
    posted: list[Any] = []
    with anyio.fail_after(10):
        async with voice.connect() as session:
            socket = session._driver.socket
            monkeypatch.setattr(socket, "post_now", lambda *frames: posted.extend(frames))
            buffer = bytearray(b"\1\0" * 2_400)

            def speak() -> None:
                session.push_audio(buffer)
                buffer[:] = bytes(len(buffer))

            assert None is await anyio.to_thread.run_sync(in_another_thread, speak)
            while not posted:
                await anyio.lowlevel.checkpoint()
            assert "AQABAAEA" in posted[0]
            assert 0 == session.dropped_audio_ms
            for wrong, kind in (
                (partial(session.push_audio, 1), LocalProtocolError),  # type: ignore[arg-type]
                (partial(session.push_audio, b"xx", rate_hz=-1), ConfigurationError),
            ):
                assert isinstance(in_another_thread(wrong), kind)
            await session.aclose()
            assert isinstance(in_another_thread(speak), ConnectionLost)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_callback_of_the_loop_s_may_speak(simulator: Simulator) -> None:
    """It is in no task: whoever comes from another thread by themselves gets there, too."""
    import asyncio

    voice = RealtimeVoice("openai", api_key="any", base_url=simulator.base_url("openai"))
    loop = asyncio.get_running_loop()
    with anyio.fail_after(10):
        async with voice.connect() as session:
            failed: list[object] = []
            loop.set_exception_handler(lambda _, context: failed.append(context))
            driver = session._driver
            in_another_thread(lambda: loop.call_soon_threadsafe(session.push_audio, bytes(4_800)))
            while not (failed or driver._has_open_audio):
                await anyio.lowlevel.checkpoint()
            assert [] == failed
            await session.aclose()
