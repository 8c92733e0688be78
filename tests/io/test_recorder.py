"""Recording a conversation to a file while it goes on."""

from __future__ import annotations

import os
import random
import resource
import stat
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from realtime_io import (
    CallbackError,
    ConfigurationError,
    RealtimeConfig,
    RealtimeConnectionError,
    RealtimeError,
    RealtimeVoice,
    Recorder,
    RecordingError,
    read_recording,
)
from realtime_io.simulator import Simulator
from realtime_proto.audio.wav import read_wav, wav_header
from realtime_proto.formats import PCM16_16K
from realtime_proto.recording import read_journal
from realtime_proto.replay import replay, replay_journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

PROVIDERS = ("openai", "gemini")
KEY = "sk-Canary0123456789"
ANSWER = "The weather in Tokyo is sunny."


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return "sunny" if city == "Tokyo" else "rainy"


@pytest.fixture(name="simulator")
async def simulator_fixture() -> AsyncIterator[Simulator]:
    async with Simulator(with_voice=False, pace=0) as simulator:
        yield simulator
    assert [] == simulator.failures


def voice_for(simulator: Simulator, provider: str) -> RealtimeVoice:
    return RealtimeVoice(
        provider,
        RealtimeConfig(tools=[get_weather]),
        api_key=KEY,
        base_url=simulator.base_url(provider),
    )


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


async def talk(voice: RealtimeVoice, record: Any) -> str:
    """One question, with some audio before it; the answer."""
    answered = anyio.Event()
    said = []

    @voice.on_transcript
    def take(text: str, is_final: bool) -> None:
        if is_final:
            said.append(text)
            answered.set()

    with anyio.fail_after(5):
        async with voice.connect(record=record) as session:
            await session.send_audio(bytes(48_000))
            await session.send_text("What's the weather in Tokyo?")
            await answered.wait()
    return said[-1]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("audio", ["inline", "sidecar", "dropped"])
async def test_a_conversation_is_recorded_and_replays_exactly(
    simulator: Simulator, provider: str, audio: Any, tmp_path: Path
) -> None:
    """Every frame to the byte, every event, on both event loops; deadlines included."""
    recorder = Recorder(tmp_path / "talk.rtc.jsonl", audio=audio)
    assert ANSWER == await talk(voice_for(simulator, provider), recorder)
    report = replay_journal(read_recording(recorder.path))
    assert () == report.differences
    assert ANSWER == report.transcripts[-1].text
    assert [("get_weather", {"city": "Tokyo"})] == [
        (call.function_name, call.arguments) for call in report.tool_calls
    ]
    assert "SessionClosed" == type(report.events[-1]).__name__
    assert (audio == "dropped") is (report.n_unchecked > 0)
    assert None is recorder.failure
    assert recorder.n_bytes == sum(sizes(tmp_path).values())


async def test_the_files_are_for_their_owner_alone_and_hold_no_key(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Mode 0600, whatever the umask allows; the key that opened the session is nowhere in them."""
    path = tmp_path / "talk.rtc.jsonl"
    before = os.umask(0)
    try:
        await talk(voice_for(simulator, "openai"), Recorder(path, audio="sidecar"))
    finally:
        os.umask(before)
    names = ("talk.rtc.jsonl", "talk.input.wav", "talk.output.wav")
    assert {*names} == sizes(tmp_path).keys()
    for name in names:
        assert 0o600 == stat.S_IMODE((tmp_path / name).stat().st_mode)
        assert b"Canary" not in (tmp_path / name).read_bytes()


async def test_an_existing_file_is_never_touched(simulator: Simulator, tmp_path: Path) -> None:
    """It is an error before anything is started."""
    path = tmp_path / "talk.rtc.jsonl"
    path.write_text("mine")
    voice = RealtimeVoice("openai", api_key=KEY, base_url="http://127.0.0.1:9")  # nobody listens
    with pytest.raises(RecordingError, match="exists already"):
        async with voice.connect(record=str(path)):
            pytest.fail("connected")
    assert "mine" == path.read_text()


async def test_a_folder_takes_one_file_after_another(simulator: Simulator, tmp_path: Path) -> None:
    """Named by number, never by what the server says."""
    voice = voice_for(simulator, "gemini")
    (tmp_path / "conversation-2.rtc.jsonl").write_text("")
    for _ in range(2):
        await talk(voice, tmp_path)
    names = sorted(name for name, size in sizes(tmp_path).items() if size)
    assert ["conversation-1.rtc.jsonl", "conversation-3.rtc.jsonl"] == names


async def test_a_recorder_records_once(simulator: Simulator, tmp_path: Path) -> None:
    """A second conversation needs another one."""
    recorder = Recorder(tmp_path / "a")
    voice = voice_for(simulator, "openai")
    await talk(voice, recorder)
    with pytest.raises(RecordingError, match="one conversation"):
        await talk(voice, recorder)


async def test_what_the_user_wants_out_is_out(simulator: Simulator, tmp_path: Path) -> None:
    """By patterns of their own, named in the head."""
    recorder = Recorder(tmp_path / "a", redact=["Tok[a-z]+"])
    await talk(voice_for(simulator, "openai"), recorder)
    lines = (tmp_path / "a").read_text().splitlines()
    assert not any("Tokyo" in line for line in lines)
    assert any("<redacted:custom-1>" in line for line in lines)
    assert "custom-1" in read_journal(lines).head.redacted


@contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("n_bytes", [0, 100, 3_000])
async def test_a_full_disk_ends_the_recording_and_not_the_conversation(
    simulator: Simulator, n_bytes: int, tmp_path: Path
) -> None:
    """on_error is told once; what was written replays."""
    recorder = Recorder(tmp_path / "a")
    voice = voice_for(simulator, "openai")
    errors: list[RealtimeError] = []
    voice.on_error(errors.append)
    with largest_file(n_bytes):
        assert ANSWER == await talk(voice, recorder)
    assert [recorder.failure] == errors
    assert "File too large" in str(errors[0])
    assert n_bytes == recorder.n_bytes
    if n_bytes == 3_000:
        assert () == replay(recorder.path).differences


@pytest.mark.parametrize("n_bytes", [20, 3_000, 30_000])
async def test_a_disk_full_of_audio_ends_the_recording_and_not_the_conversation(
    simulator: Simulator, n_bytes: int, tmp_path: Path
) -> None:
    """on_error is told of which side; what was written replays; the WAV file has whole pieces."""
    recorder = Recorder(tmp_path / "a.rtc.jsonl", audio="sidecar")
    voice = voice_for(simulator, "gemini")
    errors: list[RealtimeError] = []
    voice.on_error(errors.append)
    with largest_file(n_bytes):
        assert ANSWER == await talk(voice, recorder)
    assert [recorder.failure] == errors
    assert "File too large" in str(errors[0])
    if n_bytes > 20:
        assert "a.rtc.jsonl ended: the audio of the input: " in str(errors[0])
        assert () == replay_journal(read_recording(recorder.path)).differences
        data = (tmp_path / "a.input.wav").read_bytes()
        assert wav_header(PCM16_16K, len(data) - 44) + bytes(len(data) - 44) == data
    assert recorder.n_bytes == sum(sizes(tmp_path).values())


@contextmanager
def nobody() -> Iterator[None]:
    """The rights of somebody who owns nothing."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_folder_without_permission_ends_the_recording_and_not_the_conversation(
    simulator: Simulator, tmp_path: Path
) -> None:
    """on_error is told why there is none."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    voice = voice_for(simulator, "gemini")
    errors: list[RealtimeError] = []
    voice.on_error(errors.append)
    with nobody():
        assert ANSWER == await talk(voice, folder / "a")
    (error,) = errors
    assert isinstance(error, RecordingError)
    assert "Permission denied" in str(error)


async def test_an_on_error_that_raises_ends_the_session(
    simulator: Simulator, tmp_path: Path
) -> None:
    """As with every callback."""
    voice = voice_for(simulator, "openai")

    @voice.on_error
    def fail(error: RealtimeError) -> None:
        raise KeyError("mine")

    with pytest.raises(CallbackError, match="mine"):
        await talk(voice, tmp_path / "nowhere" / "a")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"path": 5}, "record is a path or a Recorder, not int"),
        ({"path": "a", "audio": "loud"}, "not 'loud'"),
        ({"path": "a", "redact": ["("]}, "malformed"),
    ],
)
def test_a_recorder_is_checked_when_it_is_made(arguments: Any, said: str) -> None:
    """Nothing is made of a bad one."""
    with pytest.raises(ConfigurationError, match=said):
        Recorder(**arguments)


async def test_a_connect_that_fails_leaves_no_recording(tmp_path: Path) -> None:
    """The name is free for the next attempt; a recording of nothing would be in its way."""
    voice = RealtimeVoice("openai", api_key=KEY, base_url="http://127.0.0.1:9")
    for _ in range(2):
        with pytest.raises(RealtimeConnectionError, match="connection refused"):
            async with voice.connect(record=Recorder(tmp_path / "a", audio="sidecar")):
                pytest.fail("connected")
        assert [] == os.listdir(tmp_path)


def test_an_error_on_closing_is_the_recordings_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As network file systems have it; so is a folder that holds too many."""
    recorder = Recorder(tmp_path / "a")
    real = os.close

    def close(file: int) -> None:
        real(file)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, recorder:
        patched.setattr(os, "close", close)
        recorder.__exit__()
        recorder.__exit__()
    assert "No space left" in str(recorder.failure)
    monkeypatch.setattr("realtime_io.recorder.MAX_NUMBER", 0)
    with Recorder(tmp_path) as crowded:
        assert "0 recordings are in" in str(crowded.failure)
    with Recorder("a\0b") as impossible:
        assert "null" in str(impossible.failure)


KILLED = """
import sys
import anyio
from realtime_io import RealtimeVoice, Recorder
from realtime_io.simulator import Simulator

async def main(path, backend, audio):
    async with Simulator(with_voice=False, pace=0) as simulator:
        voice = RealtimeVoice("openai", api_key="any", base_url=simulator.base_url("openai"))
        async with voice.connect(record=Recorder(path, audio=audio)) as session:
            print("recording", flush=True)
            while True:
                await session.send_audio(bytes(4_800))
                await session.send_text("Tell me a story.")
                await anyio.sleep(0)

anyio.run(main, *sys.argv[1:], backend=sys.argv[2])
"""


@pytest.mark.parametrize("n", range(20))
def test_a_killed_process_leaves_everything_to_its_last_whole_line(n: int, tmp_path: Path) -> None:
    """kill -9 at a random moment; what is there replays, and is no less than was there before."""
    path = tmp_path / "a.rtc.jsonl"
    audio = "sidecar" if n % 4 > 1 else "inline"
    command = [sys.executable, "-c", KILLED, str(path), ("asyncio", "trio")[n % 2], audio]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"recording\n" == process.stdout.readline()
        wanted = random.Random(n).randint(5_000, 400_000)
        while (before := path.stat().st_size) < wanted:
            assert process.poll() is None
        process.kill()
    data = path.read_bytes()
    report = replay_journal(read_recording(path))
    assert len(data) >= before
    assert () == report.differences
    assert report.n_inputs > 3
    assert (report.cut_line is None) is data.endswith(b"\n")
    for file in tmp_path.glob("*.wav"):
        pcm, audio_format = read_wav(file.read_bytes())
        assert file.stat().st_size == 44 + len(pcm)
        assert 24_000 == audio_format.rate_hz
