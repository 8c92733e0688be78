from realtime_io import RealtimeVoice, RealtimeConfig

def get_weather(city: str) -> str:
    """Get the current weather for a city."""
    return f"Weather in {city}: Sunny, 72°F"

def search_web(query: str) -> str:
    """Search the web for information."""
    return f"Search results for: {query}"

config = RealtimeConfig(
    instructions="Use tools when asked for weather or search.",
    tools=[get_weather, search_web],
)

voice = RealtimeVoice(config=config)

# Tools are automatically executed when the assistant calls them
async with voice.connect() as session:
    await session.send_text("What's the weather in Tokyo?")
