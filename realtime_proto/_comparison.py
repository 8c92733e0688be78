"""Two records compared: the first place where they differ, as a path."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_proto._json import JsonObject, dumps, loads
from realtime_proto.report import Difference

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ("Comparison",)

MAX_SHOWN: Final = 200
"""Characters of a value in a difference."""


class _Missing:
    """Stands for a member or an item that is not there."""


_MISSING: Final = _Missing()
_Found: TypeAlias = tuple[str, Any, Any]


class Comparison:
    """Compares records of two recordings.

    Args:
        checks_audio: Whether the hashes of audio are compared; else only its lengths.
        ignored: Members of a record that may differ.

    Attributes:
        n_unchecked: Pieces of audio whose hashes were not compared.
    """

    def __init__(self, *, checks_audio: bool = True, ignored: Collection[str] = ()) -> None:
        self._checks_audio = checks_audio
        self._ignored = frozenset(ignored)
        self.n_unchecked = 0

    def difference(
        self, expected: JsonObject | None, actual: JsonObject | None, *, line: int
    ) -> Difference | None:
        """The first difference of two records; None: of a record that is not there."""
        if expected is None or actual is None:
            found: _Found | None = ("$", expected, actual)
        else:
            expected, actual = (
                {key: value for key, value in body.items() if key not in self._ignored}
                for body in (expected, actual)
            )
            found = self._first(expected, actual, "$")
        if found is None:
            return None
        path, was, came = found
        return Difference(line=line, path=path, expected=_shown(was), actual=_shown(came))

    def _first(self, expected: Any, actual: Any, path: str) -> _Found | None:
        if isinstance(expected, dict) and isinstance(actual, dict):
            return self._first_in_object(expected, actual, path)
        if isinstance(expected, list) and isinstance(actual, list):
            pairs = zip_longest(expected, actual, fillvalue=_MISSING)
            inner = (self._first(e, a, f"{path}[{n}]") for n, (e, a) in enumerate(pairs))
            return next((found for found in inner if found is not None), None)
        same = expected == actual and (expected.__class__ is bool) is (actual.__class__ is bool)
        return None if same else (path, expected, actual)

    def _first_in_object(
        self, expected: dict[str, Any], actual: dict[str, Any], path: str
    ) -> _Found | None:
        if not self._checks_audio and expected.keys() >= {"n_bytes", "sha256"}:
            self.n_unchecked += 1
            expected = {**expected, "sha256": actual.get("sha256")}
        for key in dict.fromkeys((*expected, *actual)):
            was, came = expected.get(key, _MISSING), actual.get(key, _MISSING)
            found = self._first(was, came, f"{path}.{key}")
            if found is not None and key == "frame":
                found = self._within_frames(was, came, found)
            if found is not None:
                return found
        return None

    def _within_frames(self, expected: Any, actual: Any, whole: _Found) -> _Found:
        """Where in two frames the difference is; the frames themselves where they say the same."""
        try:
            was, came = loads(expected), loads(actual)
        except (ValueError, TypeError):
            return whole
        return self._first(was, came, whole[0]) or whole


def _shown(value: Any) -> str | None:
    return None if value is None or value is _MISSING else dumps(value)[:MAX_SHOWN]
