"""An event of your own on a wire that is known: a server that speaks OpenAI Realtime and adds
`studio.applause`, and takes `studio.lights`.

The classes are yours, and so is the vocabulary that knows them; nothing is registered. Run it to
see one event each way over both ends of a connection:

    python own_event.py
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from realtime_proto.kit import Vocabulary, WireValue
from realtime_proto.openai import OpenAIConnection, OpenAIServerConnection


@frozen(kw_only=True)
class Applause(WireValue):
    """The audience claps, for so many seconds."""

    type: ClassVar[str] = "studio.applause"
    seconds: float


@frozen(kw_only=True)
class Lights(WireValue):
    """Dim the lights, or not."""

    type: ClassVar[str] = "studio.lights"
    is_dim: bool
    colour: str | None = None


STUDIO = Vocabulary(Applause, Lights)


def main() -> None:
    """Say one event each way."""
    client, server = OpenAIConnection(), OpenAIServerConnection()
    frame = client.send(STUDIO.write(Lights(is_dim=True)))
    print("client:", frame)
    print("server understood:", [STUDIO.read(event) for event in server.receive(frame)])
    frame = server.send(STUDIO.write(Applause(seconds=2.5)))
    print("server:", frame)
    print("client understood:", [STUDIO.read(event) for event in client.receive(frame)])


if __name__ == "__main__":
    main()
