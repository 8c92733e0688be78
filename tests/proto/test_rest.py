"""HTTP requests as values, and their answers."""

from __future__ import annotations

import json

import pytest
from helpers.secrets import CANARY, assert_hidden
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.errors import ConfigurationError, ProviderError, RemoteProtocolError
from realtime_proto.rest import RestRequest, json_request, read_answer
from realtime_proto.secret import Secret


def test_a_request_is_a_value() -> None:
    """Method, URL, headers and body; the credential stays hidden."""
    key = Secret(CANARY)
    request = json_request("https://h/x", credential=("api-key", key), body={"a": [1, None]})
    assert (
        RestRequest(
            method="POST",
            url="https://h/x",
            headers=(("Content-Type", "application/json"), ("api-key", key)),
            body='{"a":[1,null]}',
        )
        == request
    )
    assert_hidden(request)


def test_a_request_may_have_no_body() -> None:
    """Then nothing says what type it has."""
    request = json_request("https://h/x", credential=("api-key", Secret("k")))
    assert ((("api-key", Secret("k")),), "") == (request.headers, request.body)


def test_a_body_that_is_not_json_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="not JSON"):
        json_request("https://h/x", credential=("k", Secret("k")), body={"a": object()})


def test_an_answer_is_a_json_object() -> None:
    """Text or bytes."""
    assert {"a": 1} == read_answer(b'{"a":1}', status=201, what="x")
    assert {"a": 1} == read_answer('{"a":1}', status=200, what="x")


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"\xff", "{"])
def test_an_answer_that_is_none_is_the_servers_fault(body: bytes | str) -> None:
    """Nothing of it is shown."""
    with pytest.raises(RemoteProtocolError, match="the answer with a token is not a JSON object"):
        read_answer(body, status=200, what="a token")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (
            401,
            {"error": {"message": "no key", "type": "x", "code": "invalid_api_key", "param": "p"}},
            ("[invalid_api_key] the server refused it with HTTP 401: no key", "p", False),
        ),
        (
            400,
            {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}},
            ("[INVALID_ARGUMENT] the server refused it with HTTP 400: bad", None, False),
        ),
        (429, {}, ("[429] the server refused it with HTTP 429", None, True)),
        (503, {"error": "busy"}, ("[503] the server refused it with HTTP 503", None, True)),
        (408, None, ("[408] the server refused it with HTTP 408", None, True)),
        (302, None, ("[302] the server refused it with HTTP 302", None, False)),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(
    status: int, body: object, expected: tuple[str, str | None, bool]
) -> None:
    """As far as it has any."""
    text = "<html>" if body is None else json.dumps(body)
    with pytest.raises(ProviderError) as caught:
        read_answer(text, status=status, what="it")
    assert expected == (str(caught.value), caught.value.param, caught.value.retryable)


def test_a_refusal_is_cut() -> None:
    """A server may say much."""
    with pytest.raises(ProviderError) as caught:
        error = {"message": "x" * 10_000, "code": "y" * 10_000, "param": "z" * 10_000}
        read_answer(json.dumps({"error": error}), status=400, what="it")
    assert len(str(caught.value)) < 400
    assert 100 == len(caught.value.param or "")


@given(st.binary(), st.integers(100, 599))
def test_any_answer_is_read_or_refused(body: bytes, status: int) -> None:
    """With no other error than the two."""
    try:
        answer = read_answer(body, status=status, what="it")
    except (ProviderError, RemoteProtocolError):
        return
    assert isinstance(answer, dict)
