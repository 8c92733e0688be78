"""Which HTTP proxy leads to a server, and the way through it: CONNECT, and nothing else.

A proxy is named by the application or by the environment, in the variables that curl reads too. The
environment's is never taken for this machine itself. What a proxy's URL holds of a user and a
password is a Secret from the first moment and goes to the proxy alone.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import h11
from attrs import field, frozen

from realtime_io._headers import redacted
from realtime_io._map import GONE, UNPARSABLE
from realtime_proto.errors import ConfigurationError, HandshakeRejected, RealtimeConnectionError
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anyio.abc import ByteStream

__all__ = ("DIRECT", "Proxy", "ask_proxy", "proxy_for", "proxy_from")

DIRECT: Final = "direct"
"""As `proxy`: go without one, whatever the environment says."""

MAX_REPLY_BYTES: Final = 16 * 2**10
"""The head of a proxy's answer."""

_VARIABLES: Final[Mapping[bool, tuple[str, ...]]] = {
    True: ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
    False: ("http_proxy", "all_proxy", "ALL_PROXY"),
}
"""By whether the way is encrypted. HTTP_PROXY is left out, as curl does: in a CGI program it is a
header that the client sent."""

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}

_HOST: Final = re.compile(r"[\x21-\x7e]+")

_STATUS_HINTS: Final[Mapping[int, str]] = {
    403: "it does not allow this host and port",
    405: "it takes no CONNECT: is it a proxy?",
    407: "it wants a user and a password: http://user:password@host:port",
    502: "it cannot reach the server",
    503: "it cannot reach the server",
    504: "it cannot reach the server",
}


@frozen(kw_only=True)
class Proxy:
    """Where a proxy is. No part of it shows the password.

    Args:
        host: Its name or address.
        port: Its port.
        is_encrypted: Whether it is spoken to over TLS (https://).
        authorization: The value of Proxy-Authorization.
    """

    host: str
    port: int
    is_encrypted: bool = False
    authorization: Secret | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Host and port, to be named in errors."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{name}:{self.port}"


def proxy_for(
    host: str, port: int, *, is_encrypted: bool, environment: Mapping[str, str]
) -> Proxy | ConfigurationError | None:
    """The proxy that the environment names for a server; None where it is reached directly.

    Lower-case variables come before upper-case ones. `no_proxy` lists, between commas, names (which
    stand for all names below them, too), addresses, networks and `*`, each perhaps with a port.

    Args:
        host: The server's name or address.
        port: Its port.
        is_encrypted: Whether the server is spoken to over TLS.
        environment: The environment's variables.

    Returns:
        The proxy, None, or, to be raised where the environment is not at hand, what is wrong with
        the variable.
    """
    variable = next((name for name in _VARIABLES[is_encrypted] if environment.get(name)), None)
    if variable is None or _is_loopback(host):
        return None
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if any(_covers(entry, host, port) for entry in exempt.lower().split(",")):
        return None
    return proxy_from(Secret(environment[variable]), named_by=f"the environment's {variable}")


def proxy_from(url: Secret, *, named_by: str) -> Proxy | ConfigurationError:
    """The proxy of a URL such as http://user:password@host:3128, or of host:3128.

    Args:
        url: The URL. It is not shown in errors.
        named_by: The variable or argument that holds it, in words.

    Returns:
        The proxy, or, to be raised where the URL is not at hand, what is wrong with it.
    """
    text = url.reveal()
    wrong = _bad(named_by, "must look like http://host:port or http://user:password@host:port")
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return wrong
    if parts.scheme not in _PORTS:
        return _bad(named_by, "must be an http:// or https:// proxy: SOCKS is not supported")
    if not _HOST.fullmatch(host) or port is None:
        return wrong
    authorization = None
    if "@" in parts.netloc:
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        authorization = Secret(f"Basic {base64.b64encode(pair.encode()).decode()}")
    return Proxy(
        host=host, port=port, is_encrypted=parts.scheme == "https", authorization=authorization
    )


def _bad(named_by: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{named_by} {what}", code="invalid_proxy")


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host.lower().rstrip(".").rpartition(".")[2] == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of no_proxy means this server."""
    entry = entry.strip()
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdigit() and (":" not in name or name.endswith("]")):
        if int(digits) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*.").strip(".")
    if entry == "*":
        return True
    address = _address(host)
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name = host.lower().rstrip(".")
    return bool(entry) and (name == entry or name.endswith(f".{entry}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


async def ask_proxy(
    stream: ByteStream, proxy: Proxy, target: str
) -> RealtimeConnectionError | None:
    """Have the proxy behind *stream* connect us; after that the stream leads to the server.

    Args:
        stream: Connected to the proxy. It stays the caller's.
        proxy: Which one it is.
        target: The server's host and port.

    Returns:
        None once the stream leads to the server; else what the proxy did instead.
    """
    name = f"the proxy {proxy.address}"
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_REPLY_BYTES)
    try:
        await stream.send(_request(connection, proxy, target))
    except GONE:
        return RealtimeConnectionError(f"{name} closed the connection before it was asked anything")
    answer = await _hear(stream, connection)
    if isinstance(answer, str):
        return RealtimeConnectionError(f"{name} {answer}: is it an HTTP proxy?")
    if answer.status_code // 100 != 2:
        return _refused(answer, name, target, proxy.authorization)
    if connection.trailing_data[0]:
        return RealtimeConnectionError(f"{name} said more than that it has connected us")
    return None


def _request(connection: h11.Connection, proxy: Proxy, target: str) -> bytes:
    headers = [("Host", target)]
    if proxy.authorization is not None:
        headers.append(("Proxy-Authorization", proxy.authorization.reveal()))
    request = h11.Request(method="CONNECT", target=target, headers=headers)
    return (connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b"")


async def _hear(stream: ByteStream, connection: h11.Connection) -> h11.Response | str:
    """The proxy's answer, or what it did instead."""
    n_bytes = 0
    while n_bytes <= MAX_REPLY_BYTES:
        try:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                return event
            if event is h11.NEED_DATA:
                data = await stream.receive(MAX_REPLY_BYTES)
                n_bytes += len(data)
                connection.receive_data(data)
        except GONE:
            return "closed the connection instead of answering"
        except UNPARSABLE:
            return "did not answer in HTTP"
    return f"answered with more than {MAX_REPLY_BYTES} bytes"


def _refused(
    answer: h11.Response, name: str, target: str, authorization: Secret | None
) -> HandshakeRejected:
    secrets = () if authorization is None else (authorization,)
    status = answer.status_code
    hint = _STATUS_HINTS.get(status)
    return HandshakeRejected(
        f"{name} refused to connect to {target} with HTTP {status}" + (f": {hint}" if hint else ""),
        status=status,
        headers={
            key.decode("latin-1"): redacted(value, secrets).decode("latin-1")
            for key, value in answer.headers
        },
    )
