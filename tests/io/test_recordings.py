"""What the command line does with recordings."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anyio.from_thread import start_blocking_portal
from helpers.talk import SCRIPTS, conversation_with, hold

from realtime_io import recordings
from realtime_io.cli import main
from realtime_io.recorder import Recorder
from realtime_io.simulator import Simulator
from realtime_proto.recording import Journaled
from realtime_proto.replay import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

Printed = pytest.CaptureFixture[str]


@pytest.fixture(name="base_url", scope="module")
def base_url_fixture() -> Iterator[str]:
    """A simulator in a thread of its own: the command line runs its own event loop."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Simulator(with_voice=False, pace=0)) as simulator,
    ):
        yield simulator.base_url("openai")


def journal(path: Path, provider: str = "openai") -> Path:
    lines: list[str] = []
    hold(Journaled(conversation_with(provider), lines.append), provider)
    path.write_text("\n".join(lines) + "\n")
    return path


def log(path: Path, *, connections: int = 1) -> Path:
    """A HAR file of the scripted conversation, as often as asked for."""
    messages = [
        {
            "type": "receive" if kind == "receive" else "send",
            "time": 1.79e9 + n / 10,
            "opcode": 1,
            "data": json.dumps(what) if kind == "receive" else '{"type":"response.cancel"}',
        }
        for n, (kind, what) in enumerate(SCRIPTS["openai"]())
    ]
    entries = connections * [{"request": {"url": "wss://h"}, "_webSocketMessages": messages}]
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return path


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_conversation_is_recorded_and_replayed(
    backend: str, base_url: str, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several questions in one session; the report is the same each time, to the byte."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-Canary0123456789")
    path = str(tmp_path / "talk.rtc.jsonl")
    asks = ["--ask", "Hello", "--ask", "Tell me a story."]
    command = ["record", path, *asks, "--provider", "openai", "--base-url", base_url]
    assert 0 == main([*command, "--backend", backend, "--audio", "dropped"])
    said = capsys.readouterr().out.splitlines()
    assert ["user: Hello", "assistant: Hello. How can I help you?"] == said[:2]
    assert said[3].startswith("assistant: Once upon a time")
    assert said[-1].startswith(f"recorded: {path}, ")
    assert 0 == main(["replay", path])
    report = capsys.readouterr().out
    assert report.endswith("\nexact\n")
    assert 0 == main(["replay", path])
    assert report == capsys.readouterr().out == replay(path).to_text()


def test_a_recording_that_cannot_be_made_is_one_line(
    base_url: str, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file exists, its folder does not; nobody answers."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    command = ["--ask", "Hello", "--provider", "openai", "--base-url", base_url]
    assert 1 == main(["record", str(journal(tmp_path / "a")), *command])
    assert "exists already" in capsys.readouterr().err
    assert 1 == main(["record", str(tmp_path / "no" / "b"), *command])
    assert "failed: the recording" in capsys.readouterr().err
    monkeypatch.setattr(recordings, "ANSWER_S", 0)
    assert 1 == main(["record", str(tmp_path / "c"), *command])
    assert "no answer within 0 s" in capsys.readouterr().err


@pytest.mark.parametrize("audio", ["inline", "sidecar", "dropped"])
@pytest.mark.parametrize("connections", [1, 2])
def test_a_log_is_imported_and_observed(
    connections: int, audio: str, tmp_path: Path, capsys: Printed
) -> None:
    """A file for each connection, for its owner alone; an existing one is not overwritten."""
    source, out = log(tmp_path / "a.har", connections=connections), tmp_path / "b.rtc.jsonl"
    command = ["import", str(source), "-o", str(out), "--audio", audio]
    assert 0 == main(command)
    assert connections == len(capsys.readouterr().out.splitlines())
    assert (connections if audio == "sidecar" else 0) == len(list(tmp_path.glob("b*.output.wav")))
    made = sorted(path.name for path in tmp_path.glob("b*.jsonl"))
    assert ["b-2.rtc.jsonl", "b.rtc.jsonl"][-connections:] == made
    assert 0o600 == stat.S_IMODE(out.stat().st_mode)
    assert 0 == main(["replay", str(out)])
    assert "assistant: It is fine.\n" in capsys.readouterr().out
    assert 1 == main(command)
    assert "exists already: it is not overwritten" in capsys.readouterr().err
    assert 1 == main(["import", str(source), "-o", str(tmp_path / "no" / "c")])
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_many_recordings_are_replayed(jobs: str, tmp_path: Path, capsys: Printed) -> None:
    """In order, whatever the number of processes; one that differs or is none fails the command."""
    good = [journal(tmp_path / f"{n}.rtc.jsonl") for n in range(3)]
    bad = tmp_path / "bad"
    bad.write_text("{}")
    other = tmp_path / "other"
    other.write_text(good[0].read_text().replace('"is_final":true', '"is_final":false'))
    assert 0 == main(["replay", *map(str, good), "--jobs", jobs])
    printed = capsys.readouterr().out
    assert [f"--- {path}" for path in good] == [
        line for line in printed.splitlines() if line.startswith("---")
    ]
    assert 3 == printed.count("\nexact\n")
    assert 1 == main(["replay", str(good[0]), str(other), "--jobs", jobs])
    assert "expected false, came true\nnot exact: " in capsys.readouterr().out
    assert 1 == main(["replay", str(bad), "--jobs", jobs])
    assert f"failed: {bad}: this is no recording" in capsys.readouterr().out
    for command in (["diff", str(good[0]), str(bad)], ["inspect", str(bad)]):
        assert 1 == main(command)
        assert f"failed: {bad}: this is no recording" in capsys.readouterr().err


def test_a_recording_is_printed_a_line_per_record(tmp_path: Path, capsys: Printed) -> None:
    """What was asked for, said, sent and heard, with its time; then what is odd."""
    path = journal(tmp_path / "a")
    text = path.read_text().replace('\\"session\\": {', '\\"session\\": {\\"x\\": 1, ', 1)
    path.write_text(text + "{")
    assert 0 == main(["inspect", str(path)])
    printed = capsys.readouterr().out
    for text in (
        "journal of openai, audio inline",
        "     2     0.000 s  open {'unix_time': 1800000000.0}",
        "application: SendText {'text': 'What is the weather in Tokyo?'}",
        'server: {"type": "session.created"',
        '              client: {"type":"session.update"',
        "event: ToolCallRequest {'call_id': 'c1'",
        "road: Close",
        "raised {'error': 'LocalProtocolError'",
        "s  tick\n",
        "unknown field: realtime.x (1 times)",
        "violation: the frame is not a JSON object",
        "refused: there is no tool call 'nobody'",
        "is not whole",
    ):
        assert text in printed


def test_a_recording_and_its_audio_beside_it_are_one(tmp_path: Path, capsys: Printed) -> None:
    """For replay, inspect and diff; without its files it is said what is missing."""
    inline, path = journal(tmp_path / "a"), tmp_path / "b.rtc.jsonl"
    with Recorder(path, audio="sidecar") as recorder:
        hold(recorder.attach(conversation_with("openai"), lambda error: None), "openai")
    assert ["b.input.wav", "b.output.wav"] == sorted(f.name for f in tmp_path.glob("*.wav"))
    assert 0 == main(["diff", str(inline), str(path)])
    assert 0 == main(["replay", str(path), str(inline), "--jobs", "2"])
    assert 2 == capsys.readouterr().out.count("\nexact\n")
    assert 0 == main(["inspect", str(path)])
    printed = capsys.readouterr().out
    assert "journal of openai, audio sidecar" in printed
    assert "'file': 'b.input.wav', 'offset': 44" in printed
    (tmp_path / "b.output.wav").unlink()
    assert 1 == main(["replay", str(path)])
    said = "its audio is in b.output.wav, which must be beside the recording and cannot be read: No"
    assert said in capsys.readouterr().out
    assert 1 == main(["inspect", str(path)])
    assert said in capsys.readouterr().err


def test_audio_is_kept_otherwise(tmp_path: Path, capsys: Printed) -> None:
    """In files and back it is the same recording; dropped, it is small, and cannot be had back."""
    inline = journal(tmp_path / "a")
    b, c, d = (str(tmp_path / f"{name}.rtc.jsonl") for name in "bcd")
    assert 0 == main(["convert", str(inline), "-o", b, "--audio", "sidecar"])
    assert 0 == main(["convert", b, "-o", c])
    assert inline.read_text() == Path(c).read_text()
    assert ["b.input.wav", "b.output.wav"] == sorted(f.name for f in tmp_path.glob("*.wav"))
    (tmp_path / "b.input.wav").unlink()
    assert 0 == main(["convert", b, "-o", d, "--audio", "dropped"])
    assert 0 == main(["replay", d])
    assert f"converted: {d}, " in capsys.readouterr().out
    assert 1 == main(["convert", d, "-o", str(tmp_path / "e")])
    assert "failed: the audio of this recording was dropped" in capsys.readouterr().err
    assert 1 == main(["convert", b, "-o", str(tmp_path / "e")])
    assert "its audio is in b.input.wav" in capsys.readouterr().err


def test_odd_records_are_printed_all_the_same(tmp_path: Path, capsys: Printed) -> None:
    """An imported log, and records that hold nothing that is known."""
    main(["import", str(log(tmp_path / "a.har")), "-o", str(tmp_path / "b")])
    assert 0 == main(["inspect", str(tmp_path / "b")])
    printed = capsys.readouterr().out
    assert "frames of openai" in printed
    assert "from wss://h\n" in printed
    assert "     2     0.000 s  server: {" in printed
    assert "client: {" in printed
    odd = [
        {"format": "realtime-recording", "version": 1, "provider": "openai"},
        {"kind": "frames", "frames": 5},
        {"kind": "frames", "frames": [5, {"base64": "AA=="}]},
        {"kind": "events", "events": [5]},
        {"kind": "mood", "value": "good"},
    ]
    (tmp_path / "c").write_text("\n".join(map(json.dumps, odd)))
    assert 0 == main(["inspect", str(tmp_path / "c")])
    printed = capsys.readouterr().out
    assert "mood {'value': 'good'}" in printed
    assert "\nrecords of a later version: mood (1)\n" in printed
    assert "event: 5" in printed


def test_two_recordings_are_compared(tmp_path: Path, capsys: Printed) -> None:
    """0 where they are the same, 1 with the differences where they are not."""
    first, second = journal(tmp_path / "a"), journal(tmp_path / "b")
    assert 0 == main(["diff", str(first), str(second)])
    assert "no differences\n" == capsys.readouterr().out
    second.write_text(second.read_text().replace("It is fine.", "It is wet."))
    assert 1 == main(["diff", str(first), str(second)])
    assert "It is wet." in capsys.readouterr().out
    assert 1 == main(["diff", str(first), str(tmp_path / "nowhere")])
    assert "failed: cannot read" in capsys.readouterr().err


def test_a_person_sees_a_bar_and_a_file_does_not(
    tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the error stream, where that is a terminal and rich is there; the rest is the same."""
    path = str(journal(tmp_path / "a"))
    main(["replay", path])
    plain = capsys.readouterr()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    main(["replay", path])
    seen = capsys.readouterr()
    assert plain.out == seen.out
    assert "" == plain.err
    assert "replay" in seen.err
    monkeypatch.setattr(recordings, "find_spec", lambda name: None)
    main(["replay", path])
    bare = capsys.readouterr()
    assert (plain.out, "") == (bare.out, bare.err)


def test_a_reader_that_has_seen_enough_ends_the_command(tmp_path: Path) -> None:
    """As `inspect ... | head` does: no traceback."""
    path = journal(tmp_path / "a")
    path.write_text(path.read_text() + 20_000 * '{"kind":"mood","value":"good"}\n')
    command = [sys.executable, "-m", "realtime_io", "inspect", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"journal of openai, audio inline\n" == process.stdout.readline()
        process.stdout.close()
        assert b"" == process.stderr.read()
    assert 0 == process.returncode


@pytest.mark.parametrize(
    "arguments", [["record", "x"], ["import", "x"], ["replay"], ["diff", "a"], ["inspect"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: Printed) -> None:
    """An argument that is missing is named."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert 2 == caught.value.code
    assert "required" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["record", "a", "--ask", "x"], ["play", "a"], ["call", "a", "http://b"], ["demo"]]
)
def test_a_loop_that_is_not_installed_is_one_line(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    """It says what to install, whatever the command."""
    monkeypatch.setattr("realtime_io.cli.find_spec", lambda _: None)
    assert 1 == main([*command, "--backend", "trio"])
    expected = "failed: trio is not installed: pip install 'realtime-io[trio]'\n"
    assert expected == capsys.readouterr().err
