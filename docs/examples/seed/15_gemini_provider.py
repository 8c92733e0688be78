from realtime_io import GeminiRealtimeProvider, RealtimeConfig

config = RealtimeConfig(
    model="gemini-2.0-flash-exp",
    voice="Puck",
)

provider = GeminiRealtimeProvider(config=config)

async def on_audio(audio: bytes):
    play_audio(audio)

provider.on_audio(on_audio)

session = await provider.connect()
try:
    await session.send_audio(audio_data)
    await asyncio.sleep(5)
finally:
    await provider.disconnect()
