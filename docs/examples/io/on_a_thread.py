"""The core on a blocking socket, in a thread of its own, for a program that has no event loop.

python on_a_thread.py URL KEY TEXT
"""

from __future__ import annotations

import socket
import sys
from concurrent.futures import Future
from threading import Thread

from wire import Client


def ask(url: str, key: str, text: str) -> Future[str]:
    """Ask one question; the whole answer comes as the future's result."""
    answer: Future[str] = Future()

    def run() -> None:
        try:
            answer.set_result(converse(Client(url, key, text)))
        except BaseException as exc:  # whatever it is, the one who waits has to know
            answer.set_exception(exc)

    Thread(target=run, name="conversation", daemon=True).start()
    return answer


def converse(client: Client) -> str:
    """Hold the conversation to its end; the conversation is this thread's alone."""
    with socket.create_connection((client.host, client.port), timeout=10) as road:
        while not client.is_over:
            road.sendall(client.outgoing())
            timeout = client.timeout()
            # 0 would make the socket non-blocking.
            road.settimeout(None if timeout is None else max(timeout, 0.001))
            try:
                data = road.recv(65_536)
            except TimeoutError:
                client.tick()
                continue
            client.received(data) if data else client.lost()
        road.sendall(client.outgoing())
    return client.answer


if __name__ == "__main__":
    print(ask(*sys.argv[1:4]).result())
