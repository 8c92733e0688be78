"""A test that lacks what it needs: skipped where it may be, failed where the gate demands it."""

from __future__ import annotations

import os

import pytest


def require(what: str, missing: str | None) -> None:
    """Go on only where nothing is missing.

    Args:
        what: "wire", "voice" or "interop". Where REALTIME_REQUIRE lists it, missing is a failure.
        missing: What is missing, in a sentence; None where nothing is.
    """
    if missing is None:
        return
    if what in os.environ.get("REALTIME_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required: {missing}", pytrace=False)
    pytest.skip(f"{what}: {missing}", allow_module_level=True)
