"""What is expected to be said, as a value: phrases with slots, and their form for the recogniser.

A phrase is words in lower case, with [optional words], (one | or another) and <slots>. A grammar is
checked when it is made, so that a slip in a phrase is found where it was written; whether the
recogniser knows how a word sounds is only found where it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from realtime_proto.errors import ConfigurationError

__all__ = ("Grammar",)

MAX_NESTING: Final = 16
"""Brackets in brackets: more than anybody writes, less than the stack holds."""

_TOKEN: Final = re.compile(r"\s*(<[^<>]*>|[\[\]()|]|[^\s\[\]()|<>]+|[<>])")
_WORD: Final = re.compile(r"[a-z][a-z'-]*")
_SLOT: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)
_CLOSING: Final = {"[": "]", "(": ")"}

_Slots = Mapping[str, Iterable[str]] | Iterable[tuple[str, Iterable[str]]]


def _as_tuple(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise ConfigurationError(f"{values!r} stands alone: give a tuple of texts")
    return tuple(values)


def _as_pairs(slots: _Slots) -> tuple[tuple[str, tuple[str, ...]], ...]:
    pairs = slots.items() if isinstance(slots, Mapping) else slots
    return tuple(sorted((name, _as_tuple(values)) for name, values in pairs))


@frozen
class Grammar:
    """What is expected to be said. Equal grammars are equal values, and can be sent to a process.

    Args:
        phrases: Words in lower case, [optional words], (one | or another) and <slots>.
        slots: What can stand in each slot, as a mapping; kept as pairs, sorted by name.

    Raises:
        ConfigurationError: A phrase cannot be read, can be empty, or names an unknown slot.

    Example:
        >>> grammar = Grammar(("[please] stop", "play <tune>"), {"tune": ("jazz", "the blues")})
        >>> print(grammar.to_jsgf())
        #JSGF V1.0;
        grammar phrases;
        <slot_tune> = jazz | the blues;
        public <phrase> = ( [please] stop ) | ( play <slot_tune> );
        <BLANKLINE>
    """

    phrases: tuple[str, ...] = field(converter=_as_tuple)
    slots: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), converter=_as_pairs)

    def __attrs_post_init__(self) -> None:
        if not self.phrases:
            raise ConfigurationError("a grammar needs at least one phrase")
        for name, values in self.slots:
            _check_slot(name, values)
        names = frozenset(name for name, _ in self.slots)
        if len(names) != len(self.slots):
            raise ConfigurationError("a slot is given twice")
        for phrase in self.phrases:
            _Reader(phrase, names).check()

    @property
    def words(self) -> frozenset[str]:
        """Every word that can be said."""
        tokens = (token for phrase in self.phrases for token in _TOKEN.findall(phrase))
        spoken = {token for token in tokens if _WORD.fullmatch(token)}
        return frozenset(spoken.union(*(v.split() for _, values in self.slots for v in values)))

    def accepts(self, words: str) -> bool:
        """Whether *words*, in lower case with one space between two, are a whole phrase.

        Example:
            >>> grammar = Grammar(("(stop | wait) [a minute]",))
            >>> grammar.accepts("wait a minute"), grammar.accepts("wait a")
            (True, False)
        """
        slots = dict(self.slots)
        return any(_expression(phrase, slots).fullmatch(words + " ") for phrase in self.phrases)

    def to_jsgf(self) -> str:
        """The grammar in the Java Speech Grammar Format, one public rule.

        Source: https://www.w3.org/TR/jsgf/, sections 3 and 4.
        """
        lines = ["#JSGF V1.0;", "grammar phrases;"]
        lines += [f"<slot_{name}> = {' | '.join(values)};" for name, values in self.slots]
        phrases = " | ".join(f"( {phrase.replace('<', '<slot_')} )" for phrase in self.phrases)
        lines.append(f"public <phrase> = {phrases};")
        return "\n".join(lines) + "\n"


def _check_slot(name: str, values: tuple[str, ...]) -> None:
    if not _SLOT.fullmatch(name):
        raise ConfigurationError(f"a slot's name is letters, digits and _, not {name!r}")
    if not values:
        raise ConfigurationError(f"slot <{name}> has nothing to choose from")
    for value in values:
        if not value.split() or not all(_WORD.fullmatch(word) for word in value.split()):
            raise ConfigurationError(f"slot <{name}> holds words in lower case, not {value!r}")


def _of_slot(values: tuple[str, ...]) -> str:
    return "|".join(re.escape(" ".join(value.split())) + " " for value in values)


def _expression(phrase: str, slots: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    """A phrase as a regular expression, over words that each end in a space."""
    made = {"(": "(?:", "[": "(?:", "]": ")?", ")": ")", "|": "|"}
    parts = []
    for token in _TOKEN.findall(phrase):
        if token.startswith("<"):
            parts.append(f"(?:{_of_slot(slots[token[1:-1]])})")
        else:
            parts.append(made.get(token) or re.escape(token) + " ")
    return re.compile("".join(parts))


class _Reader:
    """Reads one phrase, only to find out whether it makes sense."""

    def __init__(self, phrase: str, slots: frozenset[str]) -> None:
        self._phrase = phrase
        self._slots = slots
        self._tokens = _TOKEN.findall(phrase)
        self._next = 0

    def check(self) -> None:
        can_be_empty = self._alternatives("", 0)
        if can_be_empty:
            raise self._error("nothing in it has to be said")

    def _alternatives(self, closing: str, depth: int) -> bool:
        """Reads up to *closing*; tells whether nothing at all would fit."""
        if depth > MAX_NESTING:
            raise self._error(f"more than {MAX_NESTING} brackets in one another")
        can_be_empty = is_empty = True
        any_empty = False
        while True:
            token = self._tokens[self._next] if self._next < len(self._tokens) else ""
            self._next += 1
            if token in ("", "|", "]", ")"):
                if is_empty:
                    raise self._error("a choice without words")
                any_empty = any_empty or can_be_empty
                if token == "|":  # noqa: S105 - a bar, not a secret
                    can_be_empty = is_empty = True
                    continue
                if token != closing:
                    raise self._error("brackets that do not match")
                return any_empty
            is_empty = False
            if not self._item(token, depth):
                can_be_empty = False

    def _item(self, token: str, depth: int) -> bool:
        """Reads one word, slot or bracket; tells whether it can be left out."""
        if token in _CLOSING:
            can_be_empty = self._alternatives(_CLOSING[token], depth + 1)
            return can_be_empty or token == "["  # noqa: S105 - a bracket, not a secret
        if token.startswith("<") and len(token) > 1:
            if token[1:-1] not in self._slots:
                raise self._error(f"unknown slot {token}")
        elif not _WORD.fullmatch(token):
            raise self._error(f"{token!r} is no word in lower case")
        return False

    def _error(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"phrase {self._phrase!r}: {what}")
