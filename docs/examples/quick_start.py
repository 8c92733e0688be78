"""The quick start of the README as a program: a question in writing, a tool, an answer.

Talks to the local simulator, so it needs no key and no network. With OPENAI_API_KEY set and the
simulator left out, the same code talks to the real thing.
"""

from __future__ import annotations

import anyio

from realtime_io import RealtimeConfig, RealtimeVoice
from realtime_io.simulator import Simulator


def get_weather(city: str) -> str:
    """Get the current weather for a city."""
    return "sunny and warm" if city == "Tokyo" else "rainy"


async def ask(question: str, *, provider: str, base_url: str) -> str:
    """Ask one question and give the whole answer."""
    voice = RealtimeVoice(
        provider,
        RealtimeConfig(instructions="Be concise.", tools=[get_weather]),
        api_key="no-key-is-needed",
        base_url=base_url,
    )
    answered = anyio.Event()
    answer = ""

    @voice.on_transcript
    async def handle_transcript(text: str, is_final: bool) -> None:
        nonlocal answer
        if is_final:
            answer = text
            answered.set()

    async with voice.connect() as session:
        await session.send_text(question)
        await answered.wait()
    return answer


async def main() -> None:
    """Ask both providers' protocols."""
    async with Simulator(with_voice=False) as simulator:
        for provider in ("openai", "gemini"):
            base_url = simulator.base_url(provider)
            answer = await ask("What's the weather in Tokyo?", provider=provider, base_url=base_url)
            print(f"{provider}: {answer}")


if __name__ == "__main__":
    anyio.run(main)
