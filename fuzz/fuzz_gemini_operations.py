"""Gemini Live, both ends of one connection and anything done to them in any order.

Invariant: a refused send changes nothing; what one end says the other hears; until a frame is
forged, both ends stand in the same phase and nothing comes out of turn.

Allowed exceptions: LocalProtocolError of a send, because most events are out of turn somewhere.
RemoteProtocolError of a forged frame. No other.
"""

from __future__ import annotations

from _gemini import CLIENT_SAID, SERVER_SAID, WORDS, events_of
from _harness import main
from _targets import operations

from realtime_proto.gemini import GeminiConnection, GeminiServerConnection

FOLDERS = (CLIENT_SAID, SERVER_SAID)

test_one_input = operations(
    GeminiConnection,
    GeminiServerConnection,
    says=events_of(CLIENT_SAID),
    answers=events_of(SERVER_SAID),
)


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
