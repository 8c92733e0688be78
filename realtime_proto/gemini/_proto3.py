"""What proto3 JSON does to scalars, for the classes of this package."""

from __future__ import annotations

import re
from typing import Final

from realtime_proto._codec import Int64

__all__ = ("int64", "seconds")

_DURATION: Final = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,9})?)s")


def int64(value: int | None) -> Int64 | None:
    """A field's converter, so that callers may write a plain integer."""
    return None if value is None else Int64(value)


def seconds(duration: str | None) -> float | None:
    """The seconds a Duration's text says ("3.5s"); None where it says none."""
    found = _DURATION.fullmatch(duration or "")
    return None if found is None else float(found[1])
