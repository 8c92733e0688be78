"""The vendor's own package reads every recorded message as we do.

What google-genai reads, ours reads, and every value it then has, ours has too, under the same name.
Where that is not so, the exception is listed with its reason. What google-genai has no field for is
no matter here: that nothing is lost is shown by `test_recordings`.
"""

from __future__ import annotations

import enum
import importlib
import json
import warnings
from typing import TYPE_CHECKING, Any, Final

import pytest
from helpers import wire
from helpers.gemini import reader_of
from helpers.require import require

from realtime_proto._codec import camel_case
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.gemini import CLIENT_MEMBERS, SERVER_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.wire, pytest.mark.interop]

RENAMED: Final = {
    ("voice_activity", "voice_activity_type"): "type",  # the wire's name
}
"""(member, their attribute) -> ours, where the names differ."""

VERTEX_RENAMES: Final = {
    # Their converter gives the Gemini Developer API's names to what Vertex AI counts.
    ("usage_metadata", "response_token_count"): "candidates_token_count",
    ("usage_metadata", "response_tokens_details"): "candidates_tokens_details",
}

ONLY_THEIRS: Final = {
    "sessionResumptionUpdate.resumable": "text for a flag: pydantic turns it into one, proto3 JSON "
    "does not, and no server was seen to write it",
}
"""What theirs reads and ours refuses, by path."""

ONLY_OURS: Final = {
    "setup.realtimeInputConfig": "their class for the set-up has no such field, though the package "
    "sends it",
}
"""What ours reads and theirs refuses, by path."""


@pytest.fixture(scope="module")
def genai() -> Any:
    """google-genai's types and converters."""
    require("wire", wire.missing())
    missing = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it imports
        try:
            module = importlib.import_module("google.genai")
        except ImportError as error:
            module, missing = None, f"google-genai cannot be imported: {error}"
    require("interop", missing)
    return module


def messages() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(direction, surface, message) for all that was recorded, and all examples."""
    for session in wire.sessions("gemini"):
        for direction, message in session.frames:
            yield direction, session.head["dialect"], message
    for line in wire.single_frames("gemini"):
        yield line["direction"], line["dialect"], line["frame"]


def read_by_theirs(genai: Any, direction: str, surface: str, message: dict[str, Any]) -> Any:
    """*message* as google-genai reads it. Raises ValueError where it does not."""
    if direction == "client":
        return genai.types.LiveClientMessage.model_validate_json(json.dumps(message))
    converters = importlib.import_module("google.genai._live_converters")
    convert = getattr(converters, f"_LiveServerMessage_from_{surface}")
    return genai.types.LiveServerMessage._from_response(response=convert(message), kwargs={})


def test_what_theirs_reads_ours_reads(genai: Any) -> None:
    """Every message theirs reads gives the same values here, but for what is listed."""
    only_theirs: set[str] = set()
    only_ours: set[str] = set()
    n_equal = n_refused = 0
    for direction, surface, message in messages():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns of values it does not know
                theirs = read_by_theirs(genai, direction, surface, message)
        except ValueError as refusal:
            theirs = refusal
        try:
            events = reader_of(direction).receive(json.dumps(message))
        except RemoteProtocolError as error:
            n_refused += 1
            if not isinstance(theirs, ValueError):
                only_theirs.update(path.removeprefix("$.") for path in error.paths)
            continue
        if isinstance(theirs, ValueError):
            only_ours |= paths_of(theirs)
            continue
        table = CLIENT_MEMBERS if direction == "client" else SERVER_MEMBERS
        names = {cls: member for member, cls in table.items()}
        ours = {names[type(event)]: event for event in events}
        for name, value in said(theirs):
            renamed = {**RENAMED, **(VERTEX_RENAMES if surface == "vertex" else {})}
            assert not differences(value, ours[camel_case(name)], (name,), renamed), message
        n_equal += 1
    print(f"recordings: gemini: {n_equal} messages as google-genai reads them")
    assert ONLY_THEIRS.keys() == only_theirs
    assert ONLY_OURS.keys() == only_ours
    assert n_equal > 600


def paths_of(refusal: Any) -> set[str]:
    """The paths that pydantic names."""
    return {".".join(map(str, fault["loc"])) for fault in refusal.errors()}


def said(model: Any) -> list[tuple[str, Any]]:
    """(name, value) of what a model of theirs holds."""
    pairs = [(name, getattr(model, name)) for name in type(model).model_fields]
    return [(name, value) for name, value in pairs if value is not None]


def is_model(value: Any) -> bool:
    """Whether it is a model of theirs."""
    return hasattr(type(value), "model_fields")


def differences(
    theirs: Any, ours: Any, path: tuple[str, ...], renamed: dict[tuple[str, str], str]
) -> list[str]:
    """Paths of the values that theirs has and ours has not."""
    if is_model(theirs):
        return [
            difference
            for name, value in said(theirs)
            for difference in differences(
                value,
                getattr(ours, renamed.get((path[-1], name), name)),
                (*path, name),
                renamed,
            )
        ]
    pairs: list[tuple[Any, Any]] = []
    if isinstance(theirs, list) and len(theirs) == len(ours):
        pairs = list(zip(theirs, ours, strict=True))
    if isinstance(theirs, dict) and any(map(is_model, theirs.values())):
        pairs = [(item, ours[key]) for key, item in theirs.items()]
    if pairs:
        return [found for a, b in pairs for found in differences(a, b, path, renamed)]
    value = theirs.value if isinstance(theirs, enum.Enum) else theirs
    same = list(ours) if isinstance(ours, tuple) else ours
    return [] if value == same else [f"{'.'.join(path)}: {value!r} is {ours!r}"]
