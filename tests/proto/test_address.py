"""Base URLs and credentials, checked before anything is sent."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from helpers.secrets import CANARY, assert_hidden, assert_untold
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto._address import (
    Base,
    credential,
    header_value,
    labelled,
    one_of,
    path_segment,
    query_of,
)
from realtime_proto.errors import ConfigurationError
from realtime_proto.secret import Secret


def base(url: Any) -> Base:
    return Base(url, whose="Test", example="https://host/v1")


@pytest.mark.parametrize(
    ("url", "websocket", "http"),
    [
        ("https://h/v1", "wss://h/v1/x?q=1", "https://h/v1/x"),
        ("wss://h/v1/", "wss://h/v1/x?q=1", "https://h/v1/x"),
        ("http://127.0.0.1:80", "ws://127.0.0.1:80/x?q=1", "http://127.0.0.1:80/x"),
        ("ws://[::1]:9/a/b", "ws://[::1]:9/a/b/x?q=1", "http://[::1]:9/a/b/x"),
    ],
)
def test_a_base_url_serves_both_protocols(url: str, websocket: str, http: str) -> None:
    """Whichever scheme it has; a slash at its end makes no difference."""
    assert websocket == base(url).websocket("x", "q=1")
    assert http == base(url).http("x")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host/v1",
        "ftp://host",
        "https://",
        "https:///v1",
        "https://h:port",
        "https://h:0",
        "https://h:99999",
        "https://[::1",
        "https://h/a b",
        "https://h/\n",
        "https://user@h",
        "https://user:pass@h",
        "https://h/v1?key=1",
        "https://h/v1#x",
        None,
        7,
    ],
)
def test_what_is_no_base_url_is_refused(url: Any) -> None:
    """The error says what one looks like, and shows nothing of this one."""
    with pytest.raises(ConfigurationError, match="https://host/v1") as caught:
        base(url)
    assert "invalid_base_url" == caught.value.code
    assert "pass" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_a_base_url_or_a_configuration_error(text: str) -> None:
    """Nothing else comes out."""
    try:
        url = base(text).websocket("x")
    except ConfigurationError:
        return
    assert url.startswith(("ws://", "wss://"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://r.example.com", "wss://r.example.com/x"),
        ("https://r.example.com/openai/v1/", "wss://r.example.com/x"),
        ("https://r.example.com/gw/openai/v1", "wss://r.example.com/gw/x"),
    ],
)
def test_the_end_of_a_path_can_be_taken_off(url: str, expected: str) -> None:
    """Where it is there."""
    assert expected == base(url).without_suffix("/openai/v1").websocket("x")


def test_a_key_is_taken_as_files_and_shells_leave_it() -> None:
    """White space around it is no part of it."""
    assert "sk-1" == credential(Secret(" sk-1\n"))
    assert "Bearer sk-1" == labelled("Bearer", Secret("sk-1\n")).reveal()


@pytest.mark.parametrize(
    "tail", ["\r\nX-Evil: 1", " two", "\tx", "\x00", "ü", "\u2028x", "\x7f"], ids=ascii
)
def test_a_key_that_would_write_headers_is_refused_unseen(tail: str) -> None:
    """Neither the error nor its traceback with local variables shows it."""
    with pytest.raises(ConfigurationError, match="no key has") as caught:
        labelled("Bearer", Secret(f"{CANARY}{tail}x"))
    assert_untold(caught.value)


def test_an_empty_key_is_refused() -> None:
    """It is missing, whatever the environment says."""
    with pytest.raises(ConfigurationError, match="the Entra token is empty"):
        credential(Secret(" "), what="the Entra token")


def test_a_key_must_be_a_secret() -> None:
    """A plain string would be seen somewhere."""
    plain: Any = CANARY
    with pytest.raises(ConfigurationError, match="must be a Secret, not str"):
        credential(plain)


def test_a_subprotocol_carries_fewer_characters() -> None:
    """What a header takes may not fit there."""
    assert "a/b=" == credential(Secret("a/b="))
    with pytest.raises(ConfigurationError, match="subprotocol") as caught:
        credential(Secret(f"{CANARY}/"), as_token=True)
    assert_untold(caught.value)


def test_a_labelled_key_stays_hidden() -> None:
    """It is a Secret again."""
    assert_hidden(labelled("Bearer", Secret(CANARY)))


@pytest.mark.parametrize("name", ["", "a/b", "a b", "../x", "a?b", "ä", None])
def test_a_name_cannot_leave_its_place(name: Any) -> None:
    """Neither another path nor another host can be named with it."""
    with pytest.raises(ConfigurationError, match="the project is no name"):
        path_segment(name, what="the project")


def test_names_keep_their_dots_and_dashes() -> None:
    """As versions, projects and regions have them."""
    assert "my-org.example:p_1" == path_segment("my-org.example:p_1", what="x")


@pytest.mark.parametrize("value", [7, None, b"x", "\ud800"])
def test_a_query_of_what_is_no_text_is_refused(value: Any) -> None:
    """By its name."""
    with pytest.raises(ConfigurationError, match="model is no text that a URL"):
        query_of(("model", value))


@pytest.mark.parametrize("value", ["", " ", "a\r\nb", "ü", 7])
def test_a_header_that_would_be_two_is_refused(value: Any) -> None:
    """By what it was to be."""
    with pytest.raises(ConfigurationError, match="the project is no text that a header can carry"):
        header_value(value, what="the project")


def test_a_header_keeps_what_is_in_it() -> None:
    """But for the white space around it."""
    assert "org 1" == header_value(" org 1\t".replace("\t", " "), what="x")


def test_a_choice_is_one_of_its_values() -> None:
    """The error names them."""
    one_of("b", Literal["a", "b"], what="carrier")
    with pytest.raises(ConfigurationError, match="carrier is one of 'a', 'b', not 'c'"):
        one_of("c", Literal["a", "b"], what="carrier")


def test_a_query_is_quoted() -> None:
    """A value cannot become another parameter."""
    assert "a=1%262&call_id=x%20y" == query_of(("a", "1&2"), ("call_id", "x y"))
