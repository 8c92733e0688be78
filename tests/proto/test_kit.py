"""What a provider in another distribution is made of."""

from __future__ import annotations

import enum
from typing import Any, ClassVar

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.errors import LocalProtocolError, RemoteProtocolError
from realtime_proto.kit import ANY, Machine, Role, TaggedConnection, UnknownEvent, WireValue


@frozen(kw_only=True)
class Ask(WireValue):
    type: ClassVar[str] = "ask"
    text: str


@frozen(kw_only=True)
class Tell(WireValue):
    type: ClassVar[str] = "tell"
    pcm: bytes


class Phase(enum.Enum):
    OPEN = "open"
    CLOSED = "closed"


MACHINE = Machine(
    initial=Phase.OPEN,
    lost=Phase.CLOSED,
    table={role: {Phase.OPEN: {ANY: Phase.OPEN}} for role in Role},
)


class Client(
    TaggedConnection[Any, Any, Phase],
    role=Role.CLIENT,
    machine=MACHINE,
    sends=(Ask,),
    receives=(Tell,),
):
    pass


class Server(
    TaggedConnection[Any, Any, Phase],
    role=Role.SERVER,
    machine=MACHINE,
    sends=(Tell,),
    receives=(Ask,),
):
    pass


@given(st.text(st.characters(exclude_categories=("Cs",))), st.binary())
def test_events_survive_the_wire(text: str, pcm: bytes) -> None:
    """Both ends agree."""
    client, server = Client(), Server()
    assert [Ask(text=text)] == server.receive(client.send(Ask(text=text)))
    assert [Tell(pcm=pcm)] == client.receive(server.send(Tell(pcm=pcm)))


def test_each_end_says_its_own_events() -> None:
    """The other's are refused, and nothing is said once the connection is gone."""
    client = Client()
    with pytest.raises(LocalProtocolError, match="a client does not send Tell"):
        client.send(Tell(pcm=b""))
    client.connection_lost()
    with pytest.raises(LocalProtocolError, match="closed"):
        client.send(Ask(text=""))


def test_an_event_nobody_knows_passes_both_ways() -> None:
    """As it came."""
    client, server = Client(), Server()
    event = UnknownEvent(tag="new", raw={"type": "new", "x": 1})
    assert [event] == client.receive(server.send(event))
    with pytest.raises(LocalProtocolError, match="event's tag"):
        server.send(UnknownEvent(tag="new", raw={"type": "other"}))


@pytest.mark.parametrize(
    ("frame", "paths", "tag"),
    [
        ("{}", ("$.type",), None),
        ('{"type":7}', ("$.type",), None),
        ('{"type":"tell"}', ("$.pcm",), "tell"),
        ('{"type":"tell","pcm":"?"}', ("$.pcm",), "tell"),
        ("[]", ("$",), None),
    ],
)
def test_a_malformed_frame_is_the_peers_fault(
    frame: str, paths: tuple[str, ...], tag: str | None
) -> None:
    """With the place; the connection stays usable."""
    client = Client()
    with pytest.raises(RemoteProtocolError) as caught:
        client.receive(frame)
    assert (paths, tag) == (caught.value.paths, caught.value.tag)
    assert [Tell(pcm=b"")] == client.receive('{"type":"tell","pcm":""}')
