@voice.on_audio
async def handle_audio(audio: bytes):
    """Receive audio chunks from the assistant."""
    play_audio(audio)
