from realtime_io import RealtimeVoice, RealtimeConfig

# Create a voice instance (auto-selects provider based on environment)
voice = RealtimeVoice()

# Register callbacks
@voice.on_audio
async def handle_audio(audio: bytes):
    play_audio(audio)  # Your audio playback function

@voice.on_transcript
async def handle_transcript(text: str, is_final: bool):
    print(f"{'Final' if is_final else 'Partial'}: {text}")

# Start a conversation
async with voice.connect() as session:
    await session.send_audio(microphone_data)
