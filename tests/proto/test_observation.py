"""What a log of frames tells."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers import wire
from helpers.require import require
from helpers.talk import PCM, SCRIPTS

from realtime_proto import SendWire, ToolResult
from realtime_proto.errors import RecordingError
from realtime_proto.importing import FrameLog, LoggedFrame, as_recording, read_log
from realtime_proto.observation import MAX_EARLY
from realtime_proto.recording import FORMAT
from realtime_proto.replay import replay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_proto.report import Report

PROVIDERS = ("openai", "gemini")

Exchange = tuple[str, dict[str, Any]]


def log_of(provider: str) -> list[Exchange]:
    """The scripted conversation as its frames: what the server says, and the tool's answer."""
    exchange: list[Exchange] = []
    for kind, what in SCRIPTS[provider]():
        if kind == "receive":
            exchange.append(("server", what))
        elif isinstance(what, ToolResult):
            exchange.append(("client", answer(provider, what.call_id)))
        elif not isinstance(what, SendWire):
            exchange.append(("client", CLEAR if provider == "openai" else QUIET))
    return exchange


CLEAR = {"type": "input_audio_buffer.clear"}
QUIET = {"realtimeInput": {"audioStreamEnd": True}}


def answer(provider: str, call_id: str) -> dict[str, Any]:
    if provider == "openai":
        item = {"type": "function_call_output", "call_id": call_id, "output": "fine"}
        return {"type": "conversation.item.create", "item": item}
    responses = [{"id": call_id, "name": "get_weather", "response": {"weather": "fine"}}]
    return {"toolResponse": {"functionResponses": responses}}


def observed(
    provider: str, exchange: Iterable[Exchange], *, ms: int | None = 100, **how: Any
) -> Report:
    frames = [
        LoggedFrame(
            direction="server" if direction == "server" else "client",
            frame=json.dumps(frame),
            t_us=None if ms is None else n * ms * 1000,
        )
        for n, (direction, frame) in enumerate(exchange)
    ]
    log = FrameLog(provider=provider, frames=tuple(frames), dialect=how.pop("dialect", None))
    lines = list(as_recording(log, **how))
    report = replay(lines)
    assert report == replay(lines)
    assert report.to_text() == replay(lines).to_text()
    return report


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_log_of_frames_is_observed(provider: str) -> None:
    """Transcripts, calls, audio and usage come out as if it were our own conversation."""
    exchange = log_of(provider)
    report = observed(provider, exchange)
    assert ("frames", provider, len(exchange)) == (report.origin, report.provider, report.n_inputs)
    assert ["It is fine."] == [said.text for said in report.transcripts]
    assert [{"city": "Tokyo"}] == [call.arguments for call in report.tool_calls]
    assert PCM == b"".join(getattr(event, "data", b"") for event in report.events)
    assert ((), (), ()) == (report.refused, report.violations, report.differences)
    assert report.metrics != ()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("how", [{"ms": None}, {"audio": "dropped"}])
def test_no_time_is_made_up(provider: str, how: Any) -> None:
    """Without times, or without its audio, a log tells nobody how long anybody waited."""
    report = observed(provider, log_of(provider), **how)
    assert () == report.metrics
    assert "turn:" not in report.to_text()
    cut = [event for event in report.events if type(event).__name__ == "Interrupted"]
    assert {0} >= {event.played_ms for event in cut}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_audio_that_a_recorder_cut_is_a_violation_and_takes_the_times_away(provider: str) -> None:
    """The rest of the conversation is observed all the same."""
    text = json.dumps(log_of(provider))
    audio = base64.b64encode(PCM).decode()
    assert audio in text
    exchange = json.loads(text.replace(audio, audio[:100] + "..."))
    report = observed(provider, exchange)
    assert 1 == len(report.violations)
    assert () == report.metrics
    assert ["It is fine."] == [said.text for said in report.transcripts]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_that_comes_before_its_call_waits_for_it(provider: str) -> None:
    """Clients answer as soon as the arguments are complete; one nobody asked for is named."""
    exchange = log_of(provider)
    (at,) = (n for n, (_, frame) in enumerate(exchange) if frame == answer(provider, "c1"))
    early = [exchange[0], exchange[at], *exchange[1:at], *exchange[at + 1 :]]
    assert () == observed(provider, early).refused
    report = observed(provider, [*exchange, ("client", answer(provider, "nobody"))])
    assert ("there is no tool call 'nobody'",) == report.refused
    assert "refused: there is no tool call 'nobody'" in report.to_text()
    flood = [("client", answer(provider, f"n{n}")) for n in range(MAX_EARLY + 200)]
    assert 200 > len(observed(provider, [exchange[0], *flood]).refused) > MAX_EARLY


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_slip_of_the_client_is_found(provider: str) -> None:
    """A frame that its server could not read."""
    bad = (
        {"type": "input_audio_buffer.append", "audio": 5} if provider == "openai" else {"setup": 5}
    )
    report = observed(provider, [*log_of(provider), ("client", bad)])
    (refusal,) = report.refused
    assert refusal.startswith("the client's malformed")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_that_can_answer_nothing_is_refused(provider: str) -> None:
    """An id of blanks is no call's; the log is observed to its end all the same."""
    exchange = [*log_of(provider), ("client", answer(provider, " "))]
    report = observed(provider, exchange)
    assert ("the client's ToolResult.call_id must not be empty",) == report.refused
    assert len(exchange) == report.n_inputs


def test_the_log_says_which_dialect_it_speaks() -> None:
    """Where it does not, the provider's own is taken; an unknown provider is an error."""
    exchange = log_of("openai")
    assert observed("openai", exchange, dialect="xai").provider == "openai"
    assert observed("openai", exchange, dialect="something").events != ()
    head = {"format": FORMAT, "version": 1, "provider": "nobody", "origin": "frames"}
    with pytest.raises(RecordingError, match="nobody"):
        replay([json.dumps(head)])
    lines = [json.dumps({**head, "provider": "openai"}), '{"kind":"frame","from":"server"}']
    with pytest.raises(RecordingError, match="line 2: there is no frame"):
        replay(lines)


@pytest.mark.wire
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_recorded_conversation_is_observed_twice_alike(provider: str) -> None:
    """Without a violation, and without a time that was made up. Two answer a call nobody made."""
    require("wire", wire.missing())
    refused, n_logs = 0, 0
    for recorded in wire.sessions(provider):
        (log,) = read_log(recorded.path.read_bytes())
        lines = list(as_recording(log))
        report = replay(lines)
        assert report == replay(lines)
        assert ((), ()) == (report.violations, report.metrics), recorded.name
        refused += len(report.refused)
        n_logs += 1
    print(f"recordings: {n_logs} conversations of {provider} observed")
    assert (2 if provider == "gemini" else 0) == refused
