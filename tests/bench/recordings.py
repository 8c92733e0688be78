"""Recordings replayed in two processes, beside parsing their JSON; and what taking one costs.

    python tests/bench/recordings.py [--recordings 1000] [--processes 2] [--rounds 3] [--minutes 20]

Replay: one-minute recordings with their audio inline are made up (see minute), as many as stay in
the page cache, and are read again and again until the number is reached. Each measurement is a
process of its own with a pool, in interleaved rounds: exact replay of every file; every file played
as the server of a real client, on a clock that jumps; and, as the floor, the parsing of every line
and nothing more. The largest memory of any process is taken over a
tenth of the recordings and over all.

Recording: the same minute is held by a conversation with and without a recorder, in interleaved
rounds in one process. What is counted is processor time, and the longest time that one input took,
for a recorder writes while the event loop waits. Made-up audio is there before, so all the time is
that of the conversation and of its recorder.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import anyio

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.minute import HEARD_BYTES, MINUTE_S, conversation, hold, speak, steps
from bench.rounds import in_child, interleaved, table, versions
from realtime_io import Recorder, read_recording
from realtime_io.player import play
from realtime_io.virtual import run_virtually
from realtime_proto._json import loads
from realtime_proto.replay import replay_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_proto.recording import AudioPolicy

FILES: Final = 20
"""Different ones: 120 MB, which stay in memory, so no disk is measured."""

LIMIT_S: Final = 1_000.0
"""Of one measurement."""

POLICIES: Final[tuple[AudioPolicy, ...]] = ("inline", "sidecar", "dropped")
VERSIONS: Final = ("orjson", "pybase64", "attrs", "cattrs")


# --- replay


def make_files(folder: Path, n: int, audio: AudioPolicy) -> None:
    """*n* recordings of a minute each."""
    for seed in range(n):
        with Recorder(folder / f"{seed}.rtc.jsonl", audio=audio) as recorder:
            subject = recorder.attach(conversation(), _fail)
            hold(subject, steps(subject, seed=seed))


def _fail(error: Exception) -> None:
    raise error


def parse_one(path: str) -> bool:
    """The floor: every line of a file as JSON."""
    with open(path, "rb") as file:
        return all(body.keys() & {"kind", "format"} for body in map(loads, file))


def replay_one(path: str) -> bool:
    """Replay a file; whether it is exact, without anything that is odd."""
    report = replay_journal(read_recording(path))
    return report.is_exact and not report.violations and not report.refused


def play_one(path: str) -> bool:
    """Play a file to a real client, on a clock that jumps; whether that took a minute of it."""

    async def main() -> bool:
        began_at = anyio.current_time()
        async with play(path) as player:
            heard = await speak(player.base_url, seed=int(Path(path).name.partition(".")[0]))
        took_us = round((anyio.current_time() - began_at) * 1e6)
        return (heard, took_us) == (HEARD_BYTES, round(MINUTE_S * 1e6))

    return run_virtually(main)


WORK: Final[dict[str, Callable[[str], bool]]] = {
    "replay": replay_one,
    "play": play_one,
    "parse": parse_one,
}


def work(what: str, folder: str, n: int, processes: int) -> tuple[float, float]:
    """Do *what* to *n* recordings: the seconds it took, and the largest memory in MiB.

    Raises:
        RuntimeError: One was not replayed exactly, or not played in its time.
    """
    files = sorted(map(str, Path(folder).glob("*.rtc.jsonl")))
    paths = [files[i % len(files)] for i in range(n)]
    began = time.perf_counter()
    with ProcessPoolExecutor(processes) as pool:
        n_good = sum(pool.map(WORK[what], paths, chunksize=max(1, n // (processes * 8))))
    took = time.perf_counter() - began
    if n_good != n:
        raise RuntimeError(f"{n - n_good} recordings did not come out as recorded")
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return took, max(resource.getrusage(one).ru_maxrss for one in who) / 1024


def compare_replay(*, n: int, processes: int, rounds: int, n_files: int) -> dict[str, float]:
    """Recordings a second by what is done, and MiB for a tenth of them and for all."""
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), n_files, "inline")

        def seconds(what: str) -> float | None:
            arguments = ("--do", "seconds", what, folder, n, processes)
            return in_child(__file__, *arguments, limit_s=LIMIT_S)

        found = interleaved(list(WORK), seconds, rounds=rounds)
        memory = {
            f"MiB of {number}": in_child(
                __file__, "--do", "memory", "replay", folder, number, processes, limit_s=LIMIT_S
            )
            for number in (max(1, n // 10), n)
        }
        n_bytes = sum(path.stat().st_size for path in Path(folder).iterdir()) / n_files
    rates = {name: n / took for name, took in found.items() if took}
    return {**rates, **{name: mib for name, mib in memory.items() if mib}, "bytes": n_bytes}


# --- recording


def take_minute(audio: AudioPolicy | None, seed: int) -> tuple[float, float, int]:
    """Hold a minute: seconds of processor time, the longest input in seconds, bytes written."""
    with tempfile.TemporaryDirectory() as folder:
        if audio is None:
            return (*_held(conversation(), seed), 0)
        with Recorder(Path(folder) / "a.rtc.jsonl", audio=audio) as recorder:
            took, longest = _held(recorder.attach(conversation(), _fail), seed)
        return took, longest, recorder.n_bytes


def _held(subject: Any, seed: int) -> tuple[float, float]:
    minute = steps(subject, seed=seed)
    clock, longest, last = time.perf_counter, 0.0, 0.0

    def after() -> None:
        nonlocal longest, last
        now = clock()
        longest, last = max(longest, now - last), now

    last, began = clock(), time.process_time()
    hold(subject, minute, after=after)
    return time.process_time() - began, longest


def compare_recording(*, rounds: int) -> dict[str, tuple[float, float, int]]:
    """The medians of `take_minute` by what is kept of audio; "off" without a recorder."""
    ways: list[AudioPolicy | None] = [None, *POLICIES]
    found: dict[str, list[tuple[float, float, int]]] = {way or "off": [] for way in ways}
    for seed in range(rounds):
        for way in ways if seed % 2 else reversed(ways):
            found[way or "off"].append(take_minute(way, seed))
    return {
        name: (
            median(took for took, _, _ in values),
            median(longest for _, longest, _ in values),
            values[0][2],
        )
        for name, values in found.items()
    }


# --- the tables


def replay_table(found: dict[str, float]) -> str:
    """What `compare_replay` found, as a table."""
    rates = {name: found[name] for name in WORK}
    rows = [
        [name, f"{rate:,.1f}", f"{rate * MINUTE_S / 60:,.1f}", f"{rates['parse'] / rate:.1f}"]
        for name, rate in rates.items()
    ]
    memory = ", ".join(f"{v:.0f} {name}" for name, v in found.items() if name.startswith("MiB"))
    return (
        table(["with the same files", "recordings/s", "audio minutes/s", "times parsing"], rows)
        + f"\n\n{found['bytes'] / 1e6:.1f} MB a recording; largest process: {memory} recordings"
    )


def recording_table(found: dict[str, tuple[float, float, int]]) -> str:
    """What `compare_recording` found, as a table."""
    off = found["off"][0]
    rows = [
        [
            name,
            f"{took * 1000:.1f}",
            f"{took / off:.1f}",
            f"{(took - off) / MINUTE_S:.3%}" if name != "off" else "-",
            f"{longest * 1000:.2f}",
            f"{n_bytes / 1e6:.2f}" if n_bytes else "-",
        ]
        for name, (took, longest, n_bytes) in found.items()
    ]
    head = ["audio", "CPU ms a minute", "times off", "of a core", "longest input ms", "MB a minute"]
    return table(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; see the head."""
    parser = argparse.ArgumentParser(description="Recordings: replay, and what they cost")
    parser.add_argument("--recordings", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=FILES, help="different recordings")
    parser.add_argument("--minutes", type=int, default=20, help="taken in each way")
    parser.add_argument("--do", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.do:
        wanted, what, folder, n, processes = options.do
        took, mib = work(what, folder, int(n), int(processes))
        print(json.dumps(took if wanted == "seconds" else mib))
        return
    print(f"{versions(VERSIONS)}\n")
    print(recording_table(compare_recording(rounds=options.minutes)), "\n")
    found = compare_replay(
        n=options.recordings,
        processes=options.processes,
        rounds=options.rounds,
        n_files=options.files,
    )
    print(replay_table(found))


if __name__ == "__main__":
    main()
