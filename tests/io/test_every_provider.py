"""Every built-in provider over a real socket: what is dialled, and that a conversation is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import pytest
from helpers.secrets import CANARY
from helpers.servers import listening

from realtime_io import RealtimeConfig, RealtimeConnectionError, RealtimeVoice, _connect
from realtime_io._dial import dial
from realtime_io._keepalive import KeepAlive
from realtime_io.simulator import Simulator
from realtime_proto.errors import ConfigurationError, HandshakeRejected
from realtime_proto.gemini.endpoint import endpoint as gemini_endpoint
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from anyio.abc import ByteStream

REQUEST_LINES = {
    "openai": "GET /realtime?model=gpt-realtime HTTP/1.1",
    "gemini": "GET /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent "
    "HTTP/1.1",
    "azure": "GET /openai/v1/realtime?model=gpt-realtime HTTP/1.1",
    "azure-voice-live": "GET /voice-live/realtime?api-version=2026-04-10&model=gpt-realtime "
    "HTTP/1.1",
    "xai": "GET /realtime?model=grok-voice-latest HTTP/1.1",
    "vertex": "GET /ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent HTTP/1.1",
}
CREDENTIALS = {
    "openai": f"authorization: bearer {CANARY}",
    "gemini": f"x-goog-api-key: {CANARY}",
    "azure": f"api-key: {CANARY}",
    "azure-voice-live": f"api-key: {CANARY}",
    "xai": f"authorization: bearer {CANARY}",
    "vertex": f"authorization: bearer {CANARY}",
}


async def head_of(stream: ByteStream, seen: list[str]) -> None:
    """Note the head of a request, and refuse it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    seen += data.decode("ascii").split("\r\n")
    await stream.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("provider", list(REQUEST_LINES))
async def test_each_provider_dials_its_own_path_with_its_own_header(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request on the wire; the key is in one header and nowhere else."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    seen: list[str] = []
    async with listening(lambda stream: head_of(stream, seen)) as address:
        voice = RealtimeVoice(provider, api_key=CANARY, base_url=f"http://{address}")
        with anyio.fail_after(5), pytest.raises(RealtimeConnectionError) as caught:
            async with voice.connect():
                pass
    assert REQUEST_LINES[provider] == seen[0]
    with_key = [line.lower() for line in seen if CANARY in line]
    assert [CREDENTIALS[provider]] == with_key
    assert CANARY not in str(caught.value)
    assert isinstance(caught.value, HandshakeRejected)
    assert "check the API key" == caught.value.hint
    assert str(caught.value).endswith("(check the API key)")


async def test_a_key_in_the_query_goes_out_and_is_not_told() -> None:
    """Where somebody asked for it there."""
    seen: list[str] = []
    async with listening(lambda stream: head_of(stream, seen)) as address:
        place = gemini_endpoint(
            None, key=Secret(CANARY), base_url=f"http://{address}", carrier="query"
        )
        with anyio.fail_after(5), pytest.raises(RealtimeConnectionError) as caught:
            await dial(place)
    assert seen[0].endswith(f"BidiGenerateContent?key={CANARY} HTTP/1.1")
    assert 1 == sum(CANARY in line for line in seen)
    assert CANARY not in f"{caught.value}{caught.value.__dict__}"


@pytest.mark.parametrize("provider", ["azure", "vertex"])
async def test_a_provider_in_the_current_shape_holds_a_conversation(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the simulator, which speaks the protocol at these paths too."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    async with Simulator(with_voice=False, pace=0) as simulator:
        base_url = simulator.base_url("gemini")
        voice = RealtimeVoice(provider, RealtimeConfig(), api_key="k", base_url=base_url)
        said: list[Any] = []
        done = anyio.Event()

        @voice.on_transcript
        def note(text: str, is_final: bool) -> None:
            if is_final:
                said.append(text)
                done.set()

        with anyio.fail_after(10):
            async with voice.connect() as session:
                await session.send_text("hello")
                await done.wait()
    assert ["Hello. How can I help you?"] == said
    assert [] == simulator.failures


async def test_a_short_lived_token_stands_for_a_key() -> None:
    """It goes to the method that takes tokens, in a header of its own."""
    token = f"auth_tokens/{CANARY}"
    async with Simulator(with_voice=False, pace=0, keys=[token]) as simulator:
        voice = RealtimeVoice("gemini", api_key=token, base_url=simulator.base_url("gemini"))
        with anyio.fail_after(5):
            async with voice.connect() as session:
                assert session.is_active
    assert [] == simulator.failures


@pytest.mark.parametrize(("provider", "timeout_s"), [("openai", 20.0), ("gemini", None)])
async def test_how_long_a_pong_may_take_is_the_providers_to_say(
    provider: str, timeout_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gemini is never given up for a late one."""
    asked: list[KeepAlive] = []

    async def note(*_: object, keepalive: KeepAlive, **__: object) -> NoReturn:
        asked.append(keepalive)
        raise RealtimeConnectionError("not today")

    monkeypatch.setattr(_connect, "dial", note)
    with pytest.raises(RealtimeConnectionError, match="not today"):
        async with RealtimeVoice(provider, api_key="k").connect():
            pass
    assert [KeepAlive(timeout_s=timeout_s)] == asked


def test_a_provider_asks_for_what_it_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is connected, with the variable that could hold it."""
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with pytest.raises(ConfigurationError, match="GOOGLE_CLOUD_PROJECT"):
        RealtimeVoice("vertex", api_key="k")


def test_the_environment_says_where_a_model_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration has the full name from then on."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west4")
    voice = RealtimeVoice("vertex", RealtimeConfig(model="gemini-3.8-live"), api_key="k")
    assert (
        "projects/p/locations/europe-west4/publishers/google/models/gemini-3.8-live"
        == voice.config.model
    )
