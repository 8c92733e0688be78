"""Where xAI is reached, which speaks OpenAI Realtime with differences: the dialect "xai".

Source: docs.x.ai, Voice Agent API and Ephemeral Tokens; recorded traffic of 2026-07; as of 2026-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_proto._address import Base, labelled, query_of
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError
from realtime_proto.rest import RestRequest, json_request

if TYPE_CHECKING:
    from realtime_proto.secret import Secret

__all__ = ("DEFAULT_BASE_URL", "DEFAULT_MODEL", "endpoint", "token_request")

DEFAULT_BASE_URL: Final = "wss://api.x.ai/v1"
DEFAULT_MODEL: Final = "grok-voice-latest"
"""An alias: whichever voice model is the newest."""


def endpoint(model: str | None, *, key: Secret, base_url: str | None = None) -> Endpoint:
    """The endpoint of a voice session.

    Args:
        model: The model's name; None takes `DEFAULT_MODEL`.
        key: An API key or a short-lived token.
        base_url: Another server's base.

    Raises:
        ConfigurationError: The base URL is none, or the key cannot be sent.

    Example:
        >>> from realtime_proto.secret import Secret
        >>> endpoint(None, key=Secret("xai-1")).url
        'wss://api.x.ai/v1/realtime?model=grok-voice-latest'
    """
    url = _base(base_url).websocket("realtime", query_of(("model", model or DEFAULT_MODEL)))
    return Endpoint(url=url, headers=(("Authorization", labelled("Bearer", key)),))


def token_request(*, key: Secret, seconds: int = 300, base_url: str | None = None) -> RestRequest:
    """The request for a short-lived token; `tokens.parse_client_secret` reads the answer. A session
    cannot be fixed with it.

    Args:
        key: The API key.
        seconds: How long it is valid.
        base_url: Another server's base.

    Raises:
        ConfigurationError: The base URL is none, the key cannot be sent, or the time is no whole
            number of seconds.
    """
    if seconds.__class__ is not int or seconds < 1:
        raise ConfigurationError(
            f"a token is valid for whole seconds from 1 on, not {seconds!r:.60}",
            code="invalid_config",
        )
    return json_request(
        _base(base_url).http("realtime/client_secrets"),
        credential=("Authorization", labelled("Bearer", key)),
        body={"expires_after": {"seconds": seconds}},
    )


def _base(base_url: str | None) -> Base:
    return Base(base_url or DEFAULT_BASE_URL, whose="xAI", example="https://host/v1")
