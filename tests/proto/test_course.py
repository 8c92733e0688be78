"""One line of recorded events, followed by those that come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import realtime_proto._course as module
from realtime_proto._course import Course, Place, Word
from realtime_proto.exchanges import Heard


def course(*kinds: str) -> Course:
    """Of words in capitals and pieces in small letters; "|" is something that the client says."""
    made = Course()
    for line, kind in enumerate(kinds, 1):
        if kind == "|":
            made.interrupt()
        else:
            step = Heard(line=line, t_us=0, path="$", body={})
            made.add(Word(kind, step, {}), is_piece=kind.islower() or kind.endswith("Turn"))
    return made


def follow(made: Course, *kinds: str) -> str | None:
    """The first event that may not come."""
    for kind in kinds:
        is_piece = kind.islower() or kind.endswith("Turn")
        _, is_fit = made.take(kind, is_piece=is_piece)
        if not is_fit:
            return kind
        if not is_piece:
            made.go_on()
    return None


@pytest.mark.parametrize(
    ("recorded", "came", "odd"),
    [
        ("A a a b B", "A b a a a B", None),
        ("A a B", "A B", "B"),  # no piece at all
        ("A a B", "A b", "b"),
        ("A a B", "A a C", "C"),
        ("A B", "A B C", "C"),
        ("A | a B", "A B", None),  # cut off
        ("A a | b B", "A a B", None),
        ("A a | b B", "A B", "B"),
        ("A a SPOKEN a b B", "A a a SPOKEN b B", None),  # in between it says something else
        ("A a SPOKEN B", "A a SPOKEN a B", None),
        ("a A.done B", "a A.done a B", "a"),
        ("a.Turn serverContent.END", "a.Turn serverContent.END a.Turn", "a.Turn"),
    ],
)
def test_words_come_in_order_and_pieces_as_they_like(
    recorded: str, came: str, odd: str | None
) -> None:
    """But some of each kind, unless the client cut them off, and none of another."""
    assert odd == follow(course(*recorded.split()), *came.split())


def test_what_has_to_come_next_is_known() -> None:
    """Pieces before the word behind them; nothing behind the last."""
    made = course("A", "b", "a", "B")
    seen = []
    for kind in ("A", "a", "b", "B"):
        missing = made.missing()
        seen.append(missing and missing.kind)
        follow(made, kind)
    assert ["A", "b", "b", "B"] == seen
    assert made.missing() is None


def test_a_place_is_reached_by_words_and_as_many_pieces() -> None:
    """It is near with some of each kind."""
    made = course("A", "a", "a", "b")
    place = made.recorded
    assert Place(1, {"a": 2, "b": 1}) == place
    seen = []
    for kind in ("A", "a", "b", "a"):
        before = made.before(place)
        seen.append((made.is_near(place), made.is_at(place), before and before.step.line))
        follow(made, kind)
    assert [(False, False, 1), (False, False, 2), (False, False, 3), (True, False, 3)] == seen
    assert made.before(place) is None
    assert made.is_at(place)
    assert made.is_at(Place(0, {"z": 9}))


def test_pieces_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never ends a stream is found out."""
    monkeypatch.setattr(module, "MAX_PIECES", 3)
    assert follow(course("a", "B"), "a", "a", "a") is None
    assert "a" == follow(course("a", "B"), *"aaaa")


SCRIPTS = st.lists(st.sampled_from("ABabc"), max_size=12)


@given(SCRIPTS, st.data())
def test_any_cut_of_the_pieces_fits(recorded: list[str], data: st.DataObject) -> None:
    """In any number and order between two words; and a word less never does."""
    came: list[str] = []
    between: list[str] = []
    for kind in [*recorded, "END"]:
        if kind.islower():
            between.append(kind)
            continue
        more = data.draw(st.lists(st.sampled_from(between), max_size=3)) if between else []
        came += [*data.draw(st.permutations([*dict.fromkeys(between), *more])), kind]
        between = []
    assert follow(course(*recorded, "END"), *came) is None
    word = data.draw(st.sampled_from([n for n, kind in enumerate(came) if kind.isupper()]))
    rest = came[:word] + came[word + 1 :]
    made = course(*recorded, "END")
    assert follow(made, *rest) is not None or made.missing() is not None
