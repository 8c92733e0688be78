"""Recorded traffic of real servers and clients goes through, every frame of it, both ways."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from helpers.openai import let_in, no_id
from helpers.require import require
from helpers.wire import client_frames, missing, sessions, single_frames

from realtime_proto.errors import RemoteProtocolError
from realtime_proto.openai import (
    OpenAIConnection,
    OpenAIServerConnection,
    Phase,
    TranslationConnection,
    TranslationServerConnection,
)
from realtime_proto.wire import UnknownEvent

pytestmark = pytest.mark.wire

DIALECTS = {
    "openai": "ga",
    "gateway-openai": "ga",
    "azure-ga": "azure",
    "azure-voicelive": "azure-voice-live",
    "xai": "xai",
}
"""What each recorded server speaks."""

LABELS = {
    "ga": "ga",
    "beta": "beta",
    "azure_voice_live": "azure-voice-live",
    "xai": "xai",
}
"""What the labels of single frames mean."""

GA_LABELLED_BETA = 36
"""A line that stands in the vendor's reference of the beta dialect and is a GA frame."""

CUT_SHORT = 75
"""A recorded line whose audio the vendor's reference cuts short with dots."""

REFUSED = {
    "a word stands for base64": {5, 30, 57, 91, 116, 123, 137, 158},
    "an expression stands for an object": {151, 154},
    "a client's unit test leaves out what its code does not look at": {
        *(172, 174, 176, 177, 179, 180, 181, 185, 186, 197, 199, 201, 208, 209, 215, 216, 217),
        *(220, 223, 225, 239, 240, 279, 280),
    },
    "an event of the Responses API": {
        *(149, 150, 167, 170, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262),
        *(266, 267, 268, 269, 270, 271, 272, 273, 275),
    },
    "an error of another API": {148, 168, 247, 248, 249, 263, 264, 265, 276},
}
"""Lines that nobody recorded and that are no frames of Realtime, by the reason."""


@pytest.fixture(autouse=True)
def _recordings() -> None:
    require("wire", missing())


def server_of(head: dict[str, Any]) -> str:
    """The server's name without the remark behind it."""
    return str(head["server"]).split()[0]


def roles(direction: str, ours: Any, theirs: Any) -> tuple[Any, Any]:
    """Who says a frame of that direction, and who hears it."""
    return (theirs, ours) if direction == "server" else (ours, theirs)


def again(speaker: Any, event: Any) -> Any:
    """*event* as the JSON that a relay says it in.

    It is compared as dicts, in which the order of keys and the spelling of numbers do not count.
    """
    return json.loads(speaker.send(event))


def test_sessions_are_read_and_said_again_to_the_last_field() -> None:
    """In its own dialect each frame comes out as it went in: JSON equal, nothing aside.

    On GA servers nothing is unknown, unexpected or drifting. On the others drift is printed.
    """
    counts: Counter[str] = Counter()
    drift: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for recorded in sessions("openai"):
        server = server_of(recorded.head)
        dialect = DIALECTS[server]
        ours = OpenAIConnection(dialect=dialect, ids=no_id)
        theirs = OpenAIServerConnection(dialect=dialect, ids=no_id)
        for direction, frame in recorded.frames:
            speaker, hearer = roles(direction, ours, theirs)
            (event,) = hearer.receive(json.dumps(frame))
            counts[server] += 1
            if isinstance(event, UnknownEvent):
                unknown[f"{server} {event.tag}"] += 1
            assert frame == again(speaker, event), recorded.name
        assert ours.phase is theirs.phase is Phase.READY
        assert ours.unexpected == theirs.unexpected == 0
        for connection in (ours, theirs):
            drift.update({f"{server} {name}": n for name, n in connection.drift.items()})
    print(dict(counts), dict(unknown))
    print(dict(drift))
    assert counts == {
        "openai": 335,
        "azure-ga": 361,
        "gateway-openai": 118,
        "azure-voicelive": 190,
        "xai": 361,
    }
    assert {name.split()[0] for name in drift} <= {"azure-voicelive", "xai"}
    assert {name.split()[0] for name in unknown} == {"xai"}


def test_recorded_lines_are_read_and_said_again_to_the_last_field() -> None:
    """Each by itself, in its dialect; one is no whole frame and is refused for that."""
    counts: Counter[str] = Counter()
    for number, line in enumerate(single_frames("openai"), start=1):
        direction, frame = line["direction"], line["frame"]
        if not line.get("recorded") or direction not in ("client", "server"):
            continue
        dialect = "ga" if number == GA_LABELLED_BETA else LABELS[line["dialect"]]
        speaker, hearer = let_in(direction, dialect)
        counts[dialect] += 1
        if number == CUT_SHORT:
            with pytest.raises(RemoteProtocolError) as caught:
                hearer.receive(json.dumps(frame))
            assert caught.value.paths == ("$.item.content[0].audio",)
            continue
        (event,) = hearer.receive(json.dumps(frame))
        if dialect == "ga":
            assert not isinstance(event, UnknownEvent), number
        assert frame == again(speaker, event), number
    print(dict(counts))
    assert counts == {"ga": 100, "beta": 11, "azure-voice-live": 31, "xai": 31}


def test_lines_nobody_recorded_are_read_where_they_are_frames() -> None:
    """Examples and other people's tests; those that are refused are named, all of them."""
    refused = set()
    read = 0
    for number, line in enumerate(single_frames("openai"), start=1):
        direction = line["direction"]
        if line.get("recorded") or direction not in ("client", "server"):
            continue
        hearer: Any
        if "ranslation" in line["source"]:
            role = TranslationConnection if direction == "server" else TranslationServerConnection
            hearer = role()
        else:
            _, hearer = let_in(direction, LABELS[line["dialect"]])
        try:
            (event,) = hearer.receive(json.dumps(line["frame"]))
        except RemoteProtocolError:
            refused.add(number)
        else:
            read += 1
            assert not isinstance(event, UnknownEvent), number
    assert set().union(*REFUSED.values()) == refused
    print(read, {reason: len(lines) for reason, lines in REFUSED.items()})
    assert (read, len(refused)) == (186, 69)


def test_third_party_clients_are_understood() -> None:
    """All they send to a server is known, and can be said again; some of it comes too early."""
    connection = OpenAIServerConnection()
    speaker, _ = let_in("client")
    clients: Counter[str] = Counter()
    for client, text in client_frames():
        if "genai" not in client:
            (event,) = connection.receive(text)
            assert not isinstance(event, UnknownEvent), text
            assert json.loads(text) == again(speaker, event)
            clients[client] += 1
    print(dict(clients), dict(connection.drift))
    assert clients == {
        "agents_py": 11,
        "n_agents": 11,
        "n_openai": 5,
        "n_openai_browser": 2,
        "openai_py": 15,
    }
    assert connection.drift == {}
