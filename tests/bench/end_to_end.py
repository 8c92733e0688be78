"""A spoken answer received, end to end: seconds of audio per second of CPU.

    python tests/bench/end_to_end.py [--rounds N] [--n N] [--tls]

2,000 audio deltas of 10 KB of base64 come over loopback from a server of blocking sockets; each
client decodes every one to PCM, in the way its documentation shows. "no types" is the least that
can be done in Python: picows, orjson and pybase64. google-genai speaks TLS only, so it is in the
table over TLS. Each measurement is in a process of its own, in interleaved rounds.

What is in a figure: the time of the process from the first piece of audio to the last, so neither
imports nor the connect. Everybody is sent the same bytes of the same deltas. "VoiceSession" does
more than the packages beside it: it keeps the history, the playback, the usage and the deadlines,
and calls `on_audio` in a task of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.clients import Job, connected, cpu
from bench.peer import AUDIO_DELTA, frame_of, start
from bench.rounds import in_child, interleaved, server, table, versions
from bench.websocket import certificates
from realtime_io import RealtimeVoice
from realtime_io._websocket import Closed
from realtime_proto.gemini import GeminiConnection
from realtime_proto.openai import OpenAIConnection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BASE64_BYTES: Final = 10_240
AUDIO_S: Final = BASE64_BYTES * 3 // 4 / 2 / 24_000
"""Of one delta: PCM16 mono at 24 000 Hz."""

OPENAI_PATH: Final = "v1/realtime"
SESSION_PATH: Final = "session/v1/realtime"
GREETING: Final = b'{"type":"session.created","event_id":"event_1","session":{"type":"realtime"}}'
ADMISSION: Final = (
    b'{"type":"session.updated","event_id":"event_2","session":{"type":"realtime"}}',
    b'{"type":"response.created","event_id":"event_3","response":'
    b'{"object":"realtime.response","id":"resp_1","status":"in_progress","output":[]}}',
)
GEMINI_PATH: Final = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
GEMINI_DELTA: Final = (
    '{"serverContent":{"modelTurn":{"parts":[{"inlineData":'
    '{"mimeType":"audio/pcm;rate=24000","data":"%s"}}]}}}'
)


def script(n: int) -> dict[str, bytes]:
    """What the server says on each path."""
    data = "A" * BASE64_BYTES
    openai = [frame_of((AUDIO_DELTA % (i, data)).encode()) for i in range(n)]
    gemini = [frame_of(b'{"setupComplete":{}}')]
    gemini += [frame_of((GEMINI_DELTA % data).encode())] * n
    gemini.append(frame_of(b'{"serverContent":{"turnComplete":true}}'))
    said = {
        OPENAI_PATH: b"".join(openai),
        f"{SESSION_PATH} greets": frame_of(GREETING),
        f"{SESSION_PATH} waits": b"",
        SESSION_PATH: b"".join([*map(frame_of, ADMISSION), *openai]),
    }
    for path in (GEMINI_PATH, GEMINI_PATH.replace("v1beta", "v1")):  # of the API, of the package
        said |= {path: b"".join(gemini), f"{path} waits": b""}
    return said


class Meter:
    """CPU from the first piece of audio to the last."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.left = n
        self.began_at = 0.0
        self.seconds = 0.0

    def took(self, audio: bytes) -> None:
        """A piece was decoded."""
        if self.left == self.n:
            self.began_at = cpu()
        self.left -= 1
        if not self.left:
            self.seconds = cpu() - self.began_at
        if len(audio) != BASE64_BYTES * 3 // 4:
            raise ValueError(f"{len(audio)} bytes of audio")


async def _ours_openai(job: Job, meter: Meter) -> None:
    connection = OpenAIConnection()
    async with connected(f"{job.url}/{OPENAI_PATH}?model=m", job.ssl) as websocket:
        try:
            while True:
                for event in connection.receive(await websocket.receive()):
                    meter.took(event.delta)  # type: ignore[union-attr]  # nothing else is sent
        except Closed:
            pass


async def _ours_gemini(job: Job, meter: Meter) -> None:
    connection = GeminiConnection()
    async with connected(f"{job.url}/{GEMINI_PATH}", job.ssl) as websocket:
        websocket.post('{"setup":{"model":"models/m"}}')
        try:
            while True:
                for event in connection.receive(await websocket.receive()):
                    turn = getattr(event, "model_turn", None)
                    for part in turn.parts if turn is not None else ():
                        meter.took(part.inline_data.data)
        except Closed:
            pass


async def _session(provider: str, base: str, job: Job, meter: Meter) -> None:
    voice = RealtimeVoice(
        provider,
        api_key="none",
        base_url=f"{job.url}{base}",
        ssl_context=job.ssl,
        reconnect=False,
    )
    done = anyio.Event()

    @voice.on_audio
    def took(audio: bytes) -> None:
        meter.took(audio)
        if not meter.left:
            done.set()

    async with voice.connect():
        await done.wait()


async def _openai(job: Job, meter: Meter) -> None:
    from openai import AsyncOpenAI

    options: dict[str, Any] = {"ssl": job.ssl} if job.ssl else {}
    client = AsyncOpenAI(api_key="none", websocket_base_url=f"{job.url}/v1")
    async with client.realtime.connect(
        model="m", websocket_connection_options=options
    ) as connection:
        async for event in connection:
            if event.type == "response.output_audio.delta":
                meter.took(base64.b64decode(event.delta))
                if not meter.left:
                    break


async def _genai(job: Job, meter: Meter) -> None:
    from google import genai

    base = job.url.replace("wss", "https", 1)
    client = genai.Client(api_key="none", http_options={"base_url": base})
    async with client.aio.live.connect(model="m") as session:
        async for message in session.receive():
            if message.data:
                meter.took(message.data)


async def _floor(job: Job, meter: Meter) -> None:
    import orjson
    import pybase64
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

    done = asyncio.Event()

    class Listener(WSListener):
        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            if frame.msg_type == WSMsgType.TEXT:
                event = orjson.loads(frame.get_payload_as_memoryview())
                meter.took(pybase64.b64decode(event["delta"], None, True))
                if not meter.left:
                    done.set()

    url = f"{job.url}/{OPENAI_PATH}"
    transport, _ = await ws_connect(Listener, url, ssl_context=job.ssl)
    await done.wait()
    transport.disconnect()


_session_openai: Final = partial(_session, "openai", "/session/v1")
_session_gemini: Final = partial(_session, "gemini", "")

CLIENTS: Final[dict[str, tuple[str, Callable[[Job, Meter], Awaitable[None]]]]] = {
    "realtime_io, OpenAI (asyncio)": ("asyncio", _ours_openai),
    "realtime_io, OpenAI (trio)": ("trio", _ours_openai),
    "realtime_io, Gemini (asyncio)": ("asyncio", _ours_gemini),
    "realtime_io, Gemini (trio)": ("trio", _ours_gemini),
    "realtime_io, VoiceSession on OpenAI (asyncio)": ("asyncio", _session_openai),
    "realtime_io, VoiceSession on OpenAI (trio)": ("trio", _session_openai),
    "realtime_io, VoiceSession on Gemini (asyncio)": ("asyncio", _session_gemini),
    "realtime_io, VoiceSession on Gemini (trio)": ("trio", _session_gemini),
    "openai": ("asyncio", _openai),
    "google-genai": ("asyncio", _genai),
    "no types": ("asyncio", _floor),
}

VERSIONS: Final = ("openai", "google-genai", "websockets", "picows", "orjson", "pybase64", "anyio")


def measure(client: str, url: str, n: int, cafile: str | None) -> float:
    """Seconds of audio per second of CPU."""
    backend, run = CLIENTS[client]
    if cafile:
        os.environ["SSL_CERT_FILE"] = cafile  # google-genai takes no context
    meter = Meter(n)
    job = Job(url, how="receive", n=n, size=0, cafile=cafile)
    anyio.run(partial(run, job, meter), backend=backend)
    if meter.left:
        raise ValueError(f"{meter.left} deltas did not come")
    return (n - 1) * AUDIO_S / meter.seconds


def compare(*, tls: bool, rounds: int, n: int, names: list[str]) -> dict[str, float | None]:
    """Seconds of audio per second of CPU, by client."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(certificates(Path(scratch))) if tls else ""
        cafile = f"{folder}/ca.pem" if tls else ""
        with server(__file__, "--peer", str(n), folder) as port:
            url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}"
            return interleaved(
                names, lambda name: in_child(__file__, "--be", name, url, n, cafile), rounds=rounds
            )


def main() -> None:
    """Measure and print; see the head."""
    parser = argparse.ArgumentParser(description="A spoken answer, end to end")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--n", type=int, default=2_000, help="audio deltas")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--only", nargs="+", default=list(CLIENTS))
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--be", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        n, folder = options.peer
        print(start(Path(folder) if folder else None, script(int(n))), flush=True)
        threading.Event().wait()
    if options.be:
        name, url, n, cafile = options.be
        print(measure(name, url, int(n), cafile or None))
        return
    names = [name for name in options.only if options.tls or name != "google-genai"]
    found = compare(tls=options.tls, rounds=options.rounds, n=options.n, names=names)
    over = ", over TLS" if options.tls else ""
    print(f"seconds of audio decoded per second of CPU{over}; {versions(VERSIONS)}\n")
    head = ["client", "audio s / CPU s"]
    rows = [[name, f"{v:,.0f}" if v else "failed"] for name, v in found.items()]
    print(table(head, rows))


if __name__ == "__main__":
    main()
