"""What an endpoint is."""

from __future__ import annotations

import pytest
from helpers.secrets import CANARY, assert_hidden

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
