"""Start: the processor time of an import, and of a fresh process up to its first event.

Each figure is the least of several processes, taken in turn. What the interpreter itself takes is
not in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.frames import OPENAI_SESSION
from bench.measure import Goal, print_goals, print_table, print_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("run",)

IMPORTS: dict[str, str] = {
    "realtime-io": "from realtime_proto import Conversation",
    "realtime-io, the package": "import realtime_proto",
    "realtime-io, one wire": "import realtime_proto.openai",
    "attrs, cattrs": "import attrs, cattrs",
    "openai": "import openai",
    "google-genai": "import google.genai",
}

FIRST_EVENTS: dict[str, str] = {
    "realtime-io": (
        "from realtime_proto.openai import OpenAIConnection\nOpenAIConnection().receive(frame)"
    ),
    "openai": (
        "from openai.resources.realtime.realtime import RealtimeConnection\n"
        "RealtimeConnection(None).parse_event(frame)"
    ),
}

_MEASURE = """
import sys, time
frame = sys.stdin.read()
start = time.process_time()
try:
    exec(sys.argv[1])
except ImportError:
    sys.exit(7)
print(time.process_time() - start)
"""


def run(*, n_rounds: int) -> list[Goal]:
    """Print the table and the goals."""
    print_versions(["realtime-io", "attrs", "cattrs", "openai", "google-genai"])
    n_processes = max(1, n_rounds // 25)
    imports = _measured(IMPORTS, n_processes)
    events = _measured(FIRST_EVENTS, n_processes)
    print_table("ms of processor time", {"import": imports, "first event": events})
    goals = [
        Goal(what, cells["realtime-io"] / cells["openai"], 0.2, is_ceiling=True)
        for what, cells in (("import, to openai", imports), ("first event, to openai", events))
        if "openai" in cells
    ]
    print_goals(goals)
    return goals


def _measured(programs: Mapping[str, str], n_processes: int) -> dict[str, float]:
    best: dict[str, float] = {}
    for _ in range(n_processes):
        for name, program in programs.items():
            done = subprocess.run(
                [sys.executable, "-c", _MEASURE, program],
                input=OPENAI_SESSION,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            if done.returncode == 7:  # not installed
                continue
            if done.returncode:
                raise RuntimeError(done.stderr)
            best[name] = min(best.get(name, float("inf")), float(done.stdout) * 1e3)
    return best
