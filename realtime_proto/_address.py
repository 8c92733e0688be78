"""Addresses and credentials, checked before anything touches a network.

A base URL is what the vendors' own packages take: http(s):// or ws(s)://, a host and perhaps a path
to put theirs below. It holds no credential and no query. A key is visible ASCII: white space around
it is what files and shells leave there and is taken off, anything else inside would let it write
headers of its own. No message shows a key, or a URL's user and query.
"""

from __future__ import annotations

import re
from typing import Any, Final, get_args
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from realtime_proto.errors import ConfigurationError
from realtime_proto.secret import Secret

__all__ = (
    "Base",
    "credential",
    "header_value",
    "labelled",
    "one_of",
    "path_segment",
    "query_of",
)

_WEBSOCKET: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_HTTP: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Base:
    """A server's base URL.

    Args:
        url: The URL, as given.
        whose: Whose it is, for the error.
        example: What it should look like.

    Raises:
        ConfigurationError: It is no base URL.
    """

    def __init__(self, url: object, *, whose: str, example: str) -> None:
        expected = f"the {whose} base URL must look like {example}"
        if not isinstance(url, str) or not url.isprintable() or " " in url:
            raise ConfigurationError(expected, code="invalid_base_url")
        try:
            parts = urlsplit(url)
            has_port = parts.port is None or parts.port > 0
        except ValueError:
            raise ConfigurationError(expected, code="invalid_base_url") from None
        if parts.scheme not in _WEBSOCKET or not parts.hostname or not has_port:
            raise ConfigurationError(expected, code="invalid_base_url")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ConfigurationError(
                f"{expected}: without a user, a query or a fragment", code="invalid_base_url"
            )
        self._parts: SplitResult = parts

    def websocket(self, path: str, query: str = "") -> str:
        """The WebSocket URL of a path below it."""
        return self._url(_WEBSOCKET, path, query)

    def http(self, path: str) -> str:
        """The HTTP URL of a path below it."""
        return self._url(_HTTP, path, "")

    def without_suffix(self, suffix: str) -> Base:
        """The same without the end of its path, where it ends like that."""
        path = self._parts.path.rstrip("/").removesuffix(suffix)
        cut = Base.__new__(Base)
        cut._parts = self._parts._replace(path=path)
        return cut

    def _url(self, schemes: dict[str, str], path: str, query: str) -> str:
        parts = self._parts
        below = f"{parts.path.rstrip('/')}/{path}"
        return urlunsplit((schemes[parts.scheme], parts.netloc, below, query, ""))


def credential(key: Secret, *, what: str = "the API key", as_token: bool = False) -> str:
    """What a key holds, fit for a header.

    Args:
        key: The key.
        what: What it is, for the error.
        as_token: It must fit into a WebSocket subprotocol, which has fewer characters.

    Raises:
        ConfigurationError: It is empty, or holds what may not stand there.
    """
    if not isinstance(key, Secret):
        raise ConfigurationError(
            f"{what} must be a Secret, not {type(key).__name__}", code="invalid_key"
        )
    # No frame that raises has the plain text in a variable: tracebacks can show those.
    fault = _fault(key.reveal().strip(), as_token=as_token)
    if fault is not None:
        raise ConfigurationError(f"{what} {fault}", code="invalid_key")
    return key.reveal().strip()


def _fault(text: str, *, as_token: bool) -> str | None:
    if not text:
        return "is empty"
    if not (text.isascii() and text.isprintable() and " " not in text):
        return "holds a space, a line break or a character that no key has"
    if as_token and not _TOKEN.fullmatch(text):
        return "holds a character that a WebSocket subprotocol cannot carry"
    return None


def labelled(label: str, key: Secret, *, what: str = "the API key") -> Secret:
    """A key with a word before it: "Bearer ..."."""
    return Secret(f"{label} {credential(key, what=what)}")


def path_segment(value: object, *, what: str) -> str:
    """A name fit to stand in a path or a host.

    Raises:
        ConfigurationError: It is empty or holds a character that names do not have.
    """
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9._:-]+", value):
        raise ConfigurationError(f"{what} is no name: {value!r:.60}", code="invalid_config")
    return value


def query_of(*pairs: tuple[str, str]) -> str:
    """A query string; the values are quoted.

    Raises:
        ConfigurationError: A value is no text that a URL can carry.
    """
    return "&".join(f"{name}={_quoted(value, name)}" for name, value in pairs)


def _quoted(value: object, name: str) -> str:
    try:
        if isinstance(value, str):
            return quote(value, safe="")
    except UnicodeEncodeError:
        pass
    raise ConfigurationError(f"{name} is no text that a URL can carry", code="invalid_config")


def header_value(value: object, *, what: str) -> str:
    """A value fit for a header.

    Raises:
        ConfigurationError: It is empty, or holds a character that would end the header.
    """
    text = value if isinstance(value, str) else ""
    if not (text.strip() and text.isascii() and text.isprintable()):
        raise ConfigurationError(
            f"{what} is no text that a header can carry: {value!r:.60}", code="invalid_config"
        )
    return text.strip()


def one_of(value: object, choices: Any, *, what: str) -> None:
    """Refuse what is none of the values of a Literal.

    Raises:
        ConfigurationError: It is none of them.
    """
    known = get_args(choices)
    if value not in known:
        raise ConfigurationError(
            f"{what} is one of {', '.join(map(repr, known))}, not {value!r:.60}",
            code="invalid_config",
        )
