"""What every test runs under: both event loops, hypothesis profiles, the coverage gate."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Generator

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


COVERED: Final = {"realtime_proto": 100.0, "realtime_io": 95.0}
"""Percent of each package, branches included, that a whole run has to see."""


def _is_whole(config: pytest.Config) -> bool:
    is_filtered = bool(config.option.keyword or config.option.markexpr)
    return not is_filtered and [Path(arg).name for arg in config.args] == ["tests"]


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Share whole runs between the cores; a part of the tests is done before workers are up."""
    return None if _is_whole(config) else 0


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Fail a whole run that covers too little: a part of the tests covers a part of the code."""
    result = yield
    plugin: Any = session.config.pluginmanager.get_plugin("_cov")
    controller = None if plugin is None else plugin.cov_controller
    if controller is not None and "workerinput" not in vars(session.config):
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        for package, wanted in COVERED.items() if _is_whole(session.config) else ():
            found = controller.cov.report(include=[f"{package}/*"], file=io.StringIO())
            is_short = round(found, 2) < wanted
            reporter.line(f"coverage: {found:.2f} % of {package}, wanted {wanted:g}", red=is_short)
            session.testsfailed += is_short
    return result


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every async test runs on both event loops."""
    return str(request.param)
