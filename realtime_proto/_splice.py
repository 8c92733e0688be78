"""Reading a frame that is one long base64 string with a little JSON around it.

Audio is most of what comes. A JSON parser copies its text out of the frame, and base64 reads the
copy. So the text is found by position, decoded where it stands, and only the rest is parsed, with a
mark in the text's place, which the bytes then take. The hooks of the codec take bytes as they are.

The result is always what the plain way gives (a property test holds the two beside each other),
because whatever is not as expected goes the plain way:

- Up to the closing quote there is nothing but strict base64, so the text is one JSON string without
  an escape, and the rest is JSON exactly if the frame is.
- The rest holds the mark once and no backslash, so nothing else can read as the mark.
- The mark is found again where the class of the frame has its bytes, so it was the value of that
  member, and no later duplicate took its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from realtime_proto._json import base64_decode, loads

__all__ = ("SPLICE_FROM", "Splice")

SPLICE_FROM: Final = 4_000
"""Characters from which the detour pays: measured, the two ways take the same time there."""

REST_LIMIT: Final = 512
"""Characters allowed before the text, and after it. Audio frames of real servers stay below 300."""

_MARK: Final = "@audio@"
"""No base64, so no text that is spliced out equals it."""

_OPENINGS: Final = (':"', ': "')

Holder = Callable[[dict[str, Any]], Any]
"""The frame -> the object that holds the text, anything else where the frame is another."""


class Splice:
    """Where the frames of one role have their one long text.

    Args:
        member: The name of the member that is the text.
        holder: Finds the object it is a member of.
    """

    def __init__(self, member: str, holder: Holder) -> None:
        self._member = member
        self._name = f'"{member}"'
        self._holder = holder

    def loads(self, frame: str | bytes | memoryview) -> dict[str, Any] | None:
        """The JSON object a frame holds, as `_json.loads` has it, but for bytes where audio was.

        None: the frame is not as expected, and has to go the plain way.
        """
        try:
            text = frame if isinstance(frame, str) else str(frame, "utf-8")
        except (UnicodeDecodeError, TypeError):  # the latter of a view with gaps
            return None
        return self._spliced(text)

    def _spliced(self, frame: str) -> dict[str, Any] | None:
        start = frame.find(self._name, 0, REST_LIMIT)
        if start < 0:
            return None
        after = start + len(self._name)
        start = frame.find('"', after, after + 4) + 1
        end = frame.find('"', start)
        if frame[after:start] not in _OPENINGS or len(frame) - end > REST_LIMIT:
            return None
        rest = f"{frame[:start]}{_MARK}{frame[end:]}"
        if "\\" in rest or rest.count(_MARK) != 1:
            return None
        try:
            data = base64_decode(frame[start:end])
            value = loads(rest)
        except ValueError:  # the plain way says what is wrong
            return None
        holder = self._holder(value)
        if holder.__class__ is not dict or holder.get(self._member) != _MARK:
            return None
        holder[self._member] = data
        return value
