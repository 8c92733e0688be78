"""What the ends and errors of OpenAI Realtime mean, and of the servers that speak it.

A close repeats the error that came before it, as `type` or `type.code`, so most of what a close
means is told by the rows for errors. The key and the model are checked after the handshake: a
refusal comes as an error and a close on an open socket, from gateways and Azure also as HTTP.

Source: recorded traffic of 2026-07 to 2026-09, openai-python 3.54.0, and the issue trackers of
clients, as of 2026-11.
"""

from __future__ import annotations

from typing import Final

from realtime_proto.closing import Fate, Rule

__all__ = ("RULES",)

_KEY: Final = "check the API key"
_MODEL: Final = "check the name of the model"
_NO_CREDIT: Final = "the account has no credit left"
_EXPIRED: Final = "the session reached its longest duration: connect again"


def _error(fate: Fate, *codes: str, hint: str | None = None) -> Rule:
    return Rule(kind="error", fate=fate, codes=codes, hint=hint)


def _end(fate: Fate, *codes: str, hint: str | None = None) -> Rule:
    return Rule(kind="error", fate=fate, codes=codes, hint=hint, ends_session=True)


RULES: Final = (
    # 1001 "Your session hit the maximum duration of 60 minutes."
    Rule(kind="close", fate=Fate.RENEW, codes=(1001,), says=("maximum duration",), hint=_EXPIRED),
    Rule(kind="close", fate=Fate.FATAL, codes=(3000,), hint=_KEY),
    Rule(kind="close", fate=Fate.FATAL, codes=(4000,), hint="the server refuses the request"),
    Rule(kind="close", fate=Fate.FATAL, codes=(4004,), hint=_MODEL),
    # Errors about the session.
    _end(Fate.FATAL, "invalid_api_key", hint=_KEY),
    Rule(kind="error", fate=Fate.FATAL, says=("missing bearer",), ends_session=True, hint=_KEY),
    _end(Fate.FATAL, "missing_model", "invalid_model", "model_not_found", hint=_MODEL),
    _end(
        Fate.FATAL, "beta_api_shape_disabled", hint="the server no longer speaks the beta protocol"
    ),
    _end(Fate.FATAL, "insufficient_quota", "billing_hard_limit_reached", hint=_NO_CREDIT),
    _end(Fate.FATAL, "account_deactivated", hint="the account was deactivated"),
    _end(Fate.RENEW, "session_expired", hint=_EXPIRED),
    # Azure says it without a code, as the reason of a failed response.
    Rule(
        kind="error",
        fate=Fate.RENEW,
        says=("maximum duration",),
        ends_session=True,
        hint=_EXPIRED,
    ),
    _end(Fate.RETRYABLE, "rate_limit_exceeded", hint="too many requests or tokens for now"),
    # Errors about one request.
    _error(Fate.RETRYABLE, "server_error", "inference_rate_limit_exceeded"),
    # The races between what the server decides and what the client asks. Older servers name them
    # in words only.
    _error(Fate.NORMAL, "response_cancel_not_active", "item_truncate_invalid_item_id"),
    _error(Fate.RETRYABLE, "conversation_already_has_active_response"),
    Rule(kind="error", fate=Fate.RETRYABLE, says=("already has an active response",)),
    _error(
        Fate.FATAL,
        "input_audio_buffer_commit_empty",
        hint="there were less than 100 ms of audio to commit",
    ),
    _error(Fate.FATAL, "cannot_update_voice", hint="the voice is fixed once the model has spoken"),
    _error(Fate.FATAL, "unknown_parameter", hint="the server does not know the setting in `param`"),
    _error(
        Fate.FATAL,
        "DeploymentNotFound",
        hint="Azure wants the name of a deployment where OpenAI has the name of a model",
    ),
    # HTTP.
    Rule(
        kind="status",
        fate=Fate.FATAL,
        codes=(429,),
        says=("insufficient_quota", "billing_hard_limit_reached"),
        hint=_NO_CREDIT,
    ),
    Rule(
        kind="status",
        fate=Fate.FATAL,
        codes=(404,),
        says=("DeploymentNotFound",),
        hint="check the name of the deployment",
    ),
)
"""The first that applies counts."""
