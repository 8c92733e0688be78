"""What docs/openai-wire.md shows of tables is what the tables hold.

Run as a program, this file writes the page anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from realtime_proto._leniency import Absent, Instead, Moved, Nested, Rule, Untagged
from realtime_proto.openai import DIALECTS, LENIENCY
from realtime_proto.openai._state import MACHINE, TRANSLATION

if TYPE_CHECKING:
    from realtime_proto._machine import Machine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "openai-wire.md"


def said(rule: Rule) -> str:
    """A rule in words."""
    match rule:
        case Absent(reads=reads):
            return f"left out; reads as `{reads if not attrs.has(type(reads)) else named(reads)}`"
        case Instead(raw=raw, reads=reads):
            return f"`{raw!r}` stands for `{reads!r}`"
        case Untagged(reads=reads):
            return f"without `type`; reads as `{reads.__name__}`"
        case Moved(to=to):
            return f"stands there instead of at `{'.'.join(to)}`"
        case Nested(member=member):
            return f"members stand in an object `{member}` of their own"


def named(value: Any) -> str:
    """A value of a class, all of whose fields are as they are by themselves."""
    assert value == type(value)()
    return f"{type(value).__name__}()"


def leniency() -> str:
    """The rows as a table."""
    rows = [f"| `{r.server}` | `{r.path}` | {said(r.what)} | {r.evidence} |" for r in LENIENCY]
    return "\n".join(["| dialect | where | what | evidence |", "|---|---|---|---|", *rows])


def diagram(machine: Machine[Any]) -> str:
    """A transition table as Mermaid."""
    return f"```mermaid\n{machine.to_mermaid()}\n```"


GENERATED = {
    "leniency": leniency,
    "main": lambda: diagram(MACHINE),
    "translation": lambda: diagram(TRANSLATION),
}


def block(name: str) -> re.Pattern[str]:
    """A generated block between its marks."""
    return re.compile(rf"(<!-- generated: {name} -->)(.*?)(<!-- end -->)", re.DOTALL)


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_block_is_up_to_date(name) -> None:
    """It is made from the table, and a change of the table has to show."""
    found = block(name).search(PAGE.read_text("utf-8"))
    assert found is not None
    assert f"\n\n{GENERATED[name]()}\n\n" == found[2]


def test_every_dialect_is_explained() -> None:
    """In the table of dialects, by its name."""
    named = re.findall(r"^\| `([a-z-]+)` \| [^`]", PAGE.read_text("utf-8"), re.MULTILINE)
    assert list(DIALECTS) == named


def write() -> None:
    """Put the tables into the page."""
    text = PAGE.read_text("utf-8")
    for name, make in GENERATED.items():
        found = block(name).search(text)
        assert found is not None
        text = f"{text[: found.end(1)]}\n\n{make()}\n\n{text[found.start(3) :]}"
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
