"""The core on a file: what a server once said, followed without any network.

Each line of the file is one frame from the server, as JSON. Time is made up, 20 ms a frame: the
core takes whatever clock it is given.

    python from_a_file.py PROVIDER FILE
"""

from __future__ import annotations

import sys

from realtime_proto import PROVIDERS, Conversation, RealtimeConfig, TranscriptDelta


def transcript(provider: str, path: str) -> list[str]:
    """Who said what, in order."""
    conversation = Conversation(PROVIDERS[provider].dialect(), RealtimeConfig())
    conversation.open(now=0.0, unix_time=0.0)
    said = []
    with open(path, encoding="utf-8") as file:
        for n, frame in enumerate(file):
            conversation.receive(frame, now=n * 0.02)
            conversation.take_frames()  # nobody is there to hear what would be sent
            said += [
                f"{event.speaker}: {event.text}"
                for event in conversation.take_events()
                if isinstance(event, TranscriptDelta) and event.is_final
            ]
    conversation.connection_lost(now=n * 0.02)
    return said


if __name__ == "__main__":
    print("\n".join(transcript(*sys.argv[1:3])))
