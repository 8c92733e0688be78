from realtime_io import (
    RealtimeError,
    RealtimeConnectionError,
)

try:
    async with voice.connect() as session:
        await session.send_audio(audio_data)
except RealtimeConnectionError as e:
    print(f"Connection failed: {e}")
except RealtimeError as e:
    print(f"Realtime error: {e}")
