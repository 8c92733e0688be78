"""What is logged: how a session fares, and nothing of what was said in it."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING

import anyio
import pytest

from realtime_io import RealtimeConfig, RealtimeVoice
from realtime_io._log import note
from realtime_proto.events import (
    ErrorReported,
    Failure,
    Interrupted,
    Reconnected,
    Reconnecting,
    SessionClosed,
    SessionExpiring,
    ToolCallCancelled,
)

if TYPE_CHECKING:
    from realtime_io.simulator import Simulator


@pytest.mark.parametrize("provider", ["openai", "gemini"])
async def test_neither_words_nor_audio_nor_keys_are_logged(
    simulator: Simulator, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At the most talkative level: text both ways, audio, arguments, results, settings, the key."""

    def get_weather(city: str) -> str:
        """Get the weather (canary-description)."""
        return "canary-result"

    voice = RealtimeVoice(
        provider,
        RealtimeConfig(instructions="canary-instructions", tools=[get_weather]),
        api_key="canary-key",
        base_url=simulator.base_url(provider),
    )
    with caplog.at_level(logging.DEBUG), anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_audio(b"\x7e\x00" * 2400)
            await session.send_text("What's the weather in Canary Tokyo?")
    logged = "\n".join(record.getMessage() for record in caplog.records)
    ours = [record.name for record in caplog.records if record.name.startswith("realtime_io.")]
    assert {"realtime_io.session", "realtime_io.tools"} <= set(ours)
    assert "ready" in logged
    assert "call of get_weather" in logged
    assert "closed, code" in logged
    assert "canary" not in logged.lower()
    assert base64.b64encode(b"\x7e\x00" * 30).decode() not in logged


@pytest.fixture(autouse=True)
def _enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other libraries' logging set-up switches off the loggers that are there already."""
    for name in ("realtime_io.session", "realtime_io.tools"):
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)


LOST = Failure(kind="lost", message="the connection broke")


@pytest.mark.parametrize(
    ("event", "level", "said"),
    [
        (SessionExpiring(in_ms=5_000, reason="session_cap"), "INFO", "ends in 5000 ms"),
        (Reconnecting(attempt=2, delay_ms=700, failure=LOST), "WARNING", "attempt 2 in 700 ms"),
        (Reconnected(session_id="s2", is_resumed=False), "INFO", "connected again, session s2"),
        (ErrorReported(failure=LOST), "WARNING", "lost error: the connection broke"),
        (SessionClosed(code=1000), "INFO", "closed, code 1000"),
        (SessionClosed(code=1011, failure=LOST), "ERROR", "code 1011: the connection broke"),
        (Interrupted(item_id="i1", played_ms=7, heard_text="secret"), "DEBUG", "i1 interrupted"),
        (ToolCallCancelled(call_id="c1", reason="timeout"), "DEBUG", "call c1 given up: timeout"),
    ],
)
def test_what_matters_is_logged_at_its_level(
    event: object, level: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors as errors, what is mended as warnings, the rest below."""
    with caplog.at_level(logging.DEBUG):
        note(event)  # type: ignore[arg-type]
    (record,) = caplog.records
    assert (level, "realtime_io.session") == (record.levelname, record.name)
    assert said in record.getMessage()
    assert "secret" not in record.getMessage()
