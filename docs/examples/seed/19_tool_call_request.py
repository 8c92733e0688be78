from realtime_io import ToolCallRequest

request = ToolCallRequest(
    call_id="call_123",
    function_name="get_weather",
    arguments={"city": "Tokyo"},
)
