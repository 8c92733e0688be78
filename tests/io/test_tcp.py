"""What goes out at once: bytes in order, and nothing lost of what the kernel does not take."""

from __future__ import annotations

import random
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from helpers.certificates import client_context, server_context
from helpers.frames import TEXT, close_frame, frame
from helpers.sockets import received, websocket
from helpers.streams import StuckStream, eager, read_all, stream_pair
from hypothesis import given
from hypothesis import strategies as st

from realtime_io import RealtimeVoice
from realtime_io._dial import dial
from realtime_io._listener import listen
from realtime_io._road import Road, receive_until
from realtime_io._tasks import background_tasks
from realtime_io._tcp import SocketRoad, with_nowait
from realtime_io._tls import TlsRoad, start_client, start_server
from realtime_io._transport import LOOP_READ_BYTES, TransportRoad
from realtime_io._websocket import Closed, SocketLimits, WebSocket
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConnectionLost, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_io.simulator import Simulator

PIECES = st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=20)), max_size=12)
SIZES = st.lists(st.integers(0, 8), min_size=1, max_size=6)
MUCH = 32 * 2**20
"""More than any kernel takes at once."""


@given(pieces=PIECES, sizes=SIZES)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_bytes_stay_in_order(
    backend: str, pieces: list[tuple[bool, bytes]], sizes: list[int]
) -> None:
    """Sent in either way, whatever is taken at once."""

    async def main() -> bytes:
        ours, theirs = stream_pair(1_000)
        road = eager(ours, sizes)
        for is_now, piece in pieces:
            if is_now:
                road.send_nowait(piece)
            else:
                await road.send(piece)
        await road.send(b"")
        await road.aclose()
        data = await read_all(theirs)
        await theirs.aclose()
        return data

    assert b"".join(piece for _, piece in pieces) == anyio.run(main, backend=backend)


async def test_while_another_sends_it_is_kept() -> None:
    """Bytes must not go between those of a send that waits."""
    ours, theirs = stream_pair()
    stuck = StuckStream(ours, 2)
    road = SocketRoad(stuck, lambda _: pytest.fail("written behind the back of a send"))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(road.send, b"first ")
            await stuck.is_stuck.wait()
            assert not road.send_nowait(b"second ")
            assert not road.send_nowait(b"third")
            stuck.freed.set()
        await road.send(b"")
        await road.aclose()
        assert b"first second third" == await read_all(theirs)
        await theirs.aclose()


async def tcp_pair() -> tuple[Road, socket.socket]:
    """Our end, and the other one, which blocks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = with_nowait(await anyio.connect_tcp(*listener.getsockname()))
        theirs, _ = listener.accept()
    assert isinstance(ours, Road)
    return ours, theirs


async def both_ends() -> tuple[ByteStream, ByteStream]:
    """Two ends of a TCP connection in this event loop."""
    ends: list[ByteStream] = []
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(SocketAttribute.local_port)
        ends.append(with_nowait(await anyio.connect_tcp("127.0.0.1", port)))
        ends.append(with_nowait(await listener.listeners[0].accept()))  # type: ignore[attr-defined]
    return ends[0], ends[1]


def read_exactly(peer: socket.socket, n_bytes: int) -> bytes:
    data = bytearray()
    while len(data) < n_bytes:
        data += peer.recv(n_bytes - len(data))
    return bytes(data)


async def test_it_is_with_the_kernel_when_the_call_returns() -> None:
    """No other task has had a turn, and the peer has it."""
    ours, theirs = await tcp_pair()
    with theirs:
        assert ours.send_nowait(b"now")
        theirs.settimeout(5)  # never waited for: it is there
        assert b"now" == theirs.recv(10)
        await ours.aclose()
        assert not ours.send_nowait(b"too late")
        with pytest.raises((anyio.ClosedResourceError, anyio.BrokenResourceError)):
            await ours.send(b"")


async def test_what_the_kernel_does_not_take_goes_first() -> None:
    """Of much it takes a part; the rest is sent by the next send, and what was said since."""
    ours, theirs = await tcp_pair()
    data = bytes(range(256)) * (MUCH // 256)
    got: list[bytes] = []
    with theirs, anyio.fail_after(30):
        assert ours.send_nowait(b"before")
        assert not ours.send_nowait(data)
        assert not ours.send_nowait(b"after")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ours.send, b" all")

            def read() -> None:
                got.append(read_exactly(theirs, len(data) + 15))

            await anyio.to_thread.run_sync(read)
        assert b"before" + data + b"after all" == got[0]
        # It is the kernel's again.
        assert ours.send_nowait(b"now")
        assert b"now" == theirs.recv(10)
        await ours.aclose()


async def test_a_peer_that_is_gone_is_found_by_the_next_send() -> None:
    """Nothing is raised where nobody waits."""
    ours, theirs = await tcp_pair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    theirs.close()  # with a reset
    with anyio.fail_after(5):
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await ours.receive()
        assert not ours.send_nowait(b"hello?")
        with pytest.raises((anyio.ClosedResourceError, anyio.BrokenResourceError)):
            while True:
                await ours.send(b"")
    await ours.aclose()


@pytest.mark.parametrize("max_bytes", [2**20, LOOP_READ_BYTES, 100_000])
async def test_what_is_read_stays_in_order(max_bytes: int) -> None:
    """However much waits, by asyncio or by ourselves, after a read that was cancelled too."""
    ours, theirs = await tcp_pair()
    data = random.Random(max_bytes).randbytes(MUCH // 4)
    got = bytearray()
    with theirs, anyio.fail_after(30):
        with anyio.CancelScope() as scope:
            scope.cancel()
            await ours.receive(max_bytes)

        def write() -> None:
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, write)
            with pytest.raises(anyio.EndOfStream):
                while True:
                    got += ours.receive_nowait(max_bytes) or await ours.receive(max_bytes)
        await ours.aclose()
    assert data == got


async def test_behind_a_full_read_the_kernel_is_asked() -> None:
    """Behind less than that, or with the end in sight, there is nothing without a wait."""
    ours, theirs = await tcp_pair()
    with theirs, anyio.fail_after(10):
        theirs.sendall(bytes(2 * LOOP_READ_BYTES))
        n_read = len(await ours.receive(LOOP_READ_BYTES))
        while n_read < 2 * LOOP_READ_BYTES:
            n_read += len(ours.receive_nowait(LOOP_READ_BYTES) or await ours.receive(2**20))
        assert None is ours.receive_nowait(9)
        theirs.sendall(b"0123456789")
        assert None is ours.receive_nowait(9)  # nobody has said that there is more
        if isinstance(ours, TransportRoad):  # trio reads as much as it is asked for
            ours._is_more = True
            assert b"012345678" == ours.receive_nowait(9)
            assert b"9" == ours.receive_nowait(9)
            assert None is ours.receive_nowait(9)
            ours._is_more = True
            theirs.close()
        assert None is ours.receive_nowait(9)
        await ours.aclose()
        assert None is ours.receive_nowait(9)


async def test_without_a_wait_tls_gives_what_was_read_below_and_not_asked_for() -> None:
    """And nothing more than that, where what is below has nothing without a wait."""
    with anyio.fail_after(5):
        client, server = await tls_pair(None)
        assert None is client.receive_nowait(10**6)
        await server.send(bytes(100_000))
        assert 5 == len(await client.receive(5))
        pieces = []
        while (piece := client.receive_nowait(30_000)) is not None:
            assert len(piece) <= 30_000
            pieces.append(piece)
        assert 99_995 == len(b"".join(pieces))
        await server.aclose()
        assert None is client.receive_nowait(10)
        with pytest.raises(anyio.EndOfStream):
            await client.receive()
        await client.aclose()


@pytest.mark.parametrize("kind", ["tcp", "tls", "memory", "tls in memory"])
async def test_no_longer_than_until_a_time(kind: str) -> None:
    """Nothing until then is no error, and whatever comes later is not lost."""
    with anyio.fail_after(10):
        ours, theirs = stream_pair() if "memory" in kind else await both_ends()
        if "tls" in kind:
            ours, theirs = await encrypted(ours, theirs)
        for data in (b"one", b"two"):
            assert None is await receive_until(ours, 10, anyio.current_time() + 0.001)
            assert None is await receive_until(ours, 10, 0.0)
            await theirs.send(data)
            assert data == await receive_until(ours, 10, anyio.current_time() + 10)
        await theirs.aclose()
        with pytest.raises(anyio.EndOfStream):
            await receive_until(ours, 10, anyio.current_time() + 10)
        await ours.aclose()


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_much_is_read_in_few_turns(is_encrypted: bool) -> None:
    """Through a WebSocket, or TLS: all comes, in order."""
    messages = [f"{n:07}" * 20_000 for n in range(100)]
    context = server_context() if is_encrypted else None

    async def pour(socket: WebSocket, _: object) -> None:
        for message in messages:
            socket.post(message)
            await socket.flush()
        await socket.close()

    with anyio.fail_after(30):
        async with listen(pour, ssl_context=context) as server:
            url = f"{'wss' if is_encrypted else 'ws'}://{server.host}:{server.port}/"
            client = await dial(Endpoint(url=url), ssl_context=client_context())
            got, _ = await received(client)
            await client.close()
    assert messages == got


class ForeignStream(SocketStream):
    """As of an event loop whose sockets we do not know."""

    @property
    def _raw_socket(self) -> socket.socket:
        raise NotImplementedError

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {SocketAttribute.raw_socket: object}

    async def receive(self, max_bytes: int = 65536) -> bytes:
        raise NotImplementedError

    async def send(self, item: bytes) -> None:
        raise NotImplementedError

    async def send_eof(self) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError


def test_sockets_that_we_do_not_know_are_left_as_they_are() -> None:
    foreign = ForeignStream()
    assert with_nowait(foreign) is foreign


async def test_streams_that_are_no_sockets_are_left_as_they_are() -> None:
    for stream in stream_pair():
        assert with_nowait(stream) is stream
        await stream.aclose()


# --- over TLS


async def tls_pair(sizes: list[int] | None) -> tuple[TlsRoad, TlsRoad]:
    """Client and server; the client's kernel takes so many bytes at once, None: there is none."""
    ours, theirs = stream_pair(10_000)
    return await encrypted(ours if sizes is None else eager(ours, sizes), theirs)


async def encrypted(ours: ByteStream, theirs: ByteStream) -> tuple[TlsRoad, TlsRoad]:
    """Client and server over these."""
    ends: list[Any] = [None, None]

    async def client() -> None:
        ends[0] = await start_client(
            ours, host="127.0.0.1", address="there", context=client_context()
        )

    async def server() -> None:
        ends[1] = await start_server(theirs, server_context())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client)
        tasks.start_soon(server)
    return ends[0], ends[1]


@pytest.mark.parametrize(
    ("sizes", "n_taken"), [(None, 0), ([0], 0), ([1], 0), ([100], 2), ([0, 10**9], 1), ([10**9], 6)]
)
async def test_records_stay_in_order(sizes: list[int] | None, n_taken: int) -> None:
    """A record that is out of order, or torn, is one that the peer cannot decrypt."""
    with anyio.fail_after(5):
        client, server = await tls_pair(sizes)
        messages = [b"one", b"2" * 40_000, b"three", b"4" * 16_384, b"five"]
        taken = [client.send_nowait(message) for message in messages]
        await client.send(b"")
        await client.send(b"six")
        taken.append(client.send_nowait(b"seven"))
        assert n_taken == sum(taken)
        await client.send(b"")
        await client.aclose()
        expected = b"".join(messages) + b"sixseven"
        assert expected == await read_all(server)
        await server.aclose()


async def test_while_tls_itself_sends_a_record_waits() -> None:
    """What TLS has to say is encrypted before it, and must be sent before it."""
    with anyio.fail_after(5):
        client, server = await tls_pair([10**9])
        async with client._sending:
            assert not client.send_nowait(b"one")
        assert not client.send_nowait(b"two")
        await client.send(b"three")
        assert client.send_nowait(b"four")
        await client.aclose()
        assert b"onetwothreefour" == await read_all(server)
        await server.aclose()


# --- through a WebSocket


text = partial(frame, TEXT, to="client")


async def test_a_message_goes_out_in_the_turn_in_which_it_is_posted() -> None:
    """Before it what was queued; the writer is not needed, and was not started."""
    ours, theirs = stream_pair()
    socket = websocket(eager(ours, [10**9]), "server")
    socket.post("queued")
    assert not socket.is_idle
    socket.post_now("one", b"two")
    assert (True, 0) == (socket.is_idle, socket.outbox.queued_frames)
    assert text(b"queued") + text(b"one") + b"\x82\x03two" == await theirs.receive()
    await socket.aclose()
    await theirs.aclose()


async def test_what_makes_a_whole_send_does_not_wait_for_the_writer() -> None:
    """Many messages are sent together, and kept no longer than until there are enough of them."""
    ours, theirs = stream_pair()
    socket = websocket(eager(ours, [10**9]), "server")
    n_sent = 0
    while socket.outbox.queued_frames == n_sent:
        socket.post(bytes(10_000))
        n_sent += 1
    assert (1, 7) == (socket.outbox.queued_frames, n_sent)  # for the next ones to be sent with
    assert 6 * 10_004 == len(await theirs.receive(10**6))
    socket.post_now("more")
    assert 1 * 10_004 + 6 == len(await theirs.receive(10**6))
    await socket.aclose()
    await theirs.aclose()


@pytest.mark.parametrize("n_bytes", range(12))
async def test_what_is_left_is_for_the_writer(n_bytes: int) -> None:
    """Half a frame is out: the rest of it comes next, then pings, messages and the goodbye."""
    ours, theirs = stream_pair()
    socket = websocket(eager(ours, [n_bytes, 10**9]), "server")
    socket.post_now("0123456789")
    assert not socket.is_idle
    socket.post_now("next")
    socket.ping(b"p")
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            socket.write_in(tasks)
            await socket.idle()
            socket.post_now("now")
            assert 0 == socket.outbox.queued_frames
            await theirs.send(close_frame(1000, to="server"))
            await received(socket)
            sent = await read_all(theirs)
    expected = [
        text(b"0123456789"),
        b"\x89\x01p",
        text(b"next"),
        text(b"now"),
    ]
    assert b"".join(expected) + b"\x88\x02\x03\xe8" == sent
    await theirs.aclose()


@pytest.mark.parametrize("sizes", [[5, 0], [65_536, 0], [65_536, 5, 0], [0]])
async def test_a_goodbye_meanwhile_does_not_tear_a_frame(sizes: list[int]) -> None:
    """The peer closes while a part of a frame is out: the answer comes behind the whole of it."""
    ours, theirs = stream_pair()
    socket = websocket(eager(ours, sizes), "server")
    message = b"0123456789" * (1 if sizes == [5, 0] else 20_000)
    socket.post_now(message.decode())
    socket.post_now("never sent")
    socket.ping()
    await theirs.send(close_frame(4000, to="server"))
    with anyio.fail_after(5):
        await received(socket)
        await socket.flush()
        await socket.aclose()
        assert text(message) + b"\x88\x02\x0f\xa0" == await read_all(theirs)
    await theirs.aclose()


@pytest.mark.parametrize("sizes", [[0], [65_536, 0], [65_536, 65_536, 0], [10**9]])
async def test_nothing_goes_between_the_pieces_of_a_long_message(sizes: list[int]) -> None:
    """Not a ping either, which overtakes whole messages only."""
    ours, theirs = stream_pair()
    socket = websocket(eager(ours, sizes), "server")
    messages = [b"1" * 200_000, b"2", b"3" * 70_000]
    for message in messages:
        socket.post_now(message.decode())
    socket.ping()
    with anyio.fail_after(5):
        await socket.close(timeout_s=0.05)
        sent = await read_all(theirs)
    frames = [text(message) for message in messages]
    whole = [b"".join([*frames[:i], b"\x89\x00", *frames[i:]]) for i in range(len(frames) + 1)]
    assert sent in [pinged + b"\x88\x02\x03\xe8" for pinged in whole]
    assert 0 == socket.outbox.queued_bytes
    await theirs.aclose()


async def test_who_waits_for_room_hears_of_it() -> None:
    """The queue was emptied without the writer."""
    ours, theirs = stream_pair()
    socket = websocket(eager(ours, [10**9]), "client", SocketLimits(queued_frames=1))
    socket.post("x")
    has_room = False

    async def wait_for_room() -> None:
        nonlocal has_room
        await socket.room()
        has_room = True

    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(wait_for_room)
            await anyio.wait_all_tasks_blocked()
            socket.post_now("y")
            await anyio.wait_all_tasks_blocked()
            assert has_room
    await socket.aclose()
    await theirs.aclose()


async def test_what_cannot_be_sent_is_refused_and_what_was_before_it_goes() -> None:
    ours, theirs = stream_pair()
    socket = websocket(eager(ours, [10**9]), "server")
    with pytest.raises(LocalProtocolError):
        socket.post_now("good", "\ud800", "not tried")
    assert text(b"good") == await theirs.receive()
    await socket.aclose()
    with pytest.raises(ConnectionLost):
        socket.post_now("too late")
    await theirs.aclose()


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
async def test_both_ends_of_a_real_connection_send_at_once(is_tls: bool) -> None:
    """A client's and a listener's, over TCP and TLS."""
    idle: list[bool] = []

    async def handle(socket: WebSocket, _: object) -> None:
        try:
            while True:
                socket.post_now(await socket.receive())
                idle.append(socket.is_idle)
        except Closed:
            pass

    contexts = (client_context(), server_context()) if is_tls else (None, None)
    with anyio.fail_after(10):
        async with listen(handle, ssl_context=contexts[1]) as server:
            url = f"{'wss' if is_tls else 'ws'}://{server.host}:{server.port}/"
            socket = await dial(Endpoint(url=url), ssl_context=contexts[0])
            for message in ("hello", b"x" * 50_000):
                socket.post_now(message)  # there is no writer
                idle.append(socket.is_idle)
                assert message == await socket.receive()
            await socket.close()
    assert [True] * 4 == idle


# --- through a session


@pytest.mark.parametrize("provider", ["openai", "gemini"])
async def test_what_a_microphone_gives_is_out_when_the_call_returns(
    provider: str, simulator: Simulator
) -> None:
    """Not a turn of the event loop later, in which others may have much to do."""
    voice = RealtimeVoice(provider, api_key="any", base_url=simulator.base_url(provider))
    with anyio.fail_after(10):
        async with voice.connect() as session:
            socket = session._driver.socket
            for _ in range(3):
                session.push_audio(bytes(4_800))
                assert socket.is_idle
            await session.aclose()
