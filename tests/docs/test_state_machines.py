"""The diagrams in docs/state-machines.md are drawn from the tables.

Run as a program, this file draws them anew:

    python tests/docs/test_state_machines.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from realtime_proto.gemini._state import MACHINES
from realtime_proto.openai._state import MACHINE, TRANSLATION

if TYPE_CHECKING:
    from realtime_proto._machine import Machine

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "state-machines.md"

DRAWN: Final[dict[str, Machine[Any]]] = {
    "openai connection": MACHINE,
    "openai translation": TRANSLATION,
    **{f"gemini {name}": machine for name, machine in MACHINES.items()},
}


def block(name: str) -> re.Pattern[str]:
    """A generated block between its marks."""
    return re.compile(rf"(<!-- generated: {name} -->)(.*?)(<!-- end -->)", re.DOTALL)


def drawing(name: str) -> str:
    """What stands between the marks."""
    return f"\n\n```mermaid\n{DRAWN[name].to_mermaid()}\n```\n\n"


@pytest.mark.parametrize("name", DRAWN)
def test_a_diagram_is_up_to_date(name: str) -> None:
    """A change of a table has to show."""
    found = block(name).search(PAGE.read_text("utf-8"))
    assert found is not None
    assert drawing(name) == found[2]


def test_no_diagram_is_of_nothing() -> None:
    """Every block on the page is one that is drawn here."""
    assert list(DRAWN) == re.findall(r"<!-- generated: (.*?) -->", PAGE.read_text("utf-8"))


def main() -> None:
    """Draw all diagrams anew."""
    text = PAGE.read_text("utf-8")
    for name in DRAWN:
        text = block(name).sub(lambda found, name=name: found[1] + drawing(name) + found[3], text)  # type: ignore[misc]  # bound now
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
