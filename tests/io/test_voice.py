"""The face: providers, callbacks, tools, errors; against the simulator and bad servers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.servers import listening, speaking

from realtime_io import (
    AudioChunk,
    CallbackError,
    ConfigurationError,
    ConfigurationWarning,
    ConnectionLost,
    HandshakeRejected,
    LocalProtocolError,
    RealtimeConfig,
    RealtimeConnectionError,
    RealtimeError,
    RealtimeVoice,
    ResponseDone,
    Secret,
    ToolCallRequest,
    ToolDefinition,
    TranscriptDelta,
    VADMode,
)
from realtime_io.simulator import Simulator
from realtime_proto.providers import PROVIDERS as PROVIDER_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import ByteStream

    from realtime_io._websocket import WebSocket

pytestmark = pytest.mark.usefixtures("no_environment")

PROVIDERS = ("openai", "gemini")
ANSWER = "The weather in Tokyo is sunny and warm."


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return "sunny and warm" if city == "Tokyo" else "rainy"


def voice_for(simulator: Simulator, provider: str, **settings: Any) -> RealtimeVoice:
    settings.setdefault("tools", [get_weather])
    return RealtimeVoice(
        provider,
        RealtimeConfig(**settings),
        api_key="any",
        base_url=simulator.base_url(provider),
    )


async def answer_to(voice: RealtimeVoice, text: str) -> str:
    """Ask and give the whole answer, when it has come."""
    answered = anyio.Event()
    said = ""

    @voice.on_transcript
    def take(text: str, is_final: bool) -> None:
        nonlocal said
        if is_final:
            said = text
            answered.set()

    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text(text)
            await answered.wait()
            assert [] != tasks_left()
    assert [] == tasks_left()
    return said


# --- a conversation


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("city", ["Tokyo", "Paris"])
async def test_a_question_calls_the_tool_and_is_answered(
    simulator: Simulator, provider: str, city: str
) -> None:
    """The city of the question is in the tool's argument and in the answer."""
    calls = []

    async def get_weather(city: str) -> str:
        """Get the current weather in a city."""
        calls.append(city)
        return "fine"

    voice = voice_for(simulator, provider, tools=[get_weather])
    said = await answer_to(voice, f"What's the weather in {city}?")
    assert [city] == calls
    assert f"The weather in {city} is fine." == said


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_audio_and_transcripts_come_to_the_callbacks(
    simulator: Simulator, provider: str
) -> None:
    """Partial transcripts add up to the final one, and the audio is as long as its chunks say."""
    voice = voice_for(simulator, provider)
    partial: list[str] = []
    audio = bytearray()
    chunks: list[AudioChunk] = []

    @voice.on_transcript
    def _(text: str, is_final: bool) -> None:
        if not is_final:
            partial.append(text)

    voice.on_audio(audio.extend)
    voice.on_event(lambda event: chunks.append(event) if isinstance(event, AudioChunk) else None)
    complete = anyio.Event()
    voice.on_event(
        lambda event: complete.set() if isinstance(event, AudioChunk) and event.is_final else None
    )
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text("What is the weather in Tokyo")
            await complete.wait()
    assert "".join(partial).strip() == ANSWER
    assert len(audio) == sum(len(chunk.data) for chunk in chunks)
    assert len(audio) // 48 == sum(chunk.duration_ms for chunk in chunks)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_iteration_gives_every_event(simulator: Simulator, provider: str) -> None:
    """`async for event in session` sees the tool call, the transcript and the end of the answer."""
    voice = voice_for(simulator, provider)
    kinds = set()
    with anyio.fail_after(5):
        async with voice.connect() as session:
            events = aiter(session)
            await session.send_text("What is the weather in Tokyo")
            async for event in events:
                kinds.add(type(event))
                if isinstance(event, ResponseDone) and TranscriptDelta in kinds:
                    break
    assert {ToolCallRequest, TranscriptDelta, AudioChunk, ResponseDone} <= kinds


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_row_decorators_register_once_however_often_it_connects(
    simulator: Simulator, provider: str
) -> None:
    """A second connect() does not double the callbacks."""
    voice = voice_for(simulator, provider)
    finals = []
    voice.on_transcript(lambda text, is_final: finals.append(text) if is_final else None)
    await answer_to(voice, "hello")
    await answer_to(voice, "hello")
    assert len(finals) == 2


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_interrupt_cuts_the_answer_off(simulator: Simulator, provider: str) -> None:
    """interrupt() tells on_interrupted, and the session goes on."""
    voice = voice_for(simulator, provider)
    interrupted, heard = anyio.Event(), anyio.Event()
    voice.on_interrupted(interrupted.set)
    voice.on_audio(lambda _: heard.set())
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text("tell me a story")
            await heard.wait()
            await session.interrupt()
            await interrupted.wait()
            assert session.is_active


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_face_commit_audio_ends_a_turn_that_is_answered(
    simulator: Simulator, provider: str
) -> None:
    """With VADMode.MANUAL, audio and a commit make a turn on both providers."""
    voice = voice_for(simulator, provider, vad_mode=VADMode.MANUAL)
    answered = anyio.Event()
    voice.on_transcript(lambda _, is_final: answered.set() if is_final else None)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_audio(bytes(session.input_format.bytes_for_ms(200)))
            await session.commit_audio()
            await answered.wait()


# --- tools


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_row_tools_come_after_on_tool_call(simulator: Simulator, provider: str) -> None:
    """Its result is the answer; NotImplemented leaves the call to the function."""
    voice = voice_for(simulator, provider)
    requests: list[ToolCallRequest] = []

    @voice.on_tool_call
    async def pass_on(request: ToolCallRequest) -> object:
        requests.append(request)
        return NotImplemented

    @voice.on_tool_call
    async def answer(request: ToolCallRequest) -> object:
        return "frosty"

    assert (
        await answer_to(voice, "What's the weather in Tokyo?") == "The weather in Tokyo is frosty."
    )
    assert [(request.function_name, request.arguments) for request in requests] == [
        ("get_weather", {"city": "Tokyo"})
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_that_raises_tells_the_model_and_on_error(
    simulator: Simulator, provider: str
) -> None:
    """The session goes on; the model is told what happened."""

    def get_weather(city: str) -> str:
        """Get the current weather in a city."""
        raise OSError("the station is down")

    voice = voice_for(simulator, provider, tools=[get_weather])
    errors: list[RealtimeError] = []
    voice.on_error(errors.append)
    said = await answer_to(voice, "What's the weather in Tokyo?")
    assert "the station is down" in said
    assert [error.message for error in errors] == [
        "the tool 'get_weather' raised OSError: the station is down"
    ]
    assert isinstance(errors[0].__cause__, OSError)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_without_a_function_is_answered_with_an_error(
    simulator: Simulator, provider: str
) -> None:
    """A definition alone needs on_tool_call; without one the model is told."""
    tool = ToolDefinition(
        name="get_weather",
        description="Get the current weather.",
        parameters={"type": "object", "properties": {"city": {"type": "string"}}},
    )
    voice = voice_for(simulator, provider, tools=[tool])
    said = await answer_to(voice, "What's the weather in Tokyo?")
    assert "there is no tool called 'get_weather'" in said


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_result_that_is_not_json_is_an_error_for_the_model(
    simulator: Simulator, provider: str
) -> None:
    """Nothing foreign is raised; the model is told."""

    def get_weather(city: str) -> object:
        """Get the current weather in a city."""
        return {city}

    said = await answer_to(
        voice_for(simulator, provider, tools=[get_weather]), "What's the weather in Tokyo?"
    )
    assert "returned set" in said


# --- choosing a provider


def test_no_key_at_all_is_a_configuration_error() -> None:
    """The message names the variables that could hold one."""
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY, GEMINI_API_KEY, GOOGLE_API_KEY"):
        RealtimeVoice()


def test_row_providers_are_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI comes first; GOOGLE_API_KEY is a key for Gemini; REALTIME_VOICE_PROVIDER decides."""
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza-1")
    assert RealtimeVoice.configured_providers() == ["gemini"]
    assert RealtimeVoice().provider == "gemini"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert RealtimeVoice.configured_providers() == ["openai", "gemini"]
    assert RealtimeVoice().provider == "openai"
    monkeypatch.setenv("REALTIME_VOICE_PROVIDER", "gemini")
    assert RealtimeVoice().provider == "gemini"
    assert list(PROVIDER_TABLE) == RealtimeVoice.available_providers()
    assert RealtimeVoice.available_providers()[:2] == ["openai", "gemini"]


@pytest.mark.parametrize("provider", ["", "acme", "OpenAI", 7, ["openai"]])
def test_an_unknown_provider_is_a_configuration_error(provider: Any) -> None:
    """The message names the providers there are."""
    with pytest.raises(ConfigurationError, match="there are openai, gemini"):
        RealtimeVoice(provider, api_key="k")


@pytest.mark.parametrize("key", [7, b"sk-1", "", "  ", ["sk-1"]])
def test_a_key_of_the_wrong_type_is_a_configuration_error(key: Any) -> None:
    """The message says the type, not the value."""
    with pytest.raises(ConfigurationError, match="api_key must be text") as caught:
        RealtimeVoice("openai", api_key=key)
    assert "sk-1" not in str(caught.value)


def test_a_config_that_is_none_is_refused() -> None:
    """A dict is no RealtimeConfig."""
    wrong: Any = {"voice": "alloy"}
    with pytest.raises(ConfigurationError, match="config must be a RealtimeConfig"):
        RealtimeVoice("openai", wrong, api_key="k")


def test_a_secret_is_taken_as_key_and_shown_nowhere() -> None:
    """Neither the voice's repr nor its attributes show the key."""
    voice = RealtimeVoice("openai", api_key=Secret("sk-canary"))
    assert "sk-canary" not in repr(vars(voice))


def test_a_callback_must_be_callable() -> None:
    """on_audio(7) is a mistake found at once."""
    wrong: Any = 7
    with pytest.raises(ConfigurationError, match="a callback must be a function"):
        RealtimeVoice("openai", api_key="k").on_audio(wrong)


async def test_row_providers_are_where_the_environment_says(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program itself needs no change to talk to a simulator."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url("openai"))
    assert await answer_to(RealtimeVoice(), "hello") == "Hello. How can I help you?"


async def test_row_settings_that_are_ignored_are_one_warning(simulator: Simulator) -> None:
    """What the provider has no place for is named."""
    voice = voice_for(simulator, "openai", temperature=0.8)
    with pytest.warns(ConfigurationWarning, match="openai has no place for temperature"):
        await answer_to(voice, "hello")


async def test_row_settings_that_are_ignored_are_an_error_if_strict(simulator: Simulator) -> None:
    """Nothing is dialled."""
    voice = voice_for(simulator, "openai", temperature=0.8, strict=True)
    with pytest.raises(ConfigurationError, match="no place for temperature"):
        async with voice.connect():
            pass


# --- errors: each one a single RealtimeError


async def connect_error(provider: str, base_url: str) -> RealtimeError:
    voice = RealtimeVoice(provider, api_key="sk-canary", base_url=base_url)
    with anyio.fail_after(5), pytest.raises(RealtimeError) as caught:
        async with voice.connect():
            pytest.fail("the session must not open")
    assert "sk-canary" not in repr(caught.value) + str(caught.value)
    assert [] == tasks_left()
    return caught.value


def tasks_left() -> list[str | None]:
    """The library's tasks that still run."""
    names = [task.name for task in anyio.get_running_tasks()]
    return [name for name in names if name is not None and name.startswith("realtime_io ")]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_wrong_key_is_one_clear_error(provider: str) -> None:
    """The server's words and what to check are in it."""
    async with Simulator(with_voice=False, keys=["the right one"]) as simulator:
        error = await connect_error(provider, simulator.base_url(provider))
    assert isinstance(error, ConnectionLost)
    assert {"openai": 3000, "gemini": 1007}[provider] == error.received
    assert error.phase == "set-up"
    assert error.hint == "check the API key"
    assert "API key" in error.message


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_refused_port_is_one_clear_error(provider: str) -> None:
    """It names the address and what to look at."""
    async with listening(_ignore) as address:
        pass
    error = await connect_error(provider, f"http://{address}")
    assert type(error) is RealtimeConnectionError
    assert f"connection refused by {address}: is a server listening there?" == error.message


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_web_server_is_one_clear_error(provider: str) -> None:
    """A server that answers in HTTP is told apart from one that is silent."""

    async def handle(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async with listening(handle) as address:
        error = await connect_error(provider, f"http://{address}")
    assert isinstance(error, HandshakeRejected)
    assert error.status == 200
    assert "may be no WebSocket server" in error.message


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("code", [None, 1000, 1011, 4000])
async def test_a_server_that_closes_during_set_up_is_one_clear_error(
    provider: str, code: int | None
) -> None:
    """With or without a close frame, during set-up it is ConnectionLost."""

    async def script(socket: WebSocket) -> None:
        if code is None:
            await socket.aclose()
        else:
            await socket.close(code, "not today", timeout_s=1)

    async with speaking(script) as address:
        error = await connect_error(provider, f"http://{address}")
    assert isinstance(error, ConnectionLost)
    assert error.phase == "set-up"
    assert code == error.received
    assert ("not today" in error.message) == (code is not None)


async def test_a_refused_configuration_is_the_servers_own_error() -> None:
    """The model would run on settings nobody chose: the session does not open."""

    async def script(socket: WebSocket) -> None:
        created = {"type": "session.created", "event_id": "e1", "session": {"type": "realtime"}}
        socket.post(json.dumps(created))
        update = json.loads(await socket.receive())
        error = {
            "type": "invalid_request_error",
            "code": "unknown_parameter",
            "message": "Unknown parameter: 'session.x'.",
            "param": "session.x",
            "event_id": update["event_id"],
        }
        socket.post(json.dumps({"type": "error", "event_id": "e2", "error": error}))
        await socket.receive()

    async with speaking(script) as address:
        error = await connect_error("openai", f"http://{address}")
    assert error.code == "unknown_parameter"
    assert error.message == "Unknown parameter: 'session.x'."


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_row_connect_raises_one_error_when_the_connection_is_lost(provider: str) -> None:
    """A body that waits for ever is cancelled, and the one error comes out; on_error saw it."""
    errors: list[RealtimeError] = []

    async def script(socket: WebSocket) -> None:
        await set_up(provider, socket)
        await socket.receive()
        await socket.aclose()

    async with speaking(script) as address:
        voice = RealtimeVoice(provider, api_key="k", base_url=f"http://{address}", reconnect=False)
        voice.on_error(errors.append)
        with anyio.fail_after(5), pytest.raises(ConnectionLost) as caught:
            async with voice.connect() as session:
                await session.send_text("hello")
                await anyio.sleep_forever()
    assert caught.value.phase == "open"
    assert [caught.value] == errors


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_normal_close_ends_iteration_and_sending(provider: str) -> None:
    """The body is not cancelled; iteration ends, and the next send says that it is over."""

    async def script(socket: WebSocket) -> None:
        await set_up(provider, socket)
        await socket.close(1000, timeout_s=1)

    async with speaking(script) as address:
        voice = RealtimeVoice(provider, api_key="k", base_url=f"http://{address}")
        with anyio.fail_after(5):
            async with voice.connect() as session:
                events = [event async for event in session]
                assert type(events[-1]).__name__ == "SessionClosed"
                assert not session.is_active
                with pytest.raises(ConnectionLost, match="the session is over"):
                    await session.send_text("hello")


async def set_up(provider: str, socket: WebSocket) -> None:
    """Answer a client's set-up as a server does."""
    if provider == "gemini":
        await socket.receive()
        socket.post(b'{"setupComplete": {}}')
    else:
        session = {"type": "realtime", "id": "sess_1", "model": "m"}
        socket.post(json.dumps({"type": "session.created", "event_id": "e1", "session": session}))
        await socket.receive()
        socket.post(json.dumps({"type": "session.updated", "event_id": "e2", "session": session}))


async def _ignore(stream: ByteStream) -> None:
    return


# --- what the body and the callbacks do


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "raised", [ValueError("mine"), KeyboardInterrupt(), ConnectionLost("mine")]
)
async def test_row_connect_raises_what_the_body_raised(
    simulator: Simulator, provider: str, raised: BaseException
) -> None:
    """No group, no wrapping: the very same exception."""
    with anyio.fail_after(5), pytest.raises(type(raised)) as caught:
        async with voice_for(simulator, provider).connect():
            raise raised
    assert caught.value is raised


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_cancelling_the_body_closes_the_session(simulator: Simulator, provider: str) -> None:
    """An outer time-out ends the session and nothing else."""
    with anyio.fail_after(5):
        with anyio.CancelScope() as scope:
            async with voice_for(simulator, provider).connect() as session:
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert not session.is_active


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("kind", ["on_audio", "on_transcript", "on_event"])
async def test_row_callbacks_that_raise_end_the_session(
    simulator: Simulator, provider: str, kind: str
) -> None:
    """CallbackError, with the cause; on_error sees it first."""
    voice = voice_for(simulator, provider)
    errors: list[RealtimeError] = []
    voice.on_error(errors.append)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("mine")

    register: Callable[[Any], Any] = getattr(voice, kind)
    register(fail)
    with anyio.fail_after(5), pytest.raises(CallbackError, match=f"the {kind} callback") as caught:
        async with voice.connect() as session:
            await session.send_text("hello")
            await anyio.sleep_forever()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value in errors


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_command_the_protocol_forbids_changes_nothing(
    simulator: Simulator, provider: str
) -> None:
    """A commit under server VAD is refused locally, and the session goes on."""
    voice = voice_for(simulator, provider)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            with pytest.raises(LocalProtocolError, match="VADMode"):
                await session.commit_audio()
            with pytest.raises(LocalProtocolError, match="must not be empty"):
                await session.send_text("")
            wrong: Any = "not bytes"
            with pytest.raises(LocalProtocolError, match="must be bytes"):
                await session.send_audio(wrong)
            assert session.is_active
