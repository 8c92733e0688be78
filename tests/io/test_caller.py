"""A recording as the client of a server: the server unchanged, its client from a file."""

from __future__ import annotations

import base64
import json
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.certificates import client_context, server_context
from helpers.leaks import nothing_left, traces
from helpers.recorded import PROVIDERS, talk, voice_for
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    CallbackError,
    ConfigurationError,
    HandshakeRejected,
    RealtimeConnectionError,
    RecordingError,
    ReplayMismatch,
)
from realtime_io.caller import Connected, call
from realtime_io.player import play
from realtime_io.relay import Accept, Reject, connect, credential, relay, serve
from realtime_io.simulator import Simulator
from realtime_proto import PROVIDERS as SPECS
from realtime_proto import Secret, _course

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from realtime_io.relay import Channel, Message, Request

GONE = 1012
"""What a server that restarts says."""


def as_it_is(message: Message) -> Message:
    return message


@asynccontextmanager
async def relayed(
    provider: str,
    base_url: str,
    *,
    from_server: Callable[[Message], Message | None] = as_it_is,
    from_client: Callable[[Message], Message | None] = as_it_is,
    over: Callable[[], Awaitable[object]] = anyio.sleep_forever,
    authorize: Callable[[Request], Accept | Reject] | None = None,
) -> AsyncIterator[str]:
    """A relay before a server: gives its base URL. Once *over* returns, it says goodbye."""
    endpoint = SPECS[provider].endpoint(None, key=Secret("upstream-key"), base_url=base_url)

    async def converse(page: Channel) -> None:
        async with connect(endpoint) as server, anyio.create_task_group() as tasks:

            async def restart() -> None:
                await over()
                await page.close(GONE, "restarts")

            tasks.start_soon(restart)
            await relay(page, server, from_client=from_client, from_server=from_server)
            tasks.cancel_scope.cancel()

    async with serve(converse, in_memory=True, authorize=authorize) as listening:
        yield listening.url


@asynccontextmanager
async def simulated(provider: str, **how: Any) -> AsyncIterator[str]:
    """The simulator behind a relay."""
    async with (
        Simulator(with_voice=False, pace=0, in_memory=True) as simulator,
        relayed(provider, simulator.base_url(provider), **how) as base_url,
    ):
        yield base_url
    assert [] == simulator.failures


def once(over: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
    """The same for the first connection, and never for the others."""
    left = [over]
    return lambda: left.pop()() if left else anyio.sleep_forever()


async def record(provider: str, path: Path, restarts: bool) -> None:
    """A conversation with the simulator, which restarts in the middle of it."""
    restarting = anyio.Event()
    over = once(restarting.wait) if restarts else anyio.sleep_forever
    async with simulated(provider, over=over) as base_url:
        voice = voice_for(provider, base_url)
        await talk(voice, record=path, drops=restarts, drop=restarting.set, patience_s=60)


@pytest.fixture(name="talks", scope="module")
def talks_fixture(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, bool], list[str]]:
    """A recording of each provider: one of one connection, one whose server restarts."""
    folder = tmp_path_factory.mktemp("recorded")
    made = {}
    for provider in PROVIDERS:
        for restarts in (False, True):
            path = folder / f"{provider}-{restarts}.rtc.jsonl"
            run_virtually(record, provider, path, restarts)
            made[provider, restarts] = path.read_text().splitlines()
    return made


@pytest.fixture(name="lines", scope="module")
def lines_fixture(talks: Mapping[tuple[str, bool], list[str]]) -> list[str]:
    """A recording."""
    return talks["openai", False]


def frames_said(lines: list[str]) -> int:
    return sum(len(json.loads(line).get("frames", ())) for line in lines)


# --- a server that does as it did


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pace", [0, 1])
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_recorded_conversation_is_had_again(
    talks: Any, provider: str, compare: Any, pace: float, backend: str
) -> None:
    """With a tool and an interruption, in any pace: all that was said is said."""
    lines = talks[provider, False]

    async def main() -> tuple[Connected, ...]:
        async with simulated(provider) as base_url:
            return await call(lines, base_url, compare=compare, pace=pace)

    (connected,) = run_virtually(main, backend=backend)
    assert frames_said(lines) == connected.n_said
    assert connected.n_heard > 20


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_server_that_restarted_has_to_restart(talks: Any, provider: str, backend: str) -> None:
    """Where it does, the next connection is made; where it does not, that is a difference."""
    lines = talks[provider, True]
    end = next(n for n, line in enumerate(lines, 1) if '"kind":"connection_lost"' in line)

    async def main(over: Callable[[], Awaitable[object]]) -> tuple[Connected, ...]:
        async with simulated(provider, over=over) as base_url:
            return await call(lines, base_url)

    first, second = run_virtually(main, once(partial(anyio.sleep, 2)), backend=backend)
    assert (2, frames_said(lines)) == (first.line, first.n_said + second.n_said)
    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, anyio.sleep_forever, backend=backend)
    assert (end, '"the end"', None) == (
        caught.value.line,
        caught.value.expected,
        caught.value.actual,
    )


# --- ids


def renamed(message: Message, *pairs: tuple[str, str]) -> Message:
    """With each value that begins in one way beginning in another."""
    text = message if isinstance(message, str) else message.decode()
    for old, new in pairs:
        text = text.replace(f':"{old}', f':"{new}')
    return text if isinstance(message, str) else text.encode()


NAMES = (("item_", "thing-"), ("call_", "ring-"), ("function-call_", "f-"), ("resp_", "answer-"))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_server_made_is_called_as_it_calls_it(
    talks: Any, provider: str, compare: Any, backend: str
) -> None:
    """The call that is answered, the item that is cut: the ids of then are never said."""
    said: list[str] = []

    def back(message: Message) -> Message:
        said.append(message if isinstance(message, str) else message.decode())
        return renamed(message, *((new, old) for old, new in NAMES))

    def there(message: Message) -> Message:
        return renamed(message, *NAMES)

    async def main() -> None:
        async with simulated(provider, from_server=there, from_client=back) as base_url:
            await call(talks[provider, False], base_url, compare=compare)

    run_virtually(main, backend=backend)
    recorded = [
        frame["frame"]
        for line in talks[provider, False]
        for frame in json.loads(line).get("frames", ())
    ]
    n_named = naming(recorded, [old for old, _ in NAMES])
    assert n_named > 0
    assert (0, n_named) == (
        naming(said, [old for old, _ in NAMES]),
        naming(said, [new for _, new in NAMES]),
    )


def naming(frames: list[str], beginnings: list[str]) -> int:
    """How many frames have a value that begins like that."""
    return sum(any(f':"{text}' in frame for text in beginnings) for frame in frames)


# --- a server that does something else


def without(kind: str) -> Callable[[Message], Message | None]:
    return lambda message: None if f'"type":"{kind}"' in str(message) else message


def instead(kind: str, frame: str) -> Callable[[Message], Message | None]:
    return lambda message: frame if f'"type":"{kind}"' in str(message) else message


def fail(_was: object, _came: object) -> bool:
    raise ValueError("broken")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("from_server", "expected", "actual"),
    [
        (without("response.created"), '"response.created"', '"response.output_item.added"'),
        (without("session.created"), '"session.created"', "None"),
        (
            instead("response.created", '{"type":"error","error":{"message":"too busy"}}'),
            '"response.created"',
            '"error: too busy"',
        ),
        (without("response.output_audio.delta"), '"response.output_audio.delta"', '"response.'),
        (instead("session.updated", "hello"), '"session.updated"', '"no JSON"'),
    ],
)
def test_a_difference_names_line_path_expected_and_actual(
    lines: list[str], from_server: Any, expected: str, actual: str, backend: str
) -> None:
    """The first one ends it."""
    line = next(n for n, text in enumerate(lines, 1) if expected.strip('"') in text)

    async def main() -> None:
        async with simulated("openai", from_server=from_server) as base_url:
            await call(lines, base_url)

    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, backend=backend)
    error = caught.value
    assert (line, "$.frame.type", expected) == (error.line, error.path, error.expected)
    assert str(error.actual).startswith(actual)
    said = "did not say it" if error.actual is None else f"said {error.actual}"
    assert (
        f"line {line} of the recording, $.frame.type: expected {expected}, and the server {said}"
    ) == str(error)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_may_look_at_what_types_do_not_tell(lines: list[str], backend: str) -> None:
    """It sees events of the same type; what it raises is told."""

    def same_words(was: Mapping[str, Any], came: Mapping[str, Any]) -> bool:
        return bool(was.get("transcript") == came.get("transcript"))

    def in_paris(message: Message) -> Message:
        return str(message).replace("in Tokyo is", "in Paris is")

    async def main(compare: Any, **how: Any) -> tuple[Connected, ...]:
        async with simulated("openai", **how) as base_url:
            return await call(lines, base_url, compare=compare)

    assert 1 == len(run_virtually(main, same_words, backend=backend))
    with pytest.raises(ReplayMismatch, match="in Paris is sunny") as caught:
        run_virtually(partial(main, same_words, from_server=in_paris), backend=backend)
    assert "$.frame.transcript" == caught.value.path
    with pytest.raises(CallbackError, match="broken"):
        run_virtually(main, fail, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_ignored_may_come_or_not(lines: list[str], backend: str) -> None:
    """A server of one's own limits nobody."""

    async def main(**options: Any) -> tuple[Connected, ...]:
        async with simulated("openai", from_server=without("rate_limits.updated")) as base_url:
            return await call(lines, base_url, **options)

    ignored = {"ignored": ["rate_limits.updated"]}
    assert 1 == len(run_virtually(partial(main, **ignored), backend=backend))
    with pytest.raises(ReplayMismatch, match=r"expected \"rate_limits.updated\""):
        run_virtually(main, backend=backend)


# --- a server of one's own


def log(*frames: tuple[str, float, str], provider: str = "openai") -> list[str]:
    """A log of frames: who says what after so many seconds."""
    head = {"format": "realtime-recording", "version": 1, "origin": "frames", "provider": provider}
    records = (
        {"kind": "frame", "from": who, "t_us": round(at_s * 1e6), "frame": frame}
        for who, at_s, frame in frames
    )
    return [json.dumps(head), *map(json.dumps, records)]


def event(kind: str, **members: Any) -> str:
    return json.dumps({"type": kind, **members})


@asynccontextmanager
async def scripted(handle: Callable[[Channel], Awaitable[None]]) -> AsyncIterator[str]:
    async with serve(handle, in_memory=True) as listening:
        yield listening.url


async def mute(channel: Channel) -> None:
    async for _ in channel:
        pass


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_says_nothing_is_given_up(lines: list[str], backend: str) -> None:
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
def test_the_audio_that_was_recorded_is_said(lines: list[str], backend: str) -> None:
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

    async def main(source: list[str], said: list[bytes]) -> None:

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


# --- how a connection goes


async def leave(channel: Channel) -> None:
    await channel.send(event("session.created"))
    await channel.close(1011, "tired sk-Canary0123456789")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_hangs_up_too_early_is_a_difference(lines: list[str], backend: str) -> None:
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
def test_what_broke_is_broken_off(lines: list[str], backend: str) -> None:
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
    lines: list[str], status: int | None, actual: str | None, backend: str
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
def test_other_errors_of_the_connection_are_what_they_are(lines: list[str], backend: str) -> None:
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
def test_it_connects_as_the_providers_clients_do(
    talks: Any, provider: str, path: str, backend: str
) -> None:
    """With the path, a key of which nothing is kept, and the headers that one asks for."""
    asked: list[Request] = []

    def authorize(request: Request) -> Accept | Reject:
        asked.append(request)
        return Accept()

    async def main() -> None:
        async with simulated(provider, authorize=authorize) as base_url:
            await call(
                talks[provider, False],
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
async def test_any_server_can_be_called_on_loopback(talks: Any, provider: str) -> None:
    """Over TLS, in real time, without the recorded pauses."""
    with anyio.fail_after(5):
        async with Simulator(with_voice=False, pace=0, ssl_context=server_context()) as simulator:
            base_url = simulator.base_url(provider)
            (connected,) = await call(
                talks[provider, False], base_url, pace=0, ssl_context=client_context()
            )
    assert frames_said(talks[provider, False]) == connected.n_said
    assert [] == simulator.failures


async def test_a_cancelled_call_leaves_nothing(lines: list[str]) -> None:
    """Not even a difference."""
    before = traces()
    with anyio.fail_after(5):
        async with scripted(mute) as base_url:
            with anyio.move_on_after(0.05) as scope:
                await call(lines, base_url, timeout_s=60)
        assert scope.cancelled_caught
        await nothing_left(before)


# --- servers that mean no good


async def flood(channel: Channel) -> None:
    piece = event("response.output_audio.delta", delta="A" * 400)
    while True:
        await channel.send(piece)
        await anyio.sleep(0.01)  # a clock that jumps would stand still


async def babble(channel: Channel) -> None:
    for message in ("[" * 5_000, b"\xff\x00", "null", '{"type":5}', '{"type":{}}', "{}"):
        await channel.send(message)


async def boast(channel: Channel) -> None:
    await channel.send(event("response.output_audio.delta", delta="AAAA"))
    await channel.send(event("x" * 100_000))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("hostile", [flood, babble, boast])
def test_a_hostile_server_is_a_difference(
    hostile: Any, compare: Any, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found in bounded time, told in few words."""
    monkeypatch.setattr(_course, "MAX_PIECES", 100)
    piece = event("response.output_audio.delta", delta="A" * 400)
    talk = log(("server", 0, piece), ("server", 1, event("response.done")))

    async def main() -> None:
        async with scripted(hostile) as base_url:
            await call(talk, base_url, compare=compare)

    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, backend=backend)
    assert len(str(caught.value)) < 600


# --- both sides at once


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_relay_is_tested_between_a_recorded_client_and_its_server(
    talks: Any, provider: str, restarts: bool, backend: str
) -> None:
    """Both are played, and what comes through must be what was said, to the byte."""
    lines = talks[provider, restarts]

    async def main() -> tuple[Connected, ...]:
        async with (
            play(lines) as player,
            relayed(provider, player.base_url) as base_url,
        ):
            return await call(lines, base_url, compare="strict")

    connected = run_virtually(main, backend=backend)
    assert frames_said(lines) == sum(one.n_said for one in connected)
    assert (2 if restarts else 1) == len(connected)


# --- what is given


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_taken_out_can_be_put_back(backend: str) -> None:
    """Before it is said; a function that fails is told of."""
    talk = log(
        ("client", 0, event("session.update", token="<redacted:custom-1>")),
        ("server", 0, event("session.updated")),
    )
    said: list[Message] = []

    async def answer(channel: Channel) -> None:
        said.append(await channel.receive())
        await channel.send(event("session.updated"))
        await mute(channel)

    def revise(frame: str | bytes) -> str | bytes:
        return str(frame).replace("<redacted:custom-1>", "tok-1")

    async def main(revise: Any) -> None:
        async with scripted(answer) as base_url:
            await call(talk, base_url, revise=revise)

    run_virtually(main, revise, backend=backend)
    assert [event("session.update", token="tok-1")] == said
    with pytest.raises(CallbackError, match="the function that revises raised TypeError"):
        run_virtually(main, fail, backend=backend)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"pace": -1}, "pace is a number"),
        ({"timeout_s": float("inf")}, "timeout_s is a number"),
        ({"compare": "loosely"}, "compare is"),
        ({"ignored": "rate_limits.updated"}, "give a tuple"),
        ({"api_key": ""}, "the API key is empty"),
        ({"headers": [("a b", "c")]}, "a header's name"),
        ({"base_url": "nowhere"}, "base URL must look like"),
        ({"redact": ["("]}, "malformed"),
    ],
)
async def test_values_are_checked_before_anything_is_said(
    lines: list[str], options: dict[str, Any], why: str
) -> None:
    """And nobody is called."""
    with pytest.raises(ConfigurationError, match=why):
        await call(lines, **{"base_url": "http://0.in-memory.invalid", **options})


async def test_only_a_recording_of_a_known_provider_can_call(tmp_path: Path) -> None:
    """How else is it to be reached?"""
    with pytest.raises(RecordingError, match="cannot read"):
        await call(tmp_path / "none", "http://0.in-memory.invalid")
    with pytest.raises(ConfigurationError, match="unknown provider"):
        await call(log(("client", 0, "{}"), provider="nobody"), "http://0.in-memory.invalid")
