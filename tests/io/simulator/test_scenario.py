"""What the simulated model knows: words matched to rules."""

from __future__ import annotations

import pytest

from realtime_io.simulator import Rule, Scenario
from realtime_io.simulator._scenario import DEFAULT_SCENARIO, normalise


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("What's the weather in Tokyo?", "The weather in Tokyo is fine."),
        ("please what is the weather in new york", "The weather in New York is fine."),
        ("What time is it in Madrid?", "In Madrid it is fine."),
        ("Hello, how are you?", "Hello. How can I help you?"),
        ("wait a minute!", "All right, I am listening."),
        ("Thank you. Goodbye.", "You are welcome. Goodbye."),
    ],
)
def test_a_question_is_answered(text: str, said: str) -> None:
    """Spoken or written, with or without punctuation."""
    match = DEFAULT_SCENARIO.match(text)
    assert match is not None
    assert said == match.answer("fine")


def test_a_call_takes_its_arguments_from_the_slots() -> None:
    """Written slots may hold any words."""
    match = DEFAULT_SCENARIO.match("what is the weather in rio de janeiro")
    assert match is not None
    assert "get_weather" == match.rule.call
    assert {"city": "Rio De Janeiro"} == match.arguments()


@pytest.mark.parametrize("text", ["", "?", "book a table", "the weather in tokyo"])
def test_what_no_rule_fits_is_not_understood(text: str) -> None:
    """The scenario says so in its own words."""
    assert DEFAULT_SCENARIO.match(text) is None
    scenario = Scenario(rules=(Rule(phrases=("a",), say="b"),), confused="Heard {heard}.")
    assert f"Heard {text}." == scenario.confusion(text)


def test_the_first_rule_that_fits_is_taken() -> None:
    """Order is priority."""
    rules = tuple(Rule(phrases=("go [on]",), say=say) for say in ("one", "two"))
    match = Scenario(rules=rules).match("Go on!")
    assert match is not None
    assert "one" == match.answer()


def test_braces_that_name_nothing_stay() -> None:
    """Filling in is no format string: a user's text cannot break it."""
    scenario = Scenario(rules=(Rule(phrases=("say <what>",), say="{what} {nothing} {0}"),))
    match = scenario.match("say this")
    assert match is not None
    assert "This {nothing} {0}" == match.answer()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  What\u2019s  UP?! ", "what is up"),
        ("it's o'clock", "it is o'clock"),
        ("\U0001f600", ""),
        ("Zoë ist da.", "zoë ist da"),
    ],
)
def test_text_is_brought_to_words(text: str, words: str) -> None:
    """Lower case, no punctuation, contractions written out."""
    assert words == normalise(text)


def test_every_phrase_of_the_default_scenario_is_in_its_grammar() -> None:
    """What is matched in writing can be recognised when spoken."""
    grammar = DEFAULT_SCENARIO.grammar
    for city in DEFAULT_SCENARIO.slots["city"]:
        assert grammar.accepts(f"what is the weather in {city}")
        assert DEFAULT_SCENARIO.match(f"what is the weather in {city}") is not None
