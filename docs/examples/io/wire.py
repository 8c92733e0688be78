"""What all the loops beside this file share, and what none of them has to know: a conversation and
a WebSocket, bytes in and bytes out.

A loop does five things: it dials `host` and `port`; it sends `outgoing()`; it gives what it reads
to `received`, and says `lost` at the end; it calls `tick` when `deadline()` has come; and it stops
when `is_over`. That is all the I/O there is. Between any two of these calls nothing happens.

For production: TLS, a proxy, size limits and pings are the WebSocket's business and left out here.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, Request, TextMessage

from realtime_proto import (
    PROVIDERS,
    Close,
    Conversation,
    Done,
    RealtimeConfig,
    Redial,
    ResponseDone,
    Secret,
    SendText,
    TranscriptDelta,
)

__all__ = ("Client",)


class Client:
    """Asks one question, and has the answer at the end.

    Args:
        url: The server's base URL, such as http://127.0.0.1:8000/v1.
        key: The API key.
        text: The question.
    """

    def __init__(self, url: str, key: str, text: str) -> None:
        provider = PROVIDERS["openai"]
        self.endpoint = provider.endpoint(None, key=Secret(key), base_url=url)
        parts = urlsplit(self.endpoint.url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.answer = ""
        self._text = text
        self._conversation = Conversation(provider.dialect(), RealtimeConfig())
        self._websocket = WSConnection(ConnectionType.CLIENT)
        self._message = ""
        headers = [
            (name.encode(), (value.reveal() if isinstance(value, Secret) else value).encode())
            for name, value in self.endpoint.headers
        ]
        target = f"{parts.path}?{parts.query}"
        request = Request(host=parts.netloc, target=target, extra_headers=headers)
        self._outgoing = self._websocket.send(request)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to do."""
        return isinstance(self._conversation.road, Done)

    def outgoing(self) -> bytes:
        """What is to be written now; each byte is given once."""
        data, self._outgoing = self._outgoing, b""
        return data

    def deadline(self) -> float | None:
        """When to call `tick`, on the clock of time.monotonic()."""
        return self._conversation.next_deadline()

    def timeout(self) -> float | None:
        """The same, in seconds from now."""
        deadline = self.deadline()
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def tick(self) -> None:
        """The deadline has come."""
        self._conversation.tick(now=time.monotonic())
        self._look()

    def lost(self) -> None:
        """There is nothing more to read."""
        self._conversation.connection_lost(now=time.monotonic())
        self._look()

    def received(self, data: bytes) -> None:
        """So much was read."""
        self._websocket.receive_data(data)
        for event in self._websocket.events():
            now = time.monotonic()
            match event:
                case AcceptConnection():
                    self._conversation.open(now=now, unix_time=time.time())
                    self._conversation.send(SendText(self._text), now=now)
                case Ping():
                    self._outgoing += self._websocket.send(event.response())
                case Message(data=piece, message_finished=is_whole):
                    self._message += piece
                    if is_whole:
                        self._conversation.receive(self._message, now=now)
                        self._message = ""
                case CloseConnection(code=code, reason=reason):
                    self._conversation.connection_lost(code, reason or "", now=now)
        self._look()

    def _look(self) -> None:
        """After every input, from one place: frames, events, the road."""
        now = time.monotonic()
        for happened in self._conversation.take_events():
            match happened:
                case TranscriptDelta(is_final=True, speaker="assistant", text=said):
                    self.answer = said
                case ResponseDone() if self.answer:
                    self._conversation.close(now=now)
        for frame in self._conversation.take_frames():
            self._outgoing += self._websocket.send(TextMessage(data=frame))
        match self._conversation.road:
            case Close(code, _):
                self._outgoing += self._websocket.send(CloseConnection(code=code))
                self._conversation.connection_lost(code, now=now)
            case Redial():
                self._conversation.close(now=now)  # this example dials once
