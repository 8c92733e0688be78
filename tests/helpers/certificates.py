"""Certificates for tests: an authority of our own, and contexts of both roles."""

from __future__ import annotations

import datetime
import ssl
from functools import cache
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("authority_file", "client_context", "server_context")


@cache
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def client_context() -> ssl.SSLContext:
    """A client's, that trusts the authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


def server_context(
    *names: str, is_expired: bool = False, issuer: trustme.CA | None = None
) -> ssl.SSLContext:
    """A server's, with a certificate for these names; for 127.0.0.1 and localhost by default."""
    now = datetime.datetime.now(datetime.UTC)
    age = datetime.timedelta(days=2)
    certificate = (issuer or authority()).issue_cert(
        *(names or ("127.0.0.1", "localhost")),
        key_type=trustme.KeyType.ECDSA,
        not_before=now - age,
        not_after=now - age / 2 if is_expired else now + age,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def authority_file(folder: Path) -> Path:
    """The authority's certificate in a file, as SSL_CERT_FILE takes it."""
    path = folder / "authority.pem"
    authority().cert_pem.write_to_path(str(path))
    return path
