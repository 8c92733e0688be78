"""Takes credentials out of text before it is kept: what looks like one, wherever it stands.

A `Redactor` is a list of named patterns. What a pattern finds is replaced by its name in angle
brackets, which is legal within a JSON string and within a URL, so that a redacted frame is still a
frame. Where a pattern has a group, only the group is replaced: the name of a header or of a query
parameter stays.

Audio is not searched: base64 can look like anything. Callers cut it out before (see recording).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ("PATTERNS", "Kept", "Redactor")

MAX_PATTERNS: Final = 64
"""Of the user's own. Each is searched for in every frame."""

_QUOTES: Final = r"""\\?["']"""

PATTERNS: Final[Mapping[str, str]] = {
    "openai-key": r"(?<![\w-])sk-[\w-]{8,}",
    "ephemeral-key": r"(?<![\w-])ek_\w{8,}",
    "google-key": r"(?<![\w-])AIza[\w-]{20,}",
    "google-token": r"(?<![\w-])(?:ya29\.[\w.-]{8,}|auth_tokens/[\w.-]{8,})",
    "jwt": r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    "bearer": r"(?i:bearer|basic)\s+([\w.~+/-]{8,}=*)",
    "query": r"(?i:[?&](?:api[_-]?key|key|access_token|token|sig)=)([^&\s\"'\\#]+)",
    "header": (
        r"(?i:(?:proxy-)?authorization|x-goog-api-key|api-key|(?:set-)?cookie)"
        rf"{_QUOTES}?\s*[:=]\s*(?:{_QUOTES})?([^\s\"'\\,}}\]][^\"'\\,}}\]\r\n]*)"
    ),
    "subprotocol": r"openai-insecure-api-key\.([\w-]+)",
}
"""What is searched for by default: the vendors' keys and tokens, and the places where others stand.

Source: the vendors' documentation of their keys, RFC 6750, RFC 7519; as of 2026-11.
"""


HINTS: Final = (
    *("sk-", "ek_", "aiza", "ya29.", "auth_tokens/", "eyj", "bearer", "basic"),
    *("key=", "token=", "sig=", "authorization", "api-key", "cookie"),
)
"""One of them is, in small letters, in every ASCII text where PATTERNS find something. Nearly all
texts have none, and are searched for that alone."""

_Ready: TypeAlias = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_SECRET_NAMES: Final = frozenset(
    {"authorization", "proxy-authorization", "x-goog-api-key", "api-key", "api_key", "cookie"}
)


class Redactor:
    """Replaces what looks like a credential.

    Args:
        extra: Regular expressions of your own; what they find becomes "<redacted:custom-1>" and so
            on. With a group, the group alone.
        is_on: False leaves all text as it is.

    Raises:
        ConfigurationError: A pattern is no regular expression, or finds the empty text.

    Example:
        >>> Redactor().clean("wss://host/v1?model=m&key=abc123")
        'wss://host/v1?model=m&key=<redacted:query>'
    """

    def __init__(self, extra: Iterable[str] = (), *, is_on: bool = True) -> None:
        if isinstance(extra, str) or not hasattr(extra, "__iter__"):
            raise ConfigurationError("patterns to redact are several: give a tuple of texts")
        named: dict[str, str] = {}
        for n, pattern in enumerate(extra, 1):
            if n > MAX_PATTERNS:
                raise ConfigurationError(f"at most {MAX_PATTERNS} patterns to redact")
            named[f"custom-{n}"] = pattern
        self._own = _ready(PATTERNS) if is_on else {}
        self._extra = _ready(named)
        self._patterns = {**self._own, **self._extra}

    @property
    def names(self) -> tuple[str, ...]:
        """What is searched for, as a recording's head names it."""
        return tuple(self._patterns)

    def clean(self, text: str) -> str:
        """*text* without what looks like a credential."""
        patterns = self._extra if self._own and _holds_none(text) else self._patterns
        for pattern, replaced in patterns.values():
            text = pattern.sub(replaced, text)
        return text

    def clean_json(self, value: Any, *, key: str = "") -> Any:
        """JSON without what looks like a credential, in its strings or by the name of a member.

        Args:
            value: JSON; a `Kept` string in it is left as it is.
            key: The name under which it stands.
        """
        kind = value.__class__
        if kind is str:
            is_secret = "header" in self._patterns and key.lower() in _SECRET_NAMES
            return "<redacted:header>" if is_secret and value else self.clean(value)
        if kind is dict:
            return {name: self.clean_json(item, key=name) for name, item in value.items()}
        if kind is list:
            return [self.clean_json(item, key=key) for item in value]
        return value


class Kept(str):
    """Text that is no text to search: base64, a hash, the name of a file of ours."""

    __slots__ = ()


def _ready(named: Mapping[str, str]) -> dict[str, _Ready]:
    return {
        name: (_compiled(pattern), partial(_replaced, name=name)) for name, pattern in named.items()
    }


def _holds_none(text: str) -> bool:
    """Whether nothing of PATTERNS can be in *text*, which is cheaper to know than to search it."""
    return text.isascii() and not any(map(text.lower().__contains__, HINTS))


def _compiled(pattern: object) -> re.Pattern[str]:
    if not isinstance(pattern, str):
        raise ConfigurationError(f"a pattern to redact is text, not {type(pattern).__name__}")
    try:
        compiled = re.compile(pattern)
    except re.error as exc:
        raise ConfigurationError(f"a pattern to redact is malformed: {exc}") from None
    if compiled.search("") is not None:
        raise ConfigurationError("a pattern to redact must not find the empty text")
    return compiled


def _replaced(found: re.Match[str], *, name: str) -> str:
    marker = f"<redacted:{name}>"
    if not found.re.groups or found.group(1) is None:
        return marker
    start, end = found.start(1) - found.start(), found.end(1) - found.start()
    whole = found.group()
    if whole[start:].startswith("<redacted:"):
        return whole  # an earlier pattern was here
    return whole[:start] + marker + whole[end:]
