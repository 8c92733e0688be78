"""Logs of others, read as recordings."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest
from helpers import wire
from helpers.require import require

from realtime_proto import importing
from realtime_proto.errors import RecordingError
from realtime_proto.importing import FrameLog, LoggedFrame, as_recording, read_log
from realtime_proto.recording import read_journal

SETUP = '{"setup":{"model":"models/m"}}'
COMPLETE = '{"setupComplete":{}}'
CREATED = '{"type":"session.created","session":{"type":"realtime"}}'


def har(*messages: dict[str, Any], url: str = "wss://host/v1/realtime?model=m") -> bytes:
    entry = {"request": {"url": url}, "_webSocketMessages": list(messages)}
    return json.dumps({"log": {"entries": [{"request": {}}, entry]}}).encode()


@pytest.mark.parametrize("scale", [1, 1000])
def test_a_har_file_is_read_in_seconds_and_in_milliseconds(scale: int) -> None:
    """Its times begin with the first frame; binary frames are in base64."""
    binary = base64.b64encode(COMPLETE.encode()).decode()
    (log,) = read_log(
        har(
            {"type": "send", "time": 1_790_000_000.25 * scale, "opcode": 1, "data": SETUP},
            {"type": "error", "time": 1_790_000_000.5 * scale, "opcode": -1, "data": "oops"},
            {"type": "receive", "time": 1_790_000_001.5 * scale, "opcode": 2, "data": binary},
        )
    )
    assert log == FrameLog(
        provider="gemini",
        frames=(
            LoggedFrame(direction="client", frame=SETUP, t_us=0),
            LoggedFrame(direction="server", frame=COMPLETE.encode(), t_us=1_250_000),
        ),
        source="wss://host/v1/realtime?model=m",
    )


def test_a_har_file_may_hold_several_connections() -> None:
    """Each is a log of its own; a frame without a time takes all of them away."""
    message = {"type": "receive", "opcode": 1, "data": CREATED}
    entry = {"_webSocketMessages": [{**message, "time": 1.79e9}, message]}
    logs = read_log(json.dumps({"log": {"entries": [entry, entry, {}]}}).encode())
    assert ["openai", "openai"] == [log.provider for log in logs]
    assert [None, None] == [frame.t_us for frame in logs[0].frames]


CASSETTE = """
version: 1
interactions:
- kind: message
  direction: received
  data: {type: session.created, session: {type: realtime, id: null, n: 1.5}}
- kind: close
  direction: received
  data: {}
- kind: message
  direction: sent
  data: '{"type":"input_audio_buffer.clear"}'
"""


def test_a_cassette_is_read_without_times() -> None:
    """What is no message is passed over."""
    (log,) = read_log(CASSETTE.encode())
    assert "openai" == log.provider
    assert [
        (
            "server",
            {"type": "session.created", "session": {"type": "realtime", "id": None, "n": 1.5}},
        ),
        ("client", {"type": "input_audio_buffer.clear"}),
    ] == [(frame.direction, json.loads(frame.frame)) for frame in log.frames]
    assert {None} == {frame.t_us for frame in log.frames}


def test_json_lines_are_read_with_their_head() -> None:
    """Blank lines are nothing; times, where there are some, are taken as they are."""
    lines = [
        {"source": "here", "dialect": "ga", "note": "short"},
        {"direction": "server", "frame": {"type": "session.created"}, "t_us": 5},
        {"direction": "client", "frame": '{"type":"x"}', "t_us": "6"},
    ]
    (log,) = read_log("\n\n".join(map(json.dumps, lines)).encode())
    assert ("here", "ga", "short") == (log.source, log.dialect, log.note)
    assert [5, None] == [frame.t_us for frame in log.frames]
    (bare,) = read_log(json.dumps(lines[1]).encode())
    assert ("", None, "") == (bare.source, bare.dialect, bare.note)


@pytest.mark.parametrize("audio", ["inline", "dropped"])
def test_a_log_becomes_a_recording(audio: Any) -> None:
    """Frames to the byte, clean of credentials, with their times."""
    pcm = bytes(range(96))
    frame = {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()}
    log = FrameLog(
        provider="openai",
        source="wss://host?key=abcdef",
        frames=(
            LoggedFrame(direction="server", frame='{"type":"a","k":"sk-0123456789"}'),
            LoggedFrame(direction="client", frame=json.dumps(frame), t_us=7),
        ),
    )
    journal = read_journal(as_recording(log, audio=audio))
    head = journal.head
    assert ("frames", "openai", audio) == (head.origin, head.provider, head.audio)
    assert "wss://host?key=<redacted:query>" == head.source
    first, second = journal.records
    assert {
        "kind": "frame",
        "from": "server",
        "frame": '{"type":"a","k":"<redacted:openai-key>"}',
    } == first.body
    assert (None, 7) == (first.t_us, second.t_us)
    assert (audio == "dropped") is ("audio" in second.body)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b" \n", "the log is empty"),
        (b"hello", "no log of a known kind"),
        (b'{"format":"realtime-recording","version":1}\n{"kind":"close"}', "a recording already"),
        (b"\xff", "no UTF-8"),
        (b"{}", "no WebSocket frames"),
        (b'{"log":{}}', "log.entries is no list"),
        (b'{"log":{"entries":[5]}}', r"log.entries\[0\] is no object"),
        (b'{"log":{"entries":[{"_webSocketMessages":5}]}}', "is no list"),
        (b'{"log":{"entries":[{"_webSocketMessages":[5]}]}}', "is no object"),
        (har({"type": "send"}), "has no data"),
        (har({"type": "send", "opcode": 2, "data": "*"}), "not base64"),
        (har({"type": "send", "opcode": 1, "data": "hello"}), "no known provider"),
        (b'{"direction":"up","frame":{}}', "line 1 has no direction"),
        (b'{"direction":"client","frame":5}', r"line 1\.frame is no object"),
        (b'{"direction":"client","frame":{}}\n{', "line 2 is no JSON object"),
        (b"[1, 2", "no YAML"),
        (b"- 1", "as a YAML cassette it is no object"),
        (b"a: 1", "interactions is no list"),
        (b"interactions: [5]", r"interactions\[0\] is no object"),
        (
            b"interactions: [{kind: message, direction: sent, data: {a: 2026-01-01}}]",
            "date is not JSON",
        ),
        (b"interactions: [{kind: message, direction: sent, data: {1: a}}]", "no string"),
        (b"interactions: [{kind: message, direction: sent, data: {a: b}}]", "no known provider"),
        (b"!!python/object/apply:os.system [ls]", "no YAML"),
    ],
)
def test_what_is_no_log_is_one_clear_error(data: bytes, said: str) -> None:
    """It says what is wrong, and where."""
    with pytest.raises(RecordingError, match=said):
        read_log(data)


def test_a_document_that_stands_for_more_than_it_holds_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nine aliases of nine aliases of nine are a bomb; the log's size is bounded, too."""
    monkeypatch.setattr(importing, "MAX_NODES", 5_000)
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(RecordingError, match="more than 5000 values"):
        read_log("\n".join(lines).encode())
    monkeypatch.setattr(importing, "MAX_LOG_BYTES", 3)
    with pytest.raises(RecordingError, match="over 3 bytes"):
        read_log(b"abcd")


def test_without_pyyaml_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or give a reader of your own."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(RecordingError, match=r"realtime-io\[replay\]"):
        read_log(CASSETTE.encode())
    interactions = [{"kind": "message", "direction": "received", "data": CREATED}]
    (log,) = read_log(b"anything", load_yaml=lambda _: {"interactions": interactions})
    assert CREATED == log.frames[0].frame


@pytest.mark.wire
@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_every_recorded_conversation_is_imported(provider: str) -> None:
    """Frame by frame, with the provider told by what is said."""
    require("wire", wire.missing())
    n_frames = 0
    for recorded in wire.sessions(provider):
        (log,) = read_log(recorded.path.read_bytes())
        assert (provider, recorded.head.get("dialect")) == (log.provider, log.dialect)
        journal = read_journal(as_recording(log))
        assert [direction for direction, _ in recorded.frames] == [
            record.body["from"] for record in journal.records
        ]
        assert all(record.t_us is None for record in journal.records)
        n_frames += len(journal.records)
    print(f"recordings: {n_frames} frames of {provider} imported")
    assert n_frames > 100
