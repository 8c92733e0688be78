"""What comes over HTTP on the way to a server, any bytes: answers with short-lived keys, webhooks,
rejected handshakes; and what a close says.

Invariant: an answer is a value or an error that shows nothing of it; whatever ends a connection has
a verdict of bounded size, whose failure is missing only where nothing is wrong.

Allowed exceptions: RemoteProtocolError and ProviderError of the parsers, which is what the
documentation promises. No other.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from _harness import main

from realtime_proto.closing import Fate, judge_close, judge_error, judge_unopened
from realtime_proto.errors import HandshakeRejected, ProviderError, RemoteProtocolError
from realtime_proto.events import Failure
from realtime_proto.gemini.closing import RULES as GEMINI_RULES
from realtime_proto.gemini.tokens import parse_auth_token
from realtime_proto.openai.calls import call_id_of, parse_call_incoming
from realtime_proto.openai.closing import RULES as OPENAI_RULES
from realtime_proto.openai.tokens import parse_client_secret

FOLDERS = ("reach-answers",)

WORDS: Final = [
    f'"{name}":'.encode()
    for name in (
        *("value", "expires_at", "session", "client_secret", "id", "name", "error", "code"),
        *("message", "status", "param", "type", "data", "call_id", "sip_headers"),
    )
] + [
    b"auth_tokens/",
    b"realtime.call.incoming",
    b"/realtime/calls/rtc_1",
    b"GMT",
    b"maximum duration",
]


def test_one_input(data: bytes) -> None:
    """One answer, read as each of them; the same bytes as the words of an end."""
    _answers(data)
    _ends(data)


def _answers(data: bytes) -> None:
    for status in (200, 201, 401, 503):
        for parse in (parse_client_secret, parse_auth_token):
            try:
                parsed = parse(data, status=status)
            except RemoteProtocolError as error:
                assert error.excerpt == ""
                assert len(str(error)) < 500
            except ProviderError as error:
                assert status >= 400
                assert len(str(error)) < 500
            else:
                key = "" if parsed.value is None else parsed.value.reveal()
                assert len(key) < 12 or key not in repr(parsed)
    with suppress(RemoteProtocolError):
        assert parse_call_incoming(data).call_id
    with suppress(RemoteProtocolError):
        assert call_id_of(data.decode("utf-8", "replace"))


def _ends(data: bytes) -> None:
    words = data.decode("utf-8", "replace")
    code = int.from_bytes(data[:2], "big")
    for rules in ((), OPENAI_RULES, GEMINI_RULES):
        for phase in ("set-up", "open", "going away"):
            verdict = judge_close(
                code, words, phase=phase, rules=rules, can_resume=len(data) % 2 == 0
            )
            assert (verdict.failure is None) == (verdict.fate is Fate.NORMAL)
            assert verdict.failure is None or len(verdict.failure.message) < 500
        failure = Failure(kind="provider", message=words[:200], code=words[:20] or None)
        assert judge_error(failure, rules=rules)[1].message == failure.message
        headers = {"retry-after": words[:40], "retry-after-ms": words[:12]}
        rejected = HandshakeRejected("no", status=code, headers=headers, body=data)
        asked_s = judge_unopened(rejected, rules=rules, unix_time=0).retry_after_s
        assert asked_s is None or 0 <= asked_s < 1e12


if __name__ == "__main__":
    main(test_one_input, folders=FOLDERS, words=WORDS)
