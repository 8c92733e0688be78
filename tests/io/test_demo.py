"""The demo and its command line."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import anyio
import attrs
import pytest
from helpers.require import require
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import demo
from realtime_io.cli import main
from realtime_io.player import play
from realtime_io.simulator import Simulator, voice
from realtime_proto.audio.wav import read_wav, write_wav
from realtime_proto.formats import PCM16_24K, AudioFormat
from realtime_proto.replay import replay

if TYPE_CHECKING:
    from pathlib import Path


async def hold(provider: str, has_voice: bool, path: Path) -> demo.Figures:
    """The demo's conversation, recorded."""
    options = demo.Options(out=path.parent)
    async with Simulator(with_voice=has_voice, in_memory=True) as simulator:
        base_url = simulator.base_url(provider)
        return await demo.converse(
            provider, base_url, options=options, has_voice=has_voice, record=path
        )


async def hold_again(provider: str, has_voice: bool, path: Path) -> demo.Figures:
    """The same, with the recording in the simulator's place."""
    options = demo.Options(out=path.parent)
    async with play(path) as player:
        return await demo.converse(provider, player.base_url, options=options, has_voice=has_voice)


def check_that_it_is_had_again(provider: str, has_voice: bool, backend: str, path: Path) -> None:
    """Every frame is said again, to the byte and the microsecond, on either event loop."""
    figures = run_virtually(hold, provider, has_voice, path, backend=backend)
    report = replay(path)
    assert report.is_exact, report.to_text()
    assert has_voice is (figures.heard_ms is not None)
    for other in BACKENDS:
        again = run_virtually(hold_again, provider, has_voice, path, backend=other)
        assert attrs.asdict(figures) == pytest.approx(attrs.asdict(again), abs=0.001)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", demo.PROVIDER_NAMES)
def test_the_written_demo_is_had_again(provider: str, backend: str, tmp_path: Path) -> None:
    """Recorded on a clock that jumps, and played to the same code."""
    check_that_it_is_had_again(provider, False, backend, tmp_path / "talk.rtc.jsonl")


@pytest.mark.voice
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", demo.PROVIDER_NAMES)
def test_the_spoken_demo_is_had_again(provider: str, backend: str, tmp_path: Path) -> None:
    """With a microphone that is never off, a tool, and a barge-in: where the model is cut off, and
    what the server is told of that, is the same.
    """
    require("voice", voice.why_unavailable())
    check_that_it_is_had_again(provider, True, backend, tmp_path / "talk.rtc.jsonl")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_written_demo_asks_both_providers(
    backend: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the voice it writes, says so at once, and shows n/a for what it cannot know."""
    status = main(["demo", "--no-voice", "--backend", backend, "--out", str(tmp_path)])
    printed = capsys.readouterr().out.splitlines()
    assert 0 == status
    assert "voice: off, because --no-voice was given" == printed[0]
    for provider in ("openai", "gemini"):
        assert f"--- {provider}, on {backend}" in printed
        row = next(line for line in printed if line.startswith(f"{provider}  "))
        assert 3 == row.count("n/a")  # no speech to measure from, nothing cut off, no audio in
        pcm, audio_format = read_wav((tmp_path / f"answer-{provider}.wav").read_bytes())
        assert PCM16_24K == audio_format
        assert PCM16_24K.duration_ms(len(pcm)) > 1_000
    assert 2 == sum("tool: get_weather(city='Tokyo')" in line for line in printed)
    assert 2 == sum("The weather in Tokyo is sunny and warm." in line for line in printed)


def test_another_question_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--ask and --provider do what they say."""
    arguments = ["demo", "--no-voice", "--provider", "gemini", "--ask", "Hello", "--out"]
    assert 0 == main([*arguments, str(tmp_path)])
    printed = capsys.readouterr().out
    assert "Hello. How can I help you?" in printed
    assert "openai" not in printed


def test_missing_wheels_switch_the_voice_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line says which and why; the conversation is held in writing."""
    monkeypatch.setattr(voice, "why_unavailable", lambda: "pocketsphinx is not installed")
    assert 0 == main(["demo", "--provider", "openai", "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    assert printed.startswith("voice: off, because pocketsphinx is not installed\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ask-wav", "nowhere.wav"], "--ask-wav needs the voice"),
        (["--out", "/dev/null/x"], "cannot write /dev/null/x"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback reaches the user."""
    assert 1 == main(["demo", "--no-voice", "--out", str(tmp_path), *arguments])
    assert capsys.readouterr().err.startswith(f"failed: {said}")


def test_wrong_usage_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown option, a missing command."""
    for arguments in (["demo", "--nonsense"], [], ["demo", "--backend", "curio"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert 2 == caught.value.code
    assert "usage: python -m realtime_io" in capsys.readouterr().err


@pytest.mark.voice
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_spoken_demo_from_the_command_line(backend: str, tmp_path: Path) -> None:
    """A process of its own: question, tool, answer, barge-in, table, WAV; exit code 0."""
    require("voice", voice.why_unavailable())
    command = ["demo", "--provider", "openai", "--backend", backend, "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "realtime_io", *command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    printed = done.stdout
    assert 0 == done.returncode, printed + done.stderr
    assert printed.startswith("voice: on\n")
    for line in (
        "user (as understood): what is the weather in tokyo",
        "tool: get_weather(city='Tokyo')",
        "assistant: The weather in Tokyo is sunny and warm.",
        "user (as understood): tell me a story",
        "cut off after ",
        "user (as understood): wait a minute",
        "assistant: All right, I am listening.",
    ):
        assert line in printed
    assert "n/a" not in printed
    assert "" == done.stderr


@pytest.mark.voice
async def test_a_recorded_question_is_asked(tmp_path: Path, anyio_backend: str) -> None:
    """--ask-wav takes a mono PCM16 WAV file of any rate."""
    require("voice", voice.why_unavailable())
    pcm = await voice.speak("What is the weather in Paris?", voice="en-us+m3", rate_hz=22_050)
    question = tmp_path / "question.wav"
    question.write_bytes(write_wav(pcm, AudioFormat("pcm16", 22_050)))
    command = ["demo", "--provider", "gemini", "--backend", anyio_backend]
    options = ["--ask-wav", str(question), "--out", str(tmp_path)]
    done = await anyio.run_process(
        [sys.executable, "-m", "realtime_io", *command, *options], check=False
    )
    printed = done.stdout.decode()
    assert 0 == done.returncode, printed + done.stderr.decode()
    assert "tool: get_weather(city='Paris')" in printed
