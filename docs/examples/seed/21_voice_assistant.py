import asyncio
from realtime_io import RealtimeVoice, RealtimeConfig

async def voice_assistant():
    config = RealtimeConfig(
        instructions="You are a helpful voice assistant. Be concise.",
        voice="alloy",
    )

    voice = RealtimeVoice(config=config)

    @voice.on_audio
    async def play(audio: bytes):
        # Your audio playback implementation
        pass

    @voice.on_transcript
    async def show(text: str, is_final: bool):
        if is_final:
            print(f"Assistant: {text}")

    async with voice.connect() as session:
        # Simple text-based testing
        await session.send_text("What's 2 + 2?")
        await asyncio.sleep(10)

asyncio.run(voice_assistant())
