"""Short-lived keys of OpenAI Realtime, for clients that must not see the API key.

A server of yours asks for one over HTTP and hands it on; the client uses it as a key. It can open
many sessions while it is valid, and a session outlives it. What the session is to be may be fixed
when the key is made.

Source: OpenAI API reference, POST /realtime/client_secrets, and recorded traffic of 2026-07 (OpenAI
and Azure); as of 2026-11.
"""

from __future__ import annotations

from typing import Any, Final, final

from attrs import field, frozen

from realtime_proto._address import Base, labelled
from realtime_proto._codec import Codec, Mismatch
from realtime_proto._json import JsonObject
from realtime_proto.errors import ConfigurationError, RemoteProtocolError
from realtime_proto.openai.endpoint import DEFAULT_BASE_URL
from realtime_proto.openai.session import RealtimeSession, TranscriptionSession
from realtime_proto.rest import RestRequest, json_request, read_answer
from realtime_proto.secret import Secret

__all__ = ("ClientSecret", "client_secret_request", "packed_session", "parse_client_secret")

SECONDS: Final = range(10, 7_201)
"""How long a key may be valid for."""

_CODEC: Final = Codec()
_WHAT: Final = "a client secret"


@final
@frozen(kw_only=True)
class ClientSecret:
    """A short-lived key, and the session it is for.

    Args:
        value: The key, "ek_..."; None where the server made a session without one, as older
            endpoints do.
        expires_at: Until when a session may be opened with it, in seconds since 1970.
        session: The session as the server will set it up: free JSON, since its shape is that of
            whichever server was asked. Empty where the server does not say.
    """

    value: Secret | None
    expires_at: int | None
    session: JsonObject = field(repr=False)


def client_secret_request(
    session: RealtimeSession | TranscriptionSession | JsonObject | None = None,
    *,
    key: Secret,
    seconds: int | None = None,
    base_url: str | None = None,
    credential: tuple[str, Secret] | None = None,
    is_translation: bool = False,
) -> RestRequest:
    """The request for a short-lived key.

    Args:
        session: What the session is to be; None leaves it to the client. JSON for a session of
            another kind (translation).
        key: The API key.
        seconds: How long a session may be opened with it; None takes the server's default, ten
            minutes.
        base_url: Another server's base; for Azure "https://RESOURCE.openai.azure.com/openai/v1".
        credential: The header that holds the key, where it is not "Authorization": for Azure
            `azure.credential_header(key)`.
        is_translation: The session only translates.

    Raises:
        ConfigurationError: The base URL is none, the key cannot be sent, the time is not from 10
            seconds to two hours, or the session holds a value of the wrong type.

    Example:
        >>> request = client_secret_request(key=Secret("sk-1"), seconds=60)
        >>> request.url
        'https://api.openai.com/v1/realtime/client_secrets'
        >>> request.body
        '{"expires_after":{"anchor":"created_at","seconds":60}}'
    """
    base = Base(base_url or DEFAULT_BASE_URL, whose="OpenAI", example="https://host/v1")
    path = "realtime/translations/client_secrets" if is_translation else "realtime/client_secrets"
    body: dict[str, Any] = {}
    if seconds is not None:
        if seconds.__class__ is not int or seconds not in SECONDS:
            raise ConfigurationError(
                f"a client secret is valid from {SECONDS[0]} to {SECONDS[-1]} seconds, "
                f"not {seconds!r:.60}",
                code="invalid_config",
            )
        body["expires_after"] = {"anchor": "created_at", "seconds": seconds}
    if session is not None:
        body["session"] = packed_session(session)
    header = credential or ("Authorization", labelled("Bearer", key))
    return json_request(base.http(path), credential=header, body=body)


def parse_client_secret(body: bytes | str, *, status: int = 200) -> ClientSecret:
    """What the server answered.

    Args:
        body: The answer.
        status: Its HTTP status.

    Raises:
        ProviderError: The server refused.
        RemoteProtocolError: The answer is not one.

    Example:
        >>> parse_client_secret('{"value":"ek_1","expires_at":1756310470,"session":{}}')
        ClientSecret(value=Secret('***'), expires_at=1756310470)
    """
    answer = read_answer(body, status=status, what=_WHAT)
    if "value" in answer:
        return _secret(answer, answer.get("session", {}))
    # The endpoints before 2025-08 answer with the session, and with the key inside.
    session = {name: value for name, value in answer.items() if name != "client_secret"}
    inner = answer.get("client_secret")
    if inner is not None:
        return _secret(inner, session)
    if not isinstance(session.get("id"), str):
        raise RemoteProtocolError(f"the answer holds neither {_WHAT} nor a session")
    return ClientSecret(value=None, expires_at=None, session=session)


def _secret(said: Any, session: Any) -> ClientSecret:
    fields: dict[str, Any] = said if isinstance(said, dict) else {}
    value, expires_at = fields.get("value"), fields.get("expires_at")
    faults = [
        path
        for path, is_wrong in (
            ("$.value", not isinstance(value, str) or not value),
            ("$.expires_at", expires_at.__class__ is not int),
            ("$.session", not isinstance(session, dict)),
        )
        if is_wrong
    ]
    if faults:
        raise RemoteProtocolError(f"the answer is not {_WHAT}: {', '.join(faults)}", paths=faults)
    return ClientSecret(value=Secret(str(value)), expires_at=expires_at, session=session)


def packed_session(session: RealtimeSession | TranscriptionSession | JsonObject) -> JsonObject:
    """A session as the JSON that asks for it. Raises ConfigurationError."""
    if not isinstance(session, RealtimeSession | TranscriptionSession):
        return session
    try:
        packed: JsonObject = _CODEC.unstructure(session)
    except Mismatch as mismatch:
        raise ConfigurationError(f"the session: {mismatch}", code="invalid_config") from None
    return packed
