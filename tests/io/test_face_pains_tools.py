"""What users of comparable libraries suffered from, as it shows on the face: tools.

See test_face_pains for what the numbers are, and for the meta test.
"""

from __future__ import annotations

import threading
from functools import partial

import anyio
import pytest
from helpers.stage import happens, on_both, talking
from helpers.virtual import virtually

from realtime_io import (
    LocalProtocolError,
    ToolCallCancelled,
    ToolDefinition,
)
from realtime_proto.commands import ToolResult


@virtually
@on_both
async def test_pain_14_tools_stop_no_audio_and_run_side_by_side(provider: str) -> None:
    """A slow one, a quick one and one that is never through; speech comes on all the while."""
    order: list[str] = []

    async def look(at: str, seconds: float) -> str:
        """Look."""
        await anyio.sleep(seconds)
        order.append(at)
        return f"a {at}"

    tool = ToolDefinition.from_function(look, timeout_s=3)
    async with talking(provider, tools=[tool]) as (stage, _):
        stage.begin_answer()
        for n, (at, seconds) in enumerate((("tree", 2), ("bird", 1), ("cloud", 60))):
            stage.call(f"c{n}", f'{{"at": "{at}", "seconds": {seconds}}}')
        for n in range(1, 21):
            stage.speak(bytes(4_800))
            await happens()
            assert n == len(stage.heard)
            await anyio.sleep(0.1)
        await anyio.sleep(2)
        assert ["bird", "tree"] == order
        assert ["timeout"] == [event.reason for event in stage.seen(ToolCallCancelled)]
        assert 1 == len(stage.told("did not answer within 3 s"))
        assert 1 == len(stage.told("a bird"))
        assert [] == stage.told("a cloud")


@partial(virtually, waits_for_tools=False)
@on_both
async def test_pain_14_a_plain_function_of_two_seconds_stops_no_audio(provider: str) -> None:
    """It runs in a thread; each chunk is played when it comes, all the while."""
    release = threading.Event()

    def look() -> str:
        """Look."""
        release.wait(30)
        return "a tree"

    async with talking(provider, tools=[look]) as (stage, session):
        try:
            stage.begin_answer()
            stage.call("c1")
            for n in range(1, 21):
                await anyio.sleep(0.1)
                stage.speak(bytes(4_800))
                await happens()
                assert n == len(stage.heard)
            assert session._driver._tools.is_running
            assert [] == stage.told("a tree")
        finally:
            release.set()


@virtually
@on_both
async def test_pain_15_every_call_is_answered_once_and_all_before_the_next_answer(
    provider: str,
) -> None:
    """A result, an error and a timeout; OpenAI is asked to go on once, after the last of them."""

    async def look(seconds: float) -> str:
        """Look."""
        await anyio.sleep(seconds)
        if seconds == 2:
            raise OSError("dark")
        return "a tree"

    tool = ToolDefinition.from_function(look, name="look", timeout_s=3)
    async with talking(provider, tools=[tool]) as (stage, session):
        stage.begin_answer()
        for n, seconds in enumerate((1, 2, 60)):
            stage.call(f"c{n}", f'{{"seconds": {seconds}}}')
        stage.end_answer()
        await anyio.sleep(2.5)
        assert [] == stage.told('"response.create"')
        await anyio.sleep(60)
        said = [stage.told(f'"c{n}"') for n in range(3)]
        assert [1, 1, 1] == [len(answers) for answers in said]
        assert ["a tree" in str(said[0]), "dark" in str(said[1])] == [True, True]
        assert "did not answer" in str(said[2])
        n_told = len(stage.told())
        await session.send(ToolResult(call_id="c0", output="again"))
        with pytest.raises(LocalProtocolError, match="there is no tool call 'c9'"):
            await session.send(ToolResult(call_id="c9", output="to nobody"))
        await happens()
        assert n_told == len(stage.told())
        asked = stage.told('"response.create"')
        assert (asked == [stage.told()[-1]]) if provider == "openai" else (asked == [])


@virtually
async def test_pain_15_a_call_that_the_model_takes_back_is_stopped_and_not_answered() -> None:
    """Gemini's cancellation reaches the function that runs, and no answer follows."""
    stopped = anyio.Event()

    async def look() -> str:
        """Look."""
        try:
            await anyio.sleep(1)
        finally:
            stopped.set()
        return "a tree"

    async with talking("gemini", tools=[look]) as (stage, _):
        stage.begin_answer()
        stage.call("c1")
        await happens()
        stage.say({"toolCallCancellation": {"ids": ["c1"]}})
        await happens()
        assert stopped.is_set()
        await anyio.sleep(40)
        assert ["interrupted"] == [event.reason for event in stage.seen(ToolCallCancelled)]
        assert [] == stage.told("toolResponse")
