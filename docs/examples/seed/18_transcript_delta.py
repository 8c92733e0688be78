from realtime_io import TranscriptDelta

delta = TranscriptDelta(
    text="Hello there",
    is_final=True,
    speaker="assistant",  # or "user" for input transcription
)
