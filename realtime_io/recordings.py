"""What the command line does with recordings: makes, changes, replays, plays, shows, compares them.

Everything is printed in plain lines that are the same each time, for people and for comparing; a
progress bar goes to the error stream, where that is a terminal and rich is installed. A command
returns its exit code: 0 for all well, 1 where a recording differs or cannot be read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import anyio
from attrs import frozen

from realtime_io._files import make_file
from realtime_io.caller import call
from realtime_io.player import play
from realtime_io.recorder import Recorder
from realtime_io.sidecar import SidecarWriter, read_recording
from realtime_io.voice import RealtimeVoice
from realtime_proto.conversion import convert
from realtime_proto.errors import ConfigurationError, RealtimeError, RecordingError
from realtime_proto.faults import Fault
from realtime_proto.importing import as_recording, read_log
from realtime_proto.recording import AudioPolicy, Journal, Record, read_journal
from realtime_proto.replay import compare_journals, replay_journal
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from realtime_proto.report import Report

__all__ = (
    "CallOptions",
    "PlayOptions",
    "RecordOptions",
    "call_server",
    "convert_recording",
    "diff",
    "import_log",
    "inspect",
    "play_recording",
    "record",
    "replay_files",
)

ANSWER_S: Final = 60.0
"""How long an answer may take."""

_SHOWN: Final = 100
"""Characters of a text in a line of `inspect`."""


@frozen(kw_only=True)
class RecordOptions:
    """What `record` is to do.

    Args:
        out: The file to make.
        asks: What to write to the model, one after the other.
        provider: Whose model; None chooses by the environment.
        base_url: Another server.
        api_key: The key; None takes it from the environment.
        audio: What to keep of the audio.
        backend: "asyncio" or "trio".
    """

    out: Path
    asks: Sequence[str]
    provider: str | None = None
    base_url: str | None = None
    api_key: str | None = None
    audio: AudioPolicy = "inline"
    backend: str = "asyncio"


def record(options: RecordOptions) -> int:
    """Hold a written conversation and record it.

    Raises:
        RealtimeError: It could not be held, or the file could not be made.
    """
    recorder = Recorder(options.out, audio=options.audio)
    anyio.run(_record, options, recorder, backend=options.backend)
    print(f"recorded: {recorder.path}, {recorder.n_bytes} bytes")
    return 0


async def _record(options: RecordOptions, recorder: Recorder) -> None:
    voice = RealtimeVoice(options.provider, api_key=options.api_key, base_url=options.base_url)
    answered = anyio.Event()

    @voice.on_transcript
    def take(text: str, is_final: bool) -> None:
        if is_final:
            print(f"assistant: {text}")
            answered.set()

    async with voice.connect(record=recorder) as session:
        for ask in options.asks:
            print(f"user: {ask}")
            answered = anyio.Event()
            await session.send_text(ask)
            with anyio.move_on_after(ANSWER_S):
                await answered.wait()
            if not answered.is_set():
                raise RealtimeError(f"no answer within {ANSWER_S:g} s")
    if recorder.failure is not None:
        raise recorder.failure


def import_log(source: Path, out: Path, *, audio: AudioPolicy = "inline") -> int:
    """Make recordings of a log of frames: *out*, and where it holds several, "-2" and so on.

    Raises:
        RecordingError: The log cannot be read, or a file cannot be made.
    """
    logs = read_log(_read(source))
    for number, log in enumerate(logs, 1):
        path = out if number == 1 else _numbered(out, number)
        sidecar = SidecarWriter(os.fspath(path))
        lines = as_recording(log, audio=audio, store=sidecar)
        n_lines = _write(path, _progress(lines, str(path)), sidecar)
        print(f"imported: {path}, {n_lines - 1} frames of {log.provider}")
    return 0


def convert_recording(source: Path, out: Path, *, audio: AudioPolicy) -> int:
    """Make a recording of another one, with its audio kept otherwise.

    Raises:
        RecordingError: It cannot be read, its audio is not there, or a file cannot be made.
    """
    journal = _journal(source) if audio == "dropped" else read_recording(source)
    sidecar = SidecarWriter(os.fspath(out))
    n_lines = _write(out, convert(journal, audio=audio, store=sidecar), sidecar)
    print(f"converted: {out}, {n_lines - 1} records, audio {audio}")
    _tell_cut(journal)
    return 0


def replay_files(paths: Sequence[Path], *, jobs: int = 1) -> int:
    """Replay recordings and print their reports.

    Args:
        paths: The files.
        jobs: How many processes to use.

    Returns:
        0 where every recording was read, and every journal replays exactly.
    """
    status = 0
    for path, (text, is_exact) in zip(paths, _replayed(paths, jobs), strict=True):
        if len(paths) > 1:
            print(f"--- {path}")
        print(text, end="")
        status |= not is_exact
    return status


@frozen(kw_only=True)
class PlayOptions:
    """What `play` is to do.

    Args:
        source: The recording.
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        compare: How what a client says is compared with what was recorded.
        pace: How long a recorded second takes, in seconds.
        timeout_s: How much longer than recorded the client may take, in seconds.
        redact: The patterns that the recording was made with.
        faults: What goes wrong.
        backend: "asyncio" or "trio".
    """

    source: Path
    port: int = 0
    compare: Literal["strict", "type"] = "strict"
    pace: float = 1.0
    timeout_s: float = 5.0
    redact: Sequence[str] = ()
    faults: Sequence[Fault] = ()
    backend: str = "asyncio"


def play_recording(options: PlayOptions) -> int:
    """Be the server of a recording to a client in any language, until all of it was played.

    Raises:
        RealtimeError: The recording cannot be played, or the client says something else.
    """
    anyio.run(_play, options, backend=options.backend)
    print("all was said")
    return 0


async def _play(options: PlayOptions) -> None:
    async with play(
        options.source,
        in_memory=False,
        port=options.port,
        compare=options.compare,
        pace=options.pace,
        timeout_s=options.timeout_s,
        redact=options.redact,
        faults=options.faults,
    ) as player:
        print(f"base URL: {player.base_url}", flush=True)
        n_asked = n_over = 0
        while True:
            for n in range(n_asked, player.n_connections):
                is_one = n < player.n_recorded
                what = f"of {player.n_recorded}" if is_one else "refused: no more were recorded"
                print(f"connection {n + 1} {what}", flush=True)
            if n_over != player.n_over:
                print(f"over: {player.n_over} of {player.n_recorded}", flush=True)
            n_asked, n_over = player.n_connections, player.n_over
            if player.is_over and (player.failure is not None or not options.faults):
                return
            is_quiet = 0 < n_over == min(n_asked, player.n_recorded)
            patience_s = options.timeout_s if options.faults and is_quiet else inf
            with anyio.move_on_after(patience_s) as waiting:
                await player.until_changed()
            if waiting.cancelled_caught:
                return


@frozen(kw_only=True)
class CallOptions:
    """What `call` is to do.

    Args:
        source: The recording.
        base_url: The server.
        compare: How what the server says is compared with what was recorded.
        pace: How long a recorded second takes, in seconds.
        timeout_s: How much longer than recorded the server may take, in seconds.
        redact: The patterns that the recording was made with.
        ignored: Types of events that may come or not.
        model: The model to ask for; None takes the recorded one.
        key_variable: The environment variable that has the key to show; None: none is needed.
        backend: "asyncio" or "trio".
    """

    source: Path
    base_url: str
    compare: Literal["strict", "type"] = "type"
    pace: float = 1.0
    timeout_s: float = 5.0
    redact: Sequence[str] = ()
    ignored: Sequence[str] = ()
    model: str | None = None
    key_variable: str | None = None
    backend: str = "asyncio"


def call_server(options: CallOptions) -> int:
    """Be the client of a recording to a server, until all of it was said.

    Raises:
        RealtimeError: The recording cannot be played, the server cannot be reached, or says
            something else.
    """
    key = "any"
    if options.key_variable is not None:
        key = os.environ.get(options.key_variable, "")
        if not key:
            raise ConfigurationError(f"{options.key_variable} is not set in the environment")
    connections = anyio.run(
        partial(
            call,
            options.source,
            options.base_url,
            compare=options.compare,
            pace=options.pace,
            timeout_s=options.timeout_s,
            api_key=Secret(key),
            model=options.model,
            ignored=options.ignored,
            redact=options.redact,
        ),
        backend=options.backend,
    )
    for connection in connections:
        end = (
            f"{connection.n_said} frames said, {connection.n_heard} heard"
            if connection.status is None
            else f"refused with {connection.status}, as recorded"
        )
        print(f"line {connection.line}: {end}")
    print("all was said")
    return 0


def inspect(path: Path) -> int:
    """Print a recording: a line per record, then what a replay finds odd.

    Raises:
        RecordingError: It cannot be read.
    """
    journal = _journal(path)
    head = journal.head
    print(f"{head.origin} of {head.provider}, audio {head.audio}")
    if head.source:
        print(f"from {head.source}")
    for record_ in journal.records:
        for line in _told(record_):
            print(f"{record_.line:6} {_time(record_)}  {line}")
    has_audio_beside = journal.head.audio == "sidecar"  # the listing shows where, not what
    report = replay_journal(read_recording(path) if has_audio_beside else journal)
    for name, count in sorted(report.drift.items()):
        print(f"unknown field: {name} ({count} times)")
    for violation in report.violations:
        print(f"violation: {violation}")
    for refusal in report.refused:
        print(f"refused: {refusal}")
    for kind, count in sorted(journal.unknown.items()):
        print(f"records of a later version: {kind} ({count})")
    _tell_cut(journal)
    return 0


def _tell_cut(journal: Journal) -> None:
    if journal.cut_line is not None:
        print(f"interrupted: line {journal.cut_line} is not whole")


def diff(first: Path, second: Path) -> int:
    """Print where two recordings differ, times apart.

    Returns:
        0 where they do not.

    Raises:
        RecordingError: One cannot be read.
    """
    differences = compare_journals(read_recording(first), read_recording(second))
    for difference in differences:
        print(difference)
    if not differences:
        print("no differences")
    return int(bool(differences))


# --- files


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise RecordingError(f"cannot read {path}: {exc.strerror}") from None


def _journal(path: Path) -> Journal:
    data = _read(path)
    try:
        return read_journal(data.splitlines())
    except RecordingError as exc:
        raise RecordingError(f"{path}: {exc.message}", line=exc.line) from None


def _write(path: Path, lines: Iterable[str], sidecar: SidecarWriter) -> int:
    n_lines = 0
    try:
        with (
            os.fdopen(make_file(os.fspath(path)), "w", encoding="utf-8", newline="\n") as file,
            closing(sidecar),
        ):
            for n_lines, line in enumerate(lines, 1):  # noqa: B007 - counted for the caller
                file.write(f"{line}\n")
    except FileExistsError:
        raise RecordingError(f"{path} exists already: it is not overwritten") from None
    except OSError as exc:
        raise RecordingError(f"cannot write {path}: {exc.strerror}") from None
    return n_lines


def _numbered(path: Path, number: int) -> Path:
    stem, dot, ending = path.name.partition(".")
    return path.with_name(f"{stem}-{number}{dot}{ending}")


# --- replaying many


def _replayed(paths: Sequence[Path], jobs: int) -> Iterator[tuple[str, bool]]:
    if jobs <= 1 or len(paths) == 1:
        yield from _progress(map(_replay_one, paths), "replay", total=len(paths))
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        chunk = max(1, len(paths) // (jobs * 4))
        results = pool.map(_replay_one, paths, chunksize=chunk)
        yield from _progress(results, "replay", total=len(paths))


def _replay_one(path: Path) -> tuple[str, bool]:
    """The report as text, and whether it is exact; it may be made in another process."""
    try:
        report: Report = replay_journal(read_recording(path))
    except RecordingError as exc:
        return f"failed: {exc}\n", False
    return report.to_text(), report.is_exact


def _progress(items: Iterable[Any], what: str, *, total: int | None = None) -> Iterator[Any]:
    """The items, with a bar on the error stream where a person would see it."""
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield from items
        return
    from rich.console import Console  # here, not above: it comes with the extra `replay`
    from rich.progress import Progress

    bar = Progress(
        console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    )
    with bar:
        yield from bar.track(items, total=total, description=what)


# --- a record in a line


def _time(record_: Record) -> str:
    return " " * 11 if record_.t_us is None else f"{record_.t_us / 1_000_000:9.3f} s"


def _told(record_: Record) -> list[str]:
    body = record_.body
    match record_.kind:
        case "send":
            command = body.get("command")
            return [f"application: {_typed(command)}"]
        case "receive":
            return [f"server: {_frame(body)}"]
        case "frame":
            return [f"{body.get('from')}: {_frame(body)}"]
        case "frames":
            return [f"client: {_frame(frame)}" for frame in _list(body, "frames")]
        case "events":
            return [f"event: {_typed(event)}" for event in _list(body, "events")]
        case "road":
            return [f"road: {_typed(body.get('road'))}"]
        case kind:
            rest = {key: body[key] for key in body if key not in ("kind", "t_us")}
            return [f"{kind} {_short(rest)}" if rest else kind]


def _list(body: Any, name: str) -> list[Any]:
    value = body.get(name)
    return value if isinstance(value, list) else []


def _typed(value: Any) -> str:
    if not isinstance(value, dict):
        return _short(value)
    rest = {key: value[key] for key in value if key != "type"}
    return f"{value.get('type')} {_short(rest)}" if rest else str(value.get("type"))


def _frame(body: Any) -> str:
    text = body.get("frame") if isinstance(body, dict) else None
    return _short(text if isinstance(text, str) else body)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
