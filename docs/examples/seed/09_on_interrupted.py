@voice.on_interrupted
async def handle_interrupted():
    """Called when assistant speech is interrupted."""
    stop_audio_playback()
