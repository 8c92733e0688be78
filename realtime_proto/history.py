"""The conversation so far, item by item: who said what, which tools were called, in the order the
server holds it.

What goes in: items as the server or we create them, with the item before them where that is known,
and transcripts by item id, which may come before their item and after everything else of it. What
comes out: `HistoryItem` values in order, JSON to keep (`save`, `load`), and a `Seed` with which a
new session, of any provider, is told what was said (`to_seed`).

Not kept: audio, and what a model thought. Bounded: the oldest items go first, and are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, final, get_args

import attrs
from attrs import define, field, frozen

from realtime_proto._json import dumps, loads
from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("History", "HistoryItem", "ItemKind", "ItemStatus", "Seed", "SeedRules", "Speaking")

FORMAT: Final = "realtime-io history"
VERSION: Final = 1

ItemKind: TypeAlias = Literal["message", "tool_call", "tool_result"]
Speaking: TypeAlias = Literal["system", "user", "assistant"]
ItemStatus: TypeAlias = Literal["in_progress", "completed", "incomplete"]


def _one_of(kind: Any) -> Any:
    return attrs.validators.in_(get_args(kind))


@final
@frozen(kw_only=True)
class HistoryItem:
    """One entry of a conversation.

    Args:
        item_id: Its id; this library's own where the provider gives none.
        kind: "message", "tool_call" or "tool_result".
        role: Who: "system", "user" or "assistant".
        text: What was said or written; of a call its arguments as JSON text, of a result the
            output.
        status: "in_progress", "completed", or "incomplete" where it was cut off.
        is_spoken: It was audio, and `text` is its transcript.
        has_image: A picture came with it, which is not kept.
        heard_text: Of an interrupted answer: about what was heard of it. None: all.
        call_id: Of calls and results.
        name: The function of a call.
    """

    item_id: str
    kind: ItemKind = field(default="message", validator=_one_of(ItemKind))
    role: Speaking = field(default="user", validator=_one_of(Speaking))
    text: str = ""
    status: ItemStatus = field(default="completed", validator=_one_of(ItemStatus))
    is_spoken: bool = False
    has_image: bool = False
    heard_text: str | None = None
    call_id: str | None = None
    name: str | None = None

    @property
    def n_bytes(self) -> int:
        """UTF-8 bytes of its text, for bounds."""
        return len(self.text.encode()) + len((self.heard_text or "").encode())


@final
@frozen(kw_only=True)
class SeedRules:
    """What a model takes as the history of a new session.

    Args:
        takes_tools: Calls and their results.
        takes_system: Messages of the role "system".
        ends_with_user: The last item must be the user's.
        max_items: At most so many; 0: none at all.
    """

    takes_tools: bool = True
    takes_system: bool = True
    ends_with_user: bool = False
    max_items: int = 1_000


@final
@frozen(kw_only=True)
class Seed:
    """A history in the form a new session takes.

    Args:
        items: Messages that are text, calls with their results.
        left_out: Ids of items that could not be carried, each with the reason.
    """

    items: tuple[HistoryItem, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@define
class _Said:
    """Words of an item, as they came.

    Args:
        n_characters: How long its text is with them.
    """

    n_characters: int
    parts: list[str] = field(factory=list)


class History:
    """Items in order, bounded.

    Args:
        max_items: How many are kept.
        max_bytes: UTF-8 bytes of text they may have together.

    Attributes:
        n_forgotten: Items that went because of the bounds.

    Example:
        >>> history = History()
        >>> history.insert(HistoryItem(item_id="b", role="assistant", text="Hi."), after="a")
        >>> history.insert(HistoryItem(item_id="a", text="Hello."), after=None)
        >>> [item.text for item in history]
        ['Hello.', 'Hi.']
        >>> History.load(history.save()) == history
        True
    """

    def __init__(self, *, max_items: int = 1_000, max_bytes: int = 4 * 2**20) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._settled: list[HistoryItem] = []
        self._said: dict[str, _Said] = {}  # by item id: what its item does not hold yet
        self._after: dict[str, str] = {}
        self._n_bytes = 0
        self.n_forgotten: int = 0

    def __iter__(self) -> Iterator[HistoryItem]:
        return iter(tuple(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item_id: object) -> bool:
        return any(item.item_id == item_id for item in self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self._items == other._items

    if not TYPE_CHECKING:  # pragma: no branch
        __hash__ = None  # it changes

    @property
    def n_bytes(self) -> int:
        """UTF-8 bytes of the text of all items."""
        return self._n_bytes

    @property
    def last_id(self) -> str | None:
        """The id of the last item."""
        return self._items[-1].item_id if self._items else None

    def find(self, item_id: str) -> HistoryItem | None:
        """The item of this id. None where there is none."""
        # From the end: what changes is nearly always among the last few.
        return next((item for item in reversed(self._items) if item.item_id == item_id), None)

    # --- what the dialects tell

    def insert(
        self, item: HistoryItem, *, after: str | None = None, before: str | None = None
    ) -> None:
        """An item is in the conversation. One that is there already keeps what it has said.

        Args:
            item: It.
            after: The item before it, where that is known; it may itself come later.
            before: The item after it, where that is known instead.
        """
        known = self.find(item.item_id)
        if known is not None:
            item = _merged(known, item)
            if after is None or self._after.get(item.item_id) == after:
                self._replace(item)
                return
            self.remove(item.item_id)
        if after is not None:
            self._after[item.item_id] = after
        self._items.insert(self._place(item.item_id, after, before), item)
        self._n_bytes += item.n_bytes
        self._gather(item.item_id)
        self._forget()

    def say(
        self,
        item_id: str,
        text: str,
        *,
        role: Speaking,
        is_spoken: bool = True,
        max_characters: int | None = None,
    ) -> None:
        """More of an item's transcript came. The item need not be there yet.

        Args:
            item_id: Whose it is.
            text: What came; it is left out where the item has `max_characters` already.
            role: Whose words they are, where the item is not there yet.
            is_spoken: Whether they are a transcript, where the item is not there yet.
            max_characters: None: no bound but the history's.
        """
        said = self._said.get(item_id)
        if said is None:
            item = self._known(item_id, role, is_spoken)
            said = self._said[item_id] = _Said(len(item.text))
        if max_characters is not None and said.n_characters >= max_characters:
            return
        said.parts.append(text)
        said.n_characters += len(text)
        self._n_bytes += len(text.encode())
        if self._n_bytes > self._max_bytes:
            self._forget()

    def finish(
        self, item_id: str, text: str | None, *, role: Speaking, is_spoken: bool = True
    ) -> str:
        """An item's text is complete: this one, or None: what came so far. Gives the text."""
        item = self._known(item_id, role, is_spoken)
        text = item.text.strip() if text is None else text
        is_cut = item.status == "incomplete"
        changed = attrs.evolve(item, text=text, status="incomplete" if is_cut else "completed")
        self._replace(changed)
        return text

    def cut(self, item_id: str, heard_text: str) -> None:
        """An item was interrupted; about this much of it was heard."""
        item = self.find(item_id)
        if item is not None:
            self._replace(attrs.evolve(item, heard_text=heard_text, status="incomplete"))

    def remove(self, item_id: str) -> None:
        """An item is no longer in the conversation."""
        item = self.find(item_id)
        if item is not None:
            self._items.remove(item)
            self._after.pop(item_id, None)
            self._n_bytes -= item.n_bytes

    # --- to keep it

    def save(self) -> str:
        """The history as JSON text."""
        items = [attrs.asdict(item) for item in self._items]
        return dumps({"format": FORMAT, "version": VERSION, "items": items})

    @classmethod
    def load(cls, text: str, *, max_items: int = 1_000, max_bytes: int = 4 * 2**20) -> History:
        """The history of a text that `save` gave.

        Raises:
            ConfigurationError: It is none.
        """
        if not isinstance(text, str | bytes):
            raise ConfigurationError(f"a saved history is text, not {type(text).__name__}")
        try:
            value = loads(text)
            if value.get("format") != FORMAT or value.get("version") != VERSION:
                raise ValueError(f"it is no {FORMAT} of version {VERSION}")
            items = [_item(entry) for entry in value["items"]]
        except (ValueError, TypeError, KeyError) as exc:
            raise ConfigurationError(f"this is no saved history: {exc}") from None
        history = cls(max_items=max_items, max_bytes=max_bytes)
        for item in items:
            history.insert(item, after=history.last_id)
        return history

    def to_seed(self, rules: SeedRules, *, strict: bool = True) -> Seed:
        """The history in the form a new session of a model with these rules takes.

        Speech becomes its transcript, of an interrupted answer what was heard. Calls and results
        stay together: one without the other is no history.

        Args:
            rules: The model's.
            strict: Refuse what cannot be carried rather than leave it out.

        Raises:
            ConfigurationError: Something cannot be carried, and the reasons.
        """
        kept: list[HistoryItem] = []
        left_out: list[tuple[str, str]] = []
        paired = self._paired_calls()
        for item in self._items:
            reason = _why_not(item, rules, paired)
            if reason is None:
                kept.append(_as_said(item))
            else:
                left_out.append((item.item_id, reason))
        if rules.ends_with_user:
            while kept and (kept[-1].kind, kept[-1].role) != ("message", "user"):
                left_out.append((kept.pop().item_id, "the history must end with the user"))
        n_over = len(kept) - rules.max_items
        if n_over > 0:
            left_out += [(item.item_id, "too many items") for item in kept[:n_over]]
            kept = kept[n_over:]
        if strict and left_out:
            reasons = "; ".join(f"{item_id}: {reason}" for item_id, reason in left_out[:8])
            raise ConfigurationError(
                f"{len(left_out)} of {len(self)} items cannot be carried over: {reasons}",
                code="cannot_seed",
            )
        return Seed(items=tuple(kept), left_out=tuple(left_out))

    # --- inside

    @property
    def _items(self) -> list[HistoryItem]:
        """All items, with what was said of them: joined when somebody looks, for a text that grows
        by a word at a time would be copied as often.
        """
        if self._said:
            waiting, self._said = self._said, {}
            for n, item in enumerate(self._settled):
                said = waiting.get(item.item_id)
                if said is not None:
                    text = "".join((item.text, *said.parts))
                    self._settled[n] = attrs.evolve(item, text=text)
        return self._settled

    def _known(self, item_id: str, role: Speaking, is_spoken: bool) -> HistoryItem:
        item = self.find(item_id)
        if item is None:
            item = HistoryItem(
                item_id=item_id, role=role, status="in_progress", is_spoken=is_spoken
            )
            self._items.append(item)
            self._forget()
        return item

    def _replace(self, item: HistoryItem) -> None:
        backwards = range(len(self._items) - 1, -1, -1)
        n = next(n for n in backwards if self._items[n].item_id == item.item_id)
        self._n_bytes += item.n_bytes - self._items[n].n_bytes
        self._items[n] = item
        self._forget()

    def _place(self, item_id: str, after: str | None, before: str | None) -> int:
        index = {item.item_id: n for n, item in enumerate(self._items)}
        if after in index:
            return index[after] + 1
        # One that already names it as its predecessor stays behind it.
        followers = [n for other, n in index.items() if self._after.get(other) == item_id]
        if before in index:
            followers.append(index[before])
        return min(followers, default=len(self._items))

    def _gather(self, item_id: str) -> None:
        """Put behind an item what named it as its predecessor and stands before it."""
        if item_id not in self._after.values():
            return
        here = next(n for n, item in enumerate(self._items) if item.item_id == item_id)
        early = [item for item in self._items[:here] if self._after.get(item.item_id) == item_id]
        for item in early:
            self._items.remove(item)
            self._items.insert(here, item)  # everything moved up by one
            self._gather(item.item_id)

    def _forget(self) -> None:
        while len(self._items) > 1 and (
            len(self._items) > self._max_items or self._n_bytes > self._max_bytes
        ):
            gone = self._items.pop(0)
            self._after.pop(gone.item_id, None)
            self._n_bytes -= gone.n_bytes
            self.n_forgotten += 1

    def _paired_calls(self) -> set[str | None]:
        calls = {item.call_id for item in self._items if item.kind == "tool_call"}
        return calls & {item.call_id for item in self._items if item.kind == "tool_result"}


def _merged(known: HistoryItem, item: HistoryItem) -> HistoryItem:
    """What is known of an item and what is told of it now, which may say less."""
    is_over = known.status != "in_progress"
    return attrs.evolve(
        item,
        text=(known.text or item.text) if is_over else (item.text or known.text),
        status=known.status if is_over else item.status,
        heard_text=known.heard_text,
        is_spoken=known.is_spoken or item.is_spoken,
        has_image=known.has_image or item.has_image,
    )


def _item(entry: Any) -> HistoryItem:
    item = HistoryItem(**entry)
    for attribute in attrs.fields(HistoryItem):
        value = getattr(item, attribute.name)
        if attribute.name in ("is_spoken", "has_image"):
            fits = isinstance(value, bool)
        elif attribute.name in ("heard_text", "call_id", "name"):
            fits = value is None or isinstance(value, str)
        else:
            fits = isinstance(value, str)
        if not fits:
            raise ValueError(f"{attribute.name} is {value!r:.40}")
    return item


def _why_not(item: HistoryItem, rules: SeedRules, paired: set[str | None]) -> str | None:
    if item.kind != "message":
        if not rules.takes_tools:
            return "the model takes no calls in its history"
        return None if item.call_id in paired else "a call without its result"
    if item.role == "system" and not rules.takes_system:
        return "the model takes no system messages in its history"
    if item.has_image and not item.text:
        return "a picture, which is not kept"
    if not _as_said(item).text.strip():
        return "its words are not known"
    return None


def _as_said(item: HistoryItem) -> HistoryItem:
    text = item.text if item.heard_text is None else item.heard_text
    return attrs.evolve(item, text=text, status="completed", is_spoken=False, heard_text=None)
