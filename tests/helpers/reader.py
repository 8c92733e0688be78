"""Follows a page of the documentation: runs its blocks of Python, in order, with names in common.

Each block has an expectation of its own: a block of text after it, each line of which is in what
was printed; or `assert` in it; or a check that the test of the page has.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ("ROOT", "Reader", "blocks_without_expectation", "pages_with_python", "steps")

ROOT = Path(__file__).parents[2]


def steps(text: str) -> list[tuple[str, list[str]]]:
    """Each block of Python of a page with the lines it must print."""
    pairs = re.findall(r"^```python\n(.*?)^```$(?:\s+^```text\n(.*?)^```$)?", text, re.M | re.S)
    return [(block, said.splitlines()) for block, said in pairs]


def pages_with_python(root: Path = ROOT) -> dict[str, str]:
    """The pages that have blocks of Python, by their place below docs/; README is "README"."""
    paths = {path.relative_to(root / "docs"): path for path in (root / "docs").rglob("*.md")}
    paths[Path("README.md")] = root / "README.md"
    texts = {
        place.with_suffix("").as_posix(): path.read_text("utf-8") for place, path in paths.items()
    }
    return {page: text for page, text in texts.items() if re.search(r"```\s*(py|python)\b", text)}


def blocks_without_expectation(text: str, checked: set[int]) -> list[int]:
    """The blocks of a page that could do anything, by their number."""
    return [
        n
        for n, (block, said) in enumerate(steps(text))
        if not said and n not in checked and not re.search(r"^assert ", block, re.M)
    ]


class Reader:
    """Follows one page.

    Args:
        page: Its place below docs/.
        names: What the page takes for granted.

    Attributes:
        printed: What the last block printed.
        names: What the page's blocks see, and made.
    """

    def __init__(self, page: str, names: Mapping[str, Any]) -> None:
        self.page = page
        self.printed = ""
        self.names: dict[str, Any] = {"__name__": page, "print": self.print, **names}

    def print(self, *words: object, **_: object) -> None:
        self.printed += " ".join(map(str, words)) + "\n"

    async def follow(
        self, checks: Mapping[int, Callable[[Reader], Awaitable[None] | None]] | None = None
    ) -> None:
        """Run its blocks.

        Args:
            checks: Called after the block of that number.
        """
        checks = checks or {}
        text = pages_with_python()[self.page]
        assert [] == blocks_without_expectation(text, set(checks)), self.page
        assert set(range(len(steps(text)))) >= set(checks)
        for n, (block, said) in enumerate(steps(text)):
            self.printed = ""
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(block, f"{self.page}[{n}]", "exec", flags=flags, dont_inherit=True)
            with anyio.fail_after(10):
                await _done(FunctionType(code, self.names)())
                if n in checks:
                    await _done(checks[n](self))
            missing = [line for line in said if line not in self.printed]
            assert [] == missing, f"{self.page}, block {n} printed {self.printed!r}"


async def _done(result: object) -> None:
    if inspect.isawaitable(result):
        await result
