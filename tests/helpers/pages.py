"""Pages of docs/ that hold blocks made from the code, between marks.

A test compares the blocks with what the code makes; a test file of a page, run as a program, writes
them anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_proto._machine import Machine

__all__ = ("DOCS", "diagram", "generated", "write")

DOCS = Path(__file__).resolve().parents[2] / "docs"


def generated(page: str, name: str) -> str:
    """What stands between the marks of the block *name*."""
    found = _block(name).search((DOCS / page).read_text("utf-8"))
    assert found is not None, f"{page} has no block {name}"
    return found[2].strip()


def write(page: str, makers: Mapping[str, Callable[[], str]]) -> None:
    """Make the blocks of *page* anew."""
    path = DOCS / page
    text = path.read_text("utf-8")
    for name, make in makers.items():
        found = _block(name).search(text)
        assert found is not None, f"{page} has no block {name}"
        text = f"{text[: found.end(1)]}\n\n{make()}\n\n{text[found.start(3) :]}"
    path.write_text(text, "utf-8")


def diagram(machine: Machine[Any]) -> str:
    """A transition table as Mermaid."""
    return f"```mermaid\n{machine.to_mermaid()}\n```"


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- generated: {name} -->)(.*?)(<!-- end -->)", re.DOTALL)
