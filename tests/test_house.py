"""The house: floors, purity, public names, the README and the examples."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from importlinter import cli as importlinter_cli

import realtime_io
import realtime_proto

ROOT = Path(__file__).parents[1]

IO_MODULES = (
    "anyio trio asyncio sniffio wsproto h11 socket ssl select selectors subprocess multiprocessing "
    "random secrets uuid"
).split()


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "", **environment},
    )


def test_the_floors_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """Every module imports downwards only; the contracts are in pyproject.toml."""
    status = importlinter_cli.lint_imports(
        config_filename=str(ROOT / "pyproject.toml"), no_cache=True
    )
    assert importlinter_cli.EXIT_STATUS_SUCCESS == status, capsys.readouterr().out


def test_importing_the_core_loads_no_io_module() -> None:
    """`import realtime_proto` brings no socket, no event loop and no random numbers.

    What its own libraries bring is theirs: orjson imports uuid to know the type.
    """
    loaded = f"print([name for name in {IO_MODULES} if name in sys.modules])"
    libraries = run_python("-c", f"import sys, attrs, cattrs, orjson, pybase64; {loaded}")
    core = run_python("-c", f"import sys; from realtime_proto import *; {loaded}")
    assert libraries.stdout == core.stdout, core.stderr
    assert core.stdout.startswith("[")


def test_importing_the_core_loads_no_vocabulary() -> None:
    """`import realtime_proto` leaves the providers to whoever asks for their table."""
    code = """
import sys, realtime_proto
loaded = lambda: [n for n in ("openai", "gemini") if f"realtime_proto.{n}" in sys.modules]
print(loaded())
from realtime_proto import PROVIDERS, ProviderSpec
print(loaded(), hasattr(realtime_proto, "nothing"))
"""
    assert "[]\n['openai', 'gemini'] False\n" == run_python("-c", code).stdout


def test_each_name_of_the_core_is_that_of_its_module() -> None:
    """What is loaded when it is asked for is what a type checker sees imported."""
    source = ast.parse(Path(realtime_proto.__file__).read_text("utf-8"))
    imported = {
        alias.name: node.module
        for node in ast.walk(source)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("realtime_proto.")
        for alias in node.names
    }
    assert set(realtime_proto.__all__) == imported.keys()
    for name, module in imported.items():
        home: Any = importlib.import_module(str(module))
        assert getattr(realtime_proto, name) is getattr(home, name)
    assert imported.keys() <= set(dir(realtime_proto))


@pytest.mark.parametrize("missing", [(), ("orjson", "pybase64")])
def test_the_core_needs_attrs_and_cattrs_alone(missing: tuple[str, ...]) -> None:
    """Without the speed-ups it speaks the same."""
    code = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None
from realtime_proto.openai import InputAudioBufferAppend, OpenAIServerConnection
peer = OpenAIServerConnection()
print(peer.receive('{"type":"input_audio_buffer.append","audio":"AAEC"}')[0].audio)
"""
    forbidden = ["anyio", "wsproto", "h11", "trio", "numpy", *missing]
    assert f"{bytes([0, 1, 2])!r}\n" == run_python("-c", code, *forbidden).stdout


def public_modules() -> list[str]:
    packages = (realtime_proto, realtime_io)
    found = [
        module.name
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return [package.__name__ for package in packages] + [
        name for name in found if not name.endswith("__main__")
    ]


@pytest.mark.parametrize("name", public_modules())
def test_every_module_says_what_is_public(name: str) -> None:
    """`__all__` is a tuple of names that exist, sorted, and each of them is documented."""
    module: Any = importlib.import_module(name)
    if name == "realtime_proto.audio":
        return
    assert isinstance(module.__all__, tuple)
    missing = [public for public in module.__all__ if not hasattr(module, public)]
    assert [] == missing
    assert module.__doc__


def readme_commands() -> list[str]:
    return re.findall(r"^python3 -m venv .*$", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_the_readme_has_its_two_commands() -> None:
    """One line each; one ends in the demo, one in the tests."""
    demo, tests = readme_commands()
    assert demo.endswith("python -m realtime_io demo")
    assert tests.endswith("pytest")
