"""The translation endpoint: its events, and the way a session ends."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from helpers.golden import golden
from helpers.openai import unknown_objects

from realtime_proto.errors import LocalProtocolError
from realtime_proto.openai import (
    SessionClose,
    SessionClosed,
    SessionInputAudioBufferAppend,
    SessionOutputAudioDelta,
    SessionUpdate,
    TranslationAudio,
    TranslationClientEvent,
    TranslationConnection,
    TranslationInput,
    TranslationPhase,
    TranslationServerConnection,
    TranslationServerEvent,
    TranslationSession,
    TranslationSessionCreated,
    TranslationSessionUpdate,
    TranslationSettings,
)
from realtime_proto.wire import UnknownEvent

FRAMES = [
    pytest.param(side, frame, id=f"{side}-{number}-{frame['type']}")
    for side in ("client", "server")
    for number, frame in enumerate(golden(f"openai/translation-{side}"), start=1)
]

CREATED = TranslationSessionCreated(
    session=TranslationSession(id="s", model="m", expires_at=1, audio=TranslationAudio())
)


def let_in() -> tuple[Any, Any]:
    """A client and a server of one session."""
    client, server = TranslationConnection(), TranslationServerConnection()
    client.receive(server.send(CREATED))
    return client, server


def test_every_event_has_a_golden_frame() -> None:
    """3 of the client, 7 of the server."""
    for side, union, count in (
        ("client", TranslationClientEvent, 3),
        ("server", TranslationServerEvent, 7),
    ):
        tags = {cls.type for cls in get_args(union)}
        assert len(tags) == count
        assert tags == {frame["type"] for frame in golden(f"openai/translation-{side}")}


@pytest.mark.parametrize(("side", "frame"), FRAMES)
def test_a_golden_frame_is_understood_and_said_again(side, frame) -> None:
    """Nothing in it is unknown, and nothing gets lost."""
    client, server = let_in()
    speaker, hearer = (client, server) if side == "client" else (server, client)
    (event,) = hearer.receive(json.dumps(frame))
    assert hearer.drift == {}
    assert not unknown_objects(event)
    assert frame == json.loads(speaker.send(event))


def test_a_session_goes_from_update_to_closed() -> None:
    """The rest of the output comes after the client's close, and the server's close is the end."""
    client, server = TranslationConnection(), TranslationServerConnection()
    append = SessionInputAudioBufferAppend(audio=bytes(9_600))
    with pytest.raises(LocalProtocolError, match="while the connection is opening"):
        client.send(append)
    null = TranslationAudio(input=TranslationInput(noise_reduction=None))
    update = TranslationSessionUpdate(session=TranslationSettings(audio=null))
    (heard,) = server.receive(client.send(update))
    assert heard.session == update.session  # type: ignore[union-attr]
    client.receive(server.send(CREATED))
    server.receive(client.send(append))
    server.receive(client.send(SessionClose()))
    assert client.phase is server.phase is TranslationPhase.CLOSING
    with pytest.raises(LocalProtocolError, match="while the connection is closing"):
        client.send(append)
    (rest,) = client.receive(server.send(SessionOutputAudioDelta(delta=b"\0\0")))
    assert isinstance(rest, SessionOutputAudioDelta)
    client.receive(server.send(SessionClosed()))
    assert client.phase is server.phase is TranslationPhase.CLOSED
    assert (client.unexpected, server.unexpected) == (0, 0)


def test_the_main_endpoints_events_are_not_of_this_one() -> None:
    """They share a tag, not a class; a flat session means nothing here."""
    client, server = let_in()
    with pytest.raises(LocalProtocolError, match="a client does not send SessionUpdate"):
        client.send(SessionUpdate(session=TranslationSettings()))
    server.receive('{"type":"session.update","session":{"voice":"alloy"}}')
    assert server.drift == {"TranslationSettings.voice": 1}
    (event,) = client.receive('{"type":"response.audio.delta","delta":""}')
    assert event == UnknownEvent(
        tag="response.audio.delta", raw={"type": "response.audio.delta", "delta": ""}
    )
