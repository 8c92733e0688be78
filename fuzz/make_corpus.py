"""Writes the corpus: one file for every type of event of each side, out of tests/golden, and the
WebSockets' bytes that are below.

    python fuzz/make_corpus.py

Of OpenAI the first golden frame of each tag, of Gemini the first golden message that has each
member. Files that are already there are left alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from _harness import CORPUS

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"


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


def main() -> None:
    """Write what is missing."""
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
