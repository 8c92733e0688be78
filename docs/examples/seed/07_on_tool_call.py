from realtime_io import ToolCallRequest

@voice.on_tool_call
async def handle_tool(request: ToolCallRequest):
    """Handle tool/function calls from the assistant.

    Args:
        request: Contains function_name, call_id, and arguments

    Returns:
        The result to send back to the assistant
    """
    if request.function_name == "get_weather":
        city = request.arguments.get("city", "Unknown")
        return f"Weather in {city}: Sunny, 72°F"
