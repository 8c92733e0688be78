"""The diagrams in docs/state-machines.md are drawn from the tables.

Run as a program, with `tests` on the path, this file draws them anew.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from helpers.pages import DOCS, diagram, generated, write

from realtime_proto.gemini._state import MACHINES
from realtime_proto.openai._state import MACHINE, TRANSLATION

if TYPE_CHECKING:
    from realtime_proto._machine import Machine

PAGE: Final = "state-machines.md"

DRAWN: Final[dict[str, Machine[Any]]] = {
    "openai connection": MACHINE,
    "openai translation": TRANSLATION,
    **{f"gemini {name}": machine for name, machine in MACHINES.items()},
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_diagram_is_up_to_date(name: str) -> None:
    """A change of a table has to show."""
    assert diagram(DRAWN[name]) == generated(PAGE, name)


def test_no_diagram_is_of_nothing() -> None:
    """Every block on the page is one that is drawn here."""
    assert list(DRAWN) == re.findall(r"<!-- generated: (.*?) -->", (DOCS / PAGE).read_text("utf-8"))


if __name__ == "__main__":
    write(PAGE, {name: partial(diagram, machine) for name, machine in DRAWN.items()})
