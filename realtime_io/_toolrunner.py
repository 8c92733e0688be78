"""Runs the tools the model calls, and gives the answers back. What is open, late or timed out the
core's ledger decides.

An `on_tool_call` callback comes first; the first result that is not NotImplemented is the answer.
Otherwise the configured function is called: an async one in the session's task group, a plain one
in a worker thread, so that audio keeps flowing. What a function raises goes to the model as an
error it can act on, and to on_error; it never ends the session.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread

from realtime_proto.commands import ToolResult
from realtime_proto.errors import LocalProtocolError, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import TaskGroup

    from realtime_io._callbacks import Callbacks
    from realtime_proto.events import ToolCallRequest
    from realtime_proto.tools import ToolDefinition

__all__ = ("ToolRunner",)

MAX_RUNNING: Final = 8
"""Tools that run at once; further calls wait for a place."""


class ToolRunner:
    """Runs tools in one session's task group.

    Args:
        tools: The configured tools.
        callbacks: Where `on_tool_call` and `on_error` are registered.
        answer: Takes each answer, once.
    """

    def __init__(
        self,
        tools: tuple[ToolDefinition, ...],
        callbacks: Callbacks,
        answer: Callable[[ToolResult], None],
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._callbacks = callbacks
        self._answer = answer
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._limiter = anyio.CapacityLimiter(MAX_RUNNING)

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
        try:
            with self._scopes[request.call_id]:
                async with self._limiter:
                    result = await self._result(request)
        except ToolError as exc:
            error = exc
            result = ToolResult(call_id=request.call_id, output=exc.message, is_error=True)
        finally:
            scope = self._scopes.pop(request.call_id)
        if scope.cancelled_caught:
            return
        self._answer(result)
        if error is not None:
            await self._callbacks.report(error)

    async def _result(self, request: ToolCallRequest) -> ToolResult:
        output = await self._output(request)
        try:
            return ToolResult(call_id=request.call_id, output=output)
        except LocalProtocolError as exc:
            raise ToolError(
                f"the tool {request.function_name!r} returned {type(output).__name__}, which "
                f"cannot be sent to the model: {exc.message}"
            ) from exc

    async def _output(self, request: ToolCallRequest) -> object:
        for callback in self._callbacks.tool_call:
            answer = await _guarded(request.function_name, partial(callback, request))
            if answer is not NotImplemented:
                return answer
        tool = self._tools.get(request.function_name)
        if tool is None or tool.function is None:
            raise ToolError(f"there is no tool called {request.function_name!r:.80}")
        call = partial(tool.function, **tool.bind(request.arguments))
        if inspect.iscoroutinefunction(tool.function):
            return await _guarded(tool.name, call)
        in_thread = partial(anyio.to_thread.run_sync, call, abandon_on_cancel=True)
        return await _guarded(tool.name, in_thread)


async def _guarded(name: str, call: Callable[[], Any]) -> Any:
    try:
        result = call()
        return await result if inspect.isawaitable(result) else result
    except ToolError:
        raise
    except Exception as exc:  # whatever the application's own function raises
        raise ToolError(f"the tool {name!r} raised {type(exc).__name__}: {exc}") from exc
