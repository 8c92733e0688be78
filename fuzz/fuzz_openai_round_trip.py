"""OpenAI Realtime, read and said again, in both roles.

Invariant: what was read can be said by the other role; heard again it is equal; said again it is
the same JSON.

Allowed exceptions: RemoteProtocolError of the first reading, because most inputs are no frames.
LocalProtocolError that says "nests more than", where what came flat is sent two levels deeper. No
other.
"""

from __future__ import annotations

from _harness import main
from _openai import CLIENT_SAID, SERVER_SAID, WORDS, client, server
from _targets import round_trip

FOLDERS = (CLIENT_SAID, SERVER_SAID)

_of_server = round_trip(client, server)
_of_client = round_trip(server, client)


def test_one_input(data: bytes) -> None:
    """One frame, of a server and of a client."""
    _of_server(data)
    _of_client(data)


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
