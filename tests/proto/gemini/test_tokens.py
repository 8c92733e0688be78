"""Short-lived tokens of the Gemini Developer API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from helpers.golden import golden
from helpers.http import Asked, asked_of, catching, package
from helpers.secrets import CANARY, assert_hidden, assert_untold
from helpers.strategies import free_json_object
from hypothesis import given

from realtime_proto.errors import ConfigurationError, ProviderError, RemoteProtocolError
from realtime_proto.gemini.endpoint import endpoint
from realtime_proto.gemini.events import Setup
from realtime_proto.gemini.setup import GenerationConfig
from realtime_proto.gemini.tokens import auth_token_request, parse_auth_token
from realtime_proto.secret import Secret

KEY = Secret(CANARY)


def test_a_token_is_asked_for_with_what_it_fixes() -> None:
    """The set-up is not wrapped, times are dates, the paths are one string."""
    setup = Setup(model="models/m", generation_config=GenerationConfig(temperature=0.5))
    request = auth_token_request(
        setup,
        key=KEY,
        uses=0,
        expires_at=1_790_000_000.9,
        new_session_until=1_789_999_000,
        locked=("model", "generationConfig.temperature"),
    )
    assert "https://generativelanguage.googleapis.com/v1alpha/auth_tokens" == request.url
    assert (("Content-Type", "application/json"), ("x-goog-api-key", KEY)) == request.headers
    assert {
        "uses": 0,
        "expireTime": "2026-09-21T14:13:20Z",
        "newSessionExpireTime": "2026-09-21T13:56:40Z",
        "bidiGenerateContentSetup": {
            "model": "models/m",
            "generationConfig": {"temperature": 0.5},
        },
        "fieldMask": "model,generationConfig.temperature",
    } == json.loads(request.body)
    assert_hidden(request)


def test_everything_may_be_left_to_the_server() -> None:
    """At a version and a server of one's choice."""
    request = auth_token_request(key=KEY, base_url="http://127.0.0.1:1", api_version="v1beta")
    assert ("http://127.0.0.1:1/v1beta/auth_tokens", "{}") == (request.url, request.body)


@pytest.mark.parametrize(
    "values",
    [
        {"uses": -1},
        {"uses": 1.5},
        {"uses": True},
        {"expires_at": -1.0},
        {"expires_at": float("nan")},
        {"expires_at": 1.79e12},
        {"new_session_until": "soon"},
    ],
)
def test_a_number_that_is_none_is_refused(values: dict[str, Any]) -> None:
    """By name; a time in milliseconds is none."""
    with pytest.raises(ConfigurationError, match=next(iter(values))):
        auth_token_request(key=KEY, **values)


def test_nothing_can_be_locked_without_a_set_up() -> None:
    """The server would lock what nobody chose."""
    with pytest.raises(ConfigurationError, match="no set-up"):
        auth_token_request(key=KEY, locked=("model",))


def test_a_set_up_of_wrong_types_is_refused() -> None:
    """With the path of the fault."""
    wrong: Any = 7
    with pytest.raises(ConfigurationError, match="model"):
        auth_token_request(Setup(model=wrong), key=KEY)


def test_the_answer_is_a_key_for_the_endpoint() -> None:
    """What is given where a key is wanted."""
    (answer,) = golden("rest/gemini")
    token = parse_auth_token(json.dumps(answer["body"]))
    assert Secret("auth_tokens/golden") == token.value
    assert {"expireTime": "2026-11-24T12:30:00Z", "uses": 1} == token.details
    assert endpoint(None, key=token.value).url.endswith("BidiGenerateContentConstrained")


def test_a_token_stays_hidden() -> None:
    """As a key does."""
    assert_hidden(parse_auth_token(json.dumps({"name": f"auth_tokens/{CANARY}"})))


@pytest.mark.parametrize("answer", [{}, {"name": 7}, {"name": "models/x"}])
def test_an_answer_that_is_none_is_the_servers_fault(answer: dict[str, Any]) -> None:
    """Nothing of it is shown."""
    with pytest.raises(RemoteProtocolError) as caught:
        parse_auth_token(json.dumps(answer))
    assert (("$.name",), "") == (caught.value.paths, caught.value.excerpt)


def test_a_refusal_is_the_servers_error() -> None:
    """With the name of its status."""
    body = '{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}'
    with pytest.raises(ProviderError) as caught:
        parse_auth_token(body, status=400)
    assert "INVALID_ARGUMENT" == caught.value.code


def test_a_bad_key_is_refused_unseen() -> None:
    """It never gets into a request."""
    with pytest.raises(ConfigurationError) as caught:
        auth_token_request(key=Secret(f"{CANARY}\n\nx"))
    assert_untold(caught.value)


@given(free_json_object)
def test_any_object_is_an_answer_or_the_servers_fault(answer: dict[str, Any]) -> None:
    """Nothing else comes out."""
    try:
        token = parse_auth_token(json.dumps(answer))
    except RemoteProtocolError:
        return
    assert token.value.reveal().startswith("auth_tokens/")


@pytest.mark.interop
@pytest.mark.filterwarnings("ignore:The SDK's token creation")
def test_the_vendors_package_asks_the_same() -> None:
    """Method, URL, credential and body of google-genai, but for how it writes UTC."""
    genai, types = package("google.genai"), package("google.genai.types")
    asked: list[Asked] = []
    options = types.HttpOptions(
        api_version="v1alpha", httpx_client=catching(asked, {"name": "auth_tokens/x"})
    )
    client = genai.Client(api_key=CANARY, http_options=options)
    theirs = client.auth_tokens.create(
        config=types.CreateAuthTokenConfig(
            uses=3,
            expire_time=datetime.fromtimestamp(1_790_000_000, UTC),
            live_connect_constraints=types.LiveConnectConstraints(
                model="m", config=types.LiveConnectConfig(temperature=0.5)
            ),
            lock_additional_fields=[],
        )
    )
    request = auth_token_request(
        Setup(model="models/m", generation_config=GenerationConfig(temperature=0.5)),
        key=KEY,
        uses=3,
        expires_at=1_790_000_000,
        locked=("model", "generationConfig.temperature"),
    )
    (theirs_asked,) = asked
    when = theirs_asked.body["expireTime"].replace("+00:00", "Z")
    assert asked_of(request) == evolve(theirs_asked, body={**theirs_asked.body, "expireTime": when})
    assert Secret(theirs.name) == parse_auth_token('{"name":"auth_tokens/x"}').value
