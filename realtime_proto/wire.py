"""What the wire classes of every provider share: absent values, events nobody knows, ids.

On the wire an absent field and a null are different things wherever a client changes settings:
`turn_detection: null` turns detection off, no `turn_detection` leaves it as it is. So a field that
may be left out of what we send has the default UNSET, and None stands for null.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, ClassVar, Final, Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto._json import JsonObject

__all__ = (
    "UNSET",
    "IdFactory",
    "JsonObject",
    "UnknownEvent",
    "UnknownObject",
    "Unset",
    "count_ids",
)


class _Absent(enum.Enum):
    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


Unset: TypeAlias = Literal[_Absent.UNSET]
UNSET: Final = _Absent.UNSET
"""The field is not on the wire at all."""


@final
@frozen(kw_only=True)
class UnknownEvent:
    """An event of a type this version does not know. Nothing of it is lost: it can be sent on as it
    came.

    Args:
        tag: Its name on the wire.
        raw: The JSON object it came as; for Gemini the value of the member named by `tag`.
    """

    type: ClassVar[None] = None
    tag: str
    raw: Any = field(repr=False)


@final
@frozen(kw_only=True)
class UnknownObject:
    """A nested object (item, content part, tool) of a type not known here, kept as it came."""

    type: ClassVar[None] = None
    tag: str
    raw: JsonObject = field(repr=False)


IdFactory: TypeAlias = Callable[[], str]
"""Gives a new id at every call."""


def count_ids(prefix: str) -> IdFactory:
    """Ids that count: "evt_1", "evt_2", ... Deterministic, as replay needs them.

    Example:
        >>> new_id = count_ids("evt")
        >>> new_id(), new_id()
        ('evt_1', 'evt_2')
    """
    last = 0

    def new_id() -> str:
        nonlocal last
        last += 1
        return f"{prefix}_{last}"

    return new_id
