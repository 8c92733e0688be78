"""What the package offers: everything public of its modules, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import fields, has

from realtime_proto import gemini
from realtime_proto.gemini import (
    _connection,
    _state,
    events,
    generation,
    grounding,
    json_schema,
    parts,
    retrieval,
    schema,
    setup,
    tools,
)

if TYPE_CHECKING:
    from types import ModuleType


VOCABULARY = (events, generation, grounding, parts, retrieval, schema, setup, tools)


@pytest.mark.parametrize("module", [*VOCABULARY, _connection, json_schema])
def test_everything_public_is_offered(module: ModuleType) -> None:
    """Each name in a module's `__all__` is in the package's, and is the same thing."""
    assert set(module.__all__) <= set(gemini.__all__)
    assert all(getattr(gemini, name) is getattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("module", VOCABULARY)
def test_every_class_is_public(module: ModuleType) -> None:
    """No class of the vocabulary was forgotten."""
    own = {
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    assert own <= set(module.__all__)


def test_lists_are_sorted_and_without_repetition() -> None:
    """`__all__` is complete, and each name is in it once."""
    for module in (gemini, *VOCABULARY, _connection, _state, json_schema):
        assert len(set(module.__all__)) == len(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)
    assert gemini.Phase is _state.Phase


def test_every_class_says_what_it_is() -> None:
    """Every class has a docstring of its own and takes keywords only."""
    for name in gemini.__all__:
        value = getattr(gemini, name)
        if isinstance(value, type) and has(value):
            assert value.__doc__, name
            assert all(field.kw_only for field in fields(value)), name
