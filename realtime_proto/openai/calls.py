"""Calls that SIP or WebRTC carries, as far as a sideband connection needs them: learn of a call,
take it or not, and find its id.

A SIP call is announced to your web server ("realtime.call.incoming"): verify the webhook's
signature before you read it. Take the call with `accept_request`, then connect to
`endpoint.sideband_endpoint(call_id)`. A WebRTC call's id is in the Location header of the answer
that created it.

Source: OpenAI API reference, POST /realtime/calls and the webhook; as of 2026-11.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, final

from attrs import field, frozen

from realtime_proto._address import Base, labelled, path_segment
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.openai.endpoint import DEFAULT_BASE_URL
from realtime_proto.openai.tokens import packed_session
from realtime_proto.rest import RestRequest, json_request, read_answer

if TYPE_CHECKING:
    from realtime_proto._json import JsonObject
    from realtime_proto.openai.session import RealtimeSession
    from realtime_proto.secret import Secret

__all__ = (
    "CallIncoming",
    "accept_request",
    "call_id_of",
    "hangup_request",
    "parse_call_incoming",
    "refer_request",
    "reject_request",
)

INCOMING: Final = "realtime.call.incoming"
DECLINED: Final = 603
"""SIP's "Decline"."""


@final
@frozen(kw_only=True)
class CallIncoming:
    """Somebody calls.

    Args:
        call_id: The call's id, "rtc_...".
        sip_headers: What the caller's side said, names and values in its order. Anybody can say
            anything there.
    """

    call_id: str
    sip_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def parse_call_incoming(body: bytes | str) -> CallIncoming:
    """What a webhook says.

    Raises:
        RemoteProtocolError: It is not about an incoming call.
    """
    event = read_answer(body, status=200, what="an incoming call")
    data = event.get("data")
    call_id = data.get("call_id") if isinstance(data, dict) else None
    if event.get("type") != INCOMING or not isinstance(call_id, str) or not call_id:
        raise RemoteProtocolError("the webhook is not about an incoming call")
    headers = data.get("sip_headers") if isinstance(data, dict) else None
    return CallIncoming(
        call_id=call_id,
        sip_headers=tuple(
            (header["name"], header["value"])
            for header in (headers if isinstance(headers, list) else [])
            if isinstance(header, dict)
            and isinstance(header.get("name"), str)
            and isinstance(header.get("value"), str)
        ),
    )


def call_id_of(location: str) -> str:
    """The id of a call that was created, from the answer's Location header.

    Raises:
        RemoteProtocolError: There is none in it.

    Example:
        >>> call_id_of("/v1/realtime/calls/rtc_123")
        'rtc_123'
    """
    found = re.search(r"/realtime/calls/([A-Za-z0-9_-]+)/?(?:\?.*)?$", location)
    if found is None:
        raise RemoteProtocolError("the Location header holds no call id")
    return found[1]


def accept_request(
    call_id: str,
    session: RealtimeSession | JsonObject,
    *,
    key: Secret,
    base_url: str | None = None,
) -> RestRequest:
    """The request that takes a call, with what its session is to be.

    Raises:
        ConfigurationError: The call id or the base URL is none, the key cannot be sent, or the
            session holds a value of the wrong type.
    """
    return _request(call_id, "accept", key, base_url, packed_session(session))


def reject_request(
    call_id: str, *, key: Secret, base_url: str | None = None, status_code: int = DECLINED
) -> RestRequest:
    """The request that refuses a call, with a SIP status.

    Raises:
        ConfigurationError: The call id or the base URL is none, or the key cannot be sent.
    """
    return _request(call_id, "reject", key, base_url, {"status_code": status_code})


def refer_request(
    call_id: str, target_uri: str, *, key: Secret, base_url: str | None = None
) -> RestRequest:
    """The request that passes a call on, to "tel:..." or "sip:...".

    Raises:
        ConfigurationError: The call id or the base URL is none, or the key cannot be sent.
    """
    return _request(call_id, "refer", key, base_url, {"target_uri": target_uri})


def hangup_request(call_id: str, *, key: Secret, base_url: str | None = None) -> RestRequest:
    """The request that ends a call.

    Raises:
        ConfigurationError: The call id or the base URL is none, or the key cannot be sent.
    """
    return _request(call_id, "hangup", key, base_url, None)


def _request(
    call_id: str, verb: str, key: Secret, base_url: str | None, body: JsonObject | None
) -> RestRequest:
    base = Base(base_url or DEFAULT_BASE_URL, whose="OpenAI", example="https://host/v1")
    url = base.http(f"realtime/calls/{path_segment(call_id, what='the call id')}/{verb}")
    return json_request(url, credential=("Authorization", labelled("Bearer", key)), body=body)
