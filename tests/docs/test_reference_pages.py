"""Every Python block of the other pages and of README.md, run, with what they leave to the reader.

What a block is to bring about is said by the page (a block of text, an `assert`) or here, in the
checks of its page. The commands of docs/recording.md are run in their order, too.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import socket
import struct
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from helpers.certificates import authority_file
from helpers.leaks import settle
from helpers.reader import ROOT, Reader, blocks_without_expectation, pages_with_python, steps

from realtime_io import HandshakeRejected, RealtimeConfig, RealtimeVoice, _registry, cli, relay
from realtime_io.simulator import Simulator
from realtime_proto import PROVIDERS, Conversation, Endpoint, Secret, SendText
from realtime_proto.openai import OpenAIServerConnection
from realtime_proto.openai import events as openai
from realtime_proto.openai.session import RealtimeSession
from realtime_proto.wire import UnknownEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Checks = dict[int, Callable[[Reader], Awaitable[None] | None]]

WEATHER = "The weather in Tokyo is Weather in Tokyo: Sunny, 72°F."


class Desk:
    """What readers have: a simulator, a microphone, a loudspeaker, a folder."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.played: list[bytes] = []

    async def microphone(self) -> AsyncIterator[bytes]:
        """Somebody says something, for 0.4 s, at OpenAI's rate."""
        wave = [round(8_000 * math.sin(2 * math.pi * 200 * n / 24_000)) for n in range(9_600)]
        yield struct.pack("<9600h", *wave)

    def names(self) -> dict[str, Any]:
        """By the names that the pages use."""
        return {"microphone": self.microphone, "play_audio": self.played.append}


@pytest.fixture(name="desk")
async def desk_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """In a folder and an environment of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_registry, "_REGISTERED", {})
    authority_file(tmp_path).rename(tmp_path / "ca.pem")
    async with Simulator(with_voice=False, pace=0) as simulator:
        for provider, variable in (("openai", "OPENAI"), ("gemini", "GEMINI")):
            monkeypatch.setenv(f"{variable}_API_KEY", "any")
            monkeypatch.setenv(f"{variable}_BASE_URL", simulator.base_url(provider))
        yield Desk(simulator)
    assert [] == simulator.failures


# --- README.md


class Scripted:
    """A WebSocket whose server greets, takes the settings, and is then left."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._server = OpenAIServerConnection()
        session = RealtimeSession(id="s1", object="realtime.session", model="m")
        self._to_say: list[Any] = [
            openai.SessionCreated(session=session),
            openai.SessionUpdated(session=session),
        ]
        self.heard: list[dict[str, Any]] = []

    def send(self, frame: str) -> None:
        self.heard.append(json.loads(frame))

    def receive(self) -> str:
        if self._to_say:
            return self._server.send(self._to_say.pop(0))
        self._reader.names["conversation"].close(now=1.0)
        return self._server.send(UnknownEvent(tag="news", raw={"type": "news"}))


async def test_the_readme(desk: Desk) -> None:
    """The face answers with the tool's result; the loop sends what was asked for."""

    async def silence() -> AsyncIterator[bytes]:
        yield bytes(4_800)

    reader = Reader("README", desk.names() | {"microphone": silence})
    handled: list[Any] = []
    websocket = Scripted(reader)
    reader.names |= {
        "clock": lambda: 1.0,
        "time": lambda: 1_000.0,
        "websocket": websocket,
        "handle": handled.append,
    }

    async def asks(reader: Reader) -> None:
        await reader.names["main"]()
        assert f"Final: {WEATHER}" in reader.printed
        assert b"".join(desk.played)

    def holds(reader: Reader) -> None:
        assert ["session.update", "conversation.item.create", "response.create"] == [
            frame["type"] for frame in websocket.heard
        ]
        assert "Hello" in json.dumps(websocket.heard[1])
        assert ["SessionReady"] == [type(event).__name__ for event in handled]

    await reader.follow({0: asks, 1: holds})


# --- docs


def entra(reader: Reader) -> None:
    endpoint = reader.names["PROVIDER"].endpoint("m", key=Secret("t"), base_url="https://a.example")
    assert ["Authorization"] == [name for name, _ in endpoint.headers]


def preview_and_call(reader: Reader) -> None:
    preview = reader.names["PREVIEW"]
    endpoint = preview.endpoint("m", key=Secret("k"), base_url="https://a.example")
    assert "api-version=" in endpoint.url
    assert "deployment=m" in endpoint.url
    told = settings_of(preview)
    assert "modalities" in told["session"]
    call = reader.names["of_call"]("rtc_1")
    assert call.endpoint(None, key=Secret("k")).url.endswith("?call_id=rtc_1")


def settings_of(spec: Any, **settings: Any) -> dict[str, Any]:
    """What a provider sends first."""
    conversation = Conversation(spec.dialect(), RealtimeConfig(**settings))
    conversation.open(now=0, unix_time=0)
    if not (frames := conversation.take_frames()):
        session = RealtimeSession(id="s1", object="realtime.session", model="m")
        conversation.receive(
            OpenAIServerConnection().send(openai.SessionCreated(session=session)), now=0
        )
        frames = conversation.take_frames()
    told: dict[str, Any] = json.loads(frames[0])
    return told


def own_models(reader: Reader) -> None:
    """The profile decides how text goes."""
    conversation = Conversation(
        reader.names["gemini"].dialect(), RealtimeConfig(model="gemini-4-live")
    )
    conversation.open(now=0, unix_time=0)
    conversation.receive('{"setupComplete": {}}', now=0)
    conversation.take_frames()
    conversation.send(SendText("hello"), now=0)
    assert ['{"realtimeInput":{"text":"hello"}}'] == conversation.take_frames()


def by_hand(reader: Reader) -> None:
    """The journal has a head, and a line for each input."""
    reader.names["journaled"].open(now=0, unix_time=0)
    reader.names["file"].close()
    kinds = [
        json.loads(line).get("kind", "head")
        for line in Path("by-hand.rtc.jsonl").read_text("utf-8").splitlines()
    ]
    assert ["head", "open"] == kinds[:2]


def is_recorded(_: Reader) -> None:
    assert 0o600 == Path("talk.rtc.jsonl").stat().st_mode & 0o777


def is_replayed(reader: Reader) -> None:
    assert "('assistant', 'I have no tool for that.')" in reader.printed


def is_exact(reader: Reader) -> None:
    assert reader.names["report"].is_exact


def trusts_the_authority(reader: Reader) -> None:
    context = reader.names["internal"]._connector.ssl_context
    assert 1 == len(context.get_ca_certs())


def is_said(reader: Reader) -> None:
    """Both speakers' words are printed; with the audio it is the whole answer."""
    assert "assistant Sorry, I did not understand that." in reader.printed


def plays_gemini(reader: Reader) -> None:
    assert [bytes(2)] == reader.names["played"]


async def relays(reader: Reader) -> None:
    """A user is let through to the provider; a stranger is not."""
    base_url = reader.names["base_url"]
    reader.names["endpoint"] = PROVIDERS["openai"].endpoint(
        None, key=Secret("any"), base_url=base_url
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reader.names["main"])
        served = reader.names["served"]
        await settle(lambda: bool(served))
        server = served.pop()

        def page(token: str) -> Endpoint:
            return Endpoint(
                url=f"{server.url}/",
                headers=(("origin", "https://app.example"), ("authorization", f"Bearer {token}")),
                subprotocols=("realtime",),
            )

        async with relay.connect(page("ada")) as channel:
            assert "session.created" == json.loads(await channel.receive())["type"]
        with pytest.raises(HandshakeRejected):
            async with relay.connect(page("eve")):
                pytest.fail("a stranger")
        tasks.cancel_scope.cancel()


CHECKS: dict[str, Checks] = {
    "endpoints": {1: entra, 2: preview_and_call},
    "face": {1: trusts_the_authority, 2: is_said},
    "gemini-wire": {0: plays_gemini},
    "models": {0: own_models},
    "recording": {0: is_recorded, 1: by_hand, 2: is_replayed, 3: is_exact},
    "relay": {0: relays},
    "ends": {},
    "extending": {},
    "openai-wire": {},
    "wire-values": {},
}


@pytest.mark.parametrize("page", CHECKS)
async def test_a_page_does_what_it_says(
    page: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On both event loops, in the order of the page."""
    serve, served = relay.serve, []

    @asynccontextmanager
    async def serve_here(*arguments: Any, **options: Any) -> AsyncIterator[Any]:
        async with serve(*arguments, **options | {"host": "127.0.0.1", "port": 0}) as server:
            served.append(server)
            yield server

    monkeypatch.setattr(relay, "serve", serve_here)
    played: list[bytes] = []
    names = desk.names() | {
        "play": played.append,
        "played": played,
        "USERS": {"ada"},
        "served": served,
        "base_url": desk.simulator.base_url("openai"),
        "voice": RealtimeVoice("openai"),
    }
    await Reader(page, names).follow(CHECKS[page])


async def is_listening(port: int) -> None:
    """Return once somebody is there."""
    while True:
        with suppress(OSError):
            await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
            return
        await anyio.sleep(0.01)


async def test_the_commands_about_recordings_work(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the order of the page, in one folder: each does its work, and ends with 0. `play` and
    `call` are each other's other side; only their port is another one.
    """
    page = (ROOT / "docs" / "recording.md").read_text("utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S)
    assert 2 == block.count("8080")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    commands = [shlex.split(line.replace("8080", f"{port}"))[3:] for line in block.splitlines()]
    served = [command for command in commands if command[0] in ("play", "call")]
    commands = [command for command in commands if command not in served]
    assert {"record", "replay", "inspect", "diff", "import", "convert"} == {c[0] for c in commands}
    created = {"type": "session.created", "session": {"type": "realtime"}}
    message = {"type": "receive", "time": 1.79e9, "opcode": 1, "data": json.dumps(created)}
    entry = {"request": {"url": "wss://h/v1/realtime?model=m"}, "_webSocketMessages": [message]}

    def run_all(folder: Path) -> set[str]:
        (folder / "browser.har").write_text(json.dumps({"log": {"entries": [entry]}}))
        for command in commands:
            if command[0] == "diff":
                recorded = (folder / "talk.rtc.jsonl").read_bytes()
                (folder / "other.rtc.jsonl").write_bytes(recorded)
            assert 0 == cli.main(command), command
        return {path.name for path in folder.glob("*.rtc.jsonl")}

    async def run(command: list[str]) -> None:
        assert 0 == await anyio.to_thread.run_sync(cli.main, command), command

    with anyio.fail_after(20):
        made = await anyio.to_thread.run_sync(run_all, tmp_path)
        play, call = served
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, play)
            await is_listening(port)
            await run(call)
    assert {f"{name}.rtc.jsonl" for name in ("talk", "other", "browser", "small")} == made
    assert "Once upon a time" in capsys.readouterr().out


def test_every_command_of_the_documentation_is_understood() -> None:
    """Of README and of each page, with its options."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    blocks = [
        block
        for page in pages
        for block in re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    ]
    commands = [
        shlex.split(command)
        for block in blocks
        for command in re.findall(r"(?:python -m realtime_io|realtime-io) ([^&|\n]+)", block)
    ]
    assert {"demo", "record", "play", "call"} <= {command[0] for command in commands}
    for command in commands:
        assert callable(cli._parser().parse_args(command).run), command


def test_every_block_of_python_is_run_by_a_test() -> None:
    """Of every page; one that is not would be seen, and so would one that may do anything."""
    how_tos = {page for page in pages_with_python() if page.startswith("how-to/")}
    assert {"README", "tutorial", *CHECKS, *how_tos} == set(pages_with_python())
    for page, text in pages_with_python().items():
        n_blocks = len(re.findall(r"```\s*(?:py|python)\b", text))
        assert n_blocks == len(steps(text)), page
    assert [1] == blocks_without_expectation("```python\nassert x\n```\n```python\nx\n```\n", set())
    assert [] == blocks_without_expectation("```python\nx\n```\n\n```text\ny\n```\n", set())
