"""`python -m realtime_io call`: a recording as the client of somebody's server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import pytest

from realtime_io import RealtimeVoice
from realtime_io.cli import main
from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S = 30.0


@pytest.fixture(name="recording", scope="module")
def recording_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A question and its answer."""
    path = tmp_path_factory.mktemp("recorded") / "hello.rtc.jsonl"

    async def record() -> None:
        async with Simulator(with_voice=False, pace=0) as simulator:
            voice = RealtimeVoice("openai", api_key="any", base_url=simulator.base_url("openai"))
            async with voice.connect(record=path) as session:
                await session.send_text("Hello")

    anyio.run(record)
    return path


async def call(recording: Path, *arguments: str) -> int:
    """The command in a thread, against a server in this one; its exit code."""
    async with Simulator(with_voice=False, pace=0) as server:
        command = ["call", str(recording), server.base_url("openai"), "--pace", "0", *arguments]
        with anyio.fail_after(LIMIT_S):
            return await anyio.to_thread.run_sync(main, command)


@pytest.mark.parametrize("arguments", [["--backend", "asyncio"], ["--backend", "trio"]])
async def test_a_server_that_says_the_same_is_told_so(
    recording: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each connection, and exit code 0."""
    assert 0 == await call(recording, *arguments, "--ignore", "rate_limits.updated")
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("line 2: 3 frames said, ")
    assert "all was said" == last


def test_a_server_that_says_something_else_is_a_readable_difference(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the error stream, and exit code 1."""
    other = tmp_path / "other.rtc.jsonl"
    text = recording.read_text("utf-8")
    other.write_text(text.replace("response.content_part.added", "response.content_part.begun"))
    assert 1 == anyio.run(call, other)
    printed = capsys.readouterr()
    assert "all was said" not in printed.out
    assert 'expected "response.content_part.begun", and the server said "response.con' in (
        printed.err
    )


async def test_the_key_comes_from_the_environment(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, for a command line can be read by everybody on the machine."""
    monkeypatch.delenv("MY_KEY", raising=False)
    assert 1 == await call(recording, "--key-variable", "MY_KEY")
    assert "failed: MY_KEY is not set in the environment\n" == capsys.readouterr().err
    monkeypatch.setenv("MY_KEY", "sk-Canary0123456789")
    assert 0 == await call(recording, "--key-variable", "MY_KEY", "--model", "gpt-other")
    printed = capsys.readouterr()
    assert "Canary" not in printed.out + printed.err


@pytest.mark.parametrize("arguments", [[], ["--compare", "loosely"], ["--pace", "-1"]])
def test_wrong_usage_is_2(recording: Path, arguments: list[str]) -> None:
    """As everywhere."""
    with pytest.raises(SystemExit, match="2"):
        main(["call", str(recording), *(arguments and ["http://127.0.0.1:1", *arguments])])


def test_a_server_that_is_not_there_is_1(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With one line that says so."""
    assert 1 == main(["call", str(recording), "http://127.0.0.1:1/v1"])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("failed: connection refused by 127.0.0.1:1")
