from realtime_io import RealtimeConfig, VADMode

config = RealtimeConfig(
    # Model settings
    model="gpt-4o-realtime-preview",  # or "gemini-2.0-flash-exp"
    voice="alloy",  # OpenAI: alloy, echo, shimmer; Gemini: Puck, Charon, etc.

    # System prompt
    instructions="You are a helpful voice assistant.",

    # Voice Activity Detection
    vad_mode=VADMode.SERVER,  # SERVER (auto) or MANUAL
    vad_threshold=0.5,
    vad_prefix_padding_ms=300,
    vad_silence_duration_ms=500,

    # Generation settings
    temperature=0.8,
    max_tokens=4096,

    # Tool functions
    tools=[my_function],
)

voice = RealtimeVoice(config=config)
