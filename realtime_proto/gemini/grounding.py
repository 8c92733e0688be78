"""Where an answer comes from: what the model searched, found and leaned on.

All of it comes from the server with the end of a turn, so it follows proto3 JSON like `parts`: what
is not on the wire has its default. Vertex AI sends an empty one with every turn.

Source: ai.google.dev/api/generate-content (GroundingMetadata), google-genai 3.4.0, the Vertex AI
discovery document 20261106; read 2026-11-22.
"""

from __future__ import annotations

from typing import Final, final

from attrs import field, frozen

from realtime_proto.wire import WireValue

__all__ = (
    "URL_RETRIEVAL_STATUSES",
    "GroundingChunk",
    "GroundingChunkCustomMetadata",
    "GroundingChunkImage",
    "GroundingChunkMaps",
    "GroundingChunkMapsPlaceAnswerSources",
    "GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution",
    "GroundingChunkMapsPlaceAnswerSourcesReviewSnippet",
    "GroundingChunkMapsRoute",
    "GroundingChunkRetrievedContext",
    "GroundingChunkStringList",
    "GroundingChunkWeb",
    "GroundingMetadata",
    "GroundingMetadataSourceFlaggingUri",
    "GroundingSupport",
    "RagChunk",
    "RagChunkPageSpan",
    "RetrievalMetadata",
    "SearchEntryPoint",
    "Segment",
    "UrlContextMetadata",
    "UrlMetadata",
)


# --- sources


@final
@frozen(kw_only=True)
class GroundingChunkWeb(WireValue):
    """A page of the web."""

    uri: str = ""
    title: str = ""
    domain: str = ""


@final
@frozen(kw_only=True)
class GroundingChunkImage(WireValue):
    """A picture, and the page it is on."""

    source_uri: str = ""
    image_uri: str = ""
    title: str = ""
    domain: str = ""


@final
@frozen(kw_only=True)
class GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution(WireValue):
    """Who wrote a review."""

    display_name: str = ""
    photo_uri: str = ""
    uri: str = ""


@final
@frozen(kw_only=True)
class GroundingChunkMapsPlaceAnswerSourcesReviewSnippet(WireValue):
    """A piece of a review of a place."""

    review_id: str = ""
    review: str = ""
    title: str = ""
    google_maps_uri: str = ""
    flag_content_uri: str = ""
    relative_publish_time_description: str = ""
    author_attribution: GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution | None = None


@final
@frozen(kw_only=True)
class GroundingChunkMapsPlaceAnswerSources(WireValue):
    """What an answer about a place leaned on. The wire has the reviews under two names."""

    review_snippets: tuple[GroundingChunkMapsPlaceAnswerSourcesReviewSnippet, ...] = ()
    review_snippet: tuple[GroundingChunkMapsPlaceAnswerSourcesReviewSnippet, ...] = ()
    flag_content_uri: str = ""


@final
@frozen(kw_only=True)
class GroundingChunkMapsRoute(WireValue):
    """A way between places."""

    distance_meters: int = 0
    duration: str | None = None
    encoded_polyline: str = ""


@final
@frozen(kw_only=True)
class GroundingChunkMaps(WireValue):
    """A place on the map."""

    uri: str = ""
    title: str = ""
    text: str = ""
    place_id: str = ""
    place_answer_sources: GroundingChunkMapsPlaceAnswerSources | None = None
    route: GroundingChunkMapsRoute | None = None


@final
@frozen(kw_only=True)
class GroundingChunkStringList(WireValue):
    """Several texts."""

    values: tuple[str, ...] = ()


@final
@frozen(kw_only=True)
class GroundingChunkCustomMetadata(WireValue):
    """What the owner of a document noted with it: one of the three values."""

    key: str = ""
    string_value: str | None = None
    numeric_value: float | None = None
    string_list_value: GroundingChunkStringList | None = None


@final
@frozen(kw_only=True)
class RagChunkPageSpan(WireValue):
    """From which page to which."""

    first_page: int = 0
    last_page: int = 0


@final
@frozen(kw_only=True)
class RagChunk(WireValue):
    """The piece of a document that was found."""

    text: str = ""
    chunk_id: str = ""
    file_id: str = ""
    page_span: RagChunkPageSpan | None = None


@final
@frozen(kw_only=True)
class GroundingChunkRetrievedContext(WireValue):
    """A document of one's own."""

    uri: str = ""
    title: str = ""
    text: str = ""
    document_name: str = ""
    file_search_store: str = ""
    page_number: int = 0
    media_id: str = ""
    rag_chunk: RagChunk | None = None
    custom_metadata: tuple[GroundingChunkCustomMetadata, ...] = ()


@final
@frozen(kw_only=True)
class GroundingChunk(WireValue):
    """A source: one of the four."""

    web: GroundingChunkWeb | None = None
    image: GroundingChunkImage | None = None
    maps: GroundingChunkMaps | None = None
    retrieved_context: GroundingChunkRetrievedContext | None = None


# --- what of the answer they carry


@final
@frozen(kw_only=True)
class Segment(WireValue):
    """A stretch of the answer.

    Args:
        part_index: In which part.
        start_index: From which byte of it.
        end_index: Up to which, exclusive.
        text: What is said there.
    """

    part_index: int = 0
    start_index: int = 0
    end_index: int = 0
    text: str = ""


@final
@frozen(kw_only=True)
class GroundingSupport(WireValue):
    """What one stretch of the answer leans on.

    Args:
        segment: The stretch.
        grounding_chunk_indices: Which of the `grounding_chunks`.
        confidence_scores: How sure, 0 to 1, one for each; later models give none.
        rendered_parts: Which parts were rendered.
    """

    segment: Segment | None = None
    grounding_chunk_indices: tuple[int, ...] = ()
    confidence_scores: tuple[float, ...] = ()
    rendered_parts: tuple[int, ...] = ()


@final
@frozen(kw_only=True)
class RetrievalMetadata(WireValue):
    """How likely, 0 to 1, that a search would help."""

    google_search_dynamic_retrieval_score: float = 0.0


@final
@frozen(kw_only=True)
class SearchEntryPoint(WireValue):
    """What must be shown where the answer is shown.

    Args:
        rendered_content: HTML to show.
        sdk_blob: JSON with the searches and where they lead, for the vendor's own packages.
    """

    rendered_content: str = ""
    sdk_blob: bytes = field(default=b"", repr=False)


@final
@frozen(kw_only=True)
class GroundingMetadataSourceFlaggingUri(WireValue):
    """Where to complain about a source."""

    source_id: str = ""
    flag_content_uri: str = ""


@final
@frozen(kw_only=True)
class GroundingMetadata(WireValue):
    """What the answer of a turn comes from.

    Args:
        grounding_chunks: The sources.
        grounding_supports: Which stretch of the answer leans on which of them.
        web_search_queries: What was searched for.
        image_search_queries: Which pictures were searched for.
        retrieval_queries: What was looked up in documents of one's own.
        retrieval_metadata: How likely that searching would help.
        search_entry_point: What must be shown with the answer.
        google_maps_widget_context_token: For a map to show with it.
        source_flagging_uris: Where to complain.
    """

    grounding_chunks: tuple[GroundingChunk, ...] = ()
    grounding_supports: tuple[GroundingSupport, ...] = ()
    web_search_queries: tuple[str, ...] = ()
    image_search_queries: tuple[str, ...] = ()
    retrieval_queries: tuple[str, ...] = ()
    retrieval_metadata: RetrievalMetadata | None = None
    search_entry_point: SearchEntryPoint | None = None
    google_maps_widget_context_token: str = ""
    source_flagging_uris: tuple[GroundingMetadataSourceFlaggingUri, ...] = ()


# --- pages that were read


@final
@frozen(kw_only=True)
class UrlMetadata(WireValue):
    """A page the model looked at, and how that went: one of URL_RETRIEVAL_STATUSES."""

    retrieved_url: str = ""
    url_retrieval_status: str = ""


URL_RETRIEVAL_STATUSES: Final = frozenset(
    {
        "URL_RETRIEVAL_STATUS_SUCCESS",
        "URL_RETRIEVAL_STATUS_ERROR",
        "URL_RETRIEVAL_STATUS_PAYWALL",
        "URL_RETRIEVAL_STATUS_UNSAFE",
    }
)
"""Known values of `UrlMetadata.url_retrieval_status`."""


@final
@frozen(kw_only=True)
class UrlContextMetadata(WireValue):
    """Pages the model looked at."""

    url_metadata: tuple[UrlMetadata, ...] = ()
