"""`python -m realtime_io play`: a recording as the server of a client in any language."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.virtual import BACKENDS

from realtime_io import Backoff, RealtimeConnectionError, RealtimeVoice, Recorder, recordings
from realtime_io.cli import main
from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

LIMIT_S = 30.0


async def ask(base_url: str, text: str = "Hello", **options: Any) -> str:
    """The client: it asks something and gives the answer."""
    reconnect = Backoff(first_s=0.0, longest_s=0.0, attempts=2)
    voice = RealtimeVoice("openai", api_key="any", base_url=base_url, reconnect=reconnect)
    with anyio.fail_after(LIMIT_S):
        async with voice.connect(**options) as session:
            await session.send_text(text)
            async for turn in session.turns():
                if turn.assistant:
                    return turn.assistant
    return ""


@pytest.fixture(name="recording", scope="module")
def recording_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A question and its answer."""
    path = tmp_path_factory.mktemp("recorded") / "hello.rtc.jsonl"

    async def record() -> None:
        async with Simulator(with_voice=False, pace=0) as simulator:
            recorder = Recorder(path, redact=["Hel+o"])
            await ask(simulator.base_url("openai"), record=recorder)

    anyio.run(record)
    return path


Playing = tuple[str, "Queue[str]", "Future[int]"]


@pytest.fixture(name="playing")
def playing_fixture(recording: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command in a thread of its own: its base URL, what it prints, and its exit code."""

    @contextmanager
    def playing(*arguments: str) -> Iterator[Playing]:
        said: Queue[str] = Queue()
        monkeypatch.setattr(recordings, "print", lambda *a, **_: said.put(a[0]), raising=False)
        command = ["play", str(recording), "--redact", "Hel+o", "--pace", "0", *arguments]
        with ThreadPoolExecutor(1) as pool:
            exit_code = pool.submit(main, command)
            first = said.get(timeout=LIMIT_S)
            assert first.startswith("base URL: http://127.0.0.1:")
            yield first.removeprefix("base URL: "), said, exit_code

    return playing


def lines(said: Queue[str]) -> list[str]:
    return [said.get_nowait() for _ in range(said.qsize())]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_client_is_answered_until_all_was_said(playing: Any, backend: str) -> None:
    """A line for each connection, and exit code 0."""
    with playing("--backend", backend) as (base_url, said, exit_code):
        answer = anyio.run(ask, base_url)
        assert 0 == exit_code.result(timeout=LIMIT_S)
    assert "<redacted:custom-1>. How can I help you?" == answer
    assert ["connection 1 of 1", "over: 1 of 1", "all was said"] == lines(said)


@pytest.mark.parametrize("backend", BACKENDS)
def test_another_word_is_a_readable_difference(
    playing: Any, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the error stream, and exit code 1; unless types are all that is compared."""
    with playing("--backend", backend) as (base_url, said, exit_code):
        with pytest.raises(RealtimeConnectionError, match="1008"):
            anyio.run(ask, base_url, "Good bye")
        assert 1 == exit_code.result(timeout=LIMIT_S)
    assert "all was said" not in lines(said)
    printed = capsys.readouterr().err
    assert printed.startswith("failed: line ")
    assert 'content[0].text: expected "<redacted:custom-1>", and the application said "Good' in (
        printed
    )
    with playing("--backend", backend, "--compare", "type") as (base_url, _, exit_code):
        anyio.run(ask, base_url, "Good bye")
        assert 0 == exit_code.result(timeout=LIMIT_S)


@pytest.mark.parametrize("fault", ["--cut=response.created", "--cut=response.created:1"])
def test_what_goes_wrong_is_the_clients_affair(playing: Any, fault: str) -> None:
    """It may try again until it has had enough; the command waits a little longer."""
    with playing(fault, "--timeout", "0.5") as (base_url, said, exit_code):
        with pytest.raises(RealtimeConnectionError, match="HTTP 503"):
            anyio.run(ask, base_url)
        assert 0 == exit_code.result(timeout=LIMIT_S)
    refused = [f"connection {n} refused: no more were recorded" for n in (2, 3)]
    told = lines(said)
    assert ["connection 1 of 1", "over: 1 of 1"] == told[:2]
    assert [*refused, "all was said"] == told[2:]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--duplicate", "response.created"],
        ["--reorder", "conversation.item.added:1", "--delay", "response.done=0.01"],
        ["--drop", "rate_limits.updated"],
    ],
)
def test_other_faults_may_make_no_difference(playing: Any, arguments: list[str]) -> None:
    """The client has its answer."""
    with playing(*arguments, "--timeout", "0.5") as (base_url, _, exit_code):
        assert anyio.run(ask, base_url).endswith("How can I help you?")
        assert 0 == exit_code.result(timeout=LIMIT_S)


def test_it_is_a_process_of_its_own(recording: Path) -> None:
    """As a client in another language finds it; what is printed can be read at once."""
    command = ["play", str(recording), "--redact", "Hel+o", "--pace", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "realtime_io", *command], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip().removeprefix("base URL: ")
        assert anyio.run(ask, base_url).endswith("How can I help you?")
        assert ["connection 1 of 1", "over: 1 of 1", "all was said"] == (
            process.stdout.read().splitlines()
        )
    assert 0 == process.returncode


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "the following arguments are required: FILE"),
        (["f", "--port", "65536"], "--port: a port is from 0 to 65535, not '65536'"),
        (["f", "--port", "-1"], "--port"),
        (["f", "--pace", "-1"], "--pace: a number of seconds from 0 is wanted, not '-1'"),
        (["f", "--pace", "inf"], "--pace: a number of seconds"),
        (["f", "--timeout", "soon"], "--timeout: a number of seconds"),
        (["f", "--compare", "loosely"], "--compare: invalid choice"),
        (["f", "--redact", "("], "--redact: '(' is no pattern"),
        (["f", "--cut", "0"], "--cut: a frame is a line, or an event like response.done:2"),
        (["f", "--drop", "x:y"], "--drop: a frame is a line"),
        (["f", "--drop", "x:0"], "--drop: a frame is a line"),
        (["f", "--delay", "5"], "--delay: a frame is a line"),
        (["f", "--delay", "5=-1"], "--delay: a number of seconds"),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says what is wrong."""
    with pytest.raises(SystemExit) as caught:
        main(["play", *arguments])
    assert 2 == caught.value.code
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "give them as `redact`"),
        (["--redact", "Hel+o", "--cut", "1"], "Cut at line 1: line 1 holds no record"),
        (["--redact", "Hel+o", "--cut", "done"], "the server does not say that; it says"),
    ],
)
def test_what_cannot_be_played_is_one_line(
    recording: Path, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And exit code 1, as of the other commands."""
    assert 1 == main(["play", str(recording), *arguments])
    assert 1 == main(["play", str(recording.parent / "none")])
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("failed: ")
    assert why in first
    assert second.startswith("failed: cannot read ")
