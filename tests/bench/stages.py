"""Where the time of a frame goes: each stage of decoding by itself.

What the stages leave of the whole is the calls between them, and freeing what the last frame made.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bench.frames import GEMINI, OPENAI, OPENAI_SESSION
from bench.measure import best_us, print_table, print_versions
from realtime_proto._json import base64_decode, loads
from realtime_proto.gemini import GeminiConnection, GeminiServerConnection, Setup, SetupComplete
from realtime_proto.openai import OpenAIConnection

if TYPE_CHECKING:
    from bench.measure import Goal, Runner

__all__ = ("run",)

N_CALLS = 10


def run(*, n_rounds: int) -> list[Goal]:
    """Print the table. There are no goals for stages."""
    print_versions(["realtime-io", "orjson", "pybase64"])
    openai = OpenAIConnection()
    openai.receive(OPENAI_SESSION)
    gemini, server = GeminiConnection(), GeminiServerConnection()
    server.receive(gemini.send(Setup(model="models/m")))
    gemini.receive(server.send(SetupComplete()))
    rows = {
        "control, 200 B": _stages(openai, OPENAI["control, 200 B"], None),
        "audio 10 KB": _stages(openai, OPENAI["audio 10 KB"], '"delta":"'),
        "response done, 3 KB": _stages(openai, OPENAI["response done, 3 KB"], None),
        "Gemini audio 10 KB": _stages(gemini, GEMINI["audio 10 KB"], '"data": "'),
    }
    measured = {
        kind: best_us(runners, n_rounds=n_rounds, divisor=N_CALLS) for kind, runners in rows.items()
    }
    print_table("us", measured)
    return []


def _stages(connection: Any, frame: str, before_audio: str | None) -> dict[str, Runner]:
    stages: dict[str, Any] = {"realtime-io, the whole": partial(connection.receive, frame)}
    value = loads(frame)
    if before_audio is None:
        stages["JSON"] = partial(loads, frame)
    else:
        start = frame.index(before_audio) + len(before_audio)
        end = frame.index('"', start)
        stages["JSON and base64, spliced"] = partial(connection._splice.loads, frame)
        stages["of it JSON"] = partial(loads, f"{frame[:start]}{frame[end:]}")
        stages["of it base64"] = partial(base64_decode, frame[start:end])
        value = connection._splice.loads(frame)
    stages["building the event"] = lambda: connection._unpack(dict(value), [])
    events = connection.receive(frame)
    stages["following the state"] = partial(connection._advance, events)
    return {name: partial(_often, stage) for name, stage in stages.items()}


def _often(stage: Any) -> None:
    for _ in range(N_CALLS):
        stage()
