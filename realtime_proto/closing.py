"""What an end means: whether the same may be tried again, when, and what to look at.

One table answers for three things: the close of a WebSocket (its code and the server's words), a
server's error object (its code), and an HTTP answer to the handshake (its status). A row is a
`Rule`; the rows that hold for every server are here, a provider's own are in its sub-package, and
an application may put more in front. The answer is a `Verdict`.

How a close is judged, the first row that applies:

1. the provider's rows for closes that look beyond the code (at the words, at what the session was
   doing): one code is often shared by many causes;
2. the rows for errors that end sessions, by the error that came just before, or that the words name
   ("invalid_request_error.invalid_api_key");
3. the provider's rows for bare codes;
4. the rows for bare codes below.

Source: RFC 6455 section 7.4 and the IANA registry of close codes, RFC 9110 for HTTP, and what
servers were seen to do, as of 2026-11.
"""

from __future__ import annotations

import enum
from itertools import chain
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

import attrs
from attrs import frozen

from realtime_proto._utc import parse_http_date
from realtime_proto.errors import HandshakeRejected
from realtime_proto.events import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realtime_proto.errors import RealtimeConnectionError

__all__ = (
    "CLOSE_CODES",
    "MAX_REASON_BYTES",
    "SHARED_RULES",
    "Fate",
    "LostPhase",
    "Rule",
    "Verdict",
    "judge_close",
    "judge_error",
    "judge_unopened",
    "with_hint",
)

CLOSE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""What may be sent; 1004, 1005, 1006 and 1015 are names for things that were not."""

MAX_REASON_BYTES: Final = 123
"""Of UTF-8, in a close frame: RFC 6455 5.5 allows 125 bytes, and the code takes two."""


class Fate(enum.Enum):
    """What may come after an end."""

    NORMAL = "normal"
    """Nothing is wrong."""

    FATAL = "fatal"
    """The same again fails the same: somebody has to change something first."""

    RETRYABLE = "retryable"
    """The same again may work, after a pause."""

    RENEW = "renew"
    """Nothing is wrong but the connection's or the session's age: begin another at once."""


LostPhase: TypeAlias = Literal["set-up", "open", "going away"]
"""What a session was doing: not yet ready, ready, or ready and told that the server will close."""


@final
@frozen(kw_only=True)
class Rule:
    """A row: when it applies (everything given must hold), and what follows.

    Args:
        kind: What it judges: a "close", an "error" object or the "status" of a handshake that was
            rejected.
        fate: What follows.
        codes: Close codes (None where the connection broke without a close frame), error codes or
            types, or HTTP statuses and codes of a connection that could not be opened; with none,
            any.
        says: What the words contain, one of these, letter case aside; with none, whatever.
        phases: For a close: what the session was doing; with none, whatever.
        needs_resumption: For a close: only where there was something to resume.
        forgets_resumption: What was to be resumed is gone: begin anew.
        ends_session: For an error: it is about the session, so a close that follows has its fate.
            Others are about one request and say nothing of the connection.
        hint: What to look at.
    """

    kind: Literal["close", "error", "status"]
    fate: Fate
    codes: tuple[int | str | None, ...] = ()
    says: tuple[str, ...] = ()
    phases: tuple[LostPhase, ...] = ()
    needs_resumption: bool = False
    forgets_resumption: bool = False
    ends_session: bool = False
    hint: str | None = None


@final
@frozen(kw_only=True)
class Verdict:
    """What an end means.

    Args:
        fate: What may come after it.
        failure: What went wrong, should nothing come after it; None where nothing is wrong.
        forgets_resumption: What was to be resumed is gone: begin anew.
        retry_after_s: How long the server asked to be left alone, in seconds.
    """

    fate: Fate
    failure: Failure | None = None
    forgets_resumption: bool = False
    retry_after_s: float | None = None


def judge_close(
    code: int | None,
    reason: str,
    *,
    phase: LostPhase,
    rules: Sequence[Rule] = (),
    said: Failure | None = None,
    can_resume: bool = False,
) -> Verdict:
    """What it means that the server closed, or that the connection broke.

    Args:
        code: The close code it sent, None where the connection broke without a close frame.
        reason: Its words in the close frame.
        phase: What the session was doing.
        rules: The provider's rows.
        said: The error the server reported just before, where it did.
        can_resume: Whether there is something to resume.

    Example:
        >>> judge_close(1006, "", phase="open").fate
        <Fate.RETRYABLE: 'retryable'>
        >>> judge_close(1000, "", phase="open")
        Verdict(fate=<Fate.NORMAL: 'normal'>, failure=None, forgets_resumption=False,
        retry_after_s=None)
    """

    def applies(rule: Rule) -> bool:
        return (
            rule.kind == "close"
            and _fits(rule, code, reason)
            and (not rule.phases or phase in rule.phases)
            and (can_resume or not rule.needs_resumption)
        )

    closes = [rule for rule in rules if applies(rule)]
    specific = [r for r in closes if r.says or r.phases or r.needs_resumption]
    shared = filter(applies, SHARED_RULES)
    rule = next(chain(specific, _ending(rules, reason, said), closes, shared))
    failure = None
    if rule.fate is not Fate.NORMAL:
        failure = Failure(
            kind="lost",
            message=_lost_message(code, _words_of(said) or reason, phase=phase, hint=rule.hint),
            received=code,
            phase="set-up" if phase == "set-up" else "open",
            retryable=rule.fate is not Fate.FATAL,
            hint=rule.hint,
        )
    return Verdict(fate=rule.fate, failure=failure, forgets_resumption=rule.forgets_resumption)


def judge_error(
    failure: Failure, *, rules: Sequence[Rule] = (), error_type: str | None = None
) -> tuple[Fate, Failure]:
    """What a server's error object means, for the request that it answers.

    NORMAL is an error that can be passed over: what was wanted is the case. The session lives on
    unless a close follows.

    Args:
        failure: The error; `code` is the server's code.
        rules: The provider's rows.
        error_type: The server's name for the kind of error, which decides where no row knows the
            code.

    Returns:
        What may come of the same request, and *failure* with `retryable` and `hint` filled in.

    Example:
        >>> refused = Failure(kind="provider", message="no such setting", code="unknown_parameter")
        >>> fate, failure = judge_error(refused)
        >>> fate, failure.retryable
        (<Fate.FATAL: 'fatal'>, False)
    """
    errors = [rule for rule in rules if rule.kind == "error"]
    by_code = (rule for rule in errors if _fits(rule, failure.code, failure.message))
    by_type = (rule for rule in errors if error_type is not None and error_type in rule.codes)
    shared = (rule for rule in SHARED_RULES if rule.kind == "error")
    rule = next(chain(by_code, by_type, shared))
    retryable = rule.fate in (Fate.RETRYABLE, Fate.RENEW)
    return rule.fate, attrs.evolve(failure, retryable=retryable, hint=failure.hint or rule.hint)


def judge_unopened(
    error: RealtimeConnectionError, *, rules: Sequence[Rule] = (), unix_time: float | None = None
) -> Verdict:
    """What it means that a connection could not be opened.

    A handshake that was rejected is judged by its HTTP status and the words of its body. A server
    that cannot be reached, or not in time, may be there later.

    Args:
        error: Why it could not.
        rules: The provider's rows.
        unix_time: Seconds since 1970, to understand a Retry-After that is a date.

    Example:
        >>> busy = HandshakeRejected("503", status=503, headers={"retry-after": "7"})
        >>> verdict = judge_unopened(busy)
        >>> verdict.fate, verdict.retry_after_s
        (<Fate.RETRYABLE: 'retryable'>, 7.0)
    """
    if isinstance(error, HandshakeRejected):
        code: int | str | None = error.status
        words = error.body.decode("utf-8", "replace")
        retry_after_s = _retry_after_s(error, unix_time)
    else:
        code, words, retry_after_s = error.code, error.message, None
    rows = (
        rule
        for rule in (*rules, *SHARED_RULES)
        if rule.kind == "status"
        and _fits(rule, code, words)
        and (rule.codes or isinstance(error, HandshakeRejected))
    )
    rule = next(rows, None)
    fate = Fate.RETRYABLE if rule is None else rule.fate
    hint = None if rule is None else rule.hint
    failure = Failure(
        kind="lost",
        message=f"{error.message} ({hint})" if hint else error.message,
        code=error.code,
        phase="handshake",
        retryable=fate is Fate.RETRYABLE,
        hint=hint,
    )
    return Verdict(fate=fate, failure=failure, retry_after_s=retry_after_s)


def with_hint(error: HandshakeRejected, *, rules: Sequence[Rule] = ()) -> HandshakeRejected:
    """The same error, with what to look at where that is known.

    Example:
        >>> print(with_hint(HandshakeRejected("the server refused", status=401)))
        [401] the server refused (check the API key)
    """
    verdict = judge_unopened(error, rules=rules)
    if verdict.failure is None or verdict.failure.hint is None:
        return error
    return HandshakeRejected(
        verdict.failure.message,
        status=error.status,
        headers=error.headers,
        body=error.body,
        hint=verdict.failure.hint,
    )


def _fits(rule: Rule, code: int | str | None, words: str) -> bool:
    return (not rule.codes or code in rule.codes) and _says(rule, words)


def _says(rule: Rule, words: str) -> bool:
    heard = words.lower()
    return not rule.says or any(part.lower() in heard for part in rule.says)


def _ending(rules: Sequence[Rule], reason: str, said: Failure | None) -> Iterator[Rule]:
    """The rows for errors that end sessions, where the server named one."""
    named = set(reason.split("."))
    for rule in rules:
        if rule.kind == "error" and rule.ends_session:
            by_reason = bool(named.intersection(rule.codes)) and not rule.says
            if by_reason or (said is not None and _fits(rule, said.code, said.message)):
                yield rule


def _words_of(said: Failure | None) -> str:
    return "" if said is None else str(said.to_exception())


def _lost_message(code: int | None, words: str, *, phase: LostPhase, hint: str | None) -> str:
    if code is None and words:  # our own, of why we ended it
        message = f"the connection ended ({phase})"
    elif code is None:
        message = f"the connection broke without a close frame ({phase})"
    else:
        message = f"the server closed the connection ({phase}) with {code}"
    if words:
        message = f"{message}: {words:.200}"
    return f"{message} ({hint})" if hint else message


def _retry_after_s(error: HandshakeRejected, unix_time: float | None) -> float | None:
    ms = error.headers.get("retry-after-ms", "").strip()
    if ms.isascii() and ms.isdigit() and len(ms) < 13:  # OpenAI's and Azure's, which is finer
        return float(ms) / 1000
    text = error.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    at = parse_http_date(text)
    return None if at is None or unix_time is None else max(0.0, at - unix_time)


def _close(fate: Fate, *codes: int | None, hint: str | None = None) -> Rule:
    return Rule(kind="close", fate=fate, codes=codes, hint=hint)


def _status(fate: Fate, *codes: int | str, hint: str | None = None) -> Rule:
    return Rule(kind="status", fate=fate, codes=codes, hint=hint)


SHARED_RULES: Final = (
    # Closes. A normal close of a session that was never ready tells nobody what was wrong with it.
    Rule(kind="close", fate=Fate.NORMAL, codes=(1000,), phases=("open", "going away")),
    # Transport and server trouble: gone away, no code, no close frame, internal error, restart,
    # try again later, bad gateway, TLS.
    _close(Fate.RETRYABLE, None, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015),
    _close(Fate.FATAL, 1002, hint="one side broke the WebSocket protocol"),
    _close(Fate.FATAL, 1003, hint="the server does not take this kind of message"),
    _close(Fate.FATAL, 1009, hint="a message was too large for the server"),
    _close(Fate.FATAL, 3000, hint="check the API key"),
    _close(Fate.FATAL, 3003, hint="the API key may not do this"),
    _close(Fate.RETRYABLE, 3008),
    # 1007 (invalid data), 1008 (policy), 1010 (extension), 4000-4999 (the server's own), unknown
    # ones: it objects to something that was asked of it.
    _close(Fate.FATAL),
    # Errors: the request was refused, and would be again.
    Rule(kind="error", fate=Fate.FATAL),
    # Handshakes.
    _status(Fate.FATAL, 300, 301, 302, 303, 307, 308, hint="redirects are not followed"),
    _status(Fate.FATAL, 401, hint="check the API key"),
    _status(Fate.FATAL, 403, hint="the API key may not do this"),
    _status(Fate.FATAL, 404, hint="check the URL and the name of the model"),
    _status(Fate.FATAL, 407, hint="the proxy wants a user name and a password"),
    _status(Fate.FATAL, 426, hint="check the URL: this is no WebSocket endpoint"),
    _status(Fate.RETRYABLE, 408, 425, *range(500, 600)),
    # No handshake at all: whoever answers cannot show that it is the server.
    _status(Fate.FATAL, "certificate"),
    _status(Fate.RETRYABLE, 429, hint="too many requests or sessions at once"),
    _status(Fate.FATAL),
)
"""What holds for every server. Each kind ends in a row that always applies."""
