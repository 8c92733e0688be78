"""The journal: what it holds, and what can be read of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.talk import PCM, conversation_with, hold

from realtime_proto.commands import SendText, SendWire
from realtime_proto.errors import ConfigurationError, LocalProtocolError, RecordingError
from realtime_proto.openai import OpenAIServerConnection
from realtime_proto.recording import FORMAT, MAX_LINE_BYTES, Journaled, read_journal
from realtime_proto.wire import UnknownEvent

PROVIDERS = ("openai", "gemini")
HEAD = json.dumps({"format": FORMAT, "version": 1, "provider": "openai"})


def recorded(provider: str, **options: Any) -> list[str]:
    lines: list[str] = []
    hold(Journaled(conversation_with(provider), lines.append, **options), provider)
    return lines


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_journal_holds_every_input_and_what_came_out(provider: str) -> None:
    """Inputs with their times, in order; outputs where they were taken."""
    journal = read_journal(recorded(provider))
    assert (provider, "journal", "evt") == (
        journal.head.provider,
        journal.head.origin,
        journal.head.ids,
    )
    assert (None, {}) == (journal.cut_line, journal.unknown)
    inputs = [record for record in journal.records if record.is_input]
    assert [20_000 * n for n in range(len(inputs))] == [record.t_us for record in inputs]
    assert "open" == inputs[0].kind
    assert ["send", "receive", "tick", "close", "connection_lost"] == [r.kind for r in inputs[-5:]]
    assert {"frames", "events", "road", "raised"} == {
        record.kind for record in journal.records if not record.is_input
    }
    assert [n + 2 for n in range(len(journal.records))] == [r.line for r in journal.records]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_taking_a_journal_changes_nothing(provider: str) -> None:
    """The conversation gives the same events with and without."""
    plain = hold(conversation_with(provider), provider)
    assert plain == hold(Journaled(conversation_with(provider), str), provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_dropped_audio_leaves_its_length_and_hash(provider: str) -> None:
    """And makes the journal small."""
    inline, dropped = recorded(provider), recorded(provider, audio="dropped")
    assert len(inline) == len(dropped)
    assert sum(map(len, inline)) - sum(map(len, dropped)) > 2 * len(PCM)
    assert "dropped" == read_journal(dropped).head.audio


def test_what_an_input_raises_is_written_behind_it() -> None:
    """And raised all the same."""
    lines: list[str] = []
    subject = Journaled(conversation_with("openai"), lines.append)
    subject.open(now=0, unix_time=0)
    with pytest.raises(LocalProtocolError):
        subject.open(now=0, unix_time=0)
    *_, raised = map(json.loads, lines)
    assert ("raised", "LocalProtocolError") == (raised["kind"], raised["error"])
    assert subject.road == subject.conversation.road


def test_an_event_that_cannot_be_said_is_written_as_nothing() -> None:
    """The conversation refuses it, and the journal says so."""
    lines: list[str] = []
    subject = Journaled(conversation_with("openai"), lines.append)
    subject.open(now=0, unix_time=0)
    subject.receive('{"type":"session.created","session":{"type":"realtime","id":"s"}}', now=0)
    subject.receive('{"type":"session.updated","session":{"type":"realtime","id":"s"}}', now=0)
    with pytest.raises(LocalProtocolError):
        subject.send(SendWire(UnknownEvent(tag="x", raw={"type": object()})), now=0)
    assert {"type": "SendWire", "event": None} == json.loads(lines[-2])["command"]


def test_ids_that_cannot_be_made_again_are_refused() -> None:
    """Before anything is written."""
    lines: list[str] = []
    conversation = conversation_with("openai", ids=lambda: "always the same")
    with pytest.raises(ConfigurationError, match="count_ids"):
        Journaled(conversation, lines.append)
    assert [] == lines


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("audio", ["inline", "dropped"])
def test_planted_secrets_are_nowhere_in_a_journal(provider: str, audio: Any) -> None:
    """In a command, a frame, a reason, an error, the settings."""
    canary = "sk-Canary0123456789"
    lines: list[str] = []
    conversation = conversation_with(provider)
    object.__setattr__(conversation.blueprint.config, "instructions", f"The key is {canary}.")
    subject = Journaled(conversation, lines.append, audio=audio)
    hold(subject, provider)
    other = Journaled(conversation_with(provider), lines.append, audio=audio)
    other.open(now=0, unix_time=0)
    other.send(SendText(f"Use {canary}"), now=0)
    error = {"type": "error", "error": {"type": "invalid", "message": f"Incorrect: {canary}"}}
    other.receive(json.dumps(error), now=0)
    other.receive(f"no JSON {canary}", now=0)
    other.connection_lost(1008, f"bad key {canary}", now=0)
    other.take_frames()
    other.take_events()
    assert [] == [line for line in lines if "Canary" in line]
    assert any("<redacted:openai-key>" in line for line in lines)


# --- reading


def test_a_journal_is_read_to_its_last_whole_line() -> None:
    """Cut at any byte, everything before the line that was cut is there."""
    lines = recorded("openai", audio="dropped")[:8]
    data = ("\n".join(lines) + "\n").encode()
    for end in range(len(lines[0]) + 1, len(data) + 1):
        kept = data[:end]
        journal = read_journal(kept.splitlines())
        n_whole = kept.count(b"\n") - 1
        at_a_break = kept.endswith(b"\n")
        lacks_a_break = not at_a_break and kept.endswith(lines[n_whole + 1].encode())
        assert n_whole + lacks_a_break == len(journal.records)
        assert (None if at_a_break or lacks_a_break else n_whole + 2) == journal.cut_line


def test_records_of_a_later_version_are_kept_and_counted() -> None:
    """A reader passes over what it does not know."""
    lines = [HEAD, '{"kind":"mood","value":"good"}', '{"kind":"tick","t_us":5}']
    journal = read_journal([*lines, '{"kind":"mood"}', '{"kind":"frame","from":"server"}'])
    assert {"mood": 2} == journal.unknown
    assert ["mood", "tick", "mood", "frame"] == [record.kind for record in journal.records]
    assert [None, 5] == [record.t_us for record in journal.records[:2]]


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ([], 1, "empty"),
        (["{"], 1, "^this is no recording: its first line is no JSON object$"),
        (["[]", HEAD], 1, "^this is no recording: its first line is no JSON object$"),
        (["{}"], None, "no recording"),
        (['{"format":"tar"}'], None, "no recording"),
        ([HEAD.replace("1", "2")], 1, "version 2"),
        ([HEAD.replace("1", "true")], 1, "version True"),
        ([json.dumps({"format": FORMAT})], 1, "version None"),
        ([json.dumps({"format": FORMAT, "version": 1})], 1, "^line 1 names no provider$"),
        ([HEAD[:-1] + ',"strict":"yes"}'], 1, "line 1"),
        ([HEAD[:-1] + ',"audio":"loud"}'], 1, "line 1"),
        ([HEAD, "{", HEAD], 2, "line 2 is no JSON object"),
        ([HEAD, "{}"], 2, "line 2 has no kind"),
        ([HEAD, '{"kind":5}'], 2, "line 2 has no kind"),
        ([HEAD, " " * (MAX_LINE_BYTES + 1)], 2, "line 2 is over"),
    ],
)
def test_what_is_no_recording_is_one_clear_error(
    lines: list[str], line: int | None, said: str
) -> None:
    """It says which line, where it is one line."""
    with pytest.raises(RecordingError, match=said) as caught:
        read_journal(lines)
    assert line == caught.value.line


def test_a_server_would_take_what_the_journal_says_was_sent() -> None:
    """Frames are kept to the byte, audio apart."""
    peer = OpenAIServerConnection()
    sent = [
        body["frame"]
        for record in read_journal(recorded("openai")).records
        if record.kind == "frames"
        for body in record.body["frames"]
    ]
    assert len(sent) > 3
    assert all(peer.receive(frame) for frame in sent)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_refused_for_its_kind_leaves_no_line(provider: str) -> None:
    """A wrong argument is an error of the caller's, and the recording stays readable."""
    lines: list[str] = []
    journaled = Journaled(conversation_with(provider), lines.append)
    journaled.open(now=1.0, unix_time=1e9)
    written = list(lines)
    wrong: Any = object()
    for refused in (
        lambda: journaled.send(wrong, now=1.0),
        lambda: journaled.send(SendText, now=1.0),
        lambda: journaled.receive(wrong, now=1.0),
        lambda: journaled.receive("{}", now=wrong),
        lambda: journaled.receive("{}", now=float("nan")),
        lambda: journaled.tick(now=float("inf")),
        lambda: journaled.connection_lost(wrong, now=1.0),
        lambda: journaled.connection_lost(1000, wrong, now=1.0),
        lambda: journaled.open(now=1.0, unix_time=wrong),
    ):
        with pytest.raises(LocalProtocolError):
            refused()
    assert written == lines
    assert 1 == len(read_journal(lines).records)


@pytest.mark.parametrize("wrong", [{"sink": 5}, {"sink": str, "audio": "loud"}])
def test_what_no_journal_can_be_kept_with_is_refused(wrong: Any) -> None:
    """Before a head is written that no reader takes."""
    with pytest.raises(ConfigurationError, match="a Journaled takes a function for its lines"):
        Journaled(conversation_with("openai"), **wrong)
