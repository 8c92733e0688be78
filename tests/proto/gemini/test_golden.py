"""Messages written by hand after the vendor's documents mean what they say, in both roles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.golden import golden

from realtime_proto.gemini import (
    CLIENT_MEMBERS,
    SERVER_MEMBERS,
    GeminiConnection,
    GeminiServerConnection,
    Setup,
    SetupComplete,
    UnknownEvent,
)


def opened() -> tuple[GeminiConnection, GeminiServerConnection]:
    """Both ends of a session that stands."""
    client, server = GeminiConnection(), GeminiServerConnection()
    server.receive(client.send(Setup(model="models/m")))
    client.receive(server.send(SetupComplete()))
    return client, server


def fresh(message: dict[str, Any]) -> tuple[GeminiConnection, GeminiServerConnection]:
    """Two connections in the phase that the message belongs to."""
    if "setup" in message:
        return GeminiConnection(), GeminiServerConnection()
    client, server = opened()
    if "setupComplete" in message:
        client, server = GeminiConnection(), GeminiServerConnection()
        server.receive(client.send(Setup(model="models/m")))
    return client, server


@pytest.mark.parametrize("message", golden("gemini/client"), ids=lambda m: "+".join(m))
def test_client_messages(message: dict[str, Any]) -> None:
    """A client's message is read without loss and said again in the same words."""
    client, server = fresh(message)
    (event,) = server.receive(json.dumps(message))
    assert json.loads(client.send(event)) == message
    assert (server.drift, server.unexpected) == ({}, 0)


@pytest.mark.parametrize("message", golden("gemini/server"), ids=lambda m: "+".join(m) or "empty")
def test_server_messages(message: dict[str, Any]) -> None:
    """A server's message is read without loss; its events said one by one make it up again."""
    client, server = fresh(message)
    events = client.receive(json.dumps(message, indent=2).encode())
    assert not any(isinstance(event, UnknownEvent) for event in events)
    said: dict[str, Any] = {}
    for event in events:
        said |= json.loads(server.send(event))
    assert said == message
    assert (client.drift, client.unexpected) == ({}, 0)


def test_every_member_has_a_message() -> None:
    """No member of either side's messages is without a golden one."""
    assert {member for m in golden("gemini/client") for member in m} == set(CLIENT_MEMBERS)
    assert {member for m in golden("gemini/server") for member in m} == set(SERVER_MEMBERS)
