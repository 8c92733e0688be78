"""The `openai` package: `python openai_client.py BASE_URL` holds a text turn and a tool's turn.

What it heard is printed as JSON. BASE_URL is ws:// or wss://, with /v1.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

from openai import AsyncOpenAI

TOOL: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


async def main(base_url: str) -> None:
    errors: list[Any] = []
    kinds: list[str] = []

    async def turn(connection: Any) -> tuple[str, bytes, list[Any]]:
        transcript, audio, calls = "", b"", []
        async for event in connection:
            kinds.append(event.type)
            if event.type == "error":
                errors.append(event.error.message)
            elif event.type == "response.output_audio.delta":
                audio += base64.b64decode(event.delta, validate=True)
            elif event.type == "response.output_audio_transcript.done":
                transcript = event.transcript
            elif event.type == "response.function_call_arguments.done":
                calls.append(event)
            elif event.type == "response.done":
                assert event.response.status == "completed"
                return transcript, audio, calls
        raise AssertionError("the server ended the session")

    async def say(connection: Any, text: str) -> None:
        await connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": text}],
            }
        )
        await connection.response.create()

    client = AsyncOpenAI(api_key="any", websocket_base_url=base_url)
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(
            session={"type": "realtime", "output_modalities": ["audio"], "tools": [TOOL]}
        )
        await say(connection, "hello")
        greeting, audio, _ = await turn(connection)
        await say(connection, "What is the weather in Tokyo?")
        _, _, (call,) = await turn(connection)
        await connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call.call_id, "output": "foggy"}
        )
        await connection.response.create()
        weather, _, _ = await turn(connection)
    found = {
        "transcript": greeting,
        "audio_s": len(audio) / 2 / 24_000,
        "arguments": json.loads(call.arguments),
        "after_tool": weather,
        "errors": errors,
        "first": kinds[:2],
    }
    print(json.dumps(found))


asyncio.run(main(sys.argv[1]))
