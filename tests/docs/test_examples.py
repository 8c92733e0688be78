"""The examples of the documentation, run."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from helpers.servers import speaking

from realtime_io import (
    ConnectionLost,
    RealtimeVoice,
    _registry,
)
from realtime_io.relay import connect
from realtime_io.simulator import Simulator
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import HandshakeRejected

if TYPE_CHECKING:
    from types import ModuleType

    from realtime_io._websocket import WebSocket

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are read by the module's name
    spec.loader.exec_module(module)
    return module


async def test_the_quick_start_asks_both_providers(capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as it stands, on both event loops."""
    quick_start: Any = example("quick_start")
    with anyio.fail_after(10):
        await quick_start.main()
    said = "The weather in Tokyo is sunny and warm."
    assert [f"openai: {said}", f"gemini: {said}"] == capsys.readouterr().out.splitlines()


async def test_the_core_holds_a_conversation_on_a_blocking_socket() -> None:
    """No event loop on the client's side: a thread, a socket and the core."""
    bring_your_own_io: Any = example("bring_your_own_io")
    async with Simulator(with_voice=False, pace=0) as simulator:
        base_url = simulator.base_url("openai")
        with anyio.fail_after(10):
            answer = await anyio.to_thread.run_sync(bring_your_own_io.ask, base_url, "any", "hello")
    assert "Hello. How can I help you?" == answer
    assert [] == simulator.failures


async def test_the_relay_keeps_the_key_and_the_instructions() -> None:
    """A page with a token of ours is served on our terms; others and other pages are not."""
    relay: Any = example("relay")

    def page(token: str, origin: str) -> Endpoint:
        return Endpoint(
            url=f"{server.url}/v1/realtime",
            headers=(("origin", origin),),
            subprotocols=("realtime", f"openai-insecure-api-key.{token}"),
        )

    with anyio.fail_after(10):
        async with (
            Simulator(with_voice=False, pace=0, keys=["the-real-key"]) as simulator,
            relay.relaying(
                key="the-real-key", base_url=simulator.base_url("openai"), port=0
            ) as server,
        ):
            for token, origin, status in (
                ("wrong", relay.PAGES[0], 401),
                ("token-of-ada", "https://evil.example", 403),
            ):
                with pytest.raises(HandshakeRejected) as caught:
                    async with connect(page(token, origin)):
                        pytest.fail("it must not be let in")
                assert status == caught.value.status
            async with connect(page("token-of-ada", relay.PAGES[0])) as channel:
                assert "realtime" == channel.subprotocol
                assert "session.created" == json.loads(await channel.receive())["type"]
                session = {"type": "realtime", "instructions": "Say what I want."}
                await channel.send(json.dumps({"type": "session.update", "session": session}))
                updated = json.loads(await channel.receive())
                assert relay.INSTRUCTIONS == updated["session"]["instructions"]
    assert [] == simulator.failures


def test_an_event_of_ones_own_goes_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as it stands."""
    own_event: Any = example("own_event")
    own_event.main()
    said = capsys.readouterr().out
    assert "server understood: [Lights(is_dim=True, colour=None)]" in said
    assert "client understood: [Applause(seconds=2.5)]" in said


def test_a_provider_of_ones_own_talks_in_memory(capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as it stands."""
    own_provider: Any = example("own_provider")
    own_provider.main()
    assert [
        "parrot: hello hello",
        "history: [('user', 'hello'), ('assistant', 'hello hello')]",
    ] == capsys.readouterr().out.splitlines()


async def test_a_provider_of_ones_own_is_one_like_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Registered, chosen by its key, over a socket; its rules say what an end means."""
    own_provider: Any = example("own_provider")
    monkeypatch.setattr(_registry, "_REGISTERED", {})
    monkeypatch.setenv("PARROT_KEY", "seeds")
    RealtimeVoice.register_provider("parrot", own_provider.PARROT)

    async def cage(socket: WebSocket) -> None:
        server = own_provider.ParrotServerConnection()
        while "bye" not in (frame := str(await socket.receive())):
            for answer in own_provider.answers(server, frame):
                socket.post(answer)
        await socket.close(4001, "shoo", timeout_s=1)

    said: list[str] = []
    sound: list[bytes] = []
    answered = anyio.Event()
    async with speaking(cage) as address:
        voice = RealtimeVoice("parrot", base_url=f"http://{address}")
        voice.on_audio(sound.append)

        @voice.on_transcript
        def note(text: str, is_final: bool) -> None:
            if is_final:
                said.append(text)
                answered.set()

        with anyio.fail_after(5), pytest.raises(ConnectionLost, match="does not know this key"):
            async with voice.connect() as session:
                await session.send_text("hello")
                await answered.wait()
                await session.send_text("bye")
                await anyio.sleep_forever()
    assert ["hello hello"] == said
    assert bytes(320) == b"".join(sound)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_test_against_a_recording(backend: str, tmp_path: Path) -> None:
    """Recorded with the simulator, then had again without it, also through a relay."""
    replayed: Any = example("replayed")
    path = str(tmp_path / "hello.rtc.jsonl")

    async def record() -> str:
        async with Simulator(with_voice=False, pace=0) as simulator:
            base_url = simulator.base_url("openai")
            voice = RealtimeVoice("openai", api_key="any", base_url=base_url)
            with anyio.fail_after(10):
                return str(await replayed.application(voice, record=path))

    assert "Hello. How can I help you?" == anyio.run(record, backend=backend)
    replayed.check_that_it_greets(path, backend=backend)
    relayed: Any = example("relayed")
    relayed.check_that_it_hands_on(path, backend=backend)
