"""Reading a frame that is one long base64 string with a little JSON around it.

Audio is most of what comes. A JSON parser copies its text out of the frame, and base64 reads the
copy. So the text is found by position, decoded where it stands, and only the rest is parsed, with a
mark in the text's place, which the bytes then take. The hooks of the codec take bytes as they are.

The result is always what the plain way gives (a property test holds the two beside each other),
because whatever is not as expected goes the plain way:

- Up to the closing quote there is nothing but strict base64, so the text is one JSON string without
  an escape, and the rest is JSON exactly if the frame is.
- The rest holds no other mark and no backslash, so nothing else can read as the mark.
- The mark is found again where the class of the frame has its bytes, so it was the value of that
  member, and no later duplicate took its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from realtime_proto._json import base64_decode, loads

__all__ = ("REST_LIMIT", "SPLICE_FROM", "Splice", "text_of")

SPLICE_FROM: Final = 4_000
"""Characters from which the detour pays: measured, the two ways take the same time there."""

REST_LIMIT: Final = 512
"""Characters allowed before the text, and after it. Audio frames of real servers stay below 300."""

_MARK: Final = "@"
"""No base64, so no text that is spliced out equals it. One character is looked for soonest."""

Holder = Callable[[dict[str, Any]], Any]
"""The frame -> the object that holds the text, anything else where the frame is another."""


class Splice:
    """Where the frames of one role have their one long text.

    Args:
        member: The name of the member that is the text.
        holder: Finds the object it is a member of.
        path: Where the bytes are in the event that such a frame is.
    """

    def __init__(self, member: str, holder: Holder, path: Sequence[str | int] = ()) -> None:
        self.path: Sequence[str | int] = path or (member,)
        self._member = member
        self._opening = f'"{member}":"'
        self._spaced = f'"{member}": "'
        self._holder = holder

    def loads(self, frame: str | bytes | memoryview) -> dict[str, Any] | None:
        """The JSON object a frame holds, as `_json.loads` has it, but for bytes where audio was.

        None: the frame is not as expected, and has to go the plain way.
        """
        text = text_of(frame)
        return None if text is None else self.spliced(text)

    def span(self, frame: str) -> tuple[int, int]:
        """Where the text begins, 0 if nowhere, and where it ends."""
        opening = self._opening
        start = frame.find(opening, 0, REST_LIMIT)
        if start < 0:
            opening = self._spaced
            start = frame.find(opening, 0, REST_LIMIT)
            if start < 0:
                return 0, 0
        start += len(opening)
        return start, frame.find('"', start)

    def spliced(self, frame: str) -> dict[str, Any] | None:
        """As `loads`, of text."""
        start, end = self.span(frame)
        if not start or len(frame) - end > REST_LIMIT:
            return None
        head, tail = frame[:start], frame[end:]
        if _MARK in head or _MARK in tail or "\\" in head or "\\" in tail:
            return None
        try:
            data = base64_decode(frame[start:end])
            value = loads(f"{head}{_MARK}{tail}")
        except ValueError:  # the plain way says what is wrong
            return None
        holder = self._holder(value)
        if holder.__class__ is not dict or holder.get(self._member) != _MARK:
            return None
        holder[self._member] = data
        return value

    def data_in(self, value: dict[str, Any]) -> Any:
        """The bytes that `loads` has put into *value*."""
        return self._holder(value)[self._member]


def text_of(frame: str | bytes | memoryview) -> str | None:
    """What *frame* says; None where it is no text."""
    try:
        return frame if isinstance(frame, str) else str(frame, "utf-8")
    except (UnicodeDecodeError, TypeError):  # the latter of a view with gaps
        return None
