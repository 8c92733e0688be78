"""A test of an application against a recording: no key, no network, and no waiting."""

from __future__ import annotations

from realtime_io import RealtimeVoice
from realtime_io.player import play
from realtime_io.virtual import run_virtually


async def application(voice: RealtimeVoice, *, record: str | None = None) -> str:
    """Yours: it asks something and gives the answer."""
    async with voice.connect(record=record) as session:
        await session.send_text("Hello")
        async for turn in session.turns():
            return turn.assistant
    return ""


def check_that_it_greets(recording: str, *, backend: str = "asyncio") -> None:
    """What pytest would find as a test."""

    async def main() -> None:
        async with play(recording) as player:
            voice = RealtimeVoice("openai", api_key="any", base_url=player.base_url)
            assert await application(voice) == "Hello. How can I help you?"

    run_virtually(main, backend=backend)
