"""The core on a foreign loop: Twisted's reactor. Any loop with callbacks looks like this, Qt's too.

python on_twisted.py URL KEY TEXT
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from wire import Client

reactor: Any = _reactor  # the module's interface is made when it is imported


class Road(Protocol):
    """Carries a client's bytes; every callback is followed by the same look."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._timer: Any = None

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """The road is open."""
        self._look()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """So much was read."""
        self._client.received(data)
        self._look()

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802 - Twisted's name
        """There is nothing more to read."""
        self._client.lost()
        self._look()
        reactor.stop()

    def _tick(self) -> None:
        self._client.tick()
        self._look()

    def _look(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self.transport.write(self._client.outgoing())
        timeout = self._client.timeout()
        if timeout is not None:
            self._timer = reactor.callLater(timeout, self._tick)
        if self._client.is_over:
            self.transport.loseConnection()


def ask(url: str, key: str, text: str) -> str:
    """Ask one question and give the whole answer. The reactor runs, and stops, once a process."""
    client = Client(url, key, text)
    connectProtocol(TCP4ClientEndpoint(reactor, client.host, client.port), Road(client))
    reactor.run()
    return client.answer


if __name__ == "__main__":
    print(ask(*sys.argv[1:4]))
