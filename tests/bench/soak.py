"""Many conversations for a while, then many connections one after the other: what stays behind?

    python tests/bench/soak.py [--conversations 1000] [--seconds 60] [--connects 10000]
                               [--backend asyncio] [--tls]

The simulator runs in a process of its own. Every conversation is a `VoiceSession`. When all are
open, all ask a question at once; when all have heard their answer, each goes on to ask every ten
seconds. Then sessions are opened and closed, twenty at a time.

Memory is resident memory after a garbage collection: from when all have had their first answer to
the end of the time, and over the last nine tenths of the connects. It may grow by 5 MiB and by what
a conversation keeps of each turn in its history. Every file descriptor and every task must be gone
at the end, on both sides. Exits with 1 where that is not so, or where an answer was wrong or
missing.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import resource
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import trustme
from attrs import define, field

from realtime_io import (
    AudioChunk,
    RealtimeError,
    RealtimeVoice,
    ResponseDone,
    TranscriptDelta,
    VoiceEvent,
    VoiceSession,
)
from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from anyio.abc import Process

ANSWER: Final = "Hello. How can I help you?"
TURN_S: Final = 10.0
"""From one question of a conversation to its next."""

AT_ONCE: Final = 20
"""Sessions opened at the same time, in the second part."""

MAX_GROWTH_MIB: Final = 5.0
KEPT_KIB: Final = 2.0
"""Of one turn: two items with their texts. The history ends at 1,000 items or 4 MiB."""

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def rss_mib(pid: int | str = "self") -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * PAGE_BYTES / 2**20


def n_descriptors(pid: int | str = "self") -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@define
class Gate:
    """Where all wait for each other."""

    n_here: int = 0
    go: anyio.Event = field(factory=anyio.Event)

    async def pass_by(self) -> None:
        self.n_here += 1
        await self.go.wait()

    async def until(self, n: int) -> None:
        while self.n_here < n:  # noqa: ASYNC110 - seen often enough
            await anyio.sleep(0.01)


@define
class Soak:
    """One run: what it is to do, and what it has seen."""

    base_urls: dict[str, str]
    context: ssl.SSLContext | None
    server_pid: int
    opened: Gate = field(factory=Gate)
    warm: Gate = field(factory=Gate)
    until: float = 0.0
    n_turns: int = 0
    n_audio_bytes: int = 0
    failures: list[str] = field(factory=list)

    def voice(self, i: int) -> RealtimeVoice:
        provider = ("openai", "gemini")[i % 2]
        return RealtimeVoice(
            provider, api_key="any", base_url=self.base_urls[provider], ssl_context=self.context
        )

    def measure(self, what: str) -> tuple[float, float, int, int]:
        """Print, and give, memory and descriptors of both sides."""
        gc.collect()
        seen = rss_mib(), rss_mib(self.server_pid), n_descriptors(), n_descriptors(self.server_pid)
        print(
            f"{what:<34} client {seen[0]:7.1f} MiB {seen[2]:5} fds   "
            f"server {seen[1]:7.1f} MiB {seen[3]:5} fds",
            flush=True,
        )
        return seen

    def expect(self, is_so: bool, what: str) -> None:
        if not is_so:
            self.failures.append(what)

    def expect_flat(
        self, before: tuple[float, ...], after: tuple[float, ...], when: str, *, n_turns: int = 0
    ) -> None:
        for side, i in (("client", 0), ("server", 1)):
            growth = after[i] - before[i] - n_turns * KEPT_KIB / 1024
            self.expect(
                growth <= MAX_GROWTH_MIB, f"the {side} grew by {growth:.1f} MiB while {when}"
            )

    # --- many at once

    async def converse(self, i: int) -> None:
        """Hold one conversation: one turn when all are open, then one every ten seconds."""
        try:
            async with self.voice(i).connect() as session:
                events = aiter(session)
                await self.opened.pass_by()
                await self.turn(session, events)
                await self.warm.pass_by()
                left_s = self.until - anyio.current_time()
                await anyio.sleep(random.uniform(0, min(TURN_S, left_s) / 2))
                while anyio.current_time() < self.until:
                    asked_at = anyio.current_time()
                    await self.turn(session, events)
                    await anyio.sleep_until(min(asked_at + TURN_S, self.until))
        except RealtimeError as exc:
            self.failures.append(f"conversation {i}: {exc!r}")
            self.opened.n_here += 1  # for whoever waits for all
            self.warm.n_here += 1

    async def turn(self, session: VoiceSession, events: AsyncIterator[VoiceEvent]) -> None:
        await session.send_text("hello")
        await self.hear(events)

    async def hear(self, events: AsyncIterator[object]) -> None:
        said, n_bytes = "", 0
        async for event in events:
            if isinstance(event, AudioChunk):
                n_bytes += len(event.data)
            elif isinstance(event, TranscriptDelta) and event.is_final:
                said = event.text
            elif isinstance(event, ResponseDone):
                break
        self.expect(said.strip() == ANSWER, f"the answer was {said!r}")
        self.expect(n_bytes > 24_000, f"the answer had {n_bytes} bytes of audio")
        self.n_turns += 1
        self.n_audio_bytes += n_bytes

    async def many_at_once(self, n: int, seconds: float) -> None:
        start = self.measure("before")
        began = time.process_time()
        async with anyio.create_task_group() as tasks:
            for i in range(n):
                tasks.start_soon(self.converse, i)
                await self.opened.until(i - AT_ONCE)
            await self.opened.until(n)
            idle = self.measure(f"{n} conversations open")
            print(f"{'':<34} {(idle[0] - start[0]) * 1024 / n:.1f} KiB each")
            self.opened.go.set()
            await self.warm.until(n)
            early = self.measure("after one turn of all at once")
            n_turns = self.n_turns
            self.until = anyio.current_time() + seconds
            self.warm.go.set()
            await anyio.sleep_until(self.until - min(1, seconds / 2))
            late = self.measure(f"after {seconds:g} s")
            n_turns = self.n_turns - n_turns
            self.expect_flat(early, late, "the conversations ran", n_turns=n_turns)
        cpu_s = time.process_time() - began
        end = self.measure("all are over")
        self.expect(end[2] == start[2], f"{end[2] - start[2]} descriptors of the client's stayed")
        await self.until_server_has(start[3])
        audio_s = self.n_audio_bytes / 48_000
        print(f"{self.n_turns} turns, {audio_s:.0f} s of audio, {cpu_s:.1f} s of the client's CPU")
        self.expect(self.n_turns >= 2 * n, f"only {self.n_turns} turns")

    async def until_server_has(self, n: int) -> None:
        with anyio.move_on_after(5):
            while n_descriptors(self.server_pid) > n:  # noqa: ASYNC110 - another process's
                await anyio.sleep(0.05)
        left = n_descriptors(self.server_pid) - n
        self.expect(left <= 0, f"{left} descriptors of the server's stayed")

    # --- one after the other

    async def connect(self, numbers: Sequence[int]) -> None:
        for i in numbers:
            try:
                async with self.voice(i).connect() as session:
                    self.expect(session.is_active, "a session was not active")
            except RealtimeError as exc:
                self.failures.append(f"connect {i}: {exc!r}")

    async def many_in_turn(self, n: int) -> None:
        start = self.measure("before the connects")
        early = start
        began, began_cpu = time.monotonic(), time.process_time()
        for part in range(10):
            async with anyio.create_task_group() as tasks:
                for lane in range(AT_ONCE):
                    tasks.start_soon(self.connect, range(lane, n // 10, AT_ONCE))
            if part == 0:
                early = self.measure(f"{n // 10} connects")
        took, cpu_s = time.monotonic() - began, time.process_time() - began_cpu
        late = self.measure(f"{n} connects")
        print(
            f"{n / took:.0f} sessions a second, {cpu_s / n * 1000:.2f} ms of the client's CPU each"
        )
        self.expect_flat(early, late, "connecting")
        self.expect(late[2] == start[2], f"{late[2] - start[2]} descriptors of the client's stayed")
        await self.until_server_has(start[3])


async def run(options: argparse.Namespace, process: Process, context: ssl.SSLContext | None) -> int:
    assert process.stdout is not None
    said = b""
    while not said.endswith(b"\n"):
        said += await process.stdout.receive()
    openai, gemini = said.decode().split()
    soak = Soak({"openai": openai, "gemini": gemini}, context, process.pid)
    await soak.many_at_once(options.conversations, options.seconds)
    await soak.many_in_turn(options.connects)
    tasks = [task.name for task in anyio.get_running_tasks() if "realtime_io" in (task.name or "")]
    soak.expect(not tasks, f"tasks stayed: {tasks}")
    for failure in soak.failures[:20]:
        print(f"FAILED: {failure}")
    print(f"{len(soak.failures)} failures")
    return 1 if soak.failures else 0


async def main(options: argparse.Namespace) -> int:
    command = [sys.executable, __file__, "--serve", "--backend", options.backend]
    context, certificate = None, b""
    if options.tls:
        authority = trustme.CA()
        context = ssl.create_default_context()
        authority.configure_trust(context)
        certificate = authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.bytes()
        command.append("--tls")
    async with await anyio.open_process(command, stderr=None) as process:
        assert process.stdin is not None
        if certificate:
            await process.stdin.send(certificate)
        await process.stdin.aclose()
        try:
            return await run(options, process, context)
        finally:
            process.terminate()


async def serve(options: argparse.Namespace) -> int:
    """The other process: the simulator."""
    context = None
    pem = sys.stdin.buffer.read()
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with trustme.Blob(pem).tempfile() as path:
            context.load_cert_chain(path)
    async with Simulator(with_voice=False, pace=0, ssl_context=context) as simulator:
        print(simulator.base_url("openai"), simulator.base_url("gemini"), flush=True)
        await anyio.sleep_forever()
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--conversations", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connects", type=int, default=10_000)
    parser.add_argument("--backend", choices=("asyncio", "trio"), default="asyncio")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = parse()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.exit(anyio.run(serve if chosen.serve else main, chosen, backend=chosen.backend))
