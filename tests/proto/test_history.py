"""The history: order by predecessor, words by item, bounds, saving, and seeds for new sessions."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from realtime_proto import ConfigurationError, History, HistoryItem
from realtime_proto.history import SeedRules


def message(item_id: str, text: str = "", **fields: Any) -> HistoryItem:
    return HistoryItem(item_id=item_id, text=text, **fields)


def ids(history: History) -> list[str]:
    return [item.item_id for item in history]


@pytest.mark.parametrize("order", list(itertools.permutations("abcd")))
def test_items_find_their_places_in_whatever_order_they_come(order: tuple[str, ...]) -> None:
    """Each names the one before it; which comes first does not matter."""
    before = {"a": None, "b": "a", "c": "b", "d": "c"}
    history = History()
    for item_id in order:
        history.insert(message(item_id), after=before[item_id])
    assert ["a", "b", "c", "d"] == ids(history)


def test_an_item_goes_behind_the_one_it_names() -> None:
    """Also where others came after that one meanwhile."""
    history = History()
    history.insert(message("a"))
    history.insert(message("c"), after="a")
    history.insert(message("b"), after="a")
    assert ["a", "b", "c"] == ids(history)


def test_a_predecessor_that_comes_late_goes_in_front() -> None:
    """The one that named it stays behind it."""
    history = History()
    history.insert(message("b"), after="a")
    history.insert(message("a"))
    assert ["a", "b"] == ids(history)


def test_an_item_can_be_put_before_another() -> None:
    """For words that come late; where the other is not there, at the end."""
    history = History()
    history.insert(message("b"))
    history.insert(message("a"), before="b")
    history.insert(message("c"), before="nobody")
    assert ["a", "b", "c"] == ids(history)
    assert "c" == history.last_id
    assert None is History().last_id


def test_an_item_told_again_keeps_its_words_and_takes_its_place() -> None:
    """The second telling may say less, or name the predecessor for the first time."""
    history = History()
    history.say("b", "Hel", role="assistant")
    history.insert(message("a", "Hello."))
    history.insert(message("b", role="assistant", status="in_progress"), after="a")
    history.say("b", "lo.", role="assistant")
    history.insert(message("b", role="assistant", status="completed"))
    assert ["a", "b"] == ids(history)
    assert ("Hello.", "completed") == (history.find("b").text, history.find("b").status)  # type: ignore[union-attr]


def test_words_can_come_before_their_item_and_after_its_end() -> None:
    """They are kept by item; the final text is the whole."""
    history = History()
    history.say("u", "I am", role="user")
    history.insert(message("u", status="completed", is_spoken=True))
    history.say("u", " here", role="user")
    assert "I am here" == history.finish("u", None, role="user")
    assert "I am here!" == history.finish("u", "I am here!", role="user")
    assert "user" == history.find("u").role  # type: ignore[union-attr]


WORDS = ("one ", "two ", "three ", "\u00e9", "\U0001f600")


@pytest.mark.parametrize("looks", list(itertools.product([False, True], repeat=len(WORDS) - 1)))
def test_a_text_that_grows_is_whole_whenever_it_is_looked_at(looks: tuple[bool, ...]) -> None:
    """Two items in turn, looked at or not in between; its bytes are counted as they come."""
    history = History()
    for n, word in enumerate(WORDS):
        history.say("a", word, role="assistant")
        history.say("b", word.upper(), role="user")
        if n < len(looks) and looks[n]:
            assert ["".join(WORDS[: n + 1])] == [item.text for item in history][:1]
        assert sum(len((w + w.upper()).encode()) for w in WORDS[: n + 1]) == history.n_bytes
    text = "".join(WORDS)
    assert [text, text.upper()] == [item.text for item in history]
    history.remove("a")
    assert len(text.upper().encode()) == history.n_bytes


def test_words_beyond_the_bound_of_an_item_are_left_out() -> None:
    """The last piece may go over it; what is there counts, whoever has looked meanwhile."""
    history = History()
    history.insert(message("a", "12"))
    for word in ("34", "56", "78"):
        history.say("a", word, role="user", max_characters=5)
        assert history.find("a") is not None
    assert ["123456"] == [item.text for item in history]
    history.say("a", "9", role="user")
    assert ["1234569"] == [item.text for item in history]


def test_an_item_that_grows_too_long_makes_others_go() -> None:
    """The oldest first, words that were just said included."""
    history = History(max_bytes=10)
    for item_id, word in (("a", "123"), ("b", "456"), ("b", "7890"), ("b", "x")):
        history.say(item_id, word, role="user")
    assert [("b", "4567890x")] == [(item.item_id, item.text) for item in history]
    assert (1, 8) == (history.n_forgotten, history.n_bytes)


def test_an_interrupted_item_says_what_was_heard() -> None:
    """Its text stays whole, its status says that it was cut, also after its last words."""
    history = History()
    history.insert(message("a", "One two three.", role="assistant", status="in_progress"))
    history.cut("a", "One")
    history.finish("a", "One two three.", role="assistant")
    history.cut("nobody", "")
    item = history.find("a")
    assert item is not None
    assert ("One two three.", "One", "incomplete") == (item.text, item.heard_text, item.status)


def test_a_removed_item_is_gone() -> None:
    """Whether it was there or not."""
    history = History()
    history.insert(message("a", "x"))
    history.remove("a")
    history.remove("a")
    assert (0, 0, False) == (len(history), history.n_bytes, "a" in history)


@pytest.mark.parametrize("n", [9, 10, 11])
def test_the_oldest_items_are_forgotten_and_counted(n: int) -> None:
    """At the bound of items; one more is one less."""
    history = History(max_items=10)
    for number in range(n):
        history.insert(message(str(number)), after=history.last_id)
    assert (min(n, 10), max(0, n - 10)) == (len(history), history.n_forgotten)


@pytest.mark.parametrize(("n_bytes", "forgotten"), [(99, 0), (100, 0), (101, 1)])
def test_text_is_bounded_in_bytes(n_bytes: int, forgotten: int) -> None:
    """The newest item stays whatever its size."""
    history = History(max_bytes=100)
    history.insert(message("a", "é" * 20))
    history.insert(message("b"), after="a")
    history.say("b", "x" * (n_bytes - 40), role="user")
    assert forgotten == history.n_forgotten
    history.say("b", "x" * 1_000, role="user")
    assert ["b"] == ids(history)


def test_a_saved_history_is_the_same_when_loaded() -> None:
    """Every field of every item."""
    history = History()
    history.insert(message("a", "hi", is_spoken=True, has_image=True))
    history.insert(
        HistoryItem(item_id="c", kind="tool_call", role="assistant", call_id="1", name="look")
    )
    history.insert(message("b", "so", role="assistant", status="incomplete", heard_text="s"))
    loaded = History.load(history.save())
    assert loaded == history
    assert loaded != history.save()
    assert list(loaded) == list(history)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        '{"format": "realtime-io history", "version": 2, "items": []}',
        '{"format": "realtime-io history", "version": 1}',
        '{"format": "realtime-io history", "version": 1, "items": 5}',
        '{"format": "realtime-io history", "version": 1, "items": [5]}',
        '{"format": "realtime-io history", "version": 1, "items": [{}]}',
        '{"format": "realtime-io history", "version": 1, "items": [{"item_id": 5}]}',
        '{"format": "realtime-io history", "version": 1, "items": [{"item_id": "a", "news": 1}]}',
        '{"format": "realtime-io history", "version": 1, "items": [{"item_id": "a", "role": "x"}]}',
        '{"format": "realtime-io history", "version": 1, "items": '
        '[{"item_id": "a", "is_spoken": 1}]}',
        '{"format": "realtime-io history", "version": 1, "items": [{"item_id": "a", "name": 1}]}',
    ],
)
def test_what_is_no_saved_history_is_refused(text: str) -> None:
    """One clear error, whatever it is instead."""
    with pytest.raises(ConfigurationError, match="no saved history"):
        History.load(text)


def talk() -> History:
    history = History()
    for item in (
        message("s", "Be kind.", role="system"),
        message("u", "Hi", is_spoken=True),
        message("c", "{}", kind="tool_call", role="assistant", call_id="1", name="look"),
        message("r", "rain", kind="tool_result", call_id="1"),
        message("a", "It rains all day.", role="assistant", is_spoken=True, heard_text="It rains"),
    ):
        history.insert(item, after=history.last_id)
    return history


def test_a_seed_is_what_was_said_as_text() -> None:
    """Speech is its transcript; an interrupted answer is what was heard of it."""
    seed = talk().to_seed(SeedRules())
    assert ["Be kind.", "Hi", "{}", "rain", "It rains"] == [item.text for item in seed.items]
    assert not any(item.is_spoken or item.heard_text for item in seed.items)
    assert () == seed.left_out


@pytest.mark.parametrize(
    ("rules", "left_out"),
    [
        (SeedRules(takes_tools=False), ["c", "r"]),
        (SeedRules(takes_system=False), ["s"]),
        (SeedRules(ends_with_user=True), ["a", "r", "c"]),
        (SeedRules(max_items=2), ["s", "u", "c"]),
    ],
)
def test_what_a_model_does_not_take_is_refused_with_reasons(
    rules: SeedRules, left_out: list[str]
) -> None:
    """Before anything is sent; not strictly, it is left out and named."""
    with pytest.raises(ConfigurationError, match="cannot be carried over") as caught:
        talk().to_seed(rules)
    assert left_out[0] in str(caught.value)
    seed = talk().to_seed(rules, strict=False)
    assert left_out == [item_id for item_id, _ in seed.left_out]
    assert not {item.item_id for item in seed.items} & set(left_out)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (message("x", has_image=True), "picture"),
        (message("x", " ", is_spoken=True), "words are not known"),
        (message("x", "{}", kind="tool_call", call_id="9"), "without its result"),
    ],
)
def test_what_is_not_whole_cannot_be_a_seed(item: HistoryItem, reason: str) -> None:
    """A picture that was not kept, speech without a transcript, a call nobody answered."""
    history = History()
    history.insert(item)
    with pytest.raises(ConfigurationError, match=reason):
        history.to_seed(SeedRules())


def test_what_is_no_text_is_no_saved_history() -> None:
    """It says what was given, not what a JSON library says of it."""
    text: Any = 5
    with pytest.raises(ConfigurationError, match="a saved history is text, not int"):
        History.load(text)
