"""Events of one's own on a wire that is known."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.commands import SendWire
from realtime_proto.config import RealtimeConfig
from realtime_proto.conversation import Conversation
from realtime_proto.errors import ConfigurationError, LocalProtocolError, RemoteProtocolError
from realtime_proto.gemini import GeminiConnection, GeminiServerConnection, Setup, SetupComplete
from realtime_proto.openai import OpenAIConnection, OpenAIServerConnection
from realtime_proto.providers import PROVIDERS
from realtime_proto.vocabulary import Vocabulary
from realtime_proto.wire import UnknownEvent, WireValue


@frozen(kw_only=True)
class Applause(WireValue):
    type: ClassVar[str] = "studio.applause"
    seconds: float
    row: int | None = None


@frozen(kw_only=True)
class StageLight(WireValue):
    type: ClassVar[str] = "stageLight"
    is_dim: bool
    colour_name: str = ""


@frozen(kw_only=True)
class Plain:
    type: ClassVar[str] = "plain"
    data: bytes


@frozen(kw_only=True)
class Odd:
    type: ClassVar[str] = "odd"
    path: complex


@frozen(kw_only=True)
class Lost:
    type: ClassVar[str] = "lost"
    value: NoSuchName  # type: ignore[name-defined]  # noqa: F821 - as in a module half imported


@frozen(kw_only=True)
class Nameless:
    seconds: float


STUDIO = Vocabulary(Applause)
STAGE = Vocabulary(StageLight, as_members=True)


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.none() | st.integers(-(2**63), 2**63 - 1)
)
def test_an_event_survives_the_wire_both_ways(seconds: float, row: int | None) -> None:
    """Where its name is in `type`: from either end to the other."""
    event = Applause(seconds=seconds, row=row)
    client, server = OpenAIConnection(), OpenAIServerConnection()
    (heard,) = server.receive(client.send(STUDIO.write(event)))
    assert event == STUDIO.read(heard)
    (heard,) = client.receive(server.send(STUDIO.write(event)))
    assert event == STUDIO.read(heard)


@given(st.booleans(), st.text(st.characters(exclude_categories=("Cs",)), max_size=8))
def test_an_event_that_is_a_member_survives_the_wire(is_dim: bool, colour: str) -> None:
    """Where its name is that of a member, and fields are in camelCase."""
    event = StageLight(is_dim=is_dim, colour_name=colour)
    client, server = GeminiConnection(), GeminiServerConnection()
    server.receive(client.send(Setup(model="models/m")))
    client.receive(server.send(SetupComplete()))
    frame = client.send(STAGE.write(event))
    assert frame.startswith('{"stageLight":{"isDim":')
    (heard,) = server.receive(frame)
    assert event == STAGE.read(heard)


def test_a_class_need_be_nothing_but_attrs() -> None:
    """Audio is base64 on the wire, as everywhere."""
    plain = Vocabulary(Plain)
    written = plain.write(Plain(data=b"\0\1"))
    assert {"type": "plain", "data": "AAE="} == written.raw
    assert Plain(data=b"\0\1") == plain.read(written)


def test_what_is_not_of_the_vocabulary_is_left_as_it_is() -> None:
    """Known events, unknown ones of others, and anything else."""
    other = UnknownEvent(tag="studio.silence", raw={"type": "studio.silence"})
    assert [other, Setup(model="m"), 7] == [STUDIO.read(e) for e in (other, Setup(model="m"), 7)]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"type": "studio.applause"}, "$.seconds"),
        ({"type": "studio.applause", "seconds": "2"}, "$.seconds"),
        ({"type": "studio.applause", "seconds": 2, "row": True}, "$.row"),
        ([], "$"),
    ],
)
def test_a_malformed_event_is_the_servers_fault(raw: Any, path: str) -> None:
    """As strict as the known ones, with the place."""
    with pytest.raises(RemoteProtocolError, match="malformed studio") as caught:
        STUDIO.read(UnknownEvent(tag="studio.applause", raw=raw))
    assert ((path,), "studio.applause") == (caught.value.paths, caught.value.tag)


def test_a_field_nobody_knows_is_counted() -> None:
    """By event and field."""
    studio = Vocabulary(Applause)
    raw = {"type": "studio.applause", "seconds": 1.0, "mood": "wild"}
    studio.read(UnknownEvent(tag="studio.applause", raw=raw))
    assert {"studio.applause.mood": 1} == studio.drift


def test_what_cannot_be_sent_is_refused() -> None:
    """A class of nobody's, and a value of the wrong type."""
    wrong: Any = "long"
    with pytest.raises(LocalProtocolError, match="no StageLight"):
        STUDIO.write(StageLight(is_dim=True))
    with pytest.raises(LocalProtocolError, match="no Nameless"):
        STUDIO.write(Nameless(seconds=1))
    with pytest.raises(LocalProtocolError, match="seconds"):
        STUDIO.write(Applause(seconds=wrong))


def test_a_class_that_is_none_is_refused() -> None:
    """It needs attrs, and a name of its own."""
    wrong: Any = 7
    for cls in (dict, Nameless, wrong):
        with pytest.raises(ConfigurationError, match="no event class"):
            Vocabulary(cls)
    for cls in (Odd, Lost):
        with pytest.raises(
            ConfigurationError, match=f"{cls.__name__} has a field whose annotation"
        ):
            Vocabulary(cls)
    with pytest.raises(ConfigurationError, match="two classes are called"):
        Vocabulary(Applause, Applause)


def test_two_vocabularies_know_nothing_of_each_other() -> None:
    """Nothing is registered anywhere."""
    assert Applause(seconds=1) == STUDIO.read(STUDIO.write(Applause(seconds=1)))
    assert isinstance(Vocabulary().read(STUDIO.write(Applause(seconds=1))), UnknownEvent)


def test_a_conversation_carries_such_events() -> None:
    """Sent with SendWire, received among the others."""
    c = Conversation(PROVIDERS["openai"].dialect(), RealtimeConfig())
    c.open(now=0, unix_time=0)
    for kind in ("created", "updated"):
        c.receive(
            f'{{"type":"session.{kind}","event_id":"e","session":{{"type":"realtime"}}}}', now=0
        )
    c.take_frames()
    c.take_events()
    c.send(SendWire(STUDIO.write(Applause(seconds=2.5))), now=0)
    assert ['{"type":"studio.applause","seconds":2.5}'] == c.take_frames()
    c.receive('{"type":"studio.applause","seconds":1.5}', now=0)
    assert [Applause(seconds=1.5)] == [STUDIO.read(event) for event in c.take_events()]
