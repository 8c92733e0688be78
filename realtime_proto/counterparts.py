"""Ids that a server made when it was recorded, and those that another one makes now.

A client names what its server made: the item to cut, the call it answers, the session to go on
with. Said again to another server, its frames have to name what that one made instead. Which id
stands for which is learned where two frames are found to say the same: at the same place in both
are an id and its counterpart. What is said afterwards is said with the counterparts.

What an id is, is told by the name of its member and not by how it looks: `item_id` and the `id` of
an `item` are ids of items. What belongs to an application, such as the arguments of a call, is not
looked into. Handles to resume with come at any time and each replaces the one before, so the newest
one is the counterpart of all.

Pure. What is kept is bounded by the ids of the recording.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_proto._json import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_proto.wire import JsonObject

__all__ = ("Counterparts", "family_of")

MAX_CHARACTERS: Final = 8_192
"""Of an id. Handles to resume with are the longest, with some hundred."""

HANDLE: Final = "handle"

_Id: TypeAlias = tuple[str, str]
"""What it is of, and what it is."""

_KINDS: Final = {
    "previous_item": "item",
    "approval_request": "item",
    "items": "item",
    "output": "item",
    "input": "item",
    "function_calls": "call",
    "function_responses": "call",
    "tool_call_cancellation": "call",
}
"""What a member is of, by what stands before "_id" or by the object that an "id" is in, where that
is not its name already.

Source: the catalogues in `openai.events`, `openai.items`, `gemini.events`, `gemini.parts`.
"""

_OF_APPLICATIONS: Final = frozenset({"args", "metadata", "parameters", "parameters_json_schema"})
_OF_APPLICATIONS_IN: Final = frozenset({("function_responses", "response")})
"""Members that hold what an application says: names in there are its own."""

_RESUMPTION: Final = frozenset({"session_resumption", "session_resumption_update"})

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def family_of(parent: str, name: str) -> str | None:
    """What a member is an id of; None where it is none.

    Args:
        parent: The name of the object it is in; of the list, where that object is in one.
        name: Its name.

    Example:
        >>> family_of("item", "id"), family_of("", "previous_item_id"), family_of("", "text")
        ('item', 'item', None)
        >>> family_of("functionResponses", "id"), family_of("sessionResumption", "handle")
        ('call', 'handle')
    """
    parent, name = _in_snake_case(parent), _in_snake_case(name)
    if name in ("handle", "new_handle"):
        return HANDLE if parent in _RESUMPTION else None
    if name in ("id", "ids"):
        return _KINDS.get(parent, parent) or None
    kind = name.removesuffix("_id")
    return None if kind == name else _KINDS.get(kind, kind)


class Counterparts:
    """Which id stands for which."""

    def __init__(self) -> None:
        self._now: dict[_Id, str] = {}
        self._known: set[_Id] = set()  # on this connection
        self._handle: str | None = None

    def begin(self) -> None:
        """Another connection begins: ids may be made anew on it, and what is known stays known."""
        self._known.clear()

    def learn(self, recorded: JsonObject, came: JsonObject) -> None:
        """Take it that a frame that came says what the recorded one does.

        Within a connection, what was learned first stays: an id is first named by what announces
        it, in an order that is the same each time.
        """
        now = dict(_ids_in(came))
        for path, (family, was) in _ids_in(recorded):
            other = now.get(path)
            if other is not None and (family, was) not in self._known:
                self._known.add((family, was))
                self._now[family, was] = other[1]

    def hear(self, came: JsonObject) -> None:
        """Look at a frame that came, whatever was recorded, for what to resume with."""
        for _, (family, value) in _ids_in(came):
            if family == HANDLE:
                self._handle = value

    def carry(self, frame: str | bytes) -> str | bytes:
        """A recorded frame of the client's with the ids of now, to be said: those that have no
        counterpart are its own. It is the same to the byte where nothing is changed.
        """
        try:
            recorded = loads(frame)
        except ValueError:
            return frame
        carried = self.carried(recorded)
        for _, found in _ids_in(recorded):
            self._known.add(found)
            self._now.setdefault(found, found[1])
        if carried == recorded:
            return frame
        text = dumps(carried)
        return text if isinstance(frame, str) else text.encode()

    def carried(self, recorded: JsonObject) -> JsonObject:
        """The same for a frame that was read."""
        changed: JsonObject = self._carried(recorded, "", "")
        return changed

    def _carried(self, value: Any, parent: str, name: str) -> Any:
        if isinstance(value, dict):
            return {
                key: item if _is_closed(name, key) else self._carried(item, name, key)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._carried(item, parent, name) for item in value]
        family = family_of(parent, name) if isinstance(value, str) else None
        if family is None:
            return value
        if family == HANDLE:
            return self._handle or value
        return self._now.get((family, value), value)


def _ids_in(
    value: Any, parent: str = "", name: str = "", path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], _Id]]:
    """The ids in a frame, each with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not _is_closed(name, key):
                yield from _ids_in(item, name, key, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _ids_in(item, parent, name, (*path, n))
    elif isinstance(value, str) and len(value) <= MAX_CHARACTERS:
        family = family_of(parent, name)
        if family is not None and value:
            yield path, (family, value)


def _is_closed(parent: str, name: str) -> bool:
    name = _in_snake_case(name)
    return name in _OF_APPLICATIONS or (_in_snake_case(parent), name) in _OF_APPLICATIONS_IN


def _in_snake_case(name: str) -> str:
    return name if name.islower() else _HUMP.sub("_", name).lower()
