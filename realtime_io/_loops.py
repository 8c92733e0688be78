"""Which event loop this runs on, for what anyio does not offer, or not as cheaply."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio

__all__ = ("keep", "trio_here")

_TASKS: Final[set[asyncio.Task[None]]] = set()


def trio_here() -> Any:
    """trio, where this runs in one of its tasks; else None. It is not loaded for this."""
    trio: Any = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None


def keep(task: asyncio.Task[None]) -> None:
    """Hold a task of asyncio's until it is over: the loop itself holds it only weakly."""
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)
