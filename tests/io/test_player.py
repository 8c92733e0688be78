"""A recording as the peer of an application: the application unchanged, the server from a file."""

from __future__ import annotations

import json
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from bench import minute
from helpers.leaks import nothing_left, traces
from helpers.recorded import ANSWER, PROVIDERS, REQUEST, SPOKEN, again, record, talk, voice_for
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    CallbackError,
    ConfigurationError,
    RealtimeConnectionError,
    RealtimeVoice,
    RecordingError,
    ReplayMismatch,
)
from realtime_io.player import play
from realtime_proto.recording import Journaled
from realtime_proto.replay import replay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("recorded_on", BACKENDS)
@pytest.mark.parametrize("drops", [False, True], ids=["whole", "dropped"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_recorded_conversation_is_had_again(
    provider: str, drops: bool, recorded_on: str, backend: str, tmp_path: Path
) -> None:
    """With a tool, an interruption and a lost connection: the same frames are sent."""
    path = tmp_path / "talk.rtc.jsonl"
    told = anyio.run(record, provider, path, drops, backend=recorded_on)
    assert ANSWER in told
    report = replay(path)
    assert report.is_exact, report.to_text()
    n_roads = sum('"kind":"open"' in line for line in path.read_text().splitlines())
    assert (2 if drops else 1) == n_roads
    assert told == run_virtually(partial(again, path, provider, drops), backend=backend)


# --- what differs


@pytest.fixture(name="lines", scope="module")
def lines_fixture(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A recording."""
    path = tmp_path_factory.mktemp("recorded") / "talk.rtc.jsonl"
    anyio.run(record, "openai", path, False)
    return path.read_text().splitlines()


def changed(lines: list[str], old: str, new: str) -> tuple[list[str], int]:
    """The lines with one expectation changed, and the number of that line."""
    at = next(n for n, line in enumerate(lines) if '"kind":"frames"' in line and old in line)
    return [*lines[:at], lines[at].replace(old, new), *lines[at + 1 :]], at + 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_difference_names_line_path_expected_and_actual(lines: list[str], backend: str) -> None:
    """And comes in the place of the error that the application had of it."""
    other, line = changed(lines, REQUEST, "Tell me a joke.")
    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(partial(again, other), backend=backend)
    error = caught.value
    assert (line, '"Tell me a joke."', '"Tell me a story."') == (
        error.line,
        error.expected,
        error.actual,
    )
    assert "$.frames[0].frame.item.content[0].text" == error.path
    assert (
        f'line {line} of the recording, {error.path}: expected "Tell me a joke.", and the '
        'application said "Tell me a story."'
    ) == str(error)
    same = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (error.path, error.expected, error.actual) == (same.path, same.expected, same.actual)


@pytest.mark.parametrize("backend", BACKENDS)
def test_types_and_functions_may_compare(lines: list[str], backend: str) -> None:
    """What they do not look at may differ."""
    other, _ = changed(lines, REQUEST, "Tell me a joke.")

    def same_type(was: Mapping[str, Any], came: Mapping[str, Any]) -> bool:
        return bool(was["type"] == came["type"])

    def fail(was: Mapping[str, Any], came: Mapping[str, Any]) -> bool:
        raise ValueError("broken")

    for compare in ("type", same_type):
        assert ANSWER in run_virtually(partial(again, other, compare=compare), backend=backend)
    with pytest.raises(CallbackError, match="broken"):
        run_virtually(partial(again, other, compare=fail), backend=backend)


async def silent(voice: RealtimeVoice) -> None:
    async with voice.connect() as session:
        async for _ in session:
            pass


async def brief(voice: RealtimeVoice) -> None:
    async with voice.connect() as session:
        await session.aclose()


async def absent(voice: RealtimeVoice) -> None:
    pass


async def talkative(voice: RealtimeVoice) -> None:
    async with voice.connect() as session:
        await session.send_audio(SPOKEN)
        await session.send_text("What's the weather in Tokyo?")
        await session.send_text("And in Paris?")
        async for _ in session:
            pass


async def insistent(voice: RealtimeVoice) -> None:
    await talk(voice)
    await talk(voice)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("application", "why"),
    [
        (silent, "and the application did not say it"),
        (brief, "and the application did not say it"),
        (absent, 'line 2 of the recording, $: expected "a connection"'),
        (talkative, "and the application said"),
        (insistent, 'nothing more was expected, and the application said "a connection"'),
    ],
)
def test_too_little_and_too_much_are_differences(
    lines: list[str], application: Any, why: str, backend: str
) -> None:
    """Also where the application itself is content."""

    async def main() -> None:
        async with play(lines) as player:
            await application(voice_for("openai", player.base_url))

    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, backend=backend)
    assert why in str(caught.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_errors_of_the_application_go_before(lines: list[str], backend: str) -> None:
    """A failed assertion of a test, say."""

    async def main() -> None:
        async with play(lines) as player, voice_for("openai", player.base_url).connect():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_virtually(main, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_that_has_nothing_to_do_with_it_is_the_applications(
    lines: list[str], backend: str
) -> None:
    """Nobody is at the place it dials."""

    async def main() -> None:
        async with play(lines) as player:
            await talk(voice_for("openai", player.base_url.replace("http://", "http://9")))

    with pytest.raises(RealtimeConnectionError, match="nobody is at"):
        run_virtually(main, backend=backend)


# --- how a connection goes


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_refusal_is_played_as_one(tmp_path: Path, backend: str) -> None:
    """With its status, and the application tries again."""
    path = tmp_path / "talk.rtc.jsonl"
    anyio.run(record, "openai", path, True)
    lines = path.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if n > 2 and '"kind":"open"' in line)
    t_us = json.loads(lines[at])["t_us"]
    error = {"type": "HandshakeRejected", "message": "busy", "status": 503, "headers": {}}
    lost = {"kind": "connection_lost", "t_us": t_us, "error": error}
    lines.insert(at, json.dumps(lost))

    async def main() -> int:
        async with play(lines) as player:
            await talk(voice_for("openai", player.base_url), drops=True)
        return player.n_connections

    assert 3 == run_virtually(main, backend=backend)


def stretched(lines: list[str], seconds: float) -> list[str]:
    """The same with so many seconds more, shared by all pauses before the server speaks."""
    records = [json.loads(line) for line in lines]
    step_us = round(seconds * 1e6 / sum(body.get("kind") == "receive" for body in records))
    ahead_us = 0
    for body in records:
        ahead_us += step_us if body.get("kind") == "receive" else 0
        if "t_us" in body:
            body["t_us"] += ahead_us
    return [json.dumps(body) for body in records]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_minute_takes_a_moment_on_a_clock_that_jumps(lines: list[str], backend: str) -> None:
    """In the recorded pace, a scaled one, or none; nobody waits for what the application left."""
    slow = stretched(lines, 80)

    async def main(pace: float) -> float:
        began_at = anyio.current_time()
        async with play(slow, pace=pace) as player:
            told = await talk(voice_for("openai", player.base_url), patience_s=600)
        assert ANSWER in told
        return anyio.current_time() - began_at

    whole, half, none = (run_virtually(main, pace, backend=backend) for pace in (1.0, 0.5, 0))
    assert 50 < whole < 85
    assert [whole / 2, 0] == pytest.approx([half, none], abs=0.1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_minute_is_one_to_the_microsecond(backend: str) -> None:
    """With a microphone that is never off, and every piece of its audio compared."""
    lines: list[str] = []
    subject = Journaled(minute.conversation(), lines.append)
    minute.hold(subject, minute.steps(subject, seed=7))

    async def main() -> tuple[int, int]:
        began_at = anyio.current_time()
        async with play(lines) as player:
            heard = await minute.speak(player.base_url, seed=7)
        return heard, round((anyio.current_time() - began_at) * 1e6)

    assert (minute.HEARD_BYTES, 60_000_000) == run_virtually(main, backend=backend)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_any_client_can_talk_to_it_on_loopback(provider: str, tmp_path: Path) -> None:
    """Over a socket, in real time, without the recorded pauses."""
    path = tmp_path / "talk.rtc.jsonl"
    told = await record(provider, path, False)
    assert told == await again(path, provider, in_memory=False, pace=0)


async def test_a_cancelled_application_leaves_nothing(lines: list[str]) -> None:
    """Nor does it hear of a difference."""
    before = traces()
    with anyio.move_on_after(0.1) as scope:
        await again(stretched(lines, 60), patience_s=600)
    assert scope.cancelled_caught
    await nothing_left(before)


# --- what cannot be played


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"pace": -1}, "pace must be a number"),
        ({"pace": float("nan")}, "pace must be a number"),
        ({"timeout_s": True}, "timeout_s must be a number"),
        ({"compare": "loosely"}, "compare is"),
    ],
)
def test_values_are_checked_at_once(lines: list[str], options: dict[str, Any], why: str) -> None:
    """Before anything listens."""
    with pytest.raises(ConfigurationError, match=why):
        play(lines, **options)


def test_a_recording_with_patterns_of_ones_own_needs_them_again(lines: list[str]) -> None:
    """What was taken out of it has to be taken out of what is compared."""
    head = json.loads(lines[0])
    head["redacted"].append("custom-1")
    redacted = [json.dumps(head), *(line.replace("Tokyo", "<redacted>") for line in lines[1:])]
    with pytest.raises(ConfigurationError, match="give them as `redact`"):
        play(redacted)
    play(redacted, redact=["Tok.o"])


def test_a_file_that_is_none_is_a_recording_error(tmp_path: Path) -> None:
    """As everywhere."""
    with pytest.raises(RecordingError, match="cannot read"):
        play(tmp_path / "none")
