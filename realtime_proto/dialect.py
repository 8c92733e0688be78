"""What a provider must supply to take part in a neutral conversation, and what it may do there.

A `Dialect` is one stateful object per conversation. It turns commands into wire events and wire
events into neutral ones, and keeps what only its provider has: who may start a response when, which
turn a chunk belongs to, what a close code means. It acts through `Effects` alone, which the
conversation implements; it never sees a frame, a clock or a socket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from urllib.parse import quote

from attrs import field, frozen

from realtime_proto.formats import AudioFormat
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from realtime_proto._connection import Connection
    from realtime_proto.closing import Verdict
    from realtime_proto.commands import ToolResult, VoiceCommand
    from realtime_proto.config import RealtimeConfig
    from realtime_proto.errors import RealtimeConnectionError
    from realtime_proto.events import ExpiryReason, Failure, Lost, Speaker, VoiceEvent
    from realtime_proto.history import History, Seed, SeedRules
    from realtime_proto.ledgers import Cut, PlaybackLedger, ToolLedger
    from realtime_proto.limits import Limits
    from realtime_proto.usage import Usage
    from realtime_proto.wire import IdFactory

__all__ = ("Capabilities", "Dialect", "DialectFactory", "Effects", "Endpoint")


@frozen(kw_only=True)
class Endpoint:
    """Where to connect, and with what.

    Args:
        url: ws:// or wss:// with path and query. Holds no credential.
        headers: HTTP request headers beside those every WebSocket handshake has.
        subprotocols: WebSocket subprotocols to offer.
        secret_query: What belongs into the query too and must not be seen: connect to `full_url()`.
    """

    url: str
    headers: tuple[tuple[str, str | Secret], ...] = ()
    subprotocols: tuple[str | Secret, ...] = ()
    secret_query: tuple[tuple[str, str | Secret], ...] = ()

    def full_url(self) -> Secret:
        """The URL to connect to, with the credential where one belongs into it."""
        if not self.secret_query:
            return Secret(self.url)
        pairs = "&".join(
            f"{name}={quote(value.reveal() if isinstance(value, Secret) else value, safe='')}"
            for name, value in self.secret_query
        )
        return Secret(f"{self.url}{'&' if '?' in self.url else '?'}{pairs}")


@frozen(kw_only=True)
class Capabilities:
    """What a provider can do, as far as the layers above must know.

    Args:
        input_format: How the audio we send must look.
        output_format: How the audio we receive looks.
        truncates: The server can be told how much of an answer was heard.
        resumes: The server can go on with a session on another connection.
    """

    input_format: AudioFormat
    output_format: AudioFormat = field(default=AudioFormat())
    truncates: bool = False
    resumes: bool = False


class Effects(Protocol):
    """What a dialect may do while it handles one input."""

    @property
    def config(self) -> RealtimeConfig:
        """The settings in force."""

    @property
    def limits(self) -> Limits:
        """The bounds."""

    @property
    def now_us(self) -> int:
        """The time of the input, in microseconds since the conversation's first one."""

    @property
    def playback(self) -> PlaybackLedger:
        """What was heard of each item."""

    @property
    def tools(self) -> ToolLedger:
        """Which call is settled."""

    @property
    def history(self) -> History:
        """Who said what. Put items in as they come; `say` and `finish` fill in the words."""

    @property
    def seed(self) -> Seed:
        """What a new session on this road is to be told first. Empty where one is resumed."""

    @property
    def handle(self) -> str | None:
        """What to resume on this road, as a server called it."""

    def new_id(self) -> str:
        """A new id for a client event or an item."""

    def transmit(self, event: Any) -> None:
        """Say a wire event. Raises LocalProtocolError, and then nothing was said."""

    def emit(self, event: VoiceEvent) -> None:
        """Tell the application."""

    def emit_audio(
        self, data: bytes, *, item_id: str, response_id: str, content_index: int = 0
    ) -> None:
        """Tell the application of a chunk of speech, and note it in the playback ledger."""

    def say(
        self,
        text: str,
        *,
        item_id: str,
        speaker: Speaker,
        response_id: str | None = None,
        is_spoken: bool = True,
    ) -> None:
        """More words of an item: for the history, and for the application where it wants them.

        Those of the assistant come with the response they belong to.
        """

    def finish(
        self, text: str | None, *, item_id: str, speaker: Speaker, is_spoken: bool = True
    ) -> None:
        """All words of an item; None: those that came. The second time nothing happens."""

    def used(
        self, key: str, usage: Usage, *, response_id: str | None = None, is_cumulative: bool = False
    ) -> None:
        """What something used, counted once under its key (see usage.UsageLedger)."""

    def call_tool(self, call_id: str, name: str, arguments: Any, *, group: str) -> None:
        """Open a tool call in the ledger and tell the application; refuse it where it cannot be."""

    def tool_s(self, name: str) -> float:
        """How long a call of that function may stay unanswered, in seconds."""

    def cancel_tools(self, call_ids: tuple[str, ...]) -> None:
        """Give up calls the provider no longer wants answered."""

    def interrupt_playback(self) -> list[Cut]:
        """Cut what is not heard yet, tell the application, and give the cuts."""

    def user_began(self, *, is_answering: bool) -> bool:
        """The user began to speak: whether what is said to him is to be cut now.

        Args:
            is_answering: A response is under way, audible or not yet.
        """

    def user_said(self, text: str) -> bool:
        """More of the user's words: whether they decide that what is said to him is to be cut."""

    def user_stopped(self) -> bool:
        """The user stopped speaking: whether that was a turn, to be answered."""

    def adopt(self, config: RealtimeConfig) -> None:
        """These settings are in force from now on."""

    def resumable(self, handle: str | None) -> None:
        """The server gave a handle to resume with; None: right now it cannot be resumed."""

    def expires(self, in_s: float, *, reason: ExpiryReason) -> None:
        """The road ends in so many seconds."""

    def expires_at(self, unix_time: float) -> None:
        """The session ends at that time, in seconds since 1970."""

    def ready(
        self,
        *,
        session_id: str | None,
        model: str | None,
        altered: tuple[str, ...] = (),
    ) -> None:
        """The session is set up."""

    def fail(self, failure: Failure) -> None:
        """End the session for this reason."""


class Dialect(Protocol):
    """One provider's side of one conversation, over all its connections.

    It may also have a method `voice(event)`, for speed: what becomes of the audio of events that
    are like this one, as a function of the audio and the effects, or None. Such events are not made
    then (`_speech`), and what that function does must be what `event` would.
    """

    @property
    def name(self) -> str:
        """The provider's name."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @property
    def owes_answer(self) -> bool:
        """Whether the user is speaking, or spoke and the answer is not complete yet."""

    @property
    def is_awaiting(self) -> bool:
        """Whether the server is in the middle of something, so that its silence is a fault."""

    def configure(self, config: RealtimeConfig) -> tuple[str, ...]:
        """Take the settings; the names of those it has no place for. Raises ConfigurationError."""

    def seed_rules(self, config: RealtimeConfig) -> SeedRules:
        """What the model takes as the history of a new session."""

    def connection(self, *, limits: Limits, ids: IdFactory) -> Connection[Any, Any, Any]:
        """The wire level for a new road, in the client's role."""

    def opened(self, fx: Effects) -> None:
        """A new road is open and nothing was said on it yet."""

    def command(self, command: VoiceCommand, fx: Effects) -> None:
        """The application wants something. Raises LocalProtocolError with nothing changed."""

    def event(self, event: Any, fx: Effects) -> None:
        """The server said something."""

    def malformed(self, tag: str | None, fx: Effects) -> None:
        """The server said something unreadable; settle what would otherwise wait for it."""

    def answer_tool(self, result: ToolResult, fx: Effects) -> None:
        """Say the answer to an open call, and settle it in the ledger unless more follows."""

    def next_deadline_us(self) -> int | None:
        """When `tick` is to be called, in the time of `Effects.now_us`."""

    def tick(self, fx: Effects) -> None:
        """A deadline may have come."""

    def lost(self, code: int | None, reason: str, *, can_resume: bool) -> Verdict:
        """What it means that the road ended."""

    def unopened(self, error: RealtimeConnectionError, *, unix_time: float) -> Verdict:
        """What it means that a new road could not be opened."""

    def abandon(self, fx: Effects) -> tuple[Lost, ...]:
        """The road is gone: forget what belonged to it, and say what was in flight."""


DialectFactory: TypeAlias = Callable[[], Dialect]
