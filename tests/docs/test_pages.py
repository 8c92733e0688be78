"""Every Python block of the tutorial and the how-tos, run; what it prints is what the page says.

The blocks of a page share their names, as a reader who follows it has them. A block is followed by
a block of text: each of its lines is in what was printed.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from realtime_io import RealtimeConfig, RealtimeVoice
from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("tutorial", *(f"how-to/{path.stem}" for path in sorted(DOCS.glob("how-to/*.md"))))
OWN_LOOP = "how-to/trio"
"""Brings an event loop of its own."""


def steps(page: str) -> list[tuple[str, list[str]]]:
    """Each block of Python with the lines it must print."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    pairs = re.findall(r"^```python\n(.*?)^```$(?:\s+^```text\n(.*?)^```$)?", text, re.M | re.S)
    return [(block, said.splitlines()) for block, said in pairs]


class Reader:
    """Follows a page."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.printed = ""
        self.names: dict[str, Any] = {"__name__": page, "print": self.print}

    def print(self, *words: object, **_: object) -> None:
        self.printed += " ".join(map(str, words)) + "\n"

    async def follow(self) -> None:
        for n, (block, said) in enumerate(steps(self.page)):
            assert said, f"{self.page}: block {n} says nothing of what it prints"
            self.printed = ""
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(block, f"{self.page}[{n}]", "exec", flags=flags, dont_inherit=True)
            result = FunctionType(code, self.names)()
            with anyio.fail_after(10):
                if inspect.isawaitable(result):
                    await result
            missing = [line for line in said if line not in self.printed]
            assert [] == missing, f"{self.page}, block {n} printed {self.printed!r}"


@pytest.fixture(name="helpers")
async def helpers_fixture() -> AsyncIterator[dict[str, Any]]:
    """What the how-tos take for granted."""
    async with Simulator(with_voice=False, pace=0) as simulator:

        def voice_with(**settings: Any) -> RealtimeVoice:
            base_url = simulator.base_url("openai")
            return RealtimeVoice(
                "openai", RealtimeConfig(**settings), api_key="any", base_url=base_url
            )

        async def ask(voice: RealtimeVoice, question: str) -> str:
            finals: list[str] = []
            voice.on_transcript(lambda text, is_final: finals.append(text) if is_final else None)
            async with voice.connect() as session:
                await session.send_text(question)
            return finals[-1]

        yield {
            "voice_with": voice_with,
            "ask": ask,
            "asyncio": SimpleNamespace(sleep=anyio.sleep),
        }


@pytest.mark.parametrize("page", [page for page in PAGES if page != OWN_LOOP])
async def test_a_page_does_what_it_says(page: str, helpers: dict[str, Any]) -> None:
    """On both event loops, in the order of the page."""
    assert steps(page)
    reader = Reader(page)
    reader.names |= helpers
    await reader.follow()


def test_every_page_is_in_the_index() -> None:
    """The site is built with warnings as errors: a page that nothing leads to is one."""
    index = (DOCS / "index.md").read_text(encoding="utf-8").splitlines()
    found = [p.relative_to(DOCS).with_suffix("").as_posix() for p in DOCS.rglob("*.md")]
    pages = {page for page in found if not page.startswith("changes/") and page != "index"}
    assert set() == pages - set(index)


def test_a_page_with_an_event_loop_of_its_own() -> None:
    """It is a whole program."""
    ((block, said),) = steps(OWN_LOOP)
    reader = Reader(OWN_LOOP)
    exec(compile(block, OWN_LOOP, "exec"), reader.names)  # noqa: S102 - our own documentation
    assert [] == [line for line in said if line not in reader.printed]
