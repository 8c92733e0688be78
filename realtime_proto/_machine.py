"""Role-free transition tables: which party may say what, when, and where that leads.

A table does not know which side we are. `OpenAIConnection` and `OpenAIServerConnection` read the
same one, each sending by its own rows and receiving by the other's, so the two can never disagree
on paper.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Generic, TypeVar, final

from attrs import frozen

__all__ = ("ANY", "Machine", "Role")


class Role(enum.Enum):
    """Which side of the connection speaks."""

    CLIENT = "client"
    SERVER = "server"

    # A member is itself alone; the hash of enum goes by the name and is written in Python.
    if not TYPE_CHECKING:  # pragma: no branch
        __hash__ = object.__hash__

    @property
    def peer(self) -> Role:
        """The other side."""
        return Role.SERVER if self is Role.CLIENT else Role.CLIENT


@final
class ANY:
    """Stands in a table for every event that the row does not name."""


PhaseT = TypeVar("PhaseT", bound=enum.Enum)

MANY: Final = 4
"""Events on the arrows between two phases of a diagram, beyond which nobody would read them."""


@frozen
class Machine(Generic[PhaseT]):
    """A transition table.

    Args:
        initial: The phase a new connection is in.
        lost: The phase after the connection is gone. Nothing may be sent in it.
        table: role -> phase -> event class, or ANY, or what an event is a sign of -> next phase.
            What is not in it is not legal.
    """

    initial: PhaseT
    lost: PhaseT
    table: Mapping[Role, Mapping[PhaseT, Mapping[type | enum.Enum, PhaseT]]]

    def row(self, role: Role, phase: PhaseT) -> Mapping[type | enum.Enum, PhaseT]:
        """What *role* may say in *phase*, and where each event leads."""
        return self.table[role].get(phase, {})

    def next_phase(self, role: Role, phase: PhaseT, event: type | enum.Enum) -> PhaseT | None:
        """Where *event*, said by *role* in *phase*, leads. None: it is not legal there."""
        row = self.row(role, phase)
        found = row.get(event)
        return row.get(ANY) if found is None else found

    def to_mermaid(self) -> str:
        """The table as a Mermaid state diagram.

        An arrow is an event. More than MANY that lead from one phase to one other are one arrow.
        """
        lines = ["stateDiagram-v2", f"  [*] --> {self.initial.name}"]
        for role, by_phase in self.table.items():
            for phase, by_event in by_phase.items():
                counts = Counter(by_event.values())
                arrows = dict.fromkeys(
                    f"  {phase.name} --> {then.name}: {role.value} "
                    + (_label(event) if counts[then] <= MANY else f"any of {counts[then]} events")
                    for event, then in by_event.items()
                )
                lines += arrows
        lines.append(f"  {self.lost.name} --> [*]")
        return "\n".join(lines)


def _label(event: type | enum.Enum) -> str:
    if isinstance(event, enum.Enum):
        return str(event.value)
    return "anything else" if event is ANY else event.__name__
