"""The examples of the documentation, run."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from realtime_io.relay import connect
from realtime_io.simulator import Simulator
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import HandshakeRejected

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
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
