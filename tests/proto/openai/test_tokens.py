"""Short-lived keys of OpenAI Realtime."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from helpers.golden import golden
from helpers.http import Asked, asked_of, catching, package
from helpers.require import require
from helpers.secrets import CANARY, assert_hidden, assert_untold
from helpers.strategies import free_json_object
from helpers.wire import missing, single_frames
from hypothesis import given

from realtime_proto._codec import Codec
from realtime_proto.errors import ConfigurationError, ProviderError, RemoteProtocolError
from realtime_proto.openai import azure
from realtime_proto.openai.calls import parse_call_incoming
from realtime_proto.openai.session import PcmFormat, RealtimeSession, TranscriptionSession
from realtime_proto.openai.tokens import client_secret_request, parse_client_secret
from realtime_proto.secret import Secret

KEY = Secret(CANARY)
BEARER = ("Authorization", Secret(f"Bearer {CANARY}"))
ANSWERS = {line["name"]: line["body"] for line in golden("rest/openai")}


def test_a_key_is_asked_for_with_its_session() -> None:
    """The session is said as `session.update` says it; the API key is in the header alone."""
    request = client_secret_request(RealtimeSession(instructions="Be brief"), key=KEY, seconds=600)
    assert ("POST", "https://api.openai.com/v1/realtime/client_secrets") == (
        request.method,
        request.url,
    )
    assert (("Content-Type", "application/json"), BEARER) == request.headers
    assert {
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "session": {"type": "realtime", "instructions": "Be brief"},
    } == json.loads(request.body)
    assert_hidden(request)


def test_everything_may_be_left_to_the_server() -> None:
    """An empty object asks for the default."""
    assert "{}" == client_secret_request(key=KEY).body


def test_a_transcription_is_a_session_too() -> None:
    """Of its own type."""
    request = client_secret_request(TranscriptionSession(), key=KEY)
    assert {"session": {"type": "transcription"}} == json.loads(request.body)


def test_a_translation_has_a_path_of_its_own() -> None:
    """Its session is given as JSON."""
    session = {"model": "gpt-realtime-translate", "audio": {"output": {"language": "es"}}}
    request = client_secret_request(session, key=KEY, is_translation=True)
    assert "https://api.openai.com/v1/realtime/translations/client_secrets" == request.url
    assert {"session": session} == json.loads(request.body)


def test_azure_is_asked_with_its_own_header() -> None:
    """At the resource's address."""
    request = client_secret_request(
        key=KEY,
        base_url="https://r.openai.azure.com/openai/v1",
        credential=azure.credential_header(KEY),
    )
    assert "https://r.openai.azure.com/openai/v1/realtime/client_secrets" == request.url
    assert ("api-key", KEY) in request.headers


@pytest.mark.parametrize("seconds", [9, 7_201, 60.0, True, "60"])
def test_a_time_the_server_refuses_is_refused_here(seconds: Any) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="from 10 to 7200 seconds"):
        client_secret_request(key=KEY, seconds=seconds)


def test_a_session_of_wrong_types_is_refused() -> None:
    """With the path of the fault."""
    wrong: Any = 7
    with pytest.raises(ConfigurationError, match=r"instructions"):
        client_secret_request(RealtimeSession(instructions=wrong), key=KEY)
    with pytest.raises(ConfigurationError, match="not JSON"):
        client_secret_request({"x": PcmFormat(rate=24_000)}, key=KEY)


@pytest.mark.parametrize(
    ("name", "value", "expires_at", "session_id"),
    [
        ("client secret", "ek_golden", 1790000000, "sess_1"),
        ("beta session with a secret", "ek_golden", 1790000001, "sess_2"),
        ("beta session without a secret", None, None, "sess_3"),
        ("session alone", None, None, "sess_4"),
        ("token without a session", "xai-golden", 1790000003, None),
    ],
)
def test_every_shape_of_answer_is_read(
    name: str, value: str | None, expires_at: int | None, session_id: str | None
) -> None:
    """The key beside its session, inside it, or not at all."""
    secret = parse_client_secret(json.dumps(ANSWERS[name]))
    assert value == (None if secret.value is None else secret.value.reveal())
    assert (expires_at, session_id) == (secret.expires_at, secret.session.get("id"))
    assert "client_secret" not in secret.session


def test_a_short_lived_key_stays_hidden() -> None:
    """As the long-lived one does."""
    answer = {"value": CANARY, "expires_at": 1, "session": {"echo": CANARY}}
    assert_hidden(parse_client_secret(json.dumps(answer)))


@pytest.mark.parametrize(
    ("answer", "paths"),
    [
        ({"value": 7, "expires_at": 1, "session": {}}, ("$.value",)),
        ({"value": "", "expires_at": 1, "session": {}}, ("$.value",)),
        ({"value": "ek", "session": []}, ("$.expires_at", "$.session")),
        ({"value": "ek", "expires_at": True, "session": {}}, ("$.expires_at",)),
        ({"id": "s", "client_secret": "ek"}, ("$.value", "$.expires_at")),
        ({"id": 7}, ("$",)),
        ({}, ("$",)),
    ],
)
def test_an_answer_that_is_none_is_the_servers_fault(
    answer: dict[str, Any], paths: tuple[str, ...]
) -> None:
    """The error names the places, and shows nothing."""
    with pytest.raises(RemoteProtocolError) as caught:
        parse_client_secret(json.dumps(answer))
    assert paths == caught.value.paths
    assert "" == caught.value.excerpt


def test_a_refusal_is_the_servers_error() -> None:
    """With its code."""
    body = '{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}'
    with pytest.raises(ProviderError) as caught:
        parse_client_secret(body, status=401)
    assert "invalid_api_key" == caught.value.code


def test_a_bad_key_is_refused_unseen() -> None:
    """It never gets into a request."""
    with pytest.raises(ConfigurationError) as caught:
        client_secret_request(key=Secret(f"{CANARY}\r\n\r\nx"))
    assert_untold(caught.value)


@given(free_json_object)
def test_any_object_is_an_answer_or_the_servers_fault(answer: dict[str, Any]) -> None:
    """Nothing else comes out."""
    try:
        secret = parse_client_secret(json.dumps(answer))
    except RemoteProtocolError:
        return
    assert secret.session is not None


@pytest.mark.interop
def test_the_vendors_package_asks_the_same() -> None:
    """Method, URL, credential and body of openai-python, and it reads the answer as we do."""
    openai = package("openai")
    asked: list[Asked] = []
    answer = ANSWERS["client secret"]
    client = openai.OpenAI(api_key=CANARY, http_client=catching(asked, answer))
    session = {"type": "realtime", "instructions": "Be brief", "output_modalities": ["audio"]}
    theirs = client.realtime.client_secrets.create(
        expires_after={"anchor": "created_at", "seconds": 60}, session=session
    )
    request = client_secret_request(
        RealtimeSession(instructions="Be brief", output_modalities=("audio",)), key=KEY, seconds=60
    )
    assert [asked_of(request)] == asked
    ours = parse_client_secret(json.dumps(answer))
    assert (Secret(theirs.value), theirs.expires_at) == (ours.value, ours.expires_at)
    assert theirs.session.id == ours.session["id"]


@pytest.mark.wire
def test_every_recorded_rest_line_is_understood() -> None:
    """Each answer is read, each request can be made again to the letter, each webhook is a call."""
    require("wire", missing())
    seen: Counter[str] = Counter()
    codec = Codec()
    for line in single_frames("openai"):
        if line["direction"] != "rest":
            continue
        frame = line["frame"]
        if frame.get("type") == "realtime.call.incoming":
            seen["calls"] += 1
            assert frame["data"]["call_id"] == parse_call_incoming(json.dumps(frame)).call_id
        elif line["source"].endswith(" request"):
            seen["requests"] += 1
            drift: Counter[str] = Counter()
            session = codec.structure(frame["session"], RealtimeSession, drift=drift)
            seconds = frame.get("expires_after", {}).get("seconds")
            request = client_secret_request(session, key=KEY, seconds=seconds)
            assert (Counter(), frame) == (drift, json.loads(request.body))
        else:
            seen["answers"] += 1
            secret = parse_client_secret(json.dumps(frame))
            inner = frame if "value" in frame else frame.get("client_secret") or {}
            assert inner.get("value") == (secret.value and secret.value.reveal())
            assert inner.get("expires_at") == secret.expires_at
    assert seen["answers"] >= 13
    assert seen["requests"] >= 4
    assert seen["calls"] >= 1
