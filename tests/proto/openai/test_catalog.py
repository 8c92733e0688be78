"""What is known of models and voices: OpenAI's, and those of servers that speak its protocol."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
from helpers.http import package
from helpers.require import require
from helpers.wire import catalogue, missing

from realtime_proto.openai import catalog
from realtime_proto.openai.endpoint import DEFAULT_MODEL, DEFAULT_TRANSLATION_MODEL
from realtime_proto.openai.xai import DEFAULT_MODEL as XAI_MODEL

if TYPE_CHECKING:
    from realtime_proto.models import ModelInfo

LISTS = (catalog.MODELS, catalog.VOICE_LIVE_MODELS, catalog.XAI_MODELS)


@pytest.mark.parametrize("models", LISTS)
def test_each_model_is_listed_once_with_a_day_that_is_one(models: tuple[ModelInfo, ...]) -> None:
    """Names are unique, and days of shutdown are written alike."""
    names = [model.name for model in models]
    assert sorted(set(names)) == sorted(names)
    assert all(re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", m.ends) for m in models if m.ends)


def test_the_defaults_are_in_the_lists() -> None:
    """What is taken where nobody chose is known."""
    assert {DEFAULT_MODEL, DEFAULT_TRANSLATION_MODEL} <= {m.name for m in catalog.MODELS}
    assert XAI_MODEL in {m.name for m in catalog.XAI_MODELS}
    transcribers = {m.name for m in catalog.MODELS if m.task == "transcription"}
    assert catalog.profile_of(DEFAULT_MODEL).transcription_model in transcribers


def test_the_recommended_voices_come_first() -> None:
    """Ten voices, two of them recommended by the vendor."""
    assert ["marin", "cedar"] == [v.name for v in catalog.VOICES if "recommended" in v.note]
    assert 10 == len({voice.name for voice in catalog.VOICES})
    assert {"ara", "eve", "leo", "rex", "sal"} == {v.name for v in catalog.XAI_VOICES}


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gpt-realtime-2.1-mini", "accepted"),
        ("gpt-realtime-2", "accepted"),
        ("gpt-realtime-2025-08-28", "refused"),
        ("gpt-realtime-mini-2025-12-15", "refused"),
        ("gpt-realtime-1.5", "refused"),
        ("gpt-4o-realtime-preview", "refused"),
        ("my-deployment", "accepted"),
    ],
)
def test_models_that_reason_are_told_from_those_that_do_not(model: str, thinking: str) -> None:
    """A snapshot of the first generation has a date that begins like the second; a name that tells
    nothing is refused nothing.
    """
    assert thinking == catalog.profile_of(model).thinking_level


@pytest.mark.interop
def test_the_names_are_those_of_the_vendors_package() -> None:
    """Every model of a conversation and every voice that openai-python knows by name, but for
    snapshots, the previews before 2025-08 and the models that are no realtime ones.
    """
    realtime = package("openai.types.realtime")
    request = realtime.RealtimeSessionCreateRequest.model_fields
    output = realtime.RealtimeAudioConfigOutput.model_fields
    known = {model.name for model in catalog.MODELS}
    for name in _literals(request["model"].annotation):
        snapshot = re.search(r"-\d{4}-\d\d-\d\d$", name)
        if not snapshot and not name.startswith(("gpt-4o", "gpt-audio")):
            assert name in known
    voices = _literals(output["voice"].annotation)
    assert {voice.name for voice in catalog.VOICES} == voices


def _literals(hint: Any) -> set[str]:
    if isinstance(hint, str):
        return {hint}
    return set().union(*map(_literals, get_args(hint))) if get_args(hint) else set()


@pytest.mark.wire
def test_every_recorded_model_and_voice_is_known() -> None:
    """Of the message catalogue, but for snapshots and previews."""
    require("wire", missing())
    types = catalogue("openai_events")["types"]
    voices = set(types["RealtimeAudioConfigOutput"]["fields"]["voice"]["enum"])
    assert voices == {voice.name for voice in catalog.VOICES}
    transcribers = types["AudioTranscription"]["fields"]["model"]["enum"]
    known = {model.name for model in catalog.MODELS if model.task == "transcription"}
    assert set(transcribers) - known == {"gpt-4o-mini-transcribe-2025-12-15"}, json.dumps(
        sorted(known)
    )
