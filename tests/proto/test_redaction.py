"""What looks like a credential is taken out of text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.errors import ConfigurationError
from realtime_proto.redaction import HINTS, PATTERNS, Kept, Redactor, _holds_none

CANARY = "Canary0123456789abcdefgh"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"my key is sk-{CANARY}.", "my key is <redacted:openai-key>."),
        (f"sk-proj-{CANARY}-x_y", "<redacted:openai-key>"),
        (f'{{"value":"ek_{CANARY}"}}', '{"value":"<redacted:ephemeral-key>"}'),
        (f"AIza{CANARY}", "<redacted:google-key>"),
        (f"name auth_tokens/{CANARY}", "name <redacted:google-token>"),
        (f"ya29.{CANARY}", "<redacted:google-token>"),
        (f"eyJ{CANARY}.eyJ{CANARY}.{CANARY}", "<redacted:jwt>"),
        (f"Authorization: Bearer {CANARY}", "Authorization: <redacted:header>"),
        (f"sent Basic {CANARY}=", "sent Basic <redacted:bearer>"),
        (f"wss://h/p?model=m&key={CANARY}#a", "wss://h/p?model=m&key=<redacted:query>#a"),
        (f"https://h?api-key={CANARY}&x=1", "https://h?api-key=<redacted:query>&x=1"),
        (f"x-goog-api-key: {CANARY}", "x-goog-api-key: <redacted:header>"),
        (f'{{"api-key": "{CANARY}"}}', '{"api-key": "<redacted:header>"}'),
        (
            f'"{{\\"Authorization\\":\\"{CANARY}\\"}}"',
            '"{\\"Authorization\\":\\"<redacted:header>\\"}"',
        ),
        (f"Cookie: a={CANARY}; b=1", "Cookie: <redacted:header>"),
        (
            f"realtime, openai-insecure-api-key.{CANARY}",
            "realtime, openai-insecure-api-key.<redacted:subprotocol>",
        ),
    ],
)
def test_a_credential_is_replaced_by_the_name_of_its_kind(text: str, clean: str) -> None:
    """Wherever it stands; what stands around it stays."""
    assert clean == Redactor().clean(text)
    assert CANARY not in clean


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Take the desk-lamp and ask-me-anything.",
        "The task_list has a key: value.",
        "the sk- prefix",
        "bearer of news",
        "Wie heißt du? \U0001f600",
        "https://host/path?model=gpt-realtime&call_id=rtc_1",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """Words that only resemble a key are words."""
    assert text == Redactor().clean(text)


@given(st.text(alphabet='sk-_ek AIza=?&key:."\\BearerTOKEN123', max_size=120))
def test_clean_text_is_clean(text: str) -> None:
    """Cleaning twice changes nothing more: a replay cleans what was cleaned."""
    once = Redactor().clean(text)
    assert once == Redactor().clean(once)


@given(st.recursive(st.text(max_size=40) | st.integers() | st.none(), st.lists, max_leaves=8))
def test_a_clean_frame_is_still_a_frame(value: Any) -> None:
    """What is put in never breaks the JSON around it."""
    secret = {"a": value, "authorization": f"Bearer {CANARY}", "b": f"sk-{CANARY}"}
    text = Redactor().clean(json.dumps(secret))
    assert CANARY not in text
    assert {"a", "authorization", "b"} == json.loads(text).keys()


def test_json_is_cleaned_by_the_names_of_its_members_too() -> None:
    """A header's value alone looks like nothing."""
    value = {
        "headers": {"Authorization": "abc", "X": "y"},
        "list": [f"sk-{CANARY}", Kept(f"sk-{CANARY}"), 1, None],
        "api_key": "",
    }
    assert Redactor().clean_json(value) == {
        "headers": {"Authorization": "<redacted:header>", "X": "y"},
        "list": ["<redacted:openai-key>", f"sk-{CANARY}", 1, None],
        "api_key": "",
    }


def test_patterns_of_ones_own_are_searched_for_too() -> None:
    """With a group, the group alone is replaced; an optional group that found nothing, all."""
    redactor = Redactor([r"\d{4}-\d{4}", r"name is (\w+)", r"room(?: (\d+))?"])
    assert (*PATTERNS, "custom-1", "custom-2", "custom-3") == redactor.names
    said = redactor.clean("1234-5678, my name is Ann, room 7, room")
    assert (
        "<redacted:custom-1>, my name is <redacted:custom-2>, room <redacted:custom-3>, "
        "<redacted:custom-3>" == said
    )


def test_it_can_be_switched_off() -> None:
    """Then nothing is searched for but what was asked for."""
    off = Redactor(is_on=False)
    assert () == off.names
    assert f"sk-{CANARY}" == off.clean(f"sk-{CANARY}")
    assert {"authorization": "a"} == off.clean_json({"authorization": "a"})


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("abc", "give a tuple"),
        (5, "give a tuple"),
        ([5], "is text, not int"),
        (["("], "malformed"),
        (["a*"], "must not find the empty text"),
        (["a"] * 65, "at most 64"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(extra: Any, said: str) -> None:
    """When it is given, not when a frame comes."""
    with pytest.raises(ConfigurationError, match=said):
        Redactor(extra)


_BITS = st.sampled_from(
    [*PATTERNS, *HINTS, *map(str.upper, HINTS), "k=", "?", "&", ":", " ", '"', "\u017f", "\u212a"]
)
_SECRETS = st.text("abcAIzyeJ019-_.", min_size=1, max_size=30)


@given(st.lists(_BITS | _SECRETS).map("".join))
def test_a_text_that_holds_no_hint_holds_no_credential(text: str) -> None:
    """What is not searched would not have changed."""
    if _holds_none(text):
        assert [] == [name for name, found in PATTERNS.items() if re.search(found, text)]
    assert text == Redactor(is_on=False).clean(text)
