"""HTTP requests as values, for the little that is done over HTTP: short-lived credentials, calls.

The core makes the request and reads the answer; sending it is yours, with any HTTP client. Where a
value is a `Secret`, reveal it as you hand it over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

from attrs import field, frozen

from realtime_proto._json import check_json, dumps, loads
from realtime_proto.errors import ConfigurationError, ProviderError, RemoteProtocolError
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from realtime_proto._json import JsonObject

__all__ = ("RestRequest", "json_request", "read_answer")

_MESSAGE_LIMIT: Final = 200
_NAME_LIMIT: Final = 100
"""Characters of a server's own words and names that are kept."""


@final
@frozen(kw_only=True)
class RestRequest:
    """An HTTP request.

    Args:
        method: "POST".
        url: http:// or https://, without a credential.
        headers: Names and values.
        body: What to send, as UTF-8; empty for none.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str | Secret], ...]
    body: str = field(default="", repr=lambda body: f"<{len(body)} characters>")


def json_request(
    url: str, *, credential: tuple[str, Secret], body: JsonObject | None = None
) -> RestRequest:
    """A POST of a JSON object, or of nothing.

    Args:
        url: Where to.
        credential: The header that holds the key.
        body: The object; None sends none.

    Raises:
        ConfigurationError: The body holds something that is not JSON.
    """
    if body is None:
        return RestRequest(method="POST", url=url, headers=(credential,))
    try:
        text = dumps(check_json(body))
    except ValueError as exc:
        raise ConfigurationError(f"the request's body: {exc}", code="invalid_config") from None
    headers = (("Content-Type", "application/json"), credential)
    return RestRequest(method="POST", url=url, headers=headers, body=text)


def read_answer(body: bytes | str, *, status: int, what: str) -> dict[str, Any]:
    """The JSON object of a successful answer.

    Args:
        body: What came.
        status: The HTTP status it came with.
        what: What was asked for, for the error.

    Raises:
        ProviderError: The status says that it was refused; the server's own words, where it has
            some.
        RemoteProtocolError: It is not a JSON object. Nothing of it is shown: it may hold a
            credential.
    """
    answer: dict[str, Any] | None
    try:
        answer = loads(body)
    except ValueError:
        answer = None
    if not 200 <= status < 300:
        raise _refused(answer or {}, status=status, what=what)
    if answer is None:
        raise RemoteProtocolError(f"the answer with {what} is not a JSON object")
    return answer


def _refused(answer: dict[str, Any], *, status: int, what: str) -> ProviderError:
    error = answer.get("error")
    said: dict[str, Any] = error if isinstance(error, dict) else {}
    words = said.get("message")
    message = f"the server refused {what} with HTTP {status}"
    if isinstance(words, str) and words:
        message = f"{message}: {words:.{_MESSAGE_LIMIT}}"
    return ProviderError(
        message,
        code=_name(said, "code") or _name(said, "status") or str(status),
        param=_name(said, "param"),
        retryable=status in (408, 429) or status >= 500,
    )


def _name(said: dict[str, Any], key: str) -> str | None:
    value = said.get(key)
    return value[:_NAME_LIMIT] if isinstance(value, str) else None
