"""Interleaved rounds of measurements, each in a process of its own, and their table.

On a machine that does other things too, one long measurement of each after the other compares the
neighbours. So every contender is measured in every round, and the median of the rounds counts.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ("in_child", "interleaved", "server", "table", "versions")

CHILD_S: Final = 120.0


def in_child(script: str, *arguments: object, limit_s: float = CHILD_S) -> float | None:
    """What *script* prints last when it is run with *arguments*; None where it failed."""
    command = [sys.executable, script, *map(str, arguments)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return None
    if said.returncode:
        print(said.stderr[-600:], file=sys.stderr)
        return None
    return float(json.loads(said.stdout.splitlines()[-1]))


@contextmanager
def server(script: str, *arguments: str) -> Iterator[int]:
    """*script* as a server in a process of its own, and the port that it prints."""
    with subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def interleaved(
    names: Sequence[str], measure: Callable[[str], float | None], *, rounds: int
) -> dict[str, float | None]:
    """The median of each, measured in turn; None where every round failed."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names if number % 2 else reversed(names):
            value = measure(name)
            if value is not None:
                found[name].append(value)
    return {name: statistics.median(values) if values else None for name, values in found.items()}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def versions(distributions: Iterable[str]) -> str:
    """What was measured, in one line."""
    known = []
    for name in distributions:
        try:
            known.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            known.append(f"{name} is not installed")
    return f"CPython {platform.python_version()}, {', '.join(known)}"
