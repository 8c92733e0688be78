"""Our WebSocket beside others: CPU per message received and sent, over loopback.

    python tests/bench/websocket.py [--tls] [--rounds N] [--scale X]

One round measures every client once, each in a process of its own, against a server of blocking
sockets in another. Prints microseconds of CPU of the client, and how many times ours that is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.clients import CLIENTS, VERSIONS, Job, measure
from bench.rounds import in_child, interleaved, server, table, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

PEER: Final = str(Path(__file__).with_name("peer.py"))
BASE: Final = "websockets"
OURS: Final = ("realtime_io (asyncio)", "realtime_io (trio)")

COUNTS: Final = {300: 60_000, 10_000: 20_000, 100_000: 2_000}
"""How many messages of a size make a measurement that is longer than the clock is coarse."""

WAYS: Final = {
    "receive": "received",
    "send": "sent, each waited for",
    "queue": "sent from a queue",
}


def header_bytes(size: int) -> int:
    """Of a masked frame."""
    return 6 if size < 126 else 8 if size < 2**16 else 14


def url_of(port: int, how: str, n: int, size: int, *, tls: bool) -> str:
    """Where the peer plays the other side of this."""
    base = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}"
    if how == "receive":
        return f"{base}/receive/{n}/{size}"
    return f"{base}/send/{n * (size + header_bytes(size))}"


def certificates(folder: Path) -> Path:
    """A CA and a server's certificate, as files."""
    import trustme

    ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
    issued = ca.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued.private_key_pem.write_to_path(str(folder / "server.key"))
    (folder / "server.pem").write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    return folder


def compare(
    *, tls: bool, rounds: int, scale: float, names: Sequence[str], sizes: Sequence[int]
) -> dict[tuple[str, int], dict[str, float | None]]:
    """Seconds of CPU per message, by way and size and client."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = [str(certificates(Path(scratch)))] if tls else []
        cafile = f"{folder[0]}/ca.pem" if tls else ""
        with server(PEER, *folder) as port:
            for how in WAYS:
                for size in sizes:
                    n = max(10, int(COUNTS[size] * scale / (1 if how == "receive" else 4)))
                    url = url_of(port, how, n, size, tls=tls)
                    found[how, size] = interleaved(
                        names,
                        lambda name: in_child(__file__, "--be", name, url, how, n, size, cafile),  # noqa: B023
                        rounds=rounds,
                    )
    return found


def report(found: dict[tuple[str, int], dict[str, float | None]], sizes: Sequence[int]) -> str:
    """The tables."""
    parts = []
    for how, title in WAYS.items():
        head = [title, *(f"{size:,} B" for size in sizes), "times ours"]
        rows = []
        ours = {
            size: min(v for n in OURS if (v := found[how, size][n]) is not None) for size in sizes
        }
        for name in found[how, sizes[0]]:
            values = {size: found[how, size][name] for size in sizes}
            shown = [
                f"{v * 1e6:.1f}" if (v := values[size]) is not None else "failed" for size in sizes
            ]
            ratios = [
                f"{v / ours[size]:.1f}" if (v := values[size]) is not None else "-"
                for size in sizes
            ]
            rows.append([name, *shown, " / ".join(ratios)])
        parts.append(table(head, rows))
    return "\n\n".join(parts)


def main() -> None:
    """Measure and print; see the head."""
    parser = argparse.ArgumentParser(description="WebSocket clients compared")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="more or fewer messages")
    parser.add_argument("--only", nargs="+", default=list(CLIENTS))
    parser.add_argument("--be", nargs=6, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        name, url, how, n, size, cafile = options.be
        job = Job(url, how=how, n=int(n), size=int(size), cafile=cafile or None)
        print(measure(name, job))
        return
    found = compare(
        tls=options.tls,
        rounds=options.rounds,
        scale=options.scale,
        names=options.only,
        sizes=list(COUNTS),
    )
    over = ", over TLS" if options.tls else ""
    print(f"microseconds of CPU per message{over}; {versions(VERSIONS)}\n")
    print(report(found, list(COUNTS)))


if __name__ == "__main__":
    main()
