"""What an idle conversation holds in memory: the wire level, and a whole `VoiceSession` beside it.

    python tests/bench/memory.py [--n 200] [--backend asyncio] [--tls] [--where]

Two numbers of conversations are opened, N and 2 N, each in a process of its own; what one holds is
the difference divided by N, so that imports, caches and what the process holds anyway are not in
it. "resident" is what the system says (`/proc/self/statm`), "traced" what Python's allocator was
asked for (tracemalloc, in a run of its own, for it takes memory itself); what OpenSSL holds for a
connection is only in the former. Nothing was said yet; what a conversation keeps of each turn is
`soak.py`'s. `--where` prints the lines of code that hold most of a session.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import anyio

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.clients import connected
from bench.end_to_end import ADMISSION, GREETING, SESSION_PATH
from bench.peer import frame_of, start
from bench.rounds import in_child, server, table, versions
from bench.websocket import certificates
from realtime_io import RealtimeVoice
from realtime_proto.openai import OpenAIConnection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

PAGE_KIB: Final = resource.getpagesize() / 1024
HOW: Final = ("resident", "traced")

VERSIONS: Final = ("anyio", "wsproto")

WHERE: Final = 45
"""Lines of code that `--where` shows."""

SETTLE_S: Final = 0.3
"""For what the last connect left to be done."""


Context = ssl.SSLContext | None


async def _wire(url: str, context: Context, stack: AsyncExitStack) -> object:
    websocket = await stack.enter_async_context(connected(f"{url}/{SESSION_PATH}", context))
    return websocket, OpenAIConnection()


async def _session(url: str, context: Context, stack: AsyncExitStack) -> object:
    voice = RealtimeVoice(
        "openai", api_key="none", base_url=f"{url}/session/v1", ssl_context=context
    )
    voice.on_audio(len)
    return voice, await stack.enter_async_context(voice.connect())


LEVELS: Final[dict[str, Callable[[str, Context, AsyncExitStack], Awaitable[object]]]] = {
    "wire level": _wire,
    "VoiceSession": _session,
}


def resident_kib() -> float:
    """Of this process, after a garbage collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KIB


async def hold(level: str, url: str, cafile: str, n: int, how: str) -> NoReturn:
    """Print the KiB that the process holds with *n* conversations more than one open, and end it:
    to say goodbye in each would take longer than all the rest.
    """
    context = ssl.create_default_context(cafile=cafile) if cafile else None
    if how != "resident":
        tracemalloc.start(1)
    async with AsyncExitStack() as stack:
        held: list[object] = [await LEVELS[level](url, context, stack)]
        gc.collect()
        before: Any = tracemalloc.take_snapshot() if how == "where" else None
        began = resident_kib() if how == "resident" else tracemalloc.get_traced_memory()[0] / 1024
        for _ in range(n):
            held.append(await LEVELS[level](url, context, stack))  # noqa: PERF401 - each is opened in turn
        await anyio.sleep(SETTLE_S)
        gc.collect()
        kib = resident_kib() if how == "resident" else tracemalloc.get_traced_memory()[0] / 1024
        if how == "where":
            for line in tracemalloc.take_snapshot().compare_to(before, "lineno")[:WHERE]:
                print(f"{line.size_diff / n:8.0f} B {line.count_diff / n:6.1f}  {line.traceback}")
        print(json.dumps(kib - began), flush=True)
        os._exit(0)


def one(level: str, url: str, cafile: str, n: int, how: str, backend: str) -> float:
    """KiB of one conversation more."""
    run = partial(in_child, __file__, "--be", level, url, cafile)
    few, many = (run(number, how, "--backend", backend) for number in (n, 2 * n))
    if few is None or many is None:
        raise ValueError(f"{level} could not be measured")
    return (many - few) / n


@contextmanager
def peer(*, tls: bool) -> Iterator[tuple[str, str]]:
    """A server; its URL, and a file with the authority that has signed its certificate."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(certificates(Path(scratch))) if tls else ""
        with server(__file__, "--peer", folder) as port:
            yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}", folder and f"{folder}/ca.pem"


def measure(*, n: int, backend: str, tls: bool = False) -> dict[str, list[float]]:
    """KiB of one conversation, by level, in the order of `HOW`."""
    with peer(tls=tls) as (url, cafile):
        return {
            level: [one(level, url, cafile, n, how, backend) for how in HOW] for level in LEVELS
        }


def show(*, n: int, backend: str, tls: bool) -> None:
    """Print the lines of code that hold most of a session."""
    with peer(tls=tls) as (url, cafile):
        be = ("--be", "VoiceSession", url, cafile, str(n), "where")
        subprocess.run([sys.executable, __file__, *be, "--backend", backend], check=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What an idle conversation holds in memory")
    parser.add_argument("--n", type=int, default=200, help="and twice as many")
    parser.add_argument("--backend", choices=("asyncio", "trio"), default="asyncio")
    parser.add_argument("--where", action="store_true", help="show what holds it")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--be", nargs=5, help=argparse.SUPPRESS)
    return parser.parse_args()


def main(options: argparse.Namespace) -> None:
    """Measure and print; see the head."""
    if options.peer is not None:
        admission = b"".join(map(frame_of, ADMISSION[:1]))
        said = {
            f"{SESSION_PATH} greets": frame_of(GREETING),
            f"{SESSION_PATH} waits": b"",
            SESSION_PATH: admission,
            f"{SESSION_PATH} stays": b"",
        }
        print(start(Path(options.peer) if options.peer else None, said), flush=True)
        threading.Event().wait()
    if options.be:
        level, url, cafile, n, how = options.be
        anyio.run(hold, level, url, cafile, int(n), how, backend=options.backend)
    if options.where:
        show(n=options.n, backend=options.backend, tls=options.tls)
        return
    found = measure(n=options.n, backend=options.backend, tls=options.tls)
    rows = [[level, *(f"{kib:.1f}" for kib in measured)] for level, measured in found.items()]
    over = " over TLS" if options.tls else ""
    print(
        f"KiB of an idle conversation{over}, {options.backend}; {versions(('anyio', 'wsproto'))}\n"
    )
    print(table(["level", *HOW], rows))


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    main(parse())
