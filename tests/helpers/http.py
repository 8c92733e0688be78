"""What a vendor's own package asks for over HTTP, caught before it leaves."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from attrs import frozen

from helpers.require import require
from helpers.secrets import revealed

if TYPE_CHECKING:
    from realtime_proto.rest import RestRequest

__all__ = ("Asked", "asked_of", "catching", "package")


@frozen
class Asked:
    """A request: how, where, with which credential and body."""

    method: str
    url: str
    credential: str | None
    body: Any


def package(name: str) -> Any:
    """A third-party package; the test is skipped where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        require("interop", f"the package {name} is not installed")


def catching(asked: list[Asked], answer: dict[str, Any]) -> Any:
    """An httpx client that notes what is asked and gives always the same answer."""
    httpx = package("httpx")

    def handle(request: Any) -> Any:
        names = ("authorization", "x-goog-api-key", "api-key")
        credential = next((request.headers[n] for n in names if n in request.headers), None)
        body = json.loads(request.content) if request.content else None
        asked.append(Asked(request.method, str(request.url), credential, body))
        return httpx.Response(200, json=answer)

    return httpx.Client(transport=httpx.MockTransport(handle))


def asked_of(request: RestRequest) -> Asked:
    """Ours, in the same form."""
    named = {name.lower(): revealed(value) for name, value in request.headers}
    named.pop("content-type", None)
    (credential,) = named.values()
    body = json.loads(request.body) if request.body else None
    return Asked(request.method, request.url, credential, body)
