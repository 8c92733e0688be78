"""What the ends and errors of Gemini Live mean."""

from __future__ import annotations

import pytest

from realtime_proto.closing import Fate, LostPhase, judge_close, judge_error, judge_unopened
from realtime_proto.errors import HandshakeRejected
from realtime_proto.events import Failure
from realtime_proto.gemini.closing import RULES

DEADLINE = "Deadline expired before operation could complete."


@pytest.mark.parametrize(
    ("code", "reason", "phase", "fate", "hint"),
    [
        (1007, "API key not valid. Please pass a valid API key.", "set-up", Fate.FATAL, "API key"),
        (1007, "User location is not supported for the API use.", "set-up", Fate.FATAL, "where"),
        (1007, "Request contains an invalid argument.", "open", Fate.FATAL, "does not take"),
        (1007, "Request contains an invalid argument.", "going away", Fate.FATAL, "not take"),
        (1008, "models/x is not found for API version v1beta", "set-up", Fate.FATAL, "version"),
        (1008, "Publisher model projects/x was not found", "set-up", Fate.FATAL, "model"),
        (1008, "Requested entity was not found.", "set-up", Fate.FATAL, "model"),
        (
            1008,
            "Operation is not implemented, or supported, or enabled.",
            "open",
            Fate.FATAL,
            "something that was asked",
        ),
        (1008, "Method doesn't allow unregistered callers", "set-up", Fate.FATAL, "credential"),
        (1011, "Token has been used too many times", "set-up", Fate.FATAL, "ephemeral token"),
        (1011, "You exceeded your current quota, please check", "open", Fate.RETRYABLE, "quota"),
        (1011, "RESOURCE_EXHAUSTED", "set-up", Fate.RETRYABLE, "quota"),
        (1011, DEADLINE, "open", Fate.RETRYABLE, "gave up"),
        (1011, DEADLINE, "going away", Fate.RENEW, "ten minutes"),
        (1011, "Service unavailable", "open", Fate.RETRYABLE, None),
        (1011, "Internal error encountered.", "open", Fate.RETRYABLE, None),
        (1008, "The operation was aborted", "going away", Fate.RENEW, "ten minutes"),
        (1000, "", "going away", Fate.RENEW, "ten minutes"),
        (1006, "", "going away", Fate.RENEW, "ten minutes"),
        (None, "", "going away", Fate.RENEW, "ten minutes"),
        (None, "", "open", Fate.RETRYABLE, None),
        (1001, "", "open", Fate.RETRYABLE, None),
    ],
)
def test_the_known_closes(
    code: int | None, reason: str, phase: LostPhase, fate: Fate, hint: str | None
) -> None:
    """By the words, by what the session was doing, then by the code."""
    verdict = judge_close(code, reason, phase=phase, rules=RULES)
    assert verdict.failure is not None
    assert fate is verdict.fate
    assert verdict.forgets_resumption is False
    if hint is None:
        assert verdict.failure.hint is None
    else:
        assert hint in (verdict.failure.hint or "")


def test_a_normal_close_is_a_rotation_only_where_something_can_be_resumed() -> None:
    """Otherwise the server has simply ended the session."""
    assert Fate.RENEW is judge_close(1000, "", phase="open", rules=RULES, can_resume=True).fate
    assert Fate.NORMAL is judge_close(1000, "", phase="open", rules=RULES).fate


def test_a_session_that_is_gone_begins_anew() -> None:
    """The handle that was refused must not be shown again."""
    verdict = judge_close(
        1008, "Requested entity was not found.", phase="set-up", rules=RULES, can_resume=True
    )
    assert (Fate.RENEW, True) == (verdict.fate, verdict.forgets_resumption)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        ("INVALID_ARGUMENT", Fate.FATAL),
        ("UNAUTHENTICATED", Fate.FATAL),
        ("PERMISSION_DENIED", Fate.FATAL),
        ("NOT_FOUND", Fate.FATAL),
        ("RESOURCE_EXHAUSTED", Fate.RETRYABLE),
        ("UNAVAILABLE", Fate.RETRYABLE),
        ("INTERNAL", Fate.RETRYABLE),
    ],
)
def test_an_error_object_explains_the_close_after_it(status: str, fate: Fate) -> None:
    """Whatever code the close has that says nothing by itself."""
    said = Failure(kind="provider", message="no", code=status)
    assert fate is judge_error(said, rules=RULES)[0]
    assert fate is judge_close(1011, "", phase="open", rules=RULES, said=said).fate


def test_a_bad_key_is_a_bad_request_over_http() -> None:
    """The hint comes from the body."""
    body = b'{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}'
    verdict = judge_unopened(HandshakeRejected("no", status=400, body=body), rules=RULES)
    assert verdict.failure is not None
    assert "check the API key" == verdict.failure.hint
