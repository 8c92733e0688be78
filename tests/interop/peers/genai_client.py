"""The `google-genai` package: `python genai_client.py BASE_URL`, over TLS, as it always is.

It holds a text turn and a tool's turn and prints what it heard as JSON. SSL_CERT_FILE names the
authority.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from google import genai
from google.genai import types

TOOL = types.FunctionDeclaration(
    name="get_weather",
    description="Get the weather.",
    parameters_json_schema={"type": "object", "properties": {"city": {"type": "string"}}},
)


async def main(base_url: str) -> None:
    client = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=base_url))
    config = types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        output_audio_transcription=types.AudioTranscriptionConfig(),
        tools=[types.Tool(function_declarations=[TOOL])],
    )
    calls: list[Any] = []

    async def turn(session: Any) -> tuple[str, bytes]:
        text, audio = "", b""
        async for message in session.receive():
            if message.data:
                audio += message.data
            content = message.server_content
            if content and content.output_transcription and content.output_transcription.text:
                text += content.output_transcription.text
            if message.tool_call:
                for call in message.tool_call.function_calls:
                    calls.append({"name": call.name, "args": call.args})
                    await session.send_tool_response(
                        function_responses=types.FunctionResponse(
                            id=call.id, name=call.name, response={"output": "foggy"}
                        )
                    )
        return text, audio

    async def say(session: Any, text: str) -> None:
        await session.send_client_content(
            turns=types.Content(role="user", parts=[types.Part(text=text)]), turn_complete=True
        )

    async with client.aio.live.connect(model="gemini-live", config=config) as session:
        await say(session, "hello")
        greeting, audio = await turn(session)
        await say(session, "What is the weather in Tokyo?")
        weather, _ = await turn(session)
    found = {
        "transcript": greeting,
        "audio_s": len(audio) / 2 / 24_000,
        "calls": calls,
        "after_tool": weather,
    }
    print(json.dumps(found))


asyncio.run(main(sys.argv[1]))
