"""The package exports what its modules export, and nothing is left out or named twice."""

from __future__ import annotations

import importlib
from typing import Any, get_args, get_type_hints

import attrs
import pytest

from realtime_proto import openai

WHOLE = ("_connection", "events", "items", "prompt", "response", "session", "tools", "translation")
"""Modules whose every public name the package exports."""

PART = {
    "_state": {"Phase", "TranslationPhase"},
    "leniency": {"LENIENCY", "Leniency"},
}
"""Modules that have public names for the package's own use besides."""


def public(module: str) -> set[str]:
    """The names in a module's `__all__`."""
    return set(importlib.import_module(f"realtime_proto.openai.{module}").__all__)


def test_the_package_exports_its_modules() -> None:
    """All of them, each name once, and each is there."""
    expected = set().union(*map(public, WHOLE), *PART.values())
    assert expected == set(openai.__all__)
    assert len(openai.__all__) == len(set(openai.__all__))
    assert all(hasattr(openai, name) for name in openai.__all__)
    assert all(names <= public(module) for module, names in PART.items())


@pytest.mark.parametrize("module", WHOLE)
def test_every_class_of_a_module_is_in_its_all(module) -> None:
    """A class nobody can import is of no use."""
    loaded = importlib.import_module(f"realtime_proto.openai.{module}")
    own = {
        name
        for name, value in vars(loaded).items()
        if attrs.has(value) and value.__module__ == loaded.__name__
    }
    assert own <= public(module)


@pytest.mark.parametrize("module", WHOLE)
def test_every_constant_of_a_module_is_in_its_all(module) -> None:
    """Vocabularies are there to be used."""
    loaded = importlib.import_module(f"realtime_proto.openai.{module}")
    own = {
        name
        for name, value in vars(loaded).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, tuple)
    }
    assert own <= public(module)


def test_every_class_is_part_of_an_event() -> None:
    """What no event carries could never be sent."""
    reached: set[type] = set()
    waiting: list[Any] = [
        openai.ClientEvent,
        openai.ServerEvent,
        openai.TranslationClientEvent,
        openai.TranslationServerEvent,
    ]
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if attrs.has(hint) and hint not in reached:
            reached.add(hint)
            waiting += get_type_hints(hint).values()
    carried = {getattr(openai, name) for name in openai.__all__ if attrs.has(getattr(openai, name))}
    assert carried - {openai.Leniency} <= reached
