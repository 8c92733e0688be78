"""Tools at work: threads, timeouts, places, approvals, cancellation, results."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.from_thread
import pytest
from attrs import evolve, frozen
from helpers.leaks import settle, tasks_left

from realtime_io import (
    CallbackError,
    RealtimeConfig,
    RealtimeError,
    RealtimeVoice,
    ToolCallCancelled,
    ToolCallRequest,
    ToolDefinition,
)
from realtime_io._callbacks import Callbacks
from realtime_io._tasks import background_tasks
from realtime_io._toolrunner import MAX_RUNNING, ToolRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_io.simulator import Simulator
    from realtime_proto.commands import ToolResult

PROVIDERS = ("openai", "gemini")


def voice_for(simulator: Simulator, provider: str, *tools: Any, **settings: Any) -> RealtimeVoice:
    return RealtimeVoice(
        provider,
        RealtimeConfig(tools=tools, **settings),
        api_key="any",
        base_url=simulator.base_url(provider),
    )


async def ask_weather(voice: RealtimeVoice) -> str:
    """Ask for the weather in Tokyo and give the answer."""
    finals: list[str] = []
    voice.on_transcript(lambda text, is_final: finals.append(text) if is_final else None)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text("What's the weather in Tokyo?")
    assert [] == tasks_left()
    return finals[-1]


@frozen
class Weather:
    """What a tool gives."""

    sky: str
    degrees: float


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_plain_function_runs_in_a_thread_with_the_sessions_context(
    simulator: Simulator, provider: str
) -> None:
    """Not in the event loop's thread, and context variables are there."""
    variable = contextvars.ContextVar("variable", default="unset")
    seen: list[Any] = []

    def get_weather(city: str) -> str:
        """Get the weather."""
        seen.extend((threading.get_ident() == loop_thread, variable.get()))
        return "fine"

    loop_thread = threading.get_ident()
    variable.set("mine")
    assert "The weather in Tokyo is fine." == (
        await ask_weather(voice_for(simulator, provider, get_weather))
    )
    assert [False, "mine"] == seen


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_instance_of_a_class_goes_to_the_model_as_an_object(
    simulator: Simulator, provider: str
) -> None:
    """Any result that is JSON in the end."""

    async def get_weather(city: str) -> Weather:
        """Get the weather."""
        return Weather("clear", 21.5)

    said = await ask_weather(voice_for(simulator, provider, get_weather))
    assert "clear" in said
    assert "21.5" in said


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_wrong_argument_goes_back_to_the_model(simulator: Simulator, provider: str) -> None:
    """The function is not called; the model is told what is wrong, and on_error too."""

    def get_weather(city: int) -> str:
        """Get the weather."""
        pytest.fail("it must not be called")

    voice = voice_for(simulator, provider, get_weather)
    errors: list[RealtimeError] = []
    voice.on_error(errors.append)
    said = await ask_weather(voice)
    assert "'city' must be an integer, not 'Tokyo'" in said
    assert ["wrong arguments for get_weather: 'city' must be an integer, not 'Tokyo'"] == [
        error.message for error in errors
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("is_async", [True, False])
async def test_a_tool_that_takes_too_long_is_answered_without_it(
    simulator: Simulator, provider: str, is_async: bool
) -> None:
    """Its own time-out holds, the model is told, and an async function is cancelled."""
    cancelled = anyio.Event()
    release = threading.Event()

    async def get_weather(city: str) -> str:
        """Get the weather."""
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    def get_weather_slowly(city: str) -> str:
        """Get the weather."""
        release.wait(5)
        return "late"

    function: Callable[[str], Any] = get_weather if is_async else get_weather_slowly
    tool = ToolDefinition.from_function(function, name="get_weather", timeout_s=0.05)
    voice = voice_for(simulator, provider, tool)
    events: list[Any] = []
    voice.on_event(events.append)
    said = await ask_weather(voice)
    release.set()
    assert "the tool did not answer within 0.05 s" in said
    assert ["timeout"] == [e.reason for e in events if isinstance(e, ToolCallCancelled)]
    assert is_async == cancelled.is_set()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (True, "The weather in Tokyo is fine."),
        (False, "the user did not allow 'get_weather' to be called this way"),
        ("yes", "the user did not allow"),
        (None, "needs an approval, and nobody is there to give it"),
    ],
)
async def test_a_tool_that_needs_approval_is_run_only_with_it(
    simulator: Simulator, provider: str, answer: object, said: str
) -> None:
    """Only True lets it run; who is not asked has not agreed; the arguments are shown."""
    calls: list[str] = []

    def get_weather(city: str) -> str:
        """Get the weather."""
        calls.append(city)
        return "fine"

    tool = ToolDefinition.from_function(get_weather, needs_approval=True)
    voice = voice_for(simulator, provider, tool)
    asked: list[ToolCallRequest] = []

    async def approve(request: ToolCallRequest) -> object:
        asked.append(request)
        return answer

    if answer is not None:
        voice.on_approval(approve)
    assert said in await ask_weather(voice)
    assert (["Tokyo"] if answer is True else []) == calls
    assert ([] if answer is None else [{"city": "Tokyo"}]) == [r.arguments for r in asked]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_on_error_that_raises_after_a_tool_ends_the_session(
    simulator: Simulator, provider: str
) -> None:
    """CallbackError, as from any callback; nothing foreign reaches the task group."""

    def get_weather(city: str) -> str:
        """Get the weather."""
        raise OSError("down")

    voice = voice_for(simulator, provider, get_weather)

    @voice.on_error
    def fail(error: RealtimeError) -> None:
        raise ZeroDivisionError

    with anyio.fail_after(5), pytest.raises(CallbackError, match="the on_error callback"):
        async with voice.connect() as session:
            await session.send_text("What's the weather in Tokyo?")
            await anyio.sleep_forever()
    assert [] == tasks_left()


# --- the runner by itself


def request_for(call_id: str, name: str = "tool", **arguments: Any) -> ToolCallRequest:
    return ToolCallRequest(call_id=call_id, function_name=name, arguments=arguments)


class Bench:
    """A runner, its answers, and functions that wait until they are told to go on."""

    def __init__(self, **options: Any) -> None:
        self.answers: list[ToolResult] = []
        self.failures: list[RealtimeError] = []
        self.running = 0
        self.go_on = anyio.Event()
        self.callbacks = Callbacks()
        tool = ToolDefinition.from_function(self.tool, **options)
        self.runner = ToolRunner(
            (tool, evolve(tool, name="other")),
            self.callbacks,
            self.answers.append,
            self.failures.append,
        )

    async def tool(self) -> int:
        """Wait."""
        self.running += 1
        try:
            await self.go_on.wait()
        finally:
            self.running -= 1
        return self.running


async def test_calls_of_one_tool_wait_for_a_place() -> None:
    """`max_running` bounds a tool's own calls, and not those of another."""
    bench = Bench(max_running=2)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            for n in range(5):
                bench.runner.start(request_for(f"c{n}"), tasks)
            await anyio.wait_all_tasks_blocked()
            assert 2 == bench.running
            bench.runner.start(request_for("o1", "other"), tasks)
            await anyio.wait_all_tasks_blocked()
            assert 3 == bench.running
            bench.go_on.set()
            await settle(lambda: len(bench.answers) == 6)
    assert not bench.runner.is_running


async def test_calls_together_wait_for_a_place() -> None:
    """A session runs so many at once and no more."""
    bench = Bench(max_running=100)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            for n in range(MAX_RUNNING + 3):
                bench.runner.start(request_for(f"c{n}"), tasks)
            await anyio.wait_all_tasks_blocked()
            assert MAX_RUNNING == bench.running
            bench.go_on.set()
            await settle(lambda: len(bench.answers) == MAX_RUNNING + 3)


async def test_a_cancelled_call_is_stopped_and_not_answered() -> None:
    """One that runs and one that waits for a place; the others go on."""
    bench = Bench(max_running=1)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            for n in range(3):
                bench.runner.start(request_for(f"c{n}"), tasks)
            await anyio.wait_all_tasks_blocked()
            bench.runner.cancel("c0")
            bench.runner.cancel("c1")
            bench.runner.cancel("nobody")
            await anyio.wait_all_tasks_blocked()
            assert 1 == bench.running
            bench.go_on.set()
            await settle(lambda: bool(bench.answers))
            await anyio.wait_all_tasks_blocked()
    assert ["c2"] == [answer.call_id for answer in bench.answers]


async def test_only_what_is_configured_can_be_called() -> None:
    """A name that nobody offered is an error for the model; what is offered can change."""
    bench = Bench()
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            for name in ("os.system", "__init__", "answers"):
                bench.runner.start(request_for(name, name), tasks)
            await settle(lambda: len(bench.answers) == 3)
            bench.runner.offer(())
            bench.runner.start(request_for("c1"), tasks)
            await settle(lambda: len(bench.answers) == 4)
    assert [True] * 4 == [answer.is_error for answer in bench.answers]
    assert "there is no tool called 'tool'" == bench.answers[-1].output


async def test_an_asynchronous_callable_object_runs_in_the_loop() -> None:
    """What decides is its `__call__`."""
    threads: list[int] = []

    class Tool:
        """Look."""

        async def __call__(self) -> str:
            threads.append(threading.get_ident())
            return "seen"

    answers: list[ToolResult] = []
    tool = ToolDefinition.from_function(Tool(), name="tool")
    runner = ToolRunner((tool,), Callbacks(), answers.append, lambda _: None)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            runner.start(request_for("c1"), tasks)
            await settle(lambda: bool(answers))
    assert [("seen", False)] == [(a.output, a.is_error) for a in answers]
    assert [threading.get_ident()] == threads
