"""Events gathered into turns."""

from __future__ import annotations

import pytest

from realtime_io._turns import Turn, TurnBuilder
from realtime_proto.events import Interrupted, ResponseDone, ToolCallRequest, TranscriptDelta
from realtime_proto.history import History, HistoryItem

CALL = ToolCallRequest(call_id="c1", function_name="look", arguments={})


def said(text: str, item_id: str = "i1", *, is_final: bool = True) -> TranscriptDelta:
    return TranscriptDelta(text=text, is_final=is_final, item_id=item_id)


def done(response_id: str = "r1", status: str = "completed") -> ResponseDone:
    return ResponseDone(response_id=response_id, status=status)


@pytest.fixture(name="history")
def history_fixture() -> History:
    history = History()
    history.insert(HistoryItem(item_id="u0", text="before"), after=None)
    return history


def test_a_turn_is_what_the_user_said_and_the_whole_answer(history: History) -> None:
    """Deltas are replaced by the final text; what came before is no part of it."""
    builder = TurnBuilder(history)
    history.insert(HistoryItem(item_id="u1", text="hello"), after="u0")
    events = [said("Hel", is_final=False), said("lo.", is_final=False), said("Hello."), done()]
    turns = [turn for event in events if (turn := builder.add(event)) is not None]
    assert [Turn(user="hello", assistant="Hello.", response_id="r1")] == turns


def test_a_response_that_only_calls_belongs_to_the_next(history: History) -> None:
    """The turn is complete when the model has spoken about the results."""
    builder = TurnBuilder(history)
    for event in (said("Let me look."), CALL, done("r1")):
        assert builder.add(event) is None
    assert builder.add(said("A tree.", "i2")) is None
    turn = builder.add(done("r2"))
    assert turn == Turn(
        user="", assistant="Let me look. A tree.", tool_calls=(CALL,), response_id="r2"
    )


def test_a_call_within_the_answer_ends_with_it(history: History) -> None:
    """Where the model goes on in the same response, that is the turn."""
    builder = TurnBuilder(history)
    for event in (CALL, said("A tree.")):
        assert builder.add(event) is None
    turn = builder.add(done())
    assert turn is not None
    assert ("A tree.", (CALL,)) == (turn.assistant, turn.tool_calls)


def test_an_interrupted_turn_says_what_was_heard(history: History) -> None:
    """Deltas alone are what there is; the next turn begins anew."""
    builder = TurnBuilder(history)
    for event in (
        said("Once upon", is_final=False),
        Interrupted(item_id="i1", played_ms=400, heard_text="Once"),
    ):
        assert builder.add(event) is None
    turn = builder.add(done(status="cancelled"))
    assert turn is not None
    assert ("Once upon", "Once", "cancelled") == (turn.assistant, turn.heard, turn.status)
    assert builder.add(done("r2")) == Turn(user="", assistant="", response_id="r2")
