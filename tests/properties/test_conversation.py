"""A conversation and a server, driven by random operations over a road with delays.

Frames wait on the road in both directions until a step carries them on, so every race the protocol
allows comes up: answers that cross cancellations, creates that cross the server's own responses,
transcripts that come whenever. Frames are also garbled, and connections dropped. What must hold
after every step, and at the end, is in `_check` and `teardown`.

The checks themselves are checked: with a fault planted in the library, each must be found.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from helpers.peers import TOKENS, GeminiPeer, OpenAIPeer
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from realtime_proto import (
    PROVIDERS,
    AudioChunk,
    ClearAudio,
    Close,
    CommitAudio,
    Conversation,
    Done,
    EndAudio,
    ErrorReported,
    Interrupt,
    Interrupted,
    Keep,
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
    Usage,
    UsageReported,
    VADMode,
    VoiceCommand,
    VoiceEvent,
)
from realtime_proto._desk import Desk
from realtime_proto.ledgers import PlaybackLedger, ToolLedger
from realtime_proto.openai._arbiter import ResponseArbiter
from realtime_proto.usage import UsageLedger

if TYPE_CHECKING:
    from collections.abc import Callable

MOVES = ("begin", "speak", "speak", "call", "finish", "user_starts", "user_stops", "transcribe")
MOSTLY = [True] * 7 + [False]
MAX_FRAMES = 64
"""One input never leads to more frames than that: what is held, plus a seed, is below it here."""

COMMANDS: dict[str, VoiceCommand] = {
    "text": SendText("hello"),
    "a little audio": SendAudio(bytes(3_200)),
    "audio and half a sample": SendAudio(bytes(6_401)),
    "commit": CommitAudio(),
    "clear": ClearAudio(),
    "end": EndAudio(),
    "interrupt": Interrupt(),
}

NOISE = (
    "no JSON",
    b"\xff",
    '{"type": 5}',
    '{"type": "response.done", "response": {}}',
    '{"type": "response.created"}',
    '{"type": "session.updated"}',
    '{"type": "input_audio_buffer.speech_started"}',
    '{"type": "news"}',
    '{"serverContent": 5}',
    '{"toolCall": {"functionCalls": 1}}',
    '{"goAway": []}',
    "{}",
)


class TalkMachine(RuleBasedStateMachine):
    """One conversation."""

    provider: ClassVar[str]
    peers: ClassVar[type[OpenAIPeer] | type[GeminiPeer]]
    n_steps: ClassVar[int] = 0

    @initialize(
        vad_mode=st.sampled_from([VADMode.SERVER, VADMode.MANUAL]), is_quick=st.sampled_from(MOSTLY)
    )
    def begin(self, vad_mode: VADMode, is_quick: bool) -> None:
        """A conversation begins; where it is quick, it is set up before anything else happens."""
        self.vad_mode = vad_mode
        self.detects = vad_mode is VADMode.SERVER
        self.conversation = Conversation(
            PROVIDERS[self.provider].dialect(), RealtimeConfig(vad_mode=vad_mode)
        )
        self.now = 0.0
        self.up: deque[str] = deque()
        self.peer: OpenAIPeer | GeminiPeer
        self.n_roads = 0
        self.closed: list[SessionClosed] = []
        self.heard_ms: Counter[str] = Counter()
        self.cut: set[str] = set()
        self.over: set[str] = set()
        self.settled: Counter[str] = Counter()
        self.called: list[str] = []
        self.reported = Usage()
        self.n_used = 0
        self.done_ids: set[str] = set()
        self._open()
        if is_quick:
            for _ in range(2):
                self.carry_down(8)
                self.carry_up(8)

    # --- the road

    def _open(self) -> None:
        self.peer = self.peers(self.n_roads, detects=self.detects)
        self.n_roads += 1
        self.up.clear()
        self.creates_out = 0
        self.active: set[str] = set()
        self.added: set[str] = set()
        self.peer.greet()
        self.conversation.open(now=self.now, unix_time=1_000.0 + self.now)
        self._drain()

    def _drain(self, *, must_cut: set[str] | None = None) -> None:
        frames = self.conversation.take_frames()
        assert len(frames) <= MAX_FRAMES
        self.up.extend(frames)
        events = self.conversation.take_events()
        if must_cut is not None:
            self.over.update(self.heard_ms)
        interrupted = {event.item_id for event in events if isinstance(event, Interrupted)}
        assert (must_cut or set()) <= interrupted, "something was cut off and nobody was told"
        for event in events:
            self._happened(event)
        for frame in frames:
            self._sent(json.loads(frame))
        self._check()
        if isinstance(self.conversation.road, Close):
            self.conversation.connection_lost(None, "", now=self.now)
            self.up.clear()
            self._drain()

    def _sent(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "response.create":
                assert not self.creates_out, "a response is asked for already"
                assert not self.active, "a response is active already"
                self.creates_out += 1
            case "conversation.item.truncate":
                assert 0 <= frame["audio_end_ms"] <= self.heard_ms[frame["item_id"]]

    def _happened(self, event: VoiceEvent) -> None:
        assert not self.closed, f"{event} came after SessionClosed"
        match event:
            case SessionClosed():
                self.closed.append(event)
            case AudioChunk(item_id=str(item_id)):
                assert item_id not in self.cut or not event.data, "late audio of a cut answer"
                self.heard_ms[item_id] += event.duration_ms
            case Interrupted():
                assert event.played_ms <= self.heard_ms[event.item_id]
                self.cut.add(event.item_id)
            case ToolCallRequest():
                self.called.append(event.call_id)
            case ToolCallCancelled():
                self.settled[event.call_id] += 1
            case ErrorReported() if event.failure.kind == "timeout":
                self.creates_out = 0  # it is waited for no more
                self.active.clear()
            case UsageReported():
                self.reported += event.usage

    def _check(self) -> None:
        assert [] == self.peer.faults
        assert all(n == 1 for n in self.settled.values()), "a call was settled twice"
        total = self.conversation.usage
        counted = (total.input.total, total.output.total)
        assert (TOKENS * self.n_used, TOKENS * self.n_used) == counted, "usage is miscounted"
        assert self.reported == total
        known = [item.item_id for item in self.conversation.history]
        assert len(known) == len(set(known))
        ordered = [item_id for item_id in known if item_id in self.added]
        assert [item_id for item_id in self.peer.order if item_id in ordered] == ordered

    def _receive(self, frame: str | bytes) -> None:
        self._note(frame)
        self.conversation.receive(frame, now=self.now)

    def _note(self, text: str | bytes) -> None:
        """What the client knows from now on."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        match frame:
            case {"type": "response.created", "response": {"id": response_id}}:
                self.creates_out = 0
                if response_id not in self.done_ids:
                    self.active = {response_id}
            case {"type": "response.created"}:
                self.creates_out = 0
            case {"type": "response.done", "response": {"id": response_id}}:
                self.active.discard(response_id)
                if response_id not in self.done_ids:
                    self.done_ids.add(response_id)
                    self.n_used += 1
            case {"type": "response.done"}:
                self.active.clear()
            case {"type": "error"}:
                self.creates_out = 0
            case {"type": "conversation.item.added", "item": {"id": item_id}}:
                self.added.add(item_id)
            case {"usageMetadata": _}:
                self.n_used += 1

    def _unplayed(self) -> set[str]:
        return {
            item_id
            for item_id, ms in self.heard_ms.items()
            if item_id not in self.over
            and item_id not in self.cut
            and self.conversation.played_ms(item_id, now=self.now) < ms
            and ms
        }

    @property
    def is_on(self) -> bool:
        return isinstance(self.conversation.road, Keep)

    # --- steps

    @rule(n=st.integers(1, 6))
    def carry_up(self, n: int) -> None:
        """The server gets what was sent."""
        for _ in range(min(n, len(self.up))):
            self.peer.hear(self.up.popleft())

    @precondition(lambda self: self.is_on)
    @rule(n=st.integers(1, 12))
    def carry_down(self, n: int) -> None:
        """The client gets what the server said."""
        for _ in range(min(n, len(self.peer.frames))):
            if not self.is_on:
                return
            frame = self.peer.frames.popleft()
            cuts = '"interrupted":true' in frame or "speech_started" in frame
            must_cut = self._unplayed() if cuts else None
            self._receive(frame)
            self._drain(must_cut=must_cut)

    @precondition(lambda self: self.is_on)
    @rule()
    def carry_all(self) -> None:
        """The road is empty for once."""
        for _ in range(3):
            self.carry_down(64)
            self.carry_up(64)

    @precondition(lambda self: self.conversation.is_ready)
    @rule(moves=st.lists(st.sampled_from(MOVES), min_size=2, max_size=5))
    def converse(self, moves: list[str]) -> None:
        """The server does several things, and all of them arrive."""
        for move in moves:
            if self.conversation.is_ready:
                self.act(move)
                self.carry_all()

    @precondition(lambda self: self.is_on and self.peer.late)
    @rule()
    def carry_late(self) -> None:
        """What may come at any time comes now."""
        self._receive(self.peer.late.popleft())
        self._drain()

    @precondition(lambda self: self.conversation.is_ready)
    @rule(move=st.sampled_from(MOVES))
    def act(self, move: str) -> None:
        """The server does something of its own accord."""
        if move in ("begin", "speak", "call") and not self._is_answering():
            self.peer.begin()
        if move != "begin":
            getattr(self.peer, move)()

    def _is_answering(self) -> bool:
        return bool(self.peer.is_answering)

    @rule()
    def repeat(self) -> None:
        """The server says twice that something is over."""
        self.peer.repeat_done()

    @precondition(lambda self: self.is_on)
    @rule(noise=st.sampled_from(NOISE))
    def garble(self, noise: str | bytes) -> None:
        """Something unreadable comes."""
        must_cut = self._unplayed() if "speech_started" in str(noise) and self._listens else None
        self._receive(noise)
        self._drain(must_cut=must_cut)

    @property
    def _listens(self) -> bool:
        return self.provider == "openai"

    @rule(name=st.sampled_from(sorted(COMMANDS)))
    def ask(self, name: str) -> None:
        """The application wants something. What is refused changes nothing."""
        command = COMMANDS[name]
        cuts = isinstance(command, Interrupt) and not self.closed
        must_cut = self._unplayed() if cuts else None
        try:
            self.conversation.send(command, now=self.now)
        except LocalProtocolError:
            assert [] == self.conversation.take_frames()
        self._drain(must_cut=must_cut)

    @precondition(lambda self: self.called)
    @rule(which=st.integers(0, 3), data=st.sampled_from(["fine", {"a": 1}, None]))
    def answer(self, which: int, data: Any) -> None:
        """A tool answers, perhaps once too often."""
        call_id = self.called[-1 - which % len(self.called)]
        was_open = not self.settled[call_id]
        try:
            self.conversation.send(ToolResult(call_id=call_id, output=data), now=self.now)
        except LocalProtocolError:
            assert isinstance(self.conversation.road, Done)
        else:
            self.settled[call_id] += was_open
        self._drain()

    @rule()
    def answer_nobody(self) -> None:
        """A result for a call that never was is refused."""
        with pytest.raises(LocalProtocolError):
            self.conversation.send(ToolResult(call_id="never"), now=self.now)
        self._drain()

    @precondition(lambda self: self.heard_ms)
    @rule(ms=st.integers(0, 400))
    def play(self, ms: int) -> None:
        """The application says how much was heard."""
        item_id = list(self.heard_ms)[-1]
        self.conversation.send(Played(item_id=item_id, ms=ms), now=self.now)
        self._drain()

    @rule(ms=st.sampled_from([1, 20, 20, 300, 300, 2_000, 2_000, 6_000, 12_000, 31_000]))
    def wait(self, ms: int) -> None:
        """Time passes; deadlines are kept."""
        until = self.now + ms / 1_000
        while (deadline := self.conversation.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.conversation.tick(now=self.now)
            self._drain()
        self.now = until

    @precondition(lambda self: self.is_on)
    @rule(code=st.sampled_from([None, 1001, 1006, 1011, 1000, 1007]), holds=st.sampled_from(MOSTLY))
    def drop(self, code: int | None, holds: bool) -> None:
        """The connection is lost, now and then."""
        if holds:
            return
        self.conversation.connection_lost(code, "", now=self.now)
        self._drain()

    @precondition(lambda self: isinstance(self.conversation.road, Redial))
    @rule(works=st.sampled_from([True, True, True, False]))
    def redial(self, works: bool) -> None:
        """A new connection is opened, or cannot be."""
        road = self.conversation.road
        assert isinstance(road, Redial)
        self.now = max(self.now, road.not_before)
        if works:
            self._open()
        else:
            self.conversation.connection_lost(None, "refused", now=self.now)
            self._drain()

    @precondition(lambda self: isinstance(self.conversation.road, Done))
    @rule()
    def begin_anew(self) -> None:
        """After the end there is another conversation."""
        self.teardown()
        self.begin(self.vad_mode, is_quick=True)

    @invariant()
    def count(self) -> None:
        """One more step was made."""
        type(self).n_steps += 1

    def teardown(self) -> None:
        """At the end nothing is pending, and the end is told once and last."""
        if not hasattr(self, "conversation"):
            return
        self.conversation.close(now=self.now)
        self._drain()
        assert isinstance(self.conversation.road, Done)
        assert 1 == len(self.closed)
        assert dict.fromkeys(self.called, 1) == dict(self.settled)
        assert self.conversation.next_deadline() is None
        assert not self.conversation.owes_answer


class OpenAITalk(TalkMachine):
    provider = "openai"
    peers = OpenAIPeer


class GeminiTalk(TalkMachine):
    provider = "gemini"
    peers = GeminiPeer


STEPS = 50
MACHINES = (OpenAITalk, GeminiTalk)


@pytest.mark.parametrize("machine", MACHINES)
def test_whatever_happens_the_books_are_right(machine: type[TalkMachine]) -> None:
    """No race, garbled frame or lost connection breaks what a conversation promises."""
    machine.n_steps = 0
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=settings().max_examples * 3 // 2,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Not every example is of full length; two machines together: 20,000 steps where CI is set.
    assert machine.n_steps >= settings().max_examples * STEPS


def test_an_interruption_needs_no_connection() -> None:
    """What plays is cut at once, and not when there is a connection again; there is one at most."""
    talk = OpenAITalk()
    talk.begin(VADMode.SERVER, is_quick=True)
    talk.converse(["begin", "speak"])
    talk.drop(None, holds=False)
    talk.ask("interrupt")
    assert 1 == len(talk.cut)
    talk.redial(works=True)
    talk.carry_all()
    talk.ask("interrupt")
    talk.teardown()


def _unqueued(self: ResponseArbiter) -> Any:
    return self._queue[0] if self._queue else None


def _settled_twice(self: ToolLedger, call_id: str) -> Any:
    call = self._open[call_id]
    settlement = SETTLE(self, call_id)
    self._open[call_id] = call
    self._settled.pop(call_id)
    return settlement


def _cut_beyond(self: PlaybackLedger, *, now_us: int) -> Any:
    cuts = CUT(self, now_us=now_us)
    return [type(c)(c.item_id, 0, c.received_ms + 1, c.received_ms, "") for c in cuts]


def _counted_twice(self: UsageLedger, key: str, usage: Usage, **kinds: Any) -> Any:
    return REPORT(self, f"{key}_{len(self._by_key)}", usage, **kinds)


def _untold(self: Desk) -> Any:
    cuts = INTERRUPT(self)
    self.events = [event for event in self.events if not isinstance(event, Interrupted)]
    return cuts


SETTLE = ToolLedger.settle
CUT = PlaybackLedger.cut
REPORT = UsageLedger.report
INTERRUPT = Desk.interrupt_playback

FAULTS: dict[str, tuple[type, str, Callable[..., Any], type[TalkMachine], str]] = {
    "no queueing": (ResponseArbiter, "due", _unqueued, OpenAITalk, "a response is"),
    "settled twice": (ToolLedger, "settle", _settled_twice, OpenAITalk, "twice"),
    "cut beyond received": (PlaybackLedger, "cut", _cut_beyond, OpenAITalk, "played_ms"),
    "usage counted twice": (UsageLedger, "report", _counted_twice, OpenAITalk, "miscounted"),
    "an Interrupted lost": (Desk, "interrupt_playback", _untold, GeminiTalk, "nobody was told"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks above can fail: each of these faults breaks one of them, in few examples."""
    owner, name, broken, machine, complaint = FAULTS[fault]
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(AssertionError, match=complaint):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=200,
                stateful_step_count=STEPS,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
                derandomize=True,
            ),
        )
