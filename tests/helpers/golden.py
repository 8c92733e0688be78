"""Golden frames: written by hand, one a line, below a head line that says after what and when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ("golden", "without_nulls")

_FOLDER = Path(__file__).resolve().parents[1] / "golden"


def golden(name: str) -> list[dict[str, Any]]:
    """The frames of tests/golden/*name*.jsonl."""
    head, *frames = map(json.loads, (_FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines())
    assert {"source", "date"} <= head.keys()
    return frames


def without_nulls(value: Any, keys: Collection[str]) -> Any:
    """*value* without those members of the names *keys* that are null, at any depth."""
    if isinstance(value, dict):
        return {
            key: without_nulls(item, keys)
            for key, item in value.items()
            if item is not None or key not in keys
        }
    return [without_nulls(item, keys) for item in value] if isinstance(value, list) else value
