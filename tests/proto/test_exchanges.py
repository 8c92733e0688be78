"""A recording seen from the server's side."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from helpers.chat import BOTH

from realtime_proto.errors import RecordingError
from realtime_proto.exchanges import UNREACHABLE, End, Exchange, Heard, Said, exchanges_of
from realtime_proto.recording import Journal, read_journal

HEAD = {"format": "realtime-recording", "version": 1, "provider": "openai"}
HELLO = {"frame": '{"type":"hello"}'}


def journal_of(*records: dict[str, Any], **head: Any) -> Journal:
    return read_journal(json.dumps(record) for record in ({**HEAD, **head}, *records))


def an_input(kind: str, t_us: int, **body: Any) -> dict[str, Any]:
    return {"kind": kind, "t_us": t_us, **body}


def opened(t_us: int = 0) -> dict[str, Any]:
    return an_input("open", t_us, unix_time=1_000.5)


def frames(*bodies: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "frames", "frames": list(bodies)}


def test_a_connection_is_what_both_said_and_its_end() -> None:
    """What the client says has the time of the input that led to it."""
    (exchange,) = exchanges_of(
        journal_of(
            opened(),
            an_input("receive", 10, frame="{}"),
            {"kind": "events", "events": []},
            frames(HELLO, {"frame": "x", "audio": [{"at": 1, "n_bytes": 4, "sha256": "a"}]}),
            an_input("tick", 20),
            frames(HELLO),
            an_input("connection_lost", 30, code=1001, reason="bye"),
        )
    )
    audio = exchange.steps[2]
    assert isinstance(audio, Heard)
    assert (4,) == tuple(piece["n_bytes"] for piece in audio.audio)
    assert (
        Exchange(
            line=2,
            unix_time=1_000.5,
            steps=(
                Said(line=3, t_us=10, frame="{}"),
                Heard(line=5, t_us=10, path="$.frames[0]", body=HELLO),
                audio,
                Heard(line=7, t_us=20, path="$.frames[0]", body=HELLO),
            ),
            end=End(line=8, t_us=30, by="server", code=1001, reason="bye"),
        )
        == exchange
    )
    assert 7 == exchange.last_line


@pytest.mark.parametrize(
    "why", [an_input("close", 5), {"kind": "road", "road": {"type": "Close"}}], ids=str
)
def test_a_client_that_closes_ends_it(why: dict[str, Any]) -> None:
    """Whatever code the server answered with."""
    lost = an_input("connection_lost", 9, code=1000, reason="")
    (exchange,) = exchanges_of(journal_of(opened(), an_input("receive", 1, frame="{}"), why, lost))
    assert exchange.end is not None
    assert "client" == exchange.end.by


def test_one_connection_comes_after_another() -> None:
    """Also those that never came about: refused, with its status; not reached, as busy."""
    refused = {
        "type": "HandshakeRejected",
        "message": "no",
        "status": 429,
        "headers": {"retry-after": "3", "server": "x"},
    }
    unreached = {"type": "RealtimeConnectionError", "message": "no"}
    exchanges = exchanges_of(
        journal_of(
            {"kind": "frames", "frames": [HELLO]},  # outside of any connection
            opened(),
            {"kind": "road", "road": {"type": "Keep"}},
            an_input("connection_lost", 10, code=None, reason=""),
            an_input("connection_lost", 20, error=refused),
            an_input("connection_lost", 30, error=unreached),
            an_input("connection_lost", 31),
            {"kind": "news of a later version"},
            an_input("open", 40),
            an_input("open", 50, unix_time=3),
            an_input("receive", 60, frame="{}"),
        )
    )
    assert [None, 429, UNREACHABLE, None, None] == [exchange.status for exchange in exchanges]
    assert (("retry-after", "3"),) == exchanges[1].headers
    assert [1_000.5, None, None, None, 3.0] == [exchange.unix_time for exchange in exchanges]
    assert exchanges[3].end is exchanges[4].end is None


@pytest.mark.parametrize("provider", BOTH)
def test_a_log_of_frames_is_one_connection(provider: str) -> None:
    """Its audio is described as a journal would; lines that are no frames are passed over."""
    audio = "A" * 400
    (exchange,) = exchanges_of(
        journal_of(
            {"kind": "frame", "from": "server", "frame": "{}"},
            {"kind": "note"},
            {"kind": "frame", "from": "client", "t_us": 7, "frame": f'{{"audio":"{audio}"}}'},
            origin="frames",
            provider=provider,
        )
    )
    said, heard = exchange.steps
    assert isinstance(heard, Heard)
    assert (Said(line=2, t_us=0, frame="{}"), '{"audio":""}') == (said, heard.body["frame"])
    assert (300,) == tuple(piece["n_bytes"] for piece in heard.audio)


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([], "holds no connection"),
        ([opened(), an_input("tick", 9)], "holds no connection"),
        ([opened(), {"kind": "receive", "frame": "{}"}], "line 3: t_us is no number"),
        ([opened(), an_input("receive", 1)], "line 3: there is no frame in it"),
        ([opened(), {"kind": "frames"}], "line 3: there are no frames in it"),
        ([opened(), frames({}, HELLO)], "line 3: there is no frame in it"),
        ([opened(), {"kind": "frames", "frames": [5]}], "line 3: there is no frame in it"),
        ([opened(), an_input("connection_lost", 1, code="x")], "line 3: a connection is lost with"),
        ([opened(), an_input("connection_lost", 1, reason=5)], "line 3: a connection is lost with"),
        ([an_input("connection_lost", 1, error=5)], "line 2: why a road could not be opened"),
    ],
)
def test_what_is_malformed_is_named(records: list[dict[str, Any]], why: str) -> None:
    """With its line."""
    with pytest.raises(RecordingError, match=why):
        exchanges_of(journal_of(*records))


def test_a_log_whose_client_says_no_frame_is_malformed() -> None:
    """With its line, too."""
    with pytest.raises(RecordingError, match="line 2"):
        exchanges_of(journal_of({"kind": "frame", "from": "client"}, origin="frames"))


def test_from_the_clients_side_it_says_what_it_said() -> None:
    """And hears what the server said, whose audio is described as a journal would."""
    audio = base64.b64encode(bytes(300)).decode()
    kept = {"frame": '{"audio":""}', "audio": [{"at": 10, "n_bytes": 3, "sha256": "a"}]}
    lost = {"frame": '{"audio":""}', "audio": [{"at": 10, "n_bytes": 2, "sha256": "a"}]}
    (exchange,) = exchanges_of(
        journal_of(
            opened(),
            an_input("receive", 10, frame=f'{{"delta":"{audio}"}}'),
            frames(HELLO, kept, lost),
        ),
        role="client",
        audio={"a": b"abc"},
    )
    heard, *said = exchange.steps
    assert isinstance(heard, Heard)
    assert (3, 10, "$", '{"delta":""}') == (heard.line, heard.t_us, heard.path, heard.body["frame"])
    assert [300] == [piece["n_bytes"] for piece in heard.audio]
    assert [
        Said(line=4, t_us=10, frame=HELLO["frame"]),
        Said(line=4, t_us=10, frame='{"audio":"YWJj"}'),
        Said(line=4, t_us=10, frame='{"audio":"AAA="}'),
    ] == said


def test_a_log_has_two_sides_as_well() -> None:
    """Whatever was kept of it is said."""
    (exchange,) = exchanges_of(
        journal_of(
            {"kind": "frame", "from": "server", "frame": "{}"},
            {"kind": "frame", "from": "client", "t_us": 7, "frame": '{"a":1}'},
            origin="frames",
        ),
        role="client",
    )
    assert (
        Heard(line=2, t_us=0, path="$", body={"frame": "{}"}),
        Said(line=3, t_us=7, frame='{"a":1}'),
    ) == exchange.steps
    assert exchange.end is None


def test_whether_the_client_had_an_answer_is_known() -> None:
    """A server that was not reached refused nothing."""
    (exchange, _) = exchanges_of(
        journal_of(
            an_input(
                "connection_lost", 1, error={"type": "RealtimeConnectionError", "message": "no"}
            ),
            opened(2),
        ),
        role="client",
    )
    assert (UNREACHABLE, False) == (exchange.status, exchange.was_answered)


@pytest.mark.parametrize("is_answered", [False, True])
def test_what_the_client_ended_is_over_for_it_when_it_hung_up(is_answered: bool) -> None:
    """What the server still said is not part of it, and the server's code is none of its own."""
    lost = [an_input("connection_lost", 30, code=1000, reason="")] if is_answered else []
    (exchange,) = exchanges_of(
        journal_of(
            opened(),
            an_input("receive", 10, frame="{}"),
            an_input("close", 20),
            {"kind": "road", "road": {"type": "Close"}},
            frames(HELLO),
            an_input("receive", 25, frame="{}"),
            frames(HELLO),
            *lost,
        ),
        role="client",
    )
    assert [3, 6] == [step.line for step in exchange.steps]
    assert End(line=4, t_us=20, by="client") == exchange.end
    assert 20 == exchange.ended_us


def test_when_it_ended_is_known_as_far_as_anything_was_said() -> None:
    """Where the recording does not say how."""
    (exchange,) = exchanges_of(
        journal_of(opened(5), an_input("receive", 10, frame="{}")), role="client"
    )
    assert (None, 10) == (exchange.end, exchange.ended_us)
