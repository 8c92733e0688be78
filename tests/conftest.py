"""What every test runs under: both event loops, hypothesis profiles, the coverage gate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


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
