"""A recording fed to a fresh conversation."""

from __future__ import annotations

import json
import pickle
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from helpers.talk import SCRIPTS, conversation_with, hold

from realtime_proto._elision import describe_bytes
from realtime_proto.errors import HandshakeRejected, RecordingError
from realtime_proto.recording import FORMAT, Journaled, read_journal
from realtime_proto.replay import (
    audio_said,
    compare_journals,
    conversation_of,
    replay,
    replay_journal,
)
from realtime_proto.report import MAX_DIFFERENCES, Report

if TYPE_CHECKING:
    from pathlib import Path

    from realtime_proto import Conversation
from realtime_proto import Endpoint, Redial, Secret
from realtime_proto.backoff import Backoff
from realtime_proto.history import History, HistoryItem
from realtime_proto.resume import ResumeState

PROVIDERS = ("openai", "gemini")
HEAD = {"format": FORMAT, "version": 1, "provider": "openai"}


def recorded(provider: str, *, options: dict[str, Any] | None = None, **how: Any) -> list[str]:
    lines: list[str] = []
    hold(Journaled(conversation_with(provider, **(options or {})), lines.append, **how), provider)
    return lines


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("reports_delivery", [False, True])
def test_a_recording_replays_to_the_same_events(provider: str, reports_delivery: bool) -> None:
    """And everything else that was recorded: frames to the byte, roads, what was refused."""
    options = {"reports_delivery": reports_delivery}
    events = hold(conversation_with(provider, **options), provider)
    report = replay(recorded(provider, options=options))
    assert () == report.differences
    assert report.is_exact
    assert tuple(events) == report.events
    assert ["It is fine."] == [delta.text for delta in report.transcripts]
    assert [{"city": "Tokyo"}] == [call.arguments for call in report.tool_calls]
    assert (0, {}, None) == (report.n_unchecked, report.drift, report.cut_line)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_report_is_a_value(provider: str) -> None:
    """Two replays are equal, and one comes back from another process."""
    lines = recorded(provider)
    report = replay(lines)
    assert report == replay(lines)
    assert report == pickle.loads(pickle.dumps(report))  # noqa: S301 - our own


@pytest.mark.parametrize("provider", PROVIDERS)
def test_dropped_audio_is_silence_and_is_said_to_be_unchecked(provider: str) -> None:
    """Lengths are compared, samples cannot be."""
    report = replay(recorded(provider, audio="dropped"))
    assert () == report.differences
    assert report.n_unchecked > 3
    played = [event.data for event in report.events if getattr(event, "data", b"")]
    assert len(played) > 0
    assert all(set(data) == {0} for data in played)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_audio_that_was_said_is_made_again(provider: str) -> None:
    """A recording keeps what was given to the conversation; of its frames, the hashes."""
    lines = recorded(provider)
    kept = [
        piece
        for line in lines
        for frame in json.loads(line).get("frames", ())
        for piece in frame.get("audio", ())
    ]
    assert len(kept) > 0
    found = audio_said(read_journal(lines))
    assert [piece["n_bytes"] for piece in kept] == [len(found[piece["sha256"]]) for piece in kept]
    assert [describe_bytes(pcm)["sha256"] for pcm in found.values()] == list(found)


def test_audio_that_cannot_be_made_again_is_what_was_given() -> None:
    """As far as it can be read; and that of a log is in its frames."""
    given = [
        json.dumps({"kind": "send", "t_us": 0, "command": {"type": "SendAudio", "data": data}})
        for data in ("AAAA", "?", 5)
    ]
    unknown = read_journal([json.dumps({**HEAD, "provider": "nobody"}), *given])
    assert [bytes(3)] == list(audio_said(unknown).values())
    assert {} == audio_said(read_journal([json.dumps({**HEAD, "origin": "frames"})]))


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    """As text or as a Path; one that cannot be read is one clear error."""
    path = tmp_path / "a.rtc.jsonl"
    path.write_text("\n".join(recorded("openai")) + "\n")
    assert replay(str(path)) == replay(path)
    with pytest.raises(RecordingError, match=r"cannot read .*: No such file"):
        replay(tmp_path / "nowhere")
    with pytest.raises(RecordingError, match=r"cannot read .*: Is a directory"):
        replay(tmp_path)


def changed(lines: list[str], kind: str, change: Any) -> list[str]:
    """The recording with its last record of that kind edited."""
    index = max(n for n, line in enumerate(lines) if f'"kind":"{kind}"' in line)
    body = json.loads(lines[index])
    change(body)
    return [*lines[:index], json.dumps(body), *lines[index + 1 :]]


def test_a_difference_names_line_path_expected_and_actual() -> None:
    """In an event, by the field."""
    lines = recorded("openai")
    index = next(n for n, line in enumerate(lines) if "TranscriptDelta" in line)
    expected = lines[index].replace("It is fine.", "It is wet.")
    report = replay([*lines[:index], expected, *lines[index + 1 :]])
    (difference,) = report.differences
    assert not report.is_exact
    assert f'line {index + 1}, $.events[0].text: expected "It is wet.", came "It is fine."' == str(
        difference
    )


def test_a_difference_in_a_frame_is_found_within_it() -> None:
    """By the path in its own JSON; where the JSON says the same, in its text."""
    lines = recorded("openai")
    for old, new, path in (
        ("Be brief.", "Be long.", "$.frames[0].frame.session.instructions"),
        (
            '{\\"type\\":\\"session.update\\",',
            '{ \\"type\\":\\"session.update\\",',
            "$.frames[0].frame",
        ),
    ):
        index = next(n for n, line in enumerate(lines) if '"frames"' in line)
        assert old in lines[index]
        edited = [*lines[:index], lines[index].replace(old, new), *lines[index + 1 :]]
        assert [path] == [difference.path for difference in replay(edited).differences]


@pytest.mark.parametrize(
    ("kind", "change", "path"),
    [
        ("events", lambda body: body["events"].pop(), "$.events[0]"),
        ("events", lambda body: body["events"].append({"type": "More"}), "$.events[1]"),
        ("road", lambda body: body["road"].update(type="Keep"), "$.road.type"),
        ("raised", lambda body: body.update(message="no"), "$.message"),
        ("connection_lost", lambda body: body.update(later=True), "$.later"),
        ("frames", lambda body: body.update(frames="x"), "$.frames"),
        ("frames", lambda body: body["frames"][0].update(frame=5), "$.frames[0].frame"),
        ("frames", lambda body: body["frames"][0].update(frame="no JSON"), "$.frames[0].frame"),
    ],
)
def test_every_kind_of_output_is_compared(kind: str, change: Any, path: str) -> None:
    """Missing and additional members and items, other types."""
    report = replay(changed(recorded("openai"), kind, change))
    assert path in [difference.path for difference in report.differences]


def test_an_output_that_is_missing_or_too_many_is_a_difference() -> None:
    """A record nobody made again, and one that was not recorded."""
    lines = recorded("openai")
    index = next(n for n, line in enumerate(lines) if '"kind":"raised"' in line)
    (missing,) = replay([*lines[:index], *lines[index + 1 :]]).differences
    assert ("$", None) == (missing.path, missing.expected)
    assert "expected nothing, came " in str(missing)
    (surplus, *_) = replay([*lines[:3], lines[index], *lines[3:]]).differences
    assert ("$", None) == (surplus.path, surplus.actual)


def test_true_is_not_one() -> None:
    """Though Python says so."""
    lines = recorded("openai")
    index = next(n for n, line in enumerate(lines) if '"is_final":true' in line)
    edited = lines[index].replace('"is_final":true', '"is_final":1')
    (difference,) = replay([*lines[:index], edited, *lines[index + 1 :]]).differences
    assert ("1", "true") == (difference.expected, difference.actual)


def test_a_changed_core_is_found() -> None:
    """A conversation made otherwise gives other frames; the differences are bounded."""
    lines = recorded("openai")
    journal = read_journal([*lines, *(200 * ['{"kind":"events","events":[]}'])])

    def make(_: Any) -> Conversation:
        return conversation_with("openai", ids=lambda: "x", reports_delivery=True)

    with pytest.raises(Exception, match="count_ids"):
        replay_journal(journal, make=make)
    report = replay_journal(journal, make=lambda _: conversation_with("gemini"))
    assert MAX_DIFFERENCES == len(report.differences)


def test_an_interrupted_recording_replays_to_its_last_whole_line() -> None:
    """Whatever its last line was."""
    lines = recorded("openai")
    for end in range(2, len(lines)):
        report = replay([*lines[:end], lines[end][:-1]])
        assert (end + 1, ()) == (report.cut_line, report.differences)


def test_records_of_a_later_version_are_passed_over() -> None:
    """And named in the report."""
    lines = recorded("openai")
    report = replay([*lines[:3], '{"kind":"mood"}', *lines[3:]])
    assert ({"mood": 1}, ()) == (report.unknown, report.differences)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"kind": "open", "t_us": 0}, "unix_time is no number"),
        ({"kind": "tick"}, "t_us is no number"),
        ({"kind": "tick", "t_us": True}, "t_us is no number"),
        ({"kind": "tick", "t_us": 1e19}, "t_us is beyond"),
        ({"kind": "open", "t_us": 0, "unix_time": -1e16}, "unix_time is beyond"),
        ({"kind": "send", "t_us": 0}, "not a SendAudio"),
        ({"kind": "send", "t_us": 0, "command": {"type": "SendText"}}, "text"),
        ({"kind": "send", "t_us": 0, "command": {"type": "SendWire"}}, "cannot be read back"),
        (
            {"kind": "send", "t_us": 0, "command": {"type": "SendWire", "event": {"frame": "{}"}}},
            "an event of the provider's own",
        ),
        ({"kind": "receive", "t_us": 0}, "no frame"),
        ({"kind": "connection_lost", "t_us": 0, "code": "x"}, "a number and a text"),
        ({"kind": "connection_lost", "t_us": 0, "reason": 5}, "a number and a text"),
        ({"kind": "connection_lost", "t_us": 0, "error": 5}, "malformed"),
    ],
)
def test_a_record_that_cannot_be_fed_is_one_clear_error(record: Any, said: str) -> None:
    """It says which line."""
    lines = [json.dumps(HEAD), json.dumps({"kind": "tick", "t_us": 0}), json.dumps(record)]
    with pytest.raises(RecordingError, match=said) as caught:
        replay(lines)
    assert 3 == caught.value.line


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ({"provider": "nobody"}, "the provider 'nobody' is unknown"),
        ({"config": {"temperature": "hot"}}, "line 1: not a RealtimeConfig"),
        ({"config": {"vad_mode": "semantic"}, "provider": "gemini"}, "line 1: .*emantic"),
        ({"limits": {"setup_s": -1}}, "line 1: not a Limits"),
    ],
)
def test_a_head_that_makes_no_conversation_is_one_clear_error(head: Any, said: str) -> None:
    """An unknown provider, settings that are none."""
    with pytest.raises(RecordingError, match=said):
        conversation_of(read_journal([json.dumps({**HEAD, **head})]))


def test_an_empty_journal_is_an_empty_report() -> None:
    """Nothing was fed, nothing came."""
    assert Report(provider="openai", n_inputs=0, events=()) == replay([json.dumps(HEAD)])


def test_a_record_that_stands_alone_is_a_difference() -> None:
    """A road nobody's input led to."""
    lines = [json.dumps(HEAD), '{"kind":"road","road":{"type":"Keep"}}', '{"kind":"tick","t_us":0}']
    (difference,) = replay(lines).differences
    assert (2, "$", None) == (difference.line, difference.path, difference.actual)


@pytest.mark.parametrize("begin", ["seed", "resume"])
def test_lost_connections_replay_with_what_chance_gave(begin: str) -> None:
    """Roads, pauses, and why a road could not be opened, are recorded like all else."""
    draws = iter([0.25, 0.75, 0.5])
    endpoint = Endpoint(
        url="wss://h/v1/realtime", headers=(("Authorization", Secret("sk-0123456789")),)
    )
    past = History()
    past.insert(HistoryItem(item_id="a", text="Hello."))
    begins: dict[str, dict[str, Any]] = {
        "seed": {"seed": past},
        "resume": {"resume": ResumeState(provider="openai", history=past.save())},
    }
    conversation = conversation_with(
        "openai",
        chance=lambda: next(draws),
        endpoint=endpoint,
        backoff=Backoff(first_s=1, attempts=2),
        **begins[begin],
    )
    lines: list[str] = []
    subject = Journaled(conversation, lines.append)
    now = 1_000.123_456_7
    subject.open(now=now, unix_time=1.8e9)
    for _, frame in islice(SCRIPTS["openai"](), 2):  # the set-up
        subject.receive(json.dumps(frame), now=now)
    subject.connection_lost(1011, "oops", now=now + 1)
    assert isinstance(subject.road, Redial)
    refused = HandshakeRejected("no", status=503, headers={"retry-after": "2"})
    subject.connection_lost(None, "", now=now + 2, error=refused)
    subject.connection_lost(None, "", now=now + 3, error=HandshakeRejected("no", status=401))
    events = subject.take_events()
    assert any('"drawn":[0.25]' in line for line in lines)
    assert not any("sk-01" in line for line in lines)
    report = replay(lines)
    assert () == report.differences
    assert tuple(events) == report.events
    without = [line for line in lines if '"kind":"chance"' not in line]
    assert any(found.path.endswith(".delay_ms") for found in replay(without).differences)
    earlier = [line.replace('"drawn":[0.25]', '"drawn":[0.5]') for line in lines]
    assert "$.road.not_before" in {found.path for found in replay(earlier).differences}


def test_two_recordings_are_compared_times_apart() -> None:
    """The same conversation at other times is the same; what differs is named by its line."""
    first, later, other = (
        read_journal(lines)
        for lines in (recorded("openai"), moved(recorded("openai")), recorded("gemini"))
    )
    assert () == compare_journals(first, later)
    assert first.records != later.records
    short = read_journal(recorded("openai")[:-3])
    missing = compare_journals(first, short)
    assert [("$", None)] * 3 == [(found.path, found.actual) for found in missing]
    surplus = compare_journals(short, first)
    assert [found.line for found in missing] == [found.line for found in surplus]
    assert 0 < len(compare_journals(first, other)) <= MAX_DIFFERENCES
    many = read_journal([json.dumps(HEAD), *(200 * ['{"kind":"tick"}'])])
    assert MAX_DIFFERENCES == len(compare_journals(many, read_journal([json.dumps(HEAD)])))


def test_audio_is_not_compared_where_one_did_not_keep_it() -> None:
    """Its length is."""
    first = read_journal(recorded("openai", audio="dropped"))
    lines = recorded("openai", audio="dropped")
    other = [line.replace('"sha256":"', '"sha256":"0') for line in lines]
    assert () == compare_journals(first, read_journal(other))
    other = [line.replace('"n_bytes":', '"n_bytes":1') for line in lines]
    assert () != compare_journals(first, read_journal(other))


def moved(lines: list[str]) -> list[str]:
    """The recording, ten seconds later."""
    bodies = [json.loads(line) for line in lines]
    return [
        json.dumps({**body, "t_us": body["t_us"] + 10_000_000} if "t_us" in body else body)
        for body in bodies
    ]
