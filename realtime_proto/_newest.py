"""Tables that remember only the newest of what came."""

from __future__ import annotations

from typing import Any

__all__ = ("keep_newest",)


def keep_newest(kept: dict[Any, Any], most: int) -> None:
    """Forget the entries that have been there longest, down to *most*."""
    while len(kept) > most:
        del kept[next(iter(kept))]
