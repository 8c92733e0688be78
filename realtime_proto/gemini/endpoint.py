"""Where Gemini Live is reached with a key of the Developer API, or with a short-lived token.

The credential goes into a header: in a URL it reaches every log on the way. Who must have it there
says so. A token is told apart by its form and goes to a method of its own, which takes no keys.
Google Cloud's side (Vertex) is in `vertex`, tokens are made in `tokens`.

Source: ai.google.dev, Live API, 2026-10; google-genai 3.4.0 (Python) and 3.1.0 (JavaScript). They
disagree on the version: the documentation has v1beta, tokens have only been seen to work on
v1alpha, and v1, the packages' own default, has been seen to work by nobody. So it can be chosen.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from realtime_proto._address import Base, credential, labelled, one_of, path_segment
from realtime_proto.dialect import Endpoint
from realtime_proto.secret import Secret

__all__ = (
    "API_VERSION",
    "DEFAULT_BASE_URL",
    "DEFAULT_MODEL",
    "TOKEN_API_VERSION",
    "Carrier",
    "base_of",
    "endpoint",
    "model_resource",
)

DEFAULT_BASE_URL: Final = "https://generativelanguage.googleapis.com"
DEFAULT_MODEL: Final = "gemini-3.8-live"
API_VERSION: Final = "v1beta"
TOKEN_API_VERSION: Final = "v1alpha"  # noqa: S105 - a version
TOKEN_PREFIX: Final = "auth_tokens/"  # noqa: S105 - what tokens begin with

Carrier: TypeAlias = Literal["header", "query"]
"""Where the credential goes."""


def endpoint(
    model: str | None,
    *,
    key: Secret,
    base_url: str | None = None,
    api_version: str | None = None,
    carrier: Carrier = "header",
) -> Endpoint:
    """The endpoint of the Gemini Developer API.

    Args:
        model: Not part of the endpoint, the set-up message names it; taken so that every provider
            is asked alike.
        key: An API key, or a token ("auth_tokens/...").
        base_url: Another server's base, as the vendor's own packages take it:
            "http://127.0.0.1:8000".
        api_version: The API's version; None takes "v1beta", for a token "v1alpha".
        carrier: Where the credential goes.

    Raises:
        ConfigurationError: The base URL is none, or the key cannot be sent.

    Example:
        >>> endpoint(None, key=Secret("AIza"), base_url="http://127.0.0.1:8000").url
        'ws://127.0.0.1:8000/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
    """
    one_of(carrier, Carrier, what="carrier")
    secret = Secret(credential(key))
    is_token = secret.reveal().startswith(TOKEN_PREFIX)
    version = api_version or (TOKEN_API_VERSION if is_token else API_VERSION)
    method = "BidiGenerateContentConstrained" if is_token else "BidiGenerateContent"
    path = (
        "ws/google.ai.generativelanguage."
        f"{path_segment(version, what='the API version')}.GenerativeService.{method}"
    )
    url = base_of(base_url).websocket(path)
    if carrier == "query":
        return Endpoint(url=url, secret_query=(("access_token" if is_token else "key", secret),))
    header = (
        ("Authorization", labelled("Token", secret)) if is_token else ("x-goog-api-key", secret)
    )
    return Endpoint(url=url, headers=(header,))


def model_resource(model: str | None) -> str:
    """The name a set-up message wants: "models/..." before a bare model name.

    Example:
        >>> model_resource("gemini-3.8-live")
        'models/gemini-3.8-live'
    """
    name = model or DEFAULT_MODEL
    return name if "/" in name else f"models/{name}"


def base_of(base_url: str | None) -> Base:
    """The server to talk to. Raises ConfigurationError."""
    return Base(base_url or DEFAULT_BASE_URL, whose="Gemini", example="https://host")
