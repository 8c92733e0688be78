"""What an endpoint is."""

from __future__ import annotations

import pytest
from helpers.secrets import CANARY, assert_hidden

from realtime_proto._portable import from_json, to_json
from realtime_proto.dialect import Endpoint
from realtime_proto.secret import Secret


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://h/p", "wss://h/p?key=a%26b&token=c"),
        ("wss://h/p?q=1", "wss://h/p?q=1&key=a%26b&token=c"),
    ],
)
def test_a_credential_in_the_query_is_added_when_it_is_dialled(url: str, expected: str) -> None:
    """And not before."""
    query = (("key", Secret("a&b")), ("token", Secret("c")))
    endpoint = Endpoint(url=url, secret_query=query)
    assert url == endpoint.url
    assert expected == endpoint.full_url().reveal()


def test_an_endpoint_is_recorded_without_what_is_secret() -> None:
    """And can be read back, with stars where a credential was."""
    secret = Secret(CANARY)
    endpoint = Endpoint(
        url="wss://h/p",
        headers=(("a", secret), ("b", "plain")),
        subprotocols=("realtime", secret),
        secret_query=(("key", secret),),
    )
    written = to_json(endpoint)
    assert CANARY not in repr(written)
    assert Endpoint(
        url="wss://h/p",
        headers=(("a", "***"), ("b", "plain")),
        subprotocols=("realtime", "***"),
        secret_query=(("key", "***"),),
    ) == from_json(written, Endpoint)
    assert "wss://h/p?key=%2A%2A%2A" == from_json(written, Endpoint).full_url().reveal()


def test_without_one_the_url_is_the_url() -> None:
    """Nothing is added."""
    assert "wss://h/p?q=1" == Endpoint(url="wss://h/p?q=1").full_url().reveal()


def test_no_part_of_an_endpoint_shows_a_credential() -> None:
    """Wherever it is carried."""
    secret = Secret(CANARY)
    for endpoint in (
        Endpoint(url="wss://h", headers=(("a", secret),)),
        Endpoint(url="wss://h", subprotocols=("realtime", secret)),
        Endpoint(url="wss://h", secret_query=(("key", secret),)),
    ):
        assert_hidden(endpoint)
    assert_hidden(Endpoint(url="wss://h", secret_query=(("key", secret),)).full_url())
