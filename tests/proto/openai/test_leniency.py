"""What servers leave out or misplace: every row is needed, and what it lets pass has a value."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from typing import get_args

import pytest
from helpers.golden import golden
from helpers.openai import let_in, read

from realtime_proto._codec import Codec
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.openai import (
    DIALECTS,
    LENIENCY,
    AudioPart,
    ConversationItemInputAudioTranscriptionCompleted,
    FunctionTool,
    ResponseContentPartDone,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseOutputItemAdded,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
)
from realtime_proto.openai.leniency import rules


@pytest.mark.parametrize("row", LENIENCY, ids=lambda row: f"{row.server}-{row.path}")
def test_every_row_of_leniency_is_needed(row) -> None:
    """Without it a golden frame of its server is refused, or a member of it has no place."""
    without = tuple(other for other in LENIENCY if other is not row)
    codec = Codec(dialect=row.server, rules=rules(row.server, without))
    fates = set()
    for frame in golden(f"openai/{row.server}-server"):
        _, hearer = let_in("server", row.server)
        hearer._codec, hearer._routes = codec, {}
        try:
            hearer.receive(json.dumps(frame))
        except RemoteProtocolError:
            fates.add("refused")
        else:
            fates.add("drifts" if hearer.drift else "read")
    assert fates & {"refused", "drifts"}


@pytest.mark.parametrize("row", LENIENCY, ids=lambda row: f"{row.server}-{row.path}")
def test_a_row_of_leniency_names_a_dialect_an_event_and_its_evidence(row) -> None:
    """A row for a dialect nobody can choose would never be used."""
    assert row.server in DIALECTS
    assert row.evidence
    names = row.path.split(".")
    heads = [".".join(names[:n]).replace(".", r"\.").replace("*", "[a-z]+") for n in range(2, 6)]
    tags = [cls.type for cls in get_args(ServerEvent)]
    assert any(re.fullmatch(head, tag) for head in heads for tag in tags)


@pytest.mark.parametrize(
    "name", ["_codec", "_compile", "_connection", "_leniency", "_scalars", "openai._connection"]
)
def test_no_server_is_named_where_frames_are_read(name) -> None:
    """What servers do otherwise is data: rows and tables."""
    source = inspect.getsource(importlib.import_module(f"realtime_proto.{name}")).lower()
    assert not re.findall("azure|voice.?live|xai|grok|beta", source)


def test_what_a_row_lets_pass_has_a_value() -> None:
    """Whoever reads an event of xAI sees no difference."""
    events = {type(e): e for e in (read("xai", frame) for frame in golden("openai/xai-server"))}
    assert events[ResponseContentPartDone].part == AudioPart()
    assert events[ResponseFunctionCallArgumentsDelta].output_index == 0
    assert events[ResponseOutputItemAdded].item.content == ()
    done = events[ResponseDone].response
    assert done.status_details is None
    assert done.usage.total_tokens == 257
    assert done.usage.input_token_details.text_tokens == 8
    assert events[ConversationItemInputAudioTranscriptionCompleted].usage is None
    assert events[SessionCreated].session.audio.input.turn_detection is None
    (tool,) = events[SessionUpdated].session.tools
    assert tool == FunctionTool(
        name="get_weather", description="Weather of a city.", parameters={"type": "object"}
    )


def test_what_came_from_one_server_goes_to_another_as_the_classes_have_it() -> None:
    """Its omissions are its own."""
    frame = next(f for f in golden("openai/xai-server") if f["type"] == "response.done")
    said = json.loads(let_in("server", "ga")[0].send(read("xai", frame)))
    assert said["response"]["usage"]["total_tokens"] == 257
    assert "usage" not in said
    assert "status_details" not in said["response"]
