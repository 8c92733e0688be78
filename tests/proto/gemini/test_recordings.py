"""Recorded traffic of real servers and clients goes through, message by message, and out again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from helpers import wire
from helpers.gemini import reader_of, said_again
from helpers.require import require

from realtime_proto._codec import Int64, camel_case
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.gemini import (
    CLIENT_MEMBERS,
    SERVER_MEMBERS,
    GeminiConnection,
    GeminiServerConnection,
    Phase,
    RealtimeInput,
    SetupComplete,
    UnknownEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.wire


@pytest.fixture(autouse=True)
def _recordings() -> None:
    require("wire", wire.missing())


def spelled_alike(value: Any, hint: Any) -> Any:
    """*value*, the JSON of a *hint*, in one spelling: camelCase names of fields, 64-bit integers as
    numbers, base64 in the standard alphabet.
    """
    kinds = get_args(hint)
    if hint is Int64:
        return int(value)
    if hint is bytes:
        return value.replace("-", "+").replace("_", "/")
    if attrs.has(hint) and isinstance(value, dict):
        hints = {camel_case(name): kind for name, kind in get_type_hints(hint).items()}
        renamed = {camel_case(name): item for name, item in value.items()}
        return {name: spelled_alike(item, hints.get(name)) for name, item in renamed.items()}
    if get_origin(hint) is tuple:
        return [spelled_alike(item, kinds[0]) for item in value]
    if get_origin(hint) is Mapping:
        return {name: spelled_alike(item, kinds[1]) for name, item in value.items()}
    if get_origin(hint) in (Union, UnionType) and value is not None:
        for kind in kinds:
            value = spelled_alike(value, kind)
    return value


def check_said_again(message: dict[str, Any], events: Iterable[Any]) -> None:
    """The *events* that *message* gave make up the message again."""
    members = {camel_case(name): body for name, body in message.items()}
    said = said_again(events)
    assert members.keys() == said.keys()
    for member, cls in {**CLIENT_MEMBERS, **SERVER_MEMBERS}.items():
        if member in members:
            assert spelled_alike(members[member], cls) == spelled_alike(said[member], cls)


def test_sessions_of_servers() -> None:
    """Every recorded message is read by the role it was said to, nothing malformed or unknown, and
    goes out again as it came.
    """
    counts: Counter[str] = Counter()
    drift: Counter[str] = Counter()
    for session in wire.sessions("gemini"):
        client, server = GeminiConnection(), GeminiServerConnection()
        for direction, message in session.frames:
            reader = client if direction == "server" else server
            events = reader.receive(json.dumps(message))
            counts[f"{direction} messages"] += 1
            counts["events"] += len(events)
            counts["unknown"] += sum(isinstance(event, UnknownEvent) for event in events)
            assert events or not message, (session.name, message)
            check_said_again(message, events)
        counts["sessions"] += 1
        counts[session.head["dialect"]] += 1
        drift.update(client.drift)
        drift.update(server.drift)
    print(f"recordings: gemini: {dict(counts)}, drift: {dict(drift)}")
    assert counts["mldev"] > 0
    assert counts["vertex"] > 0
    assert counts["unknown"] == 0
    assert drift == {}


def test_sessions_in_turn() -> None:
    """A recorded session is in turn at both ends, and every event of it can be said again."""
    for session in wire.sessions("gemini"):
        client, server = GeminiConnection(), GeminiServerConnection()
        for direction, message in session.frames:
            if direction == "client":
                (event,) = server.receive(json.dumps(message))
                assert GeminiServerConnection().receive(client.send(event)) == [event]
            else:
                for said in client.receive(json.dumps(message)):
                    assert GeminiConnection().receive(server.send(said)) == [said]
        assert (client.unexpected, server.unexpected) == (0, 0), session.name
        assert (client.phase, server.phase) == (Phase.READY, Phase.READY), session.name


UNREADABLE: Final = {
    "a placeholder stands for audio or a picture": (
        *(352, 353, 357, 362, 363, 367, 371, 373, 375, 376, 377, 379),
        *(384, 385, 386, 387, 389, 390, 391, 396),
    ),
    "a placeholder stands for a configuration or a list": (345, 347, 348, 351, 354, 356, 359),
    "a word stands for audio or a picture, and is no base64": (338, 339, 340),
    "a test has text for a flag, which proto3 JSON does not": (212, 213),
}
"""Example lines that are no messages, by what is wrong with them. None of them is recorded."""


def test_single_frames() -> None:
    """Every example is read by the role it is said to and goes out again as it came; what cannot be
    read is listed, and none of it was recorded.
    """
    unreadable: set[int] = set()
    counts: Counter[str] = Counter()
    for number, line in enumerate(wire.single_frames("gemini"), 1):
        reader = reader_of(line["direction"])
        try:
            events = reader.receive(json.dumps(line["frame"]))
        except RemoteProtocolError:
            assert line["provenance"] != "recorded", number
            unreadable.add(number)
            continue
        assert not any(isinstance(event, UnknownEvent) for event in events), number
        assert reader.drift == {}, number
        check_said_again(line["frame"], events)
        counts[line["provenance"]] += 1
    print(f"recordings: gemini: single frames: {dict(counts)}, unreadable: {len(unreadable)}")
    assert {number for numbers in UNREADABLE.values() for number in numbers} == unreadable
    assert len(unreadable) == 32
    assert counts["recorded"] > 0


def test_clients_of_other_makers() -> None:
    """What official clients send to a server is read, without loss, and goes out again as it came.

    The scripts that ran them say everything there is to say, so they also mark activity that the
    set-up leaves to the server: that is delivered, and all that is unexpected.
    """
    counts: Counter[str] = Counter()
    marks: Counter[str] = Counter()
    servers: dict[str, GeminiServerConnection] = {}
    for name, text in wire.client_frames():
        if "genai" not in name:
            continue
        server = servers.setdefault(name, GeminiServerConnection())
        (event,) = server.receive(text)
        if server.phase is Phase.SETTING_UP:
            server.send(SetupComplete())
        counts[name] += 1
        if isinstance(event, RealtimeInput):
            marks[name] += bool(event.activity_start or event.activity_end)
        assert not isinstance(event, UnknownEvent)
        check_said_again(json.loads(text), [event])
    print(f"recordings: gemini: clients: {dict(counts)}")
    assert set(counts) == {"genai_py", "n_genai"}
    for name, server in servers.items():
        assert (server.drift, server.phase) == ({}, Phase.READY)
        assert marks[name] == server.unexpected


def test_spelling_is_all_that_is_set_aside() -> None:
    """The comparison sees what is added, left out, or another value, and names that are data."""
    cls = SERVER_MEMBERS["toolCall"]
    call = {"id": "1", "name": "f", "args": {"a_b": 1}}
    for other in (
        {**call, "args": {"aB": 1}},
        {**call, "args": {}},
        {"id": "1", "name": "f"},
        {**call, "will_continue": False},
        {**call, "name": "F"},
    ):
        message = {"functionCalls": [call]}
        assert spelled_alike(message, cls) == spelled_alike({"function_calls": [call]}, cls)
        assert spelled_alike(message, cls) != spelled_alike({"functionCalls": [other]}, cls)
