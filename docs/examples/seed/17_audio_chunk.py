from realtime_io import AudioChunk

chunk = AudioChunk(
    data=b"...",  # Raw audio bytes
    duration_ms=100,
    is_final=False,
)
