"""What may be sent in a handshake, and what may be shown of it.

Values that cannot be sent are refused here, before a library sees them that would put them into its
exception. A refusal names what is wrong and where, and shows nothing: it may be a key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

from realtime_proto.errors import ConfigurationError
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = (
    "Unquote",
    "check_header",
    "check_request",
    "redacted",
    "secrets_in",
    "text_of",
    "unquoting",
)

Unquote: TypeAlias = "Callable[[str | bytes], str | bytes]"
"""Gives a message without our keys."""

MIN_REDACTED_CHARS: Final = 6
"""A secret shorter than that is found in any text."""

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OURS: Final = re.compile(
    r"(?i:host|connection|upgrade|sec-websocket-.*|content-length|transfer-encoding)"
)
_SCHEME: Final = "Bearer "
_LABELS: Final = ("Bearer ", "Token ", "openai-insecure-api-key.")
"""What may stand in front of a key in a value; servers quote keys without it."""

_SECRET_QUERY: Final = re.compile(r"[?&](?:key|api_key|access_token|token)=([^&]+)")


def check_request(
    *,
    host: str,
    target: str | Secret,
    headers: Sequence[tuple[str, str | Secret]] = (),
    subprotocols: Sequence[str | Secret] = (),
) -> None:
    """Whether this can be sent.

    Raises:
        ConfigurationError: It cannot, as the message says without showing it.
    """
    _check(host, _VISIBLE, "the host name")
    _check(target, _VISIBLE, "the URL")
    for name, value in headers:
        check_header(name, value)
    for subprotocol in subprotocols:
        _check(subprotocol, _TOKEN, "a subprotocol")


def check_header(name: str, value: str | Secret) -> None:
    """Whether this header can be sent, and is not one of the handshake's own.

    Raises:
        ConfigurationError: As the message says without showing the value.
    """
    _check(name, _TOKEN, "a header's name")
    if _OURS.fullmatch(name):
        raise ConfigurationError(
            f"the header {name} is made by the WebSocket handshake and cannot be set",
            code="invalid_header",
        )
    what = "the API key" if isinstance(value, Secret) else f"the header {name}"
    _check(value, _HEADER_VALUE, what)


def _check(value: str | Secret, pattern: re.Pattern[str], what: str) -> None:
    fault = _fault(value, pattern)
    if fault is not None:
        raise ConfigurationError(f"{what} {fault}", code="invalid_header")


def _fault(value: str | Secret, pattern: re.Pattern[str]) -> str | None:
    text = text_of(value)
    if pattern.fullmatch(text):
        return None
    if isinstance(value, Secret):
        text = text.removeprefix(_SCHEME)
    if not text:
        return "is empty"
    match = pattern.match(text)
    position = 0 if match is None else match.end()
    return f"contains characters that cannot be sent in a header (position {position})"


def secrets_in(
    target: str | Secret,
    headers: Sequence[tuple[str, str | Secret]],
    subprotocols: Sequence[str | Secret],
) -> list[Secret]:
    """What of a request must not be seen."""
    found = [v for v in (*(v for _, v in headers), *subprotocols) if isinstance(v, Secret)]
    for value in _SECRET_QUERY.findall(text_of(target)):
        found += [Secret(value), Secret(unquote(value))]
    return found


def redacted(data: bytes, secrets: Sequence[Secret]) -> bytes:
    """What a server said, without our keys: servers quote those they refuse."""
    for secret in secrets:
        for text in _forms(secret):
            data = re.sub(re.escape(text.encode()), b"***", data, flags=re.IGNORECASE)
    return data


def _forms(secret: Secret) -> list[str]:
    """As what a secret may be quoted: as it was sent, and without what stood in front."""
    whole = secret.reveal()
    texts = dict.fromkeys((whole, *(whole.removeprefix(label) for label in _LABELS)))
    return [text for text in texts if len(text) >= MIN_REDACTED_CHARS]


def unquoting(secrets: Sequence[Secret]) -> Unquote:
    """What takes our keys out of what a server says on a WebSocket.

    A function, because what it knows must not be seen by who looks at objects.
    """
    texts = tuple(min(forms, key=len) for secret in secrets if (forms := _forms(secret)))
    data = tuple(text.encode() for text in texts)

    def without_keys(message: str | bytes) -> str | bytes:
        if isinstance(message, str):
            for text in texts:
                if text in message:
                    return redacted(message.encode(), secrets).decode()
        else:
            for piece in data:
                if piece in message:
                    return redacted(message, secrets)
        return message

    return without_keys


def text_of(value: str | Secret) -> str:
    """What goes on the wire. Only for functions that do not raise: see _handshake's head."""
    return value.reveal() if isinstance(value, Secret) else value
