"""Recorded traffic of real servers and clients goes through, every frame of it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from helpers.require import require
from helpers.wire import client_frames, missing, sessions

from realtime_proto.errors import RemoteProtocolError
from realtime_proto.openai import OpenAIConnection, OpenAIServerConnection, Phase
from realtime_proto.wire import UnknownEvent

pytestmark = pytest.mark.wire

GA_SERVERS = ("openai", "azure-ga", "gateway-openai")


@pytest.fixture(autouse=True)
def _recordings() -> None:
    require("wire", missing())


def server_of(head: dict[str, Any]) -> str:
    """The server's name without the remark behind it."""
    return str(head["server"]).split()[0]


def test_ga_sessions_are_read_to_the_last_field() -> None:
    """No frame is refused, unknown or out of turn; no field is unknown; all can be said again."""
    counts: Counter[str] = Counter()
    drift: Counter[str] = Counter()
    for recorded in sessions("openai"):
        server = server_of(recorded.head)
        if server not in GA_SERVERS:
            continue
        ours, theirs = OpenAIConnection(), OpenAIServerConnection()
        for direction, frame in recorded.frames:
            hearer: Any = ours if direction == "server" else theirs
            speaker: Any = theirs if direction == "server" else ours
            (event,) = hearer.receive(json.dumps(frame))
            counts[server] += 1
            counts["unknown"] += isinstance(event, UnknownEvent)
            again = json.loads(speaker.send(event))
            if "event_id" not in frame:
                del again["event_id"]
            assert frame == again, recorded.name
        assert ours.phase is theirs.phase is Phase.READY
        counts["unexpected"] += ours.unexpected + theirs.unexpected
        drift.update(ours.drift)
        drift.update(theirs.drift)
    print(dict(counts), dict(drift))
    assert counts == {
        "openai": 335,
        "azure-ga": 361,
        "gateway-openai": 118,
        "unknown": 0,
        "unexpected": 0,
    }
    assert drift == {}


def test_third_party_clients_are_understood() -> None:
    """All they send to a server is known, though some of it comes before they are let in."""
    connection = OpenAIServerConnection()
    clients: Counter[str] = Counter()
    for client, text in client_frames():
        if "genai" not in client:
            (event,) = connection.receive(text)
            assert not isinstance(event, UnknownEvent), text
            clients[client] += 1
    print(dict(clients), dict(connection.drift))
    assert clients == {
        "agents_py": 11,
        "n_agents": 11,
        "n_openai": 5,
        "n_openai_browser": 2,
        "openai_py": 15,
    }
    assert connection.drift == {}


def test_other_servers_break_nothing_but_frames() -> None:
    """What has a shape of its own is refused with paths, or unknown, and the rest is read."""
    fare: Counter[tuple[str, str]] = Counter()
    for recorded in sessions("openai"):
        server = server_of(recorded.head)
        if server in GA_SERVERS:
            continue
        ours, theirs = OpenAIConnection(), OpenAIServerConnection()
        for direction, frame in recorded.frames:
            hearer: Any = ours if direction == "server" else theirs
            fare[server, how_it_fares(hearer, json.dumps(frame))] += 1
        for name, count in (*ours.drift.items(), *theirs.drift.items()):
            fare[server, f"drift {name}"] += count
    for (server, what), count in sorted(fare.items()):
        print(f"{server:16} {count:4} {what}")
    assert fare["azure-voicelive", "read"] > 0
    assert fare["xai", "read"] > 0


def how_it_fares(hearer: Any, frame: str) -> str:
    """ "read", "unknown", or the paths it is refused for."""
    try:
        (event,) = hearer.receive(frame)
    except RemoteProtocolError as error:
        return f"refused at {' '.join(error.paths)}"
    return "unknown" if isinstance(event, UnknownEvent) else "read"
