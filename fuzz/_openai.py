"""What the OpenAI targets share: connections that were let in, and events of both sides."""

from __future__ import annotations

from typing import Any, Final, get_args

from _harness import corpus
from _targets import words_of

from realtime_proto.errors import RemoteProtocolError
from realtime_proto.openai import (
    ClientEvent,
    OpenAIConnection,
    OpenAIServerConnection,
    RealtimeSession,
    ServerEvent,
    SessionCreated,
)

__all__ = ("CLIENT_SAID", "SERVER_SAID", "WORDS", "client", "events_of", "server")

CLIENT_SAID: Final = "openai-client"
SERVER_SAID: Final = "openai-server"
WORDS: Final = words_of([*get_args(ClientEvent), *get_args(ServerEvent)])


def client(dialect: str = "ga") -> OpenAIConnection:
    """A client that was let in."""
    connection = OpenAIConnection(dialect=dialect, ids=lambda: None)
    connection.receive('{"type":"session.created","session":{"type":"realtime"}}')
    return connection


def server(dialect: str = "ga") -> OpenAIServerConnection:
    """A server that let the client in."""
    connection = OpenAIServerConnection(dialect=dialect, ids=lambda: None)
    connection.send(SessionCreated(session=RealtimeSession()))
    return connection


def events_of(folder: str) -> list[Any]:
    """The events in a folder of the corpus."""
    hearer: Any = client() if folder == SERVER_SAID else server()
    return [event for data in corpus(folder) for event in _events(hearer, data)]


def _events(hearer: Any, data: bytes) -> list[Any]:
    try:
        return list(hearer.receive(data))
    except RemoteProtocolError:  # a find
        return []
