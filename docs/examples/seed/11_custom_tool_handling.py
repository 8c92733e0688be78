tool_results = []

@voice.on_tool_call
async def custom_tool_handler(request: ToolCallRequest):
    # Log the call
    tool_results.append(request)

    # Execute and return result
    if request.function_name == "get_weather":
        return get_weather(**request.arguments)

    return "Tool not found"
