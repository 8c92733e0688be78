"""Run the Autobahn test suite against our WebSocket, in both roles, on both event loops.

    python tests/interop/run_autobahn.py [--quick] [--tls] [--output FILE]

--quick runs the cases 1 to 7 and 10: everything but mass (9) and compression (12, 13). A case is
passed where Autobahn says OK or INFORMATIONAL of its behaviour and of its close; NON-STRICT is a
failure.

The suite wants CPython 2.7, from AUTOBAHN_PYTHON or from the PATH; it is installed into a virtual
environment under AUTOBAHN_HOME (else ~/.cache/realtime-io/autobahn) and found there the next time.

Exits with 0 where all is passed, 1 where something is not, 2 where there is no Python 2.7.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
import trustme
from attrs import frozen

from realtime_io._handshake import Accept, accept_websocket, connect_websocket
from realtime_io._tasks import background_tasks
from realtime_io._tcp import with_nowait
from realtime_io._tls import start_client, start_server
from realtime_io._websocket import DEFAULT_LIMITS, Closed, SocketLimits, WebSocket
from realtime_proto.errors import RealtimeConnectionError, RealtimeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anyio.abc import ByteStream

PACKAGES: Final = (
    ("pip==20.3.4", "setuptools==44.0.0", "wheel==0.36.2"),
    ("incremental==16.10.1", "pyOpenSSL==19.1.0", "cryptography==3.3.2"),
    ("--no-build-isolation", "Twisted==19.10.0"),
    ("--no-build-isolation", "autobahntestsuite"),
)
"""In this order: what Twisted needs to be built must be there before it is."""

BACKENDS: Final = ("asyncio", "trio")
PASSED: Final = ("OK", "INFORMATIONAL")
START_S: Final = 20.0
CASE_S: Final = 600.0
GROUP_S: Final = 7_200.0
NO_PYTHON: Final = 2


@frozen
class Group:
    """Cases that are run together."""

    name: str
    cases: tuple[str, ...]
    excluded: tuple[str, ...]
    n_cases: int
    limits: SocketLimits = DEFAULT_LIMITS
    deflate: bool = False

    def spec(self, **more: object) -> dict[str, object]:
        """What wstest reads."""
        return {
            "cases": list(self.cases),
            "exclude-cases": list(self.excluded),
            "exclude-agent-cases": {},
            **more,
        }


QUICK: Final = Group("1-7, 10", ("*",), ("9.*", "12.*", "13.*"), 247)
MASS: Final = Group("9", ("9.*",), (), 54, SocketLimits(fragments=2**17))
"""9.3 and 9.4 send 4 MiB in fragments of 64 bytes; the default limit refuses that."""

DEFLATE: Final = Group("12, 13", ("12.*", "13.*"), (), 216, deflate=True)


# --- what is tested: an echo, in both roles


async def _echo(websocket: WebSocket) -> None:
    async with background_tasks() as tasks:
        websocket.write_in(tasks)
        try:
            while True:
                message = await websocket.receive()
                await websocket.room()
                websocket.post_now(message)
        except (Closed, RealtimeError):
            pass
        with anyio.CancelScope(shield=True):
            await websocket.close(timeout_s=1)


async def serve(group: Group, port: int, context: ssl.SSLContext | None) -> None:
    """Echo for ever what clients say."""

    async def handle(stream: ByteStream) -> None:
        async with stream:
            below = with_nowait(stream)
            road = below if context is None else await start_server(below, context)
            if road is None:
                return
            websocket = await accept_websocket(
                road, select=lambda _: Accept(), limits=group.limits, deflate=group.deflate
            )
            if websocket is not None:
                await _echo(websocket)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    await listener.serve(handle)


async def call(group: Group, port: int, agent: str, context: ssl.SSLContext | None) -> None:
    """Go through all cases of a fuzzing server."""

    async def connect(target: str) -> WebSocket:
        stream = with_nowait(await anyio.connect_tcp("127.0.0.1", port))
        road: ByteStream | RealtimeConnectionError = stream
        if context is not None:
            road = await start_client(stream, host="127.0.0.1", address="wstest", context=context)
        if isinstance(road, RealtimeConnectionError):
            raise road
        return await connect_websocket(
            road,
            host=f"127.0.0.1:{port}",
            target=target,
            limits=group.limits,
            deflate=group.deflate,
        )

    websocket = await connect("/getCaseCount")
    count = int(await websocket.receive())
    await websocket.close()
    for case in range(1, count + 1):
        with anyio.fail_after(CASE_S):
            await _echo(await connect(f"/runCase?case={case}&agent={agent}"))
    await _echo(await connect(f"/updateReports?agent={agent}"))


# --- the suite


def find_python() -> tuple[str, dict[str, str]] | None:
    """A CPython 2.7, and the environment it wants."""
    named = os.environ.get("AUTOBAHN_PYTHON") or shutil.which("python2.7")
    if named is None:
        return None
    tries = [dict(os.environ)]
    with contextlib.suppress(OSError):  # a shim of pyenv wants to be told which
        listed = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True)  # noqa: S607
        tries += [
            {**os.environ, "PYENV_VERSION": version}
            for version in listed.stdout.split()
            if version.startswith("2.7")
        ]
    for environment in tries:
        with contextlib.suppress(OSError):
            said = subprocess.run(
                [named, "-c", "import sys; print(sys.version_info[:2] == (2, 7))"],
                capture_output=True,
                text=True,
                env=environment,
            )
            if said.stdout.strip() == "True":
                return named, environment
    return None


def installed_suite() -> Path | None:
    """The suite's `wstest`, installed where it is not yet."""
    home = Path(os.environ.get("AUTOBAHN_HOME") or Path.home() / ".cache/realtime-io/autobahn")
    wstest = home / "bin" / "wstest"
    if wstest.exists():
        return wstest
    found = find_python()
    if found is None:
        return None
    python, environment = found
    print(f"installing the Autobahn test suite into {home}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        # virtualenv itself is not put beside the user's own packages.
        run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
        install = ["-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run([python, *install, "-t", scratch, "virtualenv<20.22"], env=environment)
        run(
            [python, "-m", "virtualenv", "-q", str(home)],
            env={**environment, "PYTHONPATH": scratch},
        )
        for packages in PACKAGES:
            run([str(home / "bin" / "python"), *install, *packages])
    return wstest


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def _running(command: Sequence[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _finish(command: Sequence[str], log: Path) -> None:
    with log.open("wb") as out:
        status = subprocess.run(
            command, stdout=out, stderr=subprocess.STDOUT, timeout=GROUP_S, check=False
        ).returncode
    if status:
        raise SystemExit(f"{command[0]} failed:\n{log.read_text(errors='replace')[-2000:]}")


@frozen
class Result:
    """What came of one group in one mode."""

    mode: str
    group: str
    counts: dict[str, int]
    failures: tuple[str, ...]
    seconds: float


def run_group(
    wstest: Path, group: Group, *, role: str, backend: str, certificates: Path | None
) -> Result:
    """Run a group against our client or our server."""
    began_at = time.monotonic()
    agent = f"realtime-io-{role}-{backend}{'-tls' if certificates else ''}"
    port = _free_port()
    ours = [sys.executable, __file__, "--be", role, group.name, backend, str(port), agent]
    ours += [str(certificates)] if certificates else []
    scheme = "wss" if certificates else "ws"
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        spec = scratch / "spec.json"
        suite = [str(wstest), "-s", str(spec)]
        if role == "server":
            servers = [{"agent": agent, "url": f"{scheme}://127.0.0.1:{port}"}]
            spec.write_text(json.dumps(group.spec(outdir=name, servers=servers)))
            with _running(ours, scratch / "ours.log"):
                _wait_for(port)
                _finish([*suite, "-m", "fuzzingclient"], scratch / "suite.log")
        else:
            more = {"outdir": name, "url": f"{scheme}://127.0.0.1:{port}"}
            if certificates:
                more |= {"key": f"{certificates}/server.key", "cert": f"{certificates}/server.pem"}
            spec.write_text(json.dumps(group.spec(**more)))
            command = [*suite, "-m", "fuzzingserver", "-u", "0"]
            with _running(command, scratch / "suite.log"):
                _wait_for(port)
                _finish(ours, scratch / "ours.log")
        index: dict[str, Any] = json.loads((scratch / "index.json").read_text())[agent]
    counts: dict[str, int] = {}
    failures = []
    for case, found in index.items():
        counts[found["behavior"]] = counts.get(found["behavior"], 0) + 1
        if found["behavior"] not in PASSED or found["behaviorClose"] not in PASSED:
            failures.append(f"{case}: {found['behavior']}, close {found['behaviorClose']}")
    if len(index) != group.n_cases:
        failures.append(f"{len(index)} cases were run, not {group.n_cases}")
    mode = f"{role}, {backend}{', TLS' if certificates else ''}"
    return Result(mode, group.name, counts, tuple(failures), time.monotonic() - began_at)


def _certificates(folder: Path) -> Path:
    """A CA and a certificate for this machine."""
    ca = trustme.CA()
    issued = ca.issue_cert("127.0.0.1", "localhost")
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued.private_key_pem.write_to_path(str(folder / "server.key"))
    with (folder / "server.pem").open("wb") as out:
        for blob in issued.cert_chain_pems:
            out.write(blob.bytes())
    return folder


def _be(role: str, name: str, backend: str, port: int, agent: str, certificates: str) -> None:
    """The child process: one of the two roles."""
    group = next(group for group in (QUICK, MASS, DEFLATE) if group.name == name)
    context = None
    if certificates and role == "server":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(f"{certificates}/server.pem", f"{certificates}/server.key")
    elif certificates:
        context = ssl.create_default_context(cafile=f"{certificates}/ca.pem")
    if role == "server":
        anyio.run(serve, group, port, context, backend=backend)
    else:
        anyio.run(call, group, port, agent, context, backend=backend)


def _table(results: Sequence[Result]) -> str:
    lines = ["| mode | cases | OK | INFORMATIONAL | anything else |", "|---|---|---|---|---|"]
    for result in results:
        known = {name: result.counts.get(name, 0) for name in PASSED}
        rest = sum(result.counts.values()) - sum(known.values())
        n_failed = max(rest, len(result.failures))
        ok, informational = known.values()
        lines.append(f"| {result.mode} | {result.group} | {ok} | {informational} | {n_failed} |")
    return "\n".join(lines)


def main() -> int:
    """Run what is asked for; see the head."""
    parser = argparse.ArgumentParser(description="Autobahn against realtime_io's WebSocket")
    parser.add_argument("--quick", action="store_true", help="cases 1 to 7 and 10 only")
    parser.add_argument("--tls", action="store_true", help="over TLS, and not without")
    parser.add_argument("--no-deflate", action="store_true", help="leave out the cases 12 and 13")
    parser.add_argument("--output", type=Path, help="a Markdown file for the table")
    parser.add_argument("--be", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        role, name, backend, port, agent, *certificates = options.be
        _be(role, name, backend, int(port), agent, "".join(certificates))
        return 0
    wstest = installed_suite()
    if wstest is None:
        print("there is no CPython 2.7 for the Autobahn test suite: put python2.7 on the PATH, or")
        print("name it in AUTOBAHN_PYTHON. Nothing was run.")
        return NO_PYTHON
    groups = [QUICK] if options.quick else [QUICK, MASS, DEFLATE]
    if options.no_deflate:
        groups.remove(DEFLATE)
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        certificates = _certificates(Path(scratch)) if options.tls else None
        for group in groups:
            for role in ("client", "server"):
                for backend in BACKENDS:
                    result = run_group(
                        wstest, group, role=role, backend=backend, certificates=certificates
                    )
                    results.append(result)
                    print(f"{result.mode}: cases {group.name}: {result.counts}", end=" ")
                    print(f"in {result.seconds:.0f} s", *result.failures, sep="\n    ", flush=True)
    if options.output is not None:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        options.output.write_text(f"Run on {today}.\n\n{_table(results)}\n")
    return 1 if any(result.failures for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
