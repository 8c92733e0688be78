"""What scripts are made of, and what plays them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import field, frozen

from realtime_proto import (
    PROVIDERS,
    Close,
    Conversation,
    RealtimeConfig,
    Redial,
    VoiceCommand,
)
from realtime_proto.recording import Journaled

if TYPE_CHECKING:
    from realtime_proto.recording import AudioPolicy, Sink

__all__ = (
    "Dials",
    "Does",
    "Drops",
    "Happens",
    "Says",
    "Script",
    "Sends",
    "Waits",
    "run",
)

SECOND_24K = base64.b64encode(bytes(48_000)).decode()


@frozen
class Says:
    """The server says something."""

    frame: dict[str, Any]
    source: str


@frozen
class Does:
    """The application does something."""

    command: VoiceCommand


@frozen
class Sends:
    """The client sends a frame that holds at least this."""

    part: dict[str, Any]


class Happens:
    """An event of this type, with these values, among those since the last one named."""

    def __init__(self, kind: type, **fields: Any) -> None:
        self.kind = kind
        self.fields = fields


@frozen
class Waits:
    """Time passes, in seconds; deadlines are kept."""

    seconds: float


@frozen
class Drops:
    """The connection ends."""

    code: int | None
    reason: str
    source: str


@frozen
class Dials:
    """The conversation wants a new road, and gets it."""


Step: TypeAlias = Says | Does | Sends | Happens | Waits | Drops | Dials


@frozen
class Script:
    """One conversation."""

    name: str
    provider: str
    steps: tuple[Step, ...]
    config: RealtimeConfig = field(factory=RealtimeConfig)


def run(script: Script, *, sink: Sink | None = None, audio: AudioPolicy = "inline") -> Conversation:
    """Play a script; every step is 10 ms after the one before.

    Args:
        script: What to play.
        sink: Takes the lines of a journal of it.
        audio: What the journal keeps of audio.
    """
    return _Run(script, sink, audio).run()


class _Run:
    def __init__(self, script: Script, sink: Sink | None, audio: AudioPolicy) -> None:
        self.script = script
        self.talk = Conversation(PROVIDERS[script.provider].dialect(), script.config)
        self.boundary: Any = self.talk if sink is None else Journaled(self.talk, sink, audio=audio)
        self.now = 0.0
        self.frames: list[Any] = []
        self.events: list[Any] = []

    def run(self) -> Conversation:
        self.boundary.open(now=self.now, unix_time=1_000.0)
        self._drain()
        for n, step in enumerate(self.script.steps):
            try:
                self._step(step)
            except AssertionError as exc:
                raise AssertionError(f"{self.script.name}, step {n} {step}: {exc}") from exc
        assert [] == self.frames, "frames that the script does not name"
        return self.talk

    def _step(self, step: Step) -> None:
        match step:
            case Says(frame):
                self.now += 0.01
                self.boundary.receive(json.dumps(frame), now=self.now)
            case Does(command):
                self.now += 0.01
                self.boundary.send(command, now=self.now)
            case Waits(seconds):
                self._wait(self.now + seconds)
            case Drops(code, reason):
                self.boundary.connection_lost(code, reason, now=self.now)
            case Dials():
                assert isinstance(self.talk.road, Redial), f"the road is {self.talk.road}"
                assert [] == self.frames
                self.now = max(self.now, self.talk.road.not_before)
                self.boundary.open(now=self.now, unix_time=1_000.0 + self.now)
            case Sends(part):
                assert self.frames, "nothing was sent"
                frame = self.frames.pop(0)
                assert _holds(frame, part), f"sent was {frame}"
            case Happens():
                self._happened(step)
        self._drain()

    def _happened(self, step: Happens) -> None:
        while self.events:
            event = self.events.pop(0)
            if isinstance(event, step.kind) and all(
                getattr(event, name) == value for name, value in step.fields.items()
            ):
                return
        raise AssertionError(f"{step.kind.__name__} {step.fields} did not happen")

    def _wait(self, until: float) -> None:
        while (deadline := self.talk.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.boundary.tick(now=self.now)
            self._drain()
        self.now = until

    def _drain(self) -> None:
        self.frames += map(json.loads, self.boundary.take_frames())
        self.events += self.boundary.take_events()
        if isinstance(self.talk.road, Close):
            self.boundary.connection_lost(None, "", now=self.now)
            self.events += self.boundary.take_events()


def _holds(frame: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(frame, dict) and all(
            key in frame and _holds(frame[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(frame, list) and len(frame) == len(part) and all(map(_holds, frame, part))
    return bool(frame == part)
