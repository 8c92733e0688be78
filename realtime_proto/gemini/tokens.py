"""Short-lived tokens of the Gemini Developer API, for clients that must not see the API key.

A server of yours asks for one over HTTP and hands it on; the client uses it as a key. What the
session is to be can be fixed in it: what a client then says of a fixed field is passed over in
silence. A session that is resumed does not use a token up again.

Source: ai.google.dev, Ephemeral tokens, 2026-10; google-genai 3.4.0. Not on Vertex.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

from attrs import field, frozen

from realtime_proto._address import credential, path_segment
from realtime_proto._codec import Codec, Mismatch
from realtime_proto._json import JsonObject
from realtime_proto._utc import rfc3339
from realtime_proto.errors import ConfigurationError, RemoteProtocolError
from realtime_proto.gemini.endpoint import TOKEN_API_VERSION, TOKEN_PREFIX, base_of
from realtime_proto.rest import RestRequest, json_request, read_answer
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_proto.gemini.events import Setup

__all__ = ("AuthToken", "auth_token_request", "parse_auth_token")

_CODEC: Final = Codec(camel=True, tagged=False)
_WHAT: Final = "an ephemeral token"


@final
@frozen(kw_only=True)
class AuthToken:
    """A short-lived token.

    Args:
        value: The token, "auth_tokens/...": give it where a key is wanted.
        details: What else the server said of it.
    """

    value: Secret
    details: JsonObject = field(repr=False)


def auth_token_request(
    setup: Setup | None = None,
    *,
    key: Secret,
    uses: int | None = None,
    expires_at: float | None = None,
    new_session_until: float | None = None,
    locked: Sequence[str] | None = None,
    base_url: str | None = None,
    api_version: str = TOKEN_API_VERSION,
) -> RestRequest:
    """The request for a token.

    Args:
        setup: What is fixed of the session; None fixes nothing.
        key: The API key.
        uses: How many sessions may be opened; 0 for any number, None for the server's default, one.
        expires_at: Until when messages are taken, in seconds since 1970; None for half an hour from
            now. At most twenty hours.
        new_session_until: Until when a session may be opened, in seconds since 1970; None for a
            minute from now.
        locked: The fields of *setup* that are fixed, as paths in camelCase
            ("generationConfig.temperature"); None fixes all of it, and that nothing else is said.
        base_url: Another server's base.
        api_version: The API's version.

    Raises:
        ConfigurationError: The base URL is none, the key cannot be sent, a number is none, a path
            is locked without a set-up, or the set-up holds a value of the wrong type.

    Example:
        >>> request = auth_token_request(key=Secret("AIza"), uses=3, expires_at=1780000000)
        >>> request.url
        'https://generativelanguage.googleapis.com/v1alpha/auth_tokens'
        >>> request.body
        '{"uses":3,"expireTime":"2026-05-28T20:26:40Z"}'
    """
    _check_number("uses", uses, (int,))
    _check_number("expires_at", expires_at, (int, float))
    _check_number("new_session_until", new_session_until, (int, float))
    if locked is not None and setup is None:
        raise ConfigurationError("there is no set-up to lock fields of", code="invalid_config")
    body: dict[str, Any] = {}
    if uses is not None:
        body["uses"] = uses
    if expires_at is not None:
        body["expireTime"] = rfc3339(expires_at)
    if new_session_until is not None:
        body["newSessionExpireTime"] = rfc3339(new_session_until)
    if setup is not None:
        body["bidiGenerateContentSetup"] = _packed(setup)
    if locked is not None:
        body["fieldMask"] = ",".join(locked)
    version = path_segment(api_version, what="the API version")
    return json_request(
        base_of(base_url).http(f"{version}/auth_tokens"),
        credential=("x-goog-api-key", Secret(credential(key))),
        body=body,
    )


def parse_auth_token(body: bytes | str, *, status: int = 200) -> AuthToken:
    """What the server answered.

    Raises:
        ProviderError: The server refused.
        RemoteProtocolError: The answer is no token.

    Example:
        >>> parse_auth_token('{"name":"auth_tokens/abc"}').value
        Secret('***')
    """
    answer = read_answer(body, status=status, what=_WHAT)
    name = answer.pop("name", None)
    if not isinstance(name, str) or not name.startswith(TOKEN_PREFIX):
        raise RemoteProtocolError(f"the answer is not {_WHAT}: $.name", paths=("$.name",))
    return AuthToken(value=Secret(name), details=answer)


def _check_number(name: str, value: object, kinds: tuple[type, ...]) -> None:
    # 1e11 is the year 5138; a time in milliseconds is beyond it.
    if value is not None and not (value.__class__ in kinds and 0 <= value < 1e11):  # type: ignore[operator]
        raise ConfigurationError(
            f"a token's {name} must be a number from 0 on, in seconds where it is a time, "
            f"not {value!r:.60}",
            code="invalid_config",
        )


def _packed(setup: Setup) -> JsonObject:
    try:
        packed: JsonObject = _CODEC.unstructure(setup)
    except Mismatch as mismatch:
        raise ConfigurationError(f"the set-up: {mismatch}", code="invalid_config") from None
    return packed
