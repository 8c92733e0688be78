"""What every test runs under: both event loops, hypothesis profiles, the coverage gate."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

if os.environ.get("REALTIME_TEST_JSON") == "stdlib":
    # As where no wheel exists. Set by test_stdlib_json, which runs the tests of the core again.
    sys.modules["orjson"] = sys.modules["pybase64"] = None  # type: ignore[assignment]

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "again",
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly",
    max_examples=10_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Leave the coverage gate to whole runs: a part of the tests covers a part of the code."""
    is_whole = [Path(arg).name for arg in config.args] == ["tests"]
    is_filtered = bool(config.option.keyword or config.option.markexpr)
    plugin: Any = config.pluginmanager.get_plugin("_cov")
    if plugin is not None and (not is_whole or is_filtered):
        plugin.options.cov_fail_under = 0


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every async test runs on both event loops."""
    return str(request.param)
