"""Where Azure serves OpenAI Realtime."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.secrets import CANARY, assert_hidden, assert_untold

from realtime_proto.errors import ConfigurationError
from realtime_proto.openai import azure
from realtime_proto.secret import Secret

KEY = Secret(CANARY)
RESOURCE = "https://r.openai.azure.com"


@pytest.mark.parametrize("base_url", [RESOURCE, f"{RESOURCE}/", f"{RESOURCE}/openai/v1/"])
def test_a_voice_session_is_reached_by_its_deployment(base_url: str) -> None:
    """Whichever of the two forms of the resource's URL is given, with the key in `api-key`."""
    place = azure.endpoint("my-deployment", key=KEY, base_url=base_url)
    assert "wss://r.openai.azure.com/openai/v1/realtime?model=my-deployment" == place.url
    assert (("api-key", KEY),) == place.headers
    assert_hidden(place)


def test_an_entra_token_is_a_bearer() -> None:
    """The resource's key is none."""
    place = azure.endpoint(None, key=KEY, base_url=RESOURCE, credential="entra")
    assert (("Authorization", Secret(f"Bearer {CANARY}")),) == place.headers
    assert place.url.endswith("?model=gpt-realtime")


def test_a_credential_nobody_knows_is_refused() -> None:
    """Rather than taken for a key."""
    wrong: Any = "token"
    with pytest.raises(ConfigurationError, match="credential is one of 'api-key', 'entra'"):
        azure.endpoint(None, key=KEY, base_url=RESOURCE, credential=wrong)


def test_a_call_is_watched_and_audio_transcribed_as_with_openai() -> None:
    """At the resource's address."""
    sideband = azure.sideband_endpoint("rtc_1", key=KEY, base_url=RESOURCE)
    assert "wss://r.openai.azure.com/openai/v1/realtime?call_id=rtc_1" == sideband.url
    transcription = azure.transcription_endpoint(key=KEY, base_url=RESOURCE)
    assert "wss://r.openai.azure.com/openai/v1/realtime?intent=transcription" == transcription.url


def test_a_call_without_an_id_cannot_be_watched() -> None:
    """The server would begin a session of its own."""
    with pytest.raises(ConfigurationError, match="id of its call"):
        azure.sideband_endpoint("", key=KEY, base_url=RESOURCE)


def test_the_preview_names_a_version_and_a_deployment() -> None:
    """In the query, without /v1."""
    place = azure.preview_endpoint("d", key=KEY, base_url=RESOURCE)
    assert (
        "wss://r.openai.azure.com/openai/realtime?api-version=2025-04-01-preview&deployment=d"
        == place.url
    )
    older = azure.preview_endpoint(
        None, key=KEY, base_url=RESOURCE, api_version="2024-10-01-preview"
    )
    assert older.url.endswith("?api-version=2024-10-01-preview&deployment=gpt-realtime")
    assert (("api-key", KEY),) == older.headers


def test_voice_live_has_a_path_and_a_version() -> None:
    """With the name of a model, not of a deployment."""
    place = azure.voice_live_endpoint(
        "gpt-realtime", key=KEY, base_url="https://r.services.ai.azure.com"
    )
    assert (
        "wss://r.services.ai.azure.com/voice-live/realtime"
        "?api-version=2026-04-10&model=gpt-realtime" == place.url
    )
    assert (("api-key", KEY),) == place.headers


@pytest.mark.parametrize("base_url", [None, ""])
def test_a_resource_is_needed(base_url: str | None) -> None:
    """There is no address that all share."""
    with pytest.raises(ConfigurationError, match="URL of your resource"):
        azure.endpoint(None, key=KEY, base_url=base_url)


def test_a_token_that_cannot_be_sent_is_refused_unseen() -> None:
    """And is called what it is."""
    with pytest.raises(ConfigurationError, match="the Entra token holds") as caught:
        azure.credential_header(Secret(f"{CANARY}\nx"), "entra")
    assert_untold(caught.value)
