"""Ids that a server made then, and those that one makes now."""

from __future__ import annotations

import json
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.counterparts import MAX_CHARACTERS, Counterparts, family_of
from realtime_proto.openai.events import ClientEvent


def taught(was: Any, now: Any) -> Counterparts:
    found = Counterparts()
    found.begin()
    found.learn(was, now)
    return found


def carried(found: Counterparts, frame: Any) -> Any:
    return json.loads(found.carry(json.dumps(frame)))


@pytest.mark.parametrize(
    ("was", "now", "said", "expected"),
    [
        (
            {"type": "response.output_item.added", "item": {"id": "item_3", "call_id": "call_1"}},
            {"type": "response.output_item.added", "item": {"id": "x9", "call_id": "c7"}},
            {"type": "conversation.item.truncate", "item_id": "item_3", "audio_end_ms": 5},
            {"type": "conversation.item.truncate", "item_id": "x9", "audio_end_ms": 5},
        ),
        (
            {"item_id": "item_3", "call_id": "call_1"},
            {"item_id": "x9", "call_id": "c7"},
            {"previous_item_id": "item_3", "item": {"call_id": "call_1", "output": "item_3"}},
            {"previous_item_id": "x9", "item": {"call_id": "c7", "output": "item_3"}},
        ),
        (
            {"response": {"id": "resp_1", "output": [{"id": "a"}, {"id": "b"}]}},
            {"response": {"id": "resp_8", "output": [{"id": "c"}, {"id": "d"}]}},
            {"response_id": "resp_1", "response": {"input": [{"id": "b"}, {"id": "a"}]}},
            {"response_id": "resp_8", "response": {"input": [{"id": "d"}, {"id": "c"}]}},
        ),
        (
            {"item": {"id": "ask_1", "type": "mcp_approval_request"}},
            {"item": {"id": "ask_2", "type": "mcp_approval_request"}},
            {"item": {"approval_request_id": "ask_1", "approve": True}},
            {"item": {"approval_request_id": "ask_2", "approve": True}},
        ),
        (
            {"toolCall": {"functionCalls": [{"id": "1", "args": {"item_id": "1"}}]}},
            {"toolCall": {"functionCalls": [{"id": "2", "args": {"item_id": "2"}}]}},
            {"toolResponse": {"functionResponses": [{"id": "1", "response": {"call_id": "1"}}]}},
            {"toolResponse": {"functionResponses": [{"id": "2", "response": {"call_id": "1"}}]}},
        ),
        (
            {"toolCallCancellation": {"ids": ["1", "2"]}},
            {"toolCallCancellation": {"ids": ["3", "4"]}},
            {"tool_response": {"function_responses": [{"id": "2"}]}},
            {"tool_response": {"function_responses": [{"id": "4"}]}},
        ),
    ],
)
def test_an_id_is_said_as_what_stands_at_its_place_now(
    was: Any, now: Any, said: Any, expected: Any
) -> None:
    """By the names of members: what is an application's own stays."""
    assert expected == carried(taught(was, now), said)


def test_ids_of_different_things_are_kept_apart() -> None:
    """A server may count each from one."""
    found = taught({"item_id": "1", "call_id": "1"}, {"item_id": "5", "call_id": "6"})
    assert {"item_id": "5", "call_id": "6"} == carried(found, {"item_id": "1", "call_id": "1"})


def test_nothing_is_changed_in_a_frame_that_names_none() -> None:
    """To the byte; nor in what is no JSON."""
    found = taught({"item_id": "1"}, {"item_id": "5"})
    for frame in ('{ "a" : 1.50 }', b'{ "item_id" : "2" }', "item_id", b"\xff"):
        assert frame == found.carry(frame)
    assert b'{"item_id":"5"}' == found.carry(b'{ "item_id" : "1" }')


def test_within_a_connection_the_first_counterpart_stays() -> None:
    """Events that come in another order do not swap them; another connection makes new ones."""
    found = taught({"item_id": "1"}, {"item_id": "5"})
    found.learn({"item_id": "1"}, {"item_id": "6"})
    assert {"item_id": "5"} == carried(found, {"item_id": "1"})
    found.begin()
    assert {"item_id": "5"} == carried(found, {"item_id": "1"})
    found.begin()
    found.learn({"item_id": "1"}, {"item_id": "7"})
    assert {"item_id": "7"} == carried(found, {"item_id": "1"})


def test_an_id_that_the_client_made_is_its_own() -> None:
    """A server that answers with another one does not change it."""
    found = Counterparts()
    assert {"item": {"id": "mine"}} == carried(found, {"item": {"id": "mine"}})
    found.learn({"item": {"id": "mine"}}, {"item": {"id": "other"}})
    assert {"item_id": "mine"} == carried(found, {"item_id": "mine"})


def test_the_newest_handle_stands_for_all() -> None:
    """They are replaced at any time; where none came, the recorded one is said."""
    said = {"setup": {"sessionResumption": {"handle": "old"}}}
    found = Counterparts()
    assert said == carried(found, said)
    for handle in ("h1", "h2"):
        found.hear({"sessionResumptionUpdate": {"newHandle": handle, "resumable": True}})
    found.hear({"door": {"handle": "brass"}})
    assert {"setup": {"sessionResumption": {"handle": "h2"}}} == carried(found, said)


def test_what_is_too_long_for_an_id_is_none() -> None:
    """So that a server cannot fill the memory."""
    found = taught({"item_id": "1"}, {"item_id": "x" * (MAX_CHARACTERS + 1)})
    assert {"item_id": "1"} == carried(found, {"item_id": "1"})


def test_only_the_same_place_and_kind_is_a_counterpart() -> None:
    """Shorter lists and other types leave the rest as it is."""
    found = taught(
        {"response": {"output": [{"id": "a"}, {"id": "b"}]}, "call_id": "c"},
        {"response": {"output": [{"id": "d"}]}, "call_id": 5},
    )
    said = {"item_id": "a", "previous_item_id": "b", "call_id": "c"}
    assert {"item_id": "d", "previous_item_id": "b", "call_id": "c"} == carried(found, said)


def test_every_id_that_a_client_says_is_of_something_known() -> None:
    """A new event of the vocabulary with an id has to find its place."""
    names = {
        field.name
        for event in get_args(ClientEvent)
        for field in attrs.fields(event)
        if field.name.endswith("_id") and field.name != "event_id"
    }
    assert {"item_id", "previous_item_id", "response_id"} == names
    assert {"item", "response"} == {family_of("", name) for name in names}


IDS = st.dictionaries(
    st.sampled_from(["item_id", "call_id", "response_id"]),
    st.text("abc", min_size=1, max_size=2),
    min_size=1,
)


@given(st.lists(IDS, max_size=5))
def test_any_ids_that_stand_one_for_one_are_carried_over(frames: list[dict[str, str]]) -> None:
    """Whatever was said of them, in any order."""
    found = Counterparts()
    found.begin()
    renamed = [{name: f"{name}-{value}" for name, value in frame.items()} for frame in frames]
    for was, now in zip(frames, renamed, strict=True):
        found.learn(was, now)
    assert renamed == [carried(found, frame) for frame in frames]
