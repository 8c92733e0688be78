"""The scripted conversations, played."""

from __future__ import annotations

from collections import Counter

import pytest
from helpers.scripts import SCRIPTS, Drops, Says, Script, run

from realtime_proto import Usage
from realtime_proto.usage import Tokens


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: f"{one.provider}-{one.name}")
def test_a_scripted_conversation_goes_as_it_is_written(script: Script) -> None:
    """Every frame sent and every event named, in order."""
    run(script)


def test_every_provider_has_twelve_scripts_with_sources() -> None:
    """The same twelve, and from where each step of the server's is known."""
    assert {"openai": 12, "gemini": 12} == Counter(script.provider for script in SCRIPTS)
    names = [{s.name for s in SCRIPTS if s.provider == name} for name in ("openai", "gemini")]
    assert names[0] == names[1]
    steps = [step for script in SCRIPTS for step in script.steps]
    assert all(step.source for step in steps if isinstance(step, Says | Drops))


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_a_turn_leaves_its_words_and_its_cost(provider: str) -> None:
    """In the history in order, in the usage by modality, reasoning and cache told apart."""
    script = next(s for s in SCRIPTS if (s.provider, s.name) == (provider, "text turn"))
    talk = run(script)
    assert [("user", "hello"), ("assistant", "One two.")] == [
        (item.role, item.text) for item in talk.history
    ]
    expected = {
        "openai": Usage(
            input=Tokens(text=20),
            cached=Tokens(text=8),
            output=Tokens(text=1, audio=6),
            reasoning=3,
        ),
        "gemini": Usage(input=Tokens(text=20), output=Tokens(audio=10), reasoning=3),
    }
    assert expected[provider] == talk.usage
