"""Faults put into a recording."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_proto.errors import ConfigurationError
from realtime_proto.exchanges import End, Exchange, Said, exchanges_of
from realtime_proto.faults import (
    Cut,
    Delay,
    Drop,
    Duplicate,
    Fault,
    Nth,
    Reorder,
    with_faults,
)
from realtime_proto.recording import Journal, read_journal
from realtime_proto.redaction import Redactor
from realtime_proto.rehearsal import Rehearsal

if TYPE_CHECKING:
    from realtime_proto.report import Difference


def server(t_us: int, frame: str) -> dict[str, Any]:
    return {"kind": "receive", "t_us": t_us, "frame": frame}


def client(word: str) -> dict[str, Any]:
    return {"kind": "frames", "frames": [{"frame": json.dumps({"type": word})}]}


RECORDS: tuple[dict[str, Any], ...] = (
    {"format": "realtime-recording", "version": 1, "provider": "openai"},
    {"kind": "open", "t_us": 0, "unix_time": 1_000.5},  # line 2
    server(100, '{"type":"created"}'),  # 3
    client("update"),  # 4
    server(200, '{"type":"done","n":1}'),  # 5
    client("ask"),  # 6
    server(300, '{"type":"delta"}'),  # 7
    client("more"),  # 8
    server(400, '{"type":"done","n":2}'),  # 9
    {"kind": "connection_lost", "t_us": 500, "code": None, "reason": ""},  # 10
    {"kind": "open", "t_us": 600, "unix_time": 1_001},  # 11
    server(700, '{"serverContent":{"turnComplete":true},"usageMetadata":{}}'),  # 12
    server(800, "no JSON"),  # 13
)


def journal_of(*records: dict[str, Any]) -> Journal:
    return read_journal(json.dumps(record) for record in records)


JOURNAL = journal_of(*RECORDS)


def first(*faults: Fault) -> Exchange:
    """The first connection with them."""
    return with_faults(JOURNAL, faults)[0]


def lines(exchange: Exchange) -> list[int]:
    return [step.line for step in exchange.steps]


def gaps(exchange: Exchange) -> list[tuple[int, int, int]]:
    """When it is played: the line, the pause before it and the delay, both in microseconds."""
    rehearsal = Rehearsal(exchange, compare="strict", redactor=Redactor())
    found = []
    for step in exchange.steps:
        assert step == rehearsal.step
        if isinstance(step, Said):
            found.append((step.line, rehearsal.gap_us, step.delay_us))
            rehearsal.said()
        else:
            assert rehearsal.take(step.body["frame"]) is None
    return found


def test_without_faults_it_is_the_recording() -> None:
    """And other connections are never touched."""
    assert exchanges_of(JOURNAL) == with_faults(JOURNAL, ())
    assert exchanges_of(JOURNAL)[1] == with_faults(JOURNAL, [Drop(5), Cut(9)])[1]


def test_a_cut_ends_the_connection_behind_the_frame() -> None:
    """Nothing more of it is expected, of either side."""
    exchange = first(Cut(5, code=1011, reason="busy", after_s=2.5))
    assert [3, 4, 5] == lines(exchange)
    assert 3 == exchange.free_from
    end = End(line=5, t_us=200, by="server", code=1011, reason="busy", delay_us=2_500_000)
    assert end == exchange.end


def test_a_dropped_frame_may_be_where_it_is_cut() -> None:
    """Then the connection ends in the place of the frame."""
    exchange = first(Cut(3), Drop(3))
    assert ([], 0) == (lines(exchange), exchange.free_from)
    assert End(line=3, t_us=100, by="server") == exchange.end


def test_a_delay_is_added_to_the_pause() -> None:
    """What follows keeps its distance, so it comes later as well."""
    exchange = first(Delay(5, by_s=1.5), Delay(9, by_s=0))
    assert [(3, 100, 0), (5, 100, 1_500_000), (7, 100, 0), (9, 100, 0)] == gaps(exchange)
    assert 2 == exchange.free_from


def test_a_dropped_frame_is_not_said() -> None:
    """The next one comes so long after what was said before it, as it did."""
    exchange = first(Drop(5))
    assert [3, 4, 6, 7, 8, 9] == lines(exchange)
    assert [(3, 100, 0), (7, 100, 0), (9, 100, 0)] == gaps(exchange)
    assert (2, exchanges_of(JOURNAL)[0].end) == (exchange.free_from, exchange.end)


def test_a_duplicate_comes_right_behind_or_later() -> None:
    """The client is held to the recording as before."""
    twice = first(Duplicate(5))
    assert [3, 4, 5, 5, 6, 7, 8, 9] == lines(twice)
    assert [(3, 100, 0), (5, 100, 0), (5, 0, 0), (7, 100, 0), (9, 100, 0)] == gaps(twice)
    late = first(Duplicate(3, after=Nth("done", -1)), Duplicate(5, after=9))
    assert [3, 4, 5, 6, 7, 8, 9, 3, 5] == lines(late)
    assert twice.free_from is late.free_from is None


def test_a_frame_out_of_order_comes_behind_a_later_one() -> None:
    """So does what the client said before the server spoke on; the pauses stay with the places."""
    exchange = first(Reorder(5))
    assert [3, 4, 7, 5, 6, 8, 9] == lines(exchange)
    assert [(3, 100, 0), (7, 200, 0), (5, 0, 0), (9, 100, 0)] == gaps(exchange)
    assert exchange.free_from is None
    assert [7, 8, 9, 3, 5, 4, 6] == lines(first(Reorder(3, after=9), Reorder(5, after=9)))


def test_a_cut_may_come_on_top() -> None:
    """Of what comes late, twice, or behind another frame."""
    assert [3, 4, 5, 5] == lines(first(Duplicate(5), Cut(5)))
    assert [3, 4, 7, 5, 6] == lines(first(Reorder(5), Cut(7)))
    exchange = first(Delay(5, by_s=1), Cut(7))
    assert ([3, 4, 5, 6, 7], 2) == (lines(exchange), exchange.free_from)


def test_frames_have_names() -> None:
    """The n-th in which the event is; of members, where an event has no type."""

    def dropped(nth: Nth) -> set[int]:
        before, after = exchanges_of(JOURNAL), with_faults(JOURNAL, [Drop(nth)])
        return {line for e in before for line in lines(e)} - {
            line for e in after for line in lines(e)
        }

    assert {5} == dropped(Nth("done")) == dropped(Nth("done", -2))
    assert {9} == dropped(Nth("done", 2)) == dropped(Nth("done", -1))
    assert {12} == dropped(Nth("serverContent.turnComplete")) == dropped(Nth("usageMetadata"))


def test_who_met_a_fault_is_not_held_to_the_recording() -> None:
    """Not before: what else is said then is passed over, and told where the rest does not come."""
    rehearsal = Rehearsal(first(Drop(5)), compare="strict", redactor=Redactor())
    rehearsal.said()
    assert not rehearsal.is_free
    assert rehearsal.missing() is not None
    assert rehearsal.take('{"type": "other"}') is not None
    assert rehearsal.take('{"type": "update"}') is None
    assert rehearsal.is_free
    assert rehearsal.missing() is None
    assert 'expected {"frame":' in str(rehearsal.late())
    assert rehearsal.take('{"type": "other"}') is None
    assert 'expected "ask", came "other"' in str(rehearsal.late())
    assert rehearsal.take('{"type": "ask"}') is None
    rehearsal.said()
    assert "line 8" in str(rehearsal.late())
    assert "came nothing" in str(rehearsal.late())


def test_audio_counts_by_its_length_after_a_fault() -> None:
    """A microphone goes on while nothing comes."""
    audio = {"frame": '{"audio":""}', "audio": [{"at": 10, "n_bytes": 48, "sha256": "0"}]}
    spoken = {"kind": "frames", "frames": [audio]}
    journal = journal_of(
        *RECORDS[:3], spoken, server(200, "{}"), spoken, server(300, "{}"), server(400, "{}")
    )
    frame = f'{{"audio":"{base64.b64encode(bytes(48)).decode()}"}}'

    def heard(*faults: Fault) -> Difference | None:
        (exchange,) = with_faults(journal, faults)
        rehearsal = Rehearsal(exchange, compare="strict", redactor=Redactor())
        rehearsal.said()
        return rehearsal.take(frame)

    assert "sha256" in str(heard(Drop(5)))
    assert heard(Drop(3)) is None
    assert heard(Delay(3, by_s=1)) is None


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        (
            [Cut(6)],
            r'Cut at line 6: line 6 is a record of the kind "frames".*nearest one is at line 5',
        ),
        ([Cut(1)], "line 1 holds no record, and no frame of the server's .* at line 3"),
        ([Drop(99)], "line 99 holds no record"),
        ([Drop(11)], 'line 11 is a record of the kind "open"'),
        ([Drop(Nth("done", 3))], "Drop at 'done', number 3: .* it does so 2 times"),
        ([Drop(Nth("none"))], "it says created, done, delta, serverContent, usageMetadata$"),
        ([Drop(Nth("serverContent.x.y"))], "does not say that"),
        ([Drop(5), Delay(5, by_s=1)], "Delay at line 5: there is a Drop at line 5 already"),
        ([Cut(5), Cut(Nth("done"))], "there is a Cut at line 5 already"),
        ([Reorder(5), Cut(5)], "Cut at line 5: there is a Reorder at line 5 already"),
        ([Cut(5), Drop(9)], "Drop at line 9: the connection is cut at line 5, before that"),
        ([Cut(5), Cut(9)], "Cut at line 9: the connection is cut at line 5"),
        ([Cut(5), Reorder(3, after=9)], "Reorder at line 3: the connection is cut at line 5"),
        ([Reorder(3), Drop(5)], "Reorder at line 3: line 5, behind which it is, never comes"),
        ([Reorder(3), Reorder(5)], "line 5, behind which it is, is moved itself"),
        ([Reorder(9)], "the server says nothing after it on its connection"),
        ([Reorder(13)], "the server says nothing after it on its connection"),
        ([Reorder(5, after=3)], "line 3 does not come after it"),
        ([Reorder(5, after=12)], "line 12 does not come after it on its connection"),
        ([Duplicate(5, after=6)], "line 6 is a record"),
        ([5], "faults are Cut, Delay and so on, not 5"),
        (Cut(5), "faults are several, not Cut"),
    ],
)
def test_what_cannot_come_about_is_refused(faults: Any, why: str) -> None:
    """The message says what is there."""
    with pytest.raises(ConfigurationError, match=why):
        with_faults(JOURNAL, faults)


def test_many_names_are_not_all_told() -> None:
    """And where the server said nothing, no line is near."""
    many = (server(n, json.dumps({"type": f"t{n}"})) for n in range(20))
    with pytest.raises(ConfigurationError, match=r"it says t0, .*, t11, \.\.\.$"):
        with_faults(journal_of(*RECORDS[:2], *many), [Drop(Nth("none"))])
    with pytest.raises(ConfigurationError, match=r"of the server's on a connection$"):
        with_faults(journal_of(*RECORDS[:2], client("a")), [Drop(3)])


@pytest.mark.parametrize("at", [0, -1, True, "5", None, 5.0, "done"])
def test_a_frame_is_a_line_or_the_nth(at: Any) -> None:
    """Nothing else."""
    for fault in (Cut, Drop, Duplicate, Reorder):
        with pytest.raises(ConfigurationError, match=rf"{fault.__name__}\.at is the number"):
            fault(at)
    with pytest.raises(ConfigurationError, match=r"Delay\.at is the number"):
        Delay(at, by_s=1)
    if at is not None:
        with pytest.raises(ConfigurationError, match=r"Reorder\.after is the number"):
            Reorder(5, after=at)


@pytest.mark.parametrize("seconds", [-0.1, float("inf"), float("nan"), True, "1", None])
def test_seconds_are_numbers_from_0(seconds: Any) -> None:
    """Of a delay, and before a cut."""
    with pytest.raises(ConfigurationError, match=r"Delay\.by_s is a number of seconds"):
        Delay(5, by_s=seconds)
    with pytest.raises(ConfigurationError, match=r"Cut\.after_s is a number of seconds"):
        Cut(5, after_s=seconds)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"code": 1006}, "code is a close code that may be sent, not 1006"),
        ({"code": True}, "code is a close code"),
        ({"code": "1000"}, "code is a close code"),
        ({"code": 1000, "reason": b"x"}, "reason is a text"),
        ({"reason": "bye"}, "reason needs a code"),
        ({"code": 1000, "reason": "ä" * 62}, "reason is longer than 123 bytes"),
    ],
)
def test_a_cut_says_what_can_be_said(options: dict[str, Any], why: str) -> None:
    """In a close frame, or nothing."""
    with pytest.raises(ConfigurationError, match=why):
        Cut(5, **options)
    assert 61 == len(Cut(5, code=1000, reason="ä" * 61).reason)


@pytest.mark.parametrize(("event", "n"), [("", 1), (5, 1), ("done", 0), ("done", True)])
def test_the_nth_is_of_an_event(event: Any, n: Any) -> None:
    """And from 1 on, or from the end."""
    with pytest.raises(ConfigurationError, match=r"Nth\.(event|n) is"):
        Nth(event, n)
