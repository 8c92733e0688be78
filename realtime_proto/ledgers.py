"""Two books a conversation keeps: what was heard of each item, and which tool call is settled.

Both are plain state with time as an argument (microseconds, see Conversation); neither knows a
provider.

Playback. Servers send speech faster than it plays, so at any moment the application has more of an
item than the user has heard. An application that knows how far its loudspeaker is says so
(`report`). Without a report the head is derived: chunks play one after the other, each from the
later of its delivery and the end of the one before it. What was received but not yet delivered has
not been heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, frozen

from realtime_proto._newest import keep_newest
from realtime_proto.events import ToolCallRequest

if TYPE_CHECKING:
    from realtime_proto.formats import AudioFormat

__all__ = ("Cut", "PlaybackLedger", "Settlement", "ToolLedger")

MAX_ITEMS: Final = 64
"""Items whose audio may be in flight at once. Real conversations have one or two."""

MAX_TEXT: Final = 2**20
"""Characters of an item's transcript kept to tell what was heard of it."""

MAX_SETTLED: Final = 1_024
"""Settled calls remembered, to tell a late answer from a wrong one."""


@define
class _Item:
    content_index: int = 0
    received_bytes: int = 0
    delivered_bytes: int = 0
    ends_at_us: int = 0
    reported_ms: int | None = None
    text: str = ""


@frozen
class Cut:
    """An item that was stopped before all of it was heard.

    Args:
        item_id: Which one.
        content_index: Its content part that holds the audio.
        played_ms: How much was heard.
        received_ms: How much there was.
        heard_text: About the text of it, by proportion.
    """

    item_id: str
    content_index: int
    played_ms: int
    received_ms: int
    heard_text: str


class PlaybackLedger:
    """What was received, delivered and heard of each item's audio.

    Args:
        audio_format: The format of all audio in it.
    """

    __slots__ = (
        "_bytes_per_sample",
        "_cut",
        "_free_at_us",
        "_held_since_us",
        "_items",
        "audio_format",
    )

    def __init__(self, audio_format: AudioFormat) -> None:
        self.audio_format: AudioFormat = audio_format
        self._bytes_per_sample = audio_format.bytes_per_sample
        self._items: dict[str, _Item] = {}
        self._free_at_us = 0
        self._held_since_us: int | None = None
        self._cut: dict[str, None] = {}

    def was_cut(self, item_id: str) -> bool:
        """Whether an item was cut off, so that what still comes of it is late."""
        return item_id in self._cut

    def receive(self, item_id: str, n_bytes: int, *, content_index: int = 0) -> None:
        """Audio of an item came in."""
        item = self._items.get(item_id) or self._item(item_id)
        item.content_index = content_index
        item.received_bytes += n_bytes

    def hear(self, item_id: str, text: str) -> None:
        """Transcript of an item came in; it may lead the audio."""
        item = self._item(item_id)
        if len(item.text) < MAX_TEXT:
            item.text += text

    def deliver(self, item_id: str, n_bytes: int, *, now_us: int) -> None:
        """So many bytes of an item were handed to the application."""
        item = self._items.get(item_id)
        if item is None:
            return  # cut off meanwhile
        item.delivered_bytes = min(item.delivered_bytes + n_bytes, item.received_bytes)
        starts_at = max(self._moment(now_us), self._free_at_us)
        self._free_at_us = item.ends_at_us = starts_at + self._duration_us(n_bytes)

    def report(self, item_id: str, ms: int) -> None:
        """The application says how much of an item it has played."""
        item = self._items.get(item_id)
        if item is not None:
            item.reported_ms = ms

    def played_ms(self, item_id: str, *, now_us: int) -> int:
        """How much of an item was heard by now. 0 for an item that is not tracked."""
        item = self._items.get(item_id)
        return 0 if item is None else self._played_ms(item, now_us)

    def playing(self, *, now_us: int) -> str | None:
        """The item that is being heard, or will be next. None where all was heard."""
        for item_id, item in self._items.items():
            if self._played_ms(item, now_us) < self.audio_format.duration_ms(item.received_bytes):
                return item_id
        return None

    def ends_at_us(self) -> int:
        """When all that was delivered will have been heard, as far as is known."""
        return self._free_at_us

    def hold(self, *, now_us: int) -> None:
        """The playback stands still from now on."""
        if self._held_since_us is None:
            self._held_since_us = now_us

    def release(self, *, now_us: int) -> None:
        """The playback goes on."""
        if self._held_since_us is None:
            return
        held_us = now_us - self._held_since_us
        unfinished = [item for item in self._items.values() if item.ends_at_us > self._moment(0)]
        self._held_since_us = None
        for item in unfinished:
            item.ends_at_us += held_us
        self._free_at_us += held_us

    def cut(self, *, now_us: int) -> list[Cut]:
        """Stop everything: the items not fully heard, in order. Their audio is tracked no more."""
        cuts = []
        for item_id, item in self._items.items():
            played_ms = self._played_ms(item, now_us)
            received_ms = self.audio_format.duration_ms(item.received_bytes)
            if played_ms < received_ms:
                heard = _heard_part(item.text, played_ms / received_ms)
                cuts.append(Cut(item_id, item.content_index, played_ms, received_ms, heard))
        self._items.clear()
        for cut in cuts:
            self._cut[cut.item_id] = None
            keep_newest(self._cut, MAX_ITEMS)
        self._free_at_us = now_us
        self._held_since_us = None
        return cuts

    def _item(self, item_id: str) -> _Item:
        item = self._items.get(item_id)
        if item is None:
            keep_newest(self._items, MAX_ITEMS - 1)
            item = self._items[item_id] = _Item()
        return item

    def _played_ms(self, item: _Item, now_us: int) -> int:
        received_ms = self.audio_format.duration_ms(item.received_bytes)
        if item.reported_ms is not None:
            return min(item.reported_ms, received_ms)
        unheard_us = max(0, item.ends_at_us - self._moment(now_us))
        heard_us = self._duration_us(item.delivered_bytes) - unheard_us
        return min(max(0, heard_us) // 1000, received_ms)

    def _moment(self, now_us: int) -> int:
        return now_us if self._held_since_us is None else self._held_since_us

    def _duration_us(self, n_bytes: int) -> int:
        return n_bytes // self._bytes_per_sample * 1_000_000 // self.audio_format.rate_hz


def _heard_part(text: str, share: float) -> str:
    """The whole words in about this share of a text."""
    end = round(len(text) * share)
    if end < len(text) and not text[end].isspace():
        end = text.rfind(" ", 0, end) + 1
    return text[:end].strip()


@define
class _Call:
    request: ToolCallRequest
    group: str
    deadline_us: int
    is_answered: bool = False


@frozen
class Settlement:
    """A call that was settled just now.

    Args:
        request: The call.
        group: The response or turn it came with.
        was_last: No other call of that group is open.
        was_answered: The application had answered it, and the answer could not be sent yet.
    """

    request: ToolCallRequest
    group: str
    was_last: bool
    was_answered: bool


class ToolLedger:
    """Each call is settled exactly once: by a result, a time-out or a cancellation."""

    __slots__ = ("_open", "_settled", "late_results")

    def __init__(self) -> None:
        self._open: dict[str, _Call] = {}
        self._settled: dict[str, None] = {}
        self.late_results: int = 0

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._open

    def was_settled(self, call_id: str) -> bool:
        """Whether the call is known and no longer open."""
        return call_id in self._settled

    def open(self, request: ToolCallRequest, *, group: str, deadline_us: int) -> None:
        """The model asked for a call."""
        self._open[request.call_id] = _Call(request, group, deadline_us)

    def name_of(self, call_id: str) -> str:
        """The function an open call is for. Raises KeyError where it is not open."""
        return self._open[call_id].request.function_name

    def group_of(self, call_id: str) -> str:
        """The response or turn an open call came with. Raises KeyError where it is not open."""
        return self._open[call_id].group

    def extend(self, call_id: str, *, deadline_us: int) -> None:
        """An open call is being worked on. Raises KeyError where it is not open."""
        self._open[call_id].deadline_us = deadline_us

    def answered(self, call_id: str) -> None:
        """The application has answered an open call, and the answer waits until it can be sent: no
        time-out any more. Raises KeyError where it is not open.
        """
        self._open[call_id].is_answered = True

    def is_open(self, group: str) -> bool:
        """Whether a call of this group is unsettled."""
        return any(call.group == group for call in self._open.values())

    def settle(self, call_id: str) -> Settlement:
        """The call is answered or given up. Raises KeyError where it is not open."""
        call = self._open.pop(call_id)
        self._settled[call_id] = None
        keep_newest(self._settled, MAX_SETTLED)
        was_last = not self.is_open(call.group)
        return Settlement(call.request, call.group, was_last, call.is_answered)

    def open_ids(self) -> tuple[str, ...]:
        """The calls that wait for an answer, oldest first."""
        return tuple(self._open)

    def next_deadline_us(self) -> int | None:
        """When the first call that nobody has answered times out."""
        if not self._open:
            return None
        unanswered = (call.deadline_us for call in self._open.values() if not call.is_answered)
        return min(unanswered, default=None)

    def expired(self, *, now_us: int) -> list[str]:
        """The calls that nobody has answered and whose time is over."""
        return [
            call_id
            for call_id, call in self._open.items()
            if call.deadline_us <= now_us and not call.is_answered
        ]
