"""A conversation under a test's hands: said to in JSON, looked at in JSON and events."""

from __future__ import annotations

import json
from typing import Any

from realtime_proto import PROVIDERS, Close, Conversation, RealtimeConfig, Redial, VoiceCommand

__all__ = ("BOTH", "Chat")

BOTH = ("openai", "gemini")

SESSION = {"type": "realtime", "object": "realtime.session", "id": "s1"}


class Chat:
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

    def set_up(self, **session: Any) -> None:
        """The server admits the client and takes its settings."""
        if self.provider == "gemini":
            self.say({"setupComplete": {}})
        else:
            self.say({"type": "session.created", "session": SESSION})
            self.say({"type": "session.updated", "session": SESSION | session})

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

    # --- what servers say

    def begin_answer(self, response_id: str = "r1") -> None:
        """The model begins to answer."""
        if self.provider == "gemini":
            self.say({"serverContent": {"outputTranscription": {"text": "Well"}}})
        else:
            response = {"id": response_id, "status": "in_progress", "output": []}
            self.say({"type": "response.created", "response": response})

    def speak(self, data: bytes = bytes(48_000), *, item_id: str = "a1") -> None:
        """A piece of speech: one second."""
        from base64 import b64encode

        audio = b64encode(data).decode()
        if self.provider == "gemini":
            part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": audio}}
            self.say({"serverContent": {"modelTurn": {"parts": [part]}}})
        else:
            self.say(
                {
                    "type": "response.output_audio.delta",
                    "response_id": "r1",
                    "item_id": item_id,
                    "output_index": 0,
                    "content_index": 0,
                    "delta": audio,
                }
            )

    def call(self, call_id: str = "c1", arguments: str = "{}") -> None:
        """The model calls a function."""
        if self.provider == "gemini":
            call = {"id": call_id, "name": "look", "args": json.loads(arguments)}
            self.say({"toolCall": {"functionCalls": [call]}})
        else:
            item = {
                "type": "function_call",
                "id": f"f_{call_id}",
                "call_id": call_id,
                "name": "look",
                "arguments": arguments,
                "status": "completed",
            }
            self.say(
                {
                    "type": "response.output_item.done",
                    "response_id": "r1",
                    "output_index": 0,
                    "item": item,
                }
            )

    def end_answer(self, response_id: str = "r1", status: str = "completed") -> None:
        """The answer is over."""
        if self.provider == "gemini":
            self.say({"serverContent": {"generationComplete": True, "turnComplete": True}})
        else:
            response = {"id": response_id, "status": status, "output": []}
            self.say({"type": "response.done", "response": response})

    def user_starts(self) -> None:
        """The server hears the user."""
        if self.provider == "gemini":
            self.say({"voiceActivity": {"type": "ACTIVITY_START", "audioOffset": "0.1s"}})
        else:
            self.say(
                {
                    "type": "input_audio_buffer.speech_started",
                    "audio_start_ms": 100,
                    "item_id": "u1",
                }
            )

    def user_stops(self) -> None:
        """The server hears the user no more."""
        if self.provider == "gemini":
            self.say({"voiceActivity": {"type": "ACTIVITY_END", "audioOffset": "0.9s"}})
        else:
            self.say(
                {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "u1"},
                {
                    "type": "input_audio_buffer.committed",
                    "previous_item_id": None,
                    "item_id": "u1",
                },
            )

    def user_said(self, text: str) -> None:
        """The server understood words of the user."""
        if self.provider == "gemini":
            self.say({"serverContent": {"inputTranscription": {"text": text}}})
        else:
            self.say(
                {
                    "type": "conversation.item.input_audio_transcription.delta",
                    "item_id": "u1",
                    "content_index": 0,
                    "delta": text,
                }
            )
