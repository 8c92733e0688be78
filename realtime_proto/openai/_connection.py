"""OpenAI Realtime at the wire level, in both roles.

A frame is one event, and an event is one object with a `type`. What is added to the shared
connection: the tag tables, built from the unions in `events`, and `event_id`, which whoever sends
an event gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args

from realtime_proto._codec import Codec, Mismatch
from realtime_proto._connection import (
    MAX_FRAME_BYTES,
    Connection,
    PhaseT,
    RecvT,
    SendT,
    _Malformed,
)
from realtime_proto._json import check_json
from realtime_proto._machine import Role
from realtime_proto.errors import ConfigurationError
from realtime_proto.openai._state import MACHINE, Phase
from realtime_proto.openai.events import ClientEvent, ServerEvent
from realtime_proto.wire import UNSET, UnknownEvent, count_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_proto._machine import Machine
    from realtime_proto.wire import IdFactory

__all__ = ("DIALECTS", "OpenAIConnection", "OpenAIServerConnection")

DIALECTS: Final = ("ga",)
"""Shapes of the protocol that are spoken here."""

_CODEC: Final = Codec()

_CLIENT_TAGS: Final[Mapping[str, type]] = {cls.type: cls for cls in get_args(ClientEvent)}
_SERVER_TAGS: Final[Mapping[str, type]] = {cls.type: cls for cls in get_args(ServerEvent)}


class _OpenAI(Connection[SendT, RecvT, PhaseT]):
    _sent: ClassVar[frozenset[type]]
    _received: ClassVar[Mapping[str, type]]

    def __init__(self, *, dialect: str, max_frame_bytes: int, ids: IdFactory) -> None:
        if dialect not in DIALECTS:
            raise ConfigurationError(
                f"no such dialect of OpenAI Realtime: {dialect!r}; there is {', '.join(DIALECTS)}"
            )
        super().__init__(max_frame_bytes=max_frame_bytes)
        self._ids = ids
        self._spare_id: str | None = None

    def send(self, event: SendT) -> str:
        """The text frame that says *event*, with an `event_id` where it takes one and has none. It
        must be sent: the connection counts it as said.

        Raises:
            LocalProtocolError: It is not an event of this role, not legal in this phase, too large,
                or holds a value of the wrong type. Nothing was changed, and no id was used up.
        """
        frame = super().send(event)
        if _lacks_id(event):
            self._spare_id = None
        return frame

    def _sends(self, kind: type) -> bool:
        return kind is UnknownEvent or kind in self._sent

    def _pack(self, event: SendT) -> dict[str, Any]:
        if isinstance(event, UnknownEvent):
            return _as_it_came(event)
        packed: dict[str, Any] = _CODEC.unstructure(event)
        if _lacks_id(event):
            # The frame may still turn out too large. Its id then goes to the next event.
            if self._spare_id is None:
                self._spare_id = self._ids()
            packed["event_id"] = self._spare_id
        return packed

    def _unpack(self, value: dict[str, Any], events: list[RecvT | UnknownEvent]) -> None:
        tag = value.get("type")
        if not isinstance(tag, str):
            raise _Malformed(Mismatch((".type", "missing" if tag is None else "not a string")))
        cls = self._received.get(tag)
        if cls is None:
            events.append(UnknownEvent(tag=tag, raw=value))
            return
        try:
            events.append(_CODEC.structure(value, cls, drift=self._drift))
        except Mismatch as mismatch:
            raise _Malformed(mismatch, tag=tag) from None


def _lacks_id(event: object) -> bool:
    return getattr(event, "event_id", None) is UNSET


def _as_it_came(event: UnknownEvent) -> dict[str, Any]:
    try:
        raw = check_json(event.raw)
    except ValueError as exc:
        raise Mismatch(("", str(exc))) from None
    if raw.__class__ is not dict or raw.get("type") != event.tag:
        raise Mismatch((".type", "raw is not an object whose type is the event's tag"))
    result: dict[str, Any] = raw
    return result


class OpenAIConnection(_OpenAI[ClientEvent | UnknownEvent, ServerEvent, Phase]):
    """The client's end of one OpenAI Realtime connection.

    Args:
        dialect: "ga".
        max_frame_bytes: The largest frame to send or to read.
        ids: Gives the `event_id` of an event that has none.

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
    _sent = frozenset(_CLIENT_TAGS.values())
    _received = _SERVER_TAGS

    def __init__(
        self,
        *,
        dialect: str = "ga",
        max_frame_bytes: int = MAX_FRAME_BYTES,
        ids: IdFactory | None = None,
    ) -> None:
        super().__init__(
            dialect=dialect, max_frame_bytes=max_frame_bytes, ids=ids or count_ids("evt")
        )


class OpenAIServerConnection(_OpenAI[ServerEvent | UnknownEvent, ClientEvent, Phase]):
    """The server's end of one OpenAI Realtime connection: for simulators, replay and tests.

    Args:
        dialect: "ga".
        max_frame_bytes: The largest frame to send or to read.
        ids: Gives the `event_id` of an event that has none.

    Raises:
        ConfigurationError: There is no such dialect.
    """

    role: ClassVar[Role] = Role.SERVER
    _machine: Machine[Phase] = MACHINE
    _sent = frozenset(_SERVER_TAGS.values())
    _received = _CLIENT_TAGS

    def __init__(
        self,
        *,
        dialect: str = "ga",
        max_frame_bytes: int = MAX_FRAME_BYTES,
        ids: IdFactory | None = None,
    ) -> None:
        super().__init__(
            dialect=dialect, max_frame_bytes=max_frame_bytes, ids=ids or count_ids("event")
        )
