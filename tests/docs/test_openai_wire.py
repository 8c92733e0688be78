"""What docs/openai-wire.md says of dialects is what the tables hold.

Run as a program, with `tests` on the path, this file writes the page anew.
"""

from __future__ import annotations

import re
from typing import Any

import attrs
from helpers.pages import DOCS, generated, write

from realtime_proto._leniency import Absent, Instead, Moved, Nested, Rule, Untagged
from realtime_proto.openai import DIALECTS, LENIENCY

PAGE = "openai-wire.md"


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


def test_the_table_is_up_to_date() -> None:
    """It is made from the rows, and a change of them has to show."""
    assert leniency() == generated(PAGE, "leniency")


def test_every_dialect_is_explained() -> None:
    """In the table of dialects, by its name."""
    named = re.findall(r"^\| `([a-z-]+)` \| [^`]", (DOCS / PAGE).read_text("utf-8"), re.MULTILINE)
    assert list(DIALECTS) == named


if __name__ == "__main__":
    write(PAGE, {"leniency": leniency})
