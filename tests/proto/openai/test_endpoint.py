"""Where OpenAI Realtime is reached."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.secrets import CANARY, assert_hidden, assert_untold, revealed

from realtime_proto.errors import ConfigurationError
from realtime_proto.openai.endpoint import (
    Account,
    endpoint,
    sideband_endpoint,
    transcription_endpoint,
    translation_endpoint,
)
from realtime_proto.secret import Secret

KEY = Secret(CANARY)
BEARER = ("Authorization", Secret(f"Bearer {CANARY}"))


def test_a_voice_session_is_reached_by_its_model() -> None:
    """At the vendor's own address, with the key in a header."""
    place = endpoint("gpt-realtime-2.1", key=KEY)
    assert "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1" == place.url
    assert (BEARER,) == place.headers
    assert () == place.subprotocols
    assert_hidden(place)


def test_a_call_is_watched_by_its_id() -> None:
    """A sideband connection names no model."""
    place = sideband_endpoint("rtc_1", key=KEY)
    assert "wss://api.openai.com/v1/realtime?call_id=rtc_1" == place.url
    assert (BEARER,) == place.headers


def test_a_call_without_an_id_cannot_be_watched() -> None:
    """The server would begin a session of its own."""
    with pytest.raises(ConfigurationError, match="id of its call"):
        sideband_endpoint("", key=KEY)


def test_transcription_is_an_intent() -> None:
    """Its model is named later."""
    place = transcription_endpoint(key=KEY, base_url="http://127.0.0.1:1/v1")
    assert "ws://127.0.0.1:1/v1/realtime?intent=transcription" == place.url
    assert (BEARER,) == place.headers


def test_translation_has_a_path_of_its_own() -> None:
    """And a model of its own."""
    expected = "wss://api.openai.com/v1/realtime/translations?model=gpt-realtime-translate"
    assert expected == translation_endpoint(key=KEY).url
    assert translation_endpoint("other", key=KEY).url.endswith("?model=other")


def test_a_model_cannot_add_parameters() -> None:
    """Its name is quoted."""
    assert endpoint("a&b=c d", key=KEY).url.endswith("?model=a%26b%3Dc%20d")


def test_an_account_can_be_named() -> None:
    """Each part in its own header, where it is given."""
    account = Account(organization="org-1", project="proj_1", safety_identifier="hash")
    assert (
        BEARER,
        ("OpenAI-Organization", "org-1"),
        ("OpenAI-Project", "proj_1"),
        ("OpenAI-Safety-Identifier", "hash"),
    ) == endpoint(None, key=KEY, account=account).headers
    assert (BEARER,) == endpoint(None, key=KEY, account=Account()).headers


def test_an_account_cannot_write_headers() -> None:
    """A line break in it is refused."""
    with pytest.raises(ConfigurationError, match="the account's project"):
        endpoint(None, key=KEY, account=Account(project="p\r\nx: y"))


def test_a_carrier_nobody_knows_is_refused() -> None:
    """Rather than taken for the other one."""
    wrong: Any = "cookie"
    with pytest.raises(ConfigurationError, match="carrier is one of 'header', 'subprotocol'"):
        endpoint(None, key=KEY, carrier=wrong)


def test_a_browser_carries_the_key_in_a_subprotocol() -> None:
    """It can send no header; the one to be selected comes first."""
    place = endpoint(None, key=KEY, carrier="subprotocol")
    assert () == place.headers
    assert ["realtime", f"openai-insecure-api-key.{CANARY}"] == [
        revealed(name) for name in place.subprotocols
    ]
    assert_hidden(place)


def test_a_key_that_no_subprotocol_carries_is_refused() -> None:
    """Before anything is sent, and unseen."""
    with pytest.raises(ConfigurationError) as caught:
        endpoint(None, key=Secret(f"{CANARY}="), carrier="subprotocol")
    assert_untold(caught.value)


def test_the_beta_protocol_is_asked_for_where_it_is_wanted() -> None:
    """By a header, or by a subprotocol."""
    header = endpoint(None, key=KEY, is_beta=True)
    assert (BEARER, ("OpenAI-Beta", "realtime=v1")) == header.headers
    subprotocol = endpoint(None, key=KEY, is_beta=True, carrier="subprotocol")
    assert "openai-beta.realtime-v1" == subprotocol.subprotocols[-1]


def test_a_base_url_that_is_none_is_refused() -> None:
    """With the vendor's name and an example."""
    with pytest.raises(ConfigurationError, match="OpenAI base URL must look like https://host/v1"):
        endpoint(None, key=KEY, base_url="localhost:8000")
