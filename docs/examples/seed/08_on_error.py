from realtime_io import RealtimeError

@voice.on_error
async def handle_error(error: RealtimeError):
    """Handle errors during the session."""
    print(f"Error: {error.message}")
