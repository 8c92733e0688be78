"""The public names of both packages and how they are called, as a snapshot.

A difference is no mistake: it is a change that users see, to be made on purpose. Write the new
snapshot with `python tests/test_api.py` and say in docs/changes what changed.
"""

from __future__ import annotations

import enum
import inspect
from pathlib import Path
from typing import Any

import realtime_io
import realtime_proto

SNAPSHOT = Path(__file__).parent / "golden" / "api.txt"


def signature(value: Any) -> str:
    """The parameters; what is no function has none."""
    try:
        return str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""


def described(name: str, value: Any) -> list[str]:
    """One line a name, and one for each public member of a class of ours."""
    if not inspect.isclass(value):
        return [f"{name}{signature(value)}"]
    if issubclass(value, enum.Enum):
        return [f"{name}: {', '.join(member.name for member in value)}"]
    lines = [f"class {name}{signature(value)}"]
    for member in sorted(dir(value)):
        found = inspect.getattr_static(value, member)
        is_ours = any(member in base.__dict__ for base in value.__mro__ if base is not object)
        if member.startswith("_") or not is_ours or member in dir(Exception):
            continue
        if isinstance(found, property):
            lines.append(f"  {name}.{member}: property")
        elif callable(getattr(value, member)):
            lines.append(f"  {name}.{member}{signature(getattr(value, member))}")
    return lines


def api() -> str:
    """Everything public, in order."""
    lines: list[str] = []
    for package in (realtime_io, realtime_proto):
        lines.append(f"# {package.__name__}")
        for name in sorted(package.__all__):
            lines += described(name, getattr(package, name))
    return "\n".join(lines) + "\n"


def test_the_public_names_are_what_they_were() -> None:
    """Names, parameters and defaults."""
    assert SNAPSHOT.read_text(encoding="utf-8") == api()


if __name__ == "__main__":
    SNAPSHOT.write_text(api(), encoding="utf-8")
