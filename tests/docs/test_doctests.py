"""The examples in docstrings, run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import realtime_io
import realtime_proto

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


def modules_with_examples() -> list[str]:
    """The modules whose docstrings have examples."""
    names = [
        module.name
        for package in (realtime_proto, realtime_io)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")
    ]
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [
        name
        for name in names
        if any(test.examples for test in finder.find(importlib.import_module(name)))
    ]


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_give_what_they_say(name: str) -> None:
    """Each docstring for itself."""
    result = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert 0 == result.failed
    assert result.attempted > 0
