"""Writes the corpus: one file for every type of event of each side, out of tests/golden, journals
of the tests' scripted conversations, and the WebSockets' bytes and the logs of frames that are
below.

    python fuzz/make_corpus.py

Of OpenAI the first golden frame of each tag, of Gemini the first golden message that has each
member. Files that are already there are left alone.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _harness import CORPUS

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1] / "tests"
GOLDEN = TESTS / "golden"


def frames(provider: str, side: str) -> dict[str, dict[str, Any]]:
    """Name of a type -> its first golden frame."""
    _, *lines = (GOLDEN / provider / f"{side}.jsonl").read_text("utf-8").splitlines()
    found: dict[str, dict[str, Any]] = {}
    for frame in map(json.loads, lines):
        for name in [frame["type"]] if provider == "openai" else frame:
            found.setdefault(name, frame)
    return found


REQUEST = (
    "GET /v1/realtime?model=m HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: @accept@\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
HELLO_DEFLATED = bytes.fromhex("c107f248cdc9c90700")  # RFC 7692 7.2.3.1
MASKED_HELLO = bytes.fromhex("818537fa213d7f9f4d5158")  # RFC 6455 5.7

WEBSOCKET = {
    "websocket-frames": {
        "text": b"\x81\x05Hello",
        "binary": b"\x82\x03\xff\x00\xfe",
        "utf8": b"\x81\x04zo\xc3\xab",
        "empty": b"\x81\x00\x82\x00",
        "126": b"\x81\x7e\x00\x7e" + b"x" * 126,
        "64k": b"\x82\x7f" + (65_536).to_bytes(8, "big") + bytes(65_536),
        "fragments": b"\x01\x03Hel\x80\x02lo",
        "ping-between": b"\x01\x03Hel\x89\x01p\x80\x02lo",
        "pong": b"\x8a\x00",
        "close": b"\x88\x05\x03\xe8bye",
        "close-empty": b"\x88\x00\x81\x01x",
        "masked": MASKED_HELLO,
        "reserved-bit": b"\xc1\x00",
        "half-a-character": b"\x81\x01\xc3",
    },
    "websocket-requests": {
        "plain": REQUEST.encode() + b"\r\n",
        "with-a-message": REQUEST.encode() + b"\r\n" + MASKED_HELLO,
        "subprotocols": f"{REQUEST}Sec-WebSocket-Protocol: realtime, a\r\n\r\n".encode(),
        "deflate": f"{REQUEST}{DEFLATE}\r\n".encode(),
        "origin": f"{REQUEST}Origin: https://example.org\r\n\r\n".encode(),
        "version-8": REQUEST.replace(": 13", ": 8").encode() + b"\r\n",
        "http-1.0": REQUEST.replace("HTTP/1.1", "HTTP/1.0").encode() + b"\r\n",
        "post": REQUEST.replace("GET", "POST").encode() + b"\r\n",
        "no-upgrade": b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "two-slashes": REQUEST.replace("/v1", "//ws").encode() + b"\r\n",
        "tls": bytes.fromhex("16030100050100000100"),
    },
    "websocket-answers": {
        "plain": ANSWER.encode() + b"\r\n",
        "with-a-message": ANSWER.encode() + b"\r\n\x81\x05Hello\x88\x02\x03\xe8",
        "deflate": f"{ANSWER}{DEFLATE}\r\n".encode() + HELLO_DEFLATED,
        "subprotocol": f"{ANSWER}Sec-WebSocket-Protocol: realtime\r\n\r\n".encode(),
        "401": b'HTTP/1.1 401 No\r\nContent-Length: 29\r\n\r\n{"error":{"message":"bad key"}}',
        "chunked": b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        "redirect": b"HTTP/1.1 302 Found\r\nLocation: https://example.org\r\n\r\n",
        "interim": b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER.encode() + b"\r\n",
        "200": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "wrong-accept": ANSWER.replace("@accept@", "AAAA").encode() + b"\r\n",
        "no-http": b"SSH-2.0-OpenSSH_9.6\r\n",
    },
}
"""By folder and name; the byte that says how the input is split is put in front."""


SETUP = '{"setup":{"model":"models/m"}}'
COMPLETE = '{"setupComplete":{}}'
CREATED = '{"type":"session.created","session":{"type":"realtime"}}'
CALL = {
    "type": "response.output_item.done",
    "response_id": "r1",
    "output_index": 0,
    "item": {"type": "function_call", "id": "f1", "call_id": "c1", "name": "f", "arguments": "{}"},
}
ANSWERED = {
    "type": "conversation.item.create",
    "item": {"type": "function_call_output", "call_id": "c1", "output": "fine"},
}


def har(*entries: tuple[dict[str, Any], ...]) -> str:
    """A HAR file with a connection of each of these lists of messages."""
    url = "wss://host/v1/realtime?model=m&key=abcdef"
    return json.dumps(
        {
            "log": {
                "entries": [
                    {"request": {}},
                    *({"request": {"url": url}, "_webSocketMessages": [*one]} for one in entries),
                ]
            }
        }
    )


def message(direction: str, time: float, data: str, opcode: int = 1) -> dict[str, Any]:
    """One of its messages."""
    return {"type": direction, "time": time, "opcode": opcode, "data": data}


CASSETTE = f"""version: 1
interactions:
- kind: message
  direction: received
  data: {CREATED}
- kind: message
  direction: sent
  data: '{{"type":"input_audio_buffer.clear"}}'
"""

LOGS = {
    "seconds.har": har(
        (message("send", 1_790_000_000.25, SETUP), message("receive", 1_790_000_001.5, COMPLETE))
    ),
    "milliseconds.har": har((message("receive", 1_790_000_000_250.5, CREATED),)),
    "binary.har": har(
        (
            message("send", 1_790_000_000, SETUP),
            message("receive", 1_790_000_001, base64.b64encode(COMPLETE.encode()).decode(), 2),
            message("error", 1_790_000_002, "oops", -1),
        )
    ),
    "no-time.har": har(({"type": "receive", "opcode": 1, "data": CREATED},)),
    "two.har": har(
        (message("receive", 1_790_000_000, CREATED),),
        (message("send", 1_790_000_000, SETUP),),
    ),
    "no-frames.har": har(()),
    "cassette.yaml": CASSETTE,
    "other-kinds.yaml": CASSETTE + "- kind: close\n  direction: received\n  data: {}\n",
    "alias.yaml": (
        f"a: &a {{kind: message, direction: received, data: {CREATED}}}\n"
        "interactions: [*a, *a, {<<: *a, direction: sent}]\n"
    ),
    "values.yaml": (
        "interactions: [{kind: message, direction: received, "
        "data: {setupComplete: {a: 2026-01-01, b: .inf, c: !!binary AAAA, 1: ~}}}]\n"
    ),
    "objects.jsonl": "".join(
        json.dumps(line) + "\n"
        for line in (
            {"source": "here", "dialect": "ga", "note": "short"},
            {"direction": "server", "frame": json.loads(CREATED), "t_us": 0},
            {"direction": "client", "frame": ANSWERED, "t_us": 20_000},
            {"direction": "server", "frame": CALL, "t_us": 40_000},
        )
    ),
    "texts.jsonl": "".join(
        json.dumps({"direction": direction, "frame": frame}) + "\n"
        for direction, frame in (("client", SETUP), ("server", COMPLETE), ("server", "not JSON"))
    ),
    "one.jsonl": json.dumps({"direction": "server", "frame": CREATED}),
}
"""Logs of frames by name: every format, with and without times, binary frames, and what is none."""


def journals() -> Iterator[tuple[str, list[str]]]:
    """Journals by name: the tests' scripts without their audio, a short talk with it and with it in
    files, an imported log.
    """
    sys.path.insert(0, str(TESTS))
    from helpers.scripts import SCRIPTS, run
    from helpers.talk import conversation_with, hold

    from realtime_proto.audio.wav import wav_header
    from realtime_proto.formats import AudioFormat
    from realtime_proto.importing import as_recording, read_log
    from realtime_proto.recording import Journaled
    from realtime_proto.sidecar import AudioDirection, Place, name_beside

    n_header = len(wav_header(AudioFormat(), 0))
    ends: dict[AudioDirection, int] = {}

    def put(data: bytes, direction: AudioDirection, _: AudioFormat) -> Place:
        ends[direction] += len(data)
        return Place(name_beside("talk", direction), ends[direction] - len(data))

    for script in SCRIPTS:
        lines: list[str] = []
        run(script, sink=lines.append, audio="dropped")
        yield f"{script.provider}-{script.name.replace(' ', '-')}", lines
    for provider in ("openai", "gemini"):
        lines = []
        conversation = conversation_with(provider, reports_delivery=True)
        hold(Journaled(conversation, lines.append), provider)
        yield f"{provider}-talk", lines
        lines = []
        ends.update(input=n_header, output=n_header)
        conversation = conversation_with(provider, reports_delivery=True)
        hold(Journaled(conversation, lines.append, audio="sidecar", store=put), provider)
        yield f"{provider}-sidecar", lines
    (log,) = read_log(LOGS["objects.jsonl"].encode())
    yield "openai-frames", list(as_recording(log))


def main() -> None:
    """Write what is missing."""
    for name, log in LOGS.items():
        path = CORPUS / "importing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(log, "utf-8")
    for name, lines in journals():
        path = CORPUS / "journal" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    for name, inputs in WEBSOCKET.items():
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, (stem, data) in enumerate(inputs.items()):
            path = folder / f"{stem}.bin"
            if not path.exists():
                path.write_bytes(bytes([number % 3]) + data)
    for provider in ("openai", "gemini"):
        for side in ("client", "server"):
            folder = CORPUS / f"{provider}-{side}"
            folder.mkdir(parents=True, exist_ok=True)
            for name, frame in frames(provider, side).items():
                path = folder / f"{name}.json"
                if not path.exists():
                    path.write_text(json.dumps(frame, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
