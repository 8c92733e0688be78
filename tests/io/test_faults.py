"""A recording in which something goes wrong, and the real client with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.recorded import ANSWER, AT_ONCE, PROVIDERS, again, record_virtually, talk, voice_for
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    Backoff,
    ConfigurationError,
    ConnectionLost,
    ErrorReported,
    RealtimeConnectionError,
    ReplayMismatch,
    VoiceEvent,
)
from realtime_io.player import Cut, Delay, Drop, Duplicate, Fault, Nth, Reorder, play
from realtime_proto.recording import Journal, read_journal

if TYPE_CHECKING:
    from collections.abc import Sequence

READY = {"openai": Nth("session.created"), "gemini": Nth("setupComplete")}
CALL = {"openai": Nth("response.function_call_arguments.done"), "gemini": Nth("toolCall")}
SPEECH = {"openai": Nth("response.output_audio.delta"), "gemini": Nth("serverContent.modelTurn")}
ANSWERED = {"openai": Nth("response.done", 2), "gemini": Nth("serverContent.turnComplete", 1)}

Recorded = dict[tuple[str, bool], Journal]


@pytest.fixture(name="recorded", scope="module")
def recorded_fixture() -> Recorded:
    """A conversation with each provider: on one connection, and on two."""
    return {
        (provider, drops): read_journal(record_virtually(provider, drops=drops))
        for provider in PROVIDERS
        for drops in (False, True)
    }


async def meet(
    journal: Journal,
    provider: str,
    *faults: Fault,
    reconnect: bool | Backoff = False,
    drops: bool = False,
    **options: Any,
) -> tuple[RealtimeConnectionError, float, int]:
    """The application meets its end: the error, when, and how many connections it asked for.

    There are no pauses but those of the faults.
    """
    async with play(journal, faults=faults, pace=0, **options) as player:
        voice = voice_for(provider, player.base_url, reconnect=reconnect)
        with pytest.raises(RealtimeConnectionError) as caught:
            await talk(voice, drops=drops, patience_s=10_000)
        return caught.value, anyio.current_time(), player.n_connections


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_cut_is_a_lost_connection(recorded: Recorded, provider: str, backend: str) -> None:
    """Broken, or with a code; while it is set up, or open. Nothing else is asked of the client."""
    journal = recorded[provider, True]

    def met(*faults: Fault) -> RealtimeConnectionError:
        return run_virtually(partial(meet, journal, provider, *faults), backend=backend)[0]

    def told(*faults: Fault) -> tuple[int | None, str]:
        error = met(*faults)
        assert isinstance(error, ConnectionLost)
        return error.received, error.phase

    ready = READY[provider]
    assert (None, "set-up") == told(Cut(ready), Drop(ready))
    assert (None, "open") == told(Cut(CALL[provider]))
    assert (None, "open") == told(Cut(SPEECH[provider]))
    assert (1011, "open") == told(Cut(SPEECH[provider], code=1011, reason="busy"))
    assert "busy" in str(met(Cut(SPEECH[provider], code=1011, reason="busy")))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_cut_comes_when_it_says(recorded: Recorded, provider: str, backend: str) -> None:
    """To the microsecond, at any pace."""
    cut = Cut(CALL[provider], after_s=12.5)
    journal = recorded[provider, False]
    _, began_at, _ = run_virtually(
        partial(meet, journal, provider, Cut(CALL[provider])), backend=backend
    )
    _, at, _ = run_virtually(partial(meet, journal, provider, cut), backend=backend)
    assert 12_500_000 == round((at - began_at) * 1e6)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_client_that_reconnects_gets_the_next_connection(
    recorded: Recorded, provider: str, backend: str
) -> None:
    """Cut right behind the answer, it goes on where the recording went on."""
    cut = Cut(ANSWERED[provider], code=1011)
    told = run_virtually(
        partial(again, recorded[provider, True], provider, True, pace=0, faults=[cut]),
        backend=backend,
    )
    assert ANSWER in told


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_where_no_connection_is_left_it_is_busy(
    recorded: Recorded, provider: str, backend: str
) -> None:
    """The client tries again for as long as it means to, and that is no difference."""
    journal = recorded[provider, False]
    reconnect = Backoff(first_s=1.0, longest_s=4.0, attempts=3)
    error, _, n_connections = run_virtually(
        partial(meet, journal, provider, Cut(SPEECH[provider]), reconnect=reconnect),
        backend=backend,
    )
    assert "HTTP 503" in str(error)
    assert 1 + 3 == n_connections


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_silence_is_noticed_exactly_when_it_counts(
    recorded: Recorded, provider: str, backend: str
) -> None:
    """An answer stops for longer than a server may be silent (60 s), or goes on just in time."""
    journal = recorded[provider, False]
    frame = Nth(SPEECH[provider].event, 3)

    async def patient() -> float:
        async with play(journal, faults=[Delay(frame, by_s=59.999_999)], pace=0) as player:
            await talk(voice_for(provider, player.base_url, reconnect=False), patience_s=10_000)
            return anyio.current_time()

    began_at = run_virtually(patient, backend=backend) - 59.999_999
    error, at, _ = run_virtually(
        partial(meet, journal, provider, Delay(frame, by_s=60.000_001)), backend=backend
    )
    assert "the server said nothing for 60 s" in str(error)
    assert 60_000_000 == round((at - began_at) * 1e6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_response_that_is_not_begun_is_given_up(recorded: Recorded, backend: str) -> None:
    """Exactly at its deadline, 10 s after it was asked for; the connection stays."""
    reported: list[tuple[float, str]] = []
    late = Delay(Nth("response.created"), by_s=11.0)

    def note(event: VoiceEvent) -> None:
        if isinstance(event, ErrorReported):
            reported.append((anyio.current_time(), event.failure.message))

    async def main() -> tuple[float, list[str]]:
        async with play(recorded["openai", False], faults=[late], pace=0) as player:
            voice = voice_for("openai", player.base_url)
            voice.on_event(note)
            began_at = anyio.current_time()
            return began_at, await talk(voice)

    began_at, told = run_virtually(main, backend=backend)
    ((at, message),) = reported
    assert "did not begin a response within 10 s" in message
    assert 10_000_000 == round((at - began_at) * 1e6)
    assert ANSWER in told


TWICE: dict[str, Sequence[Nth]] = {
    "openai": (
        Nth("session.created"),
        Nth("session.updated"),
        Nth("conversation.item.added"),
        Nth("conversation.item.done"),
        Nth("response.created"),
        Nth("response.output_item.added"),
        Nth("response.function_call_arguments.delta"),
        Nth("response.function_call_arguments.done"),
        Nth("response.output_item.done"),
        Nth("response.done"),
        Nth("response.done", 2),
        Nth("response.output_audio.delta"),
        Nth("response.output_audio_transcript.done"),
    ),
    "gemini": (
        Nth("setupComplete"),
        Nth("toolCall"),
        Nth("serverContent.modelTurn"),
        Nth("serverContent.generationComplete"),
        Nth("serverContent.turnComplete"),
        Nth("usageMetadata"),
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_comes_twice_is_done_once(recorded: Recorded, provider: str, backend: str) -> None:
    """The tool runs once and is answered once, and nothing else is said twice either."""
    journal = recorded[provider, False]

    async def main(frame: Nth) -> tuple[list[str], list[str]]:
        called: list[str] = []

        def get_weather(city: str) -> str:
            """Get the current weather in a city."""
            called.append(city)
            return "sunny"

        async with play(journal, faults=[Duplicate(frame)], pace=0) as player:
            voice = voice_for(provider, player.base_url, tool=get_weather)
            return called, await talk(voice)

    for frame in TWICE[provider]:
        called, told = run_virtually(main, frame, backend=backend)
        assert (frame, ["Tokyo"]) == (frame, called)
        assert ANSWER in told


SWAPPED: dict[str, Sequence[Reorder]] = {
    "openai": (
        Reorder(Nth("conversation.item.added")),
        Reorder(Nth("response.function_call_arguments.done")),
        Reorder(Nth("response.output_audio_transcript.delta")),
        Reorder(Nth("response.output_audio.delta")),
        Reorder(Nth("rate_limits.updated")),
        Reorder(Nth("response.output_item.added", 2), after=Nth("response.output_audio.delta", 3)),
    ),
    "gemini": (
        Reorder(Nth("serverContent.outputTranscription")),
        Reorder(Nth("serverContent.turnComplete")),
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_frames_out_of_order_are_understood(
    recorded: Recorded, provider: str, backend: str
) -> None:
    """The client says what it said."""
    for fault in SWAPPED[provider]:
        told = run_virtually(
            partial(again, recorded[provider, False], provider, pace=0, faults=[fault]),
            backend=backend,
        )
        assert (fault, True) == (fault, ANSWER in told)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_frame_that_never_comes_is_waited_for_in_vain(
    recorded: Recorded, provider: str, backend: str
) -> None:
    """A client that stays says less, which is a difference; one that loses patience may leave."""
    journal = recorded[provider, False]
    drop = Drop(CALL[provider] if provider == "gemini" else Nth("response.done"))
    with pytest.raises(ReplayMismatch, match="the application did not say it"):
        run_virtually(partial(again, journal, provider, pace=0, faults=[drop]), backend=backend)

    async def leave() -> float:
        async with play(journal, faults=[drop], pace=0, timeout_s=1_000) as player:
            with pytest.raises(TimeoutError):
                await talk(voice_for(provider, player.base_url), patience_s=20)
        return anyio.current_time()

    assert run_virtually(leave, backend=backend) >= 20


@pytest.mark.parametrize("backend", BACKENDS)
def test_before_the_fault_the_recording_counts(recorded: Recorded, backend: str) -> None:
    """Who leaves too early is missed, and so is who connects once too often."""
    journal = recorded["openai", False]

    async def early() -> None:
        async with (
            play(journal, faults=[Cut(SPEECH["openai"])], pace=0) as player,
            voice_for("openai", player.base_url).connect() as session,
        ):
            await session.aclose()

    with pytest.raises(ReplayMismatch, match="did not say it"):
        run_virtually(early, backend=backend)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_faults_are_played_on_loopback_as_well(recorded: Recorded, provider: str) -> None:
    """In real time, to any client."""
    journal = recorded[provider, False]
    faults = [Duplicate(SPEECH[provider]), Delay(ANSWERED[provider], by_s=0.01)]
    options: dict[str, Any] = {"in_memory": False, "pace": 0, "faults": faults}
    assert ANSWER in await again(journal, provider, **options)
    cut = Cut(SPEECH[provider])
    error, _, n_connections = await meet(journal, provider, cut, in_memory=False, reconnect=AT_ONCE)
    assert "HTTP 503" in str(error)
    assert 1 + AT_ONCE.attempts == n_connections


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ([Cut(1)], "Cut at line 1: line 1 holds no record"),
        ([Cut(2)], 'line 2 is a record of the kind "open"'),
        ([Drop(Nth("toolCall"))], "the server does not say that; it says session.created"),
        ([Drop(3), Duplicate(3)], "there is a Drop at line 3 already"),
        ([{"cut": 3}], "faults are Cut, Delay and so on"),
        (3, "faults are several"),
    ],
)
def test_faults_are_checked_at_once(recorded: Recorded, faults: Any, why: str) -> None:
    """Before anything listens."""
    with pytest.raises(ConfigurationError, match=why):
        play(recorded["openai", False], faults=faults)
