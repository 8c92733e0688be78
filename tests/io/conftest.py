"""What the tests of the face share: a simulator, and an environment without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

VARIABLES = (
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "OPENAI_BASE_URL",
    "GEMINI_BASE_URL",
    "REALTIME_VOICE_PROVIDER",
)


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no server in the environment."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A simulator without a voice, that sends as fast as it can, and did nothing wrong."""
    async with Simulator(with_voice=False, pace=0) as simulator:
        yield simulator
    assert [] == simulator.failures
