"""OpenAI Realtime at the wire level, in both roles.

A frame is one event, and an event is one object with a `type`. What is added to the shared
connection: the tag tables, built from the unions in `events` and `translation`; `event_id`, which
whoever sends an event gives it; and the dialects.

A dialect says how events go out. Coming in, every name and place of every dialect is understood
(`_shapes`), and what the server of the dialect leaves out or misplaces (`leniency`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args

from realtime_proto._codec import Codec, Mismatch
from realtime_proto._connection import (
    MAX_FRAME_BYTES,
    Connection,
    PhaseT,
    RecvT,
    SendT,
    _Malformed,
    tagged_object,
)
from realtime_proto._json import base64_encode
from realtime_proto._machine import Role
from realtime_proto._scalars import Hook
from realtime_proto._splice import Splice
from realtime_proto.errors import ConfigurationError, LocalProtocolError
from realtime_proto.openai._shapes import SHAPES, TAGS, from_ga, is_shaped, to_ga
from realtime_proto.openai._state import MACHINE, TRANSLATION, Phase, TranslationPhase
from realtime_proto.openai.events import (
    ClientEvent,
    InputAudioBufferAppend,
    ServerEvent,
)
from realtime_proto.openai.leniency import rules
from realtime_proto.openai.translation import TranslationClientEvent, TranslationServerEvent
from realtime_proto.wire import UNSET, CountedIds, UnknownEvent, count_ids, explicit_nulls, notes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_proto._machine import Machine

__all__ = (
    "DIALECTS",
    "OpenAIConnection",
    "OpenAIServerConnection",
    "TranslationConnection",
    "TranslationServerConnection",
)

DIALECTS: Final = tuple(SHAPES)
"""Shapes of the protocol that are spoken here."""


@cache
def _codec(dialect: str) -> Codec:
    return Codec(dialect=dialect, rules=rules(dialect))


_APPEND: Final = '{"type":"input_audio_buffer.append",'


def _tags(union: Any) -> Mapping[str, type]:
    return {cls.type: cls for cls in get_args(union)}


_Route = tuple[Hook, bool]
"""What reads an event, and whether it has to be given GA's shape before."""


@cache
def _routes(dialect: str, role: type) -> dict[str, _Route]:
    """The routes of a dialect and a role, by tag, as far as they were needed yet."""
    return {}


class _OpenAI(Connection[SendT, RecvT, PhaseT]):
    _sent: ClassVar[frozenset[type]]
    _received: ClassVar[Mapping[str, type]]
    _many_shapes: ClassVar[bool] = True

    def __init__(
        self, *, dialect: str, max_frame_bytes: int, ids: Callable[[], str | None]
    ) -> None:
        if dialect not in SHAPES:
            raise ConfigurationError(
                f"no such dialect of OpenAI Realtime: {dialect!r}; there is {', '.join(DIALECTS)}"
            )
        super().__init__(max_frame_bytes=max_frame_bytes)
        self._dialect = dialect
        self._shape = SHAPES[dialect]
        self._codec = _codec(dialect)
        self._routes = _routes(dialect, type(self))
        self._ids = ids
        self._has_plain_ids = ids.__class__ is CountedIds and _needs_no_escape(ids.prefix)
        self._spare_id: str | None = None
        self._used_id = False

    @property
    def dialect(self) -> str:
        """In which dialect events go out."""
        return self._dialect

    def has(self, kind: type) -> bool:
        """Whether the dialect has events of the class *kind*, whoever says them."""
        return getattr(kind, "type", None) not in self._shape.lacks

    def send(self, event: SendT) -> str:
        """The text frame that says *event*, with an `event_id` where it takes one and has none. It
        must be sent: the connection counts it as said.

        Raises:
            LocalProtocolError: It is not an event of this role or of the dialect, not legal in this
                phase, too large, or holds a value of the wrong type or one that the dialect cannot
                say. Nothing was changed, and no id was used up.
        """
        self._used_id = False
        frame = super().send(event)
        if self._used_id:
            self._spare_id = None
        return frame

    def _sends(self, kind: type) -> bool:
        return kind is UnknownEvent or kind in self._sent

    def _check_role(self, kind: type) -> None:
        if not self.has(kind):
            raise LocalProtocolError(f"the dialect {self._dialect!r} has no {kind.__name__}")
        super()._check_role(kind)

    def _template(self, event: SendT) -> str | None:
        if event.__class__ is not InputAudioBufferAppend:
            return None
        audio: Any = event.audio  # type: ignore[attr-defined]  # narrowed by its class
        event_id: Any = event.event_id  # type: ignore[attr-defined]
        if audio.__class__ is not bytes or notes_of(event) is not None:
            return None
        if event_id is UNSET:
            event_id = self._use_id()
            if event_id is None:
                return f'{_APPEND}"audio":"{base64_encode(audio)}"}}'
            if event_id.__class__ is str and _needs_no_escape(event_id):
                return f'{_APPEND}"audio":"{base64_encode(audio)}","event_id":"{event_id}"}}'
        elif event_id.__class__ is str and _needs_no_escape(event_id):
            return f'{_APPEND}"event_id":"{event_id}","audio":"{base64_encode(audio)}"}}'
        return None

    def _pack(self, event: SendT) -> dict[str, Any]:
        if isinstance(event, UnknownEvent):
            return tagged_object(event)
        packed: dict[str, Any] = self._codec.unstructure(event)
        from_ga(packed, self._shape)
        return packed

    def _stamp(self, event: SendT, packed: dict[str, Any]) -> None:
        if _lacks_id(event):
            event_id = self._use_id()
            if event_id is not None:
                packed["event_id"] = event_id

    def _use_id(self) -> str | None:
        # The frame may still turn out too large. Its id then goes to the next event.
        self._used_id = True
        if self._spare_id is None:
            self._spare_id = self._ids()
        return self._spare_id

    def _unpack(self, value: dict[str, Any], events: list[RecvT | UnknownEvent]) -> None:
        tag = value.get("type")
        if tag.__class__ is not str:
            raise _Malformed(Mismatch((".type", "missing" if tag is None else "not a string")))
        route = self._routes.get(tag) or self._find_route(tag)
        if route is None:
            events.append(UnknownEvent(tag=tag, raw=value))
            return
        read, has_shapes = route
        moved = to_ga(value) if has_shapes else []
        try:
            events.append(read(value, self._drift))
        except Mismatch as mismatch:
            raise _Malformed(_as_it_stood(mismatch, moved), tag=tag) from None

    def _find_route(self, tag: str) -> _Route | None:
        cls = self._received.get(TAGS.get(tag, tag) if self._many_shapes else tag)
        if cls is None:
            return None
        route = self._codec.reader(cls), self._many_shapes and is_shaped(tag)
        self._routes[tag] = route
        return route


def _as_it_stood(mismatch: Mismatch, moved: list[tuple[str, str]]) -> Mismatch:
    """*mismatch* with the paths that the frame had before it was given GA's shape."""

    def back(path: str) -> str:
        for place, flat in moved:
            if path == place or path.startswith((f"{place}.", f"{place}[")):
                return flat + path.removeprefix(place)
        return path

    return Mismatch(*((back(path), text) for path, text in mismatch.faults))


def _audio_delta(frame: dict[str, Any]) -> Any:
    tag = frame.get("type")
    return frame if tag in ("response.output_audio.delta", "response.audio.delta") else None


def _audio_append(frame: dict[str, Any]) -> Any:
    return frame if frame.get("type") == "input_audio_buffer.append" else None


def _needs_no_escape(text: str) -> bool:
    return text.isascii() and (text.isidentifier() or text.replace("-", "_").isidentifier())


def _lacks_id(event: Any) -> bool:
    # One that came with a null goes on with it.
    return getattr(event, "event_id", None) is UNSET and "event_id" not in explicit_nulls(event)


class OpenAIConnection(_OpenAI[ClientEvent | UnknownEvent, ServerEvent, Phase]):
    """The client's end of one OpenAI Realtime connection.

    Args:
        dialect: One of `DIALECTS`: how events go out, and whose leniency is applied to what comes.
        max_frame_bytes: The largest frame to send or to read.
        ids: Gives the `event_id` of an event that has none; where it gives None, as in a relay, the
            event goes without.

    Raises:
        ConfigurationError: There is no such dialect.

    Example:
        >>> from realtime_proto.openai import OpenAIConnection, RealtimeSession, SessionUpdate
        >>> connection = OpenAIConnection()
        >>> connection.send(SessionUpdate(session=RealtimeSession(tracing=None)))
        '{"type":"session.update","session":{"type":"realtime","tracing":null},"event_id":"evt_1"}'
    """

    role: ClassVar[Role] = Role.CLIENT
    _machine: Machine[Phase] = MACHINE
    _sent = frozenset(_tags(ClientEvent).values())
    _received = _tags(ServerEvent)
    _splice = Splice("delta", _audio_delta)

    def __init__(
        self,
        *,
        dialect: str = "ga",
        max_frame_bytes: int = MAX_FRAME_BYTES,
        ids: Callable[[], str | None] | None = None,
    ) -> None:
        super().__init__(
            dialect=dialect, max_frame_bytes=max_frame_bytes, ids=ids or count_ids("evt")
        )

    def append(self, audio: bytes) -> str:
        """The frame of `InputAudioBufferAppend(audio=audio)`, as `send` gives it, in a third of the
        time: it is the one event that is said fifty times a second.

        Args:
            audio: Bytes in the session's input format.

        Raises:
            LocalProtocolError: As of `send`.
        """
        is_due = audio.__class__ is bytes and InputAudioBufferAppend in self._sayable
        if is_due and self._has_plain_ids:
            event_id = self._spare_id or self._ids()
            frame = f'{_APPEND}"audio":"{base64_encode(audio)}","event_id":"{event_id}"}}'
            if len(frame) <= self._max_frame_bytes:
                self._spare_id = None
                return frame
            self._spare_id = event_id
        return self.send(InputAudioBufferAppend(audio=audio))


class OpenAIServerConnection(_OpenAI[ServerEvent | UnknownEvent, ClientEvent, Phase]):
    """The server's end of one OpenAI Realtime connection: for simulators, replay and tests.

    Args:
        dialect: One of `DIALECTS`: how events go out, and whose leniency is applied to what comes.
        max_frame_bytes: The largest frame to send or to read.
        ids: Gives the `event_id` of an event that has none; where it gives None, as in a relay, the
            event goes without.

    Raises:
        ConfigurationError: There is no such dialect.
    """

    role: ClassVar[Role] = Role.SERVER
    _machine: Machine[Phase] = MACHINE
    _sent = frozenset(_tags(ServerEvent).values())
    _received = _tags(ClientEvent)
    _splice = Splice("audio", _audio_append)

    def __init__(
        self,
        *,
        dialect: str = "ga",
        max_frame_bytes: int = MAX_FRAME_BYTES,
        ids: Callable[[], str | None] | None = None,
    ) -> None:
        super().__init__(
            dialect=dialect, max_frame_bytes=max_frame_bytes, ids=ids or count_ids("event")
        )


class TranslationConnection(
    _OpenAI[TranslationClientEvent | UnknownEvent, TranslationServerEvent, TranslationPhase]
):
    """The client's end of one connection to the translation endpoint.

    Args:
        max_frame_bytes: The largest frame to send or to read.
        ids: Gives the `event_id` of an event that has none; where it gives None, as in a relay, the
            event goes without.
    """

    role: ClassVar[Role] = Role.CLIENT
    _machine: Machine[TranslationPhase] = TRANSLATION
    _sent = frozenset(_tags(TranslationClientEvent).values())
    _received = _tags(TranslationServerEvent)
    _many_shapes = False

    def __init__(
        self, *, max_frame_bytes: int = MAX_FRAME_BYTES, ids: Callable[[], str | None] | None = None
    ) -> None:
        super().__init__(dialect="ga", max_frame_bytes=max_frame_bytes, ids=ids or count_ids("evt"))


class TranslationServerConnection(
    _OpenAI[TranslationServerEvent | UnknownEvent, TranslationClientEvent, TranslationPhase]
):
    """The server's end of one connection to the translation endpoint.

    Args:
        max_frame_bytes: The largest frame to send or to read.
        ids: Gives the `event_id` of an event that has none; where it gives None, as in a relay, the
            event goes without.
    """

    role: ClassVar[Role] = Role.SERVER
    _machine: Machine[TranslationPhase] = TRANSLATION
    _sent = frozenset(_tags(TranslationServerEvent).values())
    _received = _tags(TranslationClientEvent)
    _many_shapes = False

    def __init__(
        self, *, max_frame_bytes: int = MAX_FRAME_BYTES, ids: Callable[[], str | None] | None = None
    ) -> None:
        super().__init__(
            dialect="ga", max_frame_bytes=max_frame_bytes, ids=ids or count_ids("event")
        )
