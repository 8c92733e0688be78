"""What the ends and errors of OpenAI Realtime mean."""

from __future__ import annotations

import pytest
from helpers.require import require
from helpers.wire import missing, single_frames

from realtime_proto.closing import Fate, judge_close, judge_error, judge_unopened
from realtime_proto.errors import HandshakeRejected
from realtime_proto.events import Failure
from realtime_proto.openai.closing import RULES

KEY = "check the API key"
MODEL = "check the name of the model"
BETA = "the server no longer speaks the beta protocol"
EXPIRED = "the session reached its longest duration: connect again"


@pytest.mark.parametrize(
    ("code", "reason", "fate", "hint"),
    [
        (1001, "Your session hit the maximum duration of 60 minutes.", Fate.RENEW, EXPIRED),
        (1001, "", Fate.RETRYABLE, None),
        (3000, "invalid_request_error.invalid_api_key", Fate.FATAL, KEY),
        (3000, "invalid_request_error", Fate.FATAL, KEY),
        (4000, "invalid_request_error.missing_model", Fate.FATAL, MODEL),
        (4000, "invalid_request_error.invalid_model", Fate.FATAL, MODEL),
        (4000, "invalid_request_error.beta_api_shape_disabled", Fate.FATAL, BETA),
        (4000, "invalid_request_error.new", Fate.FATAL, "the server refuses the request"),
        (4004, "invalid_request_error.model_not_found", Fate.FATAL, MODEL),
        (4004, "", Fate.FATAL, MODEL),
        (4000, "invalid_request_error.session_expired", Fate.RENEW, EXPIRED),
    ],
)
def test_the_known_closes(code: int, reason: str, fate: Fate, hint: str | None) -> None:
    """By the words first, then by the code."""
    verdict = judge_close(code, reason, phase="open", rules=RULES)
    assert verdict.failure is not None
    assert (fate, hint) == (verdict.fate, verdict.failure.hint)


@pytest.mark.parametrize(
    ("code", "message", "fate"),
    [
        ("insufficient_quota", "no", Fate.FATAL),
        ("session_expired", "Your session hit the maximum duration of 15 minutes.", Fate.RENEW),
        (None, "Your session hit the maximum duration of 30 minutes.", Fate.RENEW),
        ("rate_limit_exceeded", "no", Fate.RETRYABLE),
        ("server_error", "no", Fate.RETRYABLE),
        ("response_cancel_not_active", "no", Fate.NORMAL),
        ("item_truncate_invalid_item_id", "no", Fate.NORMAL),
        ("conversation_already_has_active_response", "no", Fate.RETRYABLE),
        (None, "Conversation already has an active response", Fate.RETRYABLE),
        ("input_audio_buffer_commit_empty", "no", Fate.FATAL),
        ("unknown_parameter", "no", Fate.FATAL),
        ("invalid_value", "no", Fate.FATAL),
    ],
)
def test_the_known_errors(code: str | None, message: str, fate: Fate) -> None:
    """What may come of the same request."""
    failure = Failure(kind="provider", message=message, code=code)
    assert fate is judge_error(failure, rules=RULES, error_type="invalid_request_error")[0]


def test_a_missing_key_is_told_by_words_alone() -> None:
    """Its error has no code, and a gateway may close without a word."""
    said = Failure(kind="provider", message="Missing bearer or basic authentication in header")
    verdict = judge_close(1006, "", phase="set-up", rules=RULES, said=said)
    assert verdict.failure is not None
    assert (Fate.FATAL, KEY) == (verdict.fate, verdict.failure.hint)


@pytest.mark.parametrize(
    ("status", "body", "fate", "hint"),
    [
        (429, b'{"error":{"code":"insufficient_quota"}}', Fate.FATAL, "no credit left"),
        (429, b"slow down", Fate.RETRYABLE, "too many requests"),
        (404, b'{"error":{"code":"DeploymentNotFound"}}', Fate.FATAL, "name of the deployment"),
        (401, b"", Fate.FATAL, KEY),
    ],
)
def test_a_rejected_handshake_is_judged_by_its_body_too(
    status: int, body: bytes, fate: Fate, hint: str
) -> None:
    """An account without credit is told apart from one that is too fast."""
    verdict = judge_unopened(HandshakeRejected("no", status=status, body=body), rules=RULES)
    assert verdict.failure is not None
    assert fate is verdict.fate
    assert hint in (verdict.failure.hint or "")


@pytest.mark.wire
def test_every_recorded_close_and_error_has_a_row() -> None:
    """A close that was recorded is fatal with a hint; a recorded error that ends sessions agrees
    with it, and no recorded error is passed over.
    """
    require("wire", missing())
    n_closes = n_errors = 0
    for line in single_frames("openai"):
        error = line["frame"].get("error") if line["direction"] == "server" else None
        if not line.get("recorded") or not isinstance(error, dict):
            continue
        n_errors += 1
        said = Failure(kind="provider", message=error["message"], code=error["code"])
        fate, judged = judge_error(said, rules=RULES, error_type=error["type"])
        assert fate is not Fate.NORMAL
        if "close" in line:
            n_closes += 1
            close = line["close"]
            verdict = judge_close(close["code"], close["reason"], phase="set-up", rules=RULES)
            assert verdict.failure is not None
            assert fate is Fate.FATAL is verdict.fate
            assert judged.hint == verdict.failure.hint is not None
    assert n_closes >= 3
    assert n_errors >= 10
