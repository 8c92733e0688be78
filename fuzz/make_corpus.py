"""Writes the corpus: one file for every type of event of each side, out of tests/golden.

    python fuzz/make_corpus.py

Of OpenAI the first golden frame of each tag, of Gemini the first golden message that has each
member. Files that are already there are left alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from _harness import CORPUS

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"


def frames(provider: str, side: str) -> dict[str, dict[str, Any]]:
    """Name of a type -> its first golden frame."""
    _, *lines = (GOLDEN / provider / f"{side}.jsonl").read_text("utf-8").splitlines()
    found: dict[str, dict[str, Any]] = {}
    for frame in map(json.loads, lines):
        for name in [frame["type"]] if provider == "openai" else frame:
            found.setdefault(name, frame)
    return found


def main() -> None:
    """Write what is missing."""
    for provider in ("openai", "gemini"):
        for side in ("client", "server"):
            folder = CORPUS / f"{provider}-{side}"
            folder.mkdir(parents=True, exist_ok=True)
            for name, frame in frames(provider, side).items():
                path = folder / f"{name}.json"
                if not path.exists():
                    path.write_text(json.dumps(frame, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
