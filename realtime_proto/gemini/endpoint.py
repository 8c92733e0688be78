"""Where Gemini Live is reached, and with what credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    from realtime_proto.secret import Secret

__all__ = ("DEFAULT_BASE_URL", "DEFAULT_MODEL", "endpoint", "model_resource")

DEFAULT_BASE_URL: Final = "https://generativelanguage.googleapis.com"
DEFAULT_MODEL: Final = "gemini-3.8-live"
API_VERSION: Final = "v1beta"
_SERVICE: Final = "google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"


def endpoint(model: str | None, *, key: Secret, base_url: str | None = None) -> Endpoint:
    """The endpoint of the Gemini Developer API.

    The key goes into a header: in a URL it would reach every log on the way. The model is named in
    the set-up message.

    Args:
        model: Not part of the endpoint; taken so that every provider is asked alike.
        key: An API key.
        base_url: Another server's base, as the vendor's own packages take it:
            "http://127.0.0.1:8000".

    Raises:
        ConfigurationError: The base URL is none.

    Example:
        >>> endpoint(None, key=Secret("AIza"), base_url="http://127.0.0.1:8000").url
        'ws://127.0.0.1:8000/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
    """
    parts = urlsplit(base_url or DEFAULT_BASE_URL)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise ConfigurationError(
            "the Gemini base URL must look like https://host", code="invalid_base_url"
        )
    path = f"{parts.path.rstrip('/')}/ws/{_SERVICE.format(version=API_VERSION)}"
    return Endpoint(
        url=urlunsplit((scheme, parts.netloc, path, "", "")),
        headers=(("x-goog-api-key", key),),
    )


def model_resource(model: str | None) -> str:
    """The name a set-up message wants: "models/..." before a bare model name.

    Example:
        >>> model_resource("gemini-3.8-live")
        'models/gemini-3.8-live'
    """
    name = model or DEFAULT_MODEL
    return name if "/" in name else f"models/{name}"
