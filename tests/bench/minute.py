"""One minute of a conversation, made up: what an application and a server say, with its times.

Six turns of ten seconds: five of the user's voice, in pieces of 100 ms, then an answer of five
seconds in as many pieces, with its transcript, its books and its usage. The microphone is never
off. All audio is noise from a seed, so no two minutes have the same. Frames are written by hand
from the vendor's documents; nothing is recorded.
"""

from __future__ import annotations

import base64
import json
import random
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio

from realtime_io import RealtimeVoice
from realtime_proto import PROVIDERS, AudioDelivered, Conversation, RealtimeConfig, SendAudio
from realtime_proto.wire import count_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("HEARD_BYTES", "MINUTE_S", "conversation", "hold", "pieces", "speak", "steps")

MINUTE_S: Final = 60.0
TURN_S: Final = 10.0
PIECE_BYTES: Final = 4_800
"""100 ms of PCM16 at 24 000 Hz."""

PIECES: Final = 50
HEARD_BYTES: Final = int(MINUTE_S / TURN_S) * PIECES * PIECE_BYTES
CONFIG: Final = RealtimeConfig(instructions="Be brief.")
WORDS: Final = 14

Step = tuple[float, "Callable[..., None]"]


def conversation() -> Conversation:
    """A fresh one, made as the driver makes them."""
    dialect = PROVIDERS["openai"].dialect()
    return Conversation(dialect, CONFIG, ids=count_ids("evt"), reports_delivery=True)


def steps(subject: Any, *, seed: int) -> list[Step]:
    """What is to be done to *subject* in a minute, each with its time in seconds, in order."""
    noise, microphone = random.Random(seed), pieces(seed)
    found: list[Step] = [(0.0, partial(subject.open, unix_time=1_800_000_000.0))]
    for n, event in enumerate(("session.created", "session.updated")):
        session = {"type": "realtime", "object": "realtime.session", "id": "s", "model": "m"}
        found.append((0.01 * (n + 1), _receives(subject, {"type": event, "session": session})))
    for at, piece in microphone:
        found.append((at, partial(subject.send, SendAudio(piece))))
    for n in range(int(MINUTE_S / TURN_S)):
        found += _turn(subject, n, noise)
    found.sort(key=lambda step: step[0])
    end = (partial(subject.close), partial(subject.connection_lost, 1000, ""))
    return [*found, *((MINUTE_S + 0.01 * n, step) for n, step in enumerate(end))]


def pieces(seed: int) -> Iterator[tuple[float, bytes]]:
    """What the microphone gives, each piece with its time in seconds."""
    noise = random.Random(f"microphone {seed}")
    for n in range(int(MINUTE_S * 10) - 1):
        yield 0.1 * n + 0.05, noise.randbytes(PIECE_BYTES)


async def speak(base_url: str, *, seed: int) -> int:
    """The same application with a server: a session of a minute with an open microphone.

    Returns:
        How many bytes of audio it heard.
    """
    voice = RealtimeVoice("openai", CONFIG, api_key="any", base_url=base_url)
    heard = 0

    @voice.on_audio
    def hear(audio: bytes) -> None:
        nonlocal heard
        heard += len(audio)

    began_at = anyio.current_time()
    async with voice.connect() as session:
        for at, piece in pieces(seed):
            await anyio.sleep_until(began_at + at)
            await session.send_audio(piece)
        await anyio.sleep_until(began_at + MINUTE_S)
        await session.aclose()
    return heard


def _receives(subject: Any, event: dict[str, Any]) -> Callable[..., None]:
    return partial(subject.receive, json.dumps({"event_id": "event_0123456789", **event}))


def _turn(subject: Any, n: int, noise: random.Random) -> Iterator[Step]:
    at, user, item, answer = TURN_S * n, f"item_u{n}", f"item_a{n}", f"resp_{n}"
    ms = round(1_000 * at)
    buffer, items = "input_audio_buffer", "conversation.item"
    heard = [
        {"type": f"{buffer}.speech_started", "audio_start_ms": ms + 300, "item_id": user},
        {"type": f"{buffer}.speech_stopped", "audio_end_ms": ms + 4_700, "item_id": user},
        {"type": f"{buffer}.committed", "item_id": user, "previous_item_id": None},
        {
            "type": f"{items}.input_audio_transcription.completed",
            "item_id": user,
            "content_index": 0,
            "transcript": "What is the weather like in Tokyo today?",
            "usage": {"type": "duration", "seconds": 5},
        },
    ]
    for when, event in zip((0.3, 4.7, 4.71, 4.9), heard, strict=True):
        yield at + when, _receives(subject, event)
    message = {"id": item, "type": "message", "role": "assistant", "content": []}
    place = {"response_id": answer, "output_index": 0}
    part = {**place, "item_id": item, "content_index": 0}
    text = " ".join(f"word{i}" for i in range(WORDS))
    content = [{"type": "output_audio", "transcript": text}]
    response = {"object": "realtime.response", "id": answer, "output": []}
    whole = {**message, "status": "completed", "content": content}
    usage = {"total_tokens": 300, "input_tokens": 200, "output_tokens": 100}
    spoken = "response.output_audio"
    said: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {"type": "response.output_item.added", **place, "item": message},
        {"type": f"{items}.added", "previous_item_id": user, "item": message},
        {"type": "response.content_part.added", **part, "part": {"type": "audio"}},
        *(
            {"type": f"{spoken}_transcript.delta", **part, "delta": f"word{i} "}
            for i in range(WORDS)
        ),
    ]
    for i, event in enumerate(said):
        yield at + 5.0 + 0.001 * i, _receives(subject, event)
    for i in range(PIECES):
        data = noise.randbytes(PIECE_BYTES)
        when = at + 5.1 + 0.03 * i
        delta = {"type": f"{spoken}.delta", **part, "delta": base64.b64encode(data).decode()}
        yield when, _receives(subject, delta)
        delivered = AudioDelivered(item_id=item, n_bytes=PIECE_BYTES)
        yield when + 0.001, partial(subject.send, delivered)
    done: list[dict[str, Any]] = [
        {"type": f"{spoken}.done", **part},
        {"type": f"{spoken}_transcript.done", **part, "transcript": text},
        {
            "type": "response.content_part.done",
            **part,
            "part": {"type": "audio", "transcript": text},
        },
        {"type": "response.output_item.done", **place, "item": whole},
        {
            "type": "response.done",
            "response": {**response, "status": "completed", "output": [whole], "usage": usage},
        },
    ]
    for i, event in enumerate(done):
        yield at + 7.0 + 0.001 * i, _receives(subject, event)


def hold(subject: Any, minute: list[Step], *, after: Callable[[], object] = lambda: None) -> None:
    """Do a minute's steps, and take what comes of each.

    Args:
        subject: What they are of.
        minute: What `steps` gave.
        after: Called after each step.
    """
    for at, step in minute:
        step(now=at)
        subject.take_frames()
        subject.take_events()
        after()
