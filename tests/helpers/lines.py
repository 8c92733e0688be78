"""What servers say, in JSON, by what it means: the same words for both providers."""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from typing import Any

__all__ = ("SESSION", "Lines")

SESSION = {"type": "realtime", "object": "realtime.session", "id": "s1"}


class Lines(ABC):
    """A server's part. `say` takes it to the client.

    Attributes:
        provider: Whose protocol is spoken.
    """

    provider: str

    @abstractmethod
    def say(self, *frames: Any) -> None:
        """Say frames: JSON objects, or what they look like on the wire."""

    def set_up(self, **session: Any) -> None:
        """The server admits the client and takes its settings."""
        if self.provider == "gemini":
            self.say({"setupComplete": {}})
        else:
            self.say({"type": "session.created", "session": SESSION})
            self.say({"type": "session.updated", "session": SESSION | session})

    def begin_answer(self, response_id: str = "r1") -> None:
        """The model begins to answer."""
        if self.provider == "gemini":
            self.say({"serverContent": {"outputTranscription": {"text": "Well"}}})
        else:
            response = {"id": response_id, "status": "in_progress", "output": []}
            self.say({"type": "response.created", "response": response})

    def speak(
        self, data: bytes = bytes(48_000), *, item_id: str = "a1", response_id: str = "r1"
    ) -> None:
        """A piece of speech: one second."""
        audio = base64.b64encode(data).decode()
        if self.provider == "gemini":
            part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": audio}}
            self.say({"serverContent": {"modelTurn": {"parts": [part]}}})
        else:
            self.say(
                {
                    "type": "response.output_audio.delta",
                    "response_id": response_id,
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

    def barge_in(self) -> None:
        """The user speaks over the assistant, who is cut off."""
        if self.provider == "gemini":
            self.say({"serverContent": {"interrupted": True}})
        else:
            self.user_starts()

    def answer_words(self, text: str, *, item_id: str = "a1") -> None:
        """A piece of what the model says, as text."""
        if self.provider == "gemini":
            self.say({"serverContent": {"outputTranscription": {"text": text}}})
        else:
            place = {"response_id": "r1", "item_id": item_id, "output_index": 0, "content_index": 0}
            kind = "response.output_audio_transcript.delta"
            self.say({"type": kind, "delta": text, **place})

    def refuse(self, code: str, event_id: str | None = None) -> None:
        """An error of OpenAI's, about what the client said in an event."""
        error = {"type": "invalid_request_error", "code": code, "message": code}
        self.say({"type": "error", "error": error | {"event_id": event_id}})
