"""Where the server looks things up on the model's behalf: stores, engines, one's own services.

All of it is configuration that the client says; None is not said. Keys are fields like others on
this wire, so they are kept out of reprs. Vertex AI takes all of it, the Gemini Developer API only
`FileSearch` and what `GoogleMaps` needs.

Source: the Vertex AI discovery document 20261106, the generativelanguage v1beta descriptors,
google-genai 3.4.0; read 2026-11-22.
"""

from __future__ import annotations

from typing import Final, final

from attrs import field, frozen

from realtime_proto.wire import WireValue

__all__ = (
    "API_SPECS",
    "AUTH_TYPES",
    "HTTP_ELEMENT_LOCATIONS",
    "ApiAuth",
    "ApiAuthApiKeyConfig",
    "ApiKeyConfig",
    "AuthConfig",
    "AuthConfigGoogleServiceAccountConfig",
    "AuthConfigHttpBasicAuthConfig",
    "AuthConfigOauthConfig",
    "AuthConfigOidcConfig",
    "ExternalApi",
    "ExternalApiElasticSearchParams",
    "ExternalApiSimpleSearchParams",
    "FileSearch",
    "RagRetrievalConfig",
    "RagRetrievalConfigFilter",
    "RagRetrievalConfigHybridSearch",
    "RagRetrievalConfigRanking",
    "RagRetrievalConfigRankingLlmRanker",
    "RagRetrievalConfigRankingRankService",
    "Retrieval",
    "RetrievalConfig",
    "RetrievalResource",
    "VertexAISearch",
    "VertexAISearchDataStoreSpec",
    "VertexRagStore",
    "VertexRagStoreRagResource",
)


# --- how the server proves who it is


@final
@frozen(kw_only=True)
class ApiKeyConfig(WireValue):
    """A key, or where it is kept, and where in a request it goes.

    Args:
        api_key_secret: The resource name of a version of a secret.
        api_key_string: The key itself.
        http_element_location: One of HTTP_ELEMENT_LOCATIONS.
        name: Of the parameter or header.
    """

    api_key_secret: str | None = None
    api_key_string: str | None = field(default=None, repr=False)
    http_element_location: str | None = None
    name: str | None = None


HTTP_ELEMENT_LOCATIONS: Final = frozenset(
    {"HTTP_IN_QUERY", "HTTP_IN_HEADER", "HTTP_IN_PATH", "HTTP_IN_BODY", "HTTP_IN_COOKIE"}
)
"""Known values of `ApiKeyConfig.http_element_location`."""


@final
@frozen(kw_only=True)
class AuthConfigGoogleServiceAccountConfig(WireValue):
    """As a service account."""

    service_account: str | None = None


@final
@frozen(kw_only=True)
class AuthConfigHttpBasicAuthConfig(WireValue):
    """With a name and a password, kept as a secret."""

    credential_secret: str | None = None


@final
@frozen(kw_only=True)
class AuthConfigOauthConfig(WireValue):
    """With an access token, or one that is made for a service account."""

    access_token: str | None = field(default=None, repr=False)
    service_account: str | None = None


@final
@frozen(kw_only=True)
class AuthConfigOidcConfig(WireValue):
    """With an identity token, or one that is made for a service account."""

    id_token: str | None = field(default=None, repr=False)
    service_account: str | None = None


@final
@frozen(kw_only=True)
class AuthConfig(WireValue):
    """How the server proves who it is to somebody else's service.

    Args:
        auth_type: One of AUTH_TYPES; the field that belongs to it says the rest.
        api_key: A key, the old way.
        api_key_config: A key.
        google_service_account_config: A service account.
        http_basic_auth_config: A name and a password.
        oauth_config: An access token.
        oidc_config: An identity token.
    """

    auth_type: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_key_config: ApiKeyConfig | None = None
    google_service_account_config: AuthConfigGoogleServiceAccountConfig | None = None
    http_basic_auth_config: AuthConfigHttpBasicAuthConfig | None = None
    oauth_config: AuthConfigOauthConfig | None = None
    oidc_config: AuthConfigOidcConfig | None = None


AUTH_TYPES: Final = frozenset(
    {
        "NO_AUTH",
        "API_KEY_AUTH",
        "HTTP_BASIC_AUTH",
        "GOOGLE_SERVICE_ACCOUNT_AUTH",
        "OAUTH",
        "OIDC_AUTH",
    }
)
"""Known values of `AuthConfig.auth_type`."""


@final
@frozen(kw_only=True)
class ApiAuthApiKeyConfig(WireValue):
    """A key, or where it is kept."""

    api_key_secret_version: str | None = None
    api_key_string: str | None = field(default=None, repr=False)


@final
@frozen(kw_only=True)
class ApiAuth(WireValue):
    """`AuthConfig`, the old way."""

    api_key_config: ApiAuthApiKeyConfig | None = None


# --- one's own service


@final
@frozen(kw_only=True)
class ExternalApiElasticSearchParams(WireValue):
    """Where in an Elasticsearch, and how much."""

    index: str | None = None
    num_hits: int | None = None
    search_template: str | None = None


@final
@frozen(kw_only=True)
class ExternalApiSimpleSearchParams(WireValue):
    """A simple search has no parameters."""


@final
@frozen(kw_only=True)
class ExternalApi(WireValue):
    """A service of one's own that finds things.

    Args:
        endpoint: Its address.
        api_spec: One of API_SPECS.
        api_auth: How to sign on, the old way.
        auth_config: How to sign on.
        simple_search_params: For SIMPLE_SEARCH.
        elastic_search_params: For ELASTIC_SEARCH.
    """

    endpoint: str | None = None
    api_spec: str | None = None
    api_auth: ApiAuth | None = None
    auth_config: AuthConfig | None = None
    simple_search_params: ExternalApiSimpleSearchParams | None = None
    elastic_search_params: ExternalApiElasticSearchParams | None = None


API_SPECS: Final = frozenset({"SIMPLE_SEARCH", "ELASTIC_SEARCH"})
"""Known values of `ExternalApi.api_spec`."""


# --- the vendor's stores


@final
@frozen(kw_only=True)
class VertexAISearchDataStoreSpec(WireValue):
    """One store of several, and what of it."""

    data_store: str | None = None
    filter: str | None = None


@final
@frozen(kw_only=True)
class VertexAISearch(WireValue):
    """A store or an engine of Vertex AI Search, by its resource name.

    Args:
        datastore: One store.
        engine: An engine, over several stores.
        data_store_specs: Which of the engine's.
        filter: What of it, in the words of Vertex AI Search.
        max_results: How many; 10 unless told, 10 at most.
    """

    datastore: str | None = None
    engine: str | None = None
    data_store_specs: tuple[VertexAISearchDataStoreSpec, ...] = ()
    filter: str | None = None
    max_results: int | None = None


@final
@frozen(kw_only=True)
class VertexRagStoreRagResource(WireValue):
    """A corpus, or some files of it."""

    rag_corpus: str | None = None
    rag_file_ids: tuple[str, ...] = ()


@final
@frozen(kw_only=True)
class RagRetrievalConfigFilter(WireValue):
    """What counts as found: near enough, or like enough; one of the two thresholds."""

    metadata_filter: str | None = None
    vector_distance_threshold: float | None = None
    vector_similarity_threshold: float | None = None


@final
@frozen(kw_only=True)
class RagRetrievalConfigHybridSearch(WireValue):
    """Words against meaning: 0 is words alone, 1 meaning alone."""

    alpha: float | None = None


@final
@frozen(kw_only=True)
class RagRetrievalConfigRankingLlmRanker(WireValue):
    """A language model ranks what was found."""

    model_name: str | None = None


@final
@frozen(kw_only=True)
class RagRetrievalConfigRankingRankService(WireValue):
    """A service ranks what was found."""

    model_name: str | None = None


@final
@frozen(kw_only=True)
class RagRetrievalConfigRanking(WireValue):
    """Who ranks what was found: one of the two."""

    llm_ranker: RagRetrievalConfigRankingLlmRanker | None = None
    rank_service: RagRetrievalConfigRankingRankService | None = None


@final
@frozen(kw_only=True)
class RagRetrievalConfig(WireValue):
    """How to look things up in a store, and how many of them."""

    top_k: int | None = None
    filter: RagRetrievalConfigFilter | None = None
    hybrid_search: RagRetrievalConfigHybridSearch | None = None
    ranking: RagRetrievalConfigRanking | None = None


@final
@frozen(kw_only=True)
class VertexRagStore(WireValue):
    """Corpora of the RAG engine.

    Args:
        rag_resources: Which.
        rag_corpora: Which, the old way.
        rag_retrieval_config: How to look things up.
        similarity_top_k: How many, the old way.
        vector_distance_threshold: How near, the old way.
        store_context: Keep what the user said in the store, for live sessions.
    """

    rag_resources: tuple[VertexRagStoreRagResource, ...] = ()
    rag_corpora: tuple[str, ...] = ()
    rag_retrieval_config: RagRetrievalConfig | None = None
    similarity_top_k: int | None = None
    vector_distance_threshold: float | None = None
    store_context: bool | None = None


@final
@frozen(kw_only=True)
class Retrieval(WireValue):
    """Look things up: in one of the three."""

    external_api: ExternalApi | None = None
    vertex_ai_search: VertexAISearch | None = None
    vertex_rag_store: VertexRagStore | None = None
    disable_attribution: bool | None = None


# --- files, on the Gemini Developer API


@final
@frozen(kw_only=True)
class RetrievalResource(WireValue):
    """A store, the old way. The descriptors have it, the vendor's packages do not."""

    rag_store_name: str | None = None


@final
@frozen(kw_only=True)
class RetrievalConfig(WireValue):
    """How many, and which, the old way. The descriptors have it, the vendor's packages do not."""

    top_k: int | None = None
    metadata_filter: str | None = None


@final
@frozen(kw_only=True)
class FileSearch(WireValue):
    """Search files that were put into stores.

    Args:
        file_search_store_names: The stores.
        top_k: How many pieces to find.
        metadata_filter: Which.
        retrieval_resources: The stores, the old way.
        retrieval_config: How many, and which, the old way.
    """

    file_search_store_names: tuple[str, ...] = ()
    top_k: int | None = None
    metadata_filter: str | None = None
    retrieval_resources: tuple[RetrievalResource, ...] = ()
    retrieval_config: RetrievalConfig | None = None
