"""One line of recorded events, and how far those that come have followed it.

An event is a word or a piece. Words come in the recorded order, each once. Pieces are what is said
between two words: as many as the server likes, in any order, but at least one of each kind that was
recorded there, and none of another. A stream of pieces may be divided by a word that has nothing to
do with it, and then anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import attrs
from attrs import field, frozen

from realtime_proto.exchanges import Heard
from realtime_proto.wire import JsonObject

__all__ = ("Course", "Place", "Word")

MAX_PIECES: Final = 100_000
"""Of one kind in a row: over half an hour of audio in the smallest pieces that servers send."""

_ENDINGS: Final = ".done"
_TURNS: Final = "serverContent."
"""How words are called, by their end or their beginning, behind which no piece goes on."""


@frozen
class Word:
    """One event of a frame.

    Args:
        kind: Its name.
        step: The frame that was recorded.
        body: The event, where it is JSON.
    """

    kind: str
    step: Heard
    body: JsonObject = field(repr=False)


@frozen
class Place:
    """How far a line has come: so many words, and so many pieces of each kind since."""

    n_words: int
    pieces: Mapping[str, int]


class Course:
    """Events that come in order: words, and pieces between them."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.n_words = 0
        self._between: list[dict[str, list[Word]]] = [{}]
        self._demanded: list[set[str]] = [set()]
        self._is_open = True
        self._seen: Counter[str] = Counter()

    # --- what was recorded

    def add(self, word: Word, *, is_piece: bool) -> None:
        """The next event that was recorded."""
        if not is_piece:
            self.words.append(word)
            self._between.append({})
            self._demanded.append(set())
            self._is_open = True
            return
        goes_on = len(self._between) > 1 and word.kind in self._between[-2]
        if self._is_open and not goes_on:
            self._demanded[-1].add(word.kind)
        self._between[-1].setdefault(word.kind, []).append(word)

    def interrupt(self) -> None:
        """The client said something, which may have cut off what was being said: of the pieces up
        to the next word, only those that are there already are sure to come.
        """
        self._is_open = False

    @property
    def recorded(self) -> Place:
        """Where the recording is."""
        pieces = {kind: len(words) for kind, words in self._between[-1].items()}
        return Place(len(self.words), pieces)

    # --- what comes

    def is_at(self, place: Place) -> bool:
        """Whether all before that place has come."""
        return self.n_words > place.n_words or (
            self.n_words == place.n_words
            and all(self._seen[kind] >= n for kind, n in place.pieces.items())
        )

    def is_near(self, place: Place) -> bool:
        """Whether it has, though perhaps in fewer pieces."""
        return self.is_at(attrs.evolve(place, pieces=dict.fromkeys(place.pieces, 1)))

    def missing(self) -> Word | None:
        """The next event that has to come."""
        demanded = self._demanded[self.n_words]
        lacking = (self._between[self.n_words][kind][0] for kind in demanded - self._seen.keys())
        found = min(lacking, key=_line, default=None)
        if found is not None or self.n_words == len(self.words):
            return found
        return self.words[self.n_words]

    def before(self, place: Place) -> Word | None:
        """The next event that is recorded before that place and has not come."""
        if self.n_words < place.n_words:
            return self.missing()
        if self.is_at(place):
            return None
        pieces, seen = self._between[self.n_words], self._seen
        lacking = (pieces[kind][seen[kind]] for kind, n in place.pieces.items() if seen[kind] < n)
        return min(lacking, key=_line)

    def take(self, kind: str, *, is_piece: bool) -> tuple[Word | None, bool]:
        """An event came: the one that was recorded in its place, and whether it may come now."""
        expected = self.missing()
        if not is_piece:
            return expected, expected is not None and expected.kind == kind
        recorded = self._between[self.n_words].get(kind, [])
        n = self._seen[kind]
        if not (recorded or self._goes_on(kind)) or n == MAX_PIECES:
            return expected, False
        self._seen[kind] += 1
        return (recorded[n] if n < len(recorded) else None), True

    def _goes_on(self, kind: str) -> bool:
        """Whether such pieces were recorded before a word that does not end them."""
        if self.n_words == 0 or kind not in self._between[self.n_words - 1]:
            return False
        last = self.words[self.n_words - 1].kind
        return not last.endswith(_ENDINGS) and not last.startswith(_TURNS)

    def go_on(self) -> None:
        """The expected word is here."""
        self.n_words += 1
        self._seen.clear()


def _line(word: Word) -> int:
    return word.step.line
