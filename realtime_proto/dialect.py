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
    from realtime_proto.commands import VoiceCommand
    from realtime_proto.config import RealtimeConfig
    from realtime_proto.events import Failure, VoiceEvent
    from realtime_proto.ledgers import PlaybackLedger, ToolLedger
    from realtime_proto.limits import Limits
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
    secret_query: tuple[tuple[str, Secret], ...] = ()

    def full_url(self) -> Secret:
        """The URL to connect to, with the credential where one belongs into it."""
        if not self.secret_query:
            return Secret(self.url)
        pairs = "&".join(f"{name}={quote(v.reveal(), safe='')}" for name, v in self.secret_query)
        return Secret(f"{self.url}{'&' if '?' in self.url else '?'}{pairs}")


@frozen(kw_only=True)
class Capabilities:
    """What a provider can do, as far as the layers above must know.

    Args:
        input_format: How the audio we send must look.
        output_format: How the audio we receive looks.
    """

    input_format: AudioFormat
    output_format: AudioFormat = field(default=AudioFormat())


class Effects(Protocol):
    """What a dialect may do while it handles one input."""

    @property
    def config(self) -> RealtimeConfig:
        """The settings of this conversation."""

    @property
    def limits(self) -> Limits:
        """Its bounds."""

    @property
    def now_us(self) -> int:
        """The time of the input, in microseconds since the conversation's first one."""

    @property
    def playback(self) -> PlaybackLedger:
        """What was heard of each item."""

    @property
    def tools(self) -> ToolLedger:
        """Which call is settled."""

    def new_id(self) -> str:
        """A new id for a client event or an item."""

    def transmit(self, event: Any) -> None:
        """Say a wire event. Raises LocalProtocolError, and then nothing was said."""

    def emit(self, event: VoiceEvent) -> None:
        """Tell the application."""

    def emit_audio(self, data: bytes, *, item_id: str, response_id: str) -> None:
        """Tell the application of a chunk of speech, and note it in the playback ledger."""

    def call_tool(self, call_id: str, name: str, arguments: Any, *, group: str) -> None:
        """Open a tool call in the ledger and tell the application; refuse it where it cannot be."""

    def cancel_tools(self, call_ids: tuple[str, ...]) -> None:
        """Give up calls the provider no longer wants answered."""

    def interrupt_playback(self) -> list[Any]:
        """Cut what is not heard yet, tell the application, and give the cuts (see ledgers.Cut)."""

    def ready(self, *, session_id: str | None, model: str | None) -> None:
        """The session is set up."""

    def fail(self, failure: Failure) -> None:
        """End the session for this reason."""


class Dialect(Protocol):
    """One provider's side of one conversation."""

    @property
    def name(self) -> str:
        """The provider's name."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @property
    def owes_answer(self) -> bool:
        """Whether the user is speaking, or spoke and the answer is not complete yet."""

    def configure(self, config: RealtimeConfig) -> tuple[str, ...]:
        """Take the settings; the names of those it has no place for. Raises ConfigurationError."""

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

    def answer_tool(self, call_id: str, output: Any, *, is_error: bool, fx: Effects) -> None:
        """Say the answer to an open call, and settle it in the ledger."""

    def lost(self, code: int | None, reason: str) -> Verdict:
        """What it means that the road ended."""


DialectFactory: TypeAlias = Callable[[], Dialect]
