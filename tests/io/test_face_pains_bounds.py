"""What users of comparable libraries suffered from, as it shows on the face: limits and memory.

See test_face_pains for what the numbers are, and for the meta test.
"""

from __future__ import annotations

import gc
import json
import tomllib
import tracemalloc
from pathlib import Path

import anyio
import pytest
from helpers.frames import TEXT, frame
from helpers.stage import happens, on_both, playing, talking
from helpers.virtual import virtually

from realtime_io import (
    ConnectionLost,
    SlowConsumer,
    UnknownEvent,
)


@virtually
@on_both
async def test_pain_21_a_message_over_the_limit_names_the_limit(provider: str) -> None:
    """One of 16 MiB less a little is taken; one over it ends the session, and says why."""
    limit = 16 * 2**20
    async with playing(provider) as stage:
        with pytest.raises(
            ConnectionLost, match=f"ended .* 1009: a message over {limit} bytes"
        ) as caught:
            async with stage.voice(reconnect=False).connect():
                filler = b'{"type": "filler", "filler": "' + b"x" * (limit - 31) + b'"}'
                await stage.send_raw(frame(TEXT, filler, to="client"))
                await happens()
                assert [limit] == [len(json.dumps(event.raw)) for event in stage.seen(UnknownEvent)]
                await stage.send_raw(frame(TEXT, filler + b" ", to="client"))
                await anyio.sleep_forever()
        assert (None, 1009) == (caught.value.received, caught.value.sent)


def test_pain_21_nothing_pins_a_websocket_library() -> None:
    """The client is our own, over wsproto."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    needed = [name.split(">")[0].split("<")[0] for name in project["project"]["dependencies"]]
    assert "wsproto" in needed
    assert "websockets" not in needed


@virtually
@on_both
async def test_pain_22_a_long_call_takes_no_more_memory_than_a_short_one(provider: str) -> None:
    """Half an hour of speech both ways; no audio is kept, and the history has its bounds."""
    async with talking(provider) as (stage, session):

        async def minutes(n: int) -> None:
            for turn in range(n * 2):
                await session.send_audio(bytes(3_200))
                stage.begin_answer(f"r{turn}")
                for _ in range(10):
                    stage.speak(bytes(48_000), item_id=f"a{turn}", response_id=f"r{turn}")
                stage.end_answer(f"r{turn}")
                await anyio.sleep(30)
                stage.forget()

        await minutes(2)
        gc.collect()
        tracemalloc.start()
        try:
            await minutes(30)
            gc.collect()
            grown, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert grown < 256 * 1024
        assert peak < 8 * 2**20
        assert len(session.history) <= 1_000


@virtually
@on_both
async def test_pain_22_who_takes_nothing_is_told_so_before_memory_is_full(provider: str) -> None:
    """A callback that never returns: 4,096 events wait for it, and no more."""
    async with playing(provider) as stage:
        voice = stage.voice()

        @voice.on_transcript
        async def never(text: str, is_final: bool) -> None:
            await anyio.sleep_forever()

        with pytest.raises(SlowConsumer, match="behind by 4096 events"):
            async with voice.connect():
                stage.begin_answer()
                for n in range(4_200):
                    stage.answer_words(" word")
                    if not n % 100:
                        await happens()
                await anyio.sleep_forever()


@virtually
@on_both
async def test_pain_22_a_microphone_before_a_stalled_connection_is_not_kept(provider: str) -> None:
    """Of a minute that cannot be sent the newest two seconds are, and the rest is counted."""
    async with talking(provider) as (stage, session):
        stage.go_deaf(10_000)
        await session.send_text("hello")
        await happens()
        n_ms = 0
        while not session.dropped_audio_ms:
            session.push_audio(bytes(session.input_format.bytes_for_ms(1_000)))
            n_ms += 1_000
            await anyio.lowlevel.checkpoint()
            assert n_ms <= 600_000
        before = session.dropped_audio_ms
        for _ in range(60):
            session.push_audio(bytes(session.input_format.bytes_for_ms(1_000)))
        assert 58_000 <= session.dropped_audio_ms - before <= 60_000
