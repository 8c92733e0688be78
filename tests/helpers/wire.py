"""Recorded traffic of real servers and clients. It is not part of the project.

It is read from the folder that REALTIME_WIRE names, else from ../shared/wire beside the checkout;
where neither is there, `missing()` says so and tests skip.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = (
    "Recorded",
    "catalogue",
    "client_frames",
    "client_requests",
    "missing",
    "sessions",
    "single_frames",
)

_CHECKOUT = Path(__file__).resolve().parents[2]


@frozen
class Recorded:
    """One recorded connection: its head line, and (direction, frame) for every frame."""

    path: Path
    head: dict[str, Any]
    frames: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem


def _root() -> Path:
    return Path(os.environ.get("REALTIME_WIRE") or _CHECKOUT.parent / "shared" / "wire")


def missing() -> str | None:
    """Why the recordings cannot be read, or None if they can."""
    folder = _root()
    if (folder / "sessions").is_dir():
        return None
    return f"no recorded traffic in {folder} (REALTIME_WIRE names another folder)"


def sessions(prefix: str) -> Iterator[Recorded]:
    """The recorded connections whose file name starts with *prefix* ("openai", "gemini")."""
    for path in sorted((_root() / "sessions").glob(f"{prefix}--*.jsonl")):
        head, *lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        frames = tuple((line["direction"], line["frame"]) for line in lines if "frame" in line)
        yield Recorded(path, head, frames)


def client_frames() -> Iterator[tuple[str, str]]:
    """(client, text frame) for all that third-party clients sent to a server on loopback."""
    for path in sorted((_root() / "clients").glob("*.jsonl")):
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if line["kind"] == "ws" and line.get("op") == 1 and "text" in line:
                yield path.stem, line["text"]


def client_requests() -> Iterator[tuple[str, str, dict[str, str]]]:
    """(client, target, headers with names in lower case) of the handshakes of those clients."""
    for path in sorted((_root() / "clients").glob("*.jsonl")):
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if line["kind"] == "http":
                target = line["start"].split(" ")[1]
                yield path.stem, target, {name.lower(): v for name, v in line["headers"]}


def single_frames(provider: str) -> Iterator[dict[str, Any]]:
    """The lines of a provider's collection of single frames, each with where it is from."""
    path = _root() / f"{provider}_frames.jsonl"
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def catalogue(name: str) -> dict[str, Any]:
    """What a vendor's documents and packages say of its wire: *name*.json."""
    found: dict[str, Any] = json.loads((_root() / f"{name}.json").read_text(encoding="utf-8"))
    return found
