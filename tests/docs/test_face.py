"""docs/face.md names everything that the face has."""

from __future__ import annotations

import inspect
import re

import attrs
import pytest
from helpers.pages import DOCS

import realtime_io
from realtime_io import RealtimeConfig, RealtimeError, RealtimeVoice, VoiceSession
from realtime_io._callbacks import CallbackRegistry

PAGE = (DOCS / "face.md").read_text("utf-8")
CODE = " ".join(re.findall(r"`[^`\n]+`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))


def public(cls: type) -> list[str]:
    """The methods and properties of a class."""
    return [name for name in vars(cls) if not name.startswith("_")]


ERRORS = [
    name
    for name in realtime_io.__all__
    if inspect.isclass(cls := getattr(realtime_io, name)) and issubclass(cls, RealtimeError)
]


@pytest.mark.parametrize(
    "name",
    [
        *(attribute.name for attribute in attrs.fields(RealtimeConfig)),
        *(name for name in inspect.signature(RealtimeVoice).parameters if name != "config"),
        *public(RealtimeVoice),
        *public(VoiceSession),
        *public(CallbackRegistry),
        *ERRORS,
    ],
)
def test_the_page_names_it(name: str) -> None:
    """As code, in its text or its tables."""
    assert re.search(rf"(?<![\w.]){name}\b|\.{name}\b", CODE), name
