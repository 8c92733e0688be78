"""Golden frames: written by hand, one a line, below a head line that says after what and when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ("golden",)

_FOLDER = Path(__file__).resolve().parents[1] / "golden"


def golden(name: str) -> list[dict[str, Any]]:
    """The frames of tests/golden/*name*.jsonl."""
    head, *frames = map(json.loads, (_FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines())
    assert {"source", "date"} <= head.keys()
    return frames
