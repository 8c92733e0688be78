"""Where Gemini Live is reached."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.secrets import CANARY, assert_hidden, assert_untold

from realtime_proto.errors import ConfigurationError
from realtime_proto.gemini.endpoint import endpoint, model_resource
from realtime_proto.secret import Secret

KEY = Secret(CANARY)
TOKEN = Secret(f"auth_tokens/{CANARY}")
SERVICE = "wss://generativelanguage.googleapis.com/ws/google.ai.generativelanguage"


def test_the_key_goes_into_a_header() -> None:
    """Not into the URL, where every log on the way would have it."""
    place = endpoint(None, key=KEY)
    assert f"{SERVICE}.v1beta.GenerativeService.BidiGenerateContent" == place.url
    assert (("x-goog-api-key", KEY),) == place.headers
    assert place.url == place.full_url().reveal()
    assert_hidden(place)


def test_the_key_goes_into_the_query_where_that_is_asked_for() -> None:
    """And stays hidden until it is dialled."""
    place = endpoint(None, key=KEY, carrier="query")
    assert () == place.headers
    assert CANARY not in place.url
    assert place.full_url().reveal() == f"{place.url}?key={CANARY}"
    assert_hidden(place)


def test_a_carrier_nobody_knows_is_refused() -> None:
    """Rather than taken for a header."""
    wrong: Any = "cookie"
    with pytest.raises(ConfigurationError, match="carrier is one of 'header', 'query'"):
        endpoint(None, key=KEY, carrier=wrong)


def test_the_version_can_be_chosen() -> None:
    """The vendor's sources do not agree on one."""
    url = endpoint(None, key=KEY, api_version="v1alpha").url
    assert f"{SERVICE}.v1alpha.GenerativeService.BidiGenerateContent" == url


def test_a_version_cannot_lead_elsewhere() -> None:
    """It stands in a path."""
    with pytest.raises(ConfigurationError, match="the API version is no name"):
        endpoint(None, key=KEY, api_version="../v1")


def test_a_token_goes_to_a_method_of_its_own() -> None:
    """In a header of its own, on the version that is known to take it."""
    place = endpoint(None, key=TOKEN)
    assert f"{SERVICE}.v1alpha.GenerativeService.BidiGenerateContentConstrained" == place.url
    assert (("Authorization", Secret(f"Token auth_tokens/{CANARY}")),) == place.headers
    assert_hidden(place)


def test_a_token_in_the_query_has_a_name_of_its_own() -> None:
    """Never both ways at once."""
    place = endpoint(None, key=TOKEN, carrier="query", api_version="v1beta")
    assert () == place.headers
    assert (("access_token", TOKEN),) == place.secret_query
    assert place.full_url().reveal().endswith(f"?access_token=auth_tokens%2F{CANARY}")


def test_another_server_is_reached_below_its_path() -> None:
    """A gateway may have one."""
    url = endpoint("any", key=KEY, base_url="http://127.0.0.1:8000/gw/").url
    assert url.startswith("ws://127.0.0.1:8000/gw/ws/google.ai.generativelanguage.v1beta.")


def test_a_bad_key_is_refused_unseen() -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError) as caught:
        endpoint(None, key=Secret(f"{CANARY}\r\nx"))
    assert_untold(caught.value)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (None, "models/gemini-3.8-live"),
        ("gemini-x", "models/gemini-x"),
        ("models/gemini-x", "models/gemini-x"),
        ("tunedModels/mine", "tunedModels/mine"),
    ],
)
def test_a_model_has_a_resource_name(model: str | None, expected: str) -> None:
    """A name that has a slash is one already."""
    assert expected == model_resource(model)
