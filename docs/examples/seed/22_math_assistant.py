from realtime_io import RealtimeVoice, RealtimeConfig

def calculator(expression: str) -> str:
    """Evaluate a math expression."""
    try:
        return str(eval(expression))
    except:
        return "Invalid expression"

async def math_assistant():
    config = RealtimeConfig(
        instructions="You are a math assistant. Use the calculator tool.",
        tools=[calculator],
    )

    voice = RealtimeVoice(config=config)

    @voice.on_transcript
    async def show(text: str, is_final: bool):
        if is_final:
            print(f"Assistant: {text}")

    async with voice.connect() as session:
        await session.send_text("What's 15 * 23?")
        await asyncio.sleep(10)
