"""The one table of providers: what each is called, how its conversation is made, where it is
reached, what its keys are called, what it offers.

Pure data. Environment variables are named here and read elsewhere. The table cannot be changed; a
provider of your own is a `ProviderSpec` that you make, or evolve from one of these, and hand over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, final

from attrs import frozen

from realtime_proto.closing import Rule
from realtime_proto.dialect import DialectFactory, Endpoint
from realtime_proto.errors import ConfigurationError
from realtime_proto.gemini import catalog as gemini_catalog
from realtime_proto.gemini import closing as gemini_closing
from realtime_proto.gemini import endpoint as gemini_endpoint
from realtime_proto.gemini import vertex
from realtime_proto.gemini._dialect import GeminiDialect
from realtime_proto.models import ModelInfo, VoiceInfo
from realtime_proto.openai import azure, xai
from realtime_proto.openai import catalog as openai_catalog
from realtime_proto.openai import closing as openai_closing
from realtime_proto.openai import endpoint as openai_endpoint
from realtime_proto.openai._dialect import OpenAIDialect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_proto.secret import Secret

__all__ = ("PROVIDERS", "EndpointFactory", "ProviderSpec", "Setting")


class EndpointFactory(Protocol):
    """Where to connect for a model, a key and, if given, another base URL."""

    def __call__(self, model: str | None, *, key: Secret, base_url: str | None = None) -> Endpoint:
        """The endpoint. Raises ConfigurationError."""


@final
@frozen(kw_only=True)
class Setting:
    """Something a provider must be told beside the key.

    Args:
        name: The name of the parameter of `ProviderSpec.name_model` that takes it.
        variables: Environment variables that may hold it, the first one set is taken.
        meaning: What it is.
    """

    name: str
    variables: tuple[str, ...]
    meaning: str


@final
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
        needs_base_url: There is no server that all share: one must be named.
        settings: What else it must be told.
        name_model: Makes the name of a model that server and set-up want, of the name that was
            configured and the settings; None where names are what they are.
        models: The models that are known.
        voices: The voices that are known.
        rules: Its rows of the table of ends: see `closing`.
        ping_timeout_s: How long nothing may come after a ping before the connection is given up, in
            seconds; None waits for ever.
    """

    name: str
    dialect: DialectFactory
    endpoint: EndpointFactory
    default_model: str
    key_variables: tuple[str, ...]
    base_url_variable: str
    needs_base_url: bool = False
    settings: tuple[Setting, ...] = ()
    name_model: Callable[..., str] | None = None
    models: tuple[ModelInfo, ...] = ()
    voices: tuple[VoiceInfo, ...] = ()
    rules: tuple[Rule, ...] = ()
    ping_timeout_s: float | None = 20.0

    def model_for(self, model: str | None, settings: Mapping[str, str] | None = None) -> str | None:
        """What to call a model in the configuration, for the server and the set-up to take it.

        Args:
            model: The model as the application names it.
            settings: Values of the provider's settings, by name.

        Raises:
            ConfigurationError: The provider has no such setting, misses one, or a value is not what
                it must be.

        Example:
            >>> PROVIDERS["vertex"].model_for("gemini-3.8-live", {"project": "p"})
            'projects/p/locations/us-central1/publishers/google/models/gemini-3.8-live'
        """
        given = dict(settings or {})
        unknown = given.keys() - {setting.name for setting in self.settings}
        if unknown:
            raise ConfigurationError(
                f"{self.name} has no setting {', '.join(sorted(unknown))}", code="invalid_config"
            )
        return model if self.name_model is None else self.name_model(model, **given)


PROVIDERS: Final[Mapping[str, ProviderSpec]] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            ProviderSpec(
                name="openai",
                dialect=OpenAIDialect,
                endpoint=openai_endpoint.endpoint,
                default_model=openai_endpoint.DEFAULT_MODEL,
                key_variables=("OPENAI_API_KEY",),
                base_url_variable="OPENAI_BASE_URL",
                models=openai_catalog.MODELS,
                voices=openai_catalog.VOICES,
                rules=openai_closing.RULES,
            ),
            ProviderSpec(
                name="gemini",
                dialect=GeminiDialect,
                endpoint=gemini_endpoint.endpoint,
                default_model=gemini_endpoint.DEFAULT_MODEL,
                key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
                base_url_variable="GEMINI_BASE_URL",
                models=gemini_catalog.MODELS,
                voices=gemini_catalog.VOICES,
                rules=gemini_closing.RULES,
                # Under load its pongs come 8 to 30 seconds late: a timeout ends healthy sessions.
                ping_timeout_s=None,
            ),
            ProviderSpec(
                name="azure",
                dialect=partial(
                    OpenAIDialect,
                    name="azure",
                    wire_dialect="azure",
                    profiles=openai_catalog.AZURE_PROFILES,
                    default_model=azure.DEFAULT_DEPLOYMENT,
                ),
                endpoint=azure.endpoint,
                default_model=azure.DEFAULT_DEPLOYMENT,
                key_variables=("AZURE_OPENAI_API_KEY",),
                base_url_variable="AZURE_OPENAI_ENDPOINT",
                needs_base_url=True,
                models=openai_catalog.MODELS,
                voices=openai_catalog.VOICES,
                rules=openai_closing.RULES,
            ),
            ProviderSpec(
                name="azure-voice-live",
                dialect=partial(
                    OpenAIDialect,
                    name="azure-voice-live",
                    wire_dialect="azure-voice-live",
                    profiles=openai_catalog.VOICE_LIVE_PROFILES,
                    default_model=azure.DEFAULT_DEPLOYMENT,
                ),
                endpoint=azure.voice_live_endpoint,
                default_model=azure.DEFAULT_DEPLOYMENT,
                key_variables=("AZURE_VOICELIVE_API_KEY",),
                base_url_variable="AZURE_VOICELIVE_ENDPOINT",
                needs_base_url=True,
                models=openai_catalog.VOICE_LIVE_MODELS,
                voices=openai_catalog.VOICES,
                rules=openai_closing.RULES,
            ),
            ProviderSpec(
                name="xai",
                dialect=partial(
                    OpenAIDialect,
                    name="xai",
                    wire_dialect="xai",
                    profiles=openai_catalog.XAI_PROFILES,
                    default_model=xai.DEFAULT_MODEL,
                ),
                endpoint=xai.endpoint,
                default_model=xai.DEFAULT_MODEL,
                key_variables=("XAI_API_KEY",),
                base_url_variable="XAI_BASE_URL",
                models=openai_catalog.XAI_MODELS,
                voices=openai_catalog.XAI_VOICES,
                rules=openai_closing.RULES,
            ),
            ProviderSpec(
                name="vertex",
                dialect=partial(GeminiDialect, name="vertex", default_model=vertex.DEFAULT_MODEL),
                endpoint=vertex.endpoint,
                default_model=vertex.DEFAULT_MODEL,
                key_variables=("GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"),
                base_url_variable="GOOGLE_VERTEX_BASE_URL",
                settings=(
                    Setting(
                        name="project",
                        variables=("GOOGLE_CLOUD_PROJECT",),
                        meaning="the project the models are used in",
                    ),
                    Setting(
                        name="location",
                        variables=("GOOGLE_CLOUD_LOCATION",),
                        meaning=f"where they run; {vertex.DEFAULT_LOCATION} where none is given",
                    ),
                ),
                name_model=vertex.model_name,
                models=gemini_catalog.VERTEX_MODELS,
                voices=gemini_catalog.VOICES,
                rules=gemini_closing.RULES,
                ping_timeout_s=None,
            ),
        )
    }
)
"""In order of preference where several have a key."""
