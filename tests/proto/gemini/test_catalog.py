"""What is known of Gemini Live's models and voices."""

from __future__ import annotations

import pytest

from realtime_proto.gemini import catalog, vertex
from realtime_proto.gemini.endpoint import DEFAULT_MODEL
from realtime_proto.models import ModelInfo, ModelProfile

LISTS = (catalog.MODELS, catalog.VERTEX_MODELS)


@pytest.mark.parametrize("models", LISTS)
def test_each_model_is_listed_once_and_has_a_profile_of_its_family(
    models: tuple[ModelInfo, ...],
) -> None:
    """None of the listed ones falls through to the bare profile."""
    names = [model.name for model in models]
    assert sorted(set(names)) == sorted(names)
    assert all(catalog.profile_of(name).prefix for name in names)


def test_the_defaults_are_in_the_lists() -> None:
    """What is taken where nobody chose is known."""
    assert DEFAULT_MODEL in {m.name for m in catalog.MODELS}
    assert vertex.DEFAULT_MODEL in {m.name for m in catalog.VERTEX_MODELS}


def test_there_are_thirty_voices_and_each_is_described() -> None:
    """By the vendor's own words; a name begins with a capital."""
    assert 30 == len({voice.name for voice in catalog.VOICES})
    assert all(voice.name.istitle() and voice.note for voice in catalog.VOICES)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            "models/gemini-3.1-flash-live-preview",
            {
                "text_is_realtime": True,
                "history": "at the start",
                "history_is_announced": True,
                "tool_behaviors": ("BLOCKING",),
                "accepts_media_chunks": False,
                "accepts_empty_resumption": False,
                "proactive_audio": "refused",
                "affective_dialog": "refused",
            },
        ),
        (
            "gemini-3.8-live",
            {
                "text_is_realtime": False,
                "history": "any time",
                "tool_behaviors": ("NON_BLOCKING", "BLOCKING"),
                "thinking_level": "refused",
                "proactive_audio": "required",
                "output_modalities": ("audio",),
            },
        ),
        (
            "gemini-3.8-live-extended-thinking",
            {
                "tool_behaviors": ("NON_BLOCKING",),
                "thinking_level": "required",
                "thinking_levels": ("LOW", "MEDIUM", "HIGH"),
            },
        ),
        (
            "gemini-2.5-flash-native-audio-preview-12-2025",
            {
                "history_ends_with_user": True,
                "tool_behaviors": ("BLOCKING", "NON_BLOCKING"),
                "runs_code": False,
                "combines_search": False,
                "accepts_context_update": False,
                "accepts_media_chunks": True,
            },
        ),
        ("gemini-3.5-transcribe-live", {"output_modalities": ("text",)}),
        ("gemini-9-live", {"output_modalities": ("audio", "text"), "prefix": ""}),
    ],
)
def test_each_generation_has_its_own_rules(model: str, expected: dict[str, object]) -> None:
    """What one wants, the next closes the connection for."""
    profile = catalog.profile_of(model)
    assert expected == {name: getattr(profile, name) for name in expected}


def test_a_model_is_the_same_on_both_surfaces() -> None:
    """2.5 native audio has another name on Vertex, and the same profile."""
    here = catalog.profile_of("gemini-2.5-flash-native-audio-latest")
    there = catalog.profile_of(vertex.model_name(None, project="p"))
    assert isinstance(there, ModelProfile)
    fields = [name for name in ModelProfile.__slots__ if name not in ("prefix", "__weakref__")]
    assert [getattr(here, name) for name in fields] == [getattr(there, name) for name in fields]
