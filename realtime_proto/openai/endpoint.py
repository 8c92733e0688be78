"""Where OpenAI Realtime is reached: URL, headers, subprotocols.

One of three things makes a connection what it is: the model of a new voice session, the id of a
call that WebRTC or SIP carries and that the connection watches and controls ("sideband"), or the
intent to transcribe. Translation has a path of its own. Azure and xAI, which
speak the protocol too, are in `azure` and `xai`.

The key goes into a header. A browser cannot send one; what stands in for it there, a subprotocol,
is offered for who must look like a browser.

Source: OpenAI API reference, openai-python 3.54.0, openai-node 2026-11; as of 2026-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

from attrs import frozen

from realtime_proto._address import Base, credential, header_value, labelled, one_of, query_of
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = (
    "DEFAULT_BASE_URL",
    "DEFAULT_MODEL",
    "DEFAULT_TRANSLATION_MODEL",
    "Account",
    "Carrier",
    "endpoint",
    "sideband_endpoint",
    "transcription_endpoint",
    "translation_endpoint",
)

DEFAULT_BASE_URL: Final = "wss://api.openai.com/v1"
DEFAULT_MODEL: Final = "gpt-realtime"
DEFAULT_TRANSLATION_MODEL: Final = "gpt-realtime-translate"

Carrier: TypeAlias = Literal["header", "subprotocol"]
"""Where the key goes."""


@final
@frozen(kw_only=True)
class Account:
    """On whose behalf a key is used, where the key alone does not say.

    Args:
        organization: The organization to bill.
        project: The project to bill.
        safety_identifier: A stable name for your user, hashed by you.
    """

    organization: str | None = None
    project: str | None = None
    safety_identifier: str | None = None


def endpoint(
    model: str | None,
    *,
    key: Secret,
    base_url: str | None = None,
    account: Account | None = None,
    carrier: Carrier = "header",
    is_beta: bool = False,
) -> Endpoint:
    """The endpoint of a voice session.

    Args:
        model: The model's name; None takes `DEFAULT_MODEL`.
        key: An API key or an ephemeral `ek_` key.
        base_url: Another server's base, as the vendor's own packages take it:
            "http://127.0.0.1:8000/v1".
        account: On whose behalf.
        carrier: Where the key goes.
        is_beta: Ask for the protocol as it was before 2025-08, which OpenAI itself no longer
            speaks and some servers still do.

    Raises:
        ConfigurationError: The base URL is none, or the key or the account cannot be sent.

    Example:
        >>> endpoint(None, key=Secret("sk-1"), base_url="http://127.0.0.1:8000/v1").url
        'ws://127.0.0.1:8000/v1/realtime?model=gpt-realtime'
    """
    query = query_of(("model", model or DEFAULT_MODEL))
    return _endpoint("realtime", query, key, base_url, account, carrier, is_beta=is_beta)


def sideband_endpoint(
    call_id: str,
    *,
    key: Secret,
    base_url: str | None = None,
    account: Account | None = None,
    carrier: Carrier = "header",
) -> Endpoint:
    """The endpoint that watches and controls a call which WebRTC or SIP carries.

    No `session.created` comes on it, and no audio.

    Args:
        call_id: The call's id, "rtc_...": see `calls`.
        key: An API key.
        base_url: As for `endpoint`.
        account: On whose behalf.
        carrier: Where the key goes.

    Raises:
        ConfigurationError: There is no call id, the base URL is none, or the key cannot be sent.
    """
    if not call_id:
        raise ConfigurationError("a sideband connection needs the id of its call", code="no_call")
    return _endpoint("realtime", query_of(("call_id", call_id)), key, base_url, account, carrier)


def transcription_endpoint(
    *,
    key: Secret,
    base_url: str | None = None,
    account: Account | None = None,
    carrier: Carrier = "header",
) -> Endpoint:
    """The endpoint of a session that only transcribes. Its model is named by `session.update`.

    Raises:
        ConfigurationError: The base URL is none, or the key cannot be sent.
    """
    query = query_of(("intent", "transcription"))
    return _endpoint("realtime", query, key, base_url, account, carrier)


def translation_endpoint(
    model: str | None = None,
    *,
    key: Secret,
    base_url: str | None = None,
    account: Account | None = None,
    carrier: Carrier = "header",
) -> Endpoint:
    """The endpoint of a session that only translates speech, with events of its own.

    Raises:
        ConfigurationError: The base URL is none, or the key cannot be sent.
    """
    query = query_of(("model", model or DEFAULT_TRANSLATION_MODEL))
    return _endpoint("realtime/translations", query, key, base_url, account, carrier)


def _endpoint(
    path: str,
    query: str,
    key: Secret,
    base_url: str | None,
    account: Account | None,
    carrier: Carrier,
    *,
    is_beta: bool = False,
) -> Endpoint:
    one_of(carrier, Carrier, what="carrier")
    base = Base(base_url or DEFAULT_BASE_URL, whose="OpenAI", example="https://host/v1")
    headers: list[tuple[str, str | Secret]] = []
    subprotocols: list[str | Secret] = []
    if carrier == "header":
        headers.append(("Authorization", labelled("Bearer", key)))
        if is_beta:
            headers.append(("OpenAI-Beta", "realtime=v1"))
    else:
        secret = Secret(f"openai-insecure-api-key.{credential(key, as_token=True)}")
        subprotocols += ["realtime", secret]
        if is_beta:
            subprotocols.append("openai-beta.realtime-v1")
    return Endpoint(
        url=base.websocket(path, query),
        headers=(*headers, *_account_headers(account)),
        subprotocols=tuple(subprotocols),
    )


def _account_headers(account: Account | None) -> Iterator[tuple[str, str]]:
    if account is not None:
        for name, value in (
            ("Organization", account.organization),
            ("Project", account.project),
            ("Safety-Identifier", account.safety_identifier),
        ):
            if value is not None:
                yield f"OpenAI-{name}", header_value(value, what=f"the account's {name.lower()}")
