"""How a recorded client and a server get on: in time, to the end, and where one means no good."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.called import (
    event,
    frames_said,
    log,
    mute,
    scripted,
    simulated,
    talk_of,
)
from helpers.certificates import client_context, server_context
from helpers.leaks import nothing_left, traces
from helpers.recorded import PROVIDERS, talk, voice_for
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    HandshakeRejected,
    RealtimeConnectionError,
    Recorder,
    ReplayMismatch,
)
from realtime_io.caller import Connected, call
from realtime_io.relay import Accept, Reject, connect, credential, relay
from realtime_io.simulator import Simulator
from realtime_proto import PROVIDERS as SPECS
from realtime_proto import Secret, _course

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from realtime_io.relay import Channel, Message, Request


@pytest.fixture(name="lines", scope="module", autouse=True)
def lines_fixture() -> tuple[str, ...]:
    """A recording. The other one is made as well, while no event loop runs."""
    talks = {provider: talk_of(provider) for provider in PROVIDERS}
    return talks["openai"]


# --- a server of one's own


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_says_nothing_is_given_up(lines: Sequence[str], backend: str) -> None:
    """After so long as it may take, beyond what it took."""

    async def main(timeout_s: float) -> float:
        began_at = anyio.current_time()
        async with scripted(mute) as base_url:
            with pytest.raises(ReplayMismatch, match="and the server did not say it"):
                await call(lines, base_url, timeout_s=timeout_s)
        return anyio.current_time() - began_at

    assert [2, 60] == pytest.approx(
        [run_virtually(main, seconds, backend=backend) for seconds in (2, 60)], abs=0.1
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_recorded_pauses_are_made(backend: str) -> None:
    """In the pace that is wanted; the server's own time goes into them."""
    talk = log(
        ("client", 1, event("a")),
        ("server", 3, event("b")),
        ("client", 10, event("c")),
        ("server", 11, event("d")),
    )

    async def answer(channel: Channel) -> None:
        async for message in channel:
            await anyio.sleep(1)
            await channel.send(event("b") if '"a"' in str(message) else event("d"))

    async def main(pace: float) -> float:
        began_at = anyio.current_time()
        async with scripted(answer) as base_url:
            (connected,) = await call(talk, base_url, pace=pace)
        assert (2, 2) == (connected.n_said, connected.n_heard)
        return anyio.current_time() - began_at

    spent = [run_virtually(main, pace, backend=backend) for pace in (1, 0.5, 0)]
    assert [1 + 1 + 7 + 1, 0.5 + 1 + 3.5 + 1, 2] == pytest.approx(spent, abs=0.1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_open_microphone_does_not_wait_for_ears(backend: str) -> None:
    """A server that hears later than the recorded one still hears; but not for ever."""
    spoken = event("input_audio_buffer.append", audio="A" * 400)
    heard = event("input_audio_buffer.speech_started")
    talk = log(
        *(("client", n / 10, spoken) for n in range(3)),
        ("server", 0.25, heard),
        *(("client", n / 10, spoken) for n in range(3, 100)),
        ("server", 10.0, event("response.done")),
    )

    async def main(n_needed: int) -> int:
        n_came = 0

        async def listen(channel: Channel) -> None:
            nonlocal n_came
            async for _ in channel:
                n_came += 1
                if n_came == n_needed:
                    await channel.send(heard)
                if n_came == 100:
                    await channel.send(event("response.done"))

        async with scripted(listen) as base_url:
            await call(talk, base_url, timeout_s=3)
        return n_came

    assert 100 == run_virtually(main, 20, backend=backend)
    with pytest.raises(ReplayMismatch, match=r"expected \"input_audio_buffer.speech_started"):
        run_virtually(main, 90, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_audio_that_was_recorded_is_said(lines: Sequence[str], backend: str) -> None:
    """Or silence of its length, where it was left out: a server that listens hears nothing then."""
    recorded = [json.loads(line) for line in lines]
    spoken = b"".join(
        base64.b64decode(record["command"]["data"])
        for record in recorded
        if record.get("command", {}).get("type") == "SendAudio"
    )
    for record in recorded:
        data = record.get("command", {}).pop("data", None)
        if data is not None:
            pcm = base64.b64decode(data)
            record["command"]["data"] = {"n_bytes": len(pcm), "sha256": ""}
    recorded[0]["audio"] = "dropped"
    dropped = [json.dumps(record) for record in recorded]

    async def main(source: Sequence[str], said: list[bytes]) -> None:

        def note(message: Message) -> Message:
            frame = json.loads(message)
            said.append(base64.b64decode(frame.get("audio", "")))
            return message

        async with simulated("openai", from_client=note) as base_url:
            await call(source, base_url)

    said: list[bytes] = []
    run_virtually(main, lines, said, backend=backend)
    assert len(spoken) > 1_000
    assert spoken == b"".join(said)
    silence: list[bytes] = []
    with pytest.raises(ReplayMismatch, match="speech_started"):
        run_virtually(main, dropped, silence, backend=backend)
    assert {0} == set(b"".join(silence))


@pytest.mark.parametrize("backend", BACKENDS)
def test_audio_in_files_beside_a_recording_is_said(backend: str, tmp_path: Path) -> None:
    """As all that was recorded, where a path is given."""
    path = tmp_path / "talk.rtc.jsonl"
    said: list[bytes] = []

    def note(message: Message) -> Message:
        said.append(base64.b64decode(json.loads(message).get("audio", "")))
        return message

    async def main() -> None:
        async with simulated("openai", from_client=note) as base_url:
            recorder = Recorder(path, audio="sidecar")
            await talk(voice_for("openai", base_url), record=recorder, patience_s=60)
            recorded = b"".join(said)
            said.clear()
            await call(path, base_url)
        assert len(recorded) > 1_000
        assert recorded == b"".join(said)

    run_virtually(main, backend=backend)
    assert (tmp_path / "talk.input.wav").exists()


# --- how a connection goes


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_next_connection_is_made_after_the_recorded_pause(backend: str) -> None:
    """From the end of the one before, in the pace that is wanted."""
    head = {"format": "realtime-recording", "version": 1, "provider": "openai"}
    records: list[dict[str, Any]] = [head]
    for t_us in (0, 10_000_000):
        records += [
            {"kind": "open", "t_us": t_us, "unix_time": 0.0},
            {"kind": "receive", "t_us": t_us, "frame": event("hello")},
            {"kind": "close", "t_us": t_us + 2_000_000},
        ]
        records += [{"kind": "connection_lost", "t_us": t_us + 2_000_000, "code": 1000}]
    made_at: list[float] = []

    async def greet(channel: Channel) -> None:
        made_at.append(anyio.current_time())
        await channel.send(event("hello"))
        await mute(channel)

    async def main(pace: float) -> None:
        made_at.clear()
        async with scripted(greet) as base_url:
            assert 2 == len(await call(map(json.dumps, records), base_url, pace=pace))

    for pace, between in ((1, 10), (0.5, 5), (0, 0)):
        run_virtually(main, pace, backend=backend)
        assert between == pytest.approx(made_at[1] - made_at[0], abs=0.1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_session_is_resumed_with_the_handle_of_now(backend: str) -> None:
    """On the next connection, whatever number of handles came before."""

    def setup(handle: str | None) -> str:
        return json.dumps({"setup": {"sessionResumption": {"handle": handle}}})

    def update(handle: str) -> str:
        return json.dumps({"sessionResumptionUpdate": {"newHandle": handle, "resumable": True}})

    ready = json.dumps({"setupComplete": {}})
    records: list[dict[str, Any]] = [
        {"format": "realtime-recording", "version": 1, "provider": "gemini"},
        {"kind": "open", "t_us": 0, "unix_time": 0},
        {"kind": "frames", "frames": [{"frame": setup(None)}]},
        {"kind": "receive", "t_us": 0, "frame": ready},
        {"kind": "receive", "t_us": 0, "frame": update("then")},
        {"kind": "connection_lost", "t_us": 0, "code": 1001},
        {"kind": "open", "t_us": 0, "unix_time": 0},
        {"kind": "frames", "frames": [{"frame": setup("then")}]},
        {"kind": "receive", "t_us": 0, "frame": ready},
        {"kind": "close", "t_us": 0},
    ]
    said: list[Message] = []

    async def serve_twice(channel: Channel) -> None:
        said.append(await channel.receive())
        await channel.send(ready)
        if len(said) == 1:
            await channel.send(update("now 1"))
            await channel.send(update("now 2"))
            await channel.close(1001)

    async def main() -> None:
        async with scripted(serve_twice) as base_url:
            await call(map(json.dumps, records), base_url)

    run_virtually(main, backend=backend)
    assert [{"handle": None}, {"handle": "now 2"}] == [
        json.loads(frame)["setup"]["sessionResumption"] for frame in said
    ]


async def leave(channel: Channel) -> None:
    await channel.send(event("session.created"))
    await channel.close(1011, "tired sk-Canary0123456789")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_hangs_up_too_early_is_a_difference(
    lines: Sequence[str], backend: str
) -> None:
    """With what it said, but for keys."""

    async def main() -> None:
        async with scripted(leave) as base_url:
            await call(lines, base_url)

    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, backend=backend)
    error = caught.value
    assert '"session.updated"' == error.expected
    assert '{"code":1011,"reason":"tired <redacted:openai-key>"}' == error.actual


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_broke_is_broken_off(lines: Sequence[str], backend: str) -> None:
    """Without a goodbye; and a connection that was never made is passed over."""
    t_us = max(json.loads(line).get("t_us", 0) for line in lines)
    unreached = {"type": "ConnectTimeout", "message": "no"}
    more = [
        *(line for line in lines[:-3] if '"kind":"close"' not in line and '"Close"' not in line),
        json.dumps({"kind": "connection_lost", "t_us": t_us, "code": None, "reason": ""}),
        json.dumps({"kind": "connection_lost", "t_us": t_us + 1, "error": unreached}),
    ]
    ends: list[int | None] = []

    async def converse(page: Channel) -> None:
        async with connect(SPECS["openai"].endpoint(None, key=Secret("k"), base_url=url)) as server:
            await relay(page, server)
        ends.append(page.close_code)

    async def main() -> tuple[Connected, ...]:
        nonlocal url
        async with (
            Simulator(with_voice=False, pace=0, in_memory=True) as simulator,
            scripted(converse) as base_url,
        ):
            url = simulator.base_url("openai")
            connected = await call(more, base_url)
            await anyio.sleep(1)
            return connected

    url = ""
    assert 1 == len(run_virtually(main, backend=backend))
    assert [None] == ends


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("status", "actual"), [(503, None), (401, "401"), (None, '"a connection"')]
)
def test_a_refusal_has_to_be_one(
    lines: Sequence[str], status: int | None, actual: str | None, backend: str
) -> None:
    """With the recorded status; then the next connection is made."""
    error = {"type": "HandshakeRejected", "message": "busy", "status": 503, "headers": {}}
    refused = json.dumps({"kind": "connection_lost", "t_us": 0, "error": error})
    left = [] if status is None else [Reject(status)]

    def authorize(_: Request) -> Accept | Reject:
        return left.pop() if left else Accept()

    async def main() -> tuple[Connected, ...]:
        async with simulated("openai", authorize=authorize) as base_url:
            return await call([lines[0], refused, *lines[1:]], base_url)

    if actual is None:
        first, second = run_virtually(main, backend=backend)
        assert (Connected(line=2, status=503), None) == (first, second.status)
        return
    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, backend=backend)
    assert (2, "$.error.status", "503", actual) == (
        caught.value.line,
        caught.value.path,
        caught.value.expected,
        caught.value.actual,
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_errors_of_the_connection_are_what_they_are(
    lines: Sequence[str], backend: str
) -> None:
    """Refused where it was not; nobody there."""

    async def main(base_url: str | None) -> None:
        async with simulated("openai", authorize=lambda _: Reject(401)) as there:
            await call(lines, base_url or there)

    with pytest.raises(HandshakeRejected) as caught:
        run_virtually(main, None, backend=backend)
    assert 401 == caught.value.status
    with pytest.raises(RealtimeConnectionError, match="nobody is at"):
        run_virtually(main, "http://0.in-memory.invalid", backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("openai", "/v1/realtime?model=gpt-mine"),
        (
            "gemini",
            "/v1/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        ),
    ],
)
def test_it_connects_as_the_providers_clients_do(provider: str, path: str, backend: str) -> None:
    """With the path, a key of which nothing is kept, and the headers that one asks for."""
    asked: list[Request] = []

    def authorize(request: Request) -> Accept | Reject:
        asked.append(request)
        return Accept()

    async def main() -> None:
        async with simulated(provider, authorize=authorize) as base_url:
            await call(
                talk_of(provider),
                f"{base_url}/v1",
                model="gpt-mine",
                headers=[("x-tenant", "seven")],
            )

    run_virtually(main, backend=backend)
    (request,) = asked
    key = credential(request)
    assert (path, "any", "seven") == (
        request.target,
        key and key.reveal(),
        dict(request.headers).get("x-tenant"),
    )


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_any_server_can_be_called_on_loopback(provider: str) -> None:
    """Over TLS, in real time, without the recorded pauses."""
    with anyio.fail_after(5):
        async with Simulator(with_voice=False, pace=0, ssl_context=server_context()) as simulator:
            base_url = simulator.base_url(provider)
            (connected,) = await call(
                talk_of(provider), base_url, pace=0, ssl_context=client_context()
            )
    assert frames_said(talk_of(provider)) == connected.n_said
    assert [] == simulator.failures


async def test_a_cancelled_call_leaves_nothing(lines: Sequence[str]) -> None:
    """Not even a difference."""
    before = traces()
    with anyio.fail_after(5):
        async with scripted(mute) as base_url:
            with anyio.move_on_after(0.05) as scope:
                await call(lines, base_url, timeout_s=60)
        assert scope.cancelled_caught
        await nothing_left(before)


# --- servers that mean no good


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_does_not_read_is_given_up(backend: str) -> None:
    """Once all that lies between is full."""
    spoken = event("input_audio_buffer.append", audio="A" * 40_000)
    said = log(*(("client", n / 10, spoken) for n in range(300)))

    async def deaf(_: Channel) -> None:
        await anyio.sleep_forever()

    async def main(timeout_s: float) -> float:
        async with scripted(deaf) as base_url:
            with pytest.raises(RealtimeConnectionError, match=r"in line \d+ of the recording"):
                await call(said, base_url, pace=0, timeout_s=timeout_s)
        return anyio.current_time()

    spent = [run_virtually(main, seconds, backend=backend) for seconds in (0, 20)]
    assert [1, 20] == pytest.approx(spent, abs=2.5)


async def flood(channel: Channel) -> None:
    piece = event("response.output_audio.delta", delta="A" * 400)
    while True:
        await channel.send(piece)
        await anyio.sleep(0.01)  # a clock that jumps would stand still


async def chatter(channel: Channel) -> None:
    while True:
        await channel.send(event("ignored"))
        await channel.send("{}")
        await anyio.sleep(0.01)


async def babble(channel: Channel) -> None:
    for message in ("[" * 5_000, b"\xff\x00", "null", '{"type":5}', '{"type":{}}', "{}"):
        await channel.send(message)


async def boast(channel: Channel) -> None:
    await channel.send(event("response.output_audio.delta", delta="AAAA"))
    await channel.send(event("x" * 100_000))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("hostile", [flood, chatter, babble, boast])
def test_a_hostile_server_is_a_difference(
    hostile: Any, compare: Any, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found in bounded time, told in few words."""
    monkeypatch.setattr(_course, "MAX_PIECES", 100)
    piece = event("response.output_audio.delta", delta="A" * 400)
    talk = log(("server", 0, piece), ("server", 1, event("response.done")))

    async def main() -> None:
        async with scripted(hostile) as base_url:
            await call(talk, base_url, compare=compare, ignored=["ignored", ""])

    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, backend=backend)
    assert len(str(caught.value)) < 600
