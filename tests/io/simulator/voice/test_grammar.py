"""What is expected to be said, as a value."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from realtime_io.simulator.voice import Grammar
from realtime_proto.errors import ConfigurationError

WEATHER = Grammar(
    phrases=("[please] what is the weather in <city> [(today | now)]", "stop"),
    slots={"city": ("tokyo", "new york")},
)


@pytest.mark.parametrize(
    ("words", "is_phrase"),
    [
        ("what is the weather in tokyo", True),
        ("please what is the weather in new york now", True),
        ("stop", True),
        ("what is the weather in", False),
        ("what is the weather in york", False),
        ("what is the weather in tokyo today now", False),
        ("stop stop", False),
        ("", False),
    ],
)
def test_it_accepts_its_phrases_and_no_others(words: str, is_phrase: bool) -> None:
    """Optional words may be left out, one of several has to be there."""
    assert is_phrase is WEATHER.accepts(words)


def test_its_words_are_those_of_the_phrases_and_the_slots() -> None:
    """Each once, whatever stands around it."""
    grammar = Grammar(("(stop|wait) [a] <what>",), {"what": ("new york", "a")})
    assert {"stop", "wait", "a", "new", "york"} == grammar.words


def test_it_is_written_as_jsgf() -> None:
    """Slots become rules of their own."""
    assert WEATHER.to_jsgf().splitlines() == [
        "#JSGF V1.0;",
        "grammar phrases;",
        "<slot_city> = tokyo | new york;",
        "public <phrase> = ( [please] what is the weather in <slot_city> [(today | now)] )"
        " | ( stop );",
    ]


def test_equal_grammars_are_equal_values() -> None:
    """The order of the slots is not part of it, and it goes through a pickle."""
    slots = {"b": ("x",), "a": ("y", "z")}
    one = Grammar(["<a> <b>"], slots)  # type: ignore[arg-type]
    other = Grammar(("<a> <b>",), tuple(reversed(slots.items())))
    assert one == other == pickle.loads(pickle.dumps(one))  # noqa: S301 - our own
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("phrases", "slots", "said"),
    [
        ((), {}, "at least one phrase"),
        ("stop", {}, "stands alone"),
        (("stop",), {"a": "stop"}, "stands alone"),
        (("[stop]",), {}, "nothing in it has to be said"),
        (("(stop | [wait])",), {}, "nothing in it has to be said"),
        (("",), {}, "a choice without words"),
        (("(stop | )",), {}, "a choice without words"),
        (("(stop",), {}, "brackets that do not match"),
        (("stop)",), {}, "brackets that do not match"),
        (("[stop) a",), {}, "brackets that do not match"),
        (("Stop",), {}, "'Stop' is no word in lower case"),
        (("stop < a",), {}, "'<' is no word in lower case"),
        (("in <city>",), {}, "unknown slot <city>"),
        (("in <city>",), {"city": ()}, "nothing to choose from"),
        (("in <city>",), {"city": ("Tokyo",)}, "not 'Tokyo'"),
        (("in <city>",), {"city": (" ",)}, "not ' '"),
        (("in <a b>",), {"a b": ("x",)}, "a slot's name"),
        (("in <a>",), (("a", ("x",)), ("a", ("y",))), "a slot is given twice"),
        (("(" * 17 + "a" + ")" * 17,), {}, "more than 16 brackets"),
    ],
)
def test_a_slip_in_a_phrase_is_found_where_it_was_written(
    phrases: Any, slots: Any, said: str
) -> None:
    """The error shows the phrase and says what is wrong with it."""
    with pytest.raises(ConfigurationError) as caught:
        Grammar(phrases, slots)
    assert said in str(caught.value)


def test_sixteen_brackets_are_not_too_many() -> None:
    """The limit itself is allowed."""
    assert Grammar(("(" * 16 + "a" + ")" * 16,)).accepts("a")
