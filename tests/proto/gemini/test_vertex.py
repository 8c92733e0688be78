"""Where Gemini Live is reached on Google Cloud."""

from __future__ import annotations

import pytest
from helpers.secrets import CANARY, assert_hidden, assert_untold

from realtime_proto.errors import ConfigurationError
from realtime_proto.gemini import vertex
from realtime_proto.secret import Secret

KEY = Secret(CANARY)
PATH = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
FULL = "projects/p/locations/europe-west4/publishers/google/models/m"


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        (None, "us-central1-aiplatform.googleapis.com"),
    ],
)
def test_the_location_names_the_host(location: str | None, host: str) -> None:
    """Global and the multi-regions have names of their own."""
    place = vertex.endpoint("m", key=KEY, project="p", location=location)
    assert f"wss://{host}{PATH}" == place.url
    assert (("Authorization", Secret(f"Bearer {CANARY}")),) == place.headers
    assert_hidden(place)


def test_a_full_name_says_it_all() -> None:
    """Project and location are in it, and nothing else counts."""
    place = vertex.endpoint(FULL, key=KEY, project="other", location="us-east5")
    assert place.url.startswith("wss://europe-west4-aiplatform.googleapis.com/")


def test_a_quota_project_is_named_in_a_header() -> None:
    """Where it is not the token's."""
    place = vertex.endpoint(FULL, key=KEY, quota_project="q")
    assert ("x-goog-user-project", "q") == place.headers[-1]


def test_the_version_and_the_server_can_be_chosen() -> None:
    """A gateway may stand between."""
    place = vertex.endpoint(FULL, key=KEY, base_url="http://127.0.0.1:1", api_version="v1")
    assert (
        "ws://127.0.0.1:1/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent"
        == place.url
    )


def test_express_mode_has_a_key_and_no_project() -> None:
    """At the global host."""
    place = vertex.express_endpoint(None, key=KEY)
    assert f"wss://aiplatform.googleapis.com{PATH}" == place.url
    assert (("x-goog-api-key", KEY),) == place.headers
    assert_hidden(place)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("m", FULL),
        ("models/m", FULL),
        ("publishers/google/models/m", FULL),
        (FULL, FULL),
        (None, FULL[:-1] + vertex.DEFAULT_MODEL),
    ],
)
def test_every_name_of_a_model_has_a_full_one(model: str | None, expected: str) -> None:
    """Which goes into the set-up message."""
    assert expected == vertex.model_name(model, project="p", location="europe-west4")


def test_a_project_is_needed() -> None:
    """The error says how to name one."""
    with pytest.raises(ConfigurationError, match="GOOGLE_CLOUD_PROJECT"):
        vertex.endpoint("m", key=KEY)


@pytest.mark.parametrize(
    "model", ["projects/p", "projects/p/locations/l/models/m", f"{FULL}/versions/1"]
)
def test_a_name_that_is_none_is_refused(model: str) -> None:
    """The location could not be told."""
    with pytest.raises(ConfigurationError, match="projects/P/locations/L"):
        vertex.endpoint(model, key=KEY)


@pytest.mark.parametrize("location", ["evil.com", "evil.com:1", "a b", "US"])
def test_a_location_cannot_lead_elsewhere(location: str) -> None:
    """It stands in the host's name, and the token goes there."""
    with pytest.raises(ConfigurationError, match="the location is no name"):
        vertex.endpoint(f"projects/p/locations/{location}/publishers/g/models/m", key=KEY)
    with pytest.raises(ConfigurationError, match="the location is no name"):
        vertex.model_name("m", project="p", location=location)


def test_a_bad_token_is_refused_unseen() -> None:
    """And is called what it is."""
    with pytest.raises(ConfigurationError, match="the access token holds") as caught:
        vertex.endpoint(FULL, key=Secret(f"{CANARY}\nx"))
    assert_untold(caught.value)
