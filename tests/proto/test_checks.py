"""Arguments of the wrong kind: one error that says what is wanted, and nothing done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.talk import conversation_with

from realtime_proto import PROVIDERS, Conversation, RealtimeConfig, SendText
from realtime_proto.errors import ConfigurationError, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG: Any = 5


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda d: Conversation(PROVIDERS["openai"], RealtimeConfig()), "not ProviderSpec"),  # type: ignore[arg-type]
        (lambda d: Conversation(d, {"voice": "ash"}), "must be a RealtimeConfig, not dict"),
        (lambda d: Conversation(d, RealtimeConfig(), seed="text"), r"History\.load\(\) reads"),
        (
            lambda d: Conversation(d, RealtimeConfig(), resume="text"),
            r"ResumeState\.from_json\(\) reads",
        ),
    ],
)
def test_a_conversation_is_made_from_what_it_says(
    make: Callable[[Any], Conversation], said: str
) -> None:
    """The error names what was given, and where the right thing comes from."""
    with pytest.raises(ConfigurationError, match=said):
        make(PROVIDERS["openai"].dialect())


@pytest.mark.parametrize("now", ["1", None, float("nan"), float("inf")])
def test_a_time_that_is_none_changes_nothing(now: Any) -> None:
    """Neither the first one nor a later one."""
    conversation = conversation_with("openai")
    with pytest.raises(LocalProtocolError, match="now must be seconds on a monotonic clock"):
        conversation.open(now=now, unix_time=1e9)
    conversation.open(now=1.0, unix_time=1e9)
    deadline = conversation.next_deadline()
    with pytest.raises(LocalProtocolError, match="now must be seconds on a monotonic clock"):
        conversation.tick(now=now)
    assert deadline == conversation.next_deadline()
    assert 0 == conversation.clock_reversals


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda c: c.receive(WRONG, now=2.0), "a frame must be text or bytes, not int"),
        (lambda c: c.connection_lost("1000", now=2.0), "a close code is a number or None"),
        (lambda c: c.connection_lost(1000, b"", now=2.0), "a close reason is text, not bytes"),
        (lambda c: c.send(SendText, now=2.0), r"such as SendText\(\.\.\.\), not type"),
        (lambda c: c.send(WRONG, now=2.0), "takes commands"),
    ],
)
def test_inputs_of_the_wrong_kind_are_refused(
    ask: Callable[[Conversation], None], said: str
) -> None:
    """Before the session is ready, too: nothing of it is held or told."""
    conversation = conversation_with("openai")
    conversation.open(now=1.0, unix_time=1e9)
    road = conversation.road
    with pytest.raises(LocalProtocolError, match=said):
        ask(conversation)
    assert ([], road) == (conversation.take_events(), conversation.road)


def test_a_time_of_day_that_is_none_opens_nothing() -> None:
    """The conversation can be opened with the right one afterwards."""
    conversation = conversation_with("openai")
    with pytest.raises(LocalProtocolError, match="unix_time must be seconds since 1970"):
        conversation.open(now=1.0, unix_time="today")  # type: ignore[arg-type]
    conversation.open(now=1.0, unix_time=1e9)
