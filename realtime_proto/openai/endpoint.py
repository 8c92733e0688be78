"""Where OpenAI Realtime is reached, and with what credential."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError
from realtime_proto.secret import Secret

__all__ = ("DEFAULT_BASE_URL", "DEFAULT_MODEL", "endpoint")

DEFAULT_BASE_URL: Final = "wss://api.openai.com/v1"
DEFAULT_MODEL: Final = "gpt-realtime"


def endpoint(model: str | None, *, key: Secret, base_url: str | None = None) -> Endpoint:
    """The endpoint of a voice session.

    Args:
        model: The model's name; None takes `DEFAULT_MODEL`.
        key: An API key or an ephemeral `ek_` key.
        base_url: Another server's base, as the vendor's own packages take it:
            "http://127.0.0.1:8000/v1".

    Raises:
        ConfigurationError: The base URL is none.

    Example:
        >>> endpoint(None, key=Secret("sk-1"), base_url="http://127.0.0.1:8000/v1").url
        'ws://127.0.0.1:8000/v1/realtime?model=gpt-realtime'
    """
    parts = urlsplit(base_url or DEFAULT_BASE_URL)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise ConfigurationError(
            "the OpenAI base URL must look like https://host/v1", code="invalid_base_url"
        )
    path = f"{parts.path.rstrip('/')}/realtime"
    query = f"model={quote(model or DEFAULT_MODEL, safe='')}"
    return Endpoint(
        url=urlunsplit((scheme, parts.netloc, path, query, "")),
        headers=(("Authorization", Secret(f"Bearer {key.reveal()}")),),
    )
