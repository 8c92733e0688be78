"""OpenAI Realtime, any bytes received, in both roles.

Invariant: a list of events, or RemoteProtocolError with JSON paths and a short excerpt; the same
for text, bytes and a view of them; the drift counter is bounded; a good frame is read afterwards.

Allowed exceptions: RemoteProtocolError, which is what the documentation promises. No other.
"""

from __future__ import annotations

from _harness import main
from _openai import CLIENT_SAID, SERVER_SAID, WORDS, client, server
from _targets import receive

FOLDERS = (CLIENT_SAID, SERVER_SAID)

_by_client = receive(client, good='{"type":"rate_limits.updated","rate_limits":[]}')
_by_server = receive(server, good='{"type":"response.cancel"}')


def test_one_input(data: bytes) -> None:
    """One frame, received by a client and by a server."""
    _by_client(data)
    _by_server(data)


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
