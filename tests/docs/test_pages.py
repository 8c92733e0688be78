"""Every Python block of the tutorial and the how-tos, run; what it prints is what the page says.

The blocks of a page share their names, as a reader who follows it has them. The other pages are in
test_reference_pages.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.reader import ROOT, Reader, pages_with_python, steps

from realtime_io import RealtimeConfig, RealtimeVoice
from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DOCS = ROOT / "docs"
PAGES = ("tutorial", *(f"how-to/{path.stem}" for path in sorted(DOCS.glob("how-to/*.md"))))
OWN_LOOP = "how-to/trio"
"""Brings an event loop of its own."""


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
    await Reader(page, helpers).follow()


def test_every_page_is_in_the_index() -> None:
    """The site is built with warnings as errors: a page that nothing leads to is one."""
    index = (DOCS / "index.md").read_text(encoding="utf-8").splitlines()
    found = [p.relative_to(DOCS).with_suffix("").as_posix() for p in DOCS.rglob("*.md")]
    pages = {page for page in found if not page.startswith("changes/") and page != "index"}
    assert set() == pages - set(index)


def test_a_page_with_an_event_loop_of_its_own() -> None:
    """It is a whole program."""
    ((block, said),) = steps(pages_with_python()[OWN_LOOP])
    reader = Reader(OWN_LOOP, {})
    exec(compile(block, OWN_LOOP, "exec"), reader.names)  # noqa: S102 - our own documentation
    assert [] == [line for line in said if line not in reader.printed]
