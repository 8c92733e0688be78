"""Frames that are like the one before, but for their audio and their id.

An answer is hundreds of frames whose text is the same up to the id of the event, from there to the
audio, and behind it. The first that was read becomes a mould, and what fits into it is not parsed:
its audio is decoded and put into a copy of the first one's event, with its id.

What comes out is what reading would give (a property test holds the two beside each other), for
what fits differs from a frame that was read in the characters of two strings only:

- Whose bounds are those two strings' in the frame that was read: it has no backslash, so a quote
  in it begins or ends a string, and `_splice` has found where the audio is. The name of the id is
  in it once, so no other member is the id.
- What stands there now is the inside of a string, too: strict base64, and printable text without a
  quote or a backslash.
- All values but these were read from the same text. They are frozen, so both events may hold them.

No mould is made of a frame of which anything was noted or counted: members without a field, nulls,
what a rule of leniency let pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from realtime_proto._compile import copier
from realtime_proto._json import base64_decode
from realtime_proto._splice import REST_LIMIT
from realtime_proto.wire import notes_of

if TYPE_CHECKING:
    from realtime_proto._splice import Splice

__all__ = ("Mould", "mould_of")

ID: Final = "event_id"

_NAME: Final = f'"{ID}"'

Path = Sequence[str | int]
"""Of attributes and of indices, from the event to its audio."""


class Mould:
    """What frames of one kind have in common.

    Args:
        before: Up to the id; where there is none, up to the audio.
        between: From the end of the id to the audio; empty where there is no id.
        after: From the end of the audio.
        make: The audio, and the id where there is one -> the event.

    Attributes:
        like: The event of every frame that fits, but for its audio and its id, which are None.
    """

    __slots__ = ("_after", "_before", "_between", "_make", "_start", "_stop", "like")

    def __init__(self, before: str, between: str, after: str, make: Callable[..., Any]) -> None:
        self._before = before
        self._between = between
        self._after = after
        self._start = len(before)
        self._stop = -len(after)
        self._make = make
        self.like: Any = make(None, None) if between else make(None)

    def cast(self, frame: str) -> Any:
        """The event of *frame*; None where it has to be read."""
        values = self.fit(frame)
        return None if values is None else self._make(*values)

    def fit(self, frame: str) -> tuple[bytes] | tuple[bytes, str] | None:
        """The audio of *frame*, and its id where it has one; None where it has to be read."""
        if not (frame.startswith(self._before) and frame.endswith(self._after)):
            return None
        start, between, name = self._start, self._between, None
        if between:
            stop = frame.find(between, start, start + REST_LIMIT)
            name = frame[start:stop]
            if stop <= start or '"' in name or "\\" in name or not name.isprintable():
                return None
            start = stop + len(between)
        try:
            data = base64_decode(frame[start : self._stop])
        except ValueError:  # reading says what is wrong
            return None
        if not data:  # may be no more than a default
            return None
        return (data,) if name is None else (data, name)


def mould_of(frame: str, event: Any, data: bytes, splice: Splice) -> Mould | None:
    """A mould of *frame*, of which nothing was counted; None where it does not make one.

    Args:
        frame: The text.
        event: What was read.
        data: The audio that was spliced out of it.
        splice: What did so.
    """
    if _at(event, splice.path) is not data:
        return None
    start, stop = splice.span(frame)
    head, after = frame[:start], frame[stop:]
    name = getattr(event, ID, None)
    if name.__class__ is not str:
        make = _maker(event, splice.path)
        return None if make is None or _NAME in head + after else Mould(head, "", after, make)
    make = _maker(event, splice.path, ID)
    at = head.find(f'{_NAME}:"{name}"') + len(_NAME) + 2
    if make is None or at < len(_NAME) + 2 or (head + after).count(_NAME) != 1:
        return None
    return Mould(head[:at], head[at + len(name) :], after, make)


def _at(value: Any, path: Path) -> Any:
    try:
        for step in path:
            value = value[step] if step.__class__ is int else getattr(value, str(step))
    except (AttributeError, IndexError, TypeError):  # another event, or one without audio
        return None
    return value


def _maker(value: Any, path: Path, *also: str) -> Callable[..., Any] | None:
    """Makes a copy of *value* with something else at the end of *path* (and fields that are *also*
    given); None where there is more to *value* than fields.
    """
    step, *rest = path
    inner = _maker(_at(value, [step]), rest) if rest else None
    if rest and inner is None:
        return None
    if step.__class__ is int:
        ahead, behind = value[:step], value[step + 1 :]
        return lambda data: (*ahead, inner(data), *behind)  # type: ignore[misc]  # has a rest
    copy = copier(type(value), (str(step), *also))  # type: ignore[arg-type]  # classes have a hash
    if copy is None or notes_of(value) is not None:
        return None
    bare = copy(value, *[None] * (1 + len(also)))  # so that no audio is kept
    if inner is None:
        return partial(copy, bare)
    return lambda data: copy(bare, inner(data))
