"""The core on a blocking socket: no event loop, no anyio, only `realtime_proto` and wsproto for the
frames.

The shape is the same for any loop of your own. After every input, from one place: send the frames,
handle the events, look at the road. Between inputs, wait for bytes no longer than until the next
deadline; when it has come, tick.

    python bring_your_own_io.py URL KEY TEXT

asks one question of an OpenAI Realtime server at URL (such as http://127.0.0.1:8000/v1) and prints
the answer.
"""

from __future__ import annotations

import socket
import sys
import time
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, Request, TextMessage

from realtime_proto import (
    PROVIDERS,
    Conversation,
    Done,
    Keep,
    RealtimeConfig,
    ResponseDone,
    Secret,
    SendText,
    TranscriptDelta,
)


def ask(url: str, key: str, text: str) -> str:
    """Ask one question and give the whole answer."""
    provider = PROVIDERS["openai"]
    endpoint = provider.endpoint(None, key=Secret(key), base_url=url)
    parts = urlsplit(endpoint.url)
    conversation = Conversation(provider.dialect(), RealtimeConfig())
    websocket = WSConnection(ConnectionType.CLIENT)
    answer = ""

    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10) as road:
        request = Request(
            host=parts.netloc,
            target=f"{parts.path}?{parts.query}",
            extra_headers=[
                (name.encode(), (v.reveal() if isinstance(v, Secret) else v).encode())
                for name, v in endpoint.headers
            ],
        )
        road.sendall(websocket.send(request))
        message = ""
        while not isinstance(conversation.road, Done):
            deadline = conversation.next_deadline()
            road.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
            try:
                data = road.recv(65536)
            except TimeoutError:
                conversation.tick(now=time.monotonic())
                data = None
            if data:
                websocket.receive_data(data)
            elif data is not None:
                conversation.connection_lost(now=time.monotonic())
            for event in websocket.events():
                now = time.monotonic()
                match event:
                    case AcceptConnection():
                        conversation.open(now=now, unix_time=time.time())
                        conversation.send(SendText(text), now=now)
                    case Ping():
                        road.sendall(websocket.send(event.response()))
                    case Message(data=piece, message_finished=is_whole):
                        message += piece
                        if is_whole:
                            conversation.receive(message, now=now)
                            message = ""
                    case CloseConnection(code=code, reason=reason):
                        conversation.connection_lost(code, reason or "", now=now)

            # After every input, from one place.
            for frame in conversation.take_frames():
                road.sendall(websocket.send(TextMessage(data=frame)))
            for happened in conversation.take_events():
                match happened:
                    case TranscriptDelta(is_final=True, speaker="assistant", text=said):
                        answer = said
                    case ResponseDone() if answer:
                        conversation.close(now=time.monotonic())
            if not isinstance(conversation.road, Keep | Done):
                road.sendall(websocket.send(CloseConnection(code=1000)))
                conversation.connection_lost(1000, now=time.monotonic())
    return answer


if __name__ == "__main__":
    print(ask(*sys.argv[1:4]))
