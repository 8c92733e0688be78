"""Events of your own on the wire of a provider that is known here.

A connection delivers what it does not know as `UnknownEvent`, and sends one as it is. A
`Vocabulary` turns those into classes of yours and back, with the same strict reading as the known
ones: on the wire level around `receive` and `send`, in a conversation around `take_events` and
`SendWire`. Nothing is registered anywhere: two parts of a program can have two of them.

A class is frozen, written with attrs, and has a `type`: the event's name on the wire. Fields are
named as on the wire, or, where it has camelCase, in snake_case; those without a default must be
there. Derive it from `wire.WireValue`, and what came goes out again as it came.
"""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import attrs

from realtime_proto._codec import Codec, Mismatch, camel_case
from realtime_proto.errors import ConfigurationError, LocalProtocolError, RemoteProtocolError
from realtime_proto.wire import UnknownEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("Vocabulary",)


@final
class Vocabulary:
    """A set of event classes.

    Args:
        classes: The classes.
        as_members: On this wire an event is the value of a member that bears its name, with names
            in camelCase, as Gemini Live has it; otherwise it is an object that has its name in
            `type`.

    Raises:
        ConfigurationError: A class is none, has a field of a type that no wire carries, or two have
            the same name.

    Example:
        >>> Applause = attrs.make_class(  # or as a class with @frozen, as docs/extending.md has it
        ...     "Applause",
        ...     {"seconds": attrs.field(type=float)},
        ...     class_body={"type": "studio.applause"},
        ...     frozen=True,
        ... )
        >>> studio = Vocabulary(Applause)
        >>> came = UnknownEvent(
        ...     tag="studio.applause", raw={"type": "studio.applause", "seconds": 2.5}
        ... )
        >>> studio.read(came)
        Applause(seconds=2.5)
        >>> studio.write(Applause(1.0)).raw
        {'type': 'studio.applause', 'seconds': 1.0}
    """

    def __init__(self, *classes: type, as_members: bool = False) -> None:
        self._codec = Codec(camel=as_members, tagged=not as_members)
        self._as_members = as_members
        self._by_tag: dict[str, type] = {}
        self._drift: Counter[str] = Counter()
        for cls in classes:
            tag = getattr(cls, "type", None)
            if not attrs.has(cls) or not isinstance(tag, str):
                raise ConfigurationError(
                    f"{cls!r:.60} is no event class: one of attrs, with a `type`",
                    code="invalid_event_class",
                )
            if tag in self._by_tag:
                raise ConfigurationError(
                    f"two classes are called {tag!r}", code="invalid_event_class"
                )
            self._check_annotations(cls)
            self._by_tag[tag] = cls

    def _check_annotations(self, cls: type) -> None:
        name_of = camel_case if self._as_members else str
        probe = {name_of(field.name): object() for field in attrs.fields(cls)}
        try:
            self._codec.structure(probe, cls, drift=Counter())
        except Mismatch:
            pass  # as it should be: every field has a reader, and takes no such thing
        except Exception as exc:  # a name that leads nowhere, a type no converter has heard of
            raise ConfigurationError(
                f"{cls.__name__} has a field whose annotation cannot be read: {exc}",
                code="invalid_event_class",
            ) from exc

    @property
    def drift(self) -> Mapping[str, int]:
        """Fields received that the classes do not have: "event.field" -> how often."""
        return MappingProxyType(self._drift)

    def read(self, event: object) -> object:
        """*event* as one of the classes, where it is an unknown event of theirs; else as it is.

        Raises:
            RemoteProtocolError: It bears the name of a class, and is none.
        """
        if not isinstance(event, UnknownEvent) or event.tag not in self._by_tag:
            return event
        cls = self._by_tag[event.tag]
        try:
            return self._codec.structure(_object(event.raw), cls, drift=self._drift)
        except Mismatch as mismatch:
            raise RemoteProtocolError(
                f"malformed {event.tag}: {mismatch}", paths=mismatch.paths, tag=event.tag
            ) from None

    def write(self, event: object) -> UnknownEvent:
        """*event* as a connection of the provider sends it.

        Raises:
            LocalProtocolError: It is of none of the classes, or holds a value of the wrong type.
        """
        cls = type(event)
        tag = getattr(cls, "type", None)
        if not isinstance(tag, str) or self._by_tag.get(tag) is not cls:
            raise LocalProtocolError(f"the vocabulary has no {cls.__name__}")
        try:
            return UnknownEvent(tag=tag, raw=self._codec.unstructure(event))
        except Mismatch as mismatch:
            raise LocalProtocolError(f"{cls.__name__} cannot be sent: {mismatch}") from None


def _object(raw: Any) -> Any:
    if raw.__class__ is not dict:
        raise Mismatch(("", "expected an object"))
    return raw
