"""A provider of your own, whole: the wire, the dialect, the spec.

The protocol is made up. The client says `start`, and may `say` or send `audio` once it heard
`ready`; the server answers each with `words` and `sound` and ends it with `done`, or reports
`trouble`. Run it to hold a conversation with a parrot in memory, without a network:

    python own_provider.py

A program registers it with `RealtimeVoice.register_provider("parrot", PARROT)`; a distribution
offers it as an entry point of the group "realtime_io.providers".
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from realtime_proto import (
    AudioFormat,
    Conversation,
    ErrorReported,
    Failure,
    HistoryItem,
    Interrupt,
    LocalProtocolError,
    Lost,
    ProviderSpec,
    RealtimeConfig,
    ResponseDone,
    ResponseStarted,
    Secret,
    SendAudio,
    SendText,
    TranscriptDelta,
)
from realtime_proto.kit import (
    ANY,
    Capabilities,
    Endpoint,
    Fate,
    Machine,
    ModelInfo,
    Role,
    Rule,
    SeedRules,
    TaggedConnection,
    UnknownEvent,
    VoiceInfo,
    WireValue,
    judge_close,
    judge_error,
    judge_unopened,
)

if TYPE_CHECKING:
    from realtime_proto import Limits, RealtimeConnectionError, ToolResult, VoiceCommand
    from realtime_proto.kit import Effects, IdFactory, LostPhase, Verdict

# --- the wire: one class for each event, and who may say what, when


@frozen(kw_only=True)
class Start(WireValue):
    """Hello; the parrot is to mind its manners, where it has some."""

    type: ClassVar[str] = "start"
    manners: str | None = None


@frozen(kw_only=True)
class Say(WireValue):
    """The user wrote."""

    type: ClassVar[str] = "say"
    text: str


@frozen(kw_only=True)
class Audio(WireValue):
    """The user speaks: PCM16, 16 000 Hz, mono."""

    type: ClassVar[str] = "audio"
    pcm: bytes


@frozen(kw_only=True)
class Ready(WireValue):
    """The parrot is there, in this cage."""

    type: ClassVar[str] = "ready"
    cage: str


@frozen(kw_only=True)
class Words(WireValue):
    """A piece of an answer's words."""

    type: ClassVar[str] = "words"
    answer: str
    text: str


@frozen(kw_only=True)
class Sound(WireValue):
    """A piece of an answer's sound: PCM16, 16 000 Hz, mono."""

    type: ClassVar[str] = "sound"
    answer: str
    pcm: bytes


@frozen(kw_only=True)
class Done(WireValue):
    """An answer is complete."""

    type: ClassVar[str] = "done"
    answer: str


@frozen(kw_only=True)
class Trouble(WireValue):
    """Something is wrong."""

    type: ClassVar[str] = "trouble"
    code: str
    message: str


class Phase(enum.Enum):
    """Where a connection stands."""

    OPENING = "opening"
    STARTING = "starting"
    READY = "ready"
    CLOSED = "closed"


MACHINE = Machine(
    initial=Phase.OPENING,
    lost=Phase.CLOSED,
    table={
        Role.CLIENT: {
            Phase.OPENING: {Start: Phase.STARTING},
            Phase.READY: {Say: Phase.READY, Audio: Phase.READY},
        },
        Role.SERVER: {
            Phase.STARTING: {Ready: Phase.READY, Trouble: Phase.STARTING},
            Phase.READY: {ANY: Phase.READY},
        },
    },
)
CLIENT = (Start, Say, Audio)
SERVER = (Ready, Words, Sound, Done, Trouble)


class ParrotConnection(
    TaggedConnection[Any, Any, Phase],
    role=Role.CLIENT,
    machine=MACHINE,
    sends=CLIENT,
    receives=SERVER,
):
    """The client's end."""


class ParrotServerConnection(
    TaggedConnection[Any, Any, Phase],
    role=Role.SERVER,
    machine=MACHINE,
    sends=SERVER,
    receives=CLIENT,
):
    """The server's end: for tests and simulators."""


# --- what ends and errors mean

RULES = (
    Rule(kind="close", fate=Fate.FATAL, codes=(4001,), hint="the parrot does not know this key"),
    Rule(kind="close", fate=Fate.RENEW, says=("bedtime",), hint="the parrot sleeps: wake it again"),
    Rule(kind="error", fate=Fate.RETRYABLE, codes=("mouth_full",), hint="wait until it has eaten"),
)


# --- the dialect: commands to the wire, the wire to neutral events


class ParrotDialect:
    """One conversation's parrot."""

    name = "parrot"
    capabilities = Capabilities(
        input_format=AudioFormat(rate_hz=16_000), output_format=AudioFormat(rate_hz=16_000)
    )

    def __init__(self) -> None:
        self._said: Failure | None = None
        self._n_user = 0
        self._begin()

    def _begin(self) -> None:
        self._is_ready = False
        self._answer: str | None = None
        self._is_asked = False

    @property
    def owes_answer(self) -> bool:
        """Whether the user waits for an answer."""
        return self._is_asked or self._answer is not None

    @property
    def is_awaiting(self) -> bool:
        """Whether the parrot is in the middle of one."""
        return self._answer is not None

    def configure(self, config: RealtimeConfig) -> tuple[str, ...]:
        """Take the settings; the names of those a parrot has no place for."""
        no_place = ("voice", "temperature", "max_tokens", "vad_threshold")
        ignored = [name for name in no_place if getattr(config, name) is not None]
        return (*ignored, "tools") if config.tools else tuple(ignored)

    def seed_rules(self, config: RealtimeConfig) -> SeedRules:
        """A parrot takes no history."""
        return SeedRules(takes_tools=False, takes_system=False, max_items=0)

    def connection(self, *, limits: Limits, ids: IdFactory) -> ParrotConnection:
        """The wire level for a new road."""
        return ParrotConnection(max_frame_bytes=limits.max_frame_bytes)

    def opened(self, fx: Effects) -> None:
        """The client speaks first."""
        self._begin()
        fx.transmit(Start(manners=fx.config.instructions))

    def command(self, command: VoiceCommand, fx: Effects) -> None:
        """Turn a command into wire events."""
        match command:
            case SendText(text):
                fx.transmit(Say(text=text))
                self._n_user += 1
                fx.history.insert(HistoryItem(item_id=f"user_{self._n_user}", text=text))
                self._is_asked = True
            case SendAudio(data):
                fx.transmit(Audio(pcm=data))
            case Interrupt():
                fx.interrupt_playback()  # this server cannot be stopped, but nobody need listen
            case _:
                raise LocalProtocolError(f"a parrot knows no {type(command).__name__}")

    def event(self, event: Any, fx: Effects) -> None:
        """Turn a wire event into neutral ones."""
        match event:
            case Ready():
                self._is_ready = True
                fx.ready(session_id=event.cage, model=fx.config.model)
            case Words(answer=answer, text=text):
                self._open(answer, fx)
                fx.say(text, item_id=answer, speaker="assistant", response_id=answer)
            case Sound(answer=answer, pcm=pcm):
                self._open(answer, fx)
                fx.emit_audio(pcm, item_id=answer, response_id=answer)
            case Done(answer=answer):
                self._open(answer, fx)
                fx.finish(None, item_id=answer, speaker="assistant")
                fx.emit(ResponseDone(response_id=answer, status="completed"))
                self._answer = None
            case Trouble():
                failure = Failure(kind="provider", message=event.message, code=event.code)
                _, self._said = judge_error(failure, rules=RULES)
                fx.emit(ErrorReported(failure=self._said))
            case UnknownEvent():
                fx.emit(event)

    def _open(self, answer: str, fx: Effects) -> None:
        if self._answer != answer:
            self._answer, self._is_asked = answer, False
            fx.history.insert(HistoryItem(item_id=answer, role="assistant", status="in_progress"))
            fx.emit(ResponseStarted(response_id=answer))

    def malformed(self, tag: str | None, fx: Effects) -> None:
        """A `done` that could not be read is one all the same."""
        if tag == Done.type and self._answer is not None:
            self.event(Done(answer=self._answer), fx)

    def answer_tool(self, result: ToolResult, fx: Effects) -> None:
        """There is nothing to answer."""
        raise LocalProtocolError("a parrot calls no functions")

    def next_deadline_us(self) -> int | None:
        """Nothing here waits for time."""
        return None

    def tick(self, fx: Effects) -> None:
        """Nothing here waits for time."""

    def lost(self, code: int | None, reason: str, *, can_resume: bool) -> Verdict:
        """What it means that the road ended."""
        phase: LostPhase = "open" if self._is_ready else "set-up"
        return judge_close(code, reason, phase=phase, rules=RULES, said=self._said)

    def unopened(self, error: RealtimeConnectionError, *, unix_time: float) -> Verdict:
        """What it means that a new road could not be opened."""
        return judge_unopened(error, rules=RULES, unix_time=unix_time)

    def abandon(self, fx: Effects) -> tuple[Lost, ...]:
        """The road is gone: what was in flight."""
        lost = () if self._answer is None else (Lost(kind="response", id=self._answer),)
        self._begin()
        return lost


# --- the spec


def endpoint(model: str | None, *, key: Secret, base_url: str | None = None) -> Endpoint:
    """Where parrots live."""
    url = (base_url or "wss://parrots.example").replace("http", "ws", 1)
    return Endpoint(url=f"{url}/{model or 'macaw'}", headers=(("x-parrot-key", key),))


PARROT = ProviderSpec(
    name="parrot",
    dialect=ParrotDialect,
    endpoint=endpoint,
    default_model="macaw",
    key_variables=("PARROT_KEY",),
    base_url_variable="PARROT_URL",
    models=(ModelInfo(name="macaw"), ModelInfo(name="cockatoo", status="preview")),
    voices=(VoiceInfo(name="polly", note="hoarse"),),
    rules=RULES,
)


# --- a conversation in memory: both ends, no network


def answers(server: ParrotServerConnection, frame: str) -> list[str]:
    """What the parrot says to one frame."""
    frames = []
    for event in server.receive(frame):
        match event:
            case Start():
                frames.append(server.send(Ready(cage="cage_1")))
            case Say(text=text):
                frames.append(server.send(Words(answer="a_1", text=f"{text} ")))
                frames.append(server.send(Words(answer="a_1", text=text)))
                frames.append(server.send(Sound(answer="a_1", pcm=bytes(320))))
                frames.append(server.send(Done(answer="a_1")))
    return frames


def main() -> None:
    """Say hello to the parrot."""
    conversation = Conversation(PARROT.dialect(), RealtimeConfig(instructions="Be polite"))
    server = ParrotServerConnection()
    conversation.open(now=0, unix_time=0)
    conversation.send(SendText("hello"), now=0)
    while frames := conversation.take_frames():
        for frame in frames:
            for answer in answers(server, frame):
                conversation.receive(answer, now=0)
    for event in conversation.take_events():
        match event:
            case TranscriptDelta(is_final=True, text=text):
                print("parrot:", text)
            case ResponseDone():
                print("history:", [(item.role, item.text) for item in conversation.history])


if __name__ == "__main__":
    main()
