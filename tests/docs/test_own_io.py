"""The loops of "bring your own I/O", each held against the simulator."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

FOLDER = Path(__file__).parents[2] / "docs" / "examples" / "io"
ANSWER = "Hello. How can I help you?"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    async with Simulator(with_voice=False, pace=0) as simulator:
        yield simulator.base_url("openai")
    assert [] == simulator.failures


def loop(name: str) -> Any:
    return importlib.import_module(name)


def on_asyncio(url: str) -> str:
    answer: str = asyncio.run(loop("on_asyncio").ask(url, "any", "hello"))
    return answer


def on_trio(url: str) -> str:
    import trio

    answer: str = trio.run(loop("on_trio").ask, url, "any", "hello")
    return answer


def on_a_thread(url: str) -> str:
    answer: str = loop("on_a_thread").ask(url, "any", "hello").result(timeout=10)
    return answer


def on_twisted(url: str) -> str:
    pytest.importorskip("twisted", reason="no Twisted: it comes with the extra 'dev'")
    command = [sys.executable, str(FOLDER / "on_twisted.py"), url, "any", "hello"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("ask", [on_asyncio, on_trio, on_a_thread, on_twisted])
async def test_a_loop_holds_a_conversation(ask: Callable[[str], str], base_url: str) -> None:
    """On its own loop, in its own thread, to the end of the answer."""
    with anyio.fail_after(20):
        assert ANSWER == await anyio.to_thread.run_sync(ask, base_url)


def test_a_server_that_says_nothing_is_given_up() -> None:
    """The deadline of the set-up is kept by every loop through the same three calls."""
    client = loop("wire").Client("http://127.0.0.1:1/v1", "any", "hello")
    assert client.deadline() is None
    assert client.outgoing().startswith(b"GET /v1/realtime?model=")
    client.tick()
    client.lost()
    assert client.is_over
    assert b"" == client.outgoing()


def test_a_file_is_followed_without_a_network(tmp_path: Path) -> None:
    """Two frames are enough for a sentence."""
    path = tmp_path / "said.jsonl"
    said = {"outputTranscription": {"text": "Hello."}, "turnComplete": True}
    frames = ({"setupComplete": {}}, {"serverContent": said})
    path.write_text("".join(f"{json.dumps(frame)}\n" for frame in frames), "utf-8")
    assert ["assistant: Hello."] == loop("from_a_file").transcript("gemini", str(path))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("on_*.py")), ids=lambda path: path.stem)
def test_a_loop_is_short(path: Path) -> None:
    """Under eighty lines: what is left to a loop is little."""
    assert len(path.read_text("utf-8").splitlines()) < 80
