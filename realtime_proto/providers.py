"""The one table of providers: what each is called, how its conversation is made, where it is
reached, what its keys are called.

Pure data. Environment variables are named here and read elsewhere.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from attrs import frozen

from realtime_proto.dialect import DialectFactory, Endpoint
from realtime_proto.gemini import endpoint as gemini_endpoint
from realtime_proto.gemini._dialect import GeminiDialect
from realtime_proto.openai import endpoint as openai_endpoint
from realtime_proto.openai._dialect import OpenAIDialect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_proto.secret import Secret

__all__ = ("PROVIDERS", "EndpointFactory", "ProviderSpec")


class EndpointFactory(Protocol):
    """Where to connect for a model, a key and, if given, another base URL."""

    def __call__(self, model: str | None, *, key: Secret, base_url: str | None = None) -> Endpoint:
        """The endpoint. Raises ConfigurationError."""


@frozen(kw_only=True)
class ProviderSpec:
    """What the layers above need to know of a provider.

    Args:
        name: What it is called.
        dialect: Makes its side of one conversation.
        endpoint: Where to connect.
        default_model: The model where the configuration names none.
        key_variables: Environment variables that may hold the key, the first one set is taken.
        base_url_variable: The environment variable that may name another server.
    """

    name: str
    dialect: DialectFactory
    endpoint: EndpointFactory
    default_model: str
    key_variables: tuple[str, ...]
    base_url_variable: str


PROVIDERS: Final[Mapping[str, ProviderSpec]] = MappingProxyType(
    {
        "openai": ProviderSpec(
            name="openai",
            dialect=OpenAIDialect,
            endpoint=openai_endpoint.endpoint,
            default_model=openai_endpoint.DEFAULT_MODEL,
            key_variables=("OPENAI_API_KEY",),
            base_url_variable="OPENAI_BASE_URL",
        ),
        "gemini": ProviderSpec(
            name="gemini",
            dialect=GeminiDialect,
            endpoint=gemini_endpoint.endpoint,
            default_model=gemini_endpoint.DEFAULT_MODEL,
            key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            base_url_variable="GEMINI_BASE_URL",
        ),
    }
)
"""In order of preference where several have a key."""
