"""What the simulated model knows: which phrase is answered how. Data, and the matching of words to
it.

A scenario is a list of rules. A rule has the phrases it answers to, with slots ("what is the
weather in <city>"), perhaps a tool to call with what stood in the slots, and what is said. The
phrases also make the grammar that speech is recognised with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from realtime_io.simulator.voice.grammar import Grammar

__all__ = ("DEFAULT_SCENARIO", "Match", "Rule", "Scenario", "normalise")

_ANYTHING: Final = r"(?P<{name}>[^ ]+(?: [^ ]+){{0,3}})"

_SPELLED_OUT: Final = {"what's": "what is", "it's": "it is", "that's": "that is"}


@frozen(kw_only=True)
class Rule:
    """One thing the simulated model knows.

    Args:
        phrases: What it answers to: words, [optional words], (one | or another) and <slots>.
        say: The answer; {slot} and, after a call, {result} are filled in.
        call: The tool to call first, where the client offers it.
        arguments: The call's arguments; {slot} is filled in.
        without: The answer where the client does not offer the tool.
    """

    phrases: tuple[str, ...]
    say: str
    call: str | None = None
    arguments: Mapping[str, str] = field(factory=dict)
    without: str = "I have no tool for that."


@frozen
class Match:
    """A rule that fits, and what stood in its slots."""

    rule: Rule
    slots: Mapping[str, str]

    def arguments(self) -> dict[str, str]:
        """The arguments of the rule's call."""
        return {name: _fill(text, self.slots) for name, text in self.rule.arguments.items()}

    def answer(self, result: str = "") -> str:
        """What is said, after a call with its result."""
        return _fill(self.rule.say, {**self.slots, "result": result})


@frozen(kw_only=True)
class Scenario:
    """Everything the simulated model knows.

    Args:
        rules: The first rule that fits is taken.
        slots: The words each slot can hold when spoken; in writing it can hold any.
        confused: What is said when nothing fits; {heard} is filled in.
    """

    rules: tuple[Rule, ...]
    slots: Mapping[str, tuple[str, ...]] = field(factory=dict)
    confused: str = "Sorry, I did not understand that."

    @property
    def grammar(self) -> Grammar:
        """The phrases, to recognise speech with."""
        phrases = tuple(phrase for rule in self.rules for phrase in rule.phrases)
        return Grammar(phrases=phrases, slots=dict(self.slots))

    def match(self, text: str) -> Match | None:
        """The first rule that *text* fits, spoken or written."""
        words = normalise(text)
        for rule in self.rules:
            for phrase in rule.phrases:
                found = re.search(rf"\b{_pattern(phrase)}\b", words)
                if found:
                    slots = {name: value.title() for name, value in found.groupdict().items()}
                    return Match(rule, slots)
        return None

    def confusion(self, text: str) -> str:
        """What is said when nothing fits *text*."""
        return self.confused.format(heard=text)


def normalise(text: str) -> str:
    """Words alone: lower case, no punctuation, contractions written out.

    Example:
        >>> normalise("What's the weather in Tokyo?")
        'what is the weather in tokyo'
    """
    words = re.sub(r"[^\w' ]+", " ", text.lower().replace("\u2019", "'")).split()
    return " ".join(_SPELLED_OUT.get(word, word) for word in words)


def _pattern(phrase: str) -> str:
    """The regular expression of a phrase, over normalised words."""
    pieces = re.findall(r"<\w+>|[\[\]()|]|[^\s\[\]()|<>]+", phrase)
    pattern = ""
    for piece in pieces:
        if piece in "[(":
            pattern += "(?:"
        elif piece == "]":
            pattern += ")?"
        elif piece in ")|":
            pattern += piece
        elif piece.startswith("<"):
            pattern += _ANYTHING.format(name=piece[1:-1]) + " ?"
        else:
            pattern += re.escape(piece) + r"\b ?"
    return pattern


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


_STORY: Final = (
    "Once upon a time there was a lighthouse on a small island in the north. Every evening the "
    "keeper climbed the long stairs, lit the lamp, and wrote the names of the passing ships in a "
    "book. One night a ship came by that had no name at all, and it stopped, and it waited. The "
    "keeper took a lantern and a boat, and rowed out to ask what it was called. Nobody answered, "
    "but a light went on in the cabin, and then another one, until the whole ship was bright."
)

DEFAULT_SCENARIO: Final = Scenario(
    rules=(
        Rule(
            phrases=("[please] what is the weather in <city>",),
            call="get_weather",
            arguments={"city": "{city}"},
            say="The weather in {city} is {result}.",
        ),
        Rule(
            phrases=("[please] what time is it in <city>",),
            call="get_time",
            arguments={"city": "{city}"},
            say="In {city} it is {result}.",
        ),
        Rule(phrases=("[please] tell me a story",), say=_STORY),
        Rule(phrases=("hello [how are you]",), say="Hello. How can I help you?"),
        Rule(
            phrases=("stop [please]", "wait [a minute] [please]"), say="All right, I am listening."
        ),
        Rule(phrases=("thank you [goodbye]", "goodbye"), say="You are welcome. Goodbye."),
    ),
    slots={
        "city": ("tokyo", "paris", "london", "new york", "berlin", "madrid", "sydney", "cairo"),
    },
)
"""What the demo and a bare simulator know."""
