from realtime_io import OpenAIRealtimeProvider, RealtimeConfig

config = RealtimeConfig(
    model="gpt-4o-realtime-preview",
    voice="alloy",
)

provider = OpenAIRealtimeProvider(config=config)

async def on_transcript(text: str, is_final: bool):
    print(text)

provider.on_transcript(on_transcript)

session = await provider.connect()
try:
    await session.send_text("Hello!")
    await asyncio.sleep(5)
finally:
    await provider.disconnect()
