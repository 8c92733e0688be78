"""What the ends and errors of Gemini Live mean.

This server reports nearly everything as the reason of a close, at most 123 bytes of it, and one
code stands for many causes: 1008 is a wrong model, a forgotten session and a rotation. So the words
decide, and where they do not, whether the server had announced that it goes away.

Source: the issue trackers of google-genai (Python, JavaScript), adk-python, livekit agents and
pipecat; google-genai 3.4.0 for the error object; as of 2026-11.
"""

from __future__ import annotations

from typing import Final

from realtime_proto.closing import Fate, Rule

__all__ = ("RULES",)

_KEY: Final = "check the API key"
_MODEL: Final = "check the name of the model, and whether this version of the API has it"
_QUOTA: Final = "the quota is used up"
_ROTATED: Final = "the server ends connections after about ten minutes: connect again"


def _close(fate: Fate, *codes: int, says: tuple[str, ...], hint: str) -> Rule:
    return Rule(kind="close", fate=fate, codes=codes, says=says, hint=hint)


def _status(*codes: str, fate: Fate, hint: str | None = None) -> Rule:
    return Rule(kind="error", fate=fate, codes=codes, hint=hint, ends_session=True)


RULES: Final = (
    _close(Fate.FATAL, says=("api key not valid", "api_key_invalid"), hint=_KEY),
    _close(
        Fate.FATAL,
        says=("unregistered callers",),
        hint="the credential is missing, or a token went where only keys are taken",
    ),
    _close(Fate.FATAL, says=("user location",), hint="the API is not offered where you are"),
    _close(
        Fate.FATAL,
        1011,
        says=("used too many times",),
        hint="the ephemeral token is used up: make a new one",
    ),
    # What was to be resumed is gone.
    Rule(
        kind="close",
        fate=Fate.RENEW,
        codes=(1008,),
        says=("requested entity was not found",),
        needs_resumption=True,
        forgets_resumption=True,
        hint="the session to resume is gone",
    ),
    _close(
        Fate.FATAL,
        1008,
        says=("is not found for api version", "publisher model", "requested entity was not found"),
        hint=_MODEL,
    ),
    # The announced end comes with any of these codes, and with words that speak of a deadline.
    Rule(
        kind="close",
        fate=Fate.RENEW,
        codes=(None, 1000, 1001, 1005, 1006, 1008, 1011, 1012, 1013),
        phases=("going away",),
        hint=_ROTATED,
    ),
    Rule(
        kind="close",
        fate=Fate.RENEW,
        codes=(1000,),
        phases=("open",),
        needs_resumption=True,
        hint=_ROTATED,
    ),
    _close(
        Fate.FATAL,
        1008,
        says=("not implemented, or supported, or enabled",),
        hint="this model does not do something that was asked of it",
    ),
    _close(Fate.RETRYABLE, 1008, 1011, says=("quota", "resource_exhausted"), hint=_QUOTA),
    _close(
        Fate.RETRYABLE, 1011, says=("deadline expired",), hint="the server gave up on the session"
    ),
    Rule(
        kind="close",
        fate=Fate.FATAL,
        codes=(1007,),
        hint="the model does not take a setting or a message that was sent",
    ),
    # The error object, by the name of its status.
    _status(
        "INVALID_ARGUMENT",
        "FAILED_PRECONDITION",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        fate=Fate.FATAL,
        hint="the model does not take a setting or a message that was sent",
    ),
    _status("UNAUTHENTICATED", fate=Fate.FATAL, hint=_KEY),
    _status("PERMISSION_DENIED", fate=Fate.FATAL, hint="the credential may not do this"),
    _status("NOT_FOUND", fate=Fate.FATAL, hint=_MODEL),
    _status("RESOURCE_EXHAUSTED", fate=Fate.RETRYABLE, hint=_QUOTA),
    _status("ABORTED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", fate=Fate.RETRYABLE),
    # HTTP: a bad key is a bad request here.
    Rule(
        kind="status",
        fate=Fate.FATAL,
        codes=(400, 403),
        says=("api key not valid", "api_key_invalid", "unregistered callers"),
        hint=_KEY,
    ),
)
"""The first that applies counts."""
