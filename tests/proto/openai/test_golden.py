"""The golden frames, all of them together: no field of any class goes without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
from helpers.golden import golden
from helpers.openai import let_in

from realtime_proto import openai
from realtime_proto.openai import TranslationConnection, TranslationServerConnection
from realtime_proto.wire import UNSET, UnknownObject

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {
    "client": "ga",
    "server": "ga",
    "beta-client": "beta",
    "beta-server": "beta",
    "azure-server": "azure",
    "azure-voice-live-client": "azure-voice-live",
    "azure-voice-live-server": "azure-voice-live",
    "xai-client": "xai",
    "xai-server": "xai",
}


def hearers() -> Iterator[tuple[Any, dict[str, Any]]]:
    """(who hears it, frame) for all golden frames."""
    for name, dialect in FILES.items():
        for frame in golden(f"openai/{name}"):
            yield let_in(name.rpartition("-")[2], dialect)[1], frame
    for frame in golden("openai/translation-client"):
        yield TranslationServerConnection(), frame
    for frame in golden("openai/translation-server"):
        yield TranslationConnection(), frame


def fields_of(value: Any) -> Iterator[tuple[str, str]]:
    """(class, field) of every field that holds something."""
    if isinstance(value, tuple):
        for item in value:
            yield from fields_of(item)
    elif isinstance(value, dict):
        yield from fields_of(tuple(value.values()))
    elif attrs.has(type(value)) and not isinstance(value, UnknownObject):
        for field in attrs.fields(type(value)):
            item = getattr(value, field.name)
            if item is not None and item is not UNSET:
                yield type(value).__name__, field.name
                yield from fields_of(item)


def test_every_field_has_a_golden_frame() -> None:
    """One in which it holds something."""
    seen = {
        found
        for hearer, frame in hearers()
        for event in hearer.receive(json.dumps(frame))
        for found in fields_of(event)
    }
    classes = [cls for name in openai.__all__ if attrs.has(cls := getattr(openai, name))]
    own = {(cls.__name__, field.name) for cls in classes for field in attrs.fields(cls)}
    assert own - {("Leniency", field.name) for field in attrs.fields(openai.Leniency)} == seen
