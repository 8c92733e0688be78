"""What a provider in another distribution is made of.

A provider is three things: a wire level (a `Connection`, whose easiest kind is `TaggedConnection`),
a `Dialect` that holds the neutral conversation over it, and a `ProviderSpec` that names both and
says where to connect. Everything they need is named here; the modules behind it may move.

The how-to is docs/extending.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from realtime_proto._codec import Codec, Int64, Mismatch
from realtime_proto._connection import (
    MAX_FRAME_BYTES,
    Connection,
    PhaseT,
    RecvT,
    SendT,
    _Malformed,
    tagged_object,
)
from realtime_proto._machine import ANY, Machine, Role
from realtime_proto.backoff import GIVE_UP, Backoff
from realtime_proto.closing import (
    Fate,
    LostPhase,
    Rule,
    Verdict,
    judge_close,
    judge_error,
    judge_unopened,
)
from realtime_proto.dialect import Capabilities, Dialect, DialectFactory, Effects, Endpoint
from realtime_proto.history import HistoryItem, SeedRules
from realtime_proto.models import ModelInfo, ModelProfile, VoiceInfo, profile_for
from realtime_proto.vocabulary import Vocabulary
from realtime_proto.wire import UNSET, IdFactory, UnknownEvent, UnknownObject, WireValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = (
    "ANY",
    "GIVE_UP",
    "MAX_FRAME_BYTES",
    "UNSET",
    "Backoff",
    "Capabilities",
    "Codec",
    "Connection",
    "Dialect",
    "DialectFactory",
    "Effects",
    "Endpoint",
    "Fate",
    "HistoryItem",
    "IdFactory",
    "Int64",
    "LostPhase",
    "Machine",
    "Mismatch",
    "ModelInfo",
    "ModelProfile",
    "Role",
    "Rule",
    "SeedRules",
    "TaggedConnection",
    "UnknownEvent",
    "UnknownObject",
    "Verdict",
    "Vocabulary",
    "VoiceInfo",
    "WireValue",
    "judge_close",
    "judge_error",
    "judge_unopened",
    "profile_for",
)


class TaggedConnection(Connection[SendT, RecvT, PhaseT]):
    """One end of a connection on which a frame is one JSON object, and its `type` says which event
    it is.

    Derive one class for each end, with what it says and hears as arguments of the class:

        class Client(
            TaggedConnection[ClientEvent, ServerEvent, Phase],
            role=Role.CLIENT, machine=MACHINE, sends=(Start, Say), receives=(Ready, Said),
        ): ...

    Args:
        max_frame_bytes: The largest frame to send or to read.
    """

    _codec: ClassVar[Codec] = Codec()
    _sent: ClassVar[frozenset[type]]
    _received: ClassVar[Mapping[str, type]]

    def __init_subclass__(
        cls,
        *,
        role: Role,
        machine: Machine[Any],
        sends: Sequence[type],
        receives: Sequence[type],
    ) -> None:
        super().__init_subclass__()
        cls.role = role
        cls._machine = machine
        cls._sent = frozenset(sends)
        cls._received = {getattr(kind, "type"): kind for kind in receives}  # noqa: B009 - a type's

    def _sends(self, kind: type) -> bool:
        return kind is UnknownEvent or kind in self._sent

    def _pack(self, event: Any) -> dict[str, Any]:
        if isinstance(event, UnknownEvent):
            return tagged_object(event)
        packed: dict[str, Any] = self._codec.unstructure(event)
        return packed

    def _unpack(self, value: dict[str, Any], events: list[RecvT | UnknownEvent]) -> None:
        tag = value.get("type")
        if not isinstance(tag, str):
            raise _Malformed(Mismatch((".type", "missing" if tag is None else "not a string")))
        kind = self._received.get(tag)
        if kind is None:
            events.append(UnknownEvent(tag=tag, raw=value))
            return
        try:
            events.append(self._codec.structure(value, kind, drift=self._drift))
        except Mismatch as mismatch:
            raise _Malformed(mismatch, tag=tag) from None
