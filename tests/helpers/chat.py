"""A conversation under a test's hands: said to in JSON, looked at in JSON and events."""

from __future__ import annotations

import json
from typing import Any

from helpers.lines import Lines
from realtime_proto import PROVIDERS, Close, Conversation, RealtimeConfig, Redial, VoiceCommand

__all__ = ("BOTH", "Chat")

BOTH = ("openai", "gemini")


class Chat(Lines):
    """One conversation, open from second 0; the Unix time then is 1 000.

    Args:
        provider: Its provider.
        is_ready: Set it up first, and forget what was sent and happened by that.
        made: What `Conversation` takes beside the settings.
        settings: The settings.
    """

    def __init__(
        self,
        provider: str,
        *,
        is_ready: bool = True,
        made: dict[str, Any] | None = None,
        dialect: Any = None,
        **settings: Any,
    ) -> None:
        self.provider = provider
        self.now = 0.0
        self.talk = Conversation(
            dialect or PROVIDERS[provider].dialect(), RealtimeConfig(**settings), **(made or {})
        )
        self.talk.open(now=0, unix_time=1_000)
        if is_ready:
            self.set_up()
            self.frames()
            self.events()

    def say(self, *frames: Any) -> None:
        """The server says frames, 10 ms apart."""
        for frame in frames:
            self.now += 0.01
            text = frame if isinstance(frame, str | bytes) else json.dumps(frame)
            self.talk.receive(text, now=self.now)

    def do(self, *commands: VoiceCommand) -> None:
        """The application does something."""
        for command in commands:
            self.talk.send(command, now=self.now)

    def wait(self, seconds: float) -> None:
        """Time passes; deadlines are kept, closes carried out."""
        until = self.now + seconds
        while (deadline := self.talk.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.talk.tick(now=self.now)
            self.obey()
        self.now = until

    def obey(self) -> None:
        """Close where the road says so."""
        if isinstance(self.talk.road, Close):
            self.talk.connection_lost(None, "", now=self.now)

    def lose(self, code: int | None = 1006, reason: str = "") -> None:
        """The connection ends."""
        self.talk.connection_lost(code, reason, now=self.now)

    def dial(self) -> None:
        """Open the new road that is wanted."""
        assert isinstance(self.talk.road, Redial)
        self.now = max(self.now, self.talk.road.not_before)
        self.talk.open(now=self.now, unix_time=1_000 + self.now)

    def frames(self) -> list[Any]:
        """What was sent since the last look."""
        return [json.loads(frame) for frame in self.talk.take_frames()]

    def events(self, *kinds: type) -> list[Any]:
        """What happened since the last look; of these types, where some are named."""
        events = self.talk.take_events()
        return [event for event in events if not kinds or isinstance(event, kinds)]
