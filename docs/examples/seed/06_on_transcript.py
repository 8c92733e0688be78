@voice.on_transcript
async def handle_transcript(text: str, is_final: bool):
    """Receive text transcriptions.

    Args:
        text: The transcribed text
        is_final: True if this is the final version (no more updates)
    """
    if is_final:
        print(f"Assistant: {text}")
    else:
        print(f"(typing...): {text}")
