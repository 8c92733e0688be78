"""Where Gemini Live is reached on Google Cloud (Vertex AI).

A model there belongs to a project and a location, which name the host too. `model_name` makes the
full name, "projects/P/locations/L/publishers/google/models/M", which goes into the configuration,
and from which `endpoint` reads where to connect.

The credential is an OAuth access token for the scope `SCOPE`, about an hour old at most when a
connection is opened. Express mode has an API key instead, and models without a project.

Source: docs.cloud.google.com, Live API reference, 2026-10; google-genai 3.4.0; as of 2026-11. Which
model is served where changes: gemini-live-2.5-flash-native-audio is not on "global".
"""

from __future__ import annotations

import re
from typing import Final

from realtime_proto._address import Base, credential, labelled, path_segment
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError
from realtime_proto.secret import Secret

__all__ = (
    "API_VERSION",
    "DEFAULT_LOCATION",
    "DEFAULT_MODEL",
    "SCOPE",
    "endpoint",
    "express_endpoint",
    "model_name",
)

API_VERSION: Final = "v1beta1"
DEFAULT_LOCATION: Final = "us-central1"
DEFAULT_MODEL: Final = "gemini-live-2.5-flash-native-audio"
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"

_NAME: Final = re.compile(r"projects/([^/]+)/locations/([^/]+)/publishers/[^/]+/models/[^/]+")


def endpoint(
    model: str | None,
    *,
    key: Secret,
    base_url: str | None = None,
    project: str | None = None,
    location: str | None = None,
    api_version: str = API_VERSION,
    quota_project: str | None = None,
) -> Endpoint:
    """The endpoint on Vertex AI.

    Args:
        model: The model, by its full name, or by a name within *project* and *location*.
        key: An OAuth access token.
        base_url: Another server's base.
        project: The project, where the model's name has none.
        location: The location, where the model's name has none; None takes `DEFAULT_LOCATION`.
        api_version: The API's version.
        quota_project: The project whose quota counts, where it is not the token's.

    Raises:
        ConfigurationError: There is no project, a name or the base URL is none, or the token cannot
            be sent.

    Example:
        >>> endpoint("gemini-3.8-live", key=Secret("ya29"), project="p", location="eu").url
        'wss://aiplatform.eu.rep.googleapis.com/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent'
    """
    place = _NAME.fullmatch(model_name(model, project=project, location=location))
    if place is None:
        raise ConfigurationError(
            "a model on Vertex is called projects/P/locations/L/publishers/google/models/M",
            code="invalid_model",
        )
    headers: list[tuple[str, str | Secret]] = [
        ("Authorization", labelled("Bearer", key, what="the access token"))
    ]
    if quota_project is not None:
        headers.append(("x-goog-user-project", path_segment(quota_project, what="the project")))
    url = _url(base_url or f"https://{_host(place[2])}", api_version)
    return Endpoint(url=url, headers=tuple(headers))


def express_endpoint(
    model: str | None, *, key: Secret, base_url: str | None = None, api_version: str = API_VERSION
) -> Endpoint:
    """The endpoint of Vertex AI in express mode; the model is "publishers/google/models/M".

    Args:
        model: Not part of the endpoint; taken so that every provider is asked alike.
        key: An API key of express mode.
        base_url: Another server's base.
        api_version: The API's version.

    Raises:
        ConfigurationError: The base URL is none, or the key cannot be sent.
    """
    url = _url(base_url or "https://aiplatform.googleapis.com", api_version)
    return Endpoint(url=url, headers=(("x-goog-api-key", Secret(credential(key))),))


def model_name(
    model: str | None, *, project: str | None = None, location: str | None = None
) -> str:
    """The full name of a model.

    Args:
        model: A bare name ("gemini-3.8-live"), "publishers/google/models/M", or a full name, which
            stays as it is; None takes `DEFAULT_MODEL`.
        project: The project.
        location: The location; None takes `DEFAULT_LOCATION`.

    Raises:
        ConfigurationError: The project is missing, or it or the location is no name.

    Example:
        >>> model_name("gemini-3.8-live", project="p", location="us-central1")
        'projects/p/locations/us-central1/publishers/google/models/gemini-3.8-live'
    """
    name = (model or DEFAULT_MODEL).removeprefix("models/")
    if name.startswith("projects/"):
        return name
    if project is None:
        raise ConfigurationError(
            "Vertex needs a project: set GOOGLE_CLOUD_PROJECT, or name the model as "
            "projects/P/locations/L/publishers/google/models/M",
            code="missing_project",
        )
    published = name if name.startswith("publishers/") else f"publishers/google/models/{name}"
    return (
        f"projects/{path_segment(project, what='the project')}"
        f"/locations/{_location(location or DEFAULT_LOCATION)}/{published}"
    )


def _location(name: str) -> str:
    """A location's name. It stands in the name of the host that gets the token: no dot, no port."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ConfigurationError(f"the location is no name: {name!r:.60}", code="invalid_config")
    return name


def _host(location: str) -> str:
    if _location(location) == "global":
        return "aiplatform.googleapis.com"
    if location in ("us", "eu"):
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"


def _url(base_url: str, api_version: str) -> str:
    version = path_segment(api_version, what="the API version")
    service = f"google.cloud.aiplatform.{version}.LlmBidiService"
    base = Base(base_url, whose="Vertex", example="https://LOCATION-aiplatform.googleapis.com")
    return base.websocket(f"ws/{service}/BidiGenerateContent")
