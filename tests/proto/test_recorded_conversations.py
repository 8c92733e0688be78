"""Every recorded conversation of a real server, followed by the core: the books at its end, and a
digest of what happened that must not change unnoticed.

The logs have no times, so frames are 20 ms apart. The digests in tests/golden/conversations.json
hold event types, ids as ordinals, lengths and hashes, nothing of what was said. REALTIME_EXPLAIN=1
prints a digest that differs line by line beside the events it came from; REALTIME_GOLDEN=write
writes the file anew, to be read before it is committed.
"""

from __future__ import annotations

import difflib
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from helpers import wire
from helpers.require import require

from realtime_proto import (
    PROVIDERS,
    AudioChunk,
    Conversation,
    LocalProtocolError,
    RealtimeConfig,
    SessionClosed,
    ToolCallCancelled,
    ToolCallRequest,
    ToolResult,
    TranscriptDelta,
    VoiceEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.wire import Recorded

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "conversations.json"
FRAME_S = 0.02

ANSWERS_NOBODY = (
    "gemini--live-ML-Dev-should-send-tool-response-with-function-responses",
    "gemini--live-Vertex-should-return-error-for-invalid-input-in-async-session",
)
"""Their client answers a call nobody made."""

STILL_OPEN = {
    "an answer": (
        "gemini--live-ML-Dev-should-reply-to-realtime-audio-input",
        "gemini--live-ML-Dev-should-reply-to-realtime-text-input",
        "gemini--live-ML-Dev-should-respond-to-realtime-media-audio-input",
        "gemini--live-Vertex-should-receive-transcription-in-async-session-with-transcription-enabled",
        "gemini--live-Vertex-should-respond-to-realtime-media-audio-input",
        "gemini--live-Vertex-should-send-content-dict-in-async-session",
        "gemini--live-Vertex-should-send-text-in-async-session",
    ),
    "a call": (
        "gemini--live-ML-Dev-should-send-tool-response",
        "gemini--live-Vertex-should-send-tool-response",
    ),
}
"""What is open where the recording ends too early, as its head says that it may."""


def recordings() -> list[Recorded]:
    if wire.missing():
        return []
    return [*wire.sessions("gemini"), *wire.sessions("openai")]


def provider_of(recorded: Recorded) -> str:
    if recorded.name.startswith("gemini"):
        return "gemini"
    for part, name in (
        ("azure-voice-live", "azure-voice-live"),
        ("xai", "xai"),
        ("azure", "azure"),
    ):
        if part in recorded.name:
            return name
    return "openai"


class Followed:
    """A recorded conversation, followed to its last frame."""

    def __init__(self, recorded: Recorded) -> None:
        spec = PROVIDERS[provider_of(recorded)]
        self.conversation = Conversation(spec.dialect(), RealtimeConfig())
        self.events: list[VoiceEvent] = []
        self.finals: dict[str, str] = {}
        self.deltas: dict[str, str] = {}
        self.now = 0.0
        early: dict[str, ToolResult] = {}
        self.conversation.open(now=0.0, unix_time=0.0)
        for direction, frame in recorded.frames:
            self.now += FRAME_S
            if direction == "server":
                self.conversation.receive(json.dumps(frame), now=self.now)
                self._note(frame)
                for call_id in list(early):
                    if call_id in self.conversation._desk.tools:
                        self.conversation.send(early.pop(call_id), now=self.now)
            else:
                for result in answers(frame):
                    # Clients answer a call when its arguments are complete; here the whole item
                    # has to be there, which is a frame or two later.
                    early[result.call_id] = result
            self.conversation.take_frames()
            self.events += self.conversation.take_events()
        for result in early.values():
            self.conversation.send(result, now=self.now)

    def end(self) -> None:
        self.conversation.connection_lost(1007, "", now=self.now)
        self.events += self.conversation.take_events()

    def _note(self, frame: dict[str, Any]) -> None:
        """The texts of the wire, read without the library."""
        text = frame.get("transcript", frame.get("text"))
        kind = frame.get("type", "")
        if frame.get("status") != "in_progress" and (
            kind.endswith(("transcript.done", "text.done", "transcription.completed"))
        ):
            self.finals[frame["item_id"]] = text
        if "serverContent" not in frame:
            return
        content = frame["serverContent"]
        for key in ("inputTranscription", "outputTranscription"):
            said = content.get(key, {}).get("text", "")
            self.deltas[key] = self.deltas.get(key, "") + said
        for part in content.get("modelTurn", {}).get("parts", []):
            if not part.get("thought") and part.get("text"):
                self.deltas["text"] = self.deltas.get("text", "") + part["text"]


def answers(frame: dict[str, Any]) -> Iterator[ToolResult]:
    item = frame.get("item", {})
    if item.get("type") == "function_call_output" and frame["type"].endswith("create"):
        yield ToolResult(call_id=item["call_id"], output=item["output"])
    answered = frame.get("tool_response", frame.get("toolResponse", {}))
    for answer in answered.get("functionResponses", []):
        yield ToolResult(call_id=answer.get("id") or answer["name"], output=answer["response"])


def digest(events: list[VoiceEvent]) -> list[str]:
    ordinals: dict[str, int] = {}

    def shown(name: str, value: Any) -> str:
        if isinstance(value, bytes):
            return f"{len(value)} bytes"
        if name.endswith("_id"):
            return f"#{ordinals.setdefault(value, len(ordinals) + 1)}"
        if isinstance(value, str) and name in ("text", "message", "heard_text"):
            return f"{len(value)}:{sha256(value.encode()).hexdigest()[:8]}"
        if attrs.has(type(value)):
            return "(" + fields_of(value) + ")"
        return repr(value) if isinstance(value, str | int | bool) else type(value).__name__

    def fields_of(value: Any) -> str:
        pairs = (
            (attribute.name, getattr(value, attribute.name))
            for attribute in attrs.fields(type(value))
            if attribute.name not in ("raw", "format", "metrics", "model")
        )
        return " ".join(
            f"{name}={shown(name, item)}" for name, item in pairs if item not in (None, (), "")
        )

    return [f"{type(event).__name__} {fields_of(event)}" for event in events]


@pytest.mark.wire
@pytest.mark.parametrize("recorded", recordings(), ids=lambda recorded: recorded.name)
def test_a_recorded_conversation_is_followed_to_its_end(recorded: Recorded) -> None:
    """Twice the same events; nothing pending that the recording does not leave open; every final
    text of the wire; nothing pending at all after the connection is gone."""
    if recorded.name in ANSWERS_NOBODY:
        with pytest.raises(LocalProtocolError, match="there is no tool call"):
            Followed(recorded)
        return
    followed, again = Followed(recorded), Followed(recorded)
    assert again.events == followed.events
    talk = followed.conversation
    calls_open = len(talk._desk.tools)
    assert (recorded.name in STILL_OPEN["a call"]) == (calls_open > 0)
    is_open = recorded.name in STILL_OPEN["an answer"] + STILL_OPEN["a call"]
    assert is_open == talk.owes_answer
    assert "partial" in recorded.head.get("note", "") or not is_open
    followed.end()
    assert not talk.owes_answer
    assert talk.next_deadline() is None
    assert isinstance(followed.events[-1], SessionClosed)
    called = {e.call_id for e in followed.events if isinstance(e, ToolCallRequest)}
    cancelled = {e.call_id for e in followed.events if isinstance(e, ToolCallCancelled)}
    assert calls_open == len(cancelled)
    assert cancelled <= called
    check_texts(followed)


def check_texts(followed: Followed) -> None:
    finals = [
        event for event in followed.events if isinstance(event, TranscriptDelta) and event.is_final
    ]
    by_item = {event.item_id: event.text for event in finals}
    assert len(by_item) == len(finals), "an item was finished twice"
    for item_id, text in followed.finals.items():
        assert text.strip() == by_item[item_id].strip()
    if followed.deltas:
        said = "".join(e.text for e in finals if e.speaker == "assistant")
        heard = "".join(e.text for e in finals if e.speaker == "user")
        wire_said = followed.deltas.get("outputTranscription", "") + followed.deltas.get("text", "")
        assert squeezed(wire_said) == squeezed(said)
        assert squeezed(followed.deltas.get("inputTranscription", "")) == squeezed(heard)
    for event in finals:
        item = followed.conversation.history.find(event.item_id or "")
        assert item is not None
        assert event.text.strip() == item.text.strip()


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.wire
def test_what_happened_is_what_happened_before() -> None:
    """The digest of every recorded conversation, line by line."""
    require("wire", wire.missing())
    digests, events = {}, {}
    for recorded in recordings():
        if recorded.name not in ANSWERS_NOBODY:
            followed = Followed(recorded)
            followed.end()
            digests[recorded.name] = digest(followed.events)
            events[recorded.name] = followed.events
    if os.environ.get("REALTIME_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n", "utf-8")
    golden = json.loads(GOLDEN.read_text("utf-8"))
    differing = [name for name in digests if golden.get(name) != digests[name]]
    if differing and os.environ.get("REALTIME_EXPLAIN"):
        for name in differing:
            print("\n".join(difflib.unified_diff(golden.get(name, []), digests[name], name, name)))
            for line, event in zip(digests[name], events[name], strict=True):
                print(line if isinstance(event, AudioChunk) else f"{line}\n    {event}")
    assert [] == differing, "set REALTIME_EXPLAIN=1 to see what differs"
    assert golden.keys() == digests.keys()
