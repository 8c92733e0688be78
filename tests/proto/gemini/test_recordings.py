"""Recorded traffic of real servers and clients goes through, message by message."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from helpers import wire
from helpers.require import require

from realtime_proto.gemini import (
    GeminiConnection,
    GeminiServerConnection,
    Phase,
    SetupComplete,
    UnknownEvent,
)

pytestmark = pytest.mark.wire


@pytest.fixture(autouse=True)
def _recordings() -> None:
    require("wire", wire.missing())


def test_sessions_of_servers() -> None:
    """Every recorded message is read by the role it was said to: nothing malformed or unknown."""
    counts: Counter[str] = Counter()
    drift: Counter[str] = Counter()
    for session in wire.sessions("gemini"):
        client, server = GeminiConnection(), GeminiServerConnection()
        for direction, message in session.frames:
            reader = client if direction == "server" else server
            events = reader.receive(json.dumps(message))
            counts["messages"] += 1
            counts["events"] += len(events)
            counts["unknown"] += sum(isinstance(event, UnknownEvent) for event in events)
            if message != {"serverContent": {}}:
                assert events, (session.name, message)
        counts["sessions"] += 1
        counts[session.head["dialect"]] += 1
        drift.update(client.drift)
        drift.update(server.drift)
    print(dict(counts), "drift:", dict(drift))
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


def test_clients_of_other_makers() -> None:
    """What official clients send to a server is read, without loss and in turn."""
    counts: Counter[str] = Counter()
    servers: dict[str, GeminiServerConnection] = {}
    for name, text in wire.client_frames():
        if "genai" not in name:
            continue
        server = servers.setdefault(name, GeminiServerConnection())
        events = server.receive(text)
        if server.phase is Phase.SETTING_UP:
            server.send(SetupComplete())
        counts[name] += 1
        assert len(events) == 1
        assert not isinstance(events[0], UnknownEvent)
    print(dict(counts), {name: dict(server.drift) for name, server in servers.items()})
    assert set(counts) == {"genai_py", "n_genai"}
    for server in servers.values():
        assert (server.drift, server.unexpected, server.phase) == ({}, 0, Phase.READY)
