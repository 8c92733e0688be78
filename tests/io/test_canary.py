"""A key that can be recognised goes every way a key can go, and is seen nowhere.

Looked through are: what is logged at the most talkative level, by anybody, with tracebacks; what
errors say, hold and pickle to, with the local variables of our frames; what a session, its events
and its settings show and pickle to; recordings and the WAV files beside them.
"""

from __future__ import annotations

import logging
import os
import pickle
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
import pytest
from helpers.secrets import CANARY, our_frames
from helpers.servers import listening, speaking

from realtime_io import RealtimeConfig, RealtimeError, RealtimeVoice, Recorder
from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from anyio.abc import ByteStream

    from realtime_io._websocket import WebSocket

    Serve: TypeAlias = Callable[[ByteStream], Awaitable[None]]

PROVIDERS = ("openai", "gemini")


def get_weather(city: str) -> str:
    """Get the weather."""
    return "sunny"


def everything_in(value: Any, depth: int = 6) -> str:
    """What *value* shows, and what is in it, however hidden."""
    shown = [repr(value), str(value)]
    held = getattr(value, "__dict__", None) or {}
    slots = (name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ()))
    parts = [
        *held.values(),
        *(getattr(value, name, None) for name in slots if name != "__weakref__"),
    ]
    if isinstance(value, list | tuple | set | frozenset):
        parts += value
    elif isinstance(value, dict):
        parts += [*value, *value.values()]
    if depth and not isinstance(value, str | bytes | type):
        shown += [everything_in(part, depth - 1) for part in parts if is_ours(part)]
    return "\n".join(shown)


def is_ours(value: Any) -> bool:
    """Whether it is worth a look: a value of ours, or a container of such."""
    kinds = (str, bytes, list, tuple, set, frozenset, dict)
    return isinstance(value, kinds) or type(value).__module__.startswith("realtime_")


def everything_logged(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(name)s %(message)s")
    lines = [f"{formatter.format(record)} {record.args!r}" for record in caplog.records]
    return "\n".join(lines)


def everything_told(error: BaseException) -> str:
    ours = our_frames(error)
    assert ours, "it was not raised by us"
    below = [error.__cause__, None if error.__suppress_context__ else error.__context__]
    return "\n".join(
        [
            "".join(traceback.format_exception_only(error)),
            everything_in(vars(error)),
            repr(pickle.dumps(error)),
            *(repr(frame.locals) for frame in ours),
            *(everything_told(other) for other in below if other is not None),
        ]
    )


@pytest.mark.parametrize("audio", ["inline", "sidecar", "dropped"])
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_conversation_that_goes_well(
    provider: str, audio: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Spoken to, spoken by, with a tool, recorded."""
    async with Simulator(with_voice=False, pace=0) as simulator:
        voice = RealtimeVoice(
            provider,
            RealtimeConfig(tools=[get_weather]),
            api_key=CANARY,
            base_url=simulator.base_url(provider),
        )
        recorder = Recorder(tmp_path / "talk.rtc.jsonl", audio=audio)
        events: list[Any] = []
        with caplog.at_level(logging.DEBUG), anyio.fail_after(10):
            async with voice.connect(record=recorder) as session:
                await session.send_audio(bytes(9_600))
                await session.send_text("What's the weather in Tokyo?")
                async for turn in session.turns():
                    events.append(turn)
                    if "sunny" in turn.assistant:
                        break
                kept = [session.history, session.usage, session.metrics, session.resume_state]
                shown = [everything_in(value) for value in (session, voice, voice.config, recorder)]
    assert "sunny" in str(events)
    files = [tmp_path / name for name in sorted(os.listdir(tmp_path))]
    assert (3 if audio == "sidecar" else 1) == len(files)
    seen = {
        "events": everything_in(events) + repr(pickle.dumps(events)),
        "what is kept": everything_in(kept) + repr(pickle.dumps(kept)),
        "objects": "\n".join(shown),
        "logs": everything_logged(caplog),
        **{path.name: path.read_text(errors="replace") for path in files},
    }
    assert [] == [name for name, text in seen.items() if CANARY in text]


async def hang_up(stream: ByteStream) -> None:
    await stream.receive()


async def talk_nonsense(stream: ByteStream) -> None:
    await stream.receive()
    await stream.send(b"SSH-2.0-OpenSSH_9\r\n\r\n")


def refusing(status: str) -> Serve:
    """A server that refuses, and repeats all it was told."""

    async def refuse(stream: ByteStream) -> None:
        head = await stream.receive()
        answer = f"HTTP/1.1 {status}\r\nLocation: /?key={CANARY}\r\nX-Key: {CANARY}\r\n"
        await stream.send(answer.encode() + b"Content-Length: %d\r\n\r\n" % len(head) + head)

    return refuse


async def cut(socket: WebSocket) -> None:
    await socket.aclose()


async def quote_the_key(socket: WebSocket) -> None:
    await socket.close(1008, f"{CANARY} is not valid")


async def send_what_is_no_frame(socket: WebSocket) -> None:
    socket.post(f"Bearer {CANARY}")
    socket.post(
        f'{{"type": "error", "error": {{"type": "x", "message": "{CANARY} is not valid"}}}}'
    )
    await socket.close(1011, f"key {CANARY}")


FAILURES: dict[str, Callable[[], Any]] = {
    "hangs up": lambda: listening(hang_up),
    "another protocol": lambda: listening(talk_nonsense),
    **{
        f"refuses with {status}": lambda status=status: listening(refusing(status))  # type: ignore[misc]
        for status in ("302 Found", "401 Unauthorized", "403 No", "429 Later", "500 Broken")
    },
    "cut": lambda: speaking(cut),
    "quoted in a close": lambda: speaking(quote_the_key),
    "quoted in frames": lambda: speaking(send_what_is_no_frame),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_conversation_that_fails(
    provider: str, failure: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The server may even say the key back."""
    path = tmp_path / "talk.rtc.jsonl"
    errors: list[Exception] = []
    async with FAILURES[failure]() as address:
        with caplog.at_level(logging.DEBUG), anyio.fail_after(10):
            voice = RealtimeVoice(
                provider, api_key=CANARY, base_url=f"http://{address}", reconnect=False
            )
            voice.on_error(errors.append)
            with pytest.raises(RealtimeError) as caught:
                async with voice.connect(record=path) as session:
                    async for _ in session:
                        pass
                    await session.send_text("hello")
    seen = {
        "the error": everything_told(caught.value),
        "what on_error got": "\n".join(
            everything_in(error) + repr(pickle.dumps(error)) for error in errors
        ),
        "logs": everything_logged(caplog),
    }
    with suppress(FileNotFoundError):
        seen["the recording"] = path.read_text()
    assert [] == [name for name, text in seen.items() if CANARY in text]


@pytest.mark.parametrize("port", ["1", "9"])
async def test_nobody_is_there(port: str, caplog: pytest.LogCaptureFixture) -> None:
    """A proxy's password counts as a key."""
    for made in ({}, {"proxy": f"http://user:{CANARY}@127.0.0.1:{port}"}):
        with (
            caplog.at_level(logging.DEBUG),
            anyio.fail_after(10),
            pytest.raises(RealtimeError) as caught,
        ):
            host = "example.invalid" if made else f"127.0.0.1:{port}"
            voice = RealtimeVoice("openai", api_key=CANARY, base_url=f"http://{host}", **made)
            async with voice.connect():
                raise AssertionError("nobody listens on that port")
        assert CANARY not in everything_told(caught.value)
    assert CANARY not in everything_logged(caplog)
