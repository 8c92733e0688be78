async with voice.connect() as session:
    # Send audio chunk
    await session.send_audio(audio_bytes)

    # Stream from microphone
    async for chunk in microphone_stream():
        await session.send_audio(chunk)
