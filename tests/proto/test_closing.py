"""What ends mean, for every server: the order of the rows, and the rows that all share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.closing import (
    SHARED_RULES,
    Fate,
    LostPhase,
    Rule,
    Verdict,
    judge_close,
    judge_error,
    judge_unopened,
    with_hint,
)
from realtime_proto.errors import (
    ConnectionLost,
    ConnectTimeout,
    HandshakeRejected,
    RealtimeConnectionError,
)
from realtime_proto.events import Failure
from realtime_proto.gemini.closing import RULES as GEMINI
from realtime_proto.openai.closing import RULES as OPENAI

phases: st.SearchStrategy[LostPhase] = st.sampled_from(["set-up", "open", "going away"])
provider_rules = st.sampled_from([(), OPENAI, GEMINI])


def provider_error(code: str | None, message: str = "no") -> Failure:
    return Failure(kind="provider", message=message, code=code)


# --- closes


@pytest.mark.parametrize("code", [None, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 3008])
def test_trouble_of_the_transport_and_the_server_may_pass(code: int | None) -> None:
    """The same again may work."""
    assert Fate.RETRYABLE is judge_close(code, "", phase="open").fate


@pytest.mark.parametrize(
    "code", [1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003, 3999, 4000, 4099, 4999, 1004]
)
def test_an_objection_does_not_pass(code: int) -> None:
    """The same again fails the same, and the failure says so."""
    verdict = judge_close(code, "no", phase="open")
    assert Fate.FATAL is verdict.fate
    assert verdict.failure is not None
    assert (code, False, "open") == (
        verdict.failure.received,
        verdict.failure.retryable,
        verdict.failure.phase,
    )


def test_a_normal_close_is_no_failure() -> None:
    """Where the session was ready."""
    assert Verdict(fate=Fate.NORMAL) == judge_close(1000, "bye", phase="open")
    assert Verdict(fate=Fate.NORMAL) == judge_close(1000, "bye", phase="going away")


def test_a_normal_close_before_the_session_was_ready_is_a_failure() -> None:
    """Somebody wanted a session and has none."""
    verdict = judge_close(1000, "", phase="set-up")
    assert Fate.FATAL is verdict.fate
    assert verdict.failure is not None
    assert "set-up" == verdict.failure.phase


def test_the_failure_tells_what_happened() -> None:
    """Code, phase, the server's words and the hint, in one sentence."""
    verdict = judge_close(3000, "invalid_request_error", phase="set-up")
    assert verdict.failure is not None
    error = verdict.failure.to_exception()
    assert isinstance(error, ConnectionLost)
    assert (
        "[3000] the server closed the connection (set-up) with 3000: invalid_request_error "
        "(check the API key)" == str(error)
    )
    assert "check the API key" == error.hint


def test_a_connection_that_broke_says_so() -> None:
    """There is no code to name."""
    verdict = judge_close(None, "", phase="open")
    assert verdict.failure is not None
    assert "the connection broke without a close frame (open)" == verdict.failure.message
    verdict = judge_close(None, "closed by us with 1009: too big", phase="open")
    assert verdict.failure is not None
    assert "the connection ended (open): closed by us with 1009: too big" == verdict.failure.message


ORDER = (
    Rule(kind="close", fate=Fate.FATAL, codes=(4001,), hint="bare"),
    Rule(kind="close", fate=Fate.RENEW, codes=(4001,), says=("Too Old",), hint="worded"),
    Rule(kind="close", fate=Fate.RENEW, codes=(4001,), phases=("going away",), hint="announced"),
    Rule(kind="close", fate=Fate.RENEW, codes=(1000,), needs_resumption=True, hint="resumable"),
    Rule(kind="error", fate=Fate.FATAL, codes=("no_money",), ends_session=True, hint="money"),
    Rule(kind="error", fate=Fate.FATAL, codes=("one_request",), hint="one request"),
    Rule(kind="error", fate=Fate.FATAL, says=("banned",), ends_session=True, hint="banned"),
)


@pytest.mark.parametrize(
    ("code", "reason", "phase", "said", "can_resume", "hint"),
    [
        (4001, "", "open", None, False, "bare"),
        (4001, "way TOO OLD now", "open", None, False, "worded"),
        (4001, "", "going away", None, False, "announced"),
        (4001, "error.no_money", "open", None, False, "money"),
        (4001, "too old, no_money", "open", provider_error("no_money"), False, "worded"),
        (1006, "", "open", provider_error("no_money"), False, "money"),
        (1006, "", "open", provider_error("x", "you are banned"), False, "banned"),
        (1006, "", "open", provider_error("one_request"), False, None),
        (1006, "error.one_request", "open", None, False, None),
        (1000, "", "open", None, True, "resumable"),
        (1000, "", "set-up", None, False, None),
    ],
)
def test_the_row_that_looks_closest_decides(
    code: int,
    reason: str,
    phase: LostPhase,
    said: Failure | None,
    can_resume: bool,
    hint: str | None,
) -> None:
    """Words and phase before the error that was said, that before the bare code, all before what
    all servers share; an error about one request does not explain a close.
    """
    verdict = judge_close(code, reason, phase=phase, rules=ORDER, said=said, can_resume=can_resume)
    assert verdict.failure is not None
    assert hint == verdict.failure.hint


def test_what_the_server_said_before_it_closed_is_told() -> None:
    """A close frame's words are at most 123 bytes; the error before it says more."""
    verdict = judge_close(4000, "e.x", phase="open", said=provider_error("x", "the whole story"))
    assert verdict.failure is not None
    assert "with 4000: [x] the whole story" in verdict.failure.message


@given(
    st.none() | st.integers(0, 65535),
    st.text(),
    phases,
    provider_rules,
    st.booleans(),
    st.none() | st.builds(provider_error, st.none() | st.text(), st.text()),
)
def test_every_close_has_a_verdict(
    code: int | None,
    reason: str,
    phase: LostPhase,
    rules: tuple[Rule, ...],
    can_resume: bool,
    said: Failure | None,
) -> None:
    """Whatever a peer sends: a verdict of bounded size, with a failure unless nothing is wrong."""
    verdict = judge_close(code, reason, phase=phase, rules=rules, can_resume=can_resume, said=said)
    assert (verdict.fate is Fate.NORMAL) == (verdict.failure is None)
    if verdict.failure is not None:
        assert verdict.failure.retryable == (verdict.fate in (Fate.RETRYABLE, Fate.RENEW))
        assert len(verdict.failure.message) < 500


# --- errors


def test_a_request_that_was_refused_would_be_again() -> None:
    """So it is with every error nobody knows."""
    fate, failure = judge_error(provider_error("quite_new"))
    assert (Fate.FATAL, provider_error("quite_new")) == (fate, failure)


def test_the_type_of_an_error_decides_where_its_code_is_unknown() -> None:
    """Its code comes first."""
    rules = (
        Rule(kind="error", fate=Fate.RETRYABLE, codes=("server_error",)),
        Rule(kind="error", fate=Fate.FATAL, codes=("known",), hint="look"),
    )
    unknown = judge_error(provider_error("new"), rules=rules, error_type="server_error")
    known = judge_error(provider_error("known"), rules=rules, error_type="server_error")
    assert (Fate.RETRYABLE, True, None) == (unknown[0], unknown[1].retryable, unknown[1].hint)
    assert (Fate.FATAL, False, "look") == (known[0], known[1].retryable, known[1].hint)


# --- handshakes


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 529, 599])
def test_a_busy_server_may_take_the_next_handshake(status: int) -> None:
    """Too early, too many, or its own trouble."""
    verdict = judge_unopened(HandshakeRejected("no", status=status))
    assert Fate.RETRYABLE is verdict.fate
    assert verdict.failure is not None
    assert ("handshake", True) == (verdict.failure.phase, verdict.failure.retryable)


@pytest.mark.parametrize("status", [200, 301, 302, 307, 400, 401, 403, 404, 407, 410, 426, 451])
def test_a_handshake_that_is_refused_is_not_tried_again(status: int) -> None:
    """A key or a URL does not become right by itself; a redirect is never followed with a key."""
    verdict = judge_unopened(HandshakeRejected("no", status=status))
    assert Fate.FATAL is verdict.fate
    assert verdict.failure is not None
    assert str(status) == verdict.failure.code
    assert verdict.failure.retryable is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("9" * 40, None),
        ("²", None),
        ("", None),
    ],
)
def test_a_server_can_say_when_to_come_back(text: str, expected: float | None) -> None:
    """In seconds or as a date; what cannot be read is left out."""
    rejected = HandshakeRejected("no", status=503, headers={"retry-after": text})
    assert expected == judge_unopened(rejected, unix_time=10).retry_after_s


@pytest.mark.parametrize(("ms", "expected"), [("250", 0.25), ("soon", 7.0), ("9" * 40, 7.0)])
def test_a_server_can_say_it_in_milliseconds(ms: str, expected: float) -> None:
    """That is finer, and counts where it can be read."""
    headers = {"retry-after-ms": ms, "retry-after": "7"}
    rejected = HandshakeRejected("no", status=429, headers=headers)
    assert expected == judge_unopened(rejected).retry_after_s


def test_a_date_to_come_back_at_means_nothing_without_a_clock() -> None:
    """The core has none of its own."""
    headers = {"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}
    rejected = HandshakeRejected("no", status=503, headers=headers)
    assert judge_unopened(rejected).retry_after_s is None


def test_a_server_that_cannot_be_reached_may_be_there_later() -> None:
    """No answer says nothing against asking again."""
    verdict = judge_unopened(ConnectTimeout("not in time"))
    assert Fate.RETRYABLE is verdict.fate
    assert verdict.failure is not None
    assert "not in time" == verdict.failure.message


def test_a_server_that_cannot_show_who_it_is_is_not_tried_again() -> None:
    """Its certificate will be the same the next time."""
    error = RealtimeConnectionError("the certificate cannot be trusted", code="certificate")
    assert Fate.FATAL is judge_unopened(error).fate
    assert Fate.RETRYABLE is judge_unopened(RealtimeConnectionError("no route", code="tls")).fate


def test_a_rejection_is_told_with_its_hint() -> None:
    """The sentence of the error, and what to look at."""
    verdict = judge_unopened(HandshakeRejected("rejected with 401", status=401))
    assert verdict.failure is not None
    assert "rejected with 401 (check the API key)" == verdict.failure.message


def test_a_rejection_can_carry_its_hint() -> None:
    """The same error with what to look at, or itself where nothing is known."""
    headers = {"retry-after": "7"}
    rejected = HandshakeRejected("rejected", status=404, headers=headers, body=b"deployment")
    hinted = with_hint(rejected)
    assert (404, headers, b"deployment", "check the URL and the name of the model") == (
        hinted.status,
        hinted.headers,
        hinted.body,
        hinted.hint,
    )
    assert "[404] rejected (check the URL and the name of the model)" == str(hinted)
    unknown = HandshakeRejected("rejected", status=500)
    assert unknown is with_hint(unknown)
    assert unknown.hint is None


def test_every_kind_ends_in_a_row_that_always_applies() -> None:
    """So that nothing is without a verdict."""
    last = {rule.kind: rule for rule in SHARED_RULES}
    for rule in last.values():
        assert Rule(kind=rule.kind, fate=Fate.FATAL) == rule
    assert {"close", "error", "status"} == last.keys()
