"""What users write is type-checked: what is right passes, what is wrong is refused where it is."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def check(name: str) -> list[tuple[int, str]]:
    """mypy's errors: line and text."""
    options = ["--strict", "--no-error-summary", "--config-file", str(ROOT / "pyproject.toml")]
    cache = ["--cache-dir", str(ROOT / ".mypy_cache")]
    out, _, _ = api.run([*options, *cache, str(HERE / name)])
    found = re.findall(r"^.*?:(\d+): error: (.*)$", out, re.MULTILINE)
    return [(int(line), text) for line, text in found]


def test_what_is_right_passes() -> None:
    """Decorators keep their functions' types; `match` over all events is complete."""
    assert [] == check("good.py")


def test_what_is_wrong_is_refused_where_it_is() -> None:
    """Every marked line, and no other."""
    lines = (HERE / "bad.py").read_text(encoding="utf-8").splitlines()
    marked = {n for n, line in enumerate(lines, 1) if line.endswith("# error")}
    assert marked == {line for line, _ in check("bad.py")}
