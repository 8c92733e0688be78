"""The event loops that a test on a clock that jumps runs on."""

from __future__ import annotations

from realtime_io.virtual import Stuck, run_virtually

__all__ = ("BACKENDS", "Stuck", "run_virtually")

BACKENDS = ("asyncio", "trio")
