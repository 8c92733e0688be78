"""Encoding: microphone audio to the frame that carries it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from bench import peers
from bench.frames import OPENAI_SESSION
from bench.measure import Goal, best_us, print_goals, print_table, print_versions
from realtime_proto.gemini import (
    Blob,
    GeminiConnection,
    GeminiServerConnection,
    RealtimeInput,
    Setup,
    SetupComplete,
)
from realtime_proto.openai import InputAudioBufferAppend, OpenAIConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.measure import Runner

__all__ = ("run",)

N_CALLS = 20
"""In one run of a runner: one call is too short to be timed."""


def run(*, n_rounds: int) -> list[Goal]:
    """Print the table and the goals."""
    print_versions(["realtime-io", "orjson", "pybase64", "openai", "openai-agents", "google-genai"])
    append = _measured(_openai_encoders(), bytes(4_800), n_rounds)
    print_table("us a frame", {"append, 100 ms": append})
    realtime = _measured(_gemini_encoders(), bytes(640), n_rounds)
    print_table("us a frame", {"realtimeInput, 20 ms": realtime})
    floor = append.get("floor: pybase64", append["stdlib floor: base64, json"])
    ours = append["realtime-io, append()"]
    goals = [Goal("append of 100 ms, to the floor", ours / floor, 3, is_ceiling=True)]
    if "openai" in append:
        ratio = append["openai"] / ours
        goals.append(Goal("append of 100 ms, times openai", ratio, 100, is_ceiling=False))
    print_goals(goals)
    return goals


def _measured(encoders: dict[str, Any], audio: bytes, n_rounds: int) -> dict[str, float]:
    def runner(encode: Callable[[bytes], object]) -> Runner:
        def run() -> None:
            for _ in range(N_CALLS):
                encode(audio)

        return run

    runners = {name: runner(encode) for name, encode in encoders.items() if encode is not None}
    return best_us(runners, n_rounds=n_rounds, divisor=N_CALLS)


def _openai_encoders() -> dict[str, Any]:
    connection = OpenAIConnection()
    connection.receive(OPENAI_SESSION)
    return {
        "floor: pybase64": _floor(),
        "realtime-io, append()": connection.append,
        "realtime-io, send(event)": lambda audio: connection.send(
            InputAudioBufferAppend(audio=audio)
        ),
        "stdlib floor: base64, json": lambda audio: json.dumps(
            {"type": "input_audio_buffer.append", "audio": _stdlib_base64(audio)}
        ),
        "openai-agents": peers.agents_append(),
        "openai": peers.openai_append(),
    }


def _gemini_encoders() -> dict[str, Any]:
    client, server = GeminiConnection(), GeminiServerConnection()
    server.receive(client.send(Setup(model="models/m")))
    client.receive(server.send(SetupComplete()))
    mime = "audio/pcm;rate=16000"
    return {
        "floor: pybase64": _floor(),
        "realtime-io, send(event)": lambda audio: client.send(
            RealtimeInput(audio=Blob(mime_type=mime, data=audio))
        ),
        "stdlib floor: base64, json": lambda audio: json.dumps(
            {"realtimeInput": {"audio": {"mimeType": mime, "data": _stdlib_base64(audio)}}}
        ),
        "google-genai": peers.genai_append(),
    }


def _stdlib_base64(audio: bytes) -> str:
    return base64.b64encode(audio).decode()


def _floor() -> Callable[[bytes], object] | None:
    try:
        import pybase64
    except ImportError:
        return None
    encode: Callable[[bytes], object] = pybase64.b64encode_as_string
    return encode
