"""The event loops that a test on a clock that jumps runs on."""

from __future__ import annotations

import inspect
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from realtime_io.virtual import Stuck, run_virtually

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ("BACKENDS", "Stuck", "run_virtually", "virtually")

BACKENDS = ("asyncio", "trio")

LONGEST_S = 86_400.0
"""A test takes a day at most, on its clock."""


def virtually(
    test: Callable[..., Awaitable[None]], *, waits_for_tools: bool = True
) -> Callable[..., None]:
    """Run an async test on a clock that jumps, on both event loops.

    Args:
        test: Its parameters are pytest's, by name.
        waits_for_tools: As for `run_virtually`.
    """

    async def bounded(**arguments: Any) -> None:
        with anyio.fail_after(LONGEST_S):
            await test(**arguments)

    @wraps(test)
    def run(*, backend: str, **arguments: Any) -> None:
        run_virtually(
            partial(bounded, **arguments), backend=backend, waits_for_tools=waits_for_tools
        )

    signature = inspect.signature(test)
    backend = inspect.Parameter("backend", inspect.Parameter.KEYWORD_ONLY)
    parameters = [*signature.parameters.values(), backend]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    del run.__wrapped__  # else pytest finds the async function
    return pytest.mark.parametrize("backend", BACKENDS)(run)
