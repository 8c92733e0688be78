from realtime_io import AudioChunk, TranscriptDelta

async for event in voice.run(microphone_stream()):
    if isinstance(event, AudioChunk):
        play_audio(event.data)
    elif isinstance(event, TranscriptDelta):
        print(event.text, end="", flush=True)
