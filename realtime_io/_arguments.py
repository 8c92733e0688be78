"""Refuses arguments of the wrong kind where they are given; says which, and what it must be."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from realtime_proto.errors import ConfigurationError

__all__ = ("check_function", "check_kind", "check_number", "check_several", "check_whole")


def check_function(name: str, value: object) -> None:
    """Raises ConfigurationError where it cannot be called."""
    if not callable(value):
        raise ConfigurationError(f"{name} must be a function, not {value!r:.60}")


def check_several(**texts: object) -> None:
    """Raises ConfigurationError where one is no collection of texts.

    One text would be taken for its letters, and an origin for whatever is part of it.
    """
    for name, value in texts.items():
        if isinstance(value, str | bytes) or not isinstance(value, Collection):
            raise ConfigurationError(f"{name} are several: give a list, not {value!r:.60}")
        for one in value:
            if not isinstance(one, str):
                raise ConfigurationError(f"{name} are texts, not {one!r:.60}")


def check_kind(name: str, value: object, kind: type) -> None:
    """Raises ConfigurationError where it is not of that class."""
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name} must be a {kind.__name__}, not {value!r:.60}")


def check_whole(name: str, value: Any, allowed: range) -> None:
    """Raises ConfigurationError where it is no whole number, or one that is not allowed."""
    if value.__class__ is not int or value not in allowed:
        raise ConfigurationError(
            f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}, not {value!r:.60}"
        )


def check_number(**values: Any) -> None:
    """Raises ConfigurationError where one is no finite number from 0."""
    for name, value in values.items():
        if value.__class__ not in (int, float) or not 0 <= value < math.inf:
            raise ConfigurationError(f"{name} must be a number from 0, not {value!r:.60}")
