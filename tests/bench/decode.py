"""Decoding: a server's frame to typed events, with the audio decoded."""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench import peers
from bench.frames import GEMINI, OPENAI, OPENAI_SESSION, TURN
from bench.measure import Goal, best_us, print_goals, print_table, print_versions
from realtime_proto.gemini import GeminiConnection, GeminiServerConnection, Setup, SetupComplete
from realtime_proto.openai import OpenAIConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.measure import Runner

__all__ = ("run",)


def run(*, n_rounds: int) -> list[Goal]:
    """Print both tables and the goals."""
    print_versions(
        ["realtime-io", "orjson", "pybase64", "cattrs", "openai", "openai-agents", "google-genai"]
    )
    openai = _measured(_openai_decoders(), OPENAI, n_rounds)
    print_table("OpenAI, us a frame", openai)
    gemini = _measured(_gemini_decoders(), GEMINI, n_rounds)
    print_table("Gemini, us a frame", gemini)
    goals = [
        _ceiling("10 KB audio delta, to the floor", openai["audio 10 KB"], 1.0),
        _ceiling("turn, to the floor", openai["turn"], 1.5),
        *_times("turn", openai["turn"], {"openai": 20, "openai-agents": 8}),
        *_times("Gemini turn", gemini["turn"], {"google-genai": 10}),
    ]
    print_goals(goals)
    return goals


def _measured(
    decoders: Mapping[str, Callable[[str], object]], frames: Mapping[str, str], n_rounds: int
) -> dict[str, dict[str, float]]:
    """Kind of frame -> decoder -> us; and the mean over the frames of a spoken turn."""
    rows = {}
    for kind, frame in frames.items():
        runners: dict[str, Runner] = {
            name: partial(decode, frame) for name, decode in decoders.items()
        }
        rows[kind] = best_us(runners, n_rounds=n_rounds)
    counts = {kind: TURN.get(kind, 1) for kind in rows}
    rows["turn"] = {
        name: sum(count * rows[kind][name] for kind, count in counts.items()) / sum(counts.values())
        for name in decoders
    }
    return rows


def _openai_decoders() -> dict[str, Callable[[str], object]]:
    connection = OpenAIConnection()
    connection.receive(OPENAI_SESSION)
    return _present(
        {
            "floor: orjson, pybase64": _floor(_openai_audio),
            "realtime-io": connection.receive,
            "stdlib floor: json, base64": _stdlib_floor(_openai_audio),
            "openai-agents": peers.agents_decode(),
            "openai": peers.openai_decode(),
        }
    )


def _gemini_decoders() -> dict[str, Callable[[str], object]]:
    client, server = GeminiConnection(), GeminiServerConnection()
    server.receive(client.send(Setup(model="models/m")))
    client.receive(server.send(SetupComplete()))
    return _present(
        {
            "floor: orjson, pybase64": _floor(_gemini_audio),
            "realtime-io": client.receive,
            "stdlib floor: json, base64": _stdlib_floor(_gemini_audio),
            "google-genai": peers.genai_decode(),
        }
    )


def _present(decoders: dict[str, Any]) -> dict[str, Callable[[str], object]]:
    return {name: decode for name, decode in decoders.items() if decode is not None}


def _openai_audio(value: Any) -> str | None:
    return value["delta"] if value["type"] == "response.output_audio.delta" else None


def _gemini_audio(value: Any) -> str | None:
    turn = value.get("serverContent", {}).get("modelTurn")
    return turn["parts"][0]["inlineData"]["data"] if turn else None


def _floor(audio_of: Callable[[Any], str | None]) -> Callable[[str], object] | None:
    try:
        import orjson
        import pybase64
    except ImportError:
        return None
    loads, b64decode = orjson.loads, pybase64.b64decode

    def decode(frame: str) -> object:
        value = loads(frame)
        text = audio_of(value)
        return value if text is None else b64decode(text, None, True)

    return decode


def _stdlib_floor(audio_of: Callable[[Any], str | None]) -> Callable[[str], object]:
    def decode(frame: str) -> object:
        value = json.loads(frame)
        text = audio_of(value)
        return value if text is None else base64.b64decode(text)

    return decode


def _ceiling(what: str, cells: Mapping[str, float], bound: float) -> Goal:
    floor = cells.get("floor: orjson, pybase64", cells["stdlib floor: json, base64"])
    return Goal(what, cells["realtime-io"] / floor, bound, is_ceiling=True)


def _times(what: str, cells: Mapping[str, float], bounds: Mapping[str, float]) -> list[Goal]:
    return [
        Goal(
            f"{what}, times as fast as {name}",
            cells[name] / cells["realtime-io"],
            bound,
            is_ceiling=False,
        )
        for name, bound in bounds.items()
        if name in cells
    ]
