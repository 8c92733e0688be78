"""What tests of the OpenAI wire level share."""

from __future__ import annotations

import json
from typing import Any

import attrs

from realtime_proto.openai import (
    OpenAIConnection,
    OpenAIServerConnection,
    RealtimeSession,
    SessionCreated,
)
from realtime_proto.wire import UnknownEvent, UnknownObject

__all__ = ("let_in", "no_id", "read", "unknown_objects")


def no_id() -> None:
    """Leaves an event without an id."""


def let_in(side: str, dialect: str = "ga") -> tuple[Any, Any]:
    """Who says the frames of *side* ("client" or "server") and who hears them, both let in.

    They pass on what comes: they give no ids of their own.
    """
    client = OpenAIConnection(dialect=dialect, ids=no_id)
    server = OpenAIServerConnection(dialect=dialect, ids=no_id)
    client.receive(server.send(SessionCreated(event_id="e", session=RealtimeSession())))
    return (client, server) if side == "client" else (server, client)


def read(dialect: str, frame: dict[str, Any]) -> Any:
    """The event a client of *dialect* reads."""
    (event,) = let_in("server", dialect)[1].receive(json.dumps(frame))
    return event


def unknown_objects(value: Any) -> list[Any]:
    """Every UnknownObject inside an event."""
    if isinstance(value, UnknownObject | UnknownEvent):
        return [value]
    if attrs.has(type(value)):
        return unknown_objects([getattr(value, field.name) for field in attrs.fields(type(value))])
    if isinstance(value, tuple | list):
        return [found for item in value for found in unknown_objects(item)]
    return []
