"""A conversation with each provider and anything done to it in any order: each line of the input is
an operation, told by its first byte, or else a frame from the server.

Invariant: only the caller's mistakes raise, and then nothing was sent; what one input leads to is
bounded; every tool call asked for is settled once; no item is twice in the history; what usage is
told adds up to the total; SessionClosed comes once, and nothing after it.

Allowed exceptions: LocalProtocolError and ConfigurationError of `open` and `send`, which say that
the caller may not do that now. No other: what a server says is never the caller's fault.
"""

from __future__ import annotations

from collections import Counter

import attrs
from _gemini import SERVER_SAID as GEMINI_SAID
from _gemini import WORDS as GEMINI_WORDS
from _harness import main
from _openai import SERVER_SAID as OPENAI_SAID
from _openai import WORDS as OPENAI_WORDS

from realtime_proto import (
    PROVIDERS,
    BargeIn,
    Close,
    CommitAudio,
    ConfigurationError,
    Conversation,
    Done,
    EndAudio,
    Interrupt,
    LocalProtocolError,
    Played,
    RealtimeConfig,
    Redial,
    SendAudio,
    SendText,
    SessionClosed,
    ToolCallCancelled,
    ToolCallRequest,
    ToolResult,
    UpdateSession,
    Usage,
    UsageReported,
    VADMode,
    VoiceCommand,
)

FOLDERS = (OPENAI_SAID, GEMINI_SAID, "conversation")
WORDS = (
    *OPENAI_WORDS,
    *GEMINI_WORDS,
    b"\nt\n",
    b"\na9\n",
    b"\nw99\n",
    b"\nl\n",
    b"\no\n",
    b"\nk\n",
)

SET_UP = {
    "openai": (
        '{"type":"session.created","session":{"type":"realtime"}}',
        '{"type":"session.updated","session":{"type":"realtime"}}',
    ),
    "gemini": ('{"setupComplete":{}}',),
}

MAX_LINES = 200
MAX_EVENTS = 500
"""What one input may lead to: a frame of a few KiB holds a few hundred parts at most."""

CONFIGS = tuple(
    RealtimeConfig(vad_mode=mode, barge_in=barge_in)
    for mode in (VADMode.SERVER, VADMode.MANUAL)
    for barge_in in BargeIn
)


def test_one_input(data: bytes) -> None:
    """Play the operations with each provider."""
    for provider in ("openai", "gemini"):
        _Play(provider, CONFIGS[len(data) % len(CONFIGS)]).run(data)


class _Play:
    def __init__(self, provider: str, config: RealtimeConfig) -> None:
        self.talk = Conversation(PROVIDERS[provider].dialect(), config)
        self.provider = provider
        self.now = 0.0
        self.closed = 0
        self.settled: Counter[str] = Counter()
        self.called: list[str] = []
        self.told = Usage()
        self._open()

    def run(self, data: bytes) -> None:
        for line in data.split(b"\n")[:MAX_LINES]:
            self._do(line)
            self._check()
        self.talk.close(now=self.now)
        self._check()
        self.talk.connection_lost(None, "", now=self.now)
        self._check()
        assert isinstance(self.talk.road, Done)
        assert self.closed == 1
        assert dict(self.settled) == dict.fromkeys(self.called, 1)
        assert self.talk.next_deadline() is None

    def _open(self) -> None:
        self.talk.open(now=self.now, unix_time=1_000.0)
        for frame in SET_UP[self.provider]:
            self.talk.receive(frame, now=self.now)
        self._check()

    def _do(self, line: bytes) -> None:
        number = int(line[1:4]) if line[1:4].isdigit() else 1
        match line[:1]:
            case b"t":
                self._send(SendText("hello"))
            case b"a":
                self._send(SendAudio(bytes(number * 16)))
            case b"c":
                self._send(CommitAudio())
            case b"e":
                self._send(EndAudio())
            case b"i":
                self._send(Interrupt())
            case b"p":
                self._send(Played(item_id="item_1", ms=number))
            case b"u":
                config = attrs.evolve(self.talk.config, instructions=str(number))
                self._send(UpdateSession(config))
            case b"k":
                self._answer(number)
            case b"w":
                self._wait(number / 10)
            case b"l":
                self.talk.connection_lost(1_000 + number, "", now=self.now)
            case b"o":
                if isinstance(self.talk.road, Redial):
                    self.now = max(self.now, self.talk.road.not_before)
                    self._open()
            case _:
                self.talk.receive(line, now=self.now)

    def _answer(self, number: int) -> None:
        call_id = self.called[-number] if 0 < number <= len(self.called) else "nobody's"
        was_open = call_id in self.called and not self.settled[call_id]
        if self._send(ToolResult(call_id=call_id, output="x")):
            self.settled[call_id] += was_open

    def _send(self, command: VoiceCommand) -> bool:
        try:
            self.talk.send(command, now=self.now)
        except (LocalProtocolError, ConfigurationError):
            assert not self.talk.take_frames()
            return False
        return True

    def _wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (deadline := self.talk.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.talk.tick(now=self.now)
            self._check()
        self.now = until

    def _check(self) -> None:
        frames, events = self.talk.take_frames(), self.talk.take_events()
        assert len(frames) < MAX_EVENTS
        assert len(events) < MAX_EVENTS
        for event in events:
            assert not self.closed, f"{event} after the end"
            match event:
                case SessionClosed():
                    self.closed += 1
                case ToolCallRequest():
                    self.called.append(event.call_id)
                case ToolCallCancelled():
                    self.settled[event.call_id] += 1
                case UsageReported():
                    self.told += event.usage
        assert self.told == self.talk.usage
        ids = [item.item_id for item in self.talk.history]
        assert len(ids) == len(set(ids))
        if isinstance(self.talk.road, Close):
            self.talk.connection_lost(None, "", now=self.now)
            self._check()


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
