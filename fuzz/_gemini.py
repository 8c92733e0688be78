"""What the Gemini targets share: connections whose session stands, and events of both sides."""

from __future__ import annotations

from typing import Any, Final, get_args

from _harness import corpus
from _targets import words_of

from realtime_proto._codec import camel_case
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.gemini import (
    ClientEvent,
    GeminiConnection,
    GeminiServerConnection,
    ServerEvent,
    Setup,
    SetupComplete,
)

__all__ = ("CLIENT_SAID", "SERVER_SAID", "WORDS", "client", "events_of", "server")

CLIENT_SAID: Final = "gemini-client"
SERVER_SAID: Final = "gemini-server"
_SNAKE: Final = words_of([*get_args(ClientEvent), *get_args(ServerEvent)])
WORDS: Final = [*_SNAKE, *(camel_case(word.decode()).encode() for word in _SNAKE)]


def _pair() -> tuple[GeminiConnection, GeminiServerConnection]:
    one, other = GeminiConnection(), GeminiServerConnection()
    other.receive(one.send(Setup(model="models/m")))
    one.receive(other.send(SetupComplete()))
    return one, other


def client() -> GeminiConnection:
    """A client whose session stands."""
    return _pair()[0]


def server() -> GeminiServerConnection:
    """The other end of it."""
    return _pair()[1]


def events_of(folder: str) -> list[Any]:
    """The events in a folder of the corpus."""
    found: list[Any] = []
    for data in corpus(folder):
        hearer: Any = GeminiConnection() if folder == SERVER_SAID else GeminiServerConnection()
        try:
            found += hearer.receive(data)
        except RemoteProtocolError:  # a find
            continue
    return found
