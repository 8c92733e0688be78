"""Calls that SIP or WebRTC carries."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.golden import golden
from helpers.http import Asked, asked_of, catching, package
from helpers.secrets import CANARY, assert_hidden

from realtime_proto.errors import ConfigurationError, RemoteProtocolError
from realtime_proto.openai.calls import (
    CallIncoming,
    accept_request,
    call_id_of,
    hangup_request,
    parse_call_incoming,
    refer_request,
    reject_request,
)
from realtime_proto.openai.session import RealtimeSession
from realtime_proto.secret import Secret

KEY = Secret(CANARY)
CALLS = "https://api.openai.com/v1/realtime/calls"
WEBHOOK = next(line["body"] for line in golden("rest/openai") if line["name"] == "incoming call")


def test_a_webhook_tells_of_a_call() -> None:
    """Its id, and what the caller's side said."""
    assert CallIncoming(
        call_id="rtc_golden",
        sip_headers=(
            ("From", "sip:+15550100@example.com"),
            ("To", "sip:proj_1@sip.example.com"),
        ),
    ) == parse_call_incoming(json.dumps(WEBHOOK))


@pytest.mark.parametrize(
    "headers", [None, {}, "x", [None, {"name": "a"}, {"name": 1, "value": "b"}]]
)
def test_headers_that_are_none_are_left_out(headers: Any) -> None:
    """Anybody can say anything there; the call is a call."""
    data = {"call_id": "rtc_1", "sip_headers": headers}
    body = json.dumps({"type": "realtime.call.incoming", "data": data})
    assert CallIncoming(call_id="rtc_1") == parse_call_incoming(body)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "realtime.call.incoming"},
        {"type": "realtime.call.incoming", "data": {"call_id": ""}},
        {"type": "realtime.call.incoming", "data": {"call_id": 7}},
        {"type": "response.completed", "data": {"call_id": "rtc_1"}},
    ],
)
def test_another_webhook_is_no_call(event: dict[str, Any]) -> None:
    """Nothing is guessed."""
    with pytest.raises(RemoteProtocolError, match="not about an incoming call"):
        parse_call_incoming(json.dumps(event))


def test_a_call_that_was_created_has_its_id_in_a_header() -> None:
    """As a path, or as a whole URL."""
    assert "rtc_1" == call_id_of("/v1/realtime/calls/rtc_1")
    assert "rtc-2" == call_id_of("https://r.openai.azure.com/openai/v1/realtime/calls/rtc-2/?x=1")


@pytest.mark.parametrize("location", ["", "/v1/realtime/calls/", "/v1/realtime/calls/a/hangup"])
def test_another_header_has_none(location: str) -> None:
    """The error says which header was meant."""
    with pytest.raises(RemoteProtocolError, match="Location"):
        call_id_of(location)


def test_a_call_is_taken_refused_passed_on_and_ended() -> None:
    """One request each, with the key in the header alone."""
    accept = accept_request("rtc_1", RealtimeSession(), key=KEY)
    reject = reject_request("rtc_1", key=KEY)
    refer = refer_request("rtc_1", "tel:+15550100", key=KEY)
    hangup = hangup_request("rtc_1", key=KEY)
    assert [
        (f"{CALLS}/rtc_1/accept", '{"type":"realtime"}'),
        (f"{CALLS}/rtc_1/reject", '{"status_code":603}'),
        (f"{CALLS}/rtc_1/refer", '{"target_uri":"tel:+15550100"}'),
        (f"{CALLS}/rtc_1/hangup", ""),
    ] == [(request.url, request.body) for request in (accept, reject, refer, hangup)]
    for request in (accept, reject, refer, hangup):
        assert ("Authorization", Secret(f"Bearer {CANARY}")) in request.headers
        assert_hidden(request)


def test_a_call_id_cannot_lead_elsewhere() -> None:
    """It comes from outside, and stands in a path."""
    with pytest.raises(ConfigurationError, match="the call id is no name"):
        hangup_request("../files/x", key=KEY)


@pytest.mark.interop
def test_the_vendors_package_asks_the_same_of_a_call() -> None:
    """Method, URL, credential and body of openai-python for each of the four."""
    openai = package("openai")
    asked: list[Asked] = []
    calls = openai.OpenAI(api_key=CANARY, http_client=catching(asked, {})).realtime.calls
    calls.accept("rtc_1", type="realtime", instructions="Be brief")
    calls.reject("rtc_1", status_code=486)
    calls.refer("rtc_1", target_uri="tel:+15550100")
    calls.hangup("rtc_1")
    ours = [
        accept_request("rtc_1", RealtimeSession(instructions="Be brief"), key=KEY),
        reject_request("rtc_1", key=KEY, status_code=486),
        refer_request("rtc_1", "tel:+15550100", key=KEY),
        hangup_request("rtc_1", key=KEY),
    ]
    assert [asked_of(request) for request in ours] == asked
