"""A slow application, on a clock that jumps: what it may hold up, and by how much."""

from __future__ import annotations

import anyio
import pytest
from helpers.stage import on_both, playing
from helpers.virtual import virtually

CHUNK = bytes(4_800)  # 100 ms
SLOW_S = 0.2


@virtually
@on_both
@pytest.mark.parametrize("interrupt_ms", [50, 1_050, 1_990])
@pytest.mark.parametrize("is_late", [False, True])
async def test_an_interruption_waits_for_one_slow_chunk_at_most(
    provider: str, interrupt_ms: int, is_late: bool
) -> None:
    """`on_audio` takes 200 ms a chunk and 20 chunks wait: the interruption overtakes them all,
    whether the server hears the user, or says (Gemini's `interrupted`) that it was cut off; during
    the answer, or when all of it was sent.
    """
    interrupted_at: list[float] = []
    played_at: list[float] = []

    async def play(audio: bytes) -> None:
        played_at.append(anyio.current_time())
        await anyio.sleep(SLOW_S)

    async with playing(provider) as stage:
        voice = stage.voice()
        voice.on_audio(play)
        voice.on_interrupted(lambda: interrupted_at.append(anyio.current_time()))
        async with voice.connect() as session:
            stage.begin_answer()
            for _ in range(20):
                stage.speak(CHUNK)
            if is_late:
                stage.end_answer()
            await anyio.sleep(interrupt_ms / 1_000)
            said_at = anyio.current_time()
            stage.barge_in()
            await anyio.sleep(10)
            await session.aclose()
    (at,) = interrupted_at
    assert said_at <= at <= said_at + SLOW_S
    assert max(played_at) <= at
    assert interrupt_ms // 200 + 1 == len(played_at)
