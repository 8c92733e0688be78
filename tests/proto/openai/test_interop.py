"""The vendor's own package reads every recorded frame as we do.

What the models of `openai` accept, ours reads, and every value they then hold, ours holds too,
under the same name, or where a name of the flat beta dialect is moved to. Where theirs turns one
thing into another and ours refuses, the case is listed with its reason. What theirs has no field
for is no matter here: that nothing is lost is shown by `test_recordings`.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs
import pytest
from helpers import wire
from helpers.openai import let_in
from helpers.require import require

from realtime_proto.errors import RemoteProtocolError
from realtime_proto.openai._shapes import FORMATS, READ, TAGS
from realtime_proto.wire import UNSET, UnknownEvent, UnknownObject

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.wire, pytest.mark.interop]

DIALECTS: Final = {
    "ga": "ga",
    "azure-ga": "azure",
    "beta": "beta",
    "azure_voice_live": "azure-voice-live",
    "xai": "xai",
}
"""What the labels of recordings mean."""

FLAT: Final = ("beta", "azure-voice-live")
"""Dialects that are read with the package's models of the beta."""

STARTED: Final = {
    "type": "input_audio_buffer.speech_started",
    "event_id": "e",
    "item_id": "i",
    "audio_start_ms": 1000,
}

DELTA: Final = {
    "type": "response.output_audio.delta",
    "event_id": "e",
    "response_id": "r",
    "item_id": "i",
    "output_index": 0,
    "content_index": 0,
    "delta": "AAEC",
}

COERCED: Final = [
    (STARTED, "audio_start_ms", "1000", "text is no number; no server was seen to write it"),
    (STARTED, "audio_start_ms", 1000.0, "a count has no fraction; no server was seen to write it"),
    (STARTED, "audio_start_ms", True, "a truth value is no number"),
    (DELTA, "delta", "AAE", "not padded: a piece of it may be missing"),
    (DELTA, "delta", "AA-_", "the other alphabet: OpenAI's servers do not write it"),
    (DELTA, "delta", "no audio", "not base64: it would be heard as noise"),
]
"""(frame, member, value, why ours refuses) where theirs takes it for what it is not."""


@pytest.fixture(scope="module")
def models() -> Any:
    """(flat, direction, tag) -> the package's model."""
    require("wire", wire.missing())
    found = {}
    try:
        for flat in (False, True):
            for direction in ("client", "server"):
                package = f"openai.types.{'beta.' if flat else ''}realtime"
                module = importlib.import_module(f"{package}.realtime_{direction}_event")
                union = getattr(module, f"Realtime{direction.capitalize()}Event")
                for model in get_args(get_args(union)[0]):
                    (tag,) = get_args(model.model_fields["type"].annotation)
                    found[flat, direction, tag] = model
    except ImportError as error:
        require("interop", f"openai cannot be imported: {error}")
    return found


def recorded() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(dialect, direction, frame) for all that was recorded."""
    for session in wire.sessions("openai"):
        server = session.head["server"]
        label = server if server in DIALECTS else session.head["dialect"]
        for direction, frame in session.frames:
            yield DIALECTS[label], direction, frame
    for line in wire.single_frames("openai"):
        if line.get("recorded") and line["direction"] in ("client", "server"):
            yield DIALECTS[line["dialect"]], line["direction"], line["frame"]


def read_by_theirs(models: Any, dialect: str, direction: str, frame: dict[str, Any]) -> Any:
    """*frame* as the package's model, or None where it does not accept it."""
    flat = dialect in FLAT
    model = models.get((flat, direction, frame["type"])) or models.get(
        (False, direction, frame["type"])
    )
    if model is None:
        return None
    try:
        return model.model_validate(frame)
    except ValueError:
        return None


def test_what_theirs_reads_ours_reads_with_equal_values(models) -> None:
    """Every recorded frame of every server and client."""
    counts: Counter[str] = Counter()
    for dialect, direction, frame in recorded():
        theirs = read_by_theirs(models, dialect, direction, frame)
        counts[f"{dialect} {'read' if theirs else 'not read'} by theirs"] += 1
        if theirs is None:
            continue
        hearer = let_in(direction, dialect)[1]
        (ours,) = hearer.receive(json.dumps(frame))
        assert not isinstance(ours, UnknownEvent)
        compared = Counter(path for path, *pair in pairs(theirs, ours, "$") if same(*pair, path))
        counts["values"] += sum(compared.values())
    print(dict(counts))
    assert counts["ga read by theirs"] > 500
    assert counts["azure read by theirs"] > 350
    assert counts["values"] > 10_000


def pairs(theirs: Any, ours: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """(path, their value, ours) for every scalar that theirs was given."""
    if hasattr(theirs, "model_fields_set"):
        for name in theirs.model_fields_set & set(type(theirs).model_fields):
            wire_name = type(theirs).model_fields[name].alias or name
            yield from pairs(getattr(theirs, name), ours_at(ours, wire_name), f"{path}.{wire_name}")
    elif isinstance(theirs, list):
        assert len(theirs) == len(ours), path
        for number, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from pairs(one, other, f"{path}[{number}]")
    else:
        yield path, theirs, ours


def ours_at(ours: Any, name: str) -> Any:
    """What we hold under a name of the wire, flat names where they are moved."""
    if isinstance(ours, UnknownObject):
        return ours.raw.get(name, UNSET)
    if isinstance(ours, Mapping):
        return ours[name]
    if name in attrs.fields_dict(type(ours)) or name == "type":
        return getattr(ours, name)
    for move in (move for _, moves in READ.values() for move in moves):
        if move.flat == name:
            found = ours
            for step in move.place:
                found = getattr(found, step)
            return found
    raise AssertionError(f"{type(ours).__name__} has no {name}")


def same(theirs: Any, ours: Any, path: str) -> bool:
    """Asserts that two values are the same, the wire's spelling aside."""
    if theirs is None:
        assert ours is None or ours is UNSET, path
    elif isinstance(ours, bytes):
        assert base64.b64decode(theirs) == ours, path
    elif path.endswith("audio_format"):
        assert ours.type == FORMATS[theirs], path
    elif path == "$.type":
        assert TAGS.get(theirs, theirs) == ours
    else:
        assert theirs == ours, path
    return True


@pytest.mark.parametrize(("frame", "member", "value", "reason"), COERCED)
def test_what_theirs_takes_for_what_it_is_not_ours_refuses(
    models, frame, member, value, reason
) -> None:
    """And reads where it is written as it should be."""
    odd = {**frame, member: value}
    assert reason
    assert read_by_theirs(models, "ga", "server", odd) is not None
    hearer = let_in("server")[1]
    with pytest.raises(RemoteProtocolError) as caught:
        hearer.receive(json.dumps(odd))
    assert caught.value.paths == (f"$.{member}",)
    assert len(hearer.receive(json.dumps(frame))) == 1
