"""Timing that a busy machine disturbs little: the best of many short batches.

Only ratios travel between machines. What is compared is therefore measured in one run, a batch of
each after a batch of the other, so that all have the same neighbours.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("Goal", "Runner", "best_us", "print_goals", "print_table", "print_versions")

Runner = Callable[[], object]
"""Does the work once."""

BATCH_S: Final = 0.0004


def best_us(runners: Mapping[str, Runner], *, n_rounds: int, divisor: int = 1) -> dict[str, float]:
    """The microseconds each runner takes, divided by *divisor*: the best batch of *n_rounds*."""
    counts = {}
    for name, run in runners.items():
        run()  # what is lazy is there now
        start = time.perf_counter()
        run()
        counts[name] = max(1, int(BATCH_S / max(time.perf_counter() - start, 1e-7)))
    best = dict.fromkeys(runners, float("inf"))
    for _ in range(n_rounds):
        for name, run in runners.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                run()
            took = (time.perf_counter() - start) / counts[name]
            best[name] = min(best[name], took)
    return {name: took * 1e6 / divisor for name, took in best.items()}


@frozen
class Goal:
    """What a ratio should be.

    Args:
        what: In words.
        ratio: What was measured.
        bound: At most this, or at least this.
        is_ceiling: Which of the two.
    """

    what: str
    ratio: float
    bound: float
    is_ceiling: bool

    @property
    def is_met(self) -> bool:
        """Whether the ratio is within the bound."""
        return self.ratio <= self.bound if self.is_ceiling else self.ratio >= self.bound


def print_versions(names: Iterable[str]) -> None:
    """One line: the interpreter and the packages measured."""
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} not installed")
    print(f"{platform.python_implementation()} {platform.python_version()}; {', '.join(found)}\n")


def print_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    """A Markdown table: a line for each runner, a column for each kind of work, figures in us."""
    kinds: Sequence[str] = list(rows)
    names = list(dict.fromkeys(name for cells in rows.values() for name in cells))
    print(f"| {title} | {' | '.join(kinds)} |")
    print("|---" * (len(kinds) + 1) + "|")
    for name in names:
        cells = [rows[kind].get(name) for kind in kinds]
        texts = ["" if cell is None else f"{cell:.3g}" for cell in cells]
        print(f"| {name} | {' | '.join(texts)} |")
    print()


def print_goals(goals: Iterable[Goal]) -> None:
    """A Markdown table of the goals."""
    print("| goal | wanted | measured | |")
    print("|---|---|---|---|")
    for goal in goals:
        sign = "<=" if goal.is_ceiling else ">="
        verdict = "met" if goal.is_met else "missed"
        print(f"| {goal.what} | {sign} {goal.bound:g} | {goal.ratio:.2f} | {verdict} |")
    print()
    sys.stdout.flush()
