"""The invariants, for any provider; the targets say them of one.

A target is made once and then called with one input after the other. An input that breaks an
invariant raises: an AssertionError, or the exception that should not have come out.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from realtime_proto.errors import LocalProtocolError, RemoteProtocolError

__all__ = ("Make", "operations", "receive", "round_trip", "words_of")

Make = Callable[[], Any]
"""Makes a connection."""


def receive(make: Make, *, good: str) -> Callable[[bytes], None]:
    """Any input is events or a RemoteProtocolError, and *good* is read after it.

    Args:
        make: A connection in the role that receives.
        good: A frame that is legal at any time.
    """

    def test_one_input(data: bytes) -> None:
        connection = make()
        frames: list[Any] = [data, memoryview(data)]
        text = data.decode("utf-8", "surrogateescape")
        frames.append(text)
        fates = []
        for frame in frames:
            try:
                fates.append(connection.receive(frame))
            except RemoteProtocolError as error:
                assert error.paths
                assert all(path.startswith("$") for path in error.paths)
                assert len(error.excerpt) <= 200
                assert len(str(error)) < 10_000
                fates.append(error.paths)
        assert fates[0] == fates[1] == fates[2]
        assert len(connection.drift) <= 1_025
        assert connection.receive(good)

    return test_one_input


def round_trip(make_hearer: Make, make_speaker: Make) -> Callable[[bytes], None]:
    """What is read can be said, is heard the same, and is said again in the same words.

    Args:
        make_hearer: A connection in the role that receives.
        make_speaker: One in the other role, in a phase where everything may be said.
    """

    def test_one_input(data: bytes) -> None:
        hearer, speaker = make_hearer(), make_speaker()
        try:
            events = hearer.receive(data)
        except RemoteProtocolError:
            return
        for event in events:
            try:
                frame = speaker.packed(event)
            except LocalProtocolError as error:
                # A flat object goes two levels deeper into the shape that is sent.
                assert "nests more than" in str(error), error
                continue
            (heard,) = make_hearer().receive(json.dumps(frame))
            assert event == heard
            assert frame == speaker.packed(heard)

    return test_one_input


def operations(
    make_client: Make, make_server: Make, *, says: Sequence[Any], answers: Sequence[Any]
) -> Callable[[bytes], None]:
    """A refused call changes nothing, what one end says the other hears, and as long as nobody
    forges a frame both stand in one phase; whatever is done in whatever order.

    Args:
        make_client: A new client.
        make_server: A new server.
        says: Events of the client.
        answers: Events of the server.
    """

    def test_one_input(data: bytes) -> None:
        client, server = make_client(), make_server()
        is_forged = False
        for what, which, rest in _steps(data):
            if what == 0:
                client.connection_lost()
                server.connection_lost()
            elif what == 1:
                is_forged = True
                hearer = client if which % 2 else server
                with contextlib.suppress(RemoteProtocolError):
                    hearer.receive(rest)
            else:
                speaker, hearer, pool = (
                    (client, server, says) if what < 5 else (server, client, answers)
                )
                _say(speaker, hearer, pool[which % len(pool)], is_forged=is_forged)
            if not is_forged:
                assert client.phase is server.phase

    return test_one_input


def _steps(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(what to do, with which, a frame to forge), two bytes a step, 64 steps at most."""
    for at in range(0, min(len(data) - 1, 128), 2):
        yield data[at] % 8, data[at + 1], data[at + 2 : at + 402]


def _say(speaker: Any, hearer: Any, event: Any, *, is_forged: bool) -> None:
    before = speaker.phase, speaker.unexpected, dict(speaker.drift)
    try:
        frame = speaker.send(event)
    except LocalProtocolError:
        assert before == (speaker.phase, speaker.unexpected, speaker.drift)
        return
    unexpected = hearer.unexpected
    assert hearer.receive(frame)
    assert is_forged or hearer.unexpected == unexpected


def words_of(classes: Sequence[type]) -> list[bytes]:
    """The words of a protocol: the tags and members of these classes."""
    words = {getattr(cls, "type", None) for cls in classes}
    words |= {field.name for cls in classes for field in attrs.fields(cls)}
    return [
        f'"{word}"'.encode() for word in sorted(word for word in words if isinstance(word, str))
    ]
