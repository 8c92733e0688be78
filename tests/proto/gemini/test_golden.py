"""Messages written by hand after the vendor's documents mean what they say, in both roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from helpers.gemini import reader_of, said_again
from helpers.golden import golden

from realtime_proto import gemini
from realtime_proto.gemini import CLIENT_MEMBERS, SERVER_MEMBERS, UnknownEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = {"client": golden("gemini/client"), "server": golden("gemini/server")}
EVERY = [(direction, message) for direction, messages in GOLDEN.items() for message in messages]


def name_of(value: Any) -> str:
    """A test's name for a direction or a message."""
    return value if isinstance(value, str) else "+".join(value) or "empty"


@pytest.mark.parametrize(("direction", "message"), EVERY, ids=name_of)
def test_messages(direction: str, message: dict[str, Any]) -> None:
    """A message is read without loss, as text and as bytes; its events make it up again."""
    reader = reader_of(direction)
    events = reader.receive(json.dumps(message))
    assert events == reader_of(direction).receive(json.dumps(message, indent=2).encode())
    assert not any(isinstance(event, UnknownEvent) for event in events)
    assert message == said_again(events)
    assert reader.drift == {}


def test_every_member_has_a_message() -> None:
    """No member of either side's messages is without a golden one."""
    assert {member for m in GOLDEN["client"] for member in m} == set(CLIENT_MEMBERS)
    assert {member for m in GOLDEN["server"] for member in m} == set(SERVER_MEMBERS)


def test_every_field_has_a_message() -> None:
    """No field of any class is without a golden message that has it."""
    told = {
        found
        for direction, message in EVERY
        for event in reader_of(direction).receive(json.dumps(message))
        for found in fields_in(event)
    }
    known = {
        (cls, field.name)
        for cls in vars(gemini).values()
        if isinstance(cls, type) and attrs.has(cls) and cls is not UnknownEvent
        for field in attrs.fields(cls)
    }
    assert set() == known - told


def fields_in(value: Any) -> Iterator[tuple[type, str]]:
    """(class, field) for every field of *value*, and of what is in it, that says something."""
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            item = getattr(value, field.name)
            if item != field.default:
                yield type(value), field.name
                yield from fields_in(item)
    elif isinstance(value, tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from fields_in(item)
