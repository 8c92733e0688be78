"""The examples of the documentation, run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from types import ModuleType

    import pytest

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
