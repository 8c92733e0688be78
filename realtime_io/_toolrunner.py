"""Runs the tools the model calls, and gives the answers back. What is open, late or timed out the
core's ledger decides; a call that it gives up is cancelled here.

An `on_tool_call` callback comes first; the first result that is not NotImplemented is the answer.
Otherwise the configured function is called, if a human need not be asked or agrees: an async one in
the session's task group, a plain one in a worker thread, so that audio keeps flowing. What a
function raises goes to the model as an error it can act on, and to on_error; it never ends the
session. A thread cannot be cancelled: what a plain function gives after its time is dropped.
"""

from __future__ import annotations

import inspect
import logging
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread

from realtime_io import _clock
from realtime_proto.commands import ToolResult
from realtime_proto.errors import LocalProtocolError, RealtimeError, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import TaskGroup

    from realtime_io._callbacks import Callbacks
    from realtime_proto.events import ToolCallRequest
    from realtime_proto.tools import ToolDefinition

__all__ = ("ToolRunner",)

MAX_RUNNING: Final = 16
"""Tools that run at once in one session; further calls wait for a place."""

_log: Final = logging.getLogger("realtime_io.tools")


class ToolRunner:
    """Runs tools in one session's task group.

    Args:
        tools: The configured tools.
        callbacks: Where `on_tool_call`, `on_approval` and `on_error` are registered.
        answer: Takes each answer, once.
        fail: Takes what ends the session: an on_error that raised.
    """

    def __init__(
        self,
        tools: tuple[ToolDefinition, ...],
        callbacks: Callbacks,
        answer: Callable[[ToolResult], None],
        fail: Callable[[RealtimeError], None],
    ) -> None:
        self._callbacks = callbacks
        self._answer = answer
        self._fail = fail
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._tools: dict[str, ToolDefinition] = {}
        self._own_places: dict[str, anyio.CapacityLimiter] = {}
        self.offer(tools)

    # Most conversations call no tool, and each of these takes half a KiB.

    @cached_property
    def _places(self) -> anyio.CapacityLimiter:
        return anyio.CapacityLimiter(MAX_RUNNING)

    @cached_property
    def _threads(self) -> anyio.CapacityLimiter:
        return anyio.CapacityLimiter(MAX_RUNNING)

    def offer(self, tools: tuple[ToolDefinition, ...]) -> None:
        """From now on the model may call these. Calls under way go on."""
        self._tools = {tool.name: tool for tool in tools}
        self._own_places = {tool.name: anyio.CapacityLimiter(tool.max_running) for tool in tools}

    @property
    def is_running(self) -> bool:
        """Whether a tool runs or waits for a place."""
        return bool(self._scopes)

    def start(self, request: ToolCallRequest, tasks: TaskGroup) -> None:
        """Begin to answer *request*; a checkpoint is not passed."""
        self._scopes[request.call_id] = anyio.CancelScope()
        tasks.start_soon(self._run, request, name=f"realtime_io tool {request.function_name}")

    def cancel(self, call_id: str) -> None:
        """Nobody waits for this answer any more."""
        scope = self._scopes.get(call_id)
        if scope is not None:
            scope.cancel()

    async def _run(self, request: ToolCallRequest) -> None:
        error = None
        name = request.function_name
        scope = self._scopes[request.call_id]
        result: ToolResult | None = None
        try:
            with scope:
                _log.debug("tool %s: called, %s", name, request.call_id)
                async with self._places:
                    result = await self._result(request)
        except ToolError as exc:
            error = exc
            result = ToolResult(call_id=request.call_id, output=exc.message, is_error=True)
        finally:
            del self._scopes[request.call_id]
        if result is None:
            _log.debug("tool %s: cancelled, %s", name, request.call_id)
            return
        outcome = "answered" if error is None else "failed"
        _log.debug("tool %s: %s, %s", name, outcome, request.call_id)
        self._answer(result)
        if error is not None:
            try:
                await self._callbacks.report(error)
            except RealtimeError as exc:
                self._fail(exc)

    async def _result(self, request: ToolCallRequest) -> ToolResult:
        tool = self._tools.get(request.function_name)
        output = await self._output(request, tool)
        if isinstance(output, ToolResult):
            raise ToolError(f"the tool {request.function_name!r} must return its output alone")
        value = output if tool is None else tool.result(output)
        try:
            return ToolResult(call_id=request.call_id, output=value)
        except LocalProtocolError as exc:
            raise ToolError(
                f"the tool {request.function_name!r} returned {type(output).__name__}, which "
                f"cannot be sent to the model: {exc.message}"
            ) from exc

    async def _output(self, request: ToolCallRequest, tool: ToolDefinition | None) -> object:
        name = request.function_name
        if tool is not None and tool.needs_approval:
            await self._ask(request)
        for callback in self._callbacks.tool_call:
            answer = await _guarded(name, partial(callback, request))
            if answer is not NotImplemented:
                return answer
        if tool is None or tool.function is None:
            raise ToolError(f"there is no tool called {name!r:.80}")
        call = partial(tool.function, **tool.bind(request.arguments))
        async with self._own_places[name]:
            if _is_async(tool.function):
                return await _guarded(name, call)
            in_thread = partial(
                anyio.to_thread.run_sync, call, abandon_on_cancel=True, limiter=self._threads
            )
            with _clock.kept_still():
                return await _guarded(name, in_thread)

    async def _ask(self, request: ToolCallRequest) -> None:
        name = request.function_name
        if not self._callbacks.approval:
            raise ToolError(f"the tool {name!r} needs an approval, and nobody is there to give it")
        for callback in self._callbacks.approval:
            if await _guarded(name, partial(callback, request)) is not True:
                raise ToolError(f"the user did not allow {name!r} to be called this way")


def _is_async(function: Callable[..., Any]) -> bool:
    while isinstance(function, partial):
        function = function.func
    call = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(call)


async def _guarded(name: str, call: Callable[[], Any]) -> Any:
    try:
        result = call()
        return await result if inspect.isawaitable(result) else result
    except ToolError:
        raise
    except Exception as exc:  # whatever the application's own function raises
        raise ToolError(f"the tool {name!r} raised {type(exc).__name__}: {exc}") from exc
