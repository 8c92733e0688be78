"""Where Azure serves OpenAI Realtime: as OpenAI has it, as it was in preview, and as Voice Live.

The base URL is the resource's own, and where OpenAI has the name of a model, Azure has the name of
a deployment. The credential is the resource's key in `api-key`, or an Entra token, which is for the
scope `ENTRA_SCOPE` and lives about an hour.

Source: Microsoft Learn, azure-ai-voicelive 1.3.1, recorded traffic of 2026-07; as of 2026-11.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from realtime_proto._address import Base, credential, labelled, one_of, query_of
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError
from realtime_proto.secret import Secret

__all__ = (
    "DEFAULT_DEPLOYMENT",
    "ENTRA_SCOPE",
    "PREVIEW_API_VERSION",
    "VOICE_LIVE_API_VERSION",
    "Credential",
    "credential_header",
    "endpoint",
    "preview_endpoint",
    "sideband_endpoint",
    "transcription_endpoint",
    "voice_live_endpoint",
)

DEFAULT_DEPLOYMENT: Final = "gpt-realtime"
"""What a deployment is called if nobody chose another name: as the model is."""

ENTRA_SCOPE: Final = "https://ai.azure.com/.default"
PREVIEW_API_VERSION: Final = "2025-04-01-preview"
VOICE_LIVE_API_VERSION: Final = "2026-04-10"
"""The version whose traffic was recorded; 2026-07-15 is out."""

Credential: TypeAlias = Literal["api-key", "entra"]
"""What kind of key is given: the resource's, or an Entra token."""


def endpoint(
    model: str | None,
    *,
    key: Secret,
    base_url: str | None = None,
    credential: Credential = "api-key",
) -> Endpoint:
    """The endpoint of a voice session, in the dialect "azure".

    Args:
        model: The deployment's name; None takes `DEFAULT_DEPLOYMENT`.
        key: The resource's key, or an Entra token.
        base_url: The resource: "https://RESOURCE.openai.azure.com", with "/openai/v1" or without.
        credential: Which of the two the key is.

    Raises:
        ConfigurationError: There is no resource, or the key cannot be sent.

    Example:
        >>> endpoint(None, key=Secret("k"), base_url="https://r.openai.azure.com").url
        'wss://r.openai.azure.com/openai/v1/realtime?model=gpt-realtime'
    """
    query = query_of(("model", model or DEFAULT_DEPLOYMENT))
    return _current(query, key, base_url, credential)


def sideband_endpoint(
    call_id: str, *, key: Secret, base_url: str, credential: Credential = "api-key"
) -> Endpoint:
    """The endpoint that watches and controls a call which WebRTC carries.

    Raises:
        ConfigurationError: There is no call id or no resource, or the key cannot be sent.
    """
    if not call_id:
        raise ConfigurationError("a sideband connection needs the id of its call", code="no_call")
    return _current(query_of(("call_id", call_id)), key, base_url, credential)


def transcription_endpoint(
    *, key: Secret, base_url: str, credential: Credential = "api-key"
) -> Endpoint:
    """The endpoint of a session that only transcribes. `session.update` names the deployment.

    Raises:
        ConfigurationError: There is no resource, or the key cannot be sent.
    """
    return _current(query_of(("intent", "transcription")), key, base_url, credential)


def preview_endpoint(
    model: str | None,
    *,
    key: Secret,
    base_url: str | None = None,
    credential: Credential = "api-key",
    api_version: str = PREVIEW_API_VERSION,
) -> Endpoint:
    """The endpoint of a voice session as the preview versions have it, in the dialect "beta".

    Args:
        model: The deployment's name.
        key: The resource's key, or an Entra token.
        base_url: The resource.
        credential: Which of the two the key is.
        api_version: "2024-10-01-preview" or "2025-04-01-preview".

    Raises:
        ConfigurationError: There is no resource, or the key cannot be sent.
    """
    query = query_of(("api-version", api_version), ("deployment", model or DEFAULT_DEPLOYMENT))
    url = _resource(base_url).websocket("openai/realtime", query)
    return Endpoint(url=url, headers=(credential_header(key, credential),))


def voice_live_endpoint(
    model: str | None,
    *,
    key: Secret,
    base_url: str | None = None,
    credential: Credential = "api-key",
    api_version: str = VOICE_LIVE_API_VERSION,
) -> Endpoint:
    """The endpoint of a Voice Live session, in the dialect "azure-voice-live".

    Args:
        model: The name of a model that Voice Live offers; None takes `DEFAULT_DEPLOYMENT`.
        key: The resource's key, or an Entra token.
        base_url: The resource: "https://RESOURCE.services.ai.azure.com" or
            "https://RESOURCE.cognitiveservices.azure.com".
        credential: Which of the two the key is.
        api_version: The version of the API.

    Raises:
        ConfigurationError: There is no resource, or the key cannot be sent.
    """
    query = query_of(("api-version", api_version), ("model", model or DEFAULT_DEPLOYMENT))
    url = _resource(base_url).websocket("voice-live/realtime", query)
    return Endpoint(url=url, headers=(credential_header(key, credential),))


def credential_header(key: Secret, kind: Credential = "api-key") -> tuple[str, Secret]:
    """The header that holds a credential of Azure's.

    Raises:
        ConfigurationError: The key cannot be sent.
    """
    one_of(kind, Credential, what="credential")
    if kind == "entra":
        return "Authorization", labelled("Bearer", key, what="the Entra token")
    return "api-key", Secret(credential(key))


def _current(query: str, key: Secret, base_url: str | None, kind: Credential) -> Endpoint:
    url = _resource(base_url).websocket("openai/v1/realtime", query)
    return Endpoint(url=url, headers=(credential_header(key, kind),))


def _resource(base_url: str | None) -> Base:
    if not base_url:
        raise ConfigurationError(
            "Azure has no common address: give the URL of your resource as the base URL",
            code="invalid_base_url",
        )
    example = "https://RESOURCE.openai.azure.com"
    return Base(base_url, whose="Azure", example=example).without_suffix("/openai/v1")
